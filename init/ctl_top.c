/* SPDX-License-Identifier: MIT
 *
 * ingotctl top: what each service uses, from the cgroup files. On a terminal a view that is drawn anew each second,
 * else lines, or a JSON object for each look.
 */
#include "ctl_top.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl_files.h"
#include "ctl_term.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "svc.h"

#define BETWEEN_MS 1000
#define LOOKS_MAX 1000000
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

struct look {
	struct usage v[TBL_SVC_MAX];
	uint32_t order[TBL_SVC_MAX]; /* the running ones, by what they use of the processor */
	size_t count, running;
	uint64_t at_us;
};

static struct look looks[2]; /* the present one and the one before, in turn */

static uint64_t
clock_us(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
sort(struct look *l)
{
	l->running = 0;
	for (uint32_t i = 0; i < l->count; i++) {
		if (!l->v[i].running)
			continue;
		size_t k = l->running++;
		for (; k > 0 && l->v[l->order[k - 1]].cpu_permille < l->v[i].cpu_permille; k--)
			l->order[k] = l->order[k - 1];
		l->order[k] = i;
	}
}

/* Services stand in the same order in each look: the table's. */
static int
take(struct look *l, const struct look *before, struct err *e)
{
	const struct ctl_svc *v;
	AUTO_FD cgroups = open(CTL_CGROUPS, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (ctl_services("", &v, &l->count, e))
		return -1;
	l->at_us = clock_us();
	for (size_t i = 0; i < l->count; i++) {
		usage_read(cgroups, &v[i], &l->v[i]);
		if (before && i < before->count)
			usage_rates(&l->v[i], &before->v[i], l->at_us - before->at_us);
	}
	sort(l);
	return 0;
}

/* ---- lines ---- */

static void
rate(bool known, uint64_t bytes)
{
	char text[16];

	size_text(bytes, text, sizeof text);
	out_fmt("  %*s%s", known ? 6 - (int)strlen(text) : 5, "", known ? text : "-");
}

static void
usage_line(const struct usage *u, const char *end)
{
	char memory[16], limit[16];

	size_text(u->memory, memory, sizeof memory);
	size_text(u->memory_max, limit, sizeof limit);
	out_fmt("%18.18s", u->name);
	if (u->has_rates)
		out_fmt("%4llu.%u", (unsigned long long)u->cpu_permille / 10, (unsigned)(u->cpu_permille % 10));
	else
		out_fmt("     -");
	out_fmt("  %*s%s  %*s%s%5llu", 6 - (int)strlen(memory), "", memory, u->memory_max ? 6 - (int)strlen(limit) : 5, "",
		u->memory_max ? limit : "-", (unsigned long long)u->pids);
	rate(u->has_rates && u->has_io, u->read_rate);
	rate(u->has_rates && u->has_io, u->write_rate);
	for (size_t i = 0; i < PRESSURES; i++)
		if (u->has_pressure)
			out_fmt("%5u", (u->pressure[i] + 50) / 100);
		else
			out_fmt("    -");
	out_fmt("%s\n", end);
}

static void
head_lines(const struct look *l, const char *end)
{
	char text[2048], total_text[16], used_text[16];
	uint64_t total = 0, free = 0;

	if (file_text(AT_FDCWD, "/proc/meminfo", text, sizeof text)) {
		keyed_value(text, "MemTotal", &total);
		keyed_value(text, "MemAvailable", &free);
	}
	size_text(total * 1024, total_text, sizeof total_text);
	size_text((total - free) * 1024, used_text, sizeof used_text);
	if (!file_text(AT_FDCWD, "/proc/loadavg", text, sizeof text))
		text[0] = '\0';
	for (size_t words = 0, i = 0; text[i]; i++)
		if (text[i] == ' ' && ++words == 3)
			text[i--] = '\0';
	out_fmt("%zu of %zu services run; memory %s of %s; load %s%s\n", l->running, l->count, used_text, total_text, text,
		end);
	out_fmt("%18s  CPU%%  MEMORY   LIMIT PIDS  READ/s WRITE/s   PRESSURE %%%s\n", "NAME", end);
	out_fmt("%60s    cpu  mem   io%s\n", "", end);
}

static void
print_lines(const struct look *l)
{
	head_lines(l, "");
	for (size_t i = 0; i < l->running; i++)
		usage_line(&l->v[l->order[i]], "");
}

/* From the top left, over what stands there: nothing flickers. */
static void
draw(const struct look *l)
{
	int columns, lines;

	term_size(&columns, &lines);
	size_t room = lines > 4 ? (size_t)lines - 4 : l->running;
	out_fmt("%s", HOME);
	head_lines(l, CLEAR_LINE);
	for (size_t i = 0; i < l->running && i < room; i++)
		usage_line(&l->v[l->order[i]], CLEAR_LINE);
	out_fmt("%s", CLEAR_BELOW);
}

/* ---- JSON ---- */

static void
json_number(struct json *j, const char *key, bool known, uint64_t v)
{
	json_key(j, key);
	if (known)
		json_uint(j, v);
	else
		json_null(j);
}

static void
json_usage(struct json *j, const struct usage *u)
{
	static const char *const names[PRESSURES] = { "cpu", "memory", "io" };

	json_object(j);
	json_key(j, "name");
	json_string(j, u->name);
	json_key(j, "state");
	json_string(j, svc_state_name(u->state));
	json_number(j, "cpu_permille", u->has_rates, u->cpu_permille);
	json_number(j, "cpu_us", u->running, u->cpu_us);
	json_number(j, "memory", u->running, u->memory);
	json_number(j, "memory_max", u->running && u->memory_max, u->memory_max);
	json_number(j, "pids", u->running, u->pids);
	json_number(j, "read", u->running && u->has_io, u->read);
	json_number(j, "written", u->running && u->has_io, u->written);
	json_key(j, "pressure_centipercent");
	if (u->has_pressure) {
		json_object(j);
		for (size_t i = 0; i < PRESSURES; i++)
			json_number(j, names[i], true, u->pressure[i]);
		json_object_end(j);
	} else {
		json_null(j);
	}
	json_object_end(j);
}

static void
print_json(const struct look *l)
{
	struct json j;

	json_init(&j, out_json, NULL);
	j.compact = true;
	json_object(&j);
	json_key(&j, "services");
	json_array(&j);
	for (size_t i = 0; i < l->count; i++)
		json_usage(&j, &l->v[i]);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}

/* ---- the command ---- */

static int
live(struct err *e)
{
	const struct look *before = NULL;
	int r = 0;

	out_fmt("%s%s", HOME, CLEAR_BELOW);
	for (unsigned n = 0; r == 0; n++) {
		struct look *l = &looks[n % 2];
		r = take(l, before, e);
		if (r == 0)
			draw(l);
		if (r == 0)
			r = out_flush(e);
		before = l;
		if (r == 0 && term_live_wait(BETWEEN_MS))
			break;
	}
	term_live_end();
	return r;
}

/* The first look alone tells no rates: it is not shown. */
static int
plain(unsigned times, bool as_json, struct err *e)
{
	if (take(&looks[0], NULL, e))
		return -1;
	for (unsigned n = 1; n <= times; n++) {
		struct look *l = &looks[n % 2];
		nanosleep(&(struct timespec){ .tv_sec = BETWEEN_MS / 1000 }, NULL);
		if (take(l, &looks[(n - 1) % 2], e))
			return -1;
		if (n > 1 && !as_json)
			out_fmt("\n");
		(as_json ? print_json : print_lines)(l);
		if (out_flush(e))
			return -1;
	}
	return 0;
}

static bool
times_of(const char *text, unsigned *out)
{
	*out = 0;
	for (; *text >= '0' && *text <= '9' && *out < LOOKS_MAX; text++)
		*out = *out * 10 + (unsigned)(*text - '0');
	return !*text && *out > 0;
}

int
ctl_top(int argc, char **argv)
{
	bool as_json = false;
	unsigned times = 0; /* 0: the live view, where there is a terminal */
	struct err e;
	int r;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			as_json = true;
		} else if (strcmp(argv[i], "--once") == 0) {
			times = 1;
		} else if (strcmp(argv[i], "-n") == 0) {
			if (++i == argc || !times_of(argv[i], &times))
				return ctl_usage(argv[0], "-n wants how many times", "");
		} else {
			return ctl_usage(argv[0], argv[i][0] == '-' ? "unknown option " : "too many arguments: ", argv[i]);
		}
	}
	if (!times && !as_json && term_live_begin())
		r = live(&e);
	else
		r = plain(times ? times : 1, as_json, &e);
	return r ? ctl_fail(&e) : CTL_OK;
}
