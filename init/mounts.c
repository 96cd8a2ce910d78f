/* SPDX-License-Identifier: MIT
 *
 * The machine's mounts, in one table, and the order that makes an initramfs a root like any other. It makes no
 * mountpoint, the builder has, but one folder on /run.
 */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "err.h"

#define HARMLESS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Nothing writable is executable, here too. */
static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, HARMLESS },
	{ "sysfs", "/sys", NULL, HARMLESS },
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC },
	{ "cgroup2", "/sys/fs/cgroup", NULL, HARMLESS },
	{ "tmpfs", "/run", "mode=0755,size=16m", HARMLESS },
	{ "tmpfs", "/tmp", "mode=1777,size=10%", HARMLESS },
	{ "tmpfs", "/state", "mode=0711", HARMLESS },
};

/* The root of an initramfs can neither be left by pivot_root nor be unmounted; a bind mount of it, moved over it, can.
 * /run is the folder to do it on, for it is there and empty. */
static int
make_root(void)
{
	return mount("/", "/run", NULL, MS_BIND, NULL) < 0 || chdir("/run") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	       chroot(".") < 0 || chdir("/") < 0 ? -1 : 0;
}

static int
mount_one(size_t i)
{
	return mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data);
}

void
mounts_init(bool rooted)
{
	/* each of them twice, if need be: without one of them no service ever starts */
	if (!rooted && make_root() && make_root())
		warn("root mount: %s", err_text(errno));
	for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++)
		if (mount_one(i) < 0 && mount_one(i) < 0)
			warn("mount %s: %s", mounts[i].target, err_text(errno));
	if (mkdir("/run/ingot", 0700) < 0) /* of the control socket and the template of /dev */
		warn("mkdir /run/ingot: %s", err_text(errno));
}

void
mounts_seal(void)
{
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		warn("read-only root: %s", err_text(errno));
}
