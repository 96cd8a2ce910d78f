/* SPDX-License-Identifier: MIT
 *
 * A descriptor that goes over a unix socket along with some bytes.
 */
#ifndef INGOT_PASS_H
#define INGOT_PASS_H

#include <stddef.h>
#include <sys/types.h>

/* The next packet, and the one descriptor that may come with it, close-on-exec: *fd is -1 or the caller's. The kernel
 * closes any other. Returns the packet's size, which may be more than was read, or -1 with errno; it never waits. */
ssize_t pass_receive(int from, void *buf, size_t size, int *fd);

#endif
