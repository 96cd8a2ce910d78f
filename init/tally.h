/* SPDX-License-Identifier: MIT
 *
 * Which services wait, how many jobs run, and when something is due next, kept so that a wake-up costs nothing for the
 * services that it is not about. All of it can be told from the services themselves: it decides nothing.
 */
#ifndef INGOT_TALLY_H
#define INGOT_TALLY_H

#include "init.h"

/* Counts anew: at the boot, and after an exec. */
void tally_begin(struct init *in);

/* A service has stepped on from `before`. */
void tally_note(struct init *in, uint32_t i, const struct svc *before);

/* The times of one service may have changed, or those of all. */
void tally_times(struct init *in, uint32_t i);
void tally_all_times(struct init *in);

/* The first service at or behind i for which something is due, or a number that is none. */
uint32_t tally_due(struct init *in, uint32_t i);

/* When something will be due, or SVC_NEVER. */
uint64_t tally_next_ms(struct init *in);

#endif
