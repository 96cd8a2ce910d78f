/* SPDX-License-Identifier: MIT */
#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl_proto.h"
#include "tsc.h"
#include "uml.h"

#define ARGS_MAX 48
/* The child's ends of the sockets, at numbers that the command line can name. */
#define CONSOLE_FD 3
#define MONITOR_FD 4
#define CONTROL_FD 5
#define CHILD_FDS  3

const char *
qemu_find(struct arena *a, struct err *e)
{
	const char *path = getenv("PATH");

	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t n = strcspn(p, ":");
		const char *file = arena_printf(a, "%.*s/%s", (int)n, p, QEMU_PROGRAM);
		if (n > 0 && access(file, X_OK) == 0)
			return file;
		p += n + (p[n] == ':');
	}
	err_set(e, 0, "no %s on this host: install it (Debian: apt-get install qemu-system-x86)", QEMU_PROGRAM);
	return NULL;
}

/* /dev/kvm alone proves nothing: where the processor shows neither vmx nor svm, machines are made but do not boot. */
static bool
processor_virtualises(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (f && !found && getline(&line, &room, f) > 0)
		if (strncmp(line, "flags", 5) == 0)
			found = strstr(line, " vmx ") || strstr(line, " svm ");
	free(line);
	if (f)
		fclose(f);
	return found;
}

const char *
qemu_accel(const char *asked, struct err *e)
{
	bool device = access("/dev/kvm", R_OK | W_OK) == 0;

	if (!asked)
		return device && processor_virtualises() ? "kvm" : "tcg";
	if (strcmp(asked, "tcg") != 0 && strcmp(asked, "kvm") != 0) {
		err_set(e, 0, "--accel is kvm or tcg, not %s", asked);
		return NULL;
	}
	if (strcmp(asked, "kvm") == 0 && !device) {
		err_set(e, 0,
			"--accel kvm: /dev/kvm cannot be opened: load the kvm module and join the group kvm, or take "
			"--accel tcg");
		return NULL;
	}
	return asked;
}

/* microvm has no PCI by itself; with ACPI it has a power button and tells the guest where its devices are. */
static const struct machine {
	const char *name, *words, *net, *disk, *serial;
} machines[] = {
	{ "pc", "pc", "virtio-net-pci,netdev=net,romfile=", "virtio-blk-pci,drive=state", "virtio-serial-pci" },
	{ "q35", "q35", "virtio-net-pci,netdev=net,romfile=", "virtio-blk-pci,drive=state", "virtio-serial-pci" },
	{ "microvm", "microvm,acpi=on,rtc=on", "virtio-net-device,netdev=net", "virtio-blk-device,drive=state",
	  "virtio-serial-device" },
};

#define N_MACHINES (sizeof machines / sizeof *machines)

static const struct machine *
machine_of(const struct qemu_config *c)
{
	size_t i = 0;

	while (i + 1 < N_MACHINES && strcmp(machines[i].name, c->machine) != 0)
		i++;
	return &machines[i];
}

bool
qemu_machine_known(const char *name, struct err *e)
{
	for (size_t i = 0; i < N_MACHINES; i++)
		if (strcmp(machines[i].name, name) == 0)
			return true;
	err_set(e, 0, "--machine is pc, q35 or microvm, not %s", name);
	return false;
}

struct args {
	const char *v[ARGS_MAX];
	size_t n;
};

static void
add(struct args *a, const char *option, const char *value)
{
	if (a->n + 2 >= ARGS_MAX)
		return;
	a->v[a->n++] = option;
	if (value)
		a->v[a->n++] = value;
	a->v[a->n] = NULL;
}

static const char *
netdev(struct arena *a, const struct qemu_config *c)
{
	const char *text = "user,id=net";

	for (size_t i = 0; i < c->n_forwards; i++)
		text = arena_printf(a, "%s,hostfwd=%s:127.0.0.1:%u-:%u", text, c->forwards[i].udp ? "udp" : "tcp",
				    c->forwards[i].host, c->forwards[i].machine);
	return text;
}

/* A comma in a value is written twice. */
static const char *
drive(struct arena *a, const char *file)
{
	const char *text = "if=none,id=state,format=raw,discard=unmap,file=";

	for (size_t n; (n = strcspn(file, ",")), file[n]; file += n + 1)
		text = arena_printf(a, "%s%.*s,,", text, (int)n, file);
	return arena_printf(a, "%s%s", text, file);
}

/* microvm's one clock besides the counter is the PIT. Where the host is busy the kernel cannot measure the counter
 * against it, gives up, and then waits for ever for a timer (6.12, 4 of 8 boots): it is told the rate. */
static const char *
cmdline(struct arena *a, const struct qemu_config *c, bool kvm)
{
	unsigned khz = !kvm && strcmp(machine_of(c)->name, "microvm") == 0 ? tsc_khz() : 0;

	return khz ? arena_printf(a, "%s tsc_early_khz=%u", c->cmdline, khz) : c->cmdline;
}

