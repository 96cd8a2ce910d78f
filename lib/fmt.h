/* SPDX-License-Identifier: MIT
 *
 * Bounded formatting without stdio, so that PID 1 carries no printf. Understands %s %.*s %c %d %i %u %x %% with the
 * lengths l, ll and z, a zero flag and a width; anything else is copied as it stands. Other than in C, %30s is
 * left-justified, as %-30s: tables want nothing else. Numbers are right-justified.
 */
#ifndef INGOT_FMT_H
#define INGOT_FMT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most cap bytes with the closing NUL (cap > 0) and returns the length written, never more than cap - 1. */
size_t fmt_v(char *buf, size_t cap, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
size_t fmt(char *buf, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
