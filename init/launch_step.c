/* SPDX-License-Identifier: MIT
 *
 * The names of the steps of a launch, for PID 1 and ingotctl alike. A name is what a user reads: "step mount".
 */
#include "spawn.h"

static const char *const names[LAUNCH_STEPS] = {
	[LAUNCH_CGROUP] = "cgroup",
	[LAUNCH_LIMITS] = "limits",
	[LAUNCH_STATE] = "state",
	[LAUNCH_PIPES] = "pipes",
	[LAUNCH_CLONE] = "clone",
	[LAUNCH_FDS] = "descriptors",
	[LAUNCH_CGROUP_NS] = "cgroup namespace",
	[LAUNCH_ROOT] = "root",
	[LAUNCH_MOUNT] = "mount",
	[LAUNCH_CHROOT] = "chroot",
	[LAUNCH_NOTIFY] = "notify",
	[LAUNCH_CWD] = "cwd",
	[LAUNCH_HOSTNAME] = "hostname",
	[LAUNCH_RLIMITS] = "rlimits",
	[LAUNCH_IDS] = "ids",
	[LAUNCH_CAPS] = "capabilities",
	[LAUNCH_STUB] = "stub",
	[LAUNCH_FORK] = "fork",
	[LAUNCH_EXEC] = "exec",
	[LAUNCH_NAMESPACES] = "namespaces",
	[LAUNCH_SECCOMP] = "seccomp",
	[LAUNCH_LISTEN] = "listen",
	[LAUNCH_MDWE] = "mdwe",
	[LAUNCH_USER_NS] = "user namespace",
	[LAUNCH_LANDLOCK] = "landlock",
	[LAUNCH_NETWORK] = "network",
	[LAUNCH_DEVICES] = "devices",
};

const char *
launch_step_name(uint32_t step)
{
	return step < LAUNCH_STEPS ? names[step] : "unknown";
}
