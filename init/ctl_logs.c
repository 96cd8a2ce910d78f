/* SPDX-License-Identifier: MIT
 *
 * ingotctl logs: what PID 1 kept of a service's output. Into a file or a pipe it goes as it is; on a terminal control
 * characters are made visible.
 */
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "fmt.h"
#include "visible.h"

struct view {
	bool terminal;
	const char *name;
	uint32_t flags; /* of the request */
	unsigned char before; /* the last byte shown, which may be of the packet before */
};

static void
out_visible(struct view *v, const char *p, size_t size)
{
	char shown[2];

	for (size_t i = 0; i < size; i++)
		out_bytes(shown, visible(&v->before, (unsigned char)p[i], shown));
}

static int
show(void *ctx, struct ctl_packet *p, struct err *e)
{
	struct view *v = ctx;
	uint64_t lost = 0;
	char line[80];

	if (p->reply.kind == CTL_R_LOST) {
		if (out_flush(e))
			return -1;
		memcpy(&lost, p->u.data, p->reply.size < sizeof lost ? p->reply.size : sizeof lost);
		size_t n = fmt(line, sizeof line, "ingotctl: %llu bytes that stood here are lost\n", (unsigned long long)lost);
		(void)!write(STDERR_FILENO, line, n);
		return 0;
	}
	if (p->reply.kind != CTL_R_DATA)
		return 0;
	if (v->terminal)
		out_visible(v, p->u.data, p->reply.size);
	else
		out_bytes(p->u.data, p->reply.size);
	return out_flush(e);
}

/* Of several instances, one after the other below its name. */
static int
logs_of(void *ctx, const char *name, struct err *e)
{
	struct view *v = ctx;

	if (strcmp(name, v->name) != 0 && v->flags & CTL_F_FOLLOW)
		return err_set(e, 0, "%s has several instances: -f follows one, such as %s", v->name, name);
	if (strcmp(name, v->name) != 0) {
		out_fmt("==> %s <==\n", name);
		v->before = '\0';
	}
	return ctl_call(CTL_LOGS, v->flags, name, show, v, e);
}

int
ctl_logs(int argc, char **argv)
{
	struct view view = { .terminal = isatty(STDOUT_FILENO) };
	const char *name = "";
	uint32_t flags = 0;
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0)
			flags |= CTL_F_FOLLOW;
		else if (argv[i][0] == '-')
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		else if (*name)
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		else
			name = argv[i];
	}
	if (!*name)
		return ctl_usage(argv[0], "which service?", "");
	view.name = name;
	view.flags = flags;
	return ctl_each(name, logs_of, &view, &e) || out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
