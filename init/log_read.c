/* SPDX-License-Identifier: MIT
 *
 * ingot-log read SERVICE BOOT, for ingotctl: the records of one boot that the disk has, then where in the ring they go
 * on. Nothing in the files is trusted; a damaged one is read as far as it goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "log_file.h"
#include "log_parts.h"
#include "state.h"
#include "templates.h"

#define NOTHING 3 /* exit code: there is nothing of that boot */

static struct reader {
	char out[65536];
	size_t used;
	bool failed;      /* nobody reads any more */
	bool begun;
	uint64_t since;   /* with begun: the ring's, and where in it the next record stands */
	uint64_t pos;
	char in[65536];
	size_t have;
} reader;

static void
flush(void)
{
	for (size_t at = 0; at < reader.used && !reader.failed;) {
		ssize_t n = write(STDOUT_FILENO, reader.out + at, reader.used - at);
		reader.failed = n <= 0;
		at += n > 0 ? (size_t)n : 0;
	}
	reader.used = 0;
}

static void
put(const void *data, size_t size)
{
	if (size > sizeof reader.out - reader.used)
		flush();
	memcpy(reader.out + reader.used, data, size);
	reader.used += size;
}

static void
put_note(uint32_t kind, uint64_t number)
{
	struct log_record r = { .size = sizeof number, .stream = kind };

	put(&r, sizeof r);
	put(&number, sizeof number);
}

/* A writer that died may have written a record that its successor wrote again: it is known by its position. */
static void
take_record(const struct log_record *r, const char *bytes, uint64_t *pos)
{
	uint64_t lost = 0;

	if (r->stream == LOG_NOTE_LOST && r->size == sizeof lost) {
		memcpy(&lost, bytes, sizeof lost);
		if (*pos >= reader.pos) {
			put_note(LOG_NOTE_LOST, lost);
			reader.pos = *pos + lost;
		}
		*pos += lost;
		return;
	}
	if (*pos >= reader.pos) {
		put(r, sizeof *r);
		put(bytes, r->size);
		reader.pos = *pos + sizeof *r + r->size;
	}
	*pos += sizeof *r + r->size;
}

/* False where what comes is no record. */
static bool
take_records(uint64_t *pos)
{
	struct log_record r;
	size_t at = 0;
	bool ok = true;

	while (reader.have - at >= sizeof r) {
		memcpy(&r, reader.in + at, sizeof r);
		ok = r.size > 0 && r.size <= LOG_RECORD_MAX;
		if (!ok || reader.have - at - sizeof r < r.size)
			break;
		take_record(&r, reader.in + at + sizeof r, pos);
		at += sizeof r + r.size;
	}
	memmove(reader.in, reader.in + at, reader.have - at);
	reader.have -= at;
	return ok;
}

static void
read_records(int fd, uint64_t pos)
{
	ssize_t n;

	reader.have = 0;
	while (!reader.failed && (n = read(fd, reader.in + reader.have, sizeof reader.in - reader.have)) > 0) {
		reader.have += (size_t)n;
		if (!take_records(&pos))
			break;
	}
}

/* Another program unpacks, from where the head ends. */
static void
read_packed(int fd, uint64_t pos)
{
	static char *const argv[] = { "ingot-pack", "-d", NULL }, *const none[] = { NULL };
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fd, STDIN_FILENO);
		dup2(pair[1], STDOUT_FILENO);
		execve(LOG_PACK, argv, none);
		_exit(127);
	}
	close(pair[1]);
	if (pid > 0)
		read_records(pair[0], pos);
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* A plain one may have been packed since it was listed. */
static int
open_either(int folder, struct log_name *name, struct log_file_head *head)
{
	int fd = log_open(folder, name, head);

	if (fd >= 0 || errno != ENOENT || name->packed)
		return fd;
	name->packed = true;
	return log_open(folder, name, head);
}

static void
read_file(int folder, struct log_name *name)
{
	struct log_file_head head;
	AUTO_FD fd = open_either(folder, name, &head);

	if (fd < 0)
		return;
	if (!reader.begun || reader.since != head.since)
		reader.pos = head.pos;
	else if (head.pos > reader.pos)
		put_note(LOG_NOTE_LOST, head.pos - reader.pos);
	reader.begun = true;
	reader.since = head.since;
	if (name->packed)
		read_packed(fd, head.pos);
	else
		read_records(fd, head.pos);
}

/* BOOT: 0 this one, -1 the one before, or its number. */
static bool
boot_of(const char *text, uint32_t present, uint32_t *out)
{
	bool back = *text == '-';
	uint32_t n = 0;

	text += back;
	if (!*text || strlen(text) > 8 || strspn(text, "0123456789") != strlen(text))
		return false;
	for (; *text; text++)
		n = n * 10 + (uint32_t)(*text - '0');
	*out = back || n == 0 ? present - n : n;
	return !back || n < present;
}

int
log_read(const char *service, const char *boot)
{
	static struct log_entry entries[LOG_ENTRIES];
	AUTO_FD logs = open(TEMPLATE_STATE "/" STATE_OWN "/" LOG_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_FD folder = logs < 0 ? -1 : log_folder(logs, service);
	char id[LOG_BOOT_ID];
	uint32_t present, wanted;
	bool runs;

	signal(SIGPIPE, SIG_IGN);
	if (folder < 0 || !log_boot_id(id))
		return NOTHING;
	present = log_newest_boot(logs, id, &runs);
	present += !runs;
	if (!boot_of(boot, present, &wanted))
		return NOTHING;
	size_t n = log_list(folder, entries);
	for (size_t i = 0; i < n; i++)
		if (entries[i].name.boot == wanted)
			read_file(folder, &entries[i].name);
	if (reader.begun && wanted == present)
		put_note(LOG_NOTE_POS, reader.pos);
	flush();
	return reader.failed ? 1 : reader.begun ? 0 : NOTHING;
}
