/* SPDX-License-Identifier: MIT
 *
 * ingot-log: drains the pipes of the services' output into the memory that PID 1 made for it, and hands it on as the
 * table says. It inherits the pipes and the memory from PID 1, and keeps nothing that its successor would miss. Where
 * logs are kept on a disk, another process of it does that: whatever may hang is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "fmt.h"
#include "identity.h"
#include "log_parts.h"
#include "logread.h"
#include "sys.h"

#define EVENTS_MAX 32
#define STUCK_S    10 /* a round of work that takes longer has hung; PID 1 starts another logger */
#define TURN_MS    300 /* for the one before to have written what it had */
#define WELL_MS    15000 /* PID 1 does not count the end of one that lived so long */
#define NOBODY     65534
#define CGROUPS    "/sys/fs/cgroup/"
#define MEMORY     (4ull << 20) /* beyond the rings, which count as its own once it has written them */

static struct log_set set[CFG_MAX_SERVICES];
static volatile sig_atomic_t ends;
static uint64_t began_ms;

uint64_t
log_now_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int
number(const char *text)
{
	int n = 0;

	for (; *text >= '0' && *text <= '9' && n < 1000000; text++)
		n = n * 10 + (*text - '0');
	return *text ? -1 : n;
}

static int
open_book(struct logbook *b, int fd)
{
	struct stat st;
	uint32_t places = 0;

	if (fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(struct log_head))
		return -1;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	while (places < CFG_MAX_SERVICES && logbook_size(places + 1) <= (size_t)st.st_size)
		places++;
	if (p == MAP_FAILED || ((struct log_head *)p)->places > places)
		return -1;
	logbook_of(b, p, places);
	return 0;
}

/* ---- what the table says ---- */

static int
open_table(struct tbl *t, int given)
{
	AUTO_FD own = given < 0 ? open(TBL_PATH, O_RDONLY | O_CLOEXEC) : -1;
	int fd = own < 0 ? given : own;
	struct stat st;
	struct err e;

	if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > (off_t)TBL_SIZE_MAX)
		return -1;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return p == MAP_FAILED ? -1 : tbl_open(t, p, (size_t)st.st_size, &e);
}

static void
settings(const struct logbook *b)
{
	struct tbl t;

	if (open_table(&t, b->h->table)) {
		warn("logger: its table cannot be read: all is kept in memory alone");
		return;
	}
	for (uint32_t i = 0; i < b->h->places; i++) {
		const struct log_svc *v = &b->svc[i];
		if (!v->name[0] || v->svc >= tbl_count(&t, TBL_SVCS))
			continue;
		const struct tbl_svc *s = tbl_svc(&t, v->svc);
		set[i] = (struct log_set){ s->flags & TBL_SVC_LOG, (uint64_t)s->log_kb << 10 };
	}
	log_forward_init(&t);
}

/* ---- the process ---- */

/* One process at a time: after a crash PID 1 may not know of the one that there is. */
static int
take_turn(int memory)
{
	struct flock turn = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOG_TURN_DRAIN, .l_len = 1 };

	return fcntl(memory, F_SETLKW, &turn);
}

/* What the one before had for the disk it writes once its other part has ended, by names that may now change. */
static void
await_disk(int memory)
{
	struct flock turn = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOG_TURN_KEEP, .l_len = 1 };

	for (int ms = 0; ms < TURN_MS && fcntl(memory, F_SETLK, &turn) < 0; ms += 10)
		poll(NULL, 0, 10);
	turn.l_type = F_UNLCK;
	fcntl(memory, F_SETLK, &turn);
}

static void
write_file(const char *group, const char *file, const char *text)
{
	char path[80];

	fmt(path, sizeof path, CGROUPS "%s/%s", group, file);
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
	(void)!write(fd, text, strlen(text));
}

/* A kernel that lacks a limit has a logger without it. */
void
log_join(const char *group, uint64_t memory, const char *pids)
{
	char text[80];

	fmt(text, sizeof text, CGROUPS "%s", group);
	mkdir(text, 0755);
	fmt(text, sizeof text, "%llu", (unsigned long long)memory);
	write_file(group, "memory.max", text);
	write_file(group, "pids.max", pids);
	write_file(group, "cgroup.procs", "0");
}

int
log_lock_in(void)
{
	struct limits limits = { 0 };
	uint32_t step;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0 || setsid() < 0)
		return -1;
	return identity_become(NOBODY, NOBODY, 0, -1, &limits, &step);
}

