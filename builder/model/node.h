/* SPDX-License-Identifier: MIT
 *
 * A YAML file as a tree of nodes that know their place. Strict: one document, no anchors, no aliases, no tags, no
 * duplicate keys, only text keys, bounded size and depth. What is wrong is said through diags.
 */
#ifndef INGOT_NODE_H
#define INGOT_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "mem.h"

#define YAML_SIZE_MAX  (1u << 20) /* bytes of one file */
#define YAML_DEPTH_MAX 16
#define YAML_NODES_MAX 100000

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	const char *file;
	unsigned line, col;    /* from 1 */
	bool quoted;           /* a scalar that was not plain */
	const char *text;      /* NODE_SCALAR: without NUL inside */
	struct node **keys;    /* NODE_MAP: scalars */
	struct node **items;   /* NODE_LIST, NODE_MAP: values */
	size_t count;
};

/* Parses size bytes; the result lives in the arena. NULL if anything was said to d. */
struct node *yaml_parse(struct arena *a, struct diags *d, const char *file, const void *data, size_t size);
/* The same for a file. */
struct node *yaml_load(struct arena *a, struct diags *d, const char *file);

/* The value of a key; NULL where it is absent, or map is NULL or no map. */
struct node *node_get(const struct node *map, const char *key);
/* Where to point for a key: its value, else the map itself. */
const struct node *node_place(const struct node *map, const char *key);

#endif
