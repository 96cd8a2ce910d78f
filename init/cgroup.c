/* SPDX-License-Identifier: MIT
 *
 * Making cgroups, writing limits and reading them back, killing a group, counting its deaths by memory. It moves no
 * process: the launcher clones straight into the group.
 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "setting.h"
#include "spawn.h"

#define KNOB_MAX 64

/* Reads what one read gives, without the newline at the end. Returns the length, or -1 with errno. */
static ssize_t
read_text(int fd, char *buf, size_t cap)
{
	ssize_t n = pread(fd, buf, cap - 1, 0);

	if (n < 0)
		return -1;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

/* Writes value to the file and reads back: the kernel must say `expect`. With `optional` a file that is not there is
 * fine, for a feature that is not built in has no limit to keep. */
static int
knob(int dir, const char *file, const char *value, const char *expect, bool optional, struct err *e)
{
	char now[KNOB_MAX];
	AUTO_FD fd = openat(dir, file, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return optional && errno == ENOENT ? 0 : err_set(e, errno, "%s", file);
	if (write(fd, value, strlen(value)) < 0)
		return err_set(e, errno, "%s: writing %s", file, value);
	if (read_text(fd, now, sizeof now) < 0)
		return err_set(e, errno, "%s: reading back", file);
	if (strcmp(now, expect) != 0) {
		err_set(e, 0, "%s: wrote %s, the kernel keeps %s", file, value, now);
		e->code = EINVAL;
		return -1;
	}
	return 0;
}

int
cgroup_init(int *fd, struct err *e)
{
	static const char *const controllers[] = { "+memory", "+pids", "+cpu" };

	if (mkdir(CGROUP_SVC, 0755) && errno != EEXIST)
		return err_set(e, errno, "%s", CGROUP_SVC);
	AUTO_FD dir = open(CGROUP_SVC, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "%s", CGROUP_SVC);
	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
		if (setting_write(AT_FDCWD, CGROUP_ROOT "/cgroup.subtree_control", controllers[i]) ||
		    setting_write(dir, "cgroup.subtree_control", controllers[i]))
			return err_set(e, errno, "%s: the controller %s %s", CGROUP_SVC, controllers[i] + 1,
				       errno == EINVAL ? "is missing in this kernel" : "cannot be given to services");
	if (knob(dir, "cgroup.max.depth", "1", "1", false, e))
		return err_wrap(e, "%s", CGROUP_SVC);
	*fd = take_fd(&dir);
	return 0;
}

void
cgroup_late(int cgroups)
{
	if (setting_write(AT_FDCWD, CGROUP_ROOT "/cgroup.subtree_control", "+io") == 0)
		setting_write(cgroups, "cgroup.subtree_control", "+io");
}

static int
open_folder(int cgroups, const char *name)
{
	return openat(cgroups, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
cgroup_make(int cgroups, const char *name, bool again, int *fd, struct err *e)
{
	if (again && (*fd = open_folder(cgroups, name)) >= 0)
		return 0;
	if (mkdirat(cgroups, name, 0755))
		return err_set(e, errno, "%s/%s", CGROUP_SVC, name);
	*fd = open_folder(cgroups, name);
	return *fd < 0 ? err_set(e, errno, "%s/%s", CGROUP_SVC, name) : 0;
}

/* The kernel keeps whole pages, and calls "max" what is beyond its counter. */
static int
memory_knob(int cgroup, const char *file, uint64_t bytes, struct err *e)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = bytes / page;
	char value[KNOB_MAX], expect[KNOB_MAX] = "max";

	fmt(value, sizeof value, "%llu", (unsigned long long)bytes);
	if (pages < INT64_MAX / page)
		fmt(expect, sizeof expect, "%llu", (unsigned long long)(pages * page));
	return knob(cgroup, file, value, expect, false, e);
}

int
cgroup_limit(int cgroup, const struct tbl_svc *s, struct err *e)
{
	char value[KNOB_MAX];

	if (memory_knob(cgroup, "memory.max", s->memory_max, e) ||
	    (s->memory_high && memory_knob(cgroup, "memory.high", s->memory_high, e)) ||
	    knob(cgroup, "memory.swap.max", "0", "0", true, e) || /* absent without swap in the kernel */
	    knob(cgroup, "memory.oom.group", "1", "1", false, e))
		return -1;
	fmt(value, sizeof value, "%u", s->pids_max);
	if (knob(cgroup, "pids.max", value, value, false, e))
		return -1;
	if (s->cpu_quota_us == 0) /* a fresh group has none, and one with it is not kept */
		return 0;
	fmt(value, sizeof value, "%u %u", s->cpu_quota_us, s->cpu_period_us);
	return knob(cgroup, "cpu.max", value, value, false, e);
}

int
spawn_kill(const struct launcher *l, const char *name)
{
	char path[TBL_NAME_MAX + 16];

	fmt(path, sizeof path, "%s/cgroup.kill", name);
	return setting_write(l->cgroups, path, "1");
}

/* The number behind "key " at the start of a line, or -1. */
static long
keyed_number(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, key, n) != 0 || line[n] != ' ')
			continue;
		long value = 0;
		for (const char *p = line + n + 1; *p >= '0' && *p <= '9' && value < INT64_MAX / 16; p++)
			value = value * 10 + (*p - '0');
		return value;
	}
	return -1;
}

