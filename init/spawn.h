/* SPDX-License-Identifier: MIT
 *
 * The launch path: from a record of the service table to a running, isolated process, and nothing else. It keeps no
 * state of its own and knows nothing of restarts, readiness or time.
 */
#ifndef INGOT_SPAWN_H
#define INGOT_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "table.h"

/* What every launch needs, opened once, at boot by spawn_init but for what is said, and kept for good. */
struct launcher {
	int stub;    /* O_PATH of /ingot/stub */
	int mounts;  /* the mount namespace that they begin with: bare.h; made by the first launch */
	int cgroups; /* folder of the services' cgroups: /sys/fs/cgroup/svc */
	int landlock; /* its version, 0: the kernel has none */
	bool devices; /* devices.c holds them */
	bool disk;   /* state.c: /state is a disk, and all folders on it are made */
};

/* What the caller lends to a launch. */
struct spawn_given {
	int output[2]; /* stdout and stderr */
	const int *listen; /* as many as the record has */
	int net;       /* the network namespace of an earlier run; -1, with TBL_SVC_NETNS: the child makes one */
	int user;      /* its user namespace, or -1 */
	bool group;    /* the cgroup of an earlier run is there, and empty */
};

/* What a launch leaves with the caller, who owns each descriptor; all are O_CLOEXEC, the pipes O_NONBLOCK. */
struct spawned {
	pid_t pid;     /* of the stub (or of the program itself with TBL_SVC_MACHINE) */
	int pidfd;     /* readable when the stub has ended and all of its namespace with it */
	int status_fd; /* the stub writes a struct stub_status for each probe, and one when the service's main
			* process ends; -1 for a machine service, whose own wait status counts */
	int error_fd;  /* one struct launch_error if a step failed; end of file without one: the program was executed */
	int ready_fd;  /* read end of the readiness pipe, -1 unless TBL_READY_FD */
	int notify_fd; /* datagram socket, bound in the service's namespace; -1 without TBL_SVC_NOTIFY */
	uint32_t failed_step; /* enum launch_step, when spawn itself returns -1; e->code is the errno then */
};

/* The steps of a launch, each with one name in launch_step_name(). */
enum launch_step {
	/* before the clone: spawn fails */
	LAUNCH_CGROUP, LAUNCH_LIMITS, LAUNCH_STATE, LAUNCH_PIPES, LAUNCH_CLONE,
	/* in the child, in this order but for LAUNCH_FDS: the error pipe says so */
	LAUNCH_FDS, LAUNCH_CGROUP_NS /* none any more: disks have the numbers */, LAUNCH_ROOT, LAUNCH_MOUNT, LAUNCH_CHROOT,
	LAUNCH_NOTIFY, LAUNCH_CWD, LAUNCH_HOSTNAME,
	LAUNCH_RLIMITS, LAUNCH_IDS, LAUNCH_CAPS, LAUNCH_STUB, LAUNCH_FORK, LAUNCH_EXEC,
	LAUNCH_NAMESPACES, /* behind LAUNCH_STATE, before LAUNCH_FDS, and in the midst of LAUNCH_MOUNT */
	LAUNCH_SECCOMP,    /* behind LAUNCH_CAPS */
	LAUNCH_LISTEN,     /* before all others */
	LAUNCH_MDWE,       /* behind LAUNCH_CAPS */
	LAUNCH_USER_NS,    /* to make it, before the clone: spawn's caller; to enter it, behind LAUNCH_RLIMITS */
	LAUNCH_LANDLOCK,   /* behind LAUNCH_ROOT, and behind LAUNCH_CAPS */
	LAUNCH_NETWORK,    /* behind LAUNCH_FDS */
	LAUNCH_DEVICES,    /* behind LAUNCH_LIMITS, before the clone */
	LAUNCH_STEPS
};

/* What a failing child sends up error_fd. */
struct launch_error {
	uint32_t step; /* enum launch_step */
	int32_t code;  /* errno */
	uint32_t mount; /* LAUNCH_MOUNT: index among the service's mounts */
};

/* What the stub reports: the exact wait status of the service's main process, which would be lost otherwise, or how a
 * probe ended. */
struct stub_status {
	int32_t wait_status; /* as waitpid gives it; of a probe that could not be started: the negative errno */
	uint32_t seq;        /* of the probe, as it was asked for; 0: the main process */
};

/* Once, at boot: wants /proc, /sys/fs/cgroup (cgroup2) and a writable /run mounted. What it opens stays open. */
int spawn_init(struct launcher *l, struct err *e);

/* The same where an earlier program has done it: it opens, and makes nothing. */
int spawn_open(struct launcher *l, struct err *e);

/* Makes the service's cgroup, which is not there unless it is given, and its /state folders if they are not there yet;
 * writes the limits and reads them back, then clones straight into the cgroup and the namespaces. The steps behind the
 * clone report over error_fd. Blocks only for the clone itself, and the first time for that of bare.h; allocates
 * nothing. The error names the step, as in "step limits: memory.max: ...". After an error over error_fd, what status_fd
 * says means nothing: the stub reports its own child's exit there. */
int spawn(struct launcher *l, const struct tbl *t, uint32_t svc, const struct spawn_given *given,
	  struct spawned *out, struct err *e);

/* Kills all of the service's cgroup at once (cgroup.kill); returns -1 with errno where that fails. */
int spawn_kill(const struct launcher *l, const char *name);

/* How many times the group was killed for memory (oom_group_kill, else oom_kill, of memory.events), or -1. One that was
 * is not given to another run. */
long spawn_oom_kills(const struct launcher *l, const char *name);

/* The group's memory.events, the caller's, or -1; and how often it was above memory.high by that, or -1. */
int spawn_memory_events(const struct launcher *l, const char *name);
long spawn_high(int events);

/* Whether no process is in the group, and it is not frozen; false where that cannot be told. And how many bytes are
 * charged to it, or -1. */
bool spawn_empty(const struct launcher *l, const char *name);
long spawn_memory(const struct launcher *l, const char *name);

/* The most memory that the group has from now on: a descriptor for spawn_usage, the caller's; or -1, as with each
 * kernel before 6.12. */
int spawn_peak(const struct launcher *l, const char *name);

/* What the group has used so far, of memory by that descriptor if it is not -1; what this kernel does not tell is left
 * as it is. */
void spawn_usage(const struct launcher *l, const char *name, int peak, uint64_t *memory_peak, uint64_t *cpu_us);

const char *launch_step_name(uint32_t step);

#endif
