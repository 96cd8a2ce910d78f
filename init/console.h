/* SPDX-License-Identifier: MIT
 *
 * PID 1's lines on the console, written without ever blocking: what it does not take at once is kept and tried again,
 * for some seconds and then with each further line; what is more than that is dropped and counted.
 */
#ifndef INGOT_CONSOLE_H
#define INGOT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Opens /dev/console, anew when called again; without one every line is dropped. Opens /dev/null as those of 0, 1 and 2
 * that are closed, so that nothing else of PID 1's ever stands there. */
void console_init(void);

/* Whether say is silent from here on. */
void console_quiet(bool quiet);

/* A line of what goes well, and one of what does not; both get "ingot: " and a newline. */
void say(const char *f, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *f, ...) __attribute__((format(printf, 1, 2)));

/* A line as it stands; what does not fit at once is dropped, and false. */
bool console_put(const char *line, size_t n);

/* In a child, which is a copy: what is kept is its parent's to say, and it waits for a moment for what it says. */
void console_child(void);

/* Tries once more to write what was not taken. */
void console_flush(void);

/* When that is to be tried, in milliseconds of the clock that now_ms is of, or UINT64_MAX; and doing it then. */
uint64_t console_due(uint64_t now_ms);
void console_timers(uint64_t now_ms);

/* Waits until the console has taken what was said, at most ms. */
void console_wait(int ms);

/* The same, and until it has sent that. */
void console_drain(int ms);

#endif
