/* SPDX-License-Identifier: MIT
 *
 * The processes of a service against the table: whether it is up, who they are, what they may do, which namespaces they
 * are in, and what is mounted there. All of it is read from /proc, as the kernel has it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl_files.h"
#include "drift.h"
#include "drift_proc.h"
#include "fmt.h"
#include "svc.h"

struct look {
	const struct tbl *t;
	const struct tbl_svc *s;
	const char *name;
	bool mounts_seen; /* they are the same for all of its processes */
};

/* The text behind "Key:" of /proc/PID/status, up to the line's end and with single spaces; false where there is
 * none. */
static bool
field(const char *status, const char *key, char *out, size_t cap)
{
	size_t n = strlen(key), len = 0;
	const char *p = status;

	while (strncmp(p, key, n) != 0 || p[n] != ':') {
		p += strcspn(p, "\n");
		if (!*p++)
			return false;
	}
	for (p += n + 1; *p && *p != '\n' && len + 1 < cap; p++)
		if (*p != ' ' && *p != '\t')
			out[len++] = *p;
		else if (len && p[1] != '\n')
			out[len++] = ' ';
	out[len] = '\0';
	return true;
}

static void
expect_field(const struct look *l, const char *status, uint32_t pid, const char *key, const char *expected,
	     const char *kind)
{
	char found[256], where[64];

	if (!field(status, key, found, sizeof found) || strcmp(found, expected) == 0)
		return;
	fmt(where, sizeof where, "process %u %s", pid, key);
	finding(kind, l->name, where, expected, found);
}

/* The ids are the machine's, as this program is in no namespace of a service. */
static void
check_status(const struct look *l, uint32_t pid, const char *status)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	char want[64];

	fmt(want, sizeof want, "%u %u %u %u", l->s->uid, l->s->uid, l->s->uid, l->s->uid);
	expect_field(l, status, pid, "Uid", want, "process");
	fmt(want, sizeof want, "%u %u %u %u", l->s->gid, l->s->gid, l->s->gid, l->s->gid);
	expect_field(l, status, pid, "Gid", want, "process");
	expect_field(l, status, pid, "Groups", "", "process");
	expect_field(l, status, pid, "NoNewPrivs", "1", "process");
	expect_field(l, status, pid, "Seccomp", l->s->filter.count ? "2" : "0", "process");
	fmt(want, sizeof want, "%08x%08x", (unsigned)(l->s->caps >> 32), (unsigned)l->s->caps);
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		expect_field(l, status, pid, sets[i], want, "capability");
}

static bool
is_shared(const struct tbl_svc *s, const char *kind)
{
	if (strcmp(kind, "net") == 0)
		return !(s->flags & TBL_SVC_NETNS) && !s->net;
	return strcmp(kind, "user") == 0 && !(s->flags & TBL_SVC_USERNS);
}

/* The machine's own are what PID 1 is in. */
static void
check_namespaces(const struct look *l, uint32_t pid)
{
	static const char *const kinds[] = { "mnt", "pid", "ipc", "uts", "cgroup", "net", "user" };
	char where[64], own[64], machine[64];

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		bool shared = is_shared(l->s, kinds[i]);
		fmt(where, sizeof where, "/proc/%u/ns/%s", pid, kinds[i]);
		if (!proc_link(where, own, sizeof own))
			return; /* it has ended */
		fmt(where, sizeof where, "/proc/1/ns/%s", kinds[i]);
		if (!proc_link(where, machine, sizeof machine) || (strcmp(own, machine) == 0) == shared)
			continue;
		fmt(where, sizeof where, "process %u namespace %s", pid, kinds[i]);
		finding("process", l->name, where, shared ? "the machine's" : "one of its own", own);
	}
}

/* ---- mounts ---- */

static bool
is_declared(const struct look *l, const char *point)
{
	bool found = strcmp(point, "/") == 0 || (l->s->flags & TBL_SVC_NOTIFY && strcmp(point, TBL_NOTIFY_PATH) == 0);

	for (uint32_t i = 0; i < l->s->mounts.count && !found; i++)
		found = strcmp(point, tbl_str(l->t, tbl_mount(l->t, l->s, i)->path)) == 0;
	return found;
}

/* Read-only are the root and /dev; nothing but the root holds programs, nothing but /dev devices. */
static void
check_options(const struct look *l, const char *point, const char *options)
{
	bool root = strcmp(point, "/") == 0, dev = strcmp(point, "/dev") == 0;

	if ((root || dev) && !proc_has_word(options, "ro"))
		finding("mount", l->name, point, "read-only", options);
	if (!proc_has_word(options, "nosuid") || (!dev && !proc_has_word(options, "nodev")) ||
	    (!root && !proc_has_word(options, "noexec")))
		finding("mount", l->name, point, root ? "nosuid,nodev" : dev ? "nosuid,noexec" : "nosuid,nodev,noexec", options);
}

static void
check_mounts(struct look *l, uint32_t pid)
{
	static char text[262144];
	char path[64];
	struct proc_mount m;

	fmt(path, sizeof path, "/proc/%u/mountinfo", pid);
	if (l->mounts_seen || !file_text(AT_FDCWD, path, text, sizeof text) || !*text)
		return;
	l->mounts_seen = true;
	for (char *at = text; proc_next_mount(&at, &m);) {
		if (is_declared(l, m.point))
			check_options(l, m.point, m.options);
		else
			finding("mount", l->name, m.point, "nothing", m.type);
	}
	for (uint32_t i = 0; i < l->s->mounts.count; i++) {
		const char *want = tbl_str(l->t, tbl_mount(l->t, l->s, i)->path);
		file_text(AT_FDCWD, path, text, sizeof text); /* it was taken to pieces */
		bool found = !*text;
		for (char *at = text; !found && proc_next_mount(&at, &m);)
			found = strcmp(m.point, want) == 0;
		if (!found)
			finding("mount", l->name, want, "a mount", "nothing");
	}
}

/* ---- all of it ---- */

/* The stub is PID 1's own program, in the service's cgroup and namespaces; it is held as the service is. */
static void
check_process(struct look *l, uint32_t pid)
{
	char path[64], status[4096];

	fmt(path, sizeof path, "/proc/%u/status", pid);
	if (!file_text(AT_FDCWD, path, status, sizeof status) || !*status)
		return;
	check_status(l, pid, status);
	check_namespaces(l, pid);
	check_mounts(l, pid);
}

static void
check_state(const struct look *l, const struct ctl_svc *r, size_t n)
{
	const char *state = svc_state_name(r->state);
	bool job = l->s->kind == TBL_JOB || l->s->ready == TBL_READY_EXIT;

	if (!job && (r->state == SVC_DOWN || r->state == SVC_FAILED || r->state == SVC_BACKOFF || r->state == SVC_DONE))
		finding("process", l->name, "the service", "up", state);
	if (n && (r->state == SVC_DOWN || r->state >= SVC_WAITING))
		finding("process", l->name, "its cgroup", "no process", "processes");
}

void
drift_service(const struct tbl *t, const struct tbl_svc *s, const struct ctl_svc *r)
{
	struct look l = { .t = t, .s = s, .name = tbl_str(t, s->name) };
	static uint32_t pids[PROC_PIDS_MAX];
	size_t n = proc_pids(l.name, pids);

	check_state(&l, r, n);
	/* what starts is not yet what it will be */
	for (size_t i = 0; i < n && !(s->flags & TBL_SVC_MACHINE) && r->state == SVC_UP; i++)
		check_process(&l, pids[i]);
}