/* TCG with several processors, each a thread, crashed the guest's kernel while it patched its code (QEMU 7.2): they
 * take turns, and but for a self test there is one. */
static void
make_args(struct args *v, struct arena *a, const struct qemu_config *c)
{
	bool kvm = strcmp(c->accel, "kvm") == 0;

	add(v, QEMU_PROGRAM, NULL);
	add(v, "-nodefaults", NULL);
	add(v, "-no-user-config", NULL);
	add(v, "-display", "none");
	add(v, "-machine", machine_of(c)->words);
	add(v, "-accel", kvm ? "kvm" : "tcg,thread=single");
	/* emulated, instructions that copy or clear by the byte are much slower than those by the word */
	add(v, "-cpu", kvm ? "host" : "max,-erms,-fsrm");
	add(v, "-smp", c->processors > 1 ? arena_printf(a, "%u", c->processors) : "1");
	add(v, "-m", arena_printf(a, "%lluM", (unsigned long long)((c->memory + (1u << 20) - 1) >> 20)));
	add(v, "-kernel", c->kernel);
	add(v, "-initrd", c->initramfs);
	add(v, "-append", cmdline(a, c, kvm));
	add(v, "-chardev", arena_printf(a, "socket,id=console,fd=%d", CONSOLE_FD));
	add(v, "-serial", "chardev:console");
	add(v, "-chardev", arena_printf(a, "socket,id=monitor,fd=%d", MONITOR_FD));
	add(v, "-mon", "chardev=monitor,mode=readline");
	add(v, "-netdev", netdev(a, c));
	add(v, "-device", machine_of(c)->net);
	if (c->state) {
		/* from the kernel alone: microvm's firmware would try the disk first, and stay there */
		add(v, "-boot", "strict=on");
		add(v, "-drive", drive(a, c->state));
		add(v, "-device", machine_of(c)->disk);
	}
	add(v, "-device", machine_of(c)->serial);
	add(v, "-chardev", arena_printf(a, "socket,id=control,fd=%d", CONTROL_FD));
	add(v, "-device", "virtserialport,chardev=control,name=" CTL_PORT_NAME);
}

static void
child(const char *program, const struct args *v, const int fds[CHILD_FDS], pid_t parent)
{
	/* a session of its own: Ctrl-C is for ingot, which powers the guest off in order */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it ended before that call: no signal comes any more */
		_exit(127);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int null = open("/dev/null", O_RDWR);
	/* above the numbers they go to, or one could overwrite the other */
	int high[CHILD_FDS];
	for (size_t i = 0; i < CHILD_FDS; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 16);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		_exit(127);
	for (size_t i = 0; i < CHILD_FDS; i++)
		if (dup2(high[i], CONSOLE_FD + (int)i) < 0)
			_exit(127);
	execv(program, (char *const *)v->v);
	_exit(127);
}

int
qemu_start(struct qemu *q, struct arena *a, const struct qemu_config *c, struct err *e)
{
	struct args v = { .n = 0 };
	int console[2], monitor[2];
	bool uml = strcmp(c->machine, UML_MACHINE) == 0;
	AUTO_FD own = uml ? uml_program(c->kernel, e) : -1;
	const char *program = uml ? arena_printf(a, "/proc/self/fd/%d", own) : qemu_find(a, e);

	*q = (struct qemu){ .pid = -1, .pidfd = -1, .console = -1, .monitor = -1 };
	if (!program || (uml && own < 0))
		return -1;
	if (uml)
		v.n = uml_args(a, c, CONSOLE_FD, v.v);
	else
		make_args(&v, a, c);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, console))
		return err_set(e, errno, "cannot make a socket for the console");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor)) {
		close(console[0]);
		close(console[1]);
		return err_set(e, errno, "cannot make a socket for the monitor");
	}
	pid_t self = getpid();
	q->pid = fork();
	if (q->pid == 0)
		child(program, &v, (const int[CHILD_FDS]){ console[1], monitor[1], c->control }, self);
	close(console[1]);
	close(monitor[1]);
	q->console = console[0];
	q->monitor = monitor[0];
	if (q->pid > 0)
		q->pidfd = (int)syscall(SYS_pidfd_open, q->pid, 0);
	if (q->pidfd >= 0)
		return 0;
	int code = errno;
	if (q->pid > 0) {
		kill(q->pid, SIGKILL);
		qemu_wait(q);
	}
	qemu_release(q);
	return err_set(e, code, "cannot start %s", program);
}

int
qemu_wait(struct qemu *q)
{
	int status = 0;

	while (waitpid(q->pid, &status, 0) < 0 && errno == EINTR)
		;
	kill(-q->pid, SIGKILL); /* User Mode Linux is several processes */
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void
qemu_release(struct qemu *q)
{
	int *fds[] = { &q->pidfd, &q->console, &q->monitor };

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
