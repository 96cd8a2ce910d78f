/* SPDX-License-Identifier: MIT
 *
 * Services' lines on the machine's console: each with its service's name, control characters visible. What the console
 * does not take at once is dropped and counted; the count is told in front of the next line that fits.
 */
#include "log_console.h"

#include <stdint.h>

#include "console.h"
#include "fmt.h"
#include "visible.h"

#define LINE_BYTES 640

static uint64_t dropped;

static void
put(const char *line, size_t n, bool begins)
{
	char text[80];

	if (dropped && begins) {
		size_t size = fmt(text, sizeof text, "ingot: logger: %llu lines did not fit here\n", (unsigned long long)dropped);
		if (console_put(text, size))
			dropped = 0;
	}
	if (!console_put(line, n))
		dropped++;
}

void
log_console(const char *name, struct mirror *m, const void *data, size_t n)
{
	const uint8_t *p = data, *end = p + n;
	char line[LINE_BYTES];

	while (p < end) {
		bool begins = !m->mid_line;
		size_t len = begins ? fmt(line, sizeof line, "%s: ", name) : 0;
		m->mid_line = true;
		for (; p < end && m->mid_line && len < sizeof line - 1; p++) {
			len += visible(&m->before, *p, line + len);
			m->mid_line = *p != '\n';
		}
		put(line, len, begins);
	}
}
