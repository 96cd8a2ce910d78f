/* SPDX-License-Identifier: MIT
 *
 * ingotctl logs: what is kept of a service's output, chosen by time, stream and count. Into a file or a pipe lines go
 * as they are; on a terminal control characters are made visible.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_port.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "logread.h"
#include "visible.h"

#define LOG_PROGRAM "/ingot/log"
#define PATIENCE_MS 2000

struct view {
	const char *asked;    /* what stands on the command line */
	const char *name;     /* of the service */
	uint32_t flags;       /* of the request */
	bool terminal, as_json, counting;
	unsigned char before[LOG_STREAMS]; /* the last byte shown */
	uint32_t streams;     /* a bit each */
	int64_t since_ms;     /* by the wall clock; INT64_MIN: all */
	uint64_t last;        /* as many lines as are asked for; UINT64_MAX: all */
	uint64_t count, skip; /* lines that would be shown, and how many of them are not */
	const char *boot;     /* as it was asked for: "0" is this one */
	bool begun;           /* something was read */
	uint64_t pos;         /* where in the ring it goes on behind what the disk has */
	struct logread read;
};

static void
line_plain(struct view *v, const struct log_line *l)
{
	char shown[2];

	for (size_t i = 0; v->terminal && i < l->size; i++)
		out_bytes(shown, visible(&v->before[l->stream], (unsigned char)l->text[i], shown));
	if (!v->terminal)
		out_bytes(l->text, l->size);
	if (l->whole)
		out_bytes("\n", 1);
}

static void
line_json(const struct view *v, const struct log_line *l)
{
	struct json j;

	json_init(&j, out_json, NULL);
	j.compact = true;
	json_object(&j);
	json_key(&j, "wall_ms");
	json_int(&j, l->wall_ms);
	json_key(&j, "ms");
	json_uint(&j, l->boot_ms);
	json_key(&j, "name");
	json_string(&j, v->name);
	json_key(&j, "stream");
	json_string(&j, l->stream == LOG_ERR ? "err" : "out");
	json_key(&j, "text");
	json_string_n(&j, l->text, l->size);
	json_key(&j, "whole");
	json_bool(&j, l->whole);
	json_object_end(&j);
	json_end(&j);
}

static void
line(void *ctx, const struct log_line *l)
{
	struct view *v = ctx;

	if (!(v->streams >> l->stream & 1) || l->wall_ms < v->since_ms || v->count++ < v->skip || v->counting)
		return;
	if (v->as_json)
		line_json(v, l);
	else
		line_plain(v, l);
}

static int
say_lost(const struct view *v, uint64_t lost, struct err *e)
{
	char text[80];

	if (v->counting)
		return 0;
	if (out_flush(e))
		return -1;
	size_t n = fmt(text, sizeof text, "ingotctl: %llu bytes that stood here are lost\n", (unsigned long long)lost);
	(void)!write(STDERR_FILENO, text, n);
	return 0;
}

static int
show(void *ctx, struct ctl_packet *p, struct err *e)
{
	struct view *v = ctx;
	uint64_t lost = 0;

	bool oldest = !v->begun;
	v->begun = true;
	if (p->reply.kind == CTL_R_LOST && oldest)
		return 0; /* that there was more before the oldest that is kept surprises nobody */
	if (p->reply.kind == CTL_R_LOST) {
		memcpy(&lost, p->u.data, p->reply.size < sizeof lost ? p->reply.size : sizeof lost);
		logread_lost(&v->read);
		return say_lost(v, lost, e);
	}
	if (p->reply.kind == CTL_R_DATA)
		logread_feed(&v->read, p->u.data, p->reply.size);
	return out_flush(e);
}

/* ---- what the disk has ---- */

static void
note(void *ctx, uint32_t kind, uint64_t number)
{
	struct view *v = ctx;
	struct err ignored; /* the next flush fails too, and is heard */

	if (kind == LOG_NOTE_LOST)
		say_lost(v, number, &ignored);
	else
		v->pos = number;
	v->begun = true;
}

static int
feed(struct view *v, int from, struct err *e)
{
	static char data[65536];
	ssize_t n;

	while ((n = read(from, data, sizeof data)) > 0) {
		logread_feed(&v->read, data, (size_t)n);
		if (out_flush(e))
			return -1;
	}
	return 0;
}

