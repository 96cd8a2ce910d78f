/* SPDX-License-Identifier: MIT
 *
 * Every value of an image file, also those that it does not state, each with where it came from: the place in the
 * file, a preset of the key table, or what the build decides instead.
 */
#ifndef INGOT_EFFECTIVE_H
#define INGOT_EFFECTIVE_H

#include "plan.h"

/* A value that the file does not state and that is not a plain preset. */
struct derived {
	const char *key;    /* "services.web.user", "users[0].gid"; or no key of the file at all */
	const char *value;  /* in the file's notation; NULL: there is none, and the origin says why */
	const char *origin; /* "derived: the image's name" */
	bool stated;        /* may be written at its key; else it is only told, as a comment */
};

struct derived_list {
	struct derived *v;
	size_t n, room;
};

/* effective_derive.c: what the plan decides. What a source brings along (an image's own user, environment and
 * command) is added in the same form, with derive(). */
void derive_from_plan(const struct plan *p, struct derived_list *out);
void derive(struct derived_list *l, const char *key, const char *value, const char *origin, bool stated);
void derived_release(struct derived_list *l);

/* As YAML that is an image file itself, each line with its origin as a comment; or as JSON. */
void effective_print(const struct plan *p, const struct derived_list *l, FILE *to);
void effective_json(const struct plan *p, const struct derived_list *l, FILE *to);

/* yaml_text.c: a text as a YAML scalar on one line; plain where that is safe and `quoted` does not ask otherwise. */
const char *yaml_scalar(struct arena *a, const char *text, bool quoted);
/* A text for a terminal: as it is, or in quotes where it is empty or holds what would steer the terminal. */
const char *safe_text(struct arena *a, const char *text);
/* A node as YAML on one line; texts longer than text_max bytes are cut, and end with "...". */
const char *yaml_flow(struct arena *a, const struct node *n, size_t text_max);

#endif
