/* SPDX-License-Identifier: MIT
 *
 * From the initramfs to the squashfs in it. The file stays in memory as it is, compressed; what is read of it is
 * unpacked page by page into the page cache, which the kernel may drop again.
 */
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <linux/loop.h>

#include "cleanup.h"
#include "console.h"
#include "fmt.h"
#include "modules.h"

#define PLACE "/run" /* there, and empty, as in mounts.c */

/* The free device's number; -1 with *e set. The device goes by itself once nothing has it mounted. */
static int
attach(const char *file, struct err *e)
{
	struct loop_config config = { .info = { .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR } };
	AUTO_FD image = open(file, O_RDONLY | O_CLOEXEC);
	char path[32];

	if (image < 0)
		return err_set(e, errno, "%s", file);
	AUTO_FD control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int n = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
	if (n < 0)
		return err_set(e, errno, "/dev/loop-control");
	fmt(path, sizeof path, "/dev/loop%d", n);
	AUTO_FD loop = open(path, O_RDONLY | O_CLOEXEC);
	config.fd = (uint32_t)image;
	if (loop < 0 || ioctl(loop, LOOP_CONFIGURE, &config) < 0)
		return err_set(e, errno, "%s", path);
	/* while `loop` is open still: the last one to close it would take the device away */
	if (mount(path, PLACE, "squashfs", MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		return err_set(e, errno, "mount %s from %s as squashfs", file, path);
	return 0;
}

/* Their memory is given back; the file system that they lie in is never seen again. */
static void
forget_modules(const struct tbl *t)
{
	for (uint32_t i = 0; i < t->machine->early; i++)
		unlink(tbl_str(t, tbl_module(t, i)->path));
}

int
root_init(const struct tbl *t, struct err *e)
{
	if (!t->machine->root)
		return 0;
	if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, NULL) < 0)
		return err_set(e, errno, "root: mount /dev");
	modules_load(t, 0, t->machine->early);
	int r = attach(tbl_str(t, t->machine->root), e);
	umount2("/dev", MNT_DETACH); /* it would be hidden below the root */
	if (r)
		return err_wrap(e, "root");
	forget_modules(t);
	if (chdir(PLACE) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_set(e, errno, "root: move %s to /", PLACE);
	return 0;
}
