/* SPDX-License-Identifier: MIT
 *
 * Progress of long work: a bar on a terminal, a plain line at the start and the end elsewhere, nothing with
 * --quiet, a line of JSON for each step with --json. All of it goes to standard error.
 */
#ifndef INGOT_PROGRESS_H
#define INGOT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_unit { PROGRESS_BYTES, PROGRESS_ITEMS };

enum progress_mode { PROGRESS_SHOWN, PROGRESS_QUIET, PROGRESS_JSON };

void progress_mode(enum progress_mode mode);
/* One at a time: begin, update any number of times, end. A total of 0 is unknown. */
void progress_begin(const char *what, uint64_t total, enum progress_unit unit);
void progress_update(uint64_t done);
/* A few words behind the name on a terminal's bar ("12 of 31"); seen at the next update. */
void progress_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void);
/* Instead of end, where the work failed: the bar goes, and nothing claims that it was done. */
void progress_cancel(void);
/* A plain line that does not break a bar. */
void progress_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
