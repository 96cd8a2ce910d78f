/* SPDX-License-Identifier: MIT
 *
 * Writing JSON (RFC 8259), without a buffer of its own: each piece goes to the caller's function at once. What comes
 * out is always valid, two spaces deep per level, in the order of the calls; there is no reader.
 */
#ifndef INGOT_JSON_H
#define INGOT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 64

/* jansson, which reads JSON for the builder, has functions of these names: the linker must see others. A file either
 * reads JSON or writes it. */
#ifdef JANSSON_H
#error "json.h writes JSON and jansson.h reads it: not both in one file"
#endif
#define json_object jsonw_object
#define json_array  jsonw_array
#define json_string jsonw_string
#define json_null   jsonw_null

struct json {
	void (*write)(void *ctx, const char *bytes, size_t size);
	void *ctx;      /* borrowed */
	unsigned depth; /* of open objects and arrays */
	uint64_t filled; /* bit N: level N holds something, so that the next value needs a comma */
	bool keyed;     /* a key stands, its value comes next */
	bool compact;   /* the caller's to set after json_init: no line breaks, one value on a line of its own */
};

void json_init(struct json *j, void (*write)(void *ctx, const char *bytes, size_t size), void *ctx);

/* A newline; the caller has closed all that was opened. */
void json_end(struct json *j);

/* Inside an object each value stands behind its key; at most JSON_DEPTH_MAX levels are open at once. */
void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);

/* Bytes that are not UTF-8 become U+FFFD, one for each byte. */
void json_string(struct json *j, const char *s);
void json_string_n(struct json *j, const char *s, size_t size);
void json_uint(struct json *j, uint64_t v);
void json_int(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);

#endif
