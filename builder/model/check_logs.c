/* SPDX-License-Identifier: MIT
 *
 * What must hold between `logs` and the rest of an image: files need a disk, forwarding needs a collector, and what has
 * no effect is said.
 */
#include "project.h"
#include "table.h"

#define PRESET_SIZE (1u << 20) /* of the key table: what is shown of an image states it too */

static bool
kept(const struct image *m, const struct model_service *s)
{
	return logs_flags(m, s) & TBL_SVC_LOG_STATE;
}

static void
check_service(struct project *p, const struct model_service *s, bool *on_disk, bool *to_syslog)
{
	const struct node *node = s->logs.head.node;
	const struct image *m = &p->image;

	*on_disk |= kept(m, s);
	*to_syslog |= (logs_flags(m, s) & TBL_SVC_LOG_SYSLOG) != 0;
	if (s->logs.where == LOGS_STATE && !model_has_disk(&m->state))
		diag(p->diags, node_place(node, "where"), "there is no state disk to keep logs on: write `state: {}` in the image");
	if (s->logs.size && !kept(m, s))
		diag(p->diags, node_place(node, "size"), "`size` is of logs on the state disk: write `where: state` too");
	if (s->logs.forward == LOGS_SYSLOG && !m->logs.syslog.head.node)
		diag(p->diags, node_place(node, "forward"),
		     "nobody listens: write `logs: {syslog: {address: 192.0.2.1}}` in the image");
}

void
project_check_logs(struct project *p)
{
	const struct image *m = &p->image;
	const struct node *node = m->logs.head.node;
	bool on_disk = false, to_syslog = false;

	if (m->logs.where + 1 == LOGS_STATE && !model_has_disk(&m->state))
		diag(p->diags, node_place(node, "where"), "there is no state disk to keep logs on: write `state: {}` too");
	if (m->logs.forward + 1 == LOGS_SYSLOG && !m->logs.syslog.head.node)
		diag(p->diags, node_place(node, "forward"), "nobody listens: write `syslog: {address: 192.0.2.1}` too");
	for (size_t i = 0; i < project_units(p); i++)
		check_service(p, project_unit(p, i), &on_disk, &to_syslog);
	if (m->logs.size != PRESET_SIZE && !on_disk)
		diag(p->diags, node_place(node, "size"), "`size` is of logs on the state disk: write `where: state` too");
	if (m->logs.syslog.head.node && !to_syslog)
		diag(p->diags, node_place(node, "syslog"), "nothing is sent there: write `forward: syslog` too");
}

uint32_t
logs_flags(const struct image *m, const struct model_service *s)
{
	int where = s && s->logs.where ? s->logs.where : m->logs.where + 1;
	int forward = s && s->logs.forward ? s->logs.forward : m->logs.forward + 1;
	uint32_t flags = where == LOGS_STATE ? TBL_SVC_LOG_STATE : 0u;

	return flags | (forward == LOGS_CONSOLE ? TBL_SVC_LOG_CONSOLE : forward == LOGS_SYSLOG ? TBL_SVC_LOG_SYSLOG : 0u);
}

bool
logs_on_disk(const struct project *p)
{
	bool found = logs_flags(&p->image, NULL) & TBL_SVC_LOG_STATE;

	for (size_t i = 0; i < project_units(p); i++)
		found |= (logs_flags(&p->image, project_unit(p, i)) & TBL_SVC_LOG_STATE) != 0;
	return found;
}
