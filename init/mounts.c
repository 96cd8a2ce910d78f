/* SPDX-License-Identifier: MIT
 *
 * The machine's mounts, in one table, and the order that makes an initramfs a root like any other. It makes no
 * mountpoint: the builder has.
 */
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "err.h"

#define CGROUPS "/sys/fs/cgroup"
#define HARMLESS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Nothing writable is executable, here too. */
static const struct {
	const char *type, *target, *data;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, HARMLESS },
	{ "sysfs", "/sys", NULL, HARMLESS },
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC },
	{ "cgroup2", CGROUPS, NULL, HARMLESS },
	{ "tmpfs", "/run", "mode=0755,size=16m", HARMLESS },
	{ "tmpfs", "/tmp", "mode=1777,size=10%", HARMLESS },
	{ "tmpfs", "/state", "mode=0711", HARMLESS },
};

/* The root of an initramfs can neither be left by pivot_root nor be unmounted; a bind mount of it, moved over it, can.
 * /run is the folder to do it on, for it is there and empty. */
static void
make_root(void)
{
	if (mount("/", "/run", NULL, MS_BIND, NULL) < 0 || chdir("/run") < 0 ||
	    mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		warn("root mount: %s", err_text(errno));
}

void
mounts_init(void)
{
	make_root();
	for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++)
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data) < 0)
			warn("mount %s: %s", mounts[i].target, err_text(errno));
}

/* One by one: a kernel that lacks one shall give the others. */
static void
enable_controllers(const char *file)
{
	static const char *const words[] = { "+memory", "+pids", "+cpu" };
	AUTO_FD fd = open(file, O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (write(fd, words[i], strlen(words[i])) < 0)
			warn("%s: %s: %s", file, words[i], err_text(errno));
}

void
mounts_cgroups(void)
{
	enable_controllers(CGROUPS "/cgroup.subtree_control");
	if (mkdir(CGROUPS "/svc", 0755) < 0 && errno != EEXIST)
		warn("mkdir %s: %s", CGROUPS "/svc", err_text(errno));
	enable_controllers(CGROUPS "/svc/cgroup.subtree_control");
}

void
mounts_seal(void)
{
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		warn("read-only root: %s", err_text(errno));
}
