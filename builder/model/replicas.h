/* SPDX-License-Identifier: MIT
 *
 * Services with `replicas`: the names of their instances, and what each instance has for itself. Instances are counted
 * from 1; a unit without replicas is one instance with its own name, and its texts hold no substitution.
 */
#ifndef INGOT_REPLICAS_H
#define INGOT_REPLICAS_H

#include "model.h"

/* How many there are, never 0. */
uint64_t replicas_count(const struct model_service *s);

/* "web@2", or "web" without replicas. */
const char *replicas_name(struct arena *a, const struct model_service *s, uint64_t instance);

/* "web@1 to web@3", for people. */
const char *replicas_span(struct arena *a, const struct model_service *s);

/* The texts with %i as the instance's number and %% as a percent sign; what an OCI image set stays as it is. */
const char *const *replicas_texts(struct arena *a, const struct model_service *s, const char *const *v, size_t n,
				  uint64_t instance);
/* Whether any of its texts holds a percent sign: if not, all instances have the same. */
bool replicas_differ(const struct model_service *s);
const char *const *replicas_command(struct arena *a, const struct model_service *s, uint64_t instance);
const char *const *replicas_env(struct arena *a, const struct model_service *s, uint64_t instance);

/* An edge is the name of a unit, NAME, or one of its instances, NAME@N: the length of NAME, and N or 0. */
size_t edge_length(const char *edge);
uint64_t edge_instance(const char *edge);
/* Whether two edges have an instance in common. */
bool edges_meet(const char *a, const char *b);

#endif
