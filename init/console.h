/* SPDX-License-Identifier: MIT
 *
 * PID 1's lines on the console: written without ever blocking, dropped where the console does not take them.
 */
#ifndef INGOT_CONSOLE_H
#define INGOT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* Opens /dev/console; without one every line is dropped. Makes sure that 0, 1 and 2 are open on something harmless. */
void console_init(void);

/* From here on only warnings. */
void console_quiet(bool quiet);

/* A line of what goes well, and one of what does not; both get "ingot: " and a newline. */
void say(const char *f, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *f, ...) __attribute__((format(printf, 1, 2)));

/* A service's output: each line gets "NAME: ", control characters become '?'. */
void console_mirror(const char *name, bool *mid_line, const void *data, size_t n);

/* Waits until the console has sent what it was given, at most ms. */
void console_drain(int ms);

#endif
