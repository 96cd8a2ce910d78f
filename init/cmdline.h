/* SPDX-License-Identifier: MIT
 *
 * The kernel command line's words that are ours: the emergency override of what an image says. The only text that
 * PID 1 parses; bounded, no allocation, no system call.
 */
#ifndef INGOT_CMDLINE_H
#define INGOT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CMDLINE_MAX 4096 /* what is longer is cut */
#define CMDLINE_UNKNOWN_MAX 32

struct cmdline {
	bool shell;       /* ingot.shell: a shell on the console beside the services */
	bool emergency;   /* ingot.emergency: a shell on the console instead of them */
	bool quiet;       /* ingot.quiet: only failures on the console */
	bool log_console; /* ingot.log=console: the services' output too */
	int32_t panic;    /* panic=: 0 power off, above: reboot after so many seconds, below: at once */
	char unknown[CMDLINE_UNKNOWN_MAX]; /* the first ingot. word that is none of these; "" without one */
};

/* Words are parted by blanks, quotes hold a word together as in the kernel, and what follows "--" is not ours. */
void cmdline_parse(struct cmdline *c, const char *text, size_t len);

#endif
