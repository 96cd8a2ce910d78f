/* SPDX-License-Identifier: MIT
 *
 * ingot-init, PID 1 of an image. It boots, then waits for events for good: it never exits, never blocks, and never
 * allocates.
 */
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "console.h"
#include "crash.h"
#include "keep.h"
#include "loop.h"
#include "reexec.h"
#include "ending.h"
#include "identity.h"
#include "signals.h"

void
init_bug(const struct init *in, const char *file, int line, const char *what)
{
	(void)in;
	warn("inconsistent: %s:%d: %s; going on", file, line, what);
}

/* With the state of the program before this one, whether it crashed or was replaced. */
static void
go_on(struct init *in, int fd)
{
	struct err e;

	prctl(PR_SET_NAME, "init"); /* whatever path it was executed by */
	in->memory = fd;
	if (boot_patiently(in, keep_resume, &e))
		boot_again_failed(&e);
	crash_init(in); /* before anything that the state could make crash */
	if (boot_again(in, &e))
		boot_again_failed(&e);
}

static void
begin(struct init *in)
{
	struct err e;

	if (keep_init(in, &e)) {
		console_init();
		warn("boot failed: %s", e.msg);
		ending_now(DOWN_POWEROFF, 0);
	}
	if (boot(in, &e))
		boot_failed(in, &e);
	crash_init(in);
}

int
main(int argc, char **argv)
{
	static const char usage[] = "ingot-init is PID 1 of an image; there is nothing to run here\n";
	struct init in = { .given = -1, .memory = -1 };

	if (CFG_SURVIVE && getpid() != 1 && argc == 3 && strcmp(argv[1], REEXEC_CHECK) == 0)
		return reexec_check(argv[2]);
	if (getpid() != 1)
		return write(STDERR_FILENO, usage, sizeof usage - 1) < 0 ? 1 : 2;
	/* A child of a launch has this memory, and the service's uid, until it executes: nobody with that may look in. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signals_block();
	identity_signals();
	reboot(RB_DISABLE_CAD); /* Ctrl-Alt-Del: SIGINT, not an end on the spot */
	umask(022);
	int fd = CFG_SURVIVE ? keep_given(argc, argv) : -1;
	if (fd >= 0)
		go_on(&in, fd);
	else
		begin(&in);
	loop_run(&in);
}
