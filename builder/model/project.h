/* SPDX-License-Identifier: MIT
 *
 * An image file read, with every recipe that it names: the model, loaded and checked, before anything is fetched.
 */
#ifndef INGOT_PROJECT_H
#define INGOT_PROJECT_H

#include "model.h"

struct project {
	struct arena *arena;
	struct diags *diags;
	const char *file;        /* the image file's path as given */
	struct image image;
	struct recipe **recipes; /* all that are named anywhere, each once */
	size_t n_recipes;
};

/* Reads and checks an image file; recipes are looked for in recipes/ beside the image file, in recipes/ beside its
 * folder, then in `recipe_dir` (may be NULL). What is wrong is in p->diags; returns -1 if anything is. */
int project_load(struct project *p, const char *image_file, const char *recipe_dir);
void project_release(struct project *p);

struct recipe *project_recipe(const struct project *p, const char *name);

/* Services, then jobs, as one sequence: the i-th of project_units(). */
size_t project_units(const struct project *p);
struct model_service *project_unit(const struct project *p, size_t i);
bool project_is_job(const struct project *p, size_t i);

/* What a unit starts behind, as one sequence: its needs, then its wants. */
size_t project_edges(const struct model_service *s);
const char *project_edge(const struct model_service *s, size_t k);

/* check.c: everything that must hold between the values of a model; says what does not to p->diags. */
void project_check(struct project *p);
/* check_source.c: what a source reads from the host. folder is its recipe's; NULL: it stands in the image file. */
void check_source_host(struct project *p, const struct source *s, const char *folder);
/* oci_defaults.c: fills in what the service's OCI image sets, once its sources are checked; says where it
 * has no command. */
void oci_defaults(struct project *p, struct model_service *s);

/* check_needs.c: the same for what units need of one another. */
void project_check_needs(struct project *p);
/* check_watch.c: the same for how a service is found ready, and well. */
void project_check_watch(struct project *p, const struct model_service *s);
/* check_seccomp.c: the same for the system calls that it may make. */
void project_check_seccomp(struct project *p, const struct model_service *s);
void project_check_capabilities(struct project *p, const struct model_service *s);
void project_check_devices(struct project *p, const struct model_service *s);
/* replicas.c: the same for the instances of a service. */
void project_check_replicas(struct project *p, const struct model_service *s);
/* check_knobs.c: the same for what is more than memory, processes and processor time in `limits`. */
void project_check_knobs(struct project *p, const struct model_service *s);
/* check_disk.c: the same for the disk that state is on. */
void project_check_disk(struct project *p);
/* check_logs.c: the same for what becomes of the services' output. */
void project_check_logs(struct project *p);
/* check_step.c: the same for a build step. */
void project_check_step(struct project *p, const struct src_build *b, const char *folder);

/* check_logs.c: what a service's `logs` come to, TBL_SVC_LOG_* as in the table; s is NULL for a program of the
 * machine. */
uint32_t logs_flags(const struct image *m, const struct model_service *s);
/* Whether the log of anything is kept on the state disk. */
bool logs_on_disk(const struct project *p);

#endif
