/* SPDX-License-Identifier: MIT
 *
 * A process makes it out of a copy of PID 1's, and is gone when PID 1 goes on: what keeps it is the descriptor that it
 * has left in a socket.
 */
#include "bare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "pass.h"
#include "sys.h"
#include "templates.h"

#define EMPTY_BYTES 4096

static int
attach(int empty)
{
	struct mount_attr private = { .propagation = MS_PRIVATE }; /* or PID 1's would go with what is taken away */
	struct mount_attr closed = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
						 MOUNT_ATTR_NOEXEC };

	if (sys_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private) || sys_mount_setattr(empty, "", AT_EMPTY_PATH, &closed))
		return -1;
	return sys_move_mount(empty, "", AT_FDCWD, "/run", MOVE_MOUNT_F_EMPTY_PATH);
}

static int
make(int to)
{
	AUTO_FD own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	AUTO_FD empty = template_tmpfs(EMPTY_BYTES, 0555, 0, 0);

	if (own < 0 || empty < 0 || attach(empty))
		return -1;
	/* With "." for both, the old root lands on top of the new one, and is taken away from there. */
	if (fchdir(empty) || sys_pivot_root(".", ".") || umount2(".", MNT_DETACH))
		return -1;
	return pass_send(to, own);
}

__attribute__((noreturn)) static void
run(void *to)
{
	_exit(make(*(int *)to) < 0 ? errno : 0);
}

/* Returns 0, or -1 with errno, once the process has ended. */
static int
have_made(int to)
{
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_VFORK };
	pid_t pid = child_start(&args, &(struct child){ .run = run, .arg = &to, .size = sizeof to });

	if (pid < 0)
		return -1;
	int status = child_wait(pid);
	errno = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
	return status == 0 ? 0 : -1;
}

int
bare_make(void)
{
	int pair[2], made = -1;
	char byte;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return -1;
	AUTO_FD from = pair[0], to = pair[1];
	if (have_made(to))
		return -1;
	if (pass_receive(from, &byte, 1, &made) < 0)
		pass_receive(from, &byte, 1, &made);
	return made;
}