static int
open_group(const struct launcher *l, const char *name, const char *file, int flags)
{
	char path[TBL_NAME_MAX + 16];

	fmt(path, sizeof path, "%s/%s", name, file);
	return openat(l->cgroups, path, flags | O_CLOEXEC);
}

static ssize_t
read_group(const struct launcher *l, const char *name, const char *file, char text[512])
{
	AUTO_FD fd = open_group(l, name, file, O_RDONLY);

	return fd < 0 ? -1 : read_text(fd, text, 512);
}

long
spawn_oom_kills(const struct launcher *l, const char *name)
{
	char text[512];

	if (read_group(l, name, "memory.events", text) < 0)
		return -1;
	long kills = keyed_number(text, "oom_group_kill"); /* since 5.17 */
	return kills >= 0 ? kills : keyed_number(text, "oom_kill");
}

int
spawn_memory_events(const struct launcher *l, const char *name)
{
	return open_group(l, name, "memory.events", O_RDONLY);
}

long
spawn_high(int events)
{
	char text[512];

	return read_text(events, text, sizeof text) < 0 ? -1 : keyed_number(text, "high");
}

/* Of a file that holds nothing else, or -1; through a descriptor of it if that is not -1. */
static long
plain_number(const struct launcher *l, const char *name, const char *file, int fd)
{
	char text[514] = "x ";
	ssize_t n = fd < 0 ? read_group(l, name, file, text + 2) : read_text(fd, text + 2, 512);

	return n < 0 ? -1 : keyed_number(text, "x");
}

long
spawn_memory(const struct launcher *l, const char *name)
{
	return plain_number(l, name, "memory.current", -1);
}

bool
spawn_empty(const struct launcher *l, const char *name)
{
	char text[512];

	return read_group(l, name, "cgroup.events", text) >= 0 && keyed_number(text, "populated") == 0 &&
	       keyed_number(text, "frozen") <= 0;
}

int
spawn_peak(const struct launcher *l, const char *name)
{
	AUTO_FD fd = open_group(l, name, "memory.peak", O_RDWR);

	return fd < 0 || write(fd, "0", 1) != 1 ? -1 : take_fd(&fd);
}

void
spawn_usage(const struct launcher *l, const char *name, int peak, uint64_t *memory_peak, uint64_t *cpu_us)
{
	char text[512];
	long n = plain_number(l, name, "memory.peak", peak); /* since 5.19 */

	if (n > 0)
		*memory_peak = (uint64_t)n;
	if (read_group(l, name, "cpu.stat", text) > 0 && (n = keyed_number(text, "usage_usec")) >= 0)
		*cpu_us = (uint64_t)n;
}
