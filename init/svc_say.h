/* SPDX-License-Identifier: MIT
 *
 * What a service's changes look like to a person.
 */
#ifndef INGOT_SVC_SAY_H
#define INGOT_SVC_SAY_H

#include "init.h"

/* How the last run ended, as in "exit 3"; returns the length. */
size_t svc_end_text(const struct init *in, uint32_t i, char *buf, size_t cap);

/* The line for a step from the state before to the one that it has now, if there is one to say. */
void svc_say(const struct init *in, uint32_t i, const struct svc *before, uint32_t actions);

/* "service" or "job" */
const char *svc_kind_word(const struct init *in, uint32_t i);

#endif
