/* SPDX-License-Identifier: MIT */
#include "features.h"

static const char *const names[FEATURES] = {
	[FEATURE_LANDLOCK] = "landlock",
	[FEATURE_MDWE] = "mdwe",
	[FEATURE_MEMFD_NOEXEC] = "memfd-noexec",
	[FEATURE_DEVICES] = "devices",
};

const char *
feature_name(uint32_t f)
{
	return f < FEATURES ? names[f] : "unknown";
}
