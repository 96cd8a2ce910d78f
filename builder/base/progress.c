/* SPDX-License-Identifier: MIT
 *
 * What a person sees while long work goes on. It writes to standard error alone, redraws at most ten times a
 * second, and leaves a terminal as it found it; its numbers never reach an output file.
 */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "json_out.h"

#define REDRAW_MS 100
#define JSON_MS   500
#define BAR_MAX   30
#define WIDTH_MAX 256

static struct {
	enum progress_mode mode;
	bool active;
	bool terminal; /* decided at each begin: standard error may have been redirected meanwhile */
	bool drawn;
	enum progress_unit unit;
	uint64_t total, done;
	int64_t begun, drawn_at; /* ms on the monotonic clock */
	char what[80], detail[48];
} bar;

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
on_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && term[0] && strcmp(term, "dumb") != 0;
}

static int
columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || w.ws_col < 20)
		return 80;
	return w.ws_col < WIDTH_MAX ? w.ws_col : WIDTH_MAX - 1;
}

static void
put_amount(char *buf, size_t cap, uint64_t n)
{
	if (bar.unit == PROGRESS_ITEMS)
		snprintf(buf, cap, "%llu", (unsigned long long)n);
	else if (n < 10000)
		snprintf(buf, cap, "%llu B", (unsigned long long)n);
	else if (n < 1000000)
		snprintf(buf, cap, "%llu kB", (unsigned long long)(n / 1000));
	else if (n < 1000000000)
		snprintf(buf, cap, "%.1f MB", (double)n / 1e6);
	else
		snprintf(buf, cap, "%.2f GB", (double)n / 1e9);
}

/* "12.3 MB/s  0:04 left", or as much of it as is known. */
static void
put_rate(char *buf, size_t cap)
{
	int64_t ms = now_ms() - bar.begun;
	char rate[24];
	int n;

	buf[0] = '\0';
	if (ms < 500 || !bar.done)
		return;
	uint64_t per_second = (uint64_t)((double)bar.done * 1000 / (double)ms);
	put_amount(rate, sizeof rate, per_second);
	n = snprintf(buf, cap, "  %s/s", rate);
	if (per_second && bar.total > bar.done && n > 0 && (size_t)n < cap) {
		uint64_t left = (bar.total - bar.done) / per_second;
		snprintf(buf + n, cap - (size_t)n, "  %llu:%02u left", (unsigned long long)(left / 60),
			 (unsigned)(left % 60));
	}
}

static void
put_bar(char *buf, int width)
{
	int full = (int)((double)width * (double)bar.done / (double)bar.total);

	for (int i = 0; i < width; i++)
		buf[i] = i < full ? '=' : i == full ? '>' : ' ';
	buf[width] = '\0';
}

static void
draw(void)
{
	char done[24], total[24] = "", rate[64], text[WIDTH_MAX], graph[BAR_MAX + 1];
	int cols = columns(), n;

	put_amount(done, sizeof done, bar.done);
	put_rate(rate, sizeof rate);
	if (!bar.total) {
		n = snprintf(text, sizeof text, "%s%s  %s%s", bar.what, bar.detail, done, rate);
		fprintf(stderr, "\r%.*s\033[K", cols - 1, n > 0 ? text : "");
	} else {
		put_amount(total, sizeof total, bar.total);
		n = snprintf(text, sizeof text, "%3u%%  %s of %s%s",
			     (unsigned)((double)bar.done * 100 / (double)bar.total), done, total, rate);
		int room = cols - 1 - n - (int)strlen(bar.what) - (int)strlen(bar.detail) - 5;
		int width = room < 0 ? 0 : room > BAR_MAX ? BAR_MAX : room;
		char line[2 * WIDTH_MAX];
		put_bar(graph, width);
		snprintf(line, sizeof line, "%s%s [%s] %s", bar.what, bar.detail, graph, text);
		fprintf(stderr, "\r%.*s\033[K", cols - 1, line);
	}
	fflush(stderr);
	bar.drawn = true;
	bar.drawn_at = now_ms();
}

static void
erase(void)
{
	if (bar.drawn)
		fputs("\r\033[K", stderr);
	bar.drawn = false;
}

void
progress_mode(enum progress_mode mode)
{
	bar.mode = mode;
}

/* {"progress": "compressing", "done": 1000, "total": 14700000, "unit": "bytes", "ended": false} */
static void
say_json(bool ended)
{
	struct json j;

	json_to_file(&j, stderr);
	j.compact = true;
	json_object(&j);
	json_text(&j, "progress", bar.what);
	json_number(&j, "done", bar.done);
	json_number(&j, "total", bar.total); /* 0: not known */
	json_text(&j, "unit", bar.unit == PROGRESS_BYTES ? "bytes" : "items");
	json_flag(&j, "ended", ended);
	json_object_end(&j);
	json_end(&j);
	bar.drawn_at = now_ms();
}

void
progress_begin(const char *what, uint64_t total, enum progress_unit unit)
{
	char amount[24];

	bar.active = true;
	bar.terminal = on_terminal();
	bar.drawn = false;
	bar.unit = unit;
	bar.total = total;
	bar.done = 0;
	bar.begun = now_ms();
	bar.drawn_at = 0;
	bar.detail[0] = '\0';
	snprintf(bar.what, sizeof bar.what, "%s", what);
	if (bar.mode == PROGRESS_JSON)
		say_json(false);
	if (bar.mode != PROGRESS_SHOWN)
		return;
	if (bar.terminal) {
		draw();
		return;
	}
	put_amount(amount, sizeof amount, total);
	fprintf(stderr, total && unit == PROGRESS_BYTES ? "%s (%s) ...\n" : "%s ...\n", what, amount);
}

void
progress_detail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bar.detail[0] = ' ';
	vsnprintf(bar.detail + 1, sizeof bar.detail - 1, fmt, ap);
	va_end(ap);
}

void
progress_update(uint64_t done)
{
	bar.done = bar.total && done > bar.total ? bar.total : done;
	if (!bar.active || bar.mode == PROGRESS_QUIET)
		return;
	if (bar.mode == PROGRESS_JSON && now_ms() - bar.drawn_at >= JSON_MS)
		say_json(false);
	if (bar.mode == PROGRESS_SHOWN && bar.terminal && now_ms() - bar.drawn_at >= REDRAW_MS)
		draw();
}

void
progress_cancel(void)
{
	erase();
	bar.active = false;
}

void
progress_end(void)
{
	char amount[24];
	double seconds = (double)(now_ms() - bar.begun) / 1000;

	if (!bar.active)
		return;
	bar.active = false;
	if (bar.mode == PROGRESS_JSON)
		say_json(true);
	if (bar.mode != PROGRESS_SHOWN)
		return;
	erase();
	put_amount(amount, sizeof amount, bar.done);
	if (bar.done)
		fprintf(stderr, "%s: %s in %.1f s\n", bar.what, amount, seconds);
	else
		fprintf(stderr, "%s: %.1f s\n", bar.what, seconds);
}

static void
note_json(const char *text)
{
	struct json j;

	json_to_file(&j, stderr);
	j.compact = true;
	json_object(&j);
	json_text(&j, "note", text);
	json_object_end(&j);
	json_end(&j);
}

void
progress_note(const char *fmt, ...)
{
	char *text;
	va_list ap;

	if (bar.mode == PROGRESS_QUIET)
		return;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	bool again = bar.active && bar.drawn;
	erase();
	if (bar.mode == PROGRESS_JSON)
		note_json(text);
	else
		fprintf(stderr, "%s\n", text);
	free(text);
	if (again)
		draw();
}
