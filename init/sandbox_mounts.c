/* SPDX-License-Identifier: MIT
 *
 * The mounts of one service: copies of what PID 1 has for it are taken first, as they can be of the caller's own
 * namespace alone. Then, inside the service's fresh one, its root goes on top of the empty one, read-only, what the
 * table lists on top of that, and chroot enters it: `..` leads nowhere from there. No path is created inside a root,
 * and no symlink is followed on the way to a mountpoint: the builder made each of them a real directory.
 */
#include "sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "cleanup.h"
#include "fmt.h"
#include "templates.h"
#include "sys.h"

#define OPTIONS_READ 4096 /* so many bytes the kernel reads from where options begin: it faults where the stack ends */
#define TREES 64 /* the first number of those that are mounted: above all that a launch has open */

/* A detached copy of the mount at an absolute path of the machine. */
static int
clone_tree(const char *path)
{
	AUTO_FD at = sys_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_SYMLINKS);

	if (at < 0)
		return -1;
	return sys_open_tree(at, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}

/* The same of a path that is made of folders of PID 1's alone. */
static int
clone_own(const char *path)
{
	return sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
}

int
sandbox_root(struct sandbox *x)
{
	struct mount_attr closed = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
				     .propagation = MS_PRIVATE };

	x->root = clone_own(tbl_str(&x->t, x->s->root));
	return x->root < 0 ? -1 : sys_mount_setattr(x->root, "", AT_EMPTY_PATH, &closed);
}

/* Other mounts can be moved into attached trees only. */
int
sandbox_attach(struct sandbox *x)
{
	return sys_move_mount(x->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
}

static int
clone_state(const struct sandbox *x, const char *path)
{
	char machine[TEMPLATE_PATH_MAX];

	fmt(machine, sizeof machine, "%s/%s%s", TEMPLATE_STATE, x->name, path);
	return clone_tree(machine);
}

static int
clone_dev(const struct sandbox *x)
{
	char own[sizeof TEMPLATE_DEVICES + 1 + TBL_NAME_MAX];

	fmt(own, sizeof own, TEMPLATE_DEVICES "/%s", x->name);
	return clone_own(x->s->devices.count ? own : TEMPLATE_DEV);
}

static int
detached(const struct sandbox *x, const struct tbl_mount *m, const char *path)
{
	switch ((enum tbl_mount_kind)m->kind) {
	case TBL_MOUNT_DEV: return clone_dev(x);
	case TBL_MOUNT_STATE: return clone_state(x, path);
	case TBL_MOUNT_PROC:
	case TBL_MOUNT_TMPFS:
	case TBL_MOUNT_KINDS: break;
	}
	errno = EINVAL;
	return -1;
}

static bool
is_tree(const struct tbl_mount *m)
{
	return m->kind == TBL_MOUNT_DEV || m->kind == TBL_MOUNT_STATE;
}

/* What is mounted on it later is nobody else's, whatever a service of the machine has done to the mount that it is
 * cloned from. Its number says which one it is. */
static int
take_tree(const struct sandbox *x, const struct tbl_mount *m)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	AUTO_FD from = detached(x, m, tbl_str(&x->t, m->path));

	if (from < 0 || sys_mount_setattr(from, "", AT_EMPTY_PATH, &private))
		return -1;
	return dup3(from, TREES + (int)x->mount, O_CLOEXEC);
}

int
sandbox_trees(struct sandbox *x)
{
	for (x->mount = 0; x->mount < x->s->mounts.count; x->mount++) {
		const struct tbl_mount *m = tbl_mount(&x->t, x->s, x->mount);
		if (is_tree(m) && take_tree(x, m) < 0)
			return -1;
	}
	return 0;
}

/* A file system of its own, mounted where `to` is: one call, where to configure and to move it takes a dozen. */
static int
mount_new(int to, const char *type, const char *options)
{
	return fchdir(to) || mount(type, ".", type, MS_NOSUID | MS_NODEV | MS_NOEXEC, options) ? -1 : 0;
}

static int
mount_tmpfs(const struct sandbox *x, const struct tbl_mount *m, int to)
{
	char options[OPTIONS_READ];

	static_assert(OPTIONS_READ >= TEMPLATE_OPTIONS, "there is room");
	template_options(options, m->size, m->mode, x->s->uid, x->s->gid);
	return mount_new(to, "tmpfs", options);
}

/* What a path leads to now is the root of what was mounted there. */
static int
allow_mounted(const struct sandbox *x, const struct tbl_mount *m, const char *path)
{
	if (x->rules < 0)
		return 0;
	AUTO_FD at = sys_openat2(x->root, path + 1, O_PATH | O_DIRECTORY | O_CLOEXEC,
				 RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	return at < 0 ? -1 : sandbox_allow(x, m, at);
}

static int
mount_one(const struct sandbox *x, const struct tbl_mount *m)
{
	const char *path = tbl_str(&x->t, m->path);
	AUTO_FD to = sys_openat2(x->root, path + 1, O_PATH | O_DIRECTORY | O_CLOEXEC,
				 RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);

	if (to < 0)
		return -1;
	if (m->kind == TBL_MOUNT_PROC)
		return mount_new(to, "proc", "subset=pid,hidepid=invisible");
	if (m->kind == TBL_MOUNT_TMPFS)
		return mount_tmpfs(x, m, to) || allow_mounted(x, m, path) ? -1 : 0;
	AUTO_FD from = TREES + (int)x->mount;
	if (sandbox_allow(x, m, from))
		return -1;
	return sys_move_mount(from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int
sandbox_mount(struct sandbox *x)
{
	for (x->mount = 0; x->mount < x->s->mounts.count; x->mount++)
		if (mount_one(x, tbl_mount(&x->t, x->s, x->mount)))
			return -1;
	return 0;
}

int
sandbox_chroot(struct sandbox *x)
{
	char cwd[2];

	if (fchdir(x->root) || chroot("."))
		return -1;
	close(x->root);
	/* The kernel says "(unreachable)" of a folder outside the root. */
	return syscall(SYS_getcwd, cwd, sizeof cwd) == 2 && cwd[0] == '/' ? 0 : -1;
}
