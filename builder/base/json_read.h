/* SPDX-License-Identifier: MIT
 *
 * Reading JSON that others wrote, with jansson: bounded in size and depth, each key once, and getters that say what is
 * wrong. A member that is null counts as absent.
 */
#ifndef INGOT_JSON_READ_H
#define INGOT_JSON_READ_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "mem.h"

#define JSON_READ_MAX   (4u << 20)
#define JSON_READ_DEPTH 64

struct json_t; /* jansson's */

/* NULL with *e set. What the getters return lives until json_read_free. */
struct json_t *json_read(const void *bytes, size_t size, struct err *e);
void json_read_free(struct json_t *j);

/* The member of an object. *out is untouched where it is absent; another type is an error. */
int json_get_text(const struct json_t *o, const char *key, const char **out, struct err *e);
int json_get_number(const struct json_t *o, const char *key, uint64_t *out, struct err *e); /* whole, not below 0 */
int json_get_object(const struct json_t *o, const char *key, const struct json_t **out, struct err *e);
int json_get_array(const struct json_t *o, const char *key, const struct json_t **out, struct err *e);
/* A list of texts, copied into the arena. */
int json_get_texts(const struct json_t *o, const char *key, struct arena *a, const char *const **v, size_t *n,
		   struct err *e);
/* Absent is an error too. */
int json_need_text(const struct json_t *o, const char *key, const char **out, struct err *e);
int json_need_number(const struct json_t *o, const char *key, uint64_t *out, struct err *e);
int json_need_object(const struct json_t *o, const char *key, const struct json_t **out, struct err *e);
int json_need_array(const struct json_t *o, const char *key, const struct json_t **out, struct err *e);

size_t json_count(const struct json_t *array); /* 0 where it is NULL */
const struct json_t *json_item(const struct json_t *array, size_t i);

#endif
