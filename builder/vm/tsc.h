/* SPDX-License-Identifier: MIT
 *
 * The rate of this processor's time stamp counter, which QEMU without an accelerator passes on to the guest.
 */
#ifndef INGOT_TSC_H
#define INGOT_TSC_H

/* kHz, measured over 20 ms; 0 where there is no such counter. */
unsigned tsc_khz(void);

#endif
