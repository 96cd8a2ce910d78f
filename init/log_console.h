/* SPDX-License-Identifier: MIT
 *
 * The part of ingot-log that shows output on the machine's console, which may be slow, stopped or missing.
 */
#ifndef INGOT_LOG_CONSOLE_H
#define INGOT_LOG_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/* Where the output of one stream stands on the console; all zero at its start. */
struct mirror {
	bool mid_line;
	unsigned char before; /* the last byte, see visible.h */
};

void log_console(const char *name, struct mirror *m, const void *data, size_t n);

#endif
