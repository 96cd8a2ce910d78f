/* SPDX-License-Identifier: MIT
 *
 * The facts of a service from /proc, its cgroup and the kernel's word on both, beside PID 1's own: what is another
 * there is the service's own. What cannot be read is taken for the worse.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#include "cleanup.h"
#include "ctl_files.h"
#include "ctl_score.h"
#include "fmt.h"

#define MOUNTS_MAX (64u << 10)
#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif

/* ---- its processes ---- */

static bool
proc_text(pid_t pid, const char *file, char *buf, size_t cap)
{
	char path[48];

	fmt(path, sizeof path, "/proc/%d/%s", pid, file);
	return file_text(AT_FDCWD, path, buf, cap);
}

/* The value of a line of status: behind "key:" and a tab. NULL where there is none. */
static const char *
field(const char *status, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = status; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	return NULL;
}

static uint64_t
number(const char *text, unsigned base, uint64_t absent)
{
	uint64_t v = 0;

	if (!text)
		return absent;
	for (;; text++) {
		unsigned digit = *text >= '0' && *text <= '9' ? (unsigned)(*text - '0') :
				 *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10 : 16;
		if (digit >= base)
			return v;
		v = v * base + digit;
	}
}

/* The stub is PID 1 of the service's own pid namespace; NSpid tells its numbers from the outermost to there. */
static bool
is_stub(const char *status)
{
	const char *pids = field(status, "NSpid");
	size_t first = pids ? strcspn(pids, "\t\n") : 0;

	return pids && pids[first] == '\t' && number(pids + first + 1, 10, 0) == 1;
}

pid_t
score_program(int cgroup, pid_t first)
{
	char status[4096], procs[8192];

	if (!proc_text(first, "status", status, sizeof status))
		return 0;
	if (!is_stub(status))
		return first;
	if (!file_text(cgroup, "cgroup.procs", procs, sizeof procs))
		return 0;
	for (const char *line = procs; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		pid_t pid = (pid_t)number(line, 10, 0);
		if (proc_text(pid, "status", status, sizeof status) && number(field(status, "PPid"), 10, 0) == (uint64_t)first)
			return pid;
	}
	return 0;
}

/* ---- /proc/PID ---- */

static bool
own(pid_t pid, const char *what)
{
	char path[48];
	struct stat his, ours;

	fmt(path, sizeof path, "/proc/%d/%s", pid, what);
	if (stat(path, &his))
		return false;
	fmt(path, sizeof path, "/proc/1/%s", what);
	return stat(path, &ours) == 0 && (his.st_ino != ours.st_ino || his.st_dev != ours.st_dev);
}

static void
read_status(const char *status, struct score_facts *f)
{
	const char *groups = field(status, "Groups");

	f->uid = (uint32_t)number(field(status, "Uid"), 10, 0);
	f->umask = (uint32_t)number(field(status, "Umask"), 8, 0);
	f->bounding = number(field(status, "CapBnd"), 16, ~0ull);
	f->ambient = number(field(status, "CapAmb"), 16, ~0ull);
	f->groups = !groups || (*groups >= '0' && *groups <= '9');
	f->no_new_privs = number(field(status, "NoNewPrivs"), 10, 0) == 1;
}

static bool
may_be_realtime(pid_t pid, uint64_t bounding)
{
	char limits[4096];

	if (bounding >> CAP_SYS_NICE & 1 || !proc_text(pid, "limits", limits, sizeof limits))
		return true;
	const char *at = strstr(limits, "Max realtime priority");
	if (!at)
		return true;
	at += strlen("Max realtime priority");
	at += strspn(at, " ");
	return number(at, 10, 1) != 0 || number(at + strcspn(at, " ") + strspn(at + strcspn(at, " "), " "), 10, 1) != 0;
}

/* Two lines of heads, then a line for each link. */
static enum score_ip
reach(pid_t pid, bool own_net)
{
	char links[8192];

	if (!own_net || !proc_text(pid, "net/dev", links, sizeof links))
		return SCORE_IP_ANY;
	const char *line = links;
	for (int heads = 0; heads < 2; heads++)
		line += strcspn(line, "\n"), line += *line == '\n';
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line + strspn(line, " "), "lo:", 3) != 0)
			return SCORE_IP_DECLARED; /* a private network: it leads where the image file says */
	return SCORE_IP_NONE;
}

