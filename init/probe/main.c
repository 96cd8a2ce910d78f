/* SPDX-License-Identifier: MIT
 *
 * Which side this is: a service, what is executed inside one later, or the machine.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static struct expect expect;

/* What is tried last spoils most for what comes behind it. */
static void
service(void)
{
	check_identity(&expect);
	check_spaces(&expect);
	check_files(&expect);
	check_proc(&expect);
	check_exec(&expect);
	check_sockets(&expect);
	check_calls(&expect);
	check_inside();
	check_limits(&expect);
	report_end();
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (strcmp(mode, "witness") == 0)
		return witness(argc, argv);
	if (strcmp(mode, "audit") == 0)
		return audit(argc, argv);
	if (strcmp(mode, "trace") == 0)
		return trace(argc, argv);
	if (strcmp(mode, "watch") == 0)
		return watch(argc, argv);
	if (strcmp(mode, "setuid") == 0) /* check_files.c executes it so */
		return geteuid() == getuid() && getegid() == getgid() && geteuid() != 0 ? 0 : 1;
	expect_read(&expect);
	if (strcmp(mode, "child") == 0)
		return inside_held(&expect) ? 0 : 1;
	if (strcmp(mode, "exec") == 0) {
		report_inside(&expect);
		return 0;
	}
	service();
	if (strcmp(mode, "once") == 0)
		return 0;
	for (;;) /* so that somebody can still be executed inside */
		pause();
}
