/* SPDX-License-Identifier: MIT
 *
 * Cleanup attributes: what a scope owns is released when it ends, unless it was taken out of the variable.
 */
#ifndef INGOT_CLEANUP_H
#define INGOT_CLEANUP_H

#include <unistd.h>

#define AUTO_FD __attribute__((cleanup(fd_cleanup))) int

static inline void
fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd); /* never retried on EINTR: Linux has closed it by then */
}

/* Hands the descriptor to the caller; the scope no longer owns it. */
static inline int
take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