/* Lines that are put together for a collector lie in memory. */
static uint64_t
memory_of(const struct logbook *b)
{
	uint64_t n = logbook_size(b->h->places) + MEMORY;

	for (uint32_t i = 0; i < b->h->places; i++)
		n += set[i].flags & TBL_SVC_LOG_SYSLOG ? sizeof(struct logread) : 0;
	return n;
}

/* ---- draining ---- */

static int
pipe_of(const struct logbook *b, uint32_t n)
{
	return b->svc[n / LOG_STREAMS].pipe[n % LOG_STREAMS];
}

static int
watch_all(const struct logbook *b, int epoll)
{
	for (uint32_t i = 0; i < b->h->places * LOG_STREAMS; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };
		int fd = pipe_of(b, i);
		if (!b->svc[i / LOG_STREAMS].name[0] || fd <= 0)
			continue;
		if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
			return -1;
	}
	return 0;
}

/* Whether something came that is kept on the disk. */
static bool
drain(struct logbook *b, int epoll, const struct epoll_event *ev)
{
	uint32_t n = ev->data.u32, place = n / LOG_STREAMS;
	enum log_stream stream = n % LOG_STREAMS;
	size_t size = logbook_read(b, place, stream, pipe_of(b, n));

	if (size > 0)
		log_forward(b, place, &set[place], stream, size);
	else if (ev->events & EPOLLHUP)
		epoll_ctl(epoll, EPOLL_CTL_DEL, pipe_of(b, n), NULL);
	return size > 0 && (set[place].flags & TBL_SVC_LOG_STATE);
}

static void
end(int signal)
{
	(void)signal;
	ends = 1;
}

/* False where the process that keeps has ended other than it should, long after it was started. */
static bool
wake_keeper(pid_t keeper, int *alive)
{
	int status = 0;

	if (*alive < 0 || write(*alive, "", 1) == 1 || errno == EAGAIN)
		return true;
	waitpid(keeper, &status, WNOHANG);
	close(*alive);
	*alive = -1;
	if (status != 0)
		warn("logger: what keeps logs on the disk has ended");
	return status == 0 || log_now_ms() - began_ms < WELL_MS;
}

/* The signal that asks for the end comes in while it waits alone. */
static int
run(struct logbook *b, int epoll, pid_t keeper, int *alive)
{
	struct epoll_event ready[EVENTS_MAX];
	sigset_t none;
	int n = 0;

	sigemptyset(&none);
	while (!ends || n > 0) { /* at the end: until nothing more is there */
		uint64_t one = 1;
		bool keep = false;
		n = epoll_pwait(epoll, ready, EVENTS_MAX, ends ? 0 : -1, &none);
		alarm(STUCK_S);
		console_flush();
		for (int i = 0; i < n; i++)
			keep |= drain(b, epoll, &ready[i]);
		if (atomic_exchange(&b->h->want, 0))
			(void)!write(b->h->wake, &one, sizeof one);
		if (keep && !wake_keeper(keeper, alive))
			return 1;
		alarm(0);
	}
	return 0;
}

/* PID 1 waits for a moment only. */
static void
finish(pid_t keeper, int alive)
{
	if (alive < 0)
		return;
	close(alive);
	for (int ms = 0; ms < TURN_MS && waitpid(keeper, NULL, WNOHANG) == 0; ms += 5)
		poll(NULL, 0, 5);
}

int
main(int argc, char **argv)
{
	static const char usage[] = "ingot-log is started by ingot-init; there is nothing to run here\n";
	struct sigaction at_end = { .sa_handler = end };
	struct logbook b;
	int alive;

	if (argc == 4 && strcmp(argv[1], "read") == 0)
		return log_read(argv[2], argv[3]);
	int memory = argc == 2 ? number(argv[1]) : -1;
	if (open_book(&b, memory))
		return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 1 : 2;
	began_ms = log_now_ms();
	console_init();
	settings(&b);
	if (take_turn(memory))
		return 1;
	await_disk(memory);
	logbook_recover(&b);
	pid_t keeper = log_keep(&b, set, memory, &alive);
	log_join("log", memory_of(&b), "1");
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0 || watch_all(&b, epoll) || log_lock_in())
		return 1;
	signal(SIGPIPE, SIG_IGN);
	sys_sigmask(1ull << (SIGTERM - 1), NULL);
	sigaction(SIGTERM, &at_end, NULL);
	int ret = run(&b, epoll, keeper, &alive);
	finish(keeper, alive);
	return ret;
}
