/* SPDX-License-Identifier: MIT
 *
 * ingotctl: the table of its commands, the help made from it, and the commands that are one request. This is the only
 * file that prints errors.
 */
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_port.h"
#include "fmt.h"

#ifndef INGOT_VERSION
#define INGOT_VERSION "unknown"
#endif

static int ctl_simple(int argc, char **argv);

static const struct command {
	const char *name, *arguments, *help;
	int (*run)(int argc, char **argv);
	enum ctl_verb verb; /* ctl_simple only */
} commands[] = {
	{ "status", "[NAME] [--json]", "what each service does, and how its last run ended", ctl_status, 0 },
	{ "start", "NAME", "start a service, or run a job now", ctl_simple, CTL_START },
	{ "stop", "NAME", "stop a service and keep it stopped", ctl_simple, CTL_STOP },
	{ "restart", "NAME", "stop a service, then start it", ctl_simple, CTL_RESTART },
	{ "logs", "[-f] [-n COUNT] [--since AGO] [--stream out|err] [--boot N] [--json] NAME",
	  "what a service wrote; -f: and what it goes on to write", ctl_logs, 0 },
	{ "events", "[-f] [NAME] [--since N] [--json]", "how services changed; -f: and go on to change", ctl_events, 0 },
	{ "tree", "[NAME] [--json]", "the processes of each service", ctl_tree, 0 },
	{ "top", "[--once | -n COUNT] [--json]", "what each service uses, each second anew; q ends it", ctl_top, 0 },
	{ "jobs", "[--json]", "when each job runs next, and how its last run ended", ctl_jobs, 0 },
	{ "run", "NAME [--wait]", "run a job now; --wait: and end as it does", ctl_run, 0 },
	{ "history", "[NAME] [--json] [-n N]", "the runs of jobs, with what each took and how it ended", ctl_history, 0 },
	{ "timing", "[--json]", "when each service was launched and ready, as a chart", ctl_timing, 0 },
	{ "denied", "[NAME] [--json]", "the system calls that the filters of services refused", ctl_denied, 0 },
	{ "score", "[NAME] [--json]", "how exposed each service is, from 0 to 10, by its process, and why", ctl_score, 0 },
	{ "drift", "[NAME] [--json] | --baseline", "what is not as the image has it; 1: something, 2: it failed", ctl_drift,
	  0 },
	{ "exec", "[--privileged] NAME [--] [CMD ARG...]", "run a command, or a shell, inside a service", ctl_exec, 0 },
	{ "reexec", "[PATH]", "replace PID 1, services run on", ctl_reexec, 0 },
	{ "reload", "[FILE]", "take another service table, what is the same in both runs on", ctl_reload, 0 },
	{ "poweroff", "[--status N]", "stop everything and switch off; N: what `ingot run` ends with", ctl_poweroff, 0 },
	{ "reboot", "", "stop everything and boot anew", ctl_simple, CTL_REBOOT },
};

#define COMMANDS (sizeof commands / sizeof *commands)

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* ---- errors ---- */

static void
complain(const char *line)
{
	char text[ERR_MSG_MAX + 32];
	size_t n = fmt(text, sizeof text, "ingotctl: %s\n", line);

	(void)!write(STDERR_FILENO, text, n); /* there is nobody else to tell */
}

int
ctl_fail(const struct err *e)
{
	complain(e->msg);
	return CTL_FAILED;
}

int
ctl_usage(const char *command, const char *what, const char *word)
{
	const struct command *c = command ? find(command) : NULL;
	char line[ERR_MSG_MAX];

	if (c)
		fmt(line, sizeof line, "%s: %s%s (usage: ingotctl %s%s%s)", c->name, what, word, c->name,
		    *c->arguments ? " " : "", c->arguments);
	else
		fmt(line, sizeof line, "%s%s (ingotctl --help lists what there is)", what, word);
	complain(line);
	return CTL_USAGE;
}

