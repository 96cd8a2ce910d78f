/* SPDX-License-Identifier: MIT
 *
 * Finding and mounting: the block devices are listed by sysfs, the label is read from each device itself, and whoever
 * comes late is told by the kernel's own events. No udev, no polling.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "cleanup.h"
#include "fmt.h"
#include "folder.h"
#include "loop.h"
#include "state_fs.h"
#include "sys.h"

#define BLOCKS "/sys/class/block"
#define FULL_PART 1000 /* a few blocks are always left over */

/* What was seen of the devices with the label. */
struct found {
	const char *label; /* that is looked for */
	char device[DISK_DEVICE_MAX];
	struct superblock super;
	unsigned count; /* devices */
	bool damaged;   /* only a copy of the superblock is left */
};

static void
look_at(void *found, const char *device)
{
	struct found *f = found;
	char path[sizeof "/dev/" + DISK_DEVICE_MAX];
	struct superblock s;

	if (strlen(device) >= DISK_DEVICE_MAX || strchr(device, '!')) /* a slash: no disk that is named so holds state */
		return;
	fmt(path, sizeof path, "/dev/%s", device);
	AUTO_FD fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	enum state_fs what = fd < 0 ? STATE_FS_OTHER : state_fs_probe(fd, f->label, &s);
	if (what == STATE_FS_OTHER || f->count++)
		return;
	fmt(f->device, sizeof f->device, "%s", device);
	f->super = s;
	f->damaged = what == STATE_FS_DAMAGED;
}

static void
look_at_all(struct found *f)
{
	f->count = 0;
	folder_each(BLOCKS, look_at, f);
}

/* What the kernel says when a device comes; from the kernel alone, group 1. -1 where it cannot be heard. */
static int
hear_devices(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	AUTO_FD fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		return -1;
	return take_fd(&fd);
}

/* The socket is there before the first look, so that no device falls between the two. */
static void
find(struct found *f, const char *label, uint32_t wait_ms)
{
	uint64_t due = loop_clock_ms() + wait_ms, now;
	AUTO_FD events = hear_devices();
	char text[512];

	*f = (struct found){ .label = label };
	look_at_all(f);
	while (f->count == 0 && (now = loop_clock_ms()) < due) {
		struct pollfd p = { .fd = events, .events = POLLIN };
		poll(&p, 1, (int)(due - now));
		while (events >= 0 && recv(events, text, sizeof text, 0) > 0)
			;
		look_at_all(f);
	}
}

/* ---- mounting ---- */

/* Whether this errno of a mount tells of a file system that is damaged, and not of a kernel that lacks something. */
static bool
tells_damage(int code)
{
	return code == EUCLEAN || code == EBADMSG || code == EINVAL || code == EIO || code == EFBIG;
}

/* The journal is replayed by it. -1 with errno. */
static int
mount_ext4(const char *device, bool limited)
{
	char path[sizeof "/dev/" + DISK_DEVICE_MAX];
	AUTO_FD fs = sys_fsopen("ext4");

	fmt(path, sizeof path, "/dev/%s", device);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", path) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "errors", "remount-ro") ||
	    (limited && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "prjquota", NULL)) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL))
		return -1;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME);
}

static void
judge(struct disk_report *r, enum disk_verdict v, const char *why)
{
	r->verdict = v;
	fmt(r->why, sizeof r->why, "%s", why);
}

static void
judge_mount(struct disk_report *r, int code)
{
	if (code == ESRCH)
		judge(r, DISK_UNUSABLE, "the kernel has no quotas of its format: module quota_v2 is missing");
	else if (code == ENODEV)
		judge(r, DISK_UNUSABLE, "the kernel has no ext4: module ext4 is missing");
	else
		fmt(r->why, sizeof r->why, "mount: %s", err_text(code));
	if (!(code == ESRCH || code == ENODEV))
		r->verdict = tells_damage(code) ? DISK_CORRUPT : DISK_UNUSABLE;
}

static void
use(const struct tbl *t, const struct superblock *s, struct disk_report *r)
{
	struct statfs st;

	r->mount = mount_ext4(r->device, s->limited);
	if (r->mount < 0 || fstatfs(r->mount, &st) < 0) {
		judge_mount(r, errno);
		return;
	}
	r->size = (uint64_t)st.f_blocks * (uint64_t)st.f_bsize;
	r->available = (uint64_t)st.f_bavail * (uint64_t)st.f_bsize;
	r->full = st.f_bavail < st.f_blocks / FULL_PART;
	if (r->full && t->machine->disk_policy[TBL_DISK_FULL] != TBL_POLICY_USE) {
		judge(r, DISK_FULL, "less than a thousandth of it is free");
		return;
	}
	if (!s->limited && t->machine->disk_policy[TBL_DISK_UNLIMITED] != TBL_POLICY_USE) {
		judge(r, DISK_UNUSABLE, "it keeps no project quotas, so that no size can be enforced");
		return;
	}
	r->limited = disk_folders(t, r->mount, s->limited);
	if (!r->limited && s->limited && t->machine->disk_policy[TBL_DISK_UNLIMITED] != TBL_POLICY_USE)
		judge(r, DISK_UNUSABLE, "a size cannot be enforced");
	else
		r->verdict = DISK_MOUNTED;
}

void
disk_take(const struct tbl *t, struct disk_report *r)
{
	const char *label = tbl_str(t, t->machine->disk_label);
	struct found f;

	*r = (struct disk_report){ .mount = -1 };
	find(&f, label, t->machine->disk_wait_ms);
	fmt(r->device, sizeof r->device, "%s", f.device);
	if (f.count == 0)
		judge(r, DISK_ABSENT, "no block device has this label");
	else if (f.count > 1)
		judge(r, DISK_UNUSABLE, "more than one block device has this label");
	else if (f.damaged)
		judge(r, DISK_CORRUPT, "its superblock is damaged, a copy of it is not");
	else if (f.super.foreign)
		judge(r, DISK_UNUSABLE, "its file system has features that this ingot-init does not know");
	else if (f.super.errors)
		judge(r, DISK_CORRUPT, "the kernel has found errors in it: e2fsck may mend them");
	else
		use(t, &f.super, r);
}
