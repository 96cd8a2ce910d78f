/* SPDX-License-Identifier: MIT
 *
 * A namespace begins with a process in it. That one forbids namespaces below its own, and ends at once; PID 1 writes
 * the maps while its place is still there, as the right to do so is PID 1's. Nothing in this waits for anybody but for
 * the kernel to run a child of three system calls.
 */
#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "cleanup.h"
#include "fmt.h"
#include "setting.h"
#include "sys.h"

/* How many there may be: of all on the machine that root has made, and within each of its own. */
#define LIMIT "/proc/sys/user/max_user_namespaces"
#define MANY  "100000"

/* The machine's, once there is a use for it, as to find the file takes longer than to write it; 0: not yet. */
static int limit;

static int
set_limit(const char *value)
{
	ssize_t n = (ssize_t)strlen(value);
	int fd = limit ? limit : open(LIMIT, O_WRONLY | O_CLOEXEC);

	limit = fd > 0 ? fd : 0;
	return limit && pwrite(limit, value, (size_t)n, 0) == n ? 0 : -1; /* a number counts at offset 0 alone */
}

/* The file is that of the namespace whose process opens it. */
__attribute__((noreturn)) static void
close_limit(void *arg)
{
	(void)arg;
	_exit(setting_write(AT_FDCWD, LIMIT, "0") ? 1 : 0);
}

/* A process that is alone in its namespace, and has ended: its pid, or -1 with errno. The machine's limit is open for
 * this one call, while PID 1 does nothing else. It has PID 1's descriptors: *its is the one that it opens. It sends no
 * signal when it ends, as PID 1 waits for it alone. */
static pid_t
begin(int *its)
{
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_VFORK | CLONE_FILES };

	if (set_limit(MANY))
		return -1;
	*its = child_next_fd(limit);
	pid_t pid = child_start(&args, &(struct child){ .run = close_limit, .arg = "" });
	int code = errno;
	/* twice: with the limit open, what a filter lets through could make one */
	if (set_limit("0") && set_limit("0"))
		code = errno;
	else if (pid > 0)
		return pid;
	if (pid > 0)
		child_wait(pid, *its);
	errno = code;
	return -1;
}

static int
map(pid_t pid, const char *which, unsigned id)
{
	char path[40], text[40];

	fmt(path, sizeof path, "/proc/%d/%s_map", pid, which);
	fmt(text, sizeof text, "%u %u 1", id, id);
	return setting_write(AT_FDCWD, path, text);
}

int
userns_make(uid_t uid, gid_t gid)
{
	char path[40];
	int its = -1;
	pid_t pid = begin(&its);

	if (pid < 0)
		return -1;
	fmt(path, sizeof path, "/proc/%d/ns/user", pid);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	int failed = fd < 0 || map(pid, "uid", uid) || map(pid, "gid", gid), code = errno;
	if (child_wait(pid, its) == 0 && !failed)
		return take_fd(&fd);
	errno = failed ? code : EPERM;
	return -1;
}
