/* SPDX-License-Identifier: MIT
 *
 * A unix socket in a folder of any length: its own name may have 107 bytes, so that it is named by the folder's
 * descriptor.
 */
#include "control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"

#define BACKLOG    8
#define PATIENCE_S 15 /* for a place among those who wait */

static int
open_dir(const char *dir, struct sockaddr_un *at, struct err *e)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "%s", dir);
	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(at->sun_path, sizeof at->sun_path, "/proc/self/fd/%d/" CONTROL_SOCKET, fd);
	return fd;
}

int
control_socket_open(const char *dir, struct err *e)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un at;
	AUTO_FD folder = open_dir(dir, &at, e);
	AUTO_FD fd = folder < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (folder < 0)
		return -1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience))
		return err_set(e, errno, "cannot make a socket");
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return take_fd(&fd);
	if (errno == EAGAIN)
		return err_set(e, 0, "%s/" CONTROL_SOCKET ": too many wait for the machine already", dir);
	return err_set(e, errno, "%s/" CONTROL_SOCKET, dir);
}

/* Whether a VM that runs has it: whoever listens, though many may wait already. */
static bool
in_use(const struct sockaddr_un *at)
{
	AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN);
}

int
control_socket_make(const char *dir, struct err *e)
{
	struct sockaddr_un at;
	AUTO_FD folder = open_dir(dir, &at, e);

	if (folder < 0)
		return -1;
	if (in_use(&at))
		return err_set(e, 0, "%s/" CONTROL_SOCKET ": another running VM has it", dir);
	unlinkat(folder, CONTROL_SOCKET, 0); /* of a run that was killed */
	AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* the mode before the name: nobody else may connect, not even for a moment */
	if (fd < 0 || fchmod(fd, 0600) || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, BACKLOG))
		return err_set(e, errno, "%s/" CONTROL_SOCKET, dir);
	return take_fd(&fd);
}

void
control_socket_remove(const char *dir)
{
	AUTO_FD folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (folder >= 0)
		unlinkat(folder, CONTROL_SOCKET, 0);
}
