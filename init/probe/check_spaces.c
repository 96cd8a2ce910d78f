/* SPDX-License-Identifier: MIT
 *
 * What the service sees of the world: namespaces, processes, names, mounts, and whom it can reach by a signal.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

#define OTHERS 4096 /* process ids that are tried */

static void
processes(void)
{
	char found[80] = "";
	size_t n = 0;
	DIR *d = opendir("/proc");

	for (struct dirent *e; d && (e = readdir(d));)
		if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) != getpid() && n < sizeof found - 12)
			n += (size_t)snprintf(found + n, sizeof found - n, "%s ", e->d_name);
	if (d)
		closedir(d);
	report_text(8, NULL, "other processes in /proc", "", found);
}

/* An instance of several is called NAME@N. */
static void
hostname(const struct expect *x)
{
	char found[80] = "";
	size_t n = strlen(x->name);

	gethostname(found, sizeof found - 1);
	report_held(8, NULL, "hostname", strncmp(found, x->name, n) == 0 && (!found[n] || found[n] == '@'), found);
}

struct mount_row {
	char point[256], options[128];
	bool shared;
};

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static bool
read_row(char *line, struct mount_row *out)
{
	char optional[128] = "";

	if (sscanf(line, "%*s %*s %*s %*s %255s %127s %127s", out->point, out->options, optional) < 2)
		return false;
	out->shared = strncmp(optional, "shared", 6) == 0 || strncmp(optional, "master", 6) == 0;
	return true;
}

static bool
has(const char *options, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = options; (at = strstr(at, word)); at += n)
		if ((at == options || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

static void
mount_options(const struct mount_row *r, const char *kind)
{
	char want[64], what[96], found[64];
	bool root = strcmp(kind, "root") == 0, dev = strcmp(kind, "dev") == 0;

	snprintf(what, sizeof what, "mount %.80s", r->point);
	snprintf(want, sizeof want, "%s,nosuid%s%s", root || dev ? "ro" : "rw", dev ? "" : ",nodev", root ? "" : ",noexec");
	snprintf(found, sizeof found, "%s%s%s%s", has(r->options, "ro") ? "ro" : "rw",
		 has(r->options, "nosuid") ? ",nosuid" : "", !dev && has(r->options, "nodev") ? ",nodev" : "",
		 !root && has(r->options, "noexec") ? ",noexec" : "");
	report_text(16, NULL, what, want, found);
}

static void
mounts(const struct expect *x)
{
	static char text[32768];
	char surplus[80] = "";
	size_t seen = 0, shared = 0;
	struct mount_row r;

	if (slurp("/proc/self/mountinfo", text, sizeof text) < 0) {
		report_call(16, NULL, "/proc/self/mountinfo", 0, errno);
		return;
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		size_t i = 0;
		if (!read_row(line, &r))
			continue;
		shared += r.shared;
		while (i < x->n_mounts && strcmp(x->mounts[i].path, r.point) != 0)
			i++;
		if (strcmp(r.point, "/") == 0)
			mount_options(&r, "root");
		else if (i < x->n_mounts)
			mount_options(&r, x->mounts[i].kind);
		else
			snprintf(surplus, sizeof surplus, "%.79s", r.point);
		seen += i < x->n_mounts;
	}
	snprintf(text, sizeof text, "%zu of %zu", seen, x->n_mounts);
	report_held(16, NULL, "declared mounts", seen == x->n_mounts, text);
	report_text(16, NULL, "other mounts", "", surplus);
	report_held(16, NULL, "mounts neither come in nor go out", shared == 0, shared ? "shared" : "private");
}

static int
signals_others(const void *unused)
{
	char own[OTHERS] = { 0 };
	DIR *d = opendir("/proc");

	(void)unused;
	for (struct dirent *e; d && (e = readdir(d));) {
		int pid = atoi(e->d_name);
		if (pid > 0 && pid < OTHERS)
			own[pid] = 1;
	}
	own[1] = 1; /* its own stub, which it may not see */
	own[getpid()] = 1;
	for (int pid = 2; pid < OTHERS; pid++)
		if (!own[pid] && kill(pid, 0) == 0)
			return 0;
	return ESRCH;
}

static void
reach(const struct expect *x)
{
	static char byte;
	struct iovec io = { &byte, 1 };

	report_call(9, NULL, "a signal to processes that are not its own", ESRCH, trial(signals_others, NULL));
	report_refused(x, 9, "ptrace of its stub", SYS_ptrace, code_of(ptrace(PTRACE_SEIZE, 1, NULL, NULL)));
	report_refused(x, 9, "memory of its stub", SYS_process_vm_readv, code_of(process_vm_readv(1, &io, 1, &io, 1, 0)));
}

void
check_spaces(const struct expect *x)
{
	report_spaces("ns"); /* they are compared with the machine's and the siblings' outside */
	processes();
	hostname(x);
	report_call(8, NULL, "shared memory of the machine", ENOENT, code_of(shmget(PROBE_IPC_KEY, 0, 0)));
	reach(x);
	mounts(x);
}
