/* SPDX-License-Identifier: MIT
 *
 * For tests of the builder: texts as YAML nodes and projects, and what was said about them.
 */
#ifndef INGOT_TEST_SUPPORT_BUILDER_H
#define INGOT_TEST_SUPPORT_BUILDER_H

#include "mem.h"
#include "node.h"
#include "project.h"
#include "support.h"
#include "tree.h"

/* One parse, with all that it needs. */
struct parsed {
	struct arena *arena;
	struct diags *diags;
	struct node *root;
	char *said; /* what diags hold, printed; "" where nothing */
};

void parse_bytes(struct parsed *p, const void *bytes, size_t size);
void parse(struct parsed *p, const char *yaml);
void parsed_release(struct parsed *p);

/* Prints diags; malloc'ed. */
char *diags_text(struct diags *d);

/* The least that an image file must hold, without services. Its recipe is written by write_recipes. */
#define IMAGE_HEAD "image: t\nkernel: {recipe: kern}\n"
/* What is left of a service where the test does not care. */
#define LIMITS "limits: {memory: 8M}"

/* recipes/kern.yml and recipes/base.yml in the test's folder. */
void write_recipes(void);
/* Writes image.yml and loads it. Returns what was said; malloc'ed, "" where it is right. */
char *load_project(struct project *p, const char *yaml);

/* The message of one image file that is wrong, in a project of its own; malloc'ed. Fails where nothing was said. */
char *load_wrong(const char *yaml);
/* The same, where exactly the one message is expected: "image.yml:3:5: ..." */
void assert_only_error(const char *yaml, const char *error);
void assert_right(const char *yaml);

/* tree_put for tests: root's, 0644 or 0755, from "test". */
struct tree_put put_as(uint32_t mode, enum tree_conflict conflict);

#endif
