/* SPDX-License-Identifier: MIT
 *
 * The one place that prints what went wrong.
 */
#ifndef INGOT_REPORT_H
#define INGOT_REPORT_H

#include "build.h"

/* With --json each error is a line of JSON. */
void report_json(bool json);

/* One line for an error. Returns the status. */
int report_error(const struct err *e, int status);
/* What a verb returned, as verbs.h says, with the errors of the files or *e: prints them, returns the exit status. */
int report(const struct build *b, int result, const struct err *e);

#endif
