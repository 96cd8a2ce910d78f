/* SPDX-License-Identifier: MIT
 *
 * ingotctl reexec: asks PID 1 to be replaced, and waits for the new program's answer.
 */
#include <string.h>

#include "ctl.h"

int
ctl_reexec(int argc, char **argv)
{
	struct ctl_request q = { .version = CTL_VERSION, .verb = CTL_REEXEC };
	struct err e;

	if (argc > 2)
		return ctl_usage(argv[0], "too many arguments: ", argv[2]);
	if (argc == 2) {
		if (argv[1][0] == '-')
			return ctl_usage(argv[0], "unknown option ", argv[1]);
		if (argv[1][0] != '/' || strlen(argv[1]) >= sizeof q.path)
			return ctl_usage(argv[0], "the path must be absolute, and not too long: ", argv[1]);
		strcpy(q.path, argv[1]);
	}
	return ctl_ask(&q, NULL, NULL, &e) ? ctl_fail(&e) : CTL_OK;
}
