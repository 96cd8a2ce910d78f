/* SPDX-License-Identifier: MIT
 *
 * A process makes it out of a copy of PID 1's, and is gone when PID 1 goes on: what keeps it is the descriptor that it
 * has left among PID 1's.
 */
#include "bare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
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

/* It leaves the one descriptor that it opens. */
static int
make(int empty)
{
	AUTO_FD own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (own < 0 || attach(empty))
		return -1;
	/* With "." for both, the old root lands on top of the new one, and is taken away from there. */
	if (fchdir(empty) || sys_pivot_root(".", ".") || umount2(".", MNT_DETACH))
		return -1;
	take_fd(&own);
	return 0;
}

__attribute__((noreturn)) static void
run(void *empty)
{
	_exit(make(*(int *)empty) < 0 ? errno : 0);
}

int
bare_make(void)
{
	struct clone_args args = { .flags = CLONE_NEWNS | CLONE_VFORK | CLONE_FILES };
	AUTO_FD empty = template_tmpfs(EMPTY_BYTES, 0555, 0, 0);
	int made = empty < 0 ? -1 : child_next_fd(empty);

	if (made < 0)
		return -1;
	pid_t pid = child_start(&args, &(struct child){ .run = run, .arg = &empty, .size = sizeof empty });
	if (pid < 0)
		return -1;
	int status = child_wait(pid, made);
	errno = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
	return status == 0 ? made : -1;
}
