/* SPDX-License-Identifier: MIT
 *
 * The folders on the state disk: /SERVICE/PATH for each declared state, owned by the service, with a project of its
 * own that the size is the quota of; and /.ingot, where PID 1 keeps what shall outlive it. Nothing that is there is
 * removed, and nothing below a service's own folder is touched: what another image left is simply not used.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/quota.h>

#include "cleanup.h"
#include "console.h"
#include "crc32.h"
#include "fmt.h"
#include "state.h"
#include "sys.h"
#include "templates.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

/* The same in every image that has a service of this name with this path: what the service wrote keeps its project,
 * which is 0 for nobody's files. */
static uint32_t
project_of(const char *place)
{
	uint32_t id = crc32_of(place, strlen(place)) & INT32_MAX;

	return id ? id : 1;
}

/* Files made below it from now on belong to the project; those that are there keep theirs. */
static int
set_project(int folder, uint32_t id)
{
	struct fsxattr x;

	if (ioctl(folder, FS_IOC_FSGETXATTR, &x) < 0)
		return -1;
	if (x.fsx_projid == id && (x.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return 0;
	x.fsx_projid = id;
	x.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return ioctl(folder, FS_IOC_FSSETXATTR, &x);
}

/* As a tmpfs of that size has it: so many bytes, and a file for each 4 KiB. */
static int
set_limit(int mount, uint32_t id, uint64_t size)
{
	struct if_dqblk q = {
		.dqb_bhardlimit = (size + 1023) / 1024,
		.dqb_ihardlimit = template_inodes(size),
		.dqb_valid = QIF_LIMITS,
	};

	q.dqb_bsoftlimit = q.dqb_bhardlimit;
	q.dqb_isoftlimit = q.dqb_ihardlimit;
	return (int)syscall(SYS_quotactl_fd, mount, QCMD(Q_SETQUOTA, PRJQUOTA), id, &q);
}

/* The folder at a relative path, made with those above it; no symlink is followed. -1 with errno. */
static int
open_folder(int mount, char *path)
{
	AUTO_FD dir = openat(mount, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *last = dir < 0 ? NULL : template_walk(&dir, path);

	if (!last || (mkdirat(dir, last, 0700) && errno != EEXIST))
		return -1;
	return sys_openat2(dir, last, O_RDONLY | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* False where its size is not enforced. */
static bool
make_folder(const struct tbl *t, const struct tbl_svc *s, const struct tbl_mount *m, int mount, bool limited)
{
	char place[TEMPLATE_PATH_MAX], path[TEMPLATE_PATH_MAX];

	fmt(place, sizeof place, "%s%s", tbl_str(t, s->name), tbl_str(t, m->path));
	memcpy(path, place, sizeof path);
	AUTO_FD folder = open_folder(mount, path);
	/* the folder alone, not what is in it: an image that gives the service another id keeps its files out of its reach
	 * until somebody has looked at them */
	if (folder < 0 || fchown(folder, s->uid, s->gid) || fchmod(folder, m->mode)) {
		warn("state: %s/%s: %s", TEMPLATE_STATE, place, err_text(errno));
		return true;
	}
	uint32_t id = project_of(place);
	if (!limited || (set_project(folder, id) == 0 && set_limit(mount, id, m->size) == 0))
		return limited;
	warn("state: %s/%s: its size cannot be enforced: %s", TEMPLATE_STATE, place, err_text(errno));
	return false;
}

/* The version is part of the path: another one's records are left alone, and are there again after a way back. */
static void
make_own(int mount)
{
	char path[] = STATE_OWN;
	AUTO_FD folder = open_folder(mount, path);

	if (folder < 0 || fchown(folder, 0, 0) || fchmod(folder, 0700))
		warn("state: %s/%s: %s: nothing is kept there", TEMPLATE_STATE, STATE_OWN, err_text(errno));
}

bool
disk_folders(const struct tbl *t, int mount, bool limited)
{
	bool all = limited;

	if (fchmodat(mount, ".", 0711, 0))
		warn("state: %s: %s", TEMPLATE_STATE, err_text(errno));
	make_own(mount);
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++) {
		const struct tbl_svc *s = tbl_svc(t, i);
		for (uint32_t k = 0; k < s->mounts.count; k++) {
			const struct tbl_mount *m = tbl_mount(t, s, k);
			if (m->kind == TBL_MOUNT_STATE && !make_folder(t, s, m, mount, limited))
				all = false;
		}
	}
	return all;
}
