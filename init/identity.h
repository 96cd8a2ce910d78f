/* SPDX-License-Identifier: MIT
 *
 * Who a service's process is and what it may no longer do: ids, capabilities, no_new_privs, resource limits, signals.
 * The launcher and `ingotctl exec` share this, so that what enters a service later is held as the service is.
 */
#ifndef INGOT_IDENTITY_H
#define INGOT_IDENTITY_H

#include <sys/types.h>

/* Each returns 0, or -1 with errno; after a failure the process must not go on. */

/* Resource limits of the default posture, and every processor. */
int identity_rlimits(void);

/* Ids without extra groups, securebits locked; capabilities are still held. Undumpable from here until exec. */
int identity_ids(uid_t uid, gid_t gid);

/* All five capability sets empty, no_new_privs: nothing can be regained. */
int identity_drop(void);

/* Every signal's disposition becomes the default; the mask stays. */
void identity_signals(void);

#endif
