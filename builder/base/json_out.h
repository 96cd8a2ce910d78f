/* SPDX-License-Identifier: MIT
 *
 * JSON to a FILE, a member at a time: what every verb that speaks JSON writes. Failures are the FILE's: ask ferror.
 */
#ifndef INGOT_JSON_OUT_H
#define INGOT_JSON_OUT_H

#include <stdio.h>

#include "json.h"
#include "content.h"

void json_to_file(struct json *j, FILE *to);

void json_text(struct json *j, const char *key, const char *text);
void json_number(struct json *j, const char *key, uint64_t v);
void json_flag(struct json *j, const char *key, bool v);
void json_digest(struct json *j, const char *key, const uint8_t sha256[DIGEST_SIZE]);
void json_object_at(struct json *j, const char *key);
void json_array_at(struct json *j, const char *key);

#endif
