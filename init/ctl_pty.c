/* SPDX-License-Identifier: MIT
 *
 * Making a pseudo-terminal without a path: a devpts of its own that is mounted nowhere, its other end by TIOCGPTPEER.
 * So neither the machine nor the service needs a /dev/pts, and no path of the service is trusted.
 */
#include "ctl_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "sys.h"

static struct termios saved;
static bool is_raw;

static int
mount_devpts(uid_t uid, gid_t gid)
{
	char user[12], group[12];
	AUTO_FD fs = sys_fsopen("devpts");

	fmt(user, sizeof user, "%u", uid);
	fmt(group, sizeof group, "%u", gid);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "uid", user) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "gid", group) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0600") ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "ptmxmode", "0600") ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL))
		return -1;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

void
pty_resize(int master)
{
	struct winsize size;

	for (int fd = 0; fd < 3; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
			ioctl(master, TIOCSWINSZ, &size);
			return;
		}
}

int
pty_open(uid_t uid, gid_t gid, int *master, int *peer, struct err *e)
{
	int lock = 0;
	AUTO_FD fs = mount_devpts(uid, gid);

	if (fs < 0)
		return err_set(e, errno, "making a terminal: devpts");
	AUTO_FD m = openat(fs, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (m < 0 || ioctl(m, TIOCSPTLCK, &lock))
		return err_set(e, errno, "making a terminal: ptmx");
	*peer = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*peer < 0)
		return err_set(e, errno, "making a terminal");
	pty_resize(m);
	*master = take_fd(&m);
	return 0;
}

int
pty_become(int peer)
{
	if (ioctl(peer, TIOCSCTTY, 0))
		return -1;
	for (int fd = 0; fd < 3; fd++)
		if (isatty(fd) && dup2(peer, fd) < 0)
			return -1;
	return 0;
}

void
pty_raw(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &saved))
		return;
	t = saved;
	cfmakeraw(&t);
	is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0; /* never TCSADRAIN: a stopped terminal would hold us */
}

void
pty_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_raw = false;
}
