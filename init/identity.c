/* SPDX-License-Identifier: MIT
 *
 * Ids, capabilities, no_new_privs, resource limits, session keyring and signals of a service's process. It changes the
 * calling process for good and nothing else.
 */
#include "identity.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include "spawn.h"
#include "sys.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1ul
#endif

static const struct {
	uint32_t resource, soft, hard;
} posture[] = {
	{ RLIMIT_NOFILE, 1024, 4096 }, { RLIMIT_CORE, 0, 0 },   { RLIMIT_MEMLOCK, 64 << 10, 64 << 10 },
	{ RLIMIT_MSGQUEUE, 0, 0 },     { RLIMIT_RTPRIO, 0, 0 }, { RLIMIT_NICE, 0, 0 },
};

void
identity_limit(struct limits *l, uint32_t resource, uint64_t soft, uint64_t hard)
{
	l->at[resource] = (struct rlimit){ soft, hard };
	l->set |= 1u << resource;
}

static int
set_limits(struct limits *l)
{
	unsigned long cpus[1024 / (8 * sizeof(unsigned long))];

	for (size_t i = 0; i < sizeof posture / sizeof *posture; i++)
		if (!(l->set >> posture[i].resource & 1))
			identity_limit(l, posture[i].resource, posture[i].soft, posture[i].hard);
	for (uint32_t i = 0; i < TBL_RLIMIT_KINDS; i++)
		if (l->set >> i & 1 && setrlimit((int)i, &l->at[i]))
			return -1;
	memset(cpus, 0xff, sizeof cpus); /* the kernel keeps those that exist */
	return (int)syscall(SYS_sched_setaffinity, 0, sizeof cpus, cpus);
}

static int
ids(uid_t uid, gid_t gid)
{
	/* uid 0 of a later exec means nothing, a change of uid moves no capability, and neither can be undone */
	unsigned long bits = SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE | SECURE_ALL_LOCKS;

	if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) || sys_setgroups(0, NULL) || sys_setresgid(gid, gid, gid) ||
	    sys_setresuid(uid, uid, uid))
		return -1;
	/* A change of ids sets this to what the sysctl fs.suid_dumpable says. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int
drop_bounding(uint64_t caps)
{
	for (unsigned long cap = 0;; cap++)
		if (!(cap < 64 && caps >> cap & 1) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return errno == EINVAL && cap > CAP_SYS_RESOURCE ? 0 : -1; /* behind the kernel's last one */
}

/* The inheritable ones, and of the others as many more. */
static int
set_caps(uint64_t more, uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		set[i].inheritable = (uint32_t)(caps >> (32 * i));
		set[i].effective = set[i].permitted = set[i].inheritable | (uint32_t)(more >> (32 * i));
	}
	return sys_capset(&header, set);
}

/* An exec keeps the ambient ones of who is not root. They are raised while the securebits let that be. */
static int
raise_caps(uint64_t caps)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) || (caps && set_caps(~0ull, caps)))
		return -1;
	for (unsigned long cap = 0; caps >> cap; cap++)
		if (caps >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			return -1;
	return 0;
}

static int
drop(uint64_t caps)
{
	if (drop_bounding(caps) || set_caps(0, caps))
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* A session keyring is inherited: a shell of root's would hand its keys on. */
static int
fresh_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS ? -1 : 0;
}

int
identity_policy(uint32_t policy)
{
	struct { /* struct sched_attr, whose header some C libraries do not bear */
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} a = { .size = sizeof a, .policy = policy };

	return (int)syscall(SYS_sched_setattr, 0, &a, 0);
}

static int
fresh(void)
{
	umask(0077);
	return fresh_keyring() || identity_policy(SCHED_OTHER) ? -1 : 0;
}

void
identity_signals(void)
{
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			sys_sigdefault(sig);
}

int
identity_become(uid_t uid, gid_t gid, uint64_t caps, int user, struct limits *l, uint32_t *step)
{
	bool machine = uid == 0;

	*step = LAUNCH_RLIMITS;
	if (!machine && set_limits(l))
		return -1;
	*step = LAUNCH_USER_NS;
	/* Behind all that wants a right of the machine. In it the process has every capability, of no use outside, until the
	 * next steps; its other ids show as nobody's. */
	if (user >= 0 && setns(user, CLONE_NEWUSER))
		return -1;
	*step = LAUNCH_CAPS;
	if (!machine && raise_caps(caps))
		return -1;
	*step = LAUNCH_IDS;
	if (fresh() || (!machine && ids(uid, gid)))
		return -1;
	*step = LAUNCH_CAPS;
	return machine ? 0 : drop(caps);
}

int
identity_memory(void)
{
	if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0)
		return 0;
	return errno == EINVAL ? 0 : -1;
}

int
identity_filter(const struct sock_filter *code, uint32_t n)
{
	struct sock_fprog program = { .len = (unsigned short)n, .filter = (struct sock_filter *)(uintptr_t)code };

	/* what it refuses is logged, but for what posture.c silences */
	return n ? (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) : 0;
}
