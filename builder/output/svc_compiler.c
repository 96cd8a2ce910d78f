/* SPDX-License-Identifier: MIT
 *
 * The sections grow as records come. A string that is there already is found again.
 */
#include "svc_compiler.h"

#include <string.h>

const size_t svc_element_size[TBL_SECTIONS] = {
	[TBL_MACHINE] = sizeof(struct tbl_machine), [TBL_MODULES] = sizeof(struct tbl_module),
	[TBL_SYSCTLS] = sizeof(struct tbl_sysctl),  [TBL_LINKS] = sizeof(struct tbl_link),
	[TBL_SVCS] = sizeof(struct tbl_svc),        [TBL_MOUNTS] = sizeof(struct tbl_mount),
	[TBL_DEPS] = sizeof(uint32_t),              [TBL_WORDS] = sizeof(uint32_t),
	[TBL_FILTERS] = sizeof(struct sock_filter), [TBL_STRINGS] = 1,
	[TBL_LISTENS] = sizeof(struct tbl_listen),  [TBL_NETS] = sizeof(struct tbl_net),
	[TBL_NET_RULES] = sizeof(struct tbl_net_rule),
	[TBL_KNOBS] = sizeof(struct tbl_knob),
	[TBL_RLIMITS] = sizeof(struct tbl_rlimit),  [TBL_BINDS] = sizeof(uint32_t),
	[TBL_PORTS] = sizeof(struct tbl_port),
};

void
svc_append(struct compiler *c, enum tbl_section s, const void *element)
{
	struct svc_section *x = &c->section[s];

	x->bytes = grow(x->bytes, x->count, &x->room, svc_element_size[s]);
	memcpy(x->bytes + x->count * svc_element_size[s], element, svc_element_size[s]);
	x->count++;
}

uint32_t
svc_count(const struct compiler *c, enum tbl_section s)
{
	return (uint32_t)c->section[s].count;
}

uint32_t
svc_string(struct compiler *c, const char *text)
{
	const struct svc_section *x = &c->section[TBL_STRINGS];

	if (!text || !text[0])
		return 0;
	for (size_t at = 1; at < x->count; at += strlen(x->bytes + at) + 1)
		if (strcmp(x->bytes + at, text) == 0)
			return (uint32_t)at;
	uint32_t off = svc_count(c, TBL_STRINGS);
	do
		svc_append(c, TBL_STRINGS, text);
	while (*text++);
	return off;
}

struct tbl_span
svc_words(struct compiler *c, const char *const *v, size_t n)
{
	struct tbl_span span = { svc_count(c, TBL_WORDS), (uint32_t)n };

	for (size_t i = 0; i < n; i++) {
		uint32_t off = svc_string(c, v[i]);
		svc_append(c, TBL_WORDS, &off);
	}
	return span;
}
