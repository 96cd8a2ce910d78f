/* SPDX-License-Identifier: MIT
 *
 * The caller's terminal as something to draw on.
 */
#ifndef INGOT_CTL_TERM_H
#define INGOT_CTL_TERM_H

#include <stdbool.h>

/* Columns and lines of standard output; 80 by 0 where it is no terminal that tells. Lines 0 is "no end". */
void term_size(int *columns, int *lines);

/* Keys come one by one and unseen from here on, and the cursor is hidden; false where there is no terminal to do that
 * with. term_live_end undoes both, and may be called in any case. */
bool term_live_begin(void);
void term_live_end(void);

/* Waits for ms; true where the user wants to end: q, or a signal that would end the program. */
bool term_live_wait(int ms);

#endif
