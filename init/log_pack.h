/* SPDX-License-Identifier: MIT
 *
 * Files that are full: packed, one at a time and by another program, and removed once there is too much of a service.
 */
#ifndef INGOT_LOG_PACK_H
#define INGOT_LOG_PACK_H

#include "logbook.h"

/* The file of a place that is added to. */
struct log_open {
	uint32_t seq;  /* 0: none yet */
	uint64_t size; /* as we left it */
};

/* All that lies there from earlier is looked at. */
void log_pack_init(const struct logbook *b, int logs);

/* The place is about to get another file: the oldest ones of the folder go until there is room for it within max, and
 * those that stay shall be packed. */
void log_pack_old(int folder, uint32_t place, uint64_t max);

/* Ends what was packed meanwhile, and begins with the next file that is not added to. Never waits. */
void log_pack_next(uint32_t boot, const struct log_open *open);

/* What is being packed stays as it is. */
void log_pack_end(void);

#endif
