/* SPDX-License-Identifier: MIT */
#include "json_out.h"

#include "content.h"

static void
to_file(void *ctx, const char *bytes, size_t size)
{
	fwrite(bytes, 1, size, ctx); /* the caller asks ferror */
}

void
json_to_file(struct json *j, FILE *to)
{
	json_init(j, to_file, to);
}

void
json_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_string(j, text);
}

void
json_number(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_uint(j, v);
}

void
json_flag(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void
json_digest(struct json *j, const char *key, const uint8_t sha256[DIGEST_SIZE])
{
	char hex[DIGEST_HEX];

	digest_hex(sha256, hex);
	json_text(j, key, hex);
}

void
json_object_at(struct json *j, const char *key)
{
	json_key(j, key);
	json_object(j);
}

void
json_array_at(struct json *j, const char *key)
{
	json_key(j, key);
	json_array(j);
}
