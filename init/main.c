/* SPDX-License-Identifier: MIT
 *
 * ingot-init, PID 1 of an image. It boots, then waits for events for good: it never exits, never blocks, and never
 * allocates.
 */
#include <stddef.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "console.h"
#include "loop.h"
#include "signals.h"

static struct state state;

void
init_bug(const struct init *in, const char *file, int line, const char *what)
{
	(void)in;
	warn("inconsistent: %s:%d: %s; going on", file, line, what);
}

int
main(void)
{
	static const char usage[] = "ingot-init is PID 1 of an image; there is nothing to run here\n";
	struct init in = { .s = &state };
	struct err e;

	if (getpid() != 1)
		return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 1 : 2;
	signals_block();
	reboot(RB_DISABLE_CAD); /* Ctrl-Alt-Del: SIGINT, not an end on the spot */
	umask(022);
	if (boot(&in, &e))
		boot_failed(&in, &e);
	loop_run(&in);
}
