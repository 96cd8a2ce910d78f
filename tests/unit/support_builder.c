/* SPDX-License-Identifier: MIT */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

char *
diags_text(struct diags *d)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	diags_print(d, f);
	fclose(f);
	return text;
}

void
parse_bytes(struct parsed *p, const void *bytes, size_t size)
{
	*p = (struct parsed){ .arena = arena_new(), .diags = diags_new() };
	p->root = yaml_parse(p->arena, p->diags, "t.yml", bytes, size);
	p->said = diags_text(p->diags);
	assert_true((p->root != NULL) == (diags_count(p->diags) == 0));
}

void
parse(struct parsed *p, const char *yaml)
{
	parse_bytes(p, yaml, strlen(yaml));
}

void
parsed_release(struct parsed *p)
{
	free(p->said);
	diags_free(p->diags);
	arena_free(p->arena);
}

void
write_recipes(void)
{
	write_text("recipes/kern.yml", "recipe: kern\n"
				       "kernel: {package: linux-image-test, modules: [virtio_net, button], network: [failover],"
				       " cmdline: [console=ttyS0, quiet]}\n");
	write_text("recipes/base.yml",
		   "recipe: base\nsources:\n  - dir: {to: /data}\n  - text: {content: x, to: /bin/run, mode: 0755}\n");
}

char *
load_project(struct project *p, const char *yaml)
{
	write_recipes();
	write_text("image.yml", yaml);
	int r = project_load(p, "image.yml", NULL);
	char *said = diags_text(p->diags);
	assert_true((r == 0) == (said[0] == '\0'));
	return said;
}

char *
load_wrong(const char *yaml)
{
	struct project p;
	char *said = load_project(&p, yaml);

	project_release(&p);
	if (!said[0])
		fail_msg("nothing was said about:\n%s", yaml);
	return said;
}

void
assert_only_error(const char *yaml, const char *error)
{
	char *said = load_wrong(yaml), expect[1024];

	snprintf(expect, sizeof expect, "%s\n", error);
	assert_string_equal(said, expect);
	free(said);
}

void
assert_right(const char *yaml)
{
	struct project p;
	char *said = load_project(&p, yaml);

	assert_string_equal(said, "");
	free(said);
	project_release(&p);
}

struct tree_put
put_as(uint32_t mode, enum tree_conflict conflict)
{
	static const struct origin origin = { "test" };

	return (struct tree_put){ .meta = { .mode = mode }, .origin = &origin, .conflict = conflict };
}
