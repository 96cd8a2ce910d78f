/* SPDX-License-Identifier: MIT
 *
 * The part of ingot-log that writes files: it copies whole records from the rings, at its own pace. Whatever the disk
 * does costs records on the disk alone, which are counted there: it opens a file for each piece that it adds, so that
 * one that was removed, cut or replaced is noticed, and begins another.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "fmt.h"
#include "log_file.h"
#include "log_pack.h"
#include "log_parts.h"
#include "state.h"
#include "templates.h"

#define PARTS    8    /* of what is kept: a file that is larger than such a one is full */
#define AGAIN_MS 2000 /* after a failure */
#define MEMORY   (16ull << 20)
#define NOBODY   65534
#define PIECE    (8 * (LOG_RECORD_MAX + sizeof(struct log_record)))

static struct {
	struct logbook *book;
	const struct log_set *set;
	int logs;            /* the folder */
	char boot_id[LOG_BOOT_ID];
	uint32_t boot;
	bool failing;        /* said, and not over yet */
	uint64_t again_ms;   /* with failing: when to try again */
	struct log_open file[CFG_MAX_SERVICES];
} keep;

/* ---- the files ---- */

static int
open_folder(const char *service)
{
	int fd = log_folder(keep.logs, service);

	if (fd >= 0 || errno != ENOENT || mkdirat(keep.logs, service, 0700) < 0)
		return fd;
	return log_folder(keep.logs, service);
}

/* Behind what an earlier one has left, whoever that was. */
static uint32_t
next_seq(int folder)
{
	static struct log_entry entries[LOG_ENTRIES];
	size_t n = log_list(folder, entries);

	return n && entries[n - 1].name.boot == keep.boot ? entries[n - 1].name.seq + 1 : 1;
}

