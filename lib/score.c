/* SPDX-License-Identifier: MIT
 *
 * The weights, and what each item asks of the facts. Weights, ranges and the way they are added up are those of
 * analyze-security.c of systemd 252.
 */
#include "score.h"

#include <assert.h>
#include <string.h>

#include <linux/capability.h>
#include <linux/sched.h>

enum ask {
	ASK_TRUE,   /* bad unless the bool is set */
	ASK_FALSE,  /* bad if it is */
	ASK_CAPS,   /* bad if one of `mask` is in the bounding set */
	ASK_NS,     /* bad if a namespace of `mask` can be made */
	ASK_SET,    /* bad if a call of the group goes through */
	ASK_USER, ASK_GROUPS, ASK_IPC, ASK_HOSTNAME, ASK_LOGS, ASK_CLOCK, ASK_MODULES, ASK_HOME, ASK_SYSTEM, ASK_AMBIENT,
	ASK_UMASK, ASK_PROC, ASK_CALLS, ASK_IP, ASK_DEVICES,
};

#define NOT_ASKED 0xffffffffu
#define CAP(name) (1ull << CAP_##name)
#define FACT(member) offsetof(struct score_facts, member)
#define CAPS(names, weight, why, mask) \
	{ "CapabilityBoundingSet=~" names, weight, 1, ASK_CAPS, mask, why, "capabilities" }
#define NS(name, weight, why) { "RestrictNamespaces=~" #name, weight, 1, ASK_NS, name, why, "seccomp" }
#define FAMILY(name, weight, why, member) \
	{ "RestrictAddressFamilies=~" name, weight, 1, ASK_FALSE, FACT(calls.member), why, "seccomp.sockets" }
#define SET(name, weight, set) \
	{ "SystemCallFilter=~@" name, weight, 10, ASK_SET, set, "calls of the group @" name " go through", "seccomp" }

