/* SPDX-License-Identifier: MIT
 *
 * What a service table promises of a service: what PID 1 gives to each one that is no program of the machine, and what
 * its record adds to that or takes from it.
 */
#include <string.h>

#include <linux/capability.h>

#include "score.h"

static bool
has_mount(const struct tbl *t, const struct tbl_svc *s, enum tbl_mount_kind kind, const char *path)
{
	for (uint32_t i = 0; i < s->mounts.count; i++) {
		const struct tbl_mount *m = tbl_mount(t, s, i);
		if (m->kind == kind && strcmp(tbl_str(t, m->path), path) == 0)
			return true;
	}
	return false;
}

/* Its root and namespaces are the machine's, its capabilities are root's, and no limit of resources is set. */
static void
machine_facts(struct score_facts *f)
{
	f->bounding = ~0ull;
	f->cgroup_files = f->tunables = f->realtime = true;
	f->ip = SCORE_IP_ANY;
}

static void
service_facts(const struct tbl *t, const struct tbl_svc *s, struct score_facts *f)
{
	f->no_new_privs = true;
	f->mount_ns = f->ipc_ns = f->uts_ns = true;
	f->net_ns = s->flags & TBL_SVC_NETNS;
	f->ip = f->net_ns ? SCORE_IP_NONE : SCORE_IP_ANY; /* a down loopback, or the machine's links */
	f->user_ns = s->flags & TBL_SVC_USERNS;
	f->no_write_exec = !(s->flags & TBL_SVC_JIT);
	f->landlock = s->flags & TBL_SVC_LANDLOCK;
	f->bounding = f->ambient = s->caps;
	f->realtime = s->caps >> CAP_SYS_NICE & 1;
	if (s->net) { /* a private network */
		f->net_ns = true;
		f->ip = SCORE_IP_DECLARED;
	}
	f->own_root = true;
	f->own_dev = has_mount(t, s, TBL_MOUNT_DEV, "/dev");
	f->own_tmp = has_mount(t, s, TBL_MOUNT_TMPFS, "/tmp");
	f->proc_hidden = f->proc_subset = true;
	f->notify_all = s->flags & TBL_SVC_NOTIFY;
}

void
score_facts_of(const struct tbl *t, const struct tbl_svc *s, struct score_facts *f)
{
	*f = (struct score_facts){ .uid = s->uid, .umask = 0077, .own_keyring = true,
				   .limits = s->memory_max && s->pids_max,
				   /* every root is, the machine's too; what can be written to is noexec */
				   .read_only_root = true, .wx_mounts = true,
				   .more_devices = s->devices.count > 0,
				   .device_rules = true /* by its group, or that of all services */ };
	if (s->flags & TBL_SVC_MACHINE)
		machine_facts(f);
	else
		service_facts(t, s, f);
	score_calls(tbl_filter(t, s), s->filter.count, &f->calls);
}
