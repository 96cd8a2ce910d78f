/* SPDX-License-Identifier: MIT
 *
 * The first program of a machine of the bench of inits. It leaves a watcher behind and executes the init that the
 * kernel's command line names (bench=NAME:COUNT[:WHAT]). The watcher sleeps until so many services have put the time of
 * their start into their names, tells what it saw on the serial console, and powers the machine off. It has a /proc and
 * a mount namespace of its own, so that no init needs to know of it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "ctl_proto.h"

#define PROC "/bench/proc"
#define TTY  "/bench/tty"
#define LOOK_MS 100       /* between two looks at the number of processes, which costs one system call */
#define STILL   10        /* so many looks found the same number */
#define PATIENCE_S 100
#define IDLE_S 60
#define ASK_TIMES 200

static const struct {
	const char *name, *path;
	char *word;
} inits[] = {
	{ "ingot", "/init", "init" },
	{ "busybox", "/bin/busybox", "init" },
	{ "finit", "/sbin/finit", "finit" },
	{ "runit", "/sbin/runit", "runit" },
	{ "systemd", "/lib/systemd/systemd", "systemd" },
};

/* On a descriptor of its own: what the init does to its console shall not matter. */
static void
tell(const char *format, ...)
{
	int fd = open(TTY, O_WRONLY | O_NOCTTY);
	va_list ap;

	va_start(ap, format);
	vdprintf(fd, format, ap);
	va_end(ap);
	close(fd);
}

static size_t
read_file(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, cap - 1);

	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* How many services have told when they began, and when the last one did. */
static int
marked(long long *last)
{
	DIR *d = opendir(PROC);
	struct dirent *entry;
	int n = 0;

	*last = 0;
	while (d && (entry = readdir(d))) {
		char path[300], name[32];
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, PROC "/%s/comm", entry->d_name);
		if (!read_file(path, name, sizeof name) || name[0] != 'T' || name[1] < '1' || name[1] > '9')
			continue;
		long long at = atoll(name + 1);
		n++;
		if (at > *last)
			*last = at;
	}
	if (d)
		closedir(d);
	return n;
}

/* The sum of the fields that begin with `key`, of a file of /proc/1. */
static long
sum_of(const char *file, const char *key)
{
	char path[64], text[4096];
	long sum = 0;

	snprintf(path, sizeof path, PROC "/1/%s", file);
	read_file(path, text, sizeof text);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, strlen(key)) == 0 && strchr(line, ':'))
			sum += atol(strchr(line, ':') + 1);
	}
	return sum;
}

/* Asks PID 1 for the state of everything; returns the microseconds until the last packet, or -1. */
static long long
ask(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = CTL_SOCKET };
	struct ctl_request q = { .version = CTL_VERSION, .verb = CTL_STATUS };
	char packet[65536];
	long long began = now_us();
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool ended = false;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && send(fd, &q, sizeof q, 0) == (ssize_t)sizeof q)
		while (!ended && recv(fd, packet, sizeof packet, 0) >= (ssize_t)sizeof(struct ctl_reply))
			ended = ((const struct ctl_reply *)packet)->kind == CTL_R_END;
	close(fd);
	return ended ? now_us() - began : -1;
}

static int
compare(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where PID 1's socket is, while the bomb fills its group. */
static void
tell_answers(void)
{
	static long long took[ASK_TIMES];
	int tty = open(TTY, O_WRONLY | O_NOCTTY), ns = open(PROC "/1/ns/mnt", O_RDONLY | O_CLOEXEC);
	int root = open(PROC "/1/root", O_PATH | O_CLOEXEC);

	if (setns(ns, CLONE_NEWNS) || fchdir(root) || chroot("."))
		tell("bench: cannot enter PID 1's root\n");
	for (int i = 0; i < ASK_TIMES; i++) {
		took[i] = ask();
		sleep_ms(10);
	}
	qsort(took, ASK_TIMES, sizeof *took, compare);
	dprintf(tty, "bench: answer median_us=%lld worst_us=%lld failed=%d\n", took[ASK_TIMES / 2], took[ASK_TIMES - 1],
		took[0] < 0);
	close(tty);
}

/* To read all names takes as long as a few starts: not before it is quiet, therefore, and none of them is held up. */
static int
marked_when_quiet(int count, long long *last)
{
	long long end = now_us() + PATIENCE_S * 1000000ll;
	unsigned processes = 0;
	int n = 0;

	for (int still = 0; n < count && now_us() < end;) {
		struct sysinfo info;
		sleep_ms(LOOK_MS);
		sysinfo(&info);
		still = info.procs == processes ? still + 1 : 0;
		processes = info.procs;
		if (still < STILL)
			continue;
		n = marked(last);
		still = 0;
	}
	return n;
}

static void
watch(const char *name, int count, const char *what, const long long *began)
{
	long long last = 0;
	int n = marked_when_quiet(count, &last);

	tell("bench: %s services=%d last_us=%lld private_kb=%ld\n", name, n, last - *began,
	     sum_of("smaps_rollup", "Private_Clean") + sum_of("smaps_rollup", "Private_Dirty"));
	if (strcmp(what, "idle") == 0) {
		long before = sum_of("status", "voluntary_ctxt_switches") + sum_of("status", "nonvoluntary_ctxt_switches");
		sleep_ms(IDLE_S * 1000);
		tell("bench: %s switches=%ld\n", name, sum_of("status", "voluntary_ctxt_switches") +
		     sum_of("status", "nonvoluntary_ctxt_switches") - before);
	}
	if (strcmp(what, "bomb") == 0)
		tell_answers();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

int
main(void)
{
	char *word = getenv("bench"), *name = word ? strtok(word, ":") : NULL, *count = name ? strtok(NULL, ":") : NULL;
	const char *what = count ? strtok(NULL, ":") : NULL;
	long long *began = mmap(NULL, sizeof *began, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	mkdir(PROC, 0755);
	mknod(TTY, S_IFCHR | 0600, makedev(4, 64));
	if (!count || began == MAP_FAILED) {
		tell("bench: no bench=NAME:COUNT on the command line\n");
		reboot(RB_POWER_OFF);
	}
	if (fork() == 0) {
		setsid();
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_IGN);
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", PROC, "proc", 0, NULL))
			tell("bench: no /proc of its own\n");
		watch(name, atoi(count), what ? what : "", began);
	}
	sleep_ms(200); /* until the watcher sleeps */
	for (size_t i = 0; i < sizeof inits / sizeof *inits; i++) {
		if (strcmp(inits[i].name, name) != 0)
			continue;
		char *argv[] = { inits[i].word, NULL };
		*began = now_us();
		execv(inits[i].path, argv);
	}
	tell("bench: %s: cannot be executed\n", name);
	reboot(RB_POWER_OFF);
}
