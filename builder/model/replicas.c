/* SPDX-License-Identifier: MIT
 *
 * Services with `replicas`: what they are expanded to, and what must hold for that. All instances have one root, so
 * that only texts of the table tell them apart, never files.
 */
#include "replicas.h"

#include <stdio.h>
#include <string.h>

#include "project.h"
#include "table.h"
#include "value.h"

uint64_t
replicas_count(const struct model_service *s)
{
	return s->replicas ? s->replicas : 1;
}

const char *
replicas_name(struct arena *a, const struct model_service *s, uint64_t instance)
{
	return s->replicas ? arena_printf(a, "%s@%llu", s->head.name, (unsigned long long)instance) : s->head.name;
}

const char *
replicas_span(struct arena *a, const struct model_service *s)
{
	const char *first = replicas_name(a, s, 1);

	return replicas_count(s) == 1 ? first : arena_printf(a, "%s to %s", first, replicas_name(a, s, s->replicas));
}

/* ---- texts ---- */

static const char *
text_of(struct arena *a, const char *text, uint64_t instance)
{
	const char *out = "", *percent;

	for (; (percent = strchr(text, '%')) && percent[1]; text = percent + 2) {
		int before = (int)(percent - text);
		if (percent[1] == 'i')
			out = arena_printf(a, "%s%.*s%llu", out, before, text, (unsigned long long)instance);
		else
			out = arena_printf(a, "%s%.*s%c", out, before, text, percent[1]);
	}
	return out[0] ? arena_printf(a, "%s%s", out, text) : text;
}

const char *const *
replicas_texts(struct arena *a, const struct model_service *s, const char *const *v, size_t n, uint64_t instance)
{
	if (!s->replicas)
		return v;
	const char **out = arena_alloc(a, (n + 1) * sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = text_of(a, v[i], instance);
	return out;
}

/* Whether the file says it: what an OCI image sets, its author cannot have meant for us. */
static bool
is_stated(const struct model_service *s, const char *key, size_t length)
{
	for (size_t i = 0; i < s->defaults.n; i++)
		if (strncmp(s->defaults.v[i].key, key, length) == 0 && !s->defaults.v[i].key[length])
			return false;
	return true;
}

static bool
command_is_stated(const struct model_service *s)
{
	return is_stated(s, "command", strlen("command"));
}

static bool
env_is_stated(struct arena *a, const struct model_service *s, const char *entry)
{
	const char *key = arena_printf(a, "env.%.*s", (int)strcspn(entry, "="), entry);

	return is_stated(s, key, strlen(key));
}

const char *const *
replicas_command(struct arena *a, const struct model_service *s, uint64_t instance)
{
	return command_is_stated(s) ? replicas_texts(a, s, s->command.v, s->command.n, instance) : s->command.v;
}

const char *const *
replicas_env(struct arena *a, const struct model_service *s, uint64_t instance)
{
	if (!s->replicas)
		return s->env.v;
	const char **out = arena_alloc(a, (s->env.n + 1) * sizeof *out);
	for (size_t i = 0; i < s->env.n; i++)
		out[i] = env_is_stated(a, s, s->env.v[i]) ? text_of(a, s->env.v[i], instance) : s->env.v[i];
	return out;
}

static bool
has_percent(const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] && strchr(v[i], '%'))
			return true;
	return false;
}

bool
replicas_differ(const struct model_service *s)
{
	const char *const files[] = { s->ready.file, s->health.file.path };

	return has_percent(s->command.v, s->command.n) || has_percent(s->env.v, s->env.n) ||
	       has_percent(s->ready.exec.v, s->ready.exec.n) || has_percent(s->health.exec.v, s->health.exec.n) ||
	       has_percent(files, 2);
}

/* ---- edges ---- */

size_t
edge_length(const char *edge)
{
	return strcspn(edge, "@");
}

uint64_t
edge_instance(const char *edge)
{
	uint64_t instance = 0;

	edge += edge_length(edge);
	return *edge && value_int(edge + 1, &instance) ? instance : 0;
}

bool
edges_meet(const char *a, const char *b)
{
	size_t n = edge_length(a);
	uint64_t x = edge_instance(a), y = edge_instance(b);

	return n == edge_length(b) && strncmp(a, b, n) == 0 && (x == y || !x || !y);
}

/* ---- checks ---- */

static void
check_text(struct project *p, const struct node *at, const char *key, const char *text)
{
	for (const char *c = strchr(text, '%'); c; c = strchr(c + 2, '%')) {
		if (c[1] == 'i' || c[1] == '%')
			continue;
		diag(p->diags, at, "`%%%.*s` in `%s`: with replicas %%i is the instance's number, and %%%% a percent sign",
		     c[1] > ' ' ? 1 : 0, c + 1, key);
		return;
	}
}

/* The roots are one, and so is the program in them. */
static void
check_program(struct project *p, const struct node *at, const char *key, const char *const *v, size_t n)
{
	if (n && strchr(v[0], '%'))
		diag(p->diags, at, "the program of `%s` is the same for all replicas: no %% in its path", key);
	for (size_t i = 1; i < n; i++)
		check_text(p, at, key, v[i]);
}

static void
check_texts(struct project *p, const struct model_service *s)
{
	const struct node *node = s->head.node, *ready = s->ready.head.node, *health = s->health.head.node;

	if (command_is_stated(s))
		check_program(p, node_place(node, "command"), "command", s->command.v, s->command.n);
	for (size_t i = 0; i < s->env.n; i++)
		if (env_is_stated(p->arena, s, s->env.v[i]))
			check_text(p, node_place(node, "env"), "env", s->env.v[i]);
	if (ready) {
		check_program(p, node_place(ready, "exec"), "exec", s->ready.exec.v, s->ready.exec.n);
		check_text(p, node_place(ready, "file"), "file", s->ready.file ? s->ready.file : "");
	}
	if (health) {
		check_program(p, node_place(health, "exec"), "exec", s->health.exec.v, s->health.exec.n);
		check_text(p, node_place(health, "file"), "file", s->health.file.path ? s->health.file.path : "");
	}
}

/* In the machine's network all instances are at one address: one that answers would stand for those that do not. */
static void
check_looks(struct project *p, const struct model_service *s)
{
	const struct node *ready = s->ready.head.node, *health = s->health.head.node;

	if (s->network.mode == NET_PRIVATE)
		return;
	if (ready && (s->ready.tcp || s->ready.http.head.node))
		diag(p->diags, ready, "all replicas would be asked at the same port: `ready` by file, exec, fd or notify");
	if (health && (s->health.tcp || s->health.http.head.node))
		diag(p->diags, health, "all replicas would be asked at the same port: `health` by file, exec or notify");
}

void
project_check_replicas(struct project *p, const struct model_service *s)
{
	if (!s->replicas)
		return;
	const char *last = replicas_name(p->arena, s, s->replicas);
	if (strlen(last) > TBL_NAME_MAX)
		diag(p->diags, node_place(s->head.node, "replicas"), "`%s` has more than %d characters: take a shorter name", last,
		     TBL_NAME_MAX);
	check_texts(p, s);
	check_looks(p, s);
}
