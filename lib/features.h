/* SPDX-License-Identifier: MIT
 *
 * What a kernel may lack and services are run without: each feature with the name that people write and read. All else
 * that isolation is made of (namespaces, cgroups, seccomp) every kernel must have.
 */
#ifndef INGOT_FEATURES_H
#define INGOT_FEATURES_H

#include <stdint.h>

enum feature {
	FEATURE_LANDLOCK,
	FEATURE_MDWE,         /* memory that was written is not executed: Linux 6.3 */
	FEATURE_MEMFD_NOEXEC, /* nor is a memfd: the sysctl of Linux 6.3 */
	FEATURE_DEVICES,      /* a filter of devices for a cgroup */
	FEATURES
};

/* "landlock"; "unknown" for a number that is none. */
const char *feature_name(uint32_t f);

#endif