int
ctl_arguments(int argc, char **argv, const char **name, bool *json)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			*json = true;
		else if (argv[i][0] == '-')
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		else if (!name || **name)
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		else
			*name = argv[i];
	}
	return CTL_OK;
}

/* ---- the simple commands ---- */

static int
call_simple(void *ctx, const char *name, struct err *e)
{
	const struct command *c = ctx;

	return ctl_call(c->verb, 0, name, NULL, NULL, e);
}

static int
ctl_simple(int argc, char **argv)
{
	const struct command *c = find(argv[0]);
	int wanted = *c->arguments ? 2 : 1;
	struct err e;

	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-')
			return ctl_usage(c->name, "unknown option ", argv[i]);
	if (argc < wanted)
		return ctl_usage(c->name, "which service?", "");
	if (argc > wanted)
		return ctl_usage(c->name, "too many arguments: ", argv[wanted]);
	return ctl_each(wanted == 2 ? argv[1] : "", call_simple, (void *)c, &e) ? ctl_fail(&e) : CTL_OK;
}

static int
finish(void)
{
	struct err e;

	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}

static int
help(void)
{
	out_fmt("Usage: ingotctl COMMAND [ARGUMENT...]\nLook after the services of this machine.\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		char left[48];
		fmt(left, sizeof left, "%s %s", commands[i].name, commands[i].arguments);
		out_fmt("  %30s  %s\n", left, commands[i].help);
	}
	out_fmt("\n  %30s  before a command: ask the machine with that context id\n", "--vsock CID");
	out_fmt("  %30s  this text\n  %30s  the version\n\n", "--help", "--version");
	out_fmt("Exit codes: 0 done, 1 failed, 2 wrong usage; exec: the command's own, 125 the service could not be\n"
		"entered, 126 the command could not be executed, 127 it was not found, 128+N it was ended by signal N.\n");
	return finish();
}

/* What looks into the machine by itself, or needs descriptors of it. */
static bool
works_inside_only(const char *name)
{
	static const char *const inside[] = { "denied", "exec", "reload", "score", "top", "tree" };

	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
		if (strcmp(inside[i], name) == 0)
			return true;
	return false;
}

/* Before the command. --port N: descriptor N is a connection to the port of a VM, as `ingot ctl` has it; --vsock CID:
 * the machine with that context id. Returns false for a CID that is none. */
static bool
take_place(int *argc, char ***argv)
{
	bool port = *argc > 2 && strcmp((*argv)[1], "--port") == 0;
	const char *p = *argc > 2 ? (*argv)[2] : "";
	uint32_t n = 0;

	if (!port && (*argc < 2 || strcmp((*argv)[1], "--vsock") != 0))
		return true;
	for (; *p >= '0' && *p <= '9' && n < 100000000; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	if (!port && (*p || !n))
		return false;
	if (port)
		ctl_port_use((int)n);
	else
		ctl_vsock_use(n);
	*argc -= 2;
	*argv += 2;
	return true;
}

int
main(int argc, char **argv)
{
	if (!take_place(&argc, &argv))
		return ctl_usage(NULL, "--vsock wants the context id of a machine: 1 is this one", "");
	if (argc < 2)
		return ctl_usage(NULL, "which command?", "");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return help();
	if (strcmp(argv[1], "--version") == 0) {
		out_fmt("ingotctl %s\n", INGOT_VERSION);
		return finish();
	}
	const struct command *c = find(argv[1]);
	if (!c)
		return ctl_usage(NULL, argv[1][0] == '-' ? "unknown option " : "unknown command ", argv[1]);
	if (ctl_is_far() && works_inside_only(c->name))
		return ctl_usage(NULL, c->name, " works inside the machine only: `ingot run --shell` gives a shell there");
	if (argc > 2 && strcmp(argv[2], "--help") == 0) {
		out_fmt("Usage: ingotctl %s %s\n%s\n", c->name, c->arguments, c->help);
		return finish();
	}
	return c->run(argc - 1, argv + 1);
}
