/* SPDX-License-Identifier: MIT
 *
 * Making what services get cloned: the template of /dev, and one tmpfs for each declared state. This runs in PID 1's
 * own namespace and makes paths below /run/ingot and /state only, never inside a service's root.
 */
#include "templates.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "fmt.h"
#include "sys.h"

#define INODE_BYTES 4096 /* of a tmpfs' size, for each file */
#define INODES_SPARE 64

/* fmt knows no %o. */
static void
octal(char buf[8], uint32_t mode)
{
	for (int i = 0; i < 6; i++)
		buf[i] = (char)('0' + (mode >> (3 * (5 - i)) & 7));
	buf[6] = '\0';
}

uint64_t
template_inodes(uint64_t size)
{
	return size / INODE_BYTES + INODES_SPARE;
}

void
template_options(char out[TEMPLATE_OPTIONS], uint64_t size, uint32_t mode, uid_t uid, gid_t gid)
{
	char bits[8];

	octal(bits, mode);
	fmt(out, TEMPLATE_OPTIONS, "size=%llu,nr_inodes=%llu,mode=%s,uid=%u,gid=%u", (unsigned long long)size,
	    (unsigned long long)template_inodes(size), bits, uid, gid);
}

int
template_tmpfs(uint64_t size, uint32_t mode, uid_t uid, gid_t gid)
{
	char bytes[24], inodes[24], bits[8], user[12], group[12];

	fmt(bytes, sizeof bytes, "%llu", (unsigned long long)size);
	/* empty files take no page of the size: without a limit of their own they would only end at the service's memory */
	fmt(inodes, sizeof inodes, "%llu", (unsigned long long)template_inodes(size));
	octal(bits, mode);
	fmt(user, sizeof user, "%u", uid);
	fmt(group, sizeof group, "%u", gid);
	AUTO_FD fs = sys_fsopen("tmpfs");
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "tmpfs") ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "size", bytes) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", inodes) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", bits) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "uid", user) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "gid", group) || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL))
		return -1;
	return sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* ---- /dev ---- */

static const struct {
	const char *name;
	unsigned major, minor;
} nodes[] = {
	{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *name, *to;
} links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};

static int
fill_dev(int dev)
{
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) ||
		    fchmodat(dev, nodes[i].name, 0666, 0)) /* whatever the umask is */
			return -1;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i].to, dev, links[i].name))
			return -1;
	return mkdirat(dev, "shm", 0755); /* where a declared tmpfs can be mounted */
}

static int
new_dev(void)
{
	AUTO_FD dev = template_tmpfs(64 << 10, 0755, 0, 0);

	return dev < 0 || fill_dev(dev) ? -1 : take_fd(&dev);
}

static int
attach_dev(int dev, const char *at)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
				   .attr_clr = MOUNT_ATTR_NODEV };

	if (sys_mount_setattr(dev, "", AT_EMPTY_PATH, &attr))
		return -1;
	return sys_move_mount(dev, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH);
}

int
template_dev(struct err *e)
{
	AUTO_FD dev = new_dev();

	if (dev < 0 || mkdir(TEMPLATE_DEV, 0755) || attach_dev(dev, TEMPLATE_DEV) ||
	    (mkdir(TEMPLATE_DEVICES, 0700) && errno != EEXIST))
		return err_set(e, errno, "making the template of /dev at %s", TEMPLATE_DEV);
	return 0;
}

/* ---- /dev with more devices ---- */

/* A node of the service's own: whatever becomes of its owner and mode, the machine's stays as it is. */
static int
put_device(int dev, const char *path, const struct tbl_svc *s, dev_t *number)
{
	char name[TBL_PATH_MAX + 1];
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, 0))
		return -1;
	if (!S_ISCHR(st.st_mode)) {
		errno = S_ISBLK(st.st_mode) ? ENOTSUP : ENODEV;
		return -1;
	}
	AUTO_FD dir = openat(dev, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fmt(name, sizeof name, "%s", path + strlen("/dev/"));
	const char *last = dir < 0 ? NULL : template_walk(&dir, name);
	if (!last || mknodat(dir, last, S_IFCHR | 0600, st.st_rdev) || fchownat(dir, last, s->uid, s->gid, 0))
		return -1;
	*number = st.st_rdev;
	return 0;
}

int
template_devices(const struct tbl *t, const struct tbl_svc *s, dev_t numbers[TBL_DEVICES_MAX], struct err *e)
{
	char at[sizeof TEMPLATE_DEVICES + 1 + TBL_NAME_MAX];
	AUTO_FD dev = new_dev();

	fmt(at, sizeof at, TEMPLATE_DEVICES "/%s", tbl_str(t, s->name));
	if (dev < 0)
		return err_set(e, errno, "%s", at);
	for (uint32_t i = 0; i < s->devices.count; i++) {
		const char *path = tbl_word(t, s->devices, i);
		if (put_device(dev, path, s, &numbers[i]))
			return err_set(e, errno, "%s", path);
	}
	umount2(at, MNT_DETACH); /* that of an earlier run: a number may be another device's now */
	if ((mkdir(at, 0700) && errno != EEXIST) || attach_dev(dev, at))
		return err_set(e, errno, "%s", at);
	return 0;
}

void
template_devices_gone(const char *name)
{
	char at[sizeof TEMPLATE_DEVICES + 1 + TBL_NAME_MAX];

	fmt(at, sizeof at, TEMPLATE_DEVICES "/%s", name);
	umount2(at, MNT_DETACH);
	rmdir(at);
}

/* ---- state ---- */

/* Replaces *dir by the folder `name` in it, which is made if need be. A symlink or another filesystem on the way is
 * refused: inside a state that is mounted already, the service could have put anything. */
static int
step_into(int *dir, const char *name)
{
	if (mkdirat(*dir, name, 0755) && errno != EEXIST)
		return -1;
	int next = sys_openat2(*dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (next < 0)
		return -1;
	close(*dir);
	*dir = next;
	return 0;
}

const char *
template_walk(int *dir, char *path)
{
	for (char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		*slash = '\0';
		if (step_into(dir, path))
			return NULL;
	}
	return path;
}

/* Whether dir/name is the root of another filesystem than dir's. */
static bool
is_mounted(int dir, const char *name)
{
	struct stat above, here;

	return fstat(dir, &above) == 0 && fstatat(dir, name, &here, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(here.st_mode) && above.st_dev != here.st_dev;
}

static int
mount_state(char *path, const struct tbl_svc *s, const struct tbl_mount *m)
{
	AUTO_FD dir = open(TEMPLATE_STATE, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return -1;
	const char *last = template_walk(&dir, path);
	if (!last)
		return -1;
	if (is_mounted(dir, last))
		return 0;
	AUTO_FD fs = template_tmpfs(m->size, m->mode, s->uid, s->gid);
	if (fs < 0 || (mkdirat(dir, last, 0755) && errno != EEXIST))
		return -1;
	return sys_move_mount(fs, "", dir, last, MOVE_MOUNT_F_EMPTY_PATH);
}

int
template_state(const struct tbl *t, const struct tbl_svc *s, const struct tbl_mount *m, struct err *e)
{
	char path[TEMPLATE_PATH_MAX];

	fmt(path, sizeof path, "%s%s", tbl_str(t, s->name), tbl_str(t, m->path));
	if (mount_state(path, s, m))
		return err_set(e, errno, "%s/%s%s", TEMPLATE_STATE, tbl_str(t, s->name), tbl_str(t, m->path));
	return 0;
}
