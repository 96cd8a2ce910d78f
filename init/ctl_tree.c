/* SPDX-License-Identifier: MIT
 *
 * ingotctl tree: the processes of each service, as its cgroup and /proc tell. PID 1 is asked for the services alone;
 * what ended meanwhile is left out.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_files.h"
#include "ctl_term.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "svc.h"
#include "visible.h"

#define PROCESSES_MAX 1024 /* of one service that are shown */
#define PROCS_MAX (PROCESSES_MAX * 12)
#define COMMAND_MAX 200
#define NUMBERS 26 /* the columns before a command */
#define INDENT_MAX 12 /* deeper than this all stand below each other */

struct process {
	uint32_t pid, ppid, uid;
	bool shown;
	char command[COMMAND_MAX];
};

static struct process processes[PROCESSES_MAX];
static size_t count;

/* The words with a space between them, or the name in brackets where there are none. */
static void
read_command(int dir, struct process *p)
{
	char status[64];
	AUTO_FD fd = openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, p->command, sizeof p->command - 1);

	while (n > 0 && p->command[n - 1] == '\0')
		n--;
	for (ssize_t i = 0; i < n; i++)
		if (p->command[i] == '\0')
			p->command[i] = ' ';
	if (n > 0)
		p->command[n] = '\0';
	else if (file_text(dir, "comm", status, sizeof status))
		fmt(p->command, sizeof p->command, "[%.*s]", (int)strcspn(status, "\n"), status);
	else
		p->command[0] = '\0';
}

static bool
read_process(const char *pid, size_t len, struct process *p)
{
	char path[32], status[1024];
	uint64_t number, ppid, uid;

	fmt(path, sizeof path, "/proc/%.*s", (int)len, pid);
	AUTO_FD dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !file_text(dir, "status", status, sizeof status) || !keyed_value(status, "Pid", &number) ||
	    !keyed_value(status, "PPid", &ppid) || !keyed_value(status, "Uid", &uid))
		return false;
	*p = (struct process){ .pid = (uint32_t)number, .ppid = (uint32_t)ppid, .uid = (uint32_t)uid };
	read_command(dir, p);
	return true;
}

/* Returns how many there are beyond those that are shown. */
static size_t
read_processes(int cgroups, const char *name)
{
	static char text[PROCS_MAX];
	char path[TBL_NAME_MAX + 16];
	size_t more = 0;

	count = 0;
	fmt(path, sizeof path, "%s/cgroup.procs", name);
	if (!file_text(cgroups, path, text, sizeof text))
		return 0;
	for (const char *line = text; *line; line += *line == '\n') {
		size_t n = strcspn(line, "\n");
		if (count == PROCESSES_MAX || n > 10)
			more++;
		else if (read_process(line, n, &processes[count]))
			count++;
		line += n;
	}
	return more;
}

static bool
is_root(const struct process *p)
{
	for (size_t i = 0; i < count; i++)
		if (processes[i].pid == p->ppid)
			return false;
	return true;
}

/* What a process calls itself must not move the administrator's cursor. */
static void
out_command(const char *s, size_t room)
{
	unsigned char before = 0;
	char shown[2];

	for (; *s; s++) {
		size_t n = visible(&before, *s == '\n' || *s == '\t' ? ' ' : (unsigned char)*s, shown);
		if (n > room)
			break;
		room -= n;
		out_bytes(shown, n);
	}
	out_bytes("\n", 1);
}

static void
out_process(struct process *p, unsigned depth)
{
	int columns, lines, indent = (int)(depth < INDENT_MAX ? depth : INDENT_MAX) * 2;

	term_size(&columns, &lines);
	int room = lines ? columns - NUMBERS - indent : COMMAND_MAX * 2; /* a terminal's line is not wrapped */
	p->shown = true;
	out_fmt("%8u%8u%8u  %*s", p->pid, p->ppid, p->uid, indent, "");
	out_command(p->command, room > 0 ? (size_t)room : 0);
}

/* A process and all below it, without recursion: a chain of processes may be as long as the list. */
static void
out_below(struct process *root)
{
	uint32_t up[PROCESSES_MAX];
	unsigned depth = 0;

	out_process(root, 0);
	up[0] = root->pid;
	for (;;) {
		struct process *child = NULL;
		for (size_t i = 0; i < count && !child; i++)
			if (!processes[i].shown && processes[i].ppid == up[depth])
				child = &processes[i];
		if (child && depth + 1 < PROCESSES_MAX) {
			out_process(child, ++depth);
			up[depth] = child->pid;
		} else if (depth-- == 0) {
			return;
		}
	}
}

static void
out_service(const struct ctl_svc *s, size_t more)
{
	out_fmt("%s, %s\n", s->name, svc_state_name(s->state));
	for (size_t i = 0; i < count; i++)
		if (is_root(&processes[i]))
			out_below(&processes[i]);
	if (more)
		out_fmt("%8s and %zu more\n", "", more);
}

static void
json_service(struct json *j, const struct ctl_svc *s)
{
	json_object(j);
	json_key(j, "name");
	json_string(j, s->name);
	json_key(j, "state");
	json_string(j, svc_state_name(s->state));
	json_key(j, "processes");
	json_array(j);
	for (size_t i = 0; i < count; i++) {
		json_object(j);
		json_key(j, "pid");
		json_uint(j, processes[i].pid);
		json_key(j, "ppid");
		json_uint(j, processes[i].ppid);
		json_key(j, "uid");
		json_uint(j, processes[i].uid);
		json_key(j, "command");
		json_string(j, processes[i].command);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void
print(const struct ctl_svc *v, size_t n, bool as_json)
{
	AUTO_FD cgroups = open(CTL_CGROUPS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct json j;

	if (as_json) {
		json_init(&j, out_json, NULL);
		json_object(&j);
		json_key(&j, "services");
		json_array(&j);
	} else {
		out_fmt("     PID    PPID     UID  COMMAND\n");
	}
	for (size_t i = 0; i < n; i++) {
		size_t more = read_processes(cgroups, v[i].name);
		if (as_json)
			json_service(&j, &v[i]);
		else
			out_service(&v[i], more);
	}
	if (as_json) {
		json_array_end(&j);
		json_object_end(&j);
		json_end(&j);
	}
}

int
ctl_tree(int argc, char **argv)
{
	const struct ctl_svc *v;
	const char *name = "";
	bool as_json = false;
	struct err e;
	size_t n;

	if (ctl_arguments(argc, argv, &name, &as_json))
		return CTL_USAGE;
	if (ctl_services(name, &v, &n, &e))
		return ctl_fail(&e);
	print(v, n, as_json);
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