static const struct item {
	const char *option;
	uint32_t weight, range;
	enum ask ask;
	uint64_t mask; /* or the place of a fact, or a group */
	const char *why, *key;
} items[] = {
	{ "User=", 2000, 10, ASK_USER, 0, "it runs as root", NULL },
	{ "SupplementaryGroups=", 200, 1, ASK_GROUPS, 0, "it has more groups than its own", NULL },
	{ "PrivateDevices=", 1000, 1, ASK_TRUE, FACT(own_dev), "it has the machine's /dev", NULL },
	{ "PrivateMounts=", 1000, 1, ASK_TRUE, FACT(mount_ns), "it shares the machine's mounts", NULL },
	{ "PrivateNetwork=", 2500, 1, ASK_TRUE, FACT(net_ns), "it shares the machine's network", "network.mode" },
	{ "PrivateTmp=", 1000, 1, ASK_TRUE, FACT(own_tmp), "it shares the machine's /tmp", NULL },
	{ "PrivateUsers=", 1000, 1, ASK_TRUE, FACT(user_ns), "it has no user namespace of its own", "machine-ids" },
	{ "ProtectControlGroups=", 1000, 1, ASK_FALSE, FACT(cgroup_files), "it sees the files of cgroups", NULL },
	{ "ProtectKernelModules=", 1000, 1, ASK_MODULES, 0, "it may load modules", "capabilities" },
	{ "ProtectKernelTunables=", 1000, 1, ASK_FALSE, FACT(tunables), "it sees /proc/sys or /sys, writable", NULL },
	{ "ProtectKernelLogs=", 1000, 1, ASK_LOGS, 0, "the kernel's log is within its reach", "capabilities" },
	{ "ProtectClock=", 1000, 1, ASK_CLOCK, 0, "the clocks are within its reach", "capabilities" },
	{ "ProtectHome=", 1000, 10, ASK_HOME, 0, "it sees the machine's folders of users", NULL },
	{ "ProtectHostname=", 50, 1, ASK_HOSTNAME, 0, "it may change the machine's name", NULL },
	{ "ProtectSystem=", 1000, 10, ASK_SYSTEM, 0, "its root can be written to", NULL },
	{ "RootDirectory=", 200, 1, ASK_TRUE, FACT(own_root), "its root is the machine's", NULL },
	{ "LockPersonality=", 100, 1, ASK_FALSE, FACT(calls.personality), "it may take another personality", "seccomp" },
	{ "MemoryDenyWriteExecute=", 100, 1, ASK_TRUE, FACT(no_write_exec), "memory may be writable and executable", "jit" },
	{ "NoNewPrivileges=", 1000, 1, ASK_TRUE, FACT(no_new_privs), "an exec may give it privileges", NULL },
	CAPS("CAP_SYS_ADMIN", 1500, "it may rule most of the machine", CAP(SYS_ADMIN)),
	CAPS("CAP_SET(UID|GID|PCAP)", 1500, "it may become another user", CAP(SETUID) | CAP(SETGID) | CAP(SETPCAP)),
	CAPS("CAP_SYS_PTRACE", 1500, "it may look into every process that it sees", CAP(SYS_PTRACE)),
	CAPS("CAP_SYS_TIME", 1000, "it may set the clock", CAP(SYS_TIME)),
	CAPS("CAP_NET_ADMIN", 1000, "it may configure its network", CAP(NET_ADMIN)),
	CAPS("CAP_SYS_RAWIO", 1000, "it may reach ports and memory of devices", CAP(SYS_RAWIO)),
	CAPS("CAP_SYS_MODULE", 1000, "it may load modules", CAP(SYS_MODULE)),
	CAPS("CAP_AUDIT_*", 500, "it may write and rule the audit log",
	     CAP(AUDIT_CONTROL) | CAP(AUDIT_READ) | CAP(AUDIT_WRITE)),
	CAPS("CAP_SYSLOG", 500, "it may read the kernel's log", CAP(SYSLOG)),
	CAPS("CAP_SYS_(NICE|RESOURCE)", 500, "it may raise priorities and limits", CAP(SYS_NICE) | CAP(SYS_RESOURCE)),
	CAPS("CAP_MKNOD", 500, "it may make device nodes", CAP(MKNOD)),
	CAPS("CAP_(CHOWN|FSETID|SETFCAP)", 1000, "it may give files to others, and privileges to files",
	     CAP(CHOWN) | CAP(FSETID) | CAP(SETFCAP)),
	CAPS("CAP_(DAC_*|FOWNER|IPC_OWNER)", 1000, "permissions of files do not bind it",
	     CAP(DAC_OVERRIDE) | CAP(DAC_READ_SEARCH) | CAP(FOWNER) | CAP(IPC_OWNER)),
	CAPS("CAP_KILL", 500, "it may signal every process that it sees", CAP(KILL)),
	CAPS("CAP_NET_(BIND_SERVICE|BROADCAST|RAW)", 500, "it may make raw packets",
	     CAP(NET_BIND_SERVICE) | CAP(NET_BROADCAST) | CAP(NET_RAW)),
	CAPS("CAP_SYS_BOOT", 100, "it may reboot", CAP(SYS_BOOT)),
	CAPS("CAP_MAC_*", 100, "it may change mandatory access control", CAP(MAC_ADMIN) | CAP(MAC_OVERRIDE)),
	CAPS("CAP_LINUX_IMMUTABLE", 75, "it may make files immutable", CAP(LINUX_IMMUTABLE)),
	CAPS("CAP_IPC_LOCK", 50, "it may lock memory without a limit", CAP(IPC_LOCK)),
	CAPS("CAP_SYS_CHROOT", 50, "it may change its root", CAP(SYS_CHROOT)),
	CAPS("CAP_BLOCK_SUSPEND", 25, "it may keep the machine awake", CAP(BLOCK_SUSPEND)),
	CAPS("CAP_WAKE_ALARM", 25, "it may wake the machine", CAP(WAKE_ALARM)),
	CAPS("CAP_LEASE", 25, "it may take leases on files", CAP(LEASE)),
	CAPS("CAP_SYS_TTY_CONFIG", 25, "it may hang up terminals", CAP(SYS_TTY_CONFIG)),
	CAPS("CAP_SYS_PACCT", 25, "it may switch process accounting", CAP(SYS_PACCT)),
	{ "UMask=", 100, 10, ASK_UMASK, 0, "files that it makes are open to others", NULL },
	{ "KeyringMode=", 1000, 1, ASK_TRUE, FACT(own_keyring), "it shares a keyring", NULL },
	{ "ProtectProc=", 1000, 3, ASK_PROC, 0, "its /proc shows processes of others", NULL },
	{ "ProcSubset=", 10, 1, ASK_TRUE, FACT(proc_subset), "its /proc shows more than processes", NULL },
	{ "NotifyAccess=", 1000, 1, ASK_FALSE, FACT(notify_all), "any of its processes may say that it is ready or well",
	  "ready.notify and health.notify" },
	{ "RemoveIPC=", 100, 1, ASK_IPC, 0, "what it leaves of System V IPC outlives it", NULL },
	{ "Delegate=", 100, 1, ASK_FALSE, FACT(delegated), "its cgroup is its own to rule", NULL },
	{ "RestrictRealtime=", 500, 1, ASK_FALSE, FACT(realtime), "it may take a realtime priority", "capabilities" },
	{ "RestrictSUIDSGID=", 1000, 1, ASK_FALSE, FACT(calls.set_ids), "it may make files setuid", "seccomp" },
	NS(CLONE_NEWUSER, 1500, "it may make user namespaces"),
	NS(CLONE_NEWNS, 500, "it may make mount namespaces"),
	NS(CLONE_NEWIPC, 500, "it may make IPC namespaces"),
	NS(CLONE_NEWPID, 500, "it may make pid namespaces"),
	NS(CLONE_NEWCGROUP, 500, "it may make cgroup namespaces"),
	NS(CLONE_NEWNET, 500, "it may make network namespaces"),
	NS(CLONE_NEWUTS, 100, "it may make namespaces of host names"),
	FAMILY("AF_(INET|INET6)", 1500, "it may make Internet sockets", inet),
	FAMILY("AF_UNIX", 25, "it may make local sockets", local),
	FAMILY("AF_NETLINK", 200, "it may make netlink sockets", netlink),
	FAMILY("AF_PACKET", 1000, "it may make packet sockets", packet),
	FAMILY("...", 1250, "it may make sockets of rare families", exotic),
	{ "SystemCallArchitectures=", 1000, 10, ASK_CALLS, 0, "calls for other processors go through", "seccomp" },
	SET("swap", 1000, SET_SWAP),
	SET("obsolete", 250, SET_OBSOLETE),
	SET("clock", 1000, SET_CLOCK),
	SET("cpu-emulation", 250, SET_CPU_EMULATION),
	SET("debug", 1000, SET_DEBUG),
	SET("mount", 1000, SET_MOUNT),
	SET("module", 1000, SET_MODULE),
	SET("raw-io", 1000, SET_RAW_IO),
	SET("reboot", 1000, SET_REBOOT),
	SET("privileged", 700, SET_PRIVILEGED),
	SET("resources", 700, SET_RESOURCES),
	{ "IPAddressDeny=", 1000, 10, ASK_IP, 0, "it reaches any address", "network" },
	{ "DeviceAllow=", 1000, 10, ASK_DEVICES, 0, "it opens devices, or no rule of the kernel keeps it from them",
	  "devices" },
	{ "AmbientCapabilities=", 500, 1, ASK_AMBIENT, 0, "capabilities outlive its execs", "capabilities" },
};

