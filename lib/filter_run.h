/* SPDX-License-Identifier: MIT
 *
 * What a filter of system calls decides: its bytes are run as the kernel runs them.
 */
#ifndef INGOT_FILTER_RUN_H
#define INGOT_FILTER_RUN_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

/* Returns what the program returns for the call (SECCOMP_RET_*). One that this cannot run, wherever its bytes come
 * from, counts as none: SECCOMP_RET_ALLOW. */
uint32_t filter_run(const struct sock_filter *code, size_t n, const struct seccomp_data *call);

#endif
