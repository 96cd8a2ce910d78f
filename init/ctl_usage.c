/* SPDX-License-Identifier: MIT
 *
 * Reads the figures of a service's cgroup. It prints nothing and keeps nothing.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl_files.h"
#include "ctl_top.h"

static bool
number_file(int dir, const char *file, uint64_t *out)
{
	char text[32];
	uint64_t v = 0;

	if (!file_text(dir, file, text, sizeof text) || text[0] < '0' || text[0] > '9')
		return false;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*out = v;
	return true;
}

/* "some avg10=1.25 avg60=..." gives 125. */
static bool
pressure_file(int dir, const char *file, uint32_t *out)
{
	char text[256];

	if (!file_text(dir, file, text, sizeof text))
		return false;
	const char *at = strstr(text, "avg10=");
	if (!at)
		return false;
	*out = 0;
	for (at += strlen("avg10="); (*at >= '0' && *at <= '9') || *at == '.'; at++)
		if (*at != '.')
			*out = *out * 10 + (uint32_t)(*at - '0');
	return true;
}

void
usage_read(int cgroups, const struct ctl_svc *s, struct usage *out)
{
	static const char *const pressures[PRESSURES] = { "cpu.pressure", "memory.pressure", "io.pressure" };
	char text[4096];

	*out = (struct usage){ .state = s->state };
	memcpy(out->name, s->name, sizeof out->name);
	AUTO_FD dir = openat(cgroups, s->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !file_text(dir, "cpu.stat", text, sizeof text) || !keyed_value(text, "usage_usec", &out->cpu_us))
		return;
	out->running = number_file(dir, "memory.current", &out->memory) && number_file(dir, "pids.current", &out->pids) &&
		       out->pids > 0; /* the next run may have the group again */
	number_file(dir, "memory.max", &out->memory_max);
	out->has_io = file_text(dir, "io.stat", text, sizeof text);
	if (out->has_io) {
		out->read = summed_value(text, "rbytes");
		out->written = summed_value(text, "wbytes");
	}
	out->has_pressure = true;
	for (size_t i = 0; i < PRESSURES; i++)
		out->has_pressure = pressure_file(dir, pressures[i], &out->pressure[i]) && out->has_pressure;
}

/* A service that was started anew may have a new cgroup, which counts from zero. */
static uint64_t
grown(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

void
usage_rates(struct usage *now, const struct usage *before, uint64_t us)
{
	if (us == 0 || !now->running)
		return;
	now->has_rates = true;
	now->cpu_permille = grown(now->cpu_us, before->cpu_us) * 1000 / us;
	now->read_rate = grown(now->read, before->read) * 1000000 / us;
	now->write_rate = grown(now->written, before->written) * 1000000 / us;
}
