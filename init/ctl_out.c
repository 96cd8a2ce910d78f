/* SPDX-License-Identifier: MIT
 *
 * Standard output of ingotctl: one buffer, and the first failure of a write is kept until somebody asks.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "fmt.h"

static char buf[4096];
static size_t used;
static int failed; /* errno of the first write that failed */

static void
drain(void)
{
	size_t done = 0;

	while (done < used && !failed) {
		ssize_t n = write(STDOUT_FILENO, buf + done, used - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			failed = errno;
	}
	used = 0;
}

void
out_bytes(const char *bytes, size_t size)
{
	while (size > 0) {
		size_t n = size < sizeof buf - used ? size : sizeof buf - used;
		memcpy(buf + used, bytes, n);
		used += n;
		bytes += n;
		size -= n;
		if (used == sizeof buf)
			drain();
	}
}

void
out_fmt(const char *f, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, f);
	size_t n = fmt_v(line, sizeof line, f, ap);
	va_end(ap);
	out_bytes(line, n);
}

int
out_flush(struct err *e)
{
	drain();
	return failed ? err_set(e, failed, "writing to standard output") : 0;
}
