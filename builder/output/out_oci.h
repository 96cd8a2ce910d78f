/* SPDX-License-Identifier: MIT
 *
 * An OCI archive: an image layout in one tar, which holds one image for each service and job, named as the unit is.
 */
#ifndef INGOT_OUT_OCI_H
#define INGOT_OUT_OCI_H

#include "output.h"

/* Writes to fd, which the caller owns. */
int out_oci(const struct build *b, int fd, struct out_size *size, struct err *e);

#endif