/* ingot-log reads its own files: this program need not unpack. Without a disk it says nothing. */
static int
read_disk(struct view *v, struct err *e)
{
	char *argv[] = { "ingot-log", "read", (char *)v->name, (char *)v->boot, NULL };
	static char *const none[] = { NULL };
	int pair[2], status = 0;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_set(e, errno, "reading the disk");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pair[1], STDOUT_FILENO);
		execve(LOG_PROGRAM, argv, none);
		_exit(127);
	}
	close(pair[1]);
	int ret = pid < 0 ? err_set(e, errno, "reading the disk") : feed(v, pair[0], e);
	close(pair[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (ret == 0 && status != 0 && strcmp(v->boot, "0") != 0)
		return err_set(e, 0, "logs of %s: the disk has nothing of boot %s", v->name, v->boot);
	return ret;
}

/* PID 1 ends what is not followed once all that was written is told; where ingot-log hangs that is never so. */
static int
ask_init(struct view *v, uint32_t flags, struct err *e)
{
	ctl_patience(flags & CTL_F_FOLLOW ? -1 : PATIENCE_MS);
	if (ctl_call_since(CTL_LOGS, flags, v->name, v->pos, show, v, e) == 0)
		return 0;
	if (e->code != ETIMEDOUT)
		return -1;
	static const char text[] = "ingotctl: what it wrote last is not here: ingot-log does not read it\n";
	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	return 0;
}

static int
read_all(struct view *v, uint32_t flags, struct err *e)
{
	bool present = strcmp(v->boot, "0") == 0;

	v->count = 0;
	v->pos = 0;
	v->begun = false;
	logread_init(&v->read, line, v);
	v->read.note = note;
	if (!ctl_is_far() && read_disk(v, e))
		return -1;
	if (present && ask_init(v, flags, e))
		return -1;
	logread_end(&v->read);
	return out_flush(e);
}

/* With a count all is read twice: nothing has to be kept, however long the lines are. */
static int
run(struct view *v, uint32_t flags, struct err *e)
{
	if (v->last != UINT64_MAX) {
		v->counting = true;
		if (read_all(v, 0, e))
			return -1;
		v->counting = false;
		v->skip = v->count > v->last ? v->count - v->last : 0;
	}
	return read_all(v, flags, e);
}

/* Of several instances, one after the other below its name. */
static int
logs_of(void *ctx, const char *name, struct err *e)
{
	struct view *v = ctx;
	bool several = strcmp(name, v->asked) != 0;

	if (several && v->flags & CTL_F_FOLLOW)
		return err_set(e, 0, "%s has several instances: -f follows one, such as %s", v->asked, name);
	if (several && !v->as_json)
		out_fmt("==> %s <==\n", name);
	v->name = name;
	memset(v->before, 0, sizeof v->before);
	return run(v, v->flags, e);
}

static bool
number(const char **text, uint64_t *out)
{
	const char *p = *text;

	for (*out = 0; *p >= '0' && *p <= '9' && p - *text < 15; p++)
		*out = *out * 10 + (uint64_t)(*p - '0');
	bool some = p > *text;
	*text = p;
	return some;
}

/* A time ago, as 10m or -10m, or @SECONDS since 1970. */
static bool
parse_since(const char *text, int64_t *out)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };
	bool absolute = *text == '@';
	struct timespec now = { 0 };
	uint64_t n;

	text += absolute || *text == '-';
	if (!number(&text, &n) || n > 100000000000)
		return false;
	if (absolute) {
		*out = (int64_t)n * 1000;
		return !*text;
	}
	const char *unit = *text ? strchr(units, *text) : units;
	if (!unit || (*text && text[1]))
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	*out = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - (int64_t)n * seconds[unit - units] * 1000;
	return true;
}

static bool
parse_stream(const char *text, uint32_t *out)
{
	*out = strcmp(text, "out") == 0 ? 1u << LOG_OUT : strcmp(text, "err") == 0 ? 1u << LOG_ERR : 0;
	return *out != 0;
}

static bool
parse_count(const char *text, uint64_t *out)
{
	return number(&text, out) && !*text;
}

/* Each boot has one name: no zero stands in front. */
static bool
boot_ok(const char *text)
{
	const char *digits = text + (*text == '-');
	size_t n = strlen(digits);

	return strcmp(text, "0") == 0 || (*digits != '0' && n > 0 && n <= 8 && strspn(digits, "0123456789") == n);
}

int
ctl_logs(int argc, char **argv)
{
	static struct view v;
	uint32_t flags = 0;
	struct err e;

	v = (struct view){ .name = "", .terminal = isatty(STDOUT_FILENO), .streams = 3, .since_ms = INT64_MIN,
			   .last = UINT64_MAX, .boot = "0" };
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0) {
			flags |= CTL_F_FOLLOW;
		} else if (strcmp(argv[i], "--json") == 0) {
			v.as_json = true;
		} else if (strcmp(argv[i], "-n") == 0) {
			if (!parse_count(value, &v.last))
				return ctl_usage(argv[0], "-n wants a number of lines", "");
			i++;
		} else if (strcmp(argv[i], "--since") == 0) {
			if (!parse_since(value, &v.since_ms))
				return ctl_usage(argv[0], "--since wants a time ago, as 10m, or @SECONDS since 1970", "");
			i++;
		} else if (strcmp(argv[i], "--stream") == 0) {
			if (!parse_stream(value, &v.streams))
				return ctl_usage(argv[0], "--stream wants out or err", "");
			i++;
		} else if (strcmp(argv[i], "--boot") == 0) {
			if (!boot_ok(value))
				return ctl_usage(argv[0], "--boot wants 0 for this one, -1 for the one before, or its number", "");
			v.boot = value;
			i++;
		} else if (argv[i][0] == '-') {
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		} else if (*v.name) {
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		} else {
			v.name = argv[i];
		}
	}
	if (!*v.name)
		return ctl_usage(argv[0], "which service?", "");
	if (strcmp(v.boot, "0") != 0 && (flags & CTL_F_FOLLOW))
		return ctl_usage(argv[0], "only this boot can be followed", "");
	if (strcmp(v.boot, "0") != 0 && ctl_is_far())
		return ctl_usage(argv[0], "--boot works inside the machine only: `ingot run --shell` gives a shell there", "");
	v.asked = v.name;
	v.flags = flags;
	return ctl_each(v.asked, logs_of, &v, &e) ? ctl_fail(&e) : CTL_OK;
}
