/* SPDX-License-Identifier: MIT */
#include "json_file.h"

#include "content.h"

static void
write_bytes(void *ctx, const char *bytes, size_t size)
{
	fwrite(bytes, 1, size, ctx);
}

void
json_to_file(struct json *j, FILE *to)
{
	json_init(j, write_bytes, to);
}

void
json_pair(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_string(j, text);
}

void
json_pair_uint(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_uint(j, v);
}

void
json_pair_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void
json_pair_digest(struct json *j, const char *key, const uint8_t sha256[DIGEST_SIZE])
{
	char hex[DIGEST_HEX];

	digest_hex(sha256, hex);
	json_pair(j, key, hex);
}