#define ITEMS (sizeof items / sizeof *items)
_Static_assert(ITEMS <= SCORE_ITEMS_MAX, "no reason is without a place");

static bool
fact(const struct score_facts *f, uint64_t offset)
{
	return *(const bool *)((const char *)f + offset);
}

/* Who may read, and write, what it makes. */
static uint32_t
umask_badness(uint32_t umask)
{
	static const struct { uint32_t bit, badness; } bits[] = { { 0002, 10 }, { 0004, 5 }, { 0020, 2 }, { 0040, 1 } };

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
		if (!(umask & bits[i].bit))
			return bits[i].badness;
	return 0;
}

/* Out of range, or NOT_ASKED where it means nothing for such a service. */
static uint32_t
badness(const struct item *x, const struct score_facts *f)
{
	static const uint32_t reach[] = { [SCORE_IP_NONE] = 0, [SCORE_IP_DECLARED] = 5, [SCORE_IP_ANY] = 10 };

	switch (x->ask) {
	case ASK_TRUE: return fact(f, x->mask) ? 0 : x->range;
	case ASK_FALSE: return fact(f, x->mask) ? x->range : 0;
	case ASK_CAPS: return f->bounding & x->mask ? 1 : 0;
	case ASK_NS: return f->calls.namespaces & x->mask ? 1 : 0;
	case ASK_SET: return !f->calls.in_set[x->mask] ? 0 : f->calls.unknown ? 10 : 9; /* 9: in a list of what is allowed */
	case ASK_USER: return f->uid == 0 ? 10 : f->uid == 65534 ? 9 : 0;
	case ASK_GROUPS: return f->uid == 0 ? NOT_ASKED : f->groups;
	case ASK_IPC: return f->uid == 0 ? NOT_ASKED : !f->ipc_ns; /* all of it goes with the namespace */
	case ASK_HOSTNAME: return !f->uts_ns || f->bounding & CAP(SYS_ADMIN);
	case ASK_LOGS: return !f->own_dev || f->bounding & CAP(SYSLOG);
	case ASK_CLOCK: return !f->own_dev || f->bounding & (CAP(SYS_TIME) | CAP(WAKE_ALARM));
	case ASK_MODULES: return f->bounding & CAP(SYS_MODULE) ? 1 : 0;
	case ASK_HOME: return f->own_root ? 0 : 10;
	case ASK_SYSTEM: return f->read_only_root ? 0 : 10;
	case ASK_AMBIENT: return f->ambient != 0;
	case ASK_UMASK: return umask_badness(f->umask);
	case ASK_PROC: return f->proc_hidden ? 0 : 3;
	case ASK_CALLS: return f->calls.foreign ? 10 : 0;
	case ASK_IP: return reach[f->ip];
	case ASK_DEVICES: return !f->device_rules ? 10 : f->more_devices ? 5 : 0;
	}
	assert(!"a question");
	return x->range;
}

