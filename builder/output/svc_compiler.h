/* SPDX-License-Identifier: MIT
 *
 * The service table while it is being made: its sections, and who puts what into them.
 */
#ifndef INGOT_SVC_COMPILER_H
#define INGOT_SVC_COMPILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "table.h"
#include "tree.h"

struct svc_section {
	char *bytes; /* malloc'ed; svc_table.c frees it */
	size_t count, room; /* elements */
};

struct compiler {
	const struct plan *plan;
	struct tree *tree; /* all files of the image, but the table */
	struct svc_section section[TBL_SECTIONS];
	uint32_t own; /* so many of the first services are the machine's own: the DHCP client, or ingot-net */
	uint32_t switcher; /* of them: what makes private networks, with any */
	bool probed; /* the one behind those is ingot-probe as a program of the machine */
	uint32_t *first; /* of each unit, the index of its first instance */
	uint64_t instance; /* of the unit that is being added */
};

extern const size_t svc_element_size[TBL_SECTIONS]; /* bytes of one */

void svc_append(struct compiler *c, enum tbl_section s, const void *element);
uint32_t svc_count(const struct compiler *c, enum tbl_section s);
uint32_t svc_string(struct compiler *c, const char *text); /* its offset; 0 for none */
struct tbl_span svc_words(struct compiler *c, const char *const *v, size_t n);
uint64_t svc_capabilities(const struct model_service *s); /* bit N: capability N that it keeps */

/* svc_network.c: the sockets that PID 1 binds for a service; what its environment says of them (0 to 3 words, behind
 * those that were written last); and its private network, as struct tbl_svc has it. */
struct tbl_span svc_listen(struct compiler *c, const struct model_service *s);
uint32_t svc_listen_words(struct compiler *c, const struct model_service *s);
/* The same words, for others. */
#define LISTEN_WORDS 3
size_t svc_listen_env(struct arena *a, const struct model_service *s, const char *out[LISTEN_WORDS]);
uint32_t svc_net(struct compiler *c, const struct model_service *s);
/* svc_knobs.c: what its file asks of its cgroup beyond the record's own limits. */
struct tbl_span svc_knobs(struct compiler *c, const struct model_limits *l);

/* svc_programs.c: what of a service's root holds programs. */
struct tbl_span svc_programs(struct compiler *c, const char *root);
/* svc_records.c: first of all, where each unit will stand: c->first. */
void svc_place_units(struct compiler *c);
/* The services and jobs of the plan in its order, behind the machine's own one. */
void svc_add_records(struct compiler *c);
/* Of a unit, or of its first instance, where the name stands for several. */
uint32_t svc_index(const struct compiler *c, const char *name);

#define WITNESS_STOP_MS 10000 /* it may have much to say then */
/* svc_witness.c: the machine's side of a probed image, and the dependency of all others on it. */
void svc_add_witness(struct compiler *c);
struct tbl_span svc_behind_witness(struct compiler *c);

#endif
