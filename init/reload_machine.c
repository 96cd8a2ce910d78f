/* SPDX-License-Identifier: MIT
 *
 * Whether two tables are of the same machine. ingotctl asks that, as the table that the machine was booted with stays
 * where it was; to PID 1 it makes no difference. Pure.
 */
#include <assert.h>
#include <string.h>

#include "reload_plan.h"

static_assert(sizeof(struct tbl_machine) == 104, "reload_machine_change() compares every field");

static bool
same_str(const struct tbl *a, uint32_t x, const struct tbl *b, uint32_t y)
{
	return strcmp(tbl_str(a, x), tbl_str(b, y)) == 0;
}

/* Modules or sysctls: records of two strings both. */
static bool
same_pairs(const struct tbl *a, const struct tbl *b, enum tbl_section of)
{
	uint32_t n = tbl_count(a, of);
	const uint32_t *x = (const void *)(a->base + a->h->section[of].off);
	const uint32_t *y = (const void *)(b->base + b->h->section[of].off);
	bool same = n == tbl_count(b, of);

	static_assert(sizeof(struct tbl_module) == 8 && sizeof(struct tbl_sysctl) == 8, "two strings");
	for (uint32_t i = 0; same && i < 2 * n; i++)
		same = same_str(a, x[i], b, y[i]);
	return same;
}

static bool
same_links(const struct tbl *a, const struct tbl *b)
{
	bool same = tbl_count(a, TBL_LINKS) == tbl_count(b, TBL_LINKS);

	for (uint32_t i = 0; same && i < tbl_count(a, TBL_LINKS); i++) {
		struct tbl_link x = *tbl_link(a, i), y = *tbl_link(b, i);
		same = same_str(a, x.name, b, y.name);
		x.name = y.name = 0;
		same = same && memcmp(&x, &y, sizeof x) == 0;
	}
	return same;
}

const char *
reload_machine_change(const struct tbl *a, const struct tbl *b)
{
	const struct tbl_machine *x = a->machine, *y = b->machine;

	if (x->early != y->early || x->late != y->late || !same_pairs(a, b, TBL_MODULES))
		return "kernel modules";
	if (!same_pairs(a, b, TBL_SYSCTLS))
		return "sysctls";
	if (!same_links(a, b))
		return "links";
	/* some, and none: rules that nobody keeps any more would stay */
	if (!tbl_count(a, TBL_NETS) != !tbl_count(b, TBL_NETS))
		return "private networks";
	if (!same_str(a, x->hostname, b, y->hostname))
		return "the hostname";
	if (!same_str(a, x->root, b, y->root))
		return "the root";
	if (memcmp(&x->zone, &y->zone, sizeof x->zone) != 0)
		return "the timezone";
	if (!same_str(a, x->disk_label, b, y->disk_label) || x->disk_wait_ms != y->disk_wait_ms ||
	    memcmp(x->disk_policy, y->disk_policy, sizeof x->disk_policy) != 0)
		return "the state disk";
	if (!same_str(a, x->watchdog, b, y->watchdog) || x->watchdog_ms != y->watchdog_ms)
		return "the watchdog";
	if (memcmp(x->syslog, y->syslog, sizeof x->syslog) != 0 || x->syslog_port != y->syslog_port)
		return "the syslog collector";
	if (x->required != y->required)
		return "the features of the kernel";
	return NULL;
}
