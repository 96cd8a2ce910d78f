/* SPDX-License-Identifier: MIT
 *
 * A network namespace takes the kernel longer to make than all else of a start, and to take apart. One that holds a lo
 * that is down alone cannot be changed by what runs in it: nothing of a run is left in it but sockets, which end with
 * their processes. So the next run of the same service may have it. It is never given to another service. A user
 * namespace holds no more than two numbers, costs the kernel little, and is kept for good.
 *
 * A cgroup is kept where each start writes all of its limits, nobody asks for counts that begin at 0, and little is
 * left charged to it.
 */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "loop.h"
#include "spawn.h"
#include "svc_io.h"
#include "sys.h"
#include "tally.h"
#include "userns.h"

#define REST_MS 5000 /* a service that is down for longer needs the kernel's 400 KB no more */
#define LEFT_PART 8  /* of its limit */
#define NET_LATER (-2) /* a namespace that is to be taken; the run has executed its program, so that it is its own */

#ifndef PIDFD_GET_NET_NAMESPACE /* <linux/pidfd.h> since 6.11 */
#define PIDFD_GET_NET_NAMESPACE _IO(0xff, 4)
#endif

int
kept_give(struct init *in, uint32_t i, struct spawn_given *given)
{
	const struct tbl_svc *s = tbl_svc(&in->table, i);
	struct svc_run *r = &in->s->run[i];

	r->rest_ms = SVC_NEVER;
	given->net = r->net > 0 ? r->net : -1;
	given->user = -1;
	if (!(s->flags & TBL_SVC_USERNS))
		return 0;
	if (r->user <= 0) {
		int fd = userns_make(s->uid, s->gid);
		if (fd < 0)
			return -1;
		r->user = fd;
	}
	given->user = r->user;
	return 0;
}

static void
drop(int *kept)
{
	int fd = *kept;

	*kept = 0; /* first: a crash shall not find the number of another file here */
	if (fd > 0)
		close(fd);
}

/* Before Linux 6.11 by the number, which has the kernel make three inodes. It is another process's once this one is
 * reaped. */
static int
net_of_number(pid_t pid, int pidfd)
{
	char path[40];

	fmt(path, sizeof path, "/proc/%d/ns/net", pid);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || sys_pidfd_send_signal(pidfd, 0) < 0 ? -1 : take_fd(&fd);
}

/* Of its stub, which is in it. A process that ends leaves its namespaces before it closes its descriptors, so that none
 * is found of one that ended before it had its own. */
static int
net_of(const struct init *in, uint32_t i)
{
	int pidfd = loop_fd(in, loop_svc_slot(i, SVC_FD_PID)), fd = ioctl(pidfd, PIDFD_GET_NET_NAMESPACE, 0);

	return fd < 0 && errno != ESRCH ? net_of_number(in->s->run[i].pid, pidfd) : fd;
}

/* One that has ended already takes it along, and the next start makes another. */
void
kept_net(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	if (r->net > 0 || !(tbl_svc(&in->table, i)->flags & TBL_SVC_NETNS))
		return;
	int fd = in->s->late.phase == LATE_WAITS ? NET_LATER : net_of(in, i);
	r->net = fd == -1 ? 0 : fd;
}

void
kept_nets(struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++)
		if (in->s->run[i].net == NET_LATER)
			kept_net(in, i);
}

/* For good, as far as anybody knows. */
static bool
stopped(const struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];

	return v->state == SVC_STOPPING && v->after == SVC_AFTER_DOWN;
}

void
kept_rest(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	drop(&r->peak);
	if (r->net == NET_LATER)
		r->net = 0;
	if (r->net > 0 || r->group == GROUP_KEPT)
		r->rest_ms = in->s->now_ms + (stopped(in, i) ? 0 : REST_MS);
	tally_times(in, i);
}

/* ---- the cgroup ---- */

bool
kept_again(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	if (r->group == GROUP_KEPT && CFG_JOBS && tbl_svc(&in->table, i)->kind == TBL_JOB) {
		r->peak = spawn_peak(&in->launcher, init_name(in, i));
		if (r->peak < 0) { /* an older kernel, whose count would be that of all runs */
			r->peak = 0;
			r->group = GROUP_USED;
		}
	}
	if (r->group == GROUP_KEPT)
		return true;
	r->cpu_before_us = 0;
	return false;
}

void
kept_usage(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];
	uint64_t cpu_us = 0;

	spawn_usage(&in->launcher, init_name(in, i), r->peak > 0 ? r->peak : -1, &r->memory_peak, &cpu_us);
	if (cpu_us <= r->cpu_before_us) /* it was not told */
		return;
	r->cpu_us = cpu_us - r->cpu_before_us;
	r->cpu_before_us = cpu_us;
}

/* Nothing of the last run is in it, no death by memory is counted, and what the kernel still charges to it, a little of
 * its own and what it remembers of files, does not narrow the next run. */
static bool
is_clean(const struct init *in, uint32_t i)
{
	const char *name = init_name(in, i);
	long left = spawn_memory(&in->launcher, name);

	return left >= 0 && (uint64_t)left <= tbl_svc(&in->table, i)->memory_max / LEFT_PART &&
	       spawn_oom_kills(&in->launcher, name) == 0 && spawn_empty(&in->launcher, name);
}

bool
kept_group(struct init *in, uint32_t i)
{
	const struct tbl_svc *s = tbl_svc(&in->table, i);
	bool more = s->memory_high || s->cpu_quota_us || s->knobs.count || s->devices.count;

	/* Without a word of the stub the group may have been killed (cgroup.kill): Linux then kills whatever is cloned into
	 * it, as it compares its count of kills with that of PID 1's own group. And whoever has a service restarted may want
	 * all of it anew. */
	bool killed = !in->s->run[i].reported, told = in->s->svc[i].state == SVC_STOPPING;
	if ((s->flags & TBL_SVC_MACHINE) || more || killed || told || !is_clean(in, i))
		return false;
	in->s->run[i].group = GROUP_KEPT;
	return true;
}

/* Whoever has come into it meanwhile goes with it. */
static void
remove_group(struct init *in, uint32_t i)
{
	if (in->s->run[i].group == GROUP_KEPT && !svc_io_clean(in, i))
		svc_io_kill(in, i);
}

/* A job is likely to run again, whatever it says. */
void
kept_settle(struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];
	bool more = svc_runs(v) || v->state == SVC_BACKOFF || (v->state == SVC_DOWN && v->wanted);

	if (!more && tbl_svc(&in->table, i)->kind != TBL_JOB)
		remove_group(in, i);
}

uint64_t
kept_due(const struct svc_run *r)
{
	return r->rest_ms;
}

void
kept_timers(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	if (r->rest_ms > in->s->now_ms)
		return;
	r->rest_ms = SVC_NEVER;
	drop(&r->net);
	remove_group(in, i);
}

void
kept_gone(struct svc_run *r)
{
	r->rest_ms = SVC_NEVER;
	drop(&r->net);
	drop(&r->peak);
	drop(&r->user);
}
