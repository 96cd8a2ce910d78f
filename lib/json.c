/* SPDX-License-Identifier: MIT
 *
 * The JSON writer: commas, indentation, escapes. It never fails and never allocates; where the bytes go is the
 * caller's business.
 */
#include "json.h"

#include <string.h>

#include "fmt.h"

void
json_init(struct json *j, void (*write)(void *ctx, const char *bytes, size_t size), void *ctx)
{
	*j = (struct json){ .write = write, .ctx = ctx };
}

static void
put(struct json *j, const char *s)
{
	j->write(j->ctx, s, strlen(s));
}

static void
new_line(struct json *j)
{
	if (j->compact)
		return;
	put(j, "\n");
	for (unsigned i = 0; i < j->depth; i++)
		put(j, "  ");
}

/* What stands before a key, or before a value that has none. */
static void
before(struct json *j)
{
	uint64_t bit = 1ull << (j->depth % JSON_DEPTH_MAX);

	if (j->keyed) {
		j->keyed = false;
		return;
	}
	if (j->depth == 0)
		return;
	if (j->filled & bit)
		put(j, ",");
	j->filled |= bit;
	new_line(j);
}

static void
open_level(struct json *j, const char *bracket)
{
	before(j);
	put(j, bracket);
	j->depth++;
	j->filled &= ~(1ull << (j->depth % JSON_DEPTH_MAX));
}

static void
close_level(struct json *j, const char *bracket)
{
	bool filled = j->filled >> (j->depth % JSON_DEPTH_MAX) & 1;

	j->depth--;
	if (filled)
		new_line(j);
	put(j, bracket);
}

void
json_object(struct json *j)
{
	open_level(j, "{");
}

void
json_object_end(struct json *j)
{
	close_level(j, "}");
}

void
json_array(struct json *j)
{
	open_level(j, "[");
}

void
json_array_end(struct json *j)
{
	close_level(j, "]");
}

void
json_end(struct json *j)
{
	put(j, "\n");
}

/* ---- strings ---- */

/* The length of the well-formed UTF-8 sequence at s, 0 if there is none (Unicode 15, table 3-7). */
static size_t
utf8_length(const unsigned char *s, size_t size)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	switch (s[0]) { /* no overlong forms, no surrogates, nothing above U+10FFFF */
	case 0xe0: low = 0xa0; break;
	case 0xed: high = 0x9f; break;
	case 0xf0: low = 0x90; break;
	case 0xf4: high = 0x8f; break;
	default: break;
	}
	if (n > size || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

static void
put_escape(struct json *j, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c ? strchr(from, c) : NULL;
	char buf[8];

	if (at)
		fmt(buf, sizeof buf, "\\%c", to[at - from]);
	else
		fmt(buf, sizeof buf, "\\u%04x", c);
	put(j, buf);
}

static void
put_string(struct json *j, const char *s, size_t size)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t plain = 0, i = 0; /* [plain, i) needs no escape and is not written yet */

	put(j, "\"");
	while (i < size) {
		size_t n = utf8_length(p + i, size - i);
		if (n > 0 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && p[i] != 0x7f) {
			i += n;
			continue;
		}
		if (i > plain)
			j->write(j->ctx, s + plain, i - plain);
		if (n == 0)
			put(j, "\\ufffd");
		else
			put_escape(j, p[i]);
		plain = ++i;
	}
	if (i > plain)
		j->write(j->ctx, s + plain, i - plain);
	put(j, "\"");
}

void
json_key(struct json *j, const char *key)
{
	before(j);
	put_string(j, key, strlen(key));
	put(j, ": ");
	j->keyed = true;
}

void
json_string_n(struct json *j, const char *s, size_t size)
{
	before(j);
	put_string(j, s, size);
}

void
json_string(struct json *j, const char *s)
{
	json_string_n(j, s, strlen(s));
}

/* ---- the rest ---- */

void
json_uint(struct json *j, uint64_t v)
{
	char buf[24];

	fmt(buf, sizeof buf, "%llu", (unsigned long long)v);
	before(j);
	put(j, buf);
}

void
json_int(struct json *j, int64_t v)
{
	char buf[24];

	fmt(buf, sizeof buf, "%lld", (long long)v);
	before(j);
	put(j, buf);
}

void
json_bool(struct json *j, bool v)
{
	before(j);
	put(j, v ? "true" : "false");
}

void
json_null(struct json *j)
{
	before(j);
	put(j, "null");
}
