/* SPDX-License-Identifier: MIT
 *
 * The first program of the machine of the bench of launches. It leaves a driver behind and executes Ingot's PID 1, or
 * with boots=systemd that one. The driver enters PID 1's mounts and root, starts one program by each launcher in turn,
 * tells on the serial console how long that took, and powers the machine off. The kernel's command line says how often:
 * bench=ROUNDS:NAME=STARTS...
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "ctl_proto.h"
#include "stub_abi.h"
#include "sys.h"

#define PROC "/bench/proc"
#define TTY  "/bench/tty"
#define GROUP "/sys/fs/cgroup/bench"
#define PROGRAM "/bench/true"
#define PATIENCE_S 60
#define SYSTEMD_READY "/run/systemd/private"
#define CHAIN 20    /* units of systemd, each behind the one before it */
#define REST_MS 400 /* the kernel takes namespaces apart behind everyone's back */
#define IDLE 20     /* jobs that wait for good: i1 and so on */

extern char **environ;

static int tty = -1;

static void
tell(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vdprintf(tty, format, ap);
	va_end(ap);
}

__attribute__((noreturn)) static void
end(void)
{
	for (;;)
		reboot(RB_POWER_OFF);
}

__attribute__((noreturn)) static void
fail(const char *what)
{
	tell("bench: failed: %s: %s\n", what, strerror(errno));
	end();
}

static void
put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		tell("bench: note: %s: %s\n", path, strerror(errno));
	close(fd);
}

/* ---- Ingot ---- */

/* One request; returns the last reply's code, or -1 where there was none. */
static int
ask(uint32_t verb, const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = CTL_SOCKET };
	struct ctl_request q = { .version = CTL_VERSION, .verb = verb };
	static char packet[65536];
	const struct ctl_reply *r = (const struct ctl_reply *)packet;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), code = -1;

	snprintf(q.name, sizeof q.name, "%s", name);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 && send(fd, &q, sizeof q, 0) == (ssize_t)sizeof q)
		while (recv(fd, packet, sizeof packet, 0) >= (ssize_t)sizeof *r && r->kind != CTL_R_END)
			;
	if (r->kind == CTL_R_END)
		code = r->code;
	close(fd);
	return code;
}

/* The answer comes when PID 1 knows the job's end. */
static bool
start_ingot(void)
{
	return ask(CTL_START, "go") == 0;
}

/* ---- the floor: one clone3 into as many namespaces and a cgroup that is there, and the stub ---- */

static bool
start_clone3(void)
{
	static int group = -1, stub = -1, null = -1;
	int pidfd = -1, status;

	if (group < 0) {
		group = open(GROUP, O_PATH | O_DIRECTORY | O_CLOEXEC);
		stub = open(STUB_PATH, O_PATH | O_CLOEXEC);
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP | CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP | CLONE_NEWNET,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)group,
	};
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		char *argv[] = { (char[]){ STUB_NAME ":0:0:0" }, (char[]){ PROGRAM }, NULL }, *none[] = { NULL };
		for (int fd = 0; fd <= STUB_FD_STATUS; fd++)
			dup2(null, fd);
		sys_execveat(stub, "", argv, none, AT_EMPTY_PATH);
		_exit(127);
	}
	bool good = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
	close(pidfd);
	return good;
}

/* ---- the others: a program that is executed and waited for ---- */

static bool
run(char *const *argv)
{
	int status;
	pid_t pid;

	return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

#define ARGV(...) (char *const[]){ __VA_ARGS__, NULL }

static bool
start_bwrap(void)
{
	return run(ARGV("/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/bench/bundle/rootfs", "/", "--proc", "/proc",
			"--dev", "/dev", "--tmpfs", "/tmp", PROGRAM));
}

static bool
start_crun(void)
{
	return run(ARGV("/usr/bin/crun", "--cgroup-manager=cgroupfs", "run", "-b", "/bench/bundle", "crun"));
}

static bool
start_crun_open(void)
{
	return run(ARGV("/usr/bin/crun", "--cgroup-manager=cgroupfs", "run", "-b", "/bench/open", "crun"));
}

static bool
start_runc(void)
{
	return run(ARGV("/usr/sbin/runc", "run", "-b", "/bench/bundle", "runc"));
}

/* All that stand before it in turn: what systemctl itself takes is spread over them. */
static bool
start_systemd(void)
{
	return run(ARGV("/usr/bin/systemctl", "start", "r20.service"));
}

static const struct {
	const char *name;
	bool (*start)(void);
	int programs; /* that one start runs */
} launchers[] = {
	{ "ingot", start_ingot, 1 }, { "clone3", start_clone3, 1 }, { "bwrap", start_bwrap, 1 }, { "crun", start_crun, 1 },
	{ "crun_open", start_crun_open, 1 }, { "runc", start_runc, 1 }, { "systemd", start_systemd, CHAIN },
};

static bool
timed(const char *name, int count)
{
	for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
		if (strcmp(launchers[i].name, name) != 0)
			continue;
		bool good = launchers[i].start(); /* once, so that files are in memory */
		put("/proc/sys/user/max_user_namespaces", "1000"); /* which one of them makes, if it may */
		sleep_ms(REST_MS);
		long long began = now_us();
		for (int n = 0; n < count && good; n++)
			good = launchers[i].start();
		long long took = now_us() - began;
		tell("bench: launch %s=%lld good=%d\n", name, took / count / launchers[i].programs, good);
		sleep_ms(REST_MS);
		return true;
	}
	return false;
}

