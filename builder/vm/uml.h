/* SPDX-License-Identifier: MIT
 *
 * User Mode Linux in QEMU's place, for images whose kernel is one: a program of the host, which needs no processor that
 * virtualises. It has a console and no control port, so that a machine must end by itself.
 */
#ifndef INGOT_UML_H
#define INGOT_UML_H

#include "qemu.h"

#define UML_MACHINE "uml" /* as --machine names it */

bool uml_is_asked(const struct run_options *o);
/* The kernel as a file in memory that can be executed: a descriptor, or -1 with *e set. */
int uml_program(const char *kernel, struct err *e);
/* Its command line, into v: no more than UML_ARGS words and a null. */
#define UML_ARGS 32
size_t uml_args(struct arena *a, const struct qemu_config *c, int console, const char **v);

#endif
