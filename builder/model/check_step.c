/* SPDX-License-Identifier: MIT
 *
 * What must hold within a build step: inputs and outputs lie where the step has room for them. It fetches and runs
 * nothing.
 */
#include <string.h>

#include "project.h"
#include "value.h"

/* Made anew for each step: an input there would be hidden. */
static const char *const own[] = { "/proc", "/dev", "/tmp", "/build", "/out", NULL };

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static const struct {
	const char *key;
	size_t offset, to;
} placed[] = {
	{ "debian-source", offsetof(struct source, debian_source), offsetof(struct src_debian_source, to) },
	{ "file", offsetof(struct source, file), offsetof(struct src_file, to) },
	{ "folder", offsetof(struct source, folder), offsetof(struct src_folder, to) },
	{ "text", offsetof(struct source, text), offsetof(struct src_text, to) },
	{ "link", offsetof(struct source, link), offsetof(struct src_link, to) },
	{ "dir", offsetof(struct source, dir), offsetof(struct src_dir, to) },
};

static void
check_input(struct project *p, const struct source *s, const char *folder)
{
	const struct node *node = s->head.node;
	size_t n = 0;

	for (size_t i = 0; i < sizeof placed / sizeof *placed; i++) {
		const void *kind = *(const void *const *)((const char *)s + placed[i].offset);
		const char *to = kind ? *(const char *const *)((const char *)kind + placed[i].to) : NULL;
		n += kind != NULL;
		for (const char *const *o = own; to && *o; o++)
			if (is_below(to, *o))
				diag(p->diags, node_place(node_get(node, placed[i].key), "to"),
				     "%s cannot hold an input: the step has an empty %s of its own; use /in", to, *o);
	}
	/* another key has had its own message */
	if (n > 1 || (n == 0 && node && node->kind == NODE_MAP && node->count == 0))
		diag(p->diags, node, "an input is exactly one of debian-source, file, folder, text, link and dir");
	check_source_host(p, s, folder);
}

static void
check_output(struct project *p, const struct step_output *o)
{
	if (o->from && !is_below(o->from, "/out"))
		diag(p->diags, node_place(o->head.node, "from"), "an output lies in /out, such as /out/prog, not %s", o->from);
}

static void
check_list(struct project *p, const struct node *map, const char *key)
{
	const struct node *list = node_get(map, key);

	if (list && list->kind == NODE_LIST && !list->count)
		diag(p->diags, list, "`%s` is empty", key);
}

void
project_check_step(struct project *p, const struct src_build *b, const char *folder)
{
	const struct node *command = node_get(b->head.node, "command");

	check_list(p, b->head.node, "tools");
	check_list(p, b->head.node, "outputs");
	if (command && command->kind == NODE_LIST && (!b->command.n || !value_is_path(b->command.v[0])))
		diag(p->diags, command, "`command` must begin with an absolute path, such as [/bin/sh, -e, -c, ...]");
	for (size_t i = 0; i < b->inputs.n; i++)
		check_input(p, &b->inputs.v[i], folder);
	for (size_t i = 0; i < b->outputs.n; i++)
		check_output(p, &b->outputs.v[i]);
}
