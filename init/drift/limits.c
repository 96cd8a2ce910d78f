/* SPDX-License-Identifier: MIT
 *
 * The limits of a service's cgroup against the table, as PID 1 wrote them at its start.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ctl_files.h"
#include "drift.h"
#include "fmt.h"

#define TEXT_MAX 512

static bool
read_knob(const char *service, const char *file, char text[TEXT_MAX])
{
	char path[sizeof CTL_CGROUPS + TBL_NAME_MAX + 80];

	fmt(path, sizeof path, CTL_CGROUPS "/%s/%s", service, file);
	if (!file_text(AT_FDCWD, path, text, TEXT_MAX))
		return false;
	size_t n = strlen(text);
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return true;
}

/* A file that is not there is a limit that this kernel has not; PID 1 has refused what must not be so. */
static void
expect(const char *service, const char *file, const char *want)
{
	char now[TEXT_MAX];

	if (read_knob(service, file, now) && strcmp(now, want) != 0)
		finding("limit", service, file, want, now);
}

static void
expect_number(const char *service, const char *file, uint64_t value)
{
	char want[24];

	fmt(want, sizeof want, "%llu", (unsigned long long)value);
	expect(service, file, want);
}

/* As the kernel keeps it: whole pages. */
static void
expect_memory(const char *service, const char *file, uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = bytes / page;

	if (pages < INT64_MAX / page)
		expect_number(service, file, pages * page);
	else
		expect(service, file, "max");
}

static bool
is_listed(const struct tbl *t, const struct tbl_svc *s, const char *file)
{
	bool found = false;

	for (uint32_t i = 0; i < s->knobs.count; i++) {
		const struct tbl_knob *k = tbl_knob(t, s, i);
		found = found || (k->of == TBL_KNOB_SERVICE && strcmp(tbl_str(t, k->file), file) == 0);
	}
	return found;
}

/* Of a disk: what stands behind its number. */
static bool
has_words(const char *text, const char *words, bool device)
{
	size_t n = strlen(words);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *p = device ? text + strcspn(text, " \n") : text;
		p += device && *p == ' ';
		if (strncmp(p, words, n) == 0 && (p[n] == '\0' || p[n] == '\n' || p[n] == ' '))
			return true;
	}
	return false;
}

static void
expect_knobs(const struct tbl *t, const struct tbl_svc *s, const char *name)
{
	char now[TEXT_MAX];

	for (uint32_t i = 0; i < s->knobs.count; i++) {
		const struct tbl_knob *k = tbl_knob(t, s, i);
		const char *file = tbl_str(t, k->file), *want = tbl_str(t, k->reads);
		if (k->of == TBL_KNOB_SERVICE && (!read_knob(name, file, now) || !has_words(now, want, k->device)))
			finding("limit", name, file, want, now);
	}
}

void
drift_limits(const struct tbl *t, const struct tbl_svc *s)
{
	const char *name = tbl_str(t, s->name);
	char path[sizeof CTL_CGROUPS + TBL_NAME_MAX + 1], cpu[48] = "";

	fmt(path, sizeof path, CTL_CGROUPS "/%s", name);
	if (access(path, F_OK))
		return; /* nothing of it runs */
	expect_memory(name, "memory.max", s->memory_max);
	if (s->memory_high)
		expect_memory(name, "memory.high", s->memory_high);
	else if (!is_listed(t, s, "memory.high"))
		expect(name, "memory.high", "max");
	if (!is_listed(t, s, "memory.swap.max"))
		expect(name, "memory.swap.max", "0");
	expect(name, "memory.oom.group", "1");
	expect(name, "../cgroup.max.depth", "1"); /* no group within the service's */
	expect_number(name, "pids.max", s->pids_max);
	if (s->cpu_quota_us)
		fmt(cpu, sizeof cpu, "%u %u", s->cpu_quota_us, s->cpu_period_us);
	expect(name, "cpu.max", s->cpu_quota_us ? cpu : "max 100000");
	expect_knobs(t, s, name);
}
