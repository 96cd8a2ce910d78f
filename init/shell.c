/* SPDX-License-Identifier: MIT
 *
 * The console shell: fork, a terminal, exec, and again a second after it has ended. It never runs unless the kernel
 * command line asks for it.
 */
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "console.h"
#include "sys.h"

#define SHELL_FALLBACK "/bin/busybox"
#define AGAIN_MS 1000

void
shell_init(struct init *in)
{
	in->s->shell_ms = in->s->now_ms;
}

__attribute__((noreturn)) static void
run(const char *path)
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
	sys_sigmask(0, NULL);
	execve(path, argv, envp);
	warn("shell %s: %s", path, err_text(errno));
	_exit(127);
}

static void
start(struct init *in)
{
	const char *path = in->table.base ? tbl_str(&in->table, in->table.machine->shell) : "";

	in->s->shell_ms = SVC_NEVER;
	pid_t pid = fork();
	if (pid == 0)
		run(*path ? path : SHELL_FALLBACK);
	if (pid < 0) {
		warn("shell: fork: %s", err_text(errno));
		in->s->shell_ms = in->s->now_ms + AGAIN_MS;
		return;
	}
	in->s->shell_pid = pid;
}

void
shell_reaped(struct init *in, pid_t pid)
{
	if (in->s->shell_pid == 0 || pid != in->s->shell_pid)
		return;
	in->s->shell_pid = 0;
	in->s->shell_ms = in->s->now_ms + AGAIN_MS;
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
