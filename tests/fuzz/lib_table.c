/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a service table, as they are and with the header's size and checksum made right. Where the table opens,
 * everything that it leads to is read: nothing may lie outside.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"
#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

static void
read_text(const char *s)
{
	sink += strlen(s);
}

static void
read_service(const struct tbl *t, uint32_t index)
{
	const struct tbl_svc *s = tbl_svc(t, index);

	read_text(tbl_str(t, s->name));
	read_text(tbl_str(t, s->root));
	read_text(tbl_str(t, s->cwd));
	for (uint32_t i = 0; i < s->argv.count; i++)
		read_text(tbl_word(t, s->argv, i));
	for (uint32_t i = 0; i < s->env.count; i++)
		read_text(tbl_word(t, s->env, i));
	for (uint32_t i = 0; i < s->deps.count; i++)
		if (tbl_dep(t, s, i) >= index)
			abort(); /* PID 1 counts on the order */
	for (uint32_t i = 0; i < s->mounts.count; i++) {
		if (tbl_str(t, tbl_mount(t, s, i)->path)[0] != '/')
			abort();
		sink += tbl_mount(t, s, i)->size;
	}
	for (uint32_t i = 0; i < s->rlimits.count; i++)
		if (tbl_rlimit(t, s, i)->resource >= TBL_RLIMIT_KINDS)
			abort();
	for (uint32_t i = 0; i < s->binds.count; i++)
		if (tbl_bind(t, s, i) == 0 || tbl_bind(t, s, i) > 65535)
			abort();
	for (uint32_t i = 0; i < s->programs.count; i++)
		if (strchr(tbl_word(t, s->programs, i), '/'))
			abort();
	for (uint32_t i = 0; i < s->devices.count; i++)
		if (strncmp(tbl_word(t, s->devices, i), "/dev/", 5) != 0 || strstr(tbl_word(t, s->devices, i), "/../"))
			abort(); /* PID 1 makes what it says */
	for (uint32_t i = 0; i < s->listen.count; i++)
		if (!tbl_listen(t, s, i)->port)
			abort();
	if (s->net)
		read_text(tbl_net(t, s->net - 1)->name);
	for (uint32_t i = 0; i < s->knobs.count; i++) {
		const struct tbl_knob *k = tbl_knob(t, s, i);
		if (strncmp(tbl_str(t, k->file), "cgroup.", 7) == 0 || strchr(tbl_str(t, k->file), '/') || !tbl_str(t, k->reads)[0])
			abort(); /* PID 1 writes to what it says */
		read_text(tbl_str(t, k->value));
		read_text(tbl_str(t, k->device));
	}
	for (uint32_t i = 0; i < s->ports.count; i++)
		sink += tbl_ports(t, s)[i].port;
	if ((s->uid == 0) != (s->flags & TBL_SVC_MACHINE) || tbl_word(t, s->argv, 0)[0] != '/' || !s->memory_max)
		abort();
}

/* Its filter is run, whatever bytes it is; what comes out is within the scale. */
static void
read_score(const struct tbl *t, uint32_t index)
{
	struct score_facts facts;
	struct score score;

	score_facts_of(t, tbl_svc(t, index), &facts);
	score_compute(&facts, &score);
	if (score.tenths > 100 || score.n > SCORE_ITEMS_MAX)
		abort();
}

static void
read_table(const struct tbl *t)
{
	read_text(tbl_str(t, t->machine->image));
	read_text(tbl_str(t, t->machine->hostname));
	read_text(tbl_str(t, t->machine->shell));
	read_text(tbl_str(t, t->machine->root));
	for (uint32_t i = 0; i < t->machine->early; i++)
		read_text(tbl_str(t, tbl_module(t, i)->path));
	for (uint32_t i = 0; i < tbl_count(t, TBL_MODULES); i++) {
		read_text(tbl_str(t, tbl_module(t, i)->path));
		read_text(tbl_str(t, tbl_module(t, i)->params));
	}
	for (uint32_t i = 0; i < tbl_count(t, TBL_SYSCTLS); i++) {
		if (strncmp(tbl_str(t, tbl_sysctl(t, i)->path), "/proc/sys/", 10) != 0)
			abort();
		read_text(tbl_str(t, tbl_sysctl(t, i)->value));
	}
	for (uint32_t i = 0; i < tbl_count(t, TBL_LINKS); i++)
		read_text(tbl_str(t, tbl_link(t, i)->name));
	for (uint32_t i = 0; i < tbl_count(t, TBL_NETS); i++)
		for (uint32_t k = 0; k < tbl_net(t, i)->rules; k++)
			sink += tbl_net_rules(t)[tbl_net(t, i)->first + k].port;
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		read_service(t, i);
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS) && i < 4; i++)
		read_score(t, i);
}

static void
try(const void *bytes, size_t size)
{
	struct err e = { .msg = "" };
	struct tbl t = { .base = NULL };

	if (tbl_open(&t, bytes, size, &e) == 0)
		read_table(&t);
	else if (!e.msg[0] || t.base)
		abort(); /* a refusal says why, and touches nothing */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tbl_header *h = malloc(size ? size : 1); /* aligned, and not a byte more */

	memcpy(h, data, size);
	try(h, size);
	if (size >= sizeof *h) {
		memcpy(h->magic, TBL_MAGIC, sizeof h->magic);
		h->version = TBL_VERSION;
		h->size = (uint32_t)size;
		h->crc = tbl_crc(h, size);
		try(h, size);
	}
	free(h);
	return 0;
}
