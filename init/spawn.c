/* SPDX-License-Identifier: MIT
 *
 * PID 1's side of a launch: cgroup, limits, state and pipes, then one clone3. The child's side is sandbox.c. It keeps
 * nothing between two launches but what is in the launcher, and all else that it opened is closed or handed over when
 * it returns.
 */
#include "spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "bare.h"
#include "cgroup.h"
#include "child.h"
#include "cleanup.h"
#include "devices.h"
#include "knobs.h"
#include "landlock.h"
#include "templates.h"
#include "sandbox.h"
#include "stub_abi.h"
#include "sys.h"

struct pipes {
	int error[2], status[2], ready[2]; /* read end, write end */
	int notify;
};

int
spawn_open(struct launcher *l, struct err *e)
{
	child_init();
	*l = (struct launcher){ .stub = -1, .mounts = -1, .cgroups = -1, .landlock = landlock_version() };
	l->stub = open(STUB_PATH, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (l->stub < 0)
		return err_set(e, errno, "%s", STUB_PATH);
	if (cgroup_init(&l->cgroups, e) == 0) {
		l->devices = devices_held(l->cgroups);
		return 0;
	}
	fd_cleanup(&l->stub);
	return -1;
}

int
spawn_init(struct launcher *l, struct err *e)
{
	if (template_dev(e) || spawn_open(l, e))
		return -1;
	l->devices = devices_hold(l->cgroups, NULL, 0) == 0;
	return 0;
}

/* ---- pipes ---- */

static void
close_pair(int pair[2])
{
	fd_cleanup(&pair[0]);
	fd_cleanup(&pair[1]);
}

static void
pipes_release(struct pipes *p)
{
	close_pair(p->error);
	close_pair(p->status);
	close_pair(p->ready);
	fd_cleanup(&p->notify);
}

/* PID 1 must never wait, and neither the child nor the stub ever writes as much as would make them. */
static int
open_own(int pair[2])
{
	return pipe2(pair, O_CLOEXEC | O_NONBLOCK);
}

/* The read end alone is non-blocking: a service may expect to wait. */
static int
open_pair(int pair[2])
{
	return pipe2(pair, O_CLOEXEC) || fcntl(pair[0], F_SETFL, O_NONBLOCK) ? -1 : 0;
}

static int
pipes_init(struct pipes *p, const struct tbl_svc *s)
{
	if (open_own(p->error))
		return -1;
	if (!(s->flags & TBL_SVC_MACHINE) && open_own(p->status))
		return -1;
	if (s->flags & TBL_SVC_NOTIFY) {
		p->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (p->notify < 0)
			return -1;
	}
	return s->ready == TBL_READY_FD ? open_pair(p->ready) : 0;
}

/* ---- the launch ---- */

static int
prepare_state(const struct tbl *t, const struct tbl_svc *s, struct err *e)
{
	for (uint32_t i = 0; i < s->mounts.count; i++) {
		const struct tbl_mount *m = tbl_mount(t, s, i);
		if (m->kind == TBL_MOUNT_STATE && template_state(t, s, m, e))
			return -1;
	}
	return 0;
}

static int
give_devices(const struct launcher *l, const struct tbl *t, const struct tbl_svc *s, int cgroup, struct err *e)
{
	dev_t numbers[TBL_DEVICES_MAX];

	if (template_devices(t, s, numbers, e))
		return -1;
	if (l->devices && devices_hold(cgroup, numbers, s->devices.count))
		return err_set(e, errno, "the kernel's rules for them");
	return 0;
}

static uint64_t
clone_flags(const struct tbl_svc *s)
{
	const uint64_t flags = CLONE_INTO_CGROUP | CLONE_PIDFD;

	/* A network namespace is the child's work: it takes longer than all else that PID 1 does here, and waits for a lock
	 * that others hold while they take one apart. So is a mount namespace, for which it needs PID 1's at first. */
	return s->flags & TBL_SVC_MACHINE ? flags : flags | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
}

static_assert(sizeof(struct sandbox) <= CHILD_ARG_MAX, "the child's copy has no room for it");

/* Returns the child's pid with *pidfd, or -1 with errno. */
static pid_t
launch(const struct sandbox *x, int cgroup, int *pidfd)
{
	struct clone_args args = {
		.flags = clone_flags(x->s),
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};

	return child_start(&args, &(struct child){ sandbox_run, x, sizeof *x, x->t.base });
}

static int
fail(struct spawned *out, enum launch_step step, struct err *e)
{
	out->failed_step = step;
	return err_wrap(e, "step %s", launch_step_name(step));
}

static int
fail_errno(struct spawned *out, enum launch_step step, struct err *e)
{
	out->failed_step = step;
	return err_set(e, errno, "step %s", launch_step_name(step));
}

static int
launch_with_pipes(const struct launcher *l, struct sandbox *x, struct pipes *p, int cgroup, struct spawned *out,
		  struct err *e)
{
	if (pipes_init(p, x->s))
		return fail_errno(out, LAUNCH_PIPES, e);
	x->stub = x->s->flags & TBL_SVC_MACHINE ? -1 : l->stub;
	x->mounts = x->s->flags & TBL_SVC_MACHINE ? -1 : l->mounts;
	x->error = p->error[1];
	x->status = p->status[1];
	x->ready = p->ready[1];
	x->notify = p->notify;
	out->pid = launch(x, cgroup, &out->pidfd);
	if (out->pid < 0)
		return fail_errno(out, LAUNCH_CLONE, e);
	out->error_fd = take_fd(&p->error[0]);
	out->status_fd = take_fd(&p->status[0]);
	out->ready_fd = take_fd(&p->ready[0]);
	out->notify_fd = take_fd(&p->notify);
	return 0;
}

/* At the first launch, and again at the next one where that failed. */
static int
have_mounts(struct launcher *l)
{
	for (int i = 0; i < 2 && l->mounts < 0; i++)
		l->mounts = bare_make();
	return l->mounts < 0 ? -1 : 0;
}

int
spawn(struct launcher *l, const struct tbl *t, uint32_t svc, const struct spawn_given *given,
      struct spawned *out, struct err *e)
{
	const struct tbl_svc *s = tbl_svc(t, svc);
	struct sandbox x = { .t = *t, .s = s, .name = tbl_str(t, s->name), .root = -1,
			     .output = { given->output[0], given->output[1] }, .net = given->net, .user = given->user,
			     .landlock = l->landlock, .rules = -1 };
	struct pipes p = { { -1, -1 }, { -1, -1 }, { -1, -1 }, -1 };
	AUTO_FD cgroup = -1;

	for (uint32_t i = 0; CFG_LISTEN && i < s->listen.count; i++)
		x.listen[i] = given->listen[i];
	*out = (struct spawned){ .pid = -1, .pidfd = -1, .status_fd = -1, .error_fd = -1, .ready_fd = -1,
				  .notify_fd = -1 };
	if (cgroup_make(l->cgroups, x.name, given->group, &cgroup, e))
		return fail(out, LAUNCH_CGROUP, e);
	if (cgroup_limit(cgroup, s, e) || (CFG_KNOBS && s->knobs.count && knobs_set(l->cgroups, cgroup, t, s, e)))
		return fail(out, LAUNCH_LIMITS, e);
	if (s->devices.count && give_devices(l, t, s, cgroup, e))
		return fail(out, LAUNCH_DEVICES, e);
	if (!l->disk && prepare_state(t, s, e))
		return fail(out, LAUNCH_STATE, e);
	if (!(s->flags & TBL_SVC_MACHINE) && have_mounts(l))
		return fail_errno(out, LAUNCH_NAMESPACES, e);
	int ret = launch_with_pipes(l, &x, &p, cgroup, out, e);
	pipes_release(&p);
	return ret;
}
