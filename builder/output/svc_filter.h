/* SPDX-License-Identifier: MIT
 *
 * The filter of a service's system calls, by what its file says.
 */
#ifndef INGOT_SVC_FILTER_H
#define INGOT_SVC_FILTER_H

#include <stdbool.h>

#include "filter.h"
#include "model.h"

/* Writes it to out, which has room for FILTER_MAX; returns its length, 0 where it is unconfined. */
size_t svc_filter(const struct model_service *s, struct sock_filter *out);

/* The same before it is compiled: what is decided of each call. False where it is unconfined. */
bool svc_filter_rules(const struct model_service *s, struct filter_rules *out);

/* Families of sockets, as filter_rules has them, where the file states none. */
uint64_t svc_filter_families(const struct model_service *s);

#endif
