/* SPDX-License-Identifier: MIT
 *
 * What a filter of system calls lets through, by running it on calls that it should refuse: the bytes decide, wherever
 * they come from. A program that this cannot run counts as none.
 */
#include "score.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "filter_run.h"
#include "syscalls.h"

#define X32_BIT   0x40000000u
#define MODE_SUID 04755
#define FAMILIES  64 /* AF_ numbers; AF_MAX of today's kernels is 46 */
#define PROTOCOLS 32 /* of netlink */
#define NEW_FILE  0101 /* O_WRONLY and O_CREAT */
#define OTHER_PERSONALITY 8 /* PER_LINUX32 */
#define OTHER_ID 0xfffffffd /* the last ones mean something else */
#define LONGEST_SET 32

struct program {
	const struct sock_filter *code;
	size_t n;
};

/* What systemd-analyze syscall-filter lists, as far as x86_64 has it. */
static const char *const sets[SCORE_SETS][LONGEST_SET] = {
	[SET_CLOCK] = { "adjtimex", "clock_adjtime", "clock_settime", "settimeofday" },
	[SET_CPU_EMULATION] = { "modify_ldt" },
	[SET_DEBUG] = { "lookup_dcookie", "perf_event_open", "pidfd_getfd", "ptrace" },
	[SET_MODULE] = { "delete_module", "finit_module", "init_module" },
	[SET_MOUNT] = { "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
			"open_tree", "pivot_root", "umount2" },
	[SET_OBSOLETE] = { "_sysctl", "afs_syscall", "create_module", "get_kernel_syms", "getpmsg", "putpmsg", "query_module",
			   "security", "sysfs", "tuxcall", "uselib", "ustat", "vserver" },
	[SET_PRIVILEGED] = { "chown", "fchown", "fchownat", "lchown", "acct", "bpf", "capset", "chroot", "fanotify_init",
			     "fanotify_mark", "nfsservctl", "open_by_handle_at", "pivot_root", "quotactl", "quotactl_fd",
			     "setdomainname", "setfsuid", "setgroups", "sethostname", "setresuid", "setreuid", "setuid",
			     "vhangup" },
	[SET_RAW_IO] = { "ioperm", "iopl" },
	[SET_REBOOT] = { "kexec_file_load", "kexec_load", "reboot" },
	[SET_RESOURCES] = { "ioprio_set", "mbind", "migrate_pages", "move_pages", "sched_setaffinity", "sched_setattr",
			    "sched_setparam", "sched_setscheduler", "set_mempolicy", "set_mempolicy_home_node", "setpriority",
			    "setrlimit" },
	[SET_SWAP] = { "swapoff", "swapon" },
};

/* Whether the call is made. */
static bool
passes(const struct program *p, const struct seccomp_data *d)
{
	uint32_t action = filter_run(p->code, p->n, d) & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool
call(const struct program *p, const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct seccomp_data data = { .nr = syscall_number(name), .arch = AUDIT_ARCH_X86_64, .args = { a, b, c, d } };

	return data.nr >= 0 && passes(p, &data);
}

/* With every argument 0, then with every one OTHER_ID: as ids these are root's and a user's who is not there. */
static bool
goes(const struct program *p, const char *name)
{
	struct seccomp_data data = { .nr = syscall_number(name), .arch = AUDIT_ARCH_X86_64 };

	if (data.nr < 0)
		return false;
	if (passes(p, &data))
		return true;
	for (size_t i = 0; i < 6; i++)
		data.args[i] = OTHER_ID;
	return passes(p, &data);
}

static bool
foreign(const struct program *p)
{
	struct seccomp_data i386 = { .nr = syscall_number("getpid"), .arch = AUDIT_ARCH_I386 };
	struct seccomp_data x32 = { .nr = (int)((unsigned)syscall_number("getpid") | X32_BIT), .arch = AUDIT_ARCH_X86_64 };

	return passes(p, &i386) || passes(p, &x32);
}

static bool
set_ids(const struct program *p)
{
	return call(p, "chmod", 0, MODE_SUID, 0, 0) || call(p, "fchmod", 0, MODE_SUID, 0, 0) ||
	       call(p, "fchmodat", 0, 0, MODE_SUID, 0) || call(p, "fchmodat2", 0, 0, MODE_SUID, 0) ||
	       call(p, "creat", 0, MODE_SUID, 0, 0) || call(p, "mknod", 0, S_IFREG | MODE_SUID, 0, 0) ||
	       call(p, "mknodat", 0, 0, S_IFREG | MODE_SUID, 0) || call(p, "open", 0, NEW_FILE, MODE_SUID, 0) ||
	       call(p, "openat", 0, 0, NEW_FILE, MODE_SUID) || call(p, "openat2", 0, 0, 0, 0);
}

/* The one by clone3 has its flags in memory: whatever lets it through lets through all of them. */
static uint32_t
namespaces(const struct program *p)
{
	static const uint32_t kinds[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWCGROUP,
					  CLONE_NEWNET, CLONE_NEWUTS };
	uint32_t found = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (call(p, "clone3", 0, 0, 0, 0) || call(p, "clone", kinds[i], 0, 0, 0) ||
		    call(p, "unshare", kinds[i], 0, 0, 0) || call(p, "setns", 0, kinds[i], 0, 0))
			found |= kinds[i];
	return found;
}

static void
families(const struct program *p, struct score_calls *out)
{
	for (unsigned family = 0; family < FAMILIES; family++) {
		bool made = false;
		for (unsigned protocol = 0; protocol < PROTOCOLS && !made; protocol++)
			made = call(p, "socket", family, SOCK_STREAM, protocol, 0);
		if (!made)
			continue;
		switch (family) {
		case AF_INET:
		case AF_INET6: out->inet = true; break;
		case AF_UNIX: out->local = true; break;
		case AF_NETLINK: out->netlink = true; break;
		case AF_PACKET: out->packet = true; break;
		default: out->exotic = true;
		}
	}
}

void
score_calls(const struct sock_filter *code, size_t n, struct score_calls *out)
{
	static const struct sock_filter all = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct program p = { n ? code : &all, n ? n : 1 };
	struct seccomp_data unknown = { .nr = SYSCALLS + 1, .arch = AUDIT_ARCH_X86_64 };

	*out = (struct score_calls){ .foreign = foreign(&p), .set_ids = set_ids(&p), .namespaces = namespaces(&p),
				     .personality = call(&p, "personality", OTHER_PERSONALITY, 0, 0, 0),
				     .unknown = passes(&p, &unknown) };
	families(&p, out);
	for (size_t set = 0; set < SCORE_SETS; set++)
		for (size_t i = 0; i < LONGEST_SET && sets[set][i] && !out->in_set[set]; i++)
			if (goes(&p, sets[set][i]))
				out->in_set[set] = sets[set][i];
}
