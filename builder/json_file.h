/* SPDX-License-Identifier: MIT
 *
 * JSON to a stdio stream: what lib/json.h writes, and pairs of a key and a value in one call.
 */
#ifndef INGOT_JSON_FILE_H
#define INGOT_JSON_FILE_H

#include <stdio.h>

#include "json.h"
#include "tree.h"

/* The caller asks ferror at the end. */
void json_to_file(struct json *j, FILE *to);

void json_pair(struct json *j, const char *key, const char *text);
void json_pair_uint(struct json *j, const char *key, uint64_t v);
void json_pair_bool(struct json *j, const char *key, bool v);
/* In hexadecimal digits. */
void json_pair_digest(struct json *j, const char *key, const uint8_t sha256[DIGEST_SIZE]);

#endif
