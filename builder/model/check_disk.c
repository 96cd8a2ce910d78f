/* SPDX-License-Identifier: MIT
 *
 * The image's `state`: what must hold of the label, and of the projects that the services' folders get on the disk.
 */
#include <string.h>

#include "crc32.h"
#include "project.h"
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

/* The project's number as PID 1 makes it, in init/disk_folders.c. */
static uint32_t
project_of(struct arena *a, const struct model_service *s, const struct model_state *m)
{
	const char *place = arena_printf(a, "%s%s", s->head.name, m->path ? m->path : "");

	return crc32_of(place, strlen(place)) & INT32_MAX;
}

static const struct model_state *
same_project(struct project *p, size_t unit, size_t state, const struct model_service **owner)
{
	uint32_t id = project_of(p->arena, project_unit(p, unit), &project_unit(p, unit)->state.v[state]);

	for (size_t i = 0; i <= unit; i++) {
		*owner = project_unit(p, i);
		for (size_t k = 0; k < (*owner)->state.n && (i < unit || k < state); k++)
			if (project_of(p->arena, *owner, &(*owner)->state.v[k]) == id)
				return &(*owner)->state.v[k];
	}
	return NULL;
}

static void
check_projects(struct project *p)
{
	const struct model_service *owner;

	for (size_t i = 0; i < project_units(p); i++)
		for (size_t k = 0; k < project_unit(p, i)->state.n; k++) {
			const struct model_state *s = &project_unit(p, i)->state.v[k], *other = same_project(p, i, k, &owner);
			if (other && other->path && s->path && strcmp(owner->head.name, project_unit(p, i)->head.name) != 0)
				diag(p->diags, node_place(s->head.node, "path"),
				     "on the disk this state would share its quota with %s of `%s`: take another path", other->path,
				     owner->head.name);
		}
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
