/* SPDX-License-Identifier: MIT
 *
 * The image's `state`: what must hold of the label, and of the projects that the services' folders get on the disk.
 */
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "project.h"
#include "replicas.h"
#include "table.h"

#ifndef CFG_STATE_DISK
#define CFG_STATE_DISK 1
#endif

static bool
label_ok(const char *label)
{
	size_t n = strlen(label);

	/* it stands on a command line of mke2fs, and in messages */
	return n > 0 && n <= TBL_LABEL_MAX && label[0] != '-' &&
	       strspn(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

/* A state folder on the disk, in the order of the file. */
struct folder {
	uint32_t id; /* the project's number as PID 1 makes it, in init/disk_folders.c */
	size_t order;
	const struct model_state *state;
	const char *name; /* of the instance */
};

static int
by_id(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static struct folder *
list_folders(struct project *p, size_t *n)
{
	struct folder *v = NULL;
	size_t room = 0;

	*n = 0;
	for (size_t i = 0; i < project_units(p); i++) {
		const struct model_service *s = project_unit(p, i);
		for (uint64_t k = 0; k < s->state.n * replicas_count(s); k++) {
			const struct model_state *m = &s->state.v[k % s->state.n];
			const char *name = replicas_name(p->arena, s, k / s->state.n + 1);
			const char *place = arena_printf(p->arena, "%s%s", name, m->path ? m->path : "");
			v = grow(v, *n, &room, sizeof *v);
			v[*n] = (struct folder){ crc32_of(place, strlen(place)) & INT32_MAX, *n, m, name };
			++*n;
		}
	}
	return v;
}

/* Two states of one service that are one path are said elsewhere. */
static void
check_projects(struct project *p)
{
	size_t n;
	struct folder *v = list_folders(p, &n);

	if (n)
		qsort(v, n, sizeof *v, by_id);
	for (size_t i = 1; i < n; i++)
		if (v[i].id == v[i - 1].id && v[i].state->path && v[i - 1].state->path && strcmp(v[i].name, v[i - 1].name) != 0)
			diag(p->diags, node_place(v[i].state->head.node, "path"),
			     "on the disk this state would share its quota with %s of `%s`: take another path", v[i - 1].state->path,
			     v[i - 1].name);
	free(v);
}

void
project_check_disk(struct project *p)
{
	const struct model_disk *d = &p->image.state;

	if (!model_has_disk(d))
		return;
	if (!CFG_STATE_DISK)
		diag(p->diags, d->head.node, "this ingot was configured without state on a disk: set CONFIG_STATE_DISK");
	if (d->label && !label_ok(d->label))
		diag(p->diags, node_place(d->head.node, "label"),
		     "a label has 1 to %d letters, digits, dots, lines and underscores, and begins with no line", TBL_LABEL_MAX);
	check_projects(p);
}
