/* SPDX-License-Identifier: MIT
 *
 * The one descriptor that PID 1 writes its lines to. It keeps nothing that was not taken: a console that is stopped,
 * slow or missing costs lines, never time.
 */
#include "console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fmt.h"

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

bool
console_put(const char *line, size_t n)
{
	return console.fd > 0 && write(console.fd, line, n) == (ssize_t)n;
}

static void
put_line(const char *f, va_list ap)
{
	char line[LINE_BYTES];
	size_t n = fmt(line, sizeof line, "ingot: ");

	n += fmt_v(line + n, sizeof line - n - 1, f, ap);
	line[n++] = '\n';
	console_put(line, n);
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
console_drain(int ms)
{
	int left = 0;

	for (; ms > 0 && console.fd > 0 && ioctl(console.fd, TIOCOUTQ, &left) == 0 && left > 0; ms -= 5)
		poll(NULL, 0, 5);
}