static int
begin_file(int folder, uint32_t place)
{
	const struct log_svc *v = &keep.book->svc[place];
	struct log_open *f = &keep.file[place];
	struct log_name name = { .boot = keep.boot, .seq = next_seq(folder) };
	struct log_file_head head = { .magic = LOG_FILE_MAGIC, .size = LOG_FILE_SIZE, .boot = keep.boot,
				      .since = v->since_ms, .pos = v->kept };
	char text[LOG_NAME_SIZE];

	memcpy(head.boot_id, keep.boot_id, sizeof head.boot_id);
	log_name_text(&name, text);
	AUTO_FD fd = openat(folder, text, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (write(fd, &head, sizeof head) != (ssize_t)sizeof head) {
		int code = errno;
		unlinkat(folder, text, 0);
		errno = code;
		return -1;
	}
	f->seq = name.seq;
	f->size = sizeof head;
	return take_fd(&fd);
}

/* The file that is added to, as it was left; else another. */
static int
open_file(int folder, uint32_t place)
{
	const struct log_open *f = &keep.file[place];
	struct log_name name = { .boot = keep.boot, .seq = f->seq };
	char text[LOG_NAME_SIZE];
	struct stat st;

	if (f->seq && f->size < keep.set[place].max / PARTS) {
		log_name_text(&name, text);
		AUTO_FD fd = openat(folder, text, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->size)
			return take_fd(&fd);
	}
	log_pack_old(folder, place, keep.set[place].max);
	return begin_file(folder, place);
}

static int
add(uint32_t place, const void *data, size_t size)
{
	AUTO_FD folder = open_folder(keep.book->svc[place].owner);
	AUTO_FD fd = folder < 0 ? -1 : open_file(folder, place);
	ssize_t n = fd < 0 ? -1 : write(fd, data, size);

	if (n == (ssize_t)size) {
		keep.file[place].size += size;
		return 0;
	}
	int code = n < 0 ? errno : ENOSPC; /* half a record is none */
	if (fd >= 0 && ftruncate(fd, (off_t)keep.file[place].size) < 0)
		keep.file[place].seq = 0;
	errno = code;
	return -1;
}

/* ---- from the ring ---- */

/* The bytes of whole records at the start of data; 0 where there is no record. */
static size_t
whole_records(const uint8_t *data, size_t size)
{
	struct log_record r;
	size_t at = 0;

	while (size - at >= sizeof r) {
		memcpy(&r, data + at, sizeof r);
		if (r.size > LOG_RECORD_MAX || size - at - sizeof r < r.size)
			break;
		at += sizeof r + r.size;
	}
	return at;
}

static int
note_lost(uint32_t place, uint64_t lost)
{
	struct {
		struct log_record r;
		uint64_t lost;
	} note = { { .size = sizeof lost, .stream = LOG_NOTE_LOST }, lost };

	return add(place, &note, sizeof note);
}

/* -1 where the disk does not take it: it is tried again from there. */
static int
copy(uint32_t place)
{
	struct log_svc *v = &keep.book->svc[place];
	static uint8_t data[PIECE];

	while (v->ring.head > v->kept) {
		uint64_t pos = v->kept, lost;
		size_t n = logring_get(&v->ring, logbook_ring(keep.book, place), LOG_RING_SIZE, &pos, data, sizeof data, &lost);
		if (lost && note_lost(place, lost))
			return -1;
		if (lost) {
			v->kept = pos;
			continue;
		}
		n = whole_records(data, n);
		if (n == 0 || add(place, data, n))
			return n ? -1 : 0;
		v->kept = pos + n;
	}
	return 0;
}

static void
copy_all(bool last)
{
	uint64_t now = log_now_ms();
	int code = 0;

	if (keep.failing && now < keep.again_ms && !last)
		return;
	for (uint32_t i = 0; i < keep.book->h->places; i++)
		if ((keep.set[i].flags & TBL_SVC_LOG_STATE) && copy(i) && !code)
			code = errno;
	if (code && !keep.failing)
		warn("logs: %s cannot be written: %s: they are kept in memory until it can", TEMPLATE_STATE "/" STATE_OWN
		     "/" LOG_FOLDER, err_text(code));
	if (!code && keep.failing)
		say("logs: they are kept on the disk again");
	keep.failing = code;
	keep.again_ms = now + AGAIN_MS;
}

/* ---- the process ---- */

static void
reaped(int signal)
{
	(void)signal;
}

/* The other part writes to the pipe when there is something; at its end all that is left is copied. */
static void
run(int alive)
{
	struct pollfd p = { .fd = alive, .events = POLLIN };
	sigset_t none;
	char many[512];

	sigemptyset(&none);
	for (;;) {
		struct timespec again = { .tv_sec = AGAIN_MS / 1000 };
		ppoll(&p, 1, keep.failing ? &again : NULL, &none);
		ssize_t n = read(alive, many, sizeof many);
		copy_all(n == 0);
		if (n == 0)
			break;
		log_pack_next(keep.boot, keep.file);
	}
	log_pack_end();
}

/* The folder is nobody's, and so is what is in it: no service has a way there. */
static int
open_logs(void)
{
	AUTO_FD own = open(TEMPLATE_STATE "/" STATE_OWN, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (own < 0 || (mkdirat(own, LOG_FOLDER, 0700) < 0 && errno != EEXIST))
		return -1;
	int fd = openat(own, LOG_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fchown(fd, NOBODY, NOBODY) < 0 && errno != EROFS)
		warn("logs: %s: %s", LOG_FOLDER, err_text(errno));
	return fd;
}

/* One such process at a time: an earlier one may hang on the disk. */
static int
take_turn(int memory)
{
	struct flock turn = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOG_TURN_KEEP, .l_len = 1 };

	return fcntl(memory, F_SETLKW, &turn);
}

__attribute__((noreturn)) static void
keeper(struct logbook *b, int memory, int alive)
{
	struct sigaction at_end = { .sa_handler = reaped };
	bool runs;

	for (uint32_t i = 0; i < b->h->places * LOG_STREAMS; i++)
		if (b->svc[i / LOG_STREAMS].pipe[i % LOG_STREAMS] > 0)
			close(b->svc[i / LOG_STREAMS].pipe[i % LOG_STREAMS]);
	log_join("log-disk", MEMORY, "2");
	keep.logs = open_logs();
	if (keep.logs < 0) {
		warn("logs: %s: %s: they are kept in memory alone", TEMPLATE_STATE "/" STATE_OWN, err_text(errno));
		_exit(0);
	}
	if (!log_boot_id(keep.boot_id) || take_turn(memory) || log_lock_in())
		_exit(1);
	keep.boot = log_newest_boot(keep.logs, keep.boot_id, &runs);
	keep.boot += !runs;
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	sigaction(SIGCHLD, &at_end, NULL);
	log_pack_init(b, keep.logs);
	copy_all(false);
	run(alive);
	_exit(0);
}

int
log_keep(struct logbook *b, const struct log_set *set, int memory, int *alive)
{
	uint32_t some = 0;
	int pair[2];

	*alive = -1;
	for (uint32_t i = 0; i < b->h->places; i++)
		some |= set[i].flags & TBL_SVC_LOG_STATE;
	if (!some)
		return 0;
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	keep.book = b;
	keep.set = set;
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[1]);
		console_child();
		keeper(b, memory, pair[0]);
	}
	if (pid < 0)
		warn("logs: no process to keep them on the disk: %s", err_text(errno));
	close(pair[0]);
	*alive = pair[1];
	return pid;
}
