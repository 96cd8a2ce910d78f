/* SPDX-License-Identifier: MIT
 *
 * ingotctl timing: when each service was launched and ready, as bars on one scale from PID 1's start. Services make the
 * scale: a job that first runs an hour later is cut off at its end.
 */
#include <string.h>

#include "ctl.h"
#include "ctl_term.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"

#define NAME_MIN 7
#define NAME_MAX_WIDTH 20
#define NUMBERS 20 /* what the two numbers and the spaces around them take */
#define BAR_MIN 10
#define BAR_MAX 200

static const struct ctl_svc *services;
static size_t count;

/* Since PID 1's start. */
static uint64_t
since_boot(const struct ctl_svc *s, uint64_t ms)
{
	return ms > s->boot_ms ? ms - s->boot_ms : 0;
}

/* Where the scale ends: the last thing that became of a service. */
static uint64_t
scale(void)
{
	uint64_t end = 1;

	for (size_t i = 0; i < count; i++) {
		const struct ctl_svc *s = &services[i];
		uint64_t at = since_boot(s, s->ready_ms ? s->ready_ms : s->launch_ms);
		if (s->kind == TBL_SERVICE && at > end)
			end = at;
	}
	return end;
}

static size_t
place(uint64_t ms, uint64_t end, size_t width)
{
	return ms >= end ? width : (size_t)(ms * width / end);
}

/* Spaces, then = from the launch to readiness, or - to the end where it is not ready; never less than one mark. */
static void
bar(const struct ctl_svc *s, uint64_t end, size_t width)
{
	char line[BAR_MAX + 1];
	size_t from = place(since_boot(s, s->launch_ms), end, width);
	size_t to = s->ready_ms ? place(since_boot(s, s->ready_ms), end, width) : width;

	if (from >= width)
		from = width - 1;
	if (to <= from)
		to = from + 1;
	memset(line, ' ', from);
	memset(line + from, s->ready_ms ? '=' : '-', to - from);
	line[to] = '\0';
	out_fmt("  %s", line);
}

static void
number(bool known, uint64_t ms)
{
	if (known)
		out_fmt("%8llu", (unsigned long long)ms);
	else
		out_fmt("       -");
}

static void
summary(uint64_t end)
{
	uint64_t boot = count ? services[0].boot_ms : 0;
	size_t late = 0;

	for (size_t i = 0; i < count; i++)
		late += services[i].kind == TBL_SERVICE && !services[i].ready_ms;
	out_fmt("\nIn milliseconds since PID 1 began, which was %llu ms after the kernel.\n", (unsigned long long)boot);
	if (late)
		out_fmt("%zu of the services have not been ready yet.\n", late);
	else
		out_fmt("The last service was ready %llu ms after PID 1 began, %llu ms after the kernel.\n",
			(unsigned long long)end, (unsigned long long)(end + boot));
}

static void
print_chart(void)
{
	int columns, lines, name = NAME_MIN;
	uint64_t end = scale();

	term_size(&columns, &lines);
	for (size_t i = 0; i < count; i++)
		if ((int)strlen(services[i].name) > name)
			name = (int)strlen(services[i].name);
	if (name > NAME_MAX_WIDTH)
		name = NAME_MAX_WIDTH;
	int width = columns - name - NUMBERS;
	if (width < BAR_MIN)
		width = BAR_MIN;
	if (width > BAR_MAX)
		width = BAR_MAX;
	out_fmt("%*s  LAUNCHED   READY\n", name, "NAME");
	for (size_t i = 0; i < count; i++) {
		const struct ctl_svc *s = &services[i];
		out_fmt("%*.*s  ", name, name, s->name);
		number(s->launch_ms != 0, since_boot(s, s->launch_ms));
		number(s->ready_ms != 0, since_boot(s, s->ready_ms));
		if (s->launch_ms)
			bar(s, end, (size_t)width);
		out_fmt("\n");
	}
	summary(end);
}

static void
json_time(struct json *j, const char *key, bool known, uint64_t ms)
{
	json_key(j, key);
	if (known)
		json_uint(j, ms);
	else
		json_null(j);
}

static void
print_json(void)
{
	struct json j;

	json_init(&j, out_json, NULL);
	json_object(&j);
	json_key(&j, "boot_ms");
	json_uint(&j, count ? services[0].boot_ms : 0);
	json_key(&j, "services");
	json_array(&j);
	for (size_t i = 0; i < count; i++) {
		const struct ctl_svc *s = &services[i];
		json_object(&j);
		json_key(&j, "name");
		json_string(&j, s->name);
		json_key(&j, "kind");
		json_string(&j, s->kind == TBL_JOB ? "job" : "service");
		json_time(&j, "launched_ms", s->launch_ms != 0, since_boot(s, s->launch_ms));
		json_time(&j, "ready_ms", s->ready_ms != 0, since_boot(s, s->ready_ms));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}

int
ctl_timing(int argc, char **argv)
{
	bool as_json = false;
	struct err e;

	if (ctl_arguments(argc, argv, NULL, &as_json))
		return CTL_USAGE;
	if (ctl_services("", &services, &count, &e))
		return ctl_fail(&e);
	if (as_json)
		print_json();
	else
		print_chart();
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
