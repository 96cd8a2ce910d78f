/* SPDX-License-Identifier: MIT
 *
 * ingotctl score: the score of each service that runs, from its process; by the same weights as `ingot score` has.
 */
#include <signal.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_enter.h"
#include "ctl_score.h"
#include "ctl_words.h"
#include "sys.h"

struct asked {
	pid_t pid;
	uint32_t flags; /* of its record, TBL_SVC_ */
	int pidfd, cgroup, filter; /* owned */
};

static int
take(void *ctx, struct ctl_packet *p, struct err *e)
{
	struct asked *a = ctx;

	(void)e;
	if (p->reply.kind == CTL_R_SVC && a->cgroup < 0) {
		a->pid = p->u.svc.pid;
		a->flags = p->u.svc.flags;
		a->pidfd = take_fd(&p->fds[0]);
		a->cgroup = take_fd(&p->fds[1]);
		a->filter = take_fd(&p->fds[2]);
	}
	return 0;
}

/* What was read of a process that has ended meanwhile is of none, or of another. */
static bool
is_there(const struct asked *a, pid_t pid)
{
	return sys_pidfd_send_signal(a->pidfd, 0) == 0 && kill(pid, 0) == 0;
}

/* Whether it runs: only then there is something to look at. */
static int
look_at(const struct asked *a, struct score *out, bool *runs, struct err *e)
{
	static struct sock_filter code[TBL_FILTER_MAX + 1];
	pid_t pid = score_program(a->cgroup, a->pid);
	struct score_facts facts;
	size_t n;

	if (pid == 0)
		return 0;
	int ret = enter_read_filter(a->filter, code, &n, e) ||
		  score_live(pid, a->cgroup, a->flags, code, n, &facts, e) ? -1 : 0;
	*runs = is_there(a, pid);
	if (*runs && ret == 0)
		score_compute(&facts, out);
	return *runs ? ret : 0;
}

static int
look(const char *name, struct score *out, bool *runs, struct err *e)
{
	struct asked a = { .pidfd = -1, .cgroup = -1, .filter = -1 };
	struct err refused; /* it does not run, or is being launched */
	int ret = 0;

	*runs = false;
	if (ctl_call(CTL_PIDFD, 0, name, take, &a, &refused) == 0 && a.pid > 0 && a.pidfd >= 0 && a.cgroup >= 0 &&
	    a.filter >= 0)
		ret = look_at(&a, out, runs, e);
	fd_cleanup(&a.pidfd);
	fd_cleanup(&a.cgroup);
	fd_cleanup(&a.filter);
	return ret ? err_wrap(e, "service %s", name) : 0;
}

static void
put(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	out_bytes(bytes, size);
}

static void
json_absent(struct json *j, const char *name)
{
	json_object(j);
	json_key(j, "name");
	json_string(j, name);
	json_key(j, "score_tenths");
	json_null(j);
	json_object_end(j);
}

static int
each(const struct ctl_svc *v, size_t n, bool all, struct json *j, struct err *e)
{
	struct score score;
	bool runs;

	for (size_t i = 0; i < n; i++) {
		if (look(v[i].name, &score, &runs, e))
			return -1;
		if (!runs && j)
			json_absent(j, v[i].name);
		else if (!runs)
			out_fmt("%s: does not run\n", v[i].name);
		else if (j)
			score_json(j, v[i].name, &score);
		else
			score_print(v[i].name, &score, all ? SCORE_SHOWN : SCORE_ITEMS_MAX, put, NULL);
	}
	return 0;
}

int
ctl_score(int argc, char **argv)
{
	const char *name = "";
	bool as_json = false;
	const struct ctl_svc *v;
	struct json j;
	struct err e;
	size_t n;

	if (ctl_arguments(argc, argv, &name, &as_json))
		return CTL_USAGE;
	if (ctl_services(name, &v, &n, &e))
		return ctl_fail(&e);
	if (as_json) {
		json_init(&j, out_json, NULL);
		json_object(&j);
		json_key(&j, "services");
		json_array(&j);
	}
	if (each(v, n, !*name, as_json ? &j : NULL, &e))
		return ctl_fail(&e);
	if (as_json) {
		json_array_end(&j);
		json_object_end(&j);
		json_end(&j);
	}
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
