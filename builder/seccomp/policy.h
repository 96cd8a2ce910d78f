/* SPDX-License-Identifier: MIT
 *
 * Which system calls a service may make when its file says nothing.
 */
#ifndef INGOT_POLICY_H
#define INGOT_POLICY_H

#include <stdbool.h>

#include "filter.h"

/* Fills in the verdicts; families and mode are the caller's. A call that is not named here is denied. */
void policy_default(struct filter_rules *r);

/* Adds what makes memory executable that was written through another name: files and segments in memory. */
void policy_jit(struct filter_rules *r);

/* Whether the stub, which lives under the same filter, makes this call: it cannot be denied. */
bool policy_is_stubs(const char *name);

#endif
