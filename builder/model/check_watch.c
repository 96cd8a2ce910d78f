/* SPDX-License-Identifier: MIT
 *
 * What the image file says of readiness and health: one way each, over a port that can be reached and bound.
 */
#include <string.h>

#include "plan.h"
#include "project.h"
#include "table.h"
#include "value.h"

/* The first port that needs no capability, as the plan will have it. */
static uint64_t
lowest_port(const struct project *p)
{
	uint64_t lowest = LOW_PORTS;

	for (size_t i = 0; i < project_units(p); i++)
		for (size_t k = 0; k < project_unit(p, i)->network.ports.n; k++)
			if (project_unit(p, i)->network.mode == NET_MACHINE && project_unit(p, i)->network.ports.v[k].machine < lowest)
				lowest = project_unit(p, i)->network.ports.v[k].machine;
	return lowest;
}

/* A way to look at a service, of `ready` or of `health`. */
struct way {
	const struct node *at;
	uint64_t tcp;
	const struct model_http *http;
	bool exec_ok;
};

static bool
listens(const struct model_service *s, uint64_t port)
{
	bool found = false;

	for (size_t i = 0; i < s->listen.n; i++)
		found |= s->listen.v[i].port == port && s->listen.v[i].protocol == NET_TCP;
	return found;
}

static void
check_port(struct project *p, const struct model_service *s, const struct node *at, uint64_t port, bool http)
{
	if (listens(s, port)) {
		if (!http)
			diag(p->diags, at, "port %llu accepts as soon as PID 1 has bound it, whatever the service does: take `http`, `fd` "
			     "or `notify`", (unsigned long long)port);
		return;
	}
	if (s->network.mode == NET_PRIVATE)
		return;
	if (s->network.mode == NET_NONE)
		diag(p->diags, at, "nothing can reach port %llu of a service without a network: write `network: {mode: machine}`",
		     (unsigned long long)port);
	else if (port < lowest_port(p))
		diag(p->diags, at, "no service can bind port %llu, as none below %llu stands in `ports`: add {machine: %llu} there",
		     (unsigned long long)port, (unsigned long long)lowest_port(p), (unsigned long long)port);
}

/* It stands on a line of its own in the request. */
static bool
is_target(const char *path)
{
	for (const char *c = path; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return path[0] == '/' && strlen(path) <= TBL_PATH_MAX;
}

static void
check_way(struct project *p, const struct model_service *s, const struct way *w)
{
	const struct node *exec = node_get(w->at, "exec");

	if (w->tcp)
		check_port(p, s, node_place(w->at, "tcp"), w->tcp, false);
	if (w->http->head.node) {
		check_port(p, s, node_place(w->http->head.node, "port"), w->http->port, true);
		if (w->http->path && !is_target(w->http->path))
			diag(p->diags, node_place(w->http->head.node, "path"),
			     "`path` begins with a slash and holds no blanks, such as /health; other bytes are written as %%20");
	}
	if (exec && exec->kind == NODE_LIST && !w->exec_ok)
		diag(p->diags, exec, "`exec` must begin with an absolute path, such as [/usr/bin/check, ...], and hold at most %d "
		     "words", TBL_ARGV_MAX);
}

static bool
exec_ok(const char *const *v, size_t n)
{
	return n > 0 && n <= TBL_ARGV_MAX && value_is_path(v[0]);
}

static void
check_ready(struct project *p, const struct model_service *s)
{
	const struct model_ready *r = &s->ready;
	const struct node *at = r->head.node;

	if (!at)
		return;
	int ways = (r->tcp != 0) + (r->http.head.node != NULL) + (r->file != NULL) + (node_get(at, "exec") != NULL) +
		   (r->fd != 0) + r->exit + r->notify;
	if (ways > 1)
		diag(p->diags, at, "`ready` is one of tcp, http, file, exec, fd, exit and notify");
	if (!ways)
		diag(p->diags, at, "`ready` needs tcp, http, file, exec, fd, `exit: true` or `notify: true`");
	check_way(p, s, &(struct way){ at, r->tcp, &r->http, exec_ok(r->exec.v, r->exec.n) });
}

static void
check_health(struct project *p, const struct model_service *s)
{
	const struct model_health *h = &s->health;
	const struct node *at = h->head.node;

	if (!at)
		return;
	int ways = (h->tcp != 0) + (h->http.head.node != NULL) + (h->file.head.node != NULL) +
		   (node_get(at, "exec") != NULL);
	if (ways > 1)
		diag(p->diags, at, "`health` is one of tcp, http, file and exec, with or without notify");
	if (!ways && !h->notify)
		diag(p->diags, at, "`health` needs tcp, http, file, exec or notify");
	if (!ways && (node_get(at, "every") || node_get(at, "timeout") || node_get(at, "failures") ||
		      node_get(at, "successes")))
		diag(p->diags, at, "every, timeout, failures and successes belong to a check: `notify` alone has none");
	if (s->ready.exit)
		diag(p->diags, at, "a oneshot (`ready: {exit: true}`) is never up, and has no health");
	check_way(p, s, &(struct way){ at, h->tcp, &h->http, exec_ok(h->exec.v, h->exec.n) });
}

/* What the builder sets for sd_notify stands once. */
static void
check_variables(struct project *p, const struct model_service *s)
{
	static const char *const ours[] = { "NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=" };

	if (!s->ready.notify && !s->health.notify)
		return;
	for (size_t i = 0; i < s->env.n; i++)
		for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
			if (strncmp(s->env.v[i], ours[k], strlen(ours[k])) == 0)
				diag(p->diags, node_place(s->head.node, "env"), "%.*s is set by `notify`: take it out of `env`",
				     (int)strlen(ours[k]) - 1, ours[k]);
}

void
project_check_watch(struct project *p, const struct model_service *s)
{
	check_ready(p, s);
	check_health(p, s);
	check_variables(p, s);
}
