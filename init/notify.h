/* SPDX-License-Identifier: MIT
 *
 * What services say by sd_notify (sd_notify(3)): READY=1 and WATCHDOG=1 or =trigger. All else is read and left alone,
 * descriptors that come along are closed. Only processes within the service's own mount namespace reach its socket.
 */
#ifndef INGOT_NOTIFY_H
#define INGOT_NOTIFY_H

#include "init.h"

/* Something was said. */
void notify_event(struct init *in, uint32_t i);

/* It said too much and was not listened to for a while: that is over. */
void notify_again(struct init *in, uint32_t i);

#endif
