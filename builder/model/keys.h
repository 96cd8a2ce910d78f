/* SPDX-License-Identifier: MIT
 *
 * Key tables: one description of the keys that a file may hold drives the parser, the checks, the messages and the
 * reference page. A table ends with a key without a name.
 */
#ifndef INGOT_KEYS_H
#define INGOT_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "mem.h"
#include "node.h"

enum key_type {
	KEY_TEXT,     /* const char *: any text */
	KEY_NAME,     /* const char *: [a-z0-9] then [a-z0-9-], at most 31 long */
	KEY_PATH,     /* const char *: absolute, in the image; no ".", ".." or empty component */
	KEY_HOSTPATH, /* const char *: relative to the file it stands in, on the host; kept as host path */
	KEY_BOOL,     /* int */
	KEY_WORD,     /* int: index into .words */
	KEY_INT,      /* uint64_t between .min and .max */
	KEY_SIZE,     /* uint64_t, bytes: 512K, 64M, 2G or a plain number */
	KEY_TIME,     /* uint64_t, milliseconds: 100ms, 30s, 5m, 2h, 1d */
	KEY_PERCENT,  /* uint64_t: 50% */
	KEY_TENTHS,   /* uint64_t, tenths: 0.4 */
	KEY_OCTAL,    /* uint64_t: 0644 */
	KEY_IPV4,     /* uint64_t: network byte order in the low four bytes */
	KEY_STRUCT,   /* the struct itself, of .sub; starts with const struct node *node */
	KEY_OPTION,   /* pointer to the struct, NULL where the key is absent */
	KEY_TEXTS,    /* struct key_list of const char * */
	KEY_NAMES,    /* struct key_list of const char *, each a name */
	KEY_UNITS,    /* the same, each a name, or NAME@N: one of its replicas */
	KEY_WORDS,    /* struct key_list of const char *, each one of .words */
	KEY_STRUCTS,  /* struct key_list of structs of .sub */
	KEY_NAMED,    /* a mapping: struct key_list of structs of .sub; the key goes to the struct's second member */
	KEY_PAIRS,    /* a mapping of texts: struct key_list of const char *, "NAME=value" */
	KEY_LATER,    /* known, not built yet: an error that says so */
};

#define KEY_REQUIRED   (1u << 0)
#define KEY_ONE_OPTION (1u << 1) /* KEY_STRUCTS: each item holds exactly one of its KEY_OPTION keys */
#define KEY_IF_STATED  (1u << 2) /* KEY_STRUCT: its presets hold only where the file holds it */
#define KEY_FILLED     (1u << 3) /* a list that is there is not empty; so is one that is required */

/* What every struct that a table fills begins with. */
struct key_head {
	const struct node *node; /* its mapping; NULL where the file does not hold it and all of it is by default */
	const char *name;        /* KEY_NAMED: the key it stands under */
};

struct key_list {
	void *v;
	size_t n;
};

#define KEY_WORDS_MAX 63 /* of one key */

struct key_word {
	const char *text;
	int later; /* known, not built yet */
};

/* A word that loosens what holds a service by default. */
struct key_risk {
	const char *word; /* the list ends with NULL */
	const char *risk; /* what is risked, as a clause */
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	unsigned flags;
	const char *preset; /* taken where the key is absent, in the file's own notation; NULL: zero */
	uint64_t min, max;  /* numbers; a max of 0 is no bound */
	const struct key_word *words; /* KEY_WORD: ends with a NULL text */
	const struct key *sub;
	size_t size; /* of one struct of sub */
	const char *doc; /* one line for the reference page */
	const char *risk; /* every value but the preset, every item of a list, loosens what holds a service by default: what
			   * is risked, as a clause; NULL: it does not */
	const struct key_risk *risks; /* the same where only some of its words do */
};

/* Fills the struct at `into` (zeroed, beginning with a struct key_head) from a mapping. NULL as map means all presets.
 * What is wrong is said to d; the struct is always safe to read afterwards. Texts live in the arena or in the nodes. */
void keys_bind(struct arena *a, struct diags *d, const struct key *table, const struct node *map, void *into);

/* keys_reference.c: prints the table and all below it as the reference page lists it, as troff. */
void keys_reference(const struct key *table, FILE *to);

/* keys_schema.c: the same as a JSON Schema (draft 7) with this title. It accepts no more than keys_bind does, apart
 * from the bounds of values that are written with a unit. */
void keys_schema(const struct key *table, const char *title, FILE *to);

#endif
