/* SPDX-License-Identifier: MIT
 *
 * The notations of single values: sizes, times, percentages, octal modes, addresses, names, paths.
 */
#ifndef INGOT_VALUE_H
#define INGOT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Each is false, and *out untouched, where the text is not of the notation or does not fit. */
bool value_int(const char *text, uint64_t *out);
bool value_size(const char *text, uint64_t *out);    /* bytes */
bool value_time(const char *text, uint64_t *out);    /* milliseconds, at most 2^32 - 1 */
bool value_percent(const char *text, uint64_t *out);
bool value_tenths(const char *text, uint64_t *out);  /* 4 for 0.4 */
bool value_octal(const char *text, uint64_t *out);
bool value_ipv4(const char *text, uint64_t *out);
bool value_bool(const char *text, int *out);         /* true or false alone */
bool value_is_name(const char *text);
/* A name, or NAME@N with N from 1. */
bool value_is_unit(const char *text);
bool value_is_path(const char *text);

#endif
