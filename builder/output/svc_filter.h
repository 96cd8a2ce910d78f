/* SPDX-License-Identifier: MIT
 *
 * The filter of a service's system calls, by what its file says.
 */
#ifndef INGOT_SVC_FILTER_H
#define INGOT_SVC_FILTER_H

#include "filter.h"
#include "model.h"

/* Writes it to out, which has room for FILTER_MAX; returns its length, 0 where it is unconfined. */
size_t svc_filter(const struct model_service *s, struct sock_filter *out);

/* The word of seccomp.sockets that lets this family through, AF_NETLINK by its protocol; NULL where there is none. */
const char *svc_filter_word(unsigned family, unsigned protocol);

#endif
