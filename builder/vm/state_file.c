/* SPDX-License-Identifier: MIT */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"
#include "progress.h"
#include "replicas.h"
#include "state_fs.h"
#include "table.h"
#include "value.h"

#define SIZE_PRESET ((uint64_t)256 << 20)
#define MIB         ((uint64_t)1 << 20)
/* Where QEMU holds its locks on an image, of which there are two ranges (block/file-posix.c). */
#define LOCKS_AT    100
#define LOCKS_SIZE  200

/* What the services' state may come to. */
static uint64_t
declared(const struct build *b)
{
	uint64_t sum = 0, all;

	for (size_t i = 0; i < project_units(&b->project); i++) {
		const struct model_service *s = project_unit(&b->project, i);
		for (size_t k = 0; k < s->state.n; k++)
			if (__builtin_mul_overflow(s->state.v[k].size, replicas_count(s), &all) ||
			    __builtin_add_overflow(sum, all, &sum))
				return UINT64_MAX / 4;
	}
	return sum < UINT64_MAX / 4 ? sum : UINT64_MAX / 4;
}

/* Journal, inodes and what is root's take a part, at most a quarter. */
static int
choose_size(const struct build *b, const char *text, uint64_t *size, struct err *e)
{
	uint64_t sum = declared(b);

	*size = 2 * sum > SIZE_PRESET ? (2 * sum + MIB - 1) / MIB * MIB : SIZE_PRESET;
	if (text && (!value_size(text, size) || *size < STATE_FS_SIZE_MIN))
		return err_set(e, 0, "--state-size must be a size from %lluM up, such as 256M or 2G, not `%s`",
			       (unsigned long long)(STATE_FS_SIZE_MIN / MIB), text);
	if (*size / 4 * 3 < sum)
		return err_set(e, 0, "the services' state may come to %llu MiB, which a disk of %llu MiB does not hold: say "
				     "--state-size %lluM",
			       (unsigned long long)((sum + MIB - 1) / MIB), (unsigned long long)(*size / MIB),
			       (unsigned long long)(2 * sum / MIB + 1));
	return 0;
}

static bool
in_use(int fd)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCKS_AT, .l_len = LOCKS_SIZE };

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* 1 where there is no such file. */
static int
check_file(const struct build *b, const struct run_options *o, struct err *e)
{
	const char *label = b->project.image.state.label;
	AUTO_FD fd = open(o->state, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct superblock s;
	struct stat st;
	uint64_t size;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "%s", o->state);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(e, 0, "%s is neither a file nor a disk", o->state);
	if (state_fs_probe(fd, label, &s) == STATE_FS_OTHER)
		return err_set(e, 0, "%s is no ext4 file system labelled %s, and nothing is written over: take another name, or "
				     "remove it",
			       o->state, label);
	if (in_use(fd))
		return err_set(e, 0, "%s is the disk of another machine that runs", o->state);
	if (o->state_size && S_ISREG(st.st_mode) && value_size(o->state_size, &size) && size != (uint64_t)st.st_size)
		return err_set(e, 0, "%s is there and has %llu MiB: --state-size is for one that is made", o->state,
			       (unsigned long long)st.st_size / MIB);
	return 0;
}

int
state_file_check(const struct build *b, const struct run_options *o, struct err *e)
{
	bool has = model_has_disk(&b->project.image.state);
	uint64_t size;

	if (!has && (o->state || o->state_size))
		return err_set(e, 0, "--%s: %s keeps no state on a disk: write `state: {}` in it", o->state ? "state" : "state-size",
			       b->project.file);
	if (!has)
		return 0;
	if (choose_size(b, o->state_size, &size, e))
		return -1;
	return o->state && check_file(b, o, e) < 0 ? -1 : 0;
}

int
state_file_needed(const struct build *b, struct err *e)
{
	const struct model_disk *d = &b->project.image.state;

	if (!model_has_disk(d) || d->absent != TBL_POLICY_REFUSE)
		return 0;
	return err_set(e, 0, "%s:%u: this image does not boot without its disk: say --state FILE, which is made where "
			     "there is none",
		       d->head.node->file, d->head.node->line);
}

/* ---- making one ---- */

static int
run_mke2fs(const char *const *argv, struct err *e)
{
	static const char *const env[] = { STATE_FS_ENV, "LC_ALL=C", NULL };
	struct process p = { .argv = argv, .env = env };
	int r = process_run(&p, e);

	if (r == 0 && p.status != 0)
		r = err_set(e, 0, "mke2fs ended with status %d: %s", p.status, p.err ? p.err : "");
	process_release(&p);
	return r;
}

/* An ordinary user's PATH has no /sbin. */
static int
make_fs(const char *label, const char *file, uint64_t size, struct err *e)
{
	const char *argv[STATE_FS_ARGS];

	state_fs_argv(argv, label, file, size, true);
	if (run_mke2fs(argv, e) == 0)
		return 0;
	if (e->code != ENOENT)
		return -1;
	argv[0] = "/sbin/mke2fs";
	if (run_mke2fs(argv, e) == 0)
		return 0;
	if (e->code != ENOENT)
		return -1;
	return err_set(e, 0, "no mke2fs on this host: install it (Debian: apt-get install e2fsprogs)");
}

/* A sparse file with the file system, under a name of its own, in *path; the caller owns the descriptor. */
static int
make_new(const struct build *b, const char *beside, uint64_t size, char **path, struct err *e)
{
	*path = arena_printf(b->project.arena, "%s.XXXXXX", beside);
	AUTO_FD fd = mkostemp(*path, O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s", *path);
	if (ftruncate(fd, (off_t)size) < 0)
		err_set(e, errno, "%s", *path);
	else if (make_fs(b->project.image.state.label, *path, size, e) == 0) {
		if (fsync(fd) == 0)
			return take_fd(&fd);
		err_set(e, errno, "%s", *path);
	}
	unlink(*path);
	return -1;
}

int
state_file_open(const struct build *b, const struct run_options *o, const char **path, struct err *e)
{
	int r = check_file(b, o, e);
	uint64_t size;
	char *made;

	*path = o->state;
	if (r <= 0)
		return r;
	if (choose_size(b, o->state_size, &size, e))
		return -1;
	AUTO_FD fd = make_new(b, o->state, size, &made, e);
	if (fd < 0)
		return err_wrap(e, "making %s", o->state);
	/* other than rename, it never takes the place of a file that came meanwhile */
	r = link(made, o->state) < 0 ? err_set(e, errno, "%s", o->state) : 0;
	unlink(made);
	if (r == 0)
		progress_note("ingot: made %s, %llu MiB, for state", o->state, (unsigned long long)(size / MIB));
	return r;
}

int
state_file_scratch(const struct build *b, const struct run_options *o, int *fd, const char **path, struct err *e)
{
	uint64_t size;
	char *made;

	*path = NULL;
	if (!model_has_disk(&b->project.image.state))
		return 0;
	if (choose_size(b, o->state_size, &size, e))
		return -1;
	*fd = make_new(b, arena_printf(b->project.arena, "%s.state", b->dir), size, &made, e);
	if (*fd < 0)
		return err_wrap(e, "a disk for the tests");
	unlink(made);
	*path = arena_printf(b->project.arena, "/proc/%d/fd/%d", (int)getpid(), *fd);
	return 0;
}
