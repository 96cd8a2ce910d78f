/* SPDX-License-Identifier: MIT
 *
 * The one descriptor that PID 1 writes its lines to. A terminal takes nothing while somebody else's words are on their
 * way to it (write(2) is EAGAIN then, as drivers/tty/tty_io.c has it, though poll(2) says that there is room), or while
 * it is full: a line waits for the next try then. One that is stopped or missing costs lines, never time.
 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fmt.h"

#define LINE_BYTES 640 /* an error's text and what stands around it */

#define KEPT_BYTES 4096 /* forty lines or so */
#define PAUSE_MS 10     /* between two tries, and twice as long after each that came to nothing */
#define PAUSE_MS_MAX 2000
#define TRY_MS 5     /* the same for whoever waits */
#define CHILD_MS 100 /* for a line of a child's */

static struct {
	int fd; /* above 2; 0: none yet, -1: it could not be opened */
	bool quiet;
	bool waits;        /* a child's */
	bool stopped;      /* it took nothing for long: the next try is the next line's */
	uint32_t pause_ms; /* 0: no try is planned */
	uint32_t lost;     /* lines, since the last that was kept */
	uint64_t due_ms;
	size_t n;
	char kept[KEPT_BYTES]; /* what the console has not taken yet; not touched as long as it takes all */
} console;

void
console_init(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
	if (console.fd > 0)
		close(console.fd);
	console.fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (console.n > sizeof console.kept) /* a crash was what is to be said */
		console.n = 0;
}

void
console_quiet(bool quiet)
{
	console.quiet = quiet;
}

void
console_child(void)
{
	console.n = 0;
	console.lost = 0;
	console.waits = true;
}

/* How much of it is done with. Where nobody can have it, that is all of it. */
static size_t
put(const char *p, size_t n)
{
	ssize_t done = console.fd > 0 ? write(console.fd, p, n) : (ssize_t)n;

	return done >= 0 ? (size_t)done : errno == EAGAIN || errno == EINTR ? 0 : n;
}

static void
keep(const char *p, size_t n)
{
	if (console.lost > 0 || n > sizeof console.kept - console.n) {
		console.lost++;
		return;
	}
	memcpy(console.kept + console.n, p, n);
	console.n += n;
}

void
console_flush(void)
{
	size_t done = console.n > 0 ? put(console.kept, console.n) : 0;

	console.n -= done;
	memmove(console.kept, console.kept + done, console.n);
	if (done > 0) {
		console.stopped = false;
		console.pause_ms = 0;
	}
	if (console.n == 0 && console.lost > 0) {
		uint32_t lost = console.lost;
		console.lost = 0;
		warn("%u lines did not fit here", lost);
	}
}

static void
put_line(const char *f, va_list ap)
{
	char line[LINE_BYTES];
	size_t n = fmt(line, sizeof line, "ingot: ");

	n += fmt_v(line + n, sizeof line - n - 1, f, ap);
	line[n++] = '\n';
	console_flush();
	size_t done = console.n > 0 ? 0 : put(line, n);
	if (done < n)
		keep(line + done, n - done);
	if (console.waits)
		console_wait(CHILD_MS);
}

bool
console_put(const char *line, size_t n)
{
	console_flush();
	return console.fd > 0 && console.n == 0 && write(console.fd, line, n) == (ssize_t)n;
}

uint64_t
console_due(uint64_t now_ms)
{
	if (console.n == 0 || console.stopped)
		return UINT64_MAX;
	if (console.pause_ms == 0) {
		console.pause_ms = PAUSE_MS;
		console.due_ms = now_ms + PAUSE_MS;
	}
	return console.due_ms;
}

void
console_timers(uint64_t now_ms)
{
	if (console.stopped || console.pause_ms == 0 || now_ms < console.due_ms)
		return;
	console_flush();
	if (console.n == 0)
		return;
	console.pause_ms = console.pause_ms > 0 ? console.pause_ms * 2 : PAUSE_MS;
	console.due_ms = now_ms + console.pause_ms;
	console.stopped = console.pause_ms > PAUSE_MS_MAX;
}

void
say(const char *f, ...)
{
	va_list ap;

	if (console.quiet)
		return;
	va_start(ap, f);
	put_line(f, ap);
	va_end(ap);
}

void
warn(const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	put_line(f, ap);
	va_end(ap);
}

void
console_wait(int ms)
{
	for (console_flush(); console.n > 0 && ms > 0; ms -= TRY_MS) {
		poll(NULL, 0, TRY_MS);
		console_flush();
	}
}

void
console_drain(int ms)
{
	int left;

	console_wait(ms);
	for (; ms > 0 && console.fd > 0 && ioctl(console.fd, TIOCOUTQ, &left) == 0 && left > 0; ms -= TRY_MS)
		poll(NULL, 0, TRY_MS);
}