/* ---- memory ---- */

static size_t
read_file(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, cap - 1);

	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* What the kernel has taken for itself, in KiB. */
static long
kernel_kb(void)
{
	static const char *const keys[] = { "\nSlab:", "\nKernelStack:", "\nPageTables:", "\nPercpu:" };
	char text[8192];
	long sum = 0;

	read_file("/proc/meminfo", text, sizeof text);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *at = strstr(text, keys[i]);
		sum += at ? atol(at + strlen(keys[i])) : 0;
	}
	return sum;
}

/* The private memory of all processes of a group, in KiB. */
static long
user_kb(const char *name)
{
	char path[128], text[4096], pids[256];
	long sum = 0;

	snprintf(path, sizeof path, "/sys/fs/cgroup/svc/%s/cgroup.procs", name);
	read_file(path, pids, sizeof pids);
	for (char *rest = pids, *pid; (pid = strtok_r(rest, "\n", &rest));) {
		snprintf(path, sizeof path, "/proc/%s/smaps_rollup", pid);
		read_file(path, text, sizeof text);
		for (const char *line = text; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			if (strncmp(line, "Private_", 8) == 0)
				sum += atol(strchr(line, ':') + 1);
		}
	}
	return sum;
}

static void
tell_memory(void)
{
	char name[16];
	long user = 0;

	put("/proc/sys/vm/drop_caches", "2");
	long before = kernel_kb();
	for (int i = 1; i <= IDLE; i++) {
		snprintf(name, sizeof name, "i%d", i);
		if (ask(CTL_RUN, name))
			fail("starting the idle ones");
	}
	sleep_ms(2000);
	put("/proc/sys/vm/drop_caches", "2");
	long after = kernel_kb();
	for (int i = 1; i <= IDLE; i++) {
		snprintf(name, sizeof name, "i%d", i);
		user += user_kb(name);
	}
	tell("bench: memory kernel_kb=%ld user_kb=%ld\n", (after - before) / IDLE, user / IDLE);
}

/* ---- the driver ---- */

/* PID 1's mounts and root, once it listens. */
static void
enter(bool systemd)
{
	int proc = open(PROC, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (long long late = now_us() + PATIENCE_S * 1000000ll; now_us() < late; sleep_ms(100)) {
		int ns = openat(proc, "1/ns/mnt", O_RDONLY | O_CLOEXEC);
		int root = openat(proc, "1/root", O_PATH | O_CLOEXEC);
		bool in = setns(ns, CLONE_NEWNS) == 0 && fchdir(root) == 0 && chroot(".") == 0;
		close(ns);
		close(root);
		if (in && (systemd ? access(SYSTEMD_READY, F_OK) == 0 : ask(CTL_STATUS, "go") == 0))
			return;
	}
	fail("PID 1 does not answer");
}

static void
drive(char *words)
{
	char *rest = words, *each;
	int rounds = atoi(strtok_r(rest, ":", &rest));

	bool systemd = getenv("boots") != NULL;
	enter(systemd);
	sleep_ms(1000);
	mkdir(GROUP, 0755);
	/* some launchers execute themselves out of memory */
	put("/proc/sys/vm/memfd_noexec", "0");
	if (!systemd)
		tell_memory();
	for (int round = 0; round < rounds; round++) {
		char copy[256];
		snprintf(copy, sizeof copy, "%s", rest);
		for (char *left = copy; (each = strtok_r(left, ":", &left));) {
			char *name = strtok_r(each, "=", &each);
			if (!timed(name, atoi(each)))
				fail(name);
		}
	}
	end();
}

int
main(void)
{
	char *words = getenv("bench"), *argv[] = { (char[]){ "init" }, NULL };

	mkdir(PROC, 0755);
	mknod(TTY, S_IFCHR | 0600, makedev(4, 64));
	tty = open(TTY, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (!words)
		fail("no bench=ROUNDS:NAME=STARTS on the command line");
	if (fork() == 0) {
		setsid();
		for (int sig = 1; sig < 32; sig++)
			if (sig != SIGCHLD)
				signal(sig, SIG_IGN);
		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", PROC, "proc", 0, NULL))
			fail("no /proc of its own");
		drive(words);
	}
	if (getenv("boots"))
		execv("/lib/systemd/systemd", (char *[]){ (char[]){ "systemd" }, NULL });
	else
		execv("/init", argv);
	fail("the init");
}
