/* SPDX-License-Identifier: MIT
 *
 * The list of cgroup files that the builder compiled for a service: each is written, read back and compared. A service
 * without such a list costs nothing here, nor does a controller that none of them needs.
 */
#include "knobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cgroup.h"
#include "cleanup.h"
#include "fmt.h"
#include "templates.h"

#define TEXT_MAX 512 /* of a file: a line for each disk at most */
#define LINE_MAX (TBL_KNOB_MAX + 24)

struct knob {
	const char *file;
	char value[LINE_MAX], reads[LINE_MAX];
};

/* ---- the disk ---- */

/* Of a partition: the disk that it is on, as the kernel limits whole disks only. */
static int
whole_disk(unsigned major_, unsigned minor_, char *out, size_t cap)
{
	char path[64];

	fmt(path, sizeof path, "/sys/dev/block/%u:%u/partition", major_, minor_);
	if (access(path, F_OK) != 0) {
		fmt(out, cap, "%u:%u", major_, minor_);
		return 0;
	}
	fmt(path, sizeof path, "/sys/dev/block/%u:%u/../dev", major_, minor_);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);
	if (n <= 0)
		return -1;
	out[n - (out[n - 1] == '\n')] = '\0';
	return 0;
}

/* MAJOR:MINOR of the disk; empty where /state is in memory, which no limit of IO concerns. */
static int
disk_number(const char *device, char *out, size_t cap, struct err *e)
{
	bool state = strcmp(device, TBL_KNOB_STATE) == 0;
	struct stat st;

	*out = '\0';
	if (fstatat(AT_FDCWD, state ? TEMPLATE_STATE : device, &st, 0))
		return err_set(e, errno, "%s", state ? TEMPLATE_STATE : device);
	if (state && major(st.st_dev) == 0)
		return 0;
	if (!state && !S_ISBLK(st.st_mode))
		return err_set(e, ENOTBLK, "%s", device);
	dev_t number = state ? st.st_dev : st.st_rdev;
	return whole_disk(major(number), minor(number), out, cap) ? err_set(e, errno, "the disk of %s", device) : 0;
}

/* ---- one file ---- */

/* Controllers are given from the root down; what is on already stays as it is. */
static int
switch_on(int cgroups, const char *file)
{
	char word[32];

	fmt(word, sizeof word, "+%.*s", (int)strcspn(file, "."), file);
	AUTO_FD root = open(CGROUP_ROOT "/cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
	AUTO_FD all = openat(cgroups, "cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
	return root < 0 || all < 0 || write(root, word, strlen(word)) < 0 || write(all, word, strlen(word)) < 0 ? -1 : 0;
}

static int
open_file(int cgroups, int dir, const struct tbl_knob *k, const char *file, struct err *e)
{
	int flags = (k->value ? O_RDWR : O_RDONLY) | O_CLOEXEC;
	int fd = openat(dir, file, flags);

	if (fd < 0 && errno == ENOENT && switch_on(cgroups, file) == 0)
		fd = openat(dir, file, flags);
	if (fd < 0 && (errno == ENOENT || errno == EINVAL)) {
		err_set(e, 0, "%s: missing in this kernel", file);
		e->code = ENOENT;
		return -1;
	}
	return fd < 0 ? err_set(e, errno, "%s", file) : fd;
}

/* A line that begins with these words; more may stand behind them. */
static bool
has_words(const char *text, const char *words)
{
	size_t n = strlen(words);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, words, n) == 0 && (text[n] == '\0' || text[n] == '\n' || text[n] == ' '))
			return true;
	return false;
}

static int
turn(int fd, const struct tbl_knob *k, const struct knob *x, struct err *e)
{
	char now[TEXT_MAX];

	if (k->value && write(fd, x->value, strlen(x->value)) < 0)
		return err_set(e, errno, "%s: writing %s", x->file, x->value);
	ssize_t n = pread(fd, now, sizeof now - 1, 0);
	if (n < 0)
		return err_set(e, errno, "%s: reading back", x->file);
	now[n] = '\0';
	if (has_words(now, x->reads))
		return 0;
	now[strcspn(now, "\n")] = '\0';
	err_set(e, 0, "%s: it should read %s, the kernel keeps %s", x->file, x->reads, now);
	e->code = EINVAL;
	return -1;
}

static int
set_one(int cgroups, int cgroup, const struct tbl *t, const struct tbl_knob *k, struct err *e)
{
	struct knob x = { .file = tbl_str(t, k->file) };
	char disk[24] = "";

	if (k->device && disk_number(tbl_str(t, k->device), disk, sizeof disk, e))
		return err_wrap(e, "%s", x.file);
	if (k->device && !*disk)
		return 0;
	const char *space = *disk ? " " : "";
	fmt(x.value, sizeof x.value, "%s%s%s", disk, space, tbl_str(t, k->value));
	fmt(x.reads, sizeof x.reads, "%s%s%s", disk, space, tbl_str(t, k->reads));
	AUTO_FD root = k->of == TBL_KNOB_MACHINE ? open(CGROUP_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (k->of == TBL_KNOB_MACHINE && root < 0)
		return err_set(e, errno, "%s", CGROUP_ROOT);
	int dir = k->of == TBL_KNOB_MACHINE ? root : k->of == TBL_KNOB_SERVICES ? cgroups : cgroup;
	AUTO_FD fd = open_file(cgroups, dir, k, x.file, e);
	return fd < 0 ? -1 : turn(fd, k, &x, e);
}

int
knobs_set(int cgroups, int cgroup, const struct tbl *t, const struct tbl_svc *s, struct err *e)
{
	for (uint32_t i = 0; i < s->knobs.count; i++)
		if (set_one(cgroups, cgroup, t, tbl_knob(t, s, i), e))
			return -1;
	return 0;
}
