/* SPDX-License-Identifier: MIT
 *
 * What is mounted in the machine: over its root nothing may be but what PID 1 mounts there, and the root is read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ctl_files.h"
#include "drift.h"
#include "drift_proc.h"

/* PID 1's own, with all below them: its templates, and the services' state. */
static bool
is_own(const char *point)
{
	static const char *const exact[] = { "/", "/proc", "/sys", "/sys/fs/cgroup", "/dev", "/tmp" };
	static const char *const trees[] = { "/run", "/state" };
	bool own = false;

	for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
		own = own || strcmp(point, exact[i]) == 0;
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
		size_t n = strlen(trees[i]);
		own = own || (strncmp(point, trees[i], n) == 0 && (point[n] == '\0' || point[n] == '/'));
	}
	return own;
}

int
drift_mounts(struct err *e)
{
	static char text[1 << 20];
	const char *root = NULL;
	struct proc_mount m;

	if (!file_text(AT_FDCWD, "/proc/1/mountinfo", text, sizeof text))
		return err_set(e, errno, "/proc/1/mountinfo");
	for (char *at = text; proc_next_mount(&at, &m);) {
		if (!is_own(m.point))
			finding("mount", NULL, m.point, "nothing", m.type);
		else if (!proc_has_word(m.options, "nosuid") && strcmp(m.type, "rootfs") != 0)
			finding("mount", NULL, m.point, "nosuid", m.options);
		if (strcmp(m.point, "/") == 0)
			root = m.options; /* the last one is on top */
	}
	if (root && !proc_has_word(root, "ro"))
		finding("mount", NULL, "/", "read-only", root);
	return 0;
}
