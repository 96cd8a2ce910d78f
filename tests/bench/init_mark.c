/* SPDX-License-Identifier: MIT
 *
 * The service of the bench of inits: it gives itself the time of its start as its name, which /proc shows to whoever
 * may look from outside, however isolated it is, and waits for good. With `bomb` it is a fork bomb. It is part of what
 * is measured, for each init alike: it makes the system call itself, as the C library would look for the kernel's way
 * without one first, and prints nothing.
 */
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct timespec now;
	char name[16] = "", *at = name + sizeof name - 1;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	for (long long us = (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000; us; us /= 10)
		*--at = (char)('0' + us % 10);
	*--at = 'T';
	prctl(PR_SET_NAME, at);
	if (argc > 1 && strcmp(argv[1], "bomb") == 0)
		for (;;)
			fork();
	for (;;)
		pause();
}
