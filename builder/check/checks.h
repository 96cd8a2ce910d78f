/* SPDX-License-Identifier: MIT
 *
 * What a finished image is held against before anybody boots it. What is wrong goes to the project's diags, with the
 * place of the key that it hangs on, all of it in one run; each function fails by *e only where it could not look.
 */
#ifndef INGOT_CHECKS_H
#define INGOT_CHECKS_H

#include "build.h"
#include "output.h"

/* check_programs.c: that each command can be executed, with all that its loader needs; that no program is another
 * processor's. */
int check_programs(const struct build *b, struct err *e);

/* check_config.c: that the kernel was configured with what the image uses of it. */
int check_kernel_config(const struct build *b, struct err *e);

/* check_budget.c: that the files, which lie where `name` says, keep to `budget`, and the machine to its memory. */
void check_budget(const struct build *b, const char *(*name)(const struct build *b, const char *name));

/* check_score.c: that no service is more exposed than `budget` lets it be. */
void check_score(const struct build *b);

#endif
