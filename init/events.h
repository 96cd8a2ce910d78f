/* SPDX-License-Identifier: MIT
 *
 * The newest changes of services' states, numbered, in a ring of fixed size.
 */
#ifndef INGOT_EVENTS_H
#define INGOT_EVENTS_H

#include "init.h"

/* After each step of service i: keeps the change, if its state is another than before. */
void events_note(struct init *in, uint32_t i, uint32_t before);

/* The change behind *pos, or NULL where there is none yet; *pos is its number then. Where the ring has overrun *pos,
 * NULL, *lost says by how many changes, and *pos is moved behind them. */
const struct svc_change *events_next(const struct event_ring *r, uint64_t *pos, uint64_t *lost);

/* The *pos from which all that is kept comes. */
uint64_t events_first(const struct event_ring *r);

/* Services have other places: see loop_move. What is gone has no name any more. */
void events_move(struct init *in, const uint32_t *to, uint32_t n);

/* Service i was above its memory_high. */
void events_pressure(struct init *in, uint32_t i);

#endif
