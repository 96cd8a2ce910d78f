/* SPDX-License-Identifier: MIT
 *
 * ingotctl drift: in the machine it becomes ingot-drift, which an image with `drift` has; from afar it has the
 * machine's own job do it, and shows what that wrote.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "fmt.h"

#define PROGRAM "/ingot/drift"
#define JOB     "drift"
#define CLOCKS_S 2 /* so far the machine's clock may be behind: it is set by one that counts whole seconds */
#define DRIFT_ERROR 2 /* as ingot-drift has it: 0 is no drift, 1 is some */

static int
from_afar(char *command, int argc)
{
	char ago[32], name[] = JOB, run[] = "run", wait[] = "--wait", logs[] = "logs", since[] = "--since";
	char *run_words[] = { run, name, wait, NULL }, *logs_words[] = { logs, since, ago, name, NULL };
	struct timespec before, after;

	if (argc > 1)
		return ctl_usage(command, "from afar it is of all services, as lines", "");
	clock_gettime(CLOCK_MONOTONIC, &before);
	int code = ctl_run(3, run_words);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (code != 0 && code != 1)
		return DRIFT_ERROR;
	fmt(ago, sizeof ago, "%us", (unsigned)(after.tv_sec - before.tv_sec) + 1 + CLOCKS_S);
	return ctl_logs(4, logs_words) ? DRIFT_ERROR : code;
}

int
ctl_drift(int argc, char **argv)
{
	struct err e;

	if (ctl_is_far())
		return from_afar(argv[0], argc);
	execv(PROGRAM, argv);
	if (errno == ENOENT)
		err_set(&e, 0, "drift: this image has no list of what it holds: write `drift: {}` into its file");
	else
		err_set(&e, errno, "%s", PROGRAM);
	ctl_fail(&e);
	return DRIFT_ERROR;
}
