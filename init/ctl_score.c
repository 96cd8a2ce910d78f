/* SPDX-License-Identifier: MIT
 *
 * ingotctl score: the score of each service that runs, from its process; by the same weights as `ingot score` has.
 */
#include <errno.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_enter.h"
#include "ctl_score.h"
#include "ctl_words.h"

struct asked {
	pid_t pid;
	uint32_t flags; /* of its record, TBL_SVC_ */
	int cgroup, filter; /* owned */
};

static int
take(void *ctx, struct ctl_packet *p, struct err *e)
{
	struct asked *a = ctx;

	(void)e;
	if (p->reply.kind == CTL_R_SVC && a->cgroup < 0) {
		a->pid = p->u.svc.pid;
#ifdef TBL_SVC_JIT
		a->flags = p->u.svc.flags;
#endif
		a->cgroup = take_fd(&p->fds[1]);
		a->filter = take_fd(&p->fds[2]);
	}
	return 0;
}

/* Whether it runs: only then there is something to look at. */
static int
look(const char *name, struct score *out, bool *runs, struct err *e)
{
	static struct sock_filter code[TBL_FILTER_MAX + 1];
	struct asked a = { .cgroup = -1, .filter = -1 };
	struct score_facts facts;
	struct err refused;
	size_t n;

	*runs = ctl_call(CTL_PIDFD, 0, name, take, &a, &refused) == 0 && a.pid > 0 && a.cgroup >= 0 && a.filter >= 0;
	AUTO_FD cgroup = a.cgroup, filter = a.filter;
	pid_t pid = *runs ? score_program(cgroup, a.pid) : 0;
	if (pid == 0) {
		*runs = false;
		return 0;
	}
	if (enter_read_filter(filter, code, &n, e) || score_live(pid, cgroup, a.flags, code, n, &facts, e))
		return err_wrap(e, "service %s", name);
	score_compute(&facts, out);
	return 0;
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
