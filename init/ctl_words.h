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

/* What json_init wants for standard output. */
void out_json(void *ctx, const char *bytes, size_t size);

#endif
