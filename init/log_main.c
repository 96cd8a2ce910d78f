/* SPDX-License-Identifier: MIT
 *
 * ingot-log: drains the pipes of the services' output into the memory that PID 1 made for it. It inherits all that it
 * uses from PID 1, opens no file but the console, and keeps nothing that its successor would miss.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "fmt.h"
#include "identity.h"
#include "logbook.h"
#include "sys.h"

#define EVENTS_MAX 32
#define STUCK_S    10 /* a round of work that takes longer has hung; PID 1 starts another logger */
#define NOBODY     65534
#define CGROUP     "/sys/fs/cgroup/log"
#define MEMORY     (4ull << 20) /* beyond the rings, which count as its own once it has written them */

static struct mirror mirrors[CFG_MAX_SERVICES * LOG_STREAMS];
static volatile sig_atomic_t ends;

static int
number(const char *text)
{
	int n = 0;

	for (; *text >= '0' && *text <= '9' && n < 1000000; text++)
		n = n * 10 + (*text - '0');
	return n;
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

/* One process at a time: after a crash PID 1 may not know of the one that there is. */
static int
take_turn(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLKW, &whole);
}

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n < 0 ? -1 : 0;
}

/* A group of its own; a kernel that lacks a limit has a logger without it. */
static void
join_group(const struct logbook *b)
{
	char memory[32];

	mkdir(CGROUP, 0755);
	fmt(memory, sizeof memory, "%llu", (unsigned long long)(logbook_size(b->h->places) + MEMORY));
	write_file(CGROUP "/memory.max", memory);
	write_file(CGROUP "/pids.max", "1");
	write_file(CGROUP "/cgroup.procs", "0");
}

/* All that it needs is open by now. */
static int
lock_in(void)
{
	uint32_t step;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return -1;
	return identity_become(NOBODY, NOBODY, &step);
}

static int
watch_all(const struct logbook *b, int epoll)
{
	for (uint32_t i = 0; i < b->h->places * LOG_STREAMS; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };
		int fd = b->svc[i / LOG_STREAMS].pipe[i % LOG_STREAMS];
		if (!b->svc[i / LOG_STREAMS].name[0] || fd <= 0)
			continue;
		if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
			return -1;
	}
	return 0;
}

static int
pipe_of(const struct logbook *b, uint32_t n)
{
	return b->svc[n / LOG_STREAMS].pipe[n % LOG_STREAMS];
}

static size_t
drain(struct logbook *b, uint32_t n)
{
	size_t size = logbook_read(b, n / LOG_STREAMS, n % LOG_STREAMS, pipe_of(b, n));

	if (b->h->console && size > 0)
		console_mirror(b->svc[n / LOG_STREAMS].owner, &mirrors[n], b->h->stage.data, size);
	return size;
}

static void
end(int signal)
{
	(void)signal;
	ends = 1;
}

/* The signal that asks for the end comes in while it waits alone. */
static void
run(struct logbook *b, int epoll)
{
	struct epoll_event ready[EVENTS_MAX];
	sigset_t none;
	int n = 0;

	sigemptyset(&none);
	while (!ends || n > 0) { /* at the end: until nothing more is there */
		uint64_t one = 1;
		n = epoll_pwait(epoll, ready, EVENTS_MAX, ends ? 0 : -1, &none);
		alarm(STUCK_S);
		for (int i = 0; i < n; i++)
			if (drain(b, ready[i].data.u32) == 0 && (ready[i].events & EPOLLHUP))
				epoll_ctl(epoll, EPOLL_CTL_DEL, pipe_of(b, ready[i].data.u32), NULL);
		if (atomic_exchange(&b->h->want, 0))
			(void)!write(b->h->wake, &one, sizeof one);
		alarm(0);
	}
}

int
main(int argc, char **argv)
{
	static const char usage[] = "ingot-log is started by ingot-init; there is nothing to run here\n";
	int epoll = epoll_create1(EPOLL_CLOEXEC), fd = argc == 2 ? number(argv[1]) : -1;
	struct sigaction at_end = { .sa_handler = end };
	struct logbook b;

	if (open_book(&b, fd))
		return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 1 : 2;
	sigaction(SIGTERM, &at_end, NULL);
	join_group(&b);
	console_init();
	if (epoll < 0 || take_turn(fd) || watch_all(&b, epoll) || lock_in())
		return 1;
	sys_sigmask(1ull << (SIGTERM - 1), NULL);
	logbook_recover(&b);
	run(&b, epoll);
	return 0;
}
