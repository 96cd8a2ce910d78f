/* SPDX-License-Identifier: MIT
 *
 * The service of the bench of inits: it gives itself the time of its start as its name, which /proc shows to whoever
 * may look from outside, however isolated it is, and waits for good. With `bomb` it is a fork bomb.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec now;
	char name[16];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(name, sizeof name, "T%lld", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	prctl(PR_SET_NAME, name);
	if (argc > 1 && strcmp(argv[1], "bomb") == 0)
		for (;;)
			fork();
	for (;;)
		pause();
}
