/* SPDX-License-Identifier: MIT
 *
 * What the files of key tables share: how a key is written down, and the tables that others' are parts of.
 */
#ifndef INGOT_MODEL_KEYS_H
#define INGOT_MODEL_KEYS_H

#include "model.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define END { .name = NULL }
#define LATER(key_name, text) { .name = key_name, .type = KEY_LATER, .doc = text }

extern const struct key source_keys[];
extern const struct key job_keys[];
extern const struct key_word protocol_words[];
extern const struct key_word service_forward_words[];
extern const struct key service_keys[];
extern const struct key_word service_where_words[];

#endif
