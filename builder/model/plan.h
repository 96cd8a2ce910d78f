/* SPDX-License-Identifier: MIT
 *
 * The plan: everything that a build will do, decided before anything is fetched. Units stand in dependency order, which
 * is the order of the service table.
 */
#ifndef INGOT_PLAN_H
#define INGOT_PLAN_H

#include "net_private.h"
#include "project.h"
#include "sources.h"

#define LOW_PORTS   1024 /* ports below are reserved to capabilities by the kernel's default */
#define DHCP_MEMORY (16u << 20) /* of the machine's own DHCP client */
#define DRIFT_JOB    "drift"      /* its name among the jobs */
#define DRIFT_MEMORY (32u << 20) /* of ingot-drift */
#define NET_MEMORY  (16u << 20) /* of ingot-net with its DHCP clients */

struct plan_source {
	const struct source *source;
	struct origin *origin;       /* "recipes/nginx.yml:7" */
	const char *recipe;          /* NULL: it stands in the image file */
	const struct deb_list *pins; /* a debian source or a build step's tools: what it came to; set by fetch */
	const struct deb_list **input_pins; /* build: of each input, NULL where it is no debian-source; set by fetch */
	const char *step;            /* build: the cache's name for its result; set by fetch */
	struct content archive;      /* an archive source: its bytes; set by fetch */
};

#define PLAN_FIRST_UID 10000 /* of units that name no user */

/* One root, of the machine or of a service: what is put there, in order. */
struct plan_root {
	const char *path; /* "" is the machine's own */
	struct plan_source *sources;
	size_t n_sources, room;
};

struct plan_unit {
	const struct model_service *unit;
	bool job;
	uint32_t uid, gid;
	const char *user; /* the name for /etc/passwd */
	struct plan_root root;
};

/* What ingot-probe does in a variant of the image; a real image has none of it. */
enum plan_probe {
	PROBE_NONE,
	PROBE_SELFTEST, /* it stands in the place of every unit, and the machine's side hears them */
	PROBE_AUDIT,    /* the machine's side reads the kernel's log for one unit */
	PROBE_TRACE,    /* it traces one unit, and the machine's side hands on what it sees */
};

struct plan {
	const struct project *project;
	struct arena *arena;
	struct plan_root machine;
	struct plan_unit *units; /* in dependency order */
	size_t n_units;
	const char *hostname;
	const char *cmdline;       /* the kernel's, whole */
	const char **modules;      /* wanted, each once */
	size_t n_modules;
	size_t n_early;            /* of them: what the root itself takes, where it is a squashfs */
	size_t n_late;             /* of the last of them: what no service needs */
	bool rooted;               /* it is one */
	uint32_t low_port;         /* net.ipv4.ip_unprivileged_port_start; 0: leave it */
	const struct model_link *dhcp; /* the link that a DHCP client is needed for, or NULL */
	bool net;                      /* ingot-net keeps the links, and starts the clients */
	struct private_nets nets;      /* of services; none: there is no ingot-net for them */
	const struct recipe_kernel *kernel;
	const struct deb_list *kernel_pins; /* set by fetch */
	bool fresh;                        /* set by fetch: something was pinned for the first time */
	enum plan_probe probe;             /* with another than none the machine has ingot-probe beside its services */
	const struct model_service *watched; /* the one that is audited or traced */
};

/* The project must have been loaded without errors; the plan borrows from it. */
void plan_make(struct plan *p, const struct project *project);
void plan_release(struct plan *p);

/* order.c: indices of units in the order that they start in, project_units() of them; the caller frees them. */
size_t *order_of_units(const struct project *p);

#endif
