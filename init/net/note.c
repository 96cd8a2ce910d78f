/* SPDX-License-Identifier: MIT
 *
 * What ingot-net says while it runs: lines on standard error, which the service's log keeps.
 */
#include <stdarg.h>
#include <unistd.h>

#include "fmt.h"
#include "net.h"

/* One write, so that lines of two programs do not mix. One that fails is lost: there is nobody to tell. */
void
note(const char *f, ...)
{
	char line[ERR_MSG_MAX + 64];
	va_list ap;

	va_start(ap, f);
	size_t n = fmt(line, sizeof line, "ingot-net: ");
	n += fmt_v(line + n, sizeof line - n - 1, f, ap);
	va_end(ap);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
