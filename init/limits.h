/* SPDX-License-Identifier: MIT
 *
 * The limits and features of PID 1 as Kconfig sets them, with the values of a build without it. build/config.h comes in
 * by the compiler's -include. Each CFG_ word is always defined and is used in a plain `if`.
 */
#ifndef INGOT_LIMITS_H
#define INGOT_LIMITS_H

#ifndef CFG_MAX_SERVICES
#define CFG_MAX_SERVICES 64
#endif
#ifndef CFG_LOG_RING_KB
#define CFG_LOG_RING_KB 64
#endif
#ifndef CFG_MAX_CLIENTS
#define CFG_MAX_CLIENTS 8
#endif
#ifndef CFG_EVENTS_KEPT
#define CFG_EVENTS_KEPT 256
#endif
#ifndef CFG_RUNS_KEPT
#define CFG_RUNS_KEPT 256
#endif
#ifndef CFG_STOP_DEADLINE_MS
#define CFG_STOP_DEADLINE_MS 10000
#endif
#ifndef CFG_EMERGENCY_SHELL
#define CFG_EMERGENCY_SHELL 1
#endif
#ifndef CFG_JOBS
#define CFG_JOBS 1
#endif
#ifndef CFG_STATE_DISK
#define CFG_STATE_DISK 1
#endif
#ifndef CFG_POWER_BUTTON
#define CFG_POWER_BUTTON 1
#endif
#ifndef CFG_HOST_CONTROL
#define CFG_HOST_CONTROL 1
#endif
#ifndef CFG_WATCHDOG
#define CFG_WATCHDOG 1
#endif
#ifndef CFG_RELOAD
#define CFG_RELOAD 1
#endif
#ifndef CFG_SURVIVE
#define CFG_SURVIVE 1
#endif

#endif