static bool
has_notify_socket(pid_t pid)
{
	char path[64];
	struct stat st;

	fmt(path, sizeof path, "/proc/%d/root" TBL_NOTIFY_PATH, pid);
	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* ---- mounts ---- */

struct mount {
	const char *point, *options, *type, *super;
};

/* Cuts a line of mountinfo into its words; see proc_pid_mountinfo(5). */
static bool
split(char *line, struct mount *m)
{
	char *words[64], *at = line;
	size_t n = 0, dash;

	while (*at && n < sizeof words / sizeof *words) {
		words[n++] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	for (dash = 6; dash < n && strcmp(words[dash], "-") != 0; dash++)
		;
	if (dash + 3 >= n)
		return false;
	*m = (struct mount){ words[4], words[5], words[dash + 1], words[dash + 3] };
	return true;
}

static bool
has_option(const char *options, const char *wanted)
{
	size_t n = strlen(wanted);

	for (const char *at = options; at; at = strchr(at, ','), at = at ? at + 1 : NULL)
		if (strncmp(at, wanted, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

static void
judge_mount(const struct mount *m, struct score_facts *f)
{
	bool writable = !has_option(m->options, "ro") && !has_option(m->super, "ro"), is_proc = strcmp(m->type, "proc") == 0;

	if (writable && !has_option(m->options, "noexec"))
		f->wx_mounts = false;
	if (strcmp(m->point, "/") == 0)
		f->read_only_root = !writable; /* the last one on it is the one that is seen */
	if (strcmp(m->point, "/dev") == 0)
		f->own_dev = f->mount_ns && strcmp(m->type, "devtmpfs") != 0;
	if (strcmp(m->point, "/tmp") == 0)
		f->own_tmp = f->mount_ns;
	if (strncmp(m->type, "cgroup", 6) == 0 && writable)
		f->cgroup_files = true;
	if (writable && (strcmp(m->type, "sysfs") == 0 || (is_proc && !has_option(m->super, "subset=pid"))))
		f->tunables = true;
	if (is_proc && !has_option(m->super, "subset=pid"))
		f->proc_subset = false;
	if (is_proc && !has_option(m->super, "hidepid=invisible") && !has_option(m->super, "hidepid=ptraceable"))
		f->proc_hidden = false;
}

static int
read_mounts(pid_t pid, struct score_facts *f, struct err *e)
{
	static char text[MOUNTS_MAX];
	struct mount m;

	if (!proc_text(pid, "mountinfo", text, sizeof text))
		return err_set(e, errno, "its mounts");
	f->wx_mounts = f->proc_subset = f->proc_hidden = strlen(text) < sizeof text - 1; /* else there are more */
	for (char *line = text; *line;) {
		char *end = line + strcspn(line, "\n"), *next = end + (*end == '\n');
		*end = '\0';
		if (split(line, &m))
			judge_mount(&m, f);
		line = next;
	}
	return 0;
}

/* ---- the cgroup ---- */

static bool
is_limited(int cgroup, const char *file)
{
	char text[32];

	return file_text(cgroup, file, text, sizeof text) && text[0] >= '0' && text[0] <= '9';
}

/* Whether a program decides over devices there; with BPF_F_QUERY_EFFECTIVE: or above. */
static bool
has_device_rules(int cgroup, uint32_t flags)
{
	union bpf_attr a = { .query = { .target_fd = (uint32_t)cgroup, .attach_type = BPF_CGROUP_DEVICE,
					.query_flags = flags } };

	return syscall(SYS_bpf, BPF_PROG_QUERY, &a, sizeof a) == 0 && a.query.prog_cnt > 0;
}

static void
read_cgroup(int cgroup, struct score_facts *f)
{
	AUTO_FD dir = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* the other one may be O_PATH */
	struct stat st;

	f->limits = is_limited(cgroup, "memory.max") && is_limited(cgroup, "pids.max");
	f->delegated = fstatat(cgroup, "cgroup.procs", &st, 0) != 0 || st.st_uid != 0 || st.st_mode & 022;
	f->device_rules = dir >= 0 && has_device_rules(dir, BPF_F_QUERY_EFFECTIVE);
	f->more_devices = dir >= 0 && has_device_rules(dir, 0); /* PID 1 gives a program to such a service alone */
}

static void
believe(uint32_t flags, struct score_facts *f)
{
	f->no_write_exec = !(flags & (TBL_SVC_JIT | TBL_SVC_MACHINE)) && prctl(PR_GET_MDWE, 0, 0, 0, 0) >= 0;
	f->landlock = flags & TBL_SVC_LANDLOCK &&
		      syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

int
score_live(pid_t pid, int cgroup, uint32_t flags, const struct sock_filter *filter, size_t n, struct score_facts *f,
	   struct err *e)
{
	char status[4096];

	*f = (struct score_facts){ .own_keyring = true };
	if (!proc_text(pid, "status", status, sizeof status))
		return err_set(e, errno, "its process");
	read_status(status, f);
	f->mount_ns = own(pid, "ns/mnt");
	f->net_ns = own(pid, "ns/net");
	f->ipc_ns = own(pid, "ns/ipc");
	f->uts_ns = own(pid, "ns/uts");
	f->user_ns = own(pid, "ns/user");
	f->own_root = own(pid, "root/.");
	f->realtime = may_be_realtime(pid, f->bounding);
	f->notify_all = has_notify_socket(pid);
	f->ip = reach(pid, f->net_ns);
	read_cgroup(cgroup, f);
	believe(flags, f);
	bool filtered = number(field(status, "Seccomp"), 10, 0) == SECCOMP_MODE_FILTER;
	score_calls(filter, filtered ? n : 0, &f->calls);
	return read_mounts(pid, f, e);
}
