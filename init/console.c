/* SPDX-License-Identifier: MIT
 *
 * The one descriptor that PID 1 writes its lines to. It keeps nothing that was not taken: a console that is stopped,
 * slow or missing costs lines, never time.
 */
#include "console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fmt.h"
#include "visible.h"

#define LINE_BYTES 640 /* an error's text and what stands around it */

static struct {
	int fd; /* above 2; 0: none yet, -1: it could not be opened */
	bool quiet;
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
}

void
console_quiet(bool quiet)
{
	console.quiet = quiet;
}

/* What does not fit now is dropped. */
static void
put(const char *line, size_t n)
{
	if (console.fd > 0 && write(console.fd, line, n) < 0)
		return;
}

static void
put_line(const char *f, va_list ap)
{
	char line[LINE_BYTES];
	size_t n = fmt(line, sizeof line, "ingot: ");

	n += fmt_v(line + n, sizeof line - n - 1, f, ap);
	line[n++] = '\n';
	put(line, n);
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
console_mirror(const char *name, struct mirror *m, const void *data, size_t n)
{
	const uint8_t *p = data, *end = p + n;
	char line[LINE_BYTES];

	while (p < end) {
		size_t len = m->mid_line ? 0 : fmt(line, sizeof line, "%s: ", name);
		m->mid_line = true;
		for (; p < end && m->mid_line && len < sizeof line - 1; p++) {
			len += visible(&m->before, *p, line + len);
			m->mid_line = *p != '\n';
		}
		put(line, len);
	}
}

void
console_drain(int ms)
{
	int left = 0;

	for (; ms > 0 && console.fd > 0 && ioctl(console.fd, TIOCOUTQ, &left) == 0 && left > 0; ms -= 5)
		poll(NULL, 0, 5);
}
