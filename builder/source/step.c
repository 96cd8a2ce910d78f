/* SPDX-License-Identifier: MIT
 *
 * The key of a build step, and whether it has to be run. A timeout and limits are no part of the key: they decide
 * whether there is a result, not which.
 */
#include "step.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"

/* Each text with its length before it, so that no two lists look the same. */
static void
add_text(FILE *f, const char *what, const char *text)
{
	fprintf(f, "%s %zu:%s\n", what, strlen(text), text);
}

static void
add_digest(FILE *f, const char *what, const uint8_t digest[DIGEST_SIZE])
{
	char hex[DIGEST_HEX];

	digest_hex(digest, hex);
	add_text(f, what, hex);
}

static void
describe(const struct plan_source *s, struct tree *inputs, FILE *f)
{
	const struct src_build *b = s->source->build;
	uint8_t digest[DIGEST_SIZE];

	tree_digest(inputs, digest);
	fprintf(f, "ingot build step %d\n", STEP_VERSION);
	for (size_t i = 0; i < s->pins->count; i++)
		add_digest(f, "tool", s->pins->pins[i].sha256);
	add_digest(f, "inputs", digest);
	for (size_t i = 0; i < b->env.n; i++)
		add_text(f, "env", b->env.v[i]);
	for (size_t i = 0; i < b->command.n; i++)
		add_text(f, "command", b->command.v[i]);
	for (size_t i = 0; i < b->outputs.n; i++) {
		add_text(f, "from", b->outputs.v[i].from);
		add_text(f, "to", b->outputs.v[i].to);
		fprintf(f, "mode %llo\n", (unsigned long long)b->outputs.v[i].mode);
	}
}

/* In the arena; NULL with *e set. */
static const char *
key_of(struct arena *a, const struct plan_source *s, struct tree *inputs, struct err *e)
{
	char *text = NULL, hex[DIGEST_HEX];
	struct content c;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f)
		describe(s, inputs, f);
	if (!f || fclose(f)) {
		err_set(e, errno, "the key of a build step");
		free(text);
		return NULL;
	}
	content_of_mem(&c, text, size);
	digest_hex(c.sha256, hex);
	free(text);
	return arena_printf(a, "step-%d-%s", STEP_VERSION, hex);
}

int
step_key(struct arena *a, struct plan_source *s, struct err *e)
{
	struct tree *inputs = tree_new();

	s->step = step_put_inputs(a, s, NULL, inputs, e) ? NULL : key_of(a, s, inputs, e);
	tree_free(inputs);
	return s->step ? 0 : err_wrap(e, "%s", s->origin->text);
}

bool
step_cached(struct cache *c, const char *step)
{
	char *text = cache_get_text(c, step);
	bool whole = text && step_outputs_whole(c, text);

	free(text);
	return whole;
}

/* The inputs are read a second time here; a result of others than those of the key must not get its name. */
static int
make_of(struct cache *c, struct arena *a, const struct plan_source *s, struct tree *inputs, struct err *e)
{
	const char *key = key_of(a, s, inputs, e);
	struct tree *root;

	if (!key)
		return -1;
	if (strcmp(key, s->step) != 0)
		return err_set(e, 0, "an input of the build step changed under the build: build again");
	root = tree_new();
	int r = step_put_root(a, s, c, inputs, root, e);
	if (r == 0)
		r = step_run(c, a, s, root, e);
	tree_free(root);
	return r;
}

static int
make(struct cache *c, struct arena *a, const struct plan_source *s, struct err *e)
{
	struct tree *inputs = tree_new();
	int r = step_put_inputs(a, s, c, inputs, e);

	if (r == 0)
		r = make_of(c, a, s, inputs, e);
	tree_free(inputs);
	return r;
}

int
step_put(struct cache *c, struct arena *a, const struct plan_source *s, const char *root, struct tree *t,
	 struct err *e)
{
	char *text = NULL;
	int r = 0;

	if (!step_cached(c, s->step))
		r = make(c, a, s, e);
	if (r == 0 && !(text = cache_get_text(c, s->step)))
		r = err_set(e, 0, "the result of the build step is gone from the cache %s: build again", cache_dir(c));
	if (r == 0)
		r = step_put_outputs(c, a, text, s, root, t, e);
	free(text);
	return r ? err_wrap(e, "%s", s->origin->text) : 0;
}
