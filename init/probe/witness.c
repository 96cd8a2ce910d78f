/* SPDX-License-Identifier: MIT
 *
 * The machine's side of a self test, as a program of the machine. Before the services begin it sets up what they must
 * not be able to reach or inherit; then it hands what each of them says to the console, and powers the machine off.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "probe.h"

#define CTL         "/usr/bin/ingotctl"
#define SERVICE_MS  60000 /* for one service's probe to say its last word */
#define EXEC_MS     20000
#define CONSOLE_LEVEL 8 /* of klogctl */
#define LINE        1024
#define KEPT_MAX    (4u << 20)

static int console = -1;
static unsigned said; /* lines of the machine's own */

/* One write is one line of the console, whoever else writes there. */
static void
put(const char *name, const char *text)
{
	char line[PROBE_LINE_MAX];
	int n = snprintf(line, sizeof line, "%s%s\t%s", PROBE_MARK, name, text);

	if (n > (int)sizeof line - 2)
		n = sizeof line - 2;
	line[n++] = '\n';
	for (int at = 0; at < n;) {
		ssize_t w = write(console, line + at, (size_t)(n - at));
		if (w < 0 && errno != EINTR)
			return;
		at += w > 0 ? (int)w : 0;
	}
}

static bool
console_opens(void)
{
	console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	klogctl(CONSOLE_LEVEL, NULL, 1); /* the kernel's own words would land in the middle of a line */
	return console >= 0;
}

static void
ready(void)
{
	(void)!write(PROBE_READY_FD, "\n", 1);
	close(PROBE_READY_FD);
}

/* ---- lines that are kept ---- */

static char kept[KEPT_MAX];
static size_t n_kept;
static volatile sig_atomic_t asked_to_end;

static void
on_term(int sig)
{
	(void)sig;
	asked_to_end = 1;
}

bool
keeper_opens(void)
{
	struct sigaction act = { .sa_handler = on_term };
	bool ok = console_opens() && sigaction(SIGTERM, &act, NULL) == 0;

	ready();
	return ok;
}

void
keeper_say(const char *text)
{
	size_t n = strlen(text) + 1;

	if (n > sizeof kept - n_kept)
		return;
	memcpy(kept + n_kept, text, n);
	n_kept += n;
}

bool
keeper_is_asked_to_end(void)
{
	return asked_to_end;
}

void
keeper_ends(void)
{
	for (size_t at = 0; at < n_kept; at += strlen(kept + at) + 1)
		put(PROBE_ALL, kept + at);
}

static void
fact(const char *name, const char *value)
{
	char text[PROBE_LINE_MAX];

	snprintf(text, sizeof text, PROBE_FACT "\t%.60s\t%.120s", name, value);
	put(PROBE_ALL, text);
	said++;
}

/* ---- what must not be reached ---- */

static void
listen_everywhere(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PROBE_PORT),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	size_t n = sizeof PROBE_ABSTRACT - 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path + 1, PROBE_ABSTRACT, n);
	if (bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) || listen(fd, 8))
		fact("trouble", "the abstract socket");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&in, sizeof in) || listen(fd, 8))
		fact("trouble", "the port of the loopback");
	if (shmget(PROBE_IPC_KEY, 4096, IPC_CREAT | 0666) < 0 && errno != ENOSYS)
		fact("trouble", "the shared memory");
}

/* What PID 1 is bound to, its children would be bound to as well. */
static void
bind_pid_1(void)
{
	cpu_set_t all, one;

	char text[16];

	CPU_ZERO(&all);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_getaffinity(0, sizeof all, &all) == 0 && CPU_COUNT(&all) > 1 && sched_setaffinity(1, sizeof one, &one))
		fact("trouble", "PID 1's processors");
	snprintf(text, sizeof text, "%d", CPU_COUNT(&all));
	fact("processors", text);
}

static void
facts_of_pid_1(void)
{
	static const char *const kinds[] = { "mnt", "pid", "ipc", "uts", "cgroup", "net", "user" };
	static char text[65536];
	char path[64], name[64], target[64];
	long id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0);

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		snprintf(path, sizeof path, "/proc/1/ns/%s", kinds[i]);
		snprintf(name, sizeof name, "ns %s", kinds[i]);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		fact(name, target);
	}
	snprintf(target, sizeof target, "%ld", id);
	if (id >= 0)
		fact("keyring", target);
	/* a service's mounts are its own; those below /state are what it keeps */
	size_t below = 0;
	slurp("/proc/1/mountinfo", text, sizeof text);
	for (const char *at = text; (at = strstr(at, " /svc/")); at++)
		below++;
	snprintf(target, sizeof target, "%zu", below);
	fact("mounts in services' roots", target);
}

/* ---- what services say ---- */

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static pid_t
start(char *const argv[], int *out)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC))
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pair[1], STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	close(pair[1]);
	*out = pair[0];
	return pid;
}

/* Hands its lines on, up to the one that says how many there were. Returns false where that does not come. */
static bool
relay(const char *name, int from, long long until)
{
	static char buf[LINE];
	size_t have = 0;

	for (;;) {
		struct pollfd p = { .fd = from, .events = POLLIN };
		long long left = until - now_ms();
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		ssize_t n = read(from, buf + have, sizeof buf - have);
		if (n <= 0)
			return false;
		have += (size_t)n;
		for (char *end; (end = memchr(buf, '\n', have)); have -= (size_t)(end - buf), memmove(buf, end, have)) {
			*end++ = '\0';
			put(name, buf);
			if (strncmp(buf, PROBE_END "\t", sizeof PROBE_END) == 0)
				return true;
		}
		if (have == sizeof buf)
			have = 0; /* no line of the probe's */
	}
}

static void
hear(const char *name, char *const argv[], int patience_ms)
{
	int out = -1;
	pid_t pid = start(argv, &out);

	if (pid > 0) {
		relay(name, out, now_ms() + patience_ms);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(out);
	}
}

static void
service(char *name)
{
	char *logs[] = { CTL, "logs", "-f", "--stream", "out", name, NULL };
	char *exec[] = { CTL, "exec", name, "--", PROBE_FILE, "exec", NULL };

	hear(name, logs, SERVICE_MS);
	hear(name, exec, EXEC_MS);
}

/* argv: the program, "witness", the services' names. */
int
witness(int argc, char **argv)
{
	char *poweroff[] = { CTL, "poweroff", NULL };
	char text[32];

	if (!console_opens())
		return 2;
	listen_everywhere();
	bind_pid_1();
	ready();
	for (int i = 2; i < argc; i++)
		service(argv[i]);
	facts_of_pid_1();
	snprintf(text, sizeof text, PROBE_END "\t%u", said);
	put(PROBE_ALL, text);
	execv(CTL, poweroff);
	return 1;
}
