/* SPDX-License-Identifier: MIT
 *
 * ingotctl poweroff: the end of the machine, with an exit status for whoever runs it as a VM.
 */
#include <string.h>

#include "ctl.h"
#include "ctl_words.h"

#define STATUS_MAX 255

int
ctl_poweroff(int argc, char **argv)
{
	struct ctl_request q = { .version = CTL_VERSION, .verb = CTL_POWEROFF };
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--status") != 0)
			return ctl_usage(argv[0], argv[i][0] == '-' ? "unknown option " : "too many arguments: ", argv[i]);
		if (++i == argc || !number_word(argv[i], &q.since) || q.since > STATUS_MAX)
			return ctl_usage(argv[0], "--status wants a number from 0 to 255", "");
	}
	return ctl_ask(&q, NULL, NULL, &e) ? ctl_fail(&e) : CTL_OK;
}
