/* SPDX-License-Identifier: MIT
 *
 * How a run ended, in words and as JSON, for every command that tells of it.
 */
#ifndef INGOT_CTL_WORDS_H
#define INGOT_CTL_WORDS_H

#include "ctl.h"
#include "json.h"

#define END_TEXT_MAX 96

/* "exit 3", "ended by SIGKILL", "-" where nothing has ended. */
void end_text(const struct ctl_svc *s, char *buf, size_t cap);

/* The key "last" with an object, or null. */
void end_json(struct json *j, const struct ctl_svc *s);

/* The same under another key. */
void end_json_as(struct json *j, const char *key, const struct ctl_svc *s);

/* Why a job ran, of enum svc_reason. */
const char *reason_word(uint32_t reason);

/* A number in decimal; false where the word is none. */
bool number_word(const char *text, uint64_t *out);

/* The two largest units: 4s, 12m 30s, 3h 05m, 17d 2h. */
void duration_text(uint64_t ms, char *buf, size_t cap);

/* What json_init wants for standard output. */
void out_json(void *ctx, const char *bytes, size_t size);

/* Prints an object that holds one array, of what `item` writes for each row. */
void out_json_list(const char *key, size_t rows, void (*item)(struct json *j, size_t row));

#endif
