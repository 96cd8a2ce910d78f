/* SPDX-License-Identifier: MIT
 *
 * The console shell: fork, a terminal, exec, and again a second after it has ended; one that cannot be executed is
 * not tried again. It never runs unless the kernel command line asks for it.
 */
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "console.h"
#include "identity.h"
#include "shutdown.h"
#include "sys.h"

#define SHELL_FALLBACK "/bin/busybox"
#define AGAIN_MS 1000

void
shell_init(struct init *in)
{
	in->s->shell_ms = in->s->now_ms;
}

static const char *
shell_path(const struct init *in)
{
	const char *path = in->table.base ? tbl_str(&in->table, in->table.machine->shell) : "";

	return *path ? path : SHELL_FALLBACK;
}

__attribute__((noreturn)) static void
run(const char *path, int error)
{
	static char *const argv[] = { "sh", NULL };
	static char *const envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "TERM=linux", NULL };

	setsid();
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd >= 0) {
		ioctl(fd, TIOCSCTTY, 1); /* job control and Ctrl-C, where the console is a terminal */
		for (int i = 0; i <= 2; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	identity_policy(SCHED_OTHER);
	sys_sigmask(0, NULL);
	execve(path, argv, envp);
	int code = errno;
	(void)!write(error, &code, sizeof code);
	_exit(127);
}

static void
start(struct init *in)
{
	int error[2];

	if (pipe2(error, O_CLOEXEC | O_NONBLOCK) < 0) {
		warn("shell: pipe: %s", err_text(errno));
		in->s->shell_ms = in->s->now_ms + AGAIN_MS;
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		run(shell_path(in), error[1]);
	close(error[1]);
	if (pid < 0) {
		warn("shell: fork: %s", err_text(errno));
		close(error[0]);
		in->s->shell_ms = in->s->now_ms + AGAIN_MS;
		return;
	}
	in->s->shell_ms = SVC_NEVER;
	in->s->shell_pid = pid;
	in->s->shell_error = error[0];
}

/* A machine without services and without a shell is of no use to anyone. */
static void
give_up(struct init *in, int code)
{
	warn("no shell: %s: %s", shell_path(in), err_text(code));
	if (in->s->cmdline.emergency)
		shutdown_begin(in, DOWN_POWEROFF, "an emergency without a shell");
}

void
shell_reaped(struct init *in, pid_t pid)
{
	int code;

	if (in->s->shell_pid == 0 || pid != in->s->shell_pid)
		return;
	in->s->shell_pid = 0;
	/* not by its status: a shell itself ends with 127 after a command that it did not find */
	if (read(in->s->shell_error, &code, sizeof code) == (ssize_t)sizeof code)
		give_up(in, code);
	else
		in->s->shell_ms = in->s->now_ms + AGAIN_MS;
	close(in->s->shell_error);
}

void
shell_timers(struct init *in)
{
	if (in->s->shell_ms <= in->s->now_ms && in->s->down == DOWN_NOT)
		start(in);
}

uint64_t
shell_due(const struct init *in)
{
	return in->s->down == DOWN_NOT ? in->s->shell_ms : SVC_NEVER;
}