static uint32_t
part_of(uint64_t amount, uint64_t whole)
{
	return (uint32_t)((amount + whole - 1) / whole);
}

/* Sorted in: those that add as much stand in the table's order. */
static void
add(struct score *s, const struct item *x, const struct score_facts *f, uint32_t part, uint32_t weights)
{
	size_t k = s->n++;

	for (; k > 0 && s->items[k - 1].part < part; k--)
		s->items[k] = s->items[k - 1];
	s->items[k] = (struct score_item){
		.option = x->option, .why = x->why, .key = x->key, .part = part,
		.detail = x->ask == ASK_SET ? f->calls.in_set[x->mask] : NULL,
		.tenths = part_of(100ull * part, weights),
	};
}

void
score_compute(const struct score_facts *f, struct score *out)
{
	uint32_t sum = 0, weights = 0;

	*out = (struct score){ .extra = {
		[EXTRA_LIMITS] = f->limits, [EXTRA_WX] = f->wx_mounts, [EXTRA_LANDLOCK] = f->landlock,
		[EXTRA_USER_NS] = f->user_ns, [EXTRA_PROC_SUBSET] = f->proc_subset, [EXTRA_UNKNOWN_CALLS] = !f->calls.unknown,
	} };
	for (size_t i = 0; i < ITEMS; i++)
		weights += badness(&items[i], f) == NOT_ASKED ? 0 : items[i].weight;
	for (size_t i = 0; i < ITEMS; i++) {
		uint32_t bad = badness(&items[i], f);
		if (bad == 0 || bad == NOT_ASKED)
			continue;
		uint32_t part = part_of((uint64_t)bad * items[i].weight, items[i].range);
		sum += part;
		add(out, &items[i], f, part, weights);
	}
	out->tenths = part_of(100ull * sum, weights);
}
