/* SPDX-License-Identifier: MIT
 *
 * Compiling the service table: the machine's record and what belongs to it, and the sections put one behind the other.
 */
#include "svc_table.h"

#include <stdlib.h>
#include <string.h>

#include "cron.h"
#include "out_rooted.h"
#include "svc_compiler.h"

#define DISK_STOP_MS 4000

static void
add_links(struct compiler *c)
{
	const struct image *m = &c->plan->project->image;

	for (size_t i = 0; i < m->network.links.n && !c->plan->net; i++) {
		const struct model_link *l = &m->network.links.v[i];
		uint32_t address = (uint32_t)l->address, gateway = (uint32_t)l->gateway;
		struct tbl_link r = { .name = svc_string(c, l->name), .mode = l->dhcp ? TBL_LINK_DHCP : TBL_LINK_STATIC,
				      .prefix = (uint32_t)l->prefix };
		memcpy(r.address, &address, sizeof r.address);
		memcpy(r.gateway, &gateway, sizeof r.gateway);
		svc_append(c, TBL_LINKS, &r);
	}
}

/* The longest chain of stops could take the sum of all, and a second for the end itself; a disk has what was written
 * last to take. */
uint32_t
svc_stop_deadline(const struct plan *p)
{
	uint64_t ms = model_has_disk(&p->project->image.state) ? 1000 + DISK_STOP_MS : 1000;

	for (size_t i = 0; i < p->n_units; i++)
		ms += p->units[i].unit->stop.timeout;
	if (p->probe != PROBE_NONE)
		ms += WITNESS_STOP_MS;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static void
add_disk(struct compiler *c, struct tbl_machine *m)
{
	static const uint32_t full[] = { [FULL_REFUSE] = TBL_POLICY_REFUSE, [FULL_TMPFS] = TBL_POLICY_TMPFS,
					 [FULL_USE] = TBL_POLICY_USE };
	const struct model_disk *d = &c->plan->project->image.state;

	if (!model_has_disk(d))
		return;
	m->disk_label = svc_string(c, d->label);
	m->disk_wait_ms = (uint32_t)d->wait;
	m->disk_policy[TBL_DISK_ABSENT] = (uint32_t)d->absent;
	m->disk_policy[TBL_DISK_CORRUPT] = (uint32_t)d->corrupt;
	m->disk_policy[TBL_DISK_FULL] = full[d->full];
	m->disk_policy[TBL_DISK_UNLIMITED] = d->quota == QUOTA_WANTED ? TBL_POLICY_USE : TBL_POLICY_REFUSE;
}

static void
add_machine(struct compiler *c, const struct kernel *k, struct tree *t)
{
	const struct plan *p = c->plan;
	struct tbl_machine m = { .image = svc_string(c, p->project->image.image), .hostname = svc_string(c, p->hostname),
				 .shell = tree_resolve(t, "/bin/busybox") ? svc_string(c, "/bin/busybox") : 0,
				 .stop_deadline_ms = svc_stop_deadline(p),
				 .root = p->rooted ? svc_string(c, ROOTED_FILE) : 0, .early = (uint32_t)k->n_early,
				 .late = (uint32_t)k->n_late,
				 .jobs_max = (uint32_t)p->project->image.jobs_at_once };
	struct err e;

	zone_parse(p->project->image.timezone, &m.zone, &e); /* it has been checked */
	if (p->project->image.purpose)
		m.purpose = 1 + svc_index(c, p->project->image.purpose);
	add_disk(c, &m);
	const struct model_watchdog *w = p->project->image.watchdog;
	if (w) {
		m.watchdog = svc_string(c, w->device);
		m.watchdog_ms = (uint32_t)w->timeout;
	}
	const struct model_syslog *y = &p->project->image.logs.syslog;
	uint32_t address = (uint32_t)y->address;
	if (y->head.node) {
		memcpy(m.syslog, &address, sizeof m.syslog);
		m.syslog_port = (uint32_t)y->port;
	}
	for (unsigned f = 0; f < FEATURES; f++)
		m.required |= p->project->image.features.need[f] == NEED_REQUIRED ? 1u << f : 0;
	svc_append(c, TBL_MACHINE, &m);
	for (size_t i = 0; i < k->n_modules; i++) {
		struct tbl_module r = { .path = svc_string(c, arena_printf(p->arena, "/ingot/modules/%s.ko", k->modules[i].name)) };
		svc_append(c, TBL_MODULES, &r);
	}
	if (p->low_port) {
		struct tbl_sysctl r = { .path = svc_string(c, "/proc/sys/net/ipv4/ip_unprivileged_port_start"),
					.value = svc_string(c, arena_printf(p->arena, "%u", p->low_port)) };
		svc_append(c, TBL_SYSCTLS, &r);
	}
}

/* Lays the sections out one behind the other, each aligned. */
static void *
join(struct compiler *c, size_t *size)
{
	struct tbl_header h = { .magic = TBL_MAGIC, .version = TBL_VERSION };
	size_t at = sizeof h;

	for (int s = 0; s < TBL_SECTIONS; s++) {
		at = (at + 7) & ~(size_t)7;
		h.section[s] = (struct tbl_extent){ (uint32_t)at, svc_count(c, s) };
		at += c->section[s].count * svc_element_size[s];
	}
	h.size = (uint32_t)at;
	char *out = xcalloc(1, at);
	for (int s = 0; s < TBL_SECTIONS; s++)
		if (c->section[s].count)
			memcpy(out + h.section[s].off, c->section[s].bytes, c->section[s].count * svc_element_size[s]);
	h.crc = tbl_crc(out, at);
	memcpy(out, &h, sizeof h);
	*size = at;
	return out;
}

int
svc_table_make(const struct plan *p, const struct kernel *k, struct tree *t, void **out, size_t *size, struct err *e)
{
	struct compiler c = { .plan = p, .tree = t, .own = (p->net || p->dhcp) + (p->nets.n != 0),
			      .switcher = p->net || p->dhcp, .probed = p->probe != PROBE_NONE };
	struct tbl check;

	svc_place_units(&c);
	svc_append(&c, TBL_STRINGS, "");
	add_machine(&c, k, t);
	add_links(&c);
	svc_add_records(&c);
	*out = join(&c, size);
	for (int s = 0; s < TBL_SECTIONS; s++)
		free(c.section[s].bytes);
	free(c.first);
	if (tbl_open(&check, *out, *size, e) == 0)
		return 0;
	free(*out);
	*out = NULL;
	return err_wrap(e, "a bug of ingot: it made a table that it cannot read");
}
