/* SPDX-License-Identifier: MIT
 *
 * What is executed inside later, as a child of the service or by `ingotctl exec`, is held as the service is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static char status[8192];

/* "CapEff:\t0000" */
static bool
status_has(const char *name, const char *value)
{
	char line[64];

	snprintf(line, sizeof line, "\n%s:\t%s\n", name, value);
	return strstr(status, line) != NULL;
}

/* No more than the service itself keeps. */
static bool
capabilities_hold(const struct expect *x)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	char want[32];

	snprintf(want, sizeof want, "%016llx", x->caps);
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (!status_has(sets[i], want))
			return false;
	return true;
}

static bool
ids_hold(const struct expect *x)
{
	return getuid() == x->uid && geteuid() == x->uid && getgid() == x->gid && getegid() == x->gid;
}

static bool
unconfined(const struct expect *x)
{
	return strcmp(x->seccomp, "unconfined") == 0;
}

bool
inside_held(const struct expect *x)
{
	slurp("/proc/self/status", status, sizeof status);
	return capabilities_hold(x) && ids_hold(x) && status_has("NoNewPrivs", "1") &&
	       (unconfined(x) || status_has("Seccomp", "2"));
}

void
report_inside(const struct expect *x)
{
	const char *calls = expect_loose_call(x);
	char cgroup[64] = "";

	slurp("/proc/self/status", status, sizeof status);
	report_held(33, NULL, "exec: the service's capabilities", capabilities_hold(x), "");
	report_held(33, NULL, "exec: no_new_privs", status_has("NoNewPrivs", "1"), "");
	report_held(33, unconfined(x) ? calls : NULL, "exec: a filter", status_has("Seccomp", "2"), "");
	report_held(33, NULL, "exec: ids", ids_hold(x), "");
	report_refused(x, 33, "exec: unshare", SYS_unshare, code_of(syscall(SYS_unshare, 0)));
	slurp("/proc/self/cgroup", cgroup, sizeof cgroup);
	cgroup[strcspn(cgroup, "\n")] = '\0';
	report_text(33, NULL, "exec: cgroup", "0::/", cgroup);
	report_spaces("exec"); /* the service's own view is compared with this one outside */
	report_end();
}

void
check_inside(void)
{
	int status_of = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		execl(PROBE_FILE, PROBE_FILE, "child", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status_of, 0);
	report_call(33, NULL, "a program that it executes is held", 0,
		    pid < 0 ? errno : WIFEXITED(status_of) ? WEXITSTATUS(status_of) : KILLED + WTERMSIG(status_of));
}
