/* SPDX-License-Identifier: MIT
 *
 * What was seen, for the file: lines that hold, and comments for what is left to its author.
 */
#include <stdlib.h>
#include <string.h>

#include "effective.h"
#include "json_out.h"
#include "trace.h"

#define MIB (1ull << 20)

/* Whole mebibytes, with a quarter more than was in use: the next run is not quite the same. */
const char *
trace_memory(struct arena *a, const struct trace *t)
{
	return t->memory ? arena_printf(a, "%lluM", (unsigned long long)((t->memory + t->memory / 4) / MIB + 1)) : NULL;
}

/* Without the tracer. */
const char *
trace_pids(struct arena *a, const struct trace *t)
{
	return t->pids > 1 ? arena_printf(a, "%llu", (unsigned long long)t->pids - 1) : NULL;
}

static bool
below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* What is mounted there is not of its root. */
static bool
of_its_root(const struct model_service *s, const char *path)
{
	static const char *const mounts[] = { "/proc", "/dev", "/tmp", "/run", "/sys", "/.ingot-probe" };

	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++)
		if (below(path, mounts[i]))
			return false;
	for (size_t i = 0; i < s->state.n; i++)
		if (below(path, s->state.v[i].path))
			return false;
	return true;
}

static int
by_path(const void *a, const void *b)
{
	const struct trace_path *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	return r ? r : x->use - y->use;
}

/* Calls fn for each path of its root, sorted; its uses as one word, such as "rx". */
static void
each_path(const struct model_service *s, const struct trace *t,
	  void (*fn)(void *arg, const char *path, const char *use), void *arg)
{
	char use[8];

	qsort(t->paths, t->n_paths, sizeof *t->paths, by_path);
	for (size_t i = 0; i < t->n_paths;) {
		const char *path = t->paths[i].path;
		size_t n = 0;
		for (; i < t->n_paths && strcmp(t->paths[i].path, path) == 0; i++)
			if (n + 1 < sizeof use && (!n || use[n - 1] != t->paths[i].use))
				use[n++] = t->paths[i].use;
		use[n] = '\0';
		if (of_its_root(s, path))
			fn(arg, path, use);
	}
}

static void
print_path(void *arg, const char *path, const char *use)
{
	struct arena *a = arg;

	if (strchr(use, '!'))
		printf("#   !   %s: the root is read-only; `state` makes a folder that is not\n", safe_text(a, path));
	else
		printf("#   %-3s %s\n", use, safe_text(a, path));
}

static bool
unprivileged(const struct trace *t, unsigned call)
{
	return t->eperm[call];
}

static void
print_calls(const char *what, const struct trace *t, bool (*wanted)(const struct trace *t, unsigned call))
{
	size_t n = 0, col = 0;

	for (unsigned i = 0; i < SYSCALLS; i++)
		n += wanted(t, i) && syscall_name(i);
	if (n)
		printf("# %s (%zu):", what, n);
	for (unsigned i = 0; i < SYSCALLS; i++) {
		const char *name = wanted(t, i) ? syscall_name(i) : NULL;
		if (!name)
			continue;
		if (col++ % 10 == 0)
			printf("\n#  ");
		printf(" %s", name);
	}
	if (n)
		putchar('\n');
}

/* What else `limits` holds stays. */
static void
print_limits(struct arena *a, const struct model_service *s, const struct trace *t)
{
	const struct node *limits = s->limits.head.node;
	const char *memory = trace_memory(a, t), *pids = trace_pids(a, t), *text = "";

	if (!memory && !pids)
		return;
	if (memory)
		text = arena_printf(a, "memory: %s", memory);
	if (pids)
		text = arena_printf(a, "%s%spids: %s", text, *text ? ", " : "", pids);
	for (size_t i = 0; limits && i < limits->count; i++) {
		const char *key = limits->keys[i]->text;
		if ((memory && strcmp(key, "memory") == 0) || (pids && strcmp(key, "pids") == 0))
			continue;
		text = arena_printf(a, "%s, %s: %s", text, key, yaml_flow(a, limits->items[i], SIZE_MAX));
	}
	if (memory)
		printf("# memory: %llu KiB were in use at most\n", (unsigned long long)t->memory >> 10);
	printf("limits: {%s}\n", text);
}

void
trace_print(const struct build *b, const struct model_service *s, const struct trace *t, const char *failed)
{
	struct arena *a = b->project.arena;
	struct needs *n = arena_alloc(a, sizeof *n);

	printf("# %s, in one run%s%s\n", s->head.name, *failed ? ", which is not whole: " : "", failed);
	print_limits(a, s, t);
	trace_needs(t, s, n);
	if (needs_any(s, n))
		printf("%s\n", needs_seccomp(a, s, n));
	if (t->n_peers)
		printf("# it reached:\n");
	for (size_t i = 0; i < t->n_peers; i++)
		printf("#   %s\n", t->peers[i]);
	print_calls("system calls that it made", t, trace_uses);
	print_calls("refused for want of a privilege, whatever the filter", t, unprivileged);
	printf("# paths of its root: r read, w written, x executed, s looked at\n");
	each_path(s, t, print_path, a);
}

/* ---- JSON ---- */

static void
json_path(void *arg, const char *path, const char *use)
{
	struct json *j = arg;

	json_object(j);
	json_text(j, "path", path);
	json_text(j, "use", use);
	json_object_end(j);
}

static void
json_calls(struct json *j, const char *key, const struct trace *t, bool (*wanted)(const struct trace *t, unsigned call))
{
	json_array_at(j, key);
	for (unsigned i = 0; i < SYSCALLS; i++)
		if (wanted(t, i) && syscall_name(i))
			json_string(j, syscall_name(i));
	json_array_end(j);
}

void
trace_json(const struct build *b, const struct model_service *s, const struct trace *t, const char *failed)
{
	struct arena *a = b->project.arena;
	struct needs *n = arena_alloc(a, sizeof *n);
	struct json j;

	trace_needs(t, s, n);
	json_to_file(&j, stdout);
	json_object(&j);
	json_text(&j, "name", s->head.name);
	json_flag(&j, "whole", !*failed);
	if (t->memory)
		json_number(&j, "memory", t->memory);
	if (t->pids > 1)
		json_number(&j, "pids", t->pids - 1);
	json_text(&j, "seccomp", needs_any(s, n) ? needs_seccomp(a, s, n) : "");
	json_array_at(&j, "peers");
	for (size_t i = 0; i < t->n_peers; i++)
		json_string(&j, t->peers[i]);
	json_array_end(&j);
	json_calls(&j, "calls", t, trace_uses);
	json_calls(&j, "unprivileged", t, unprivileged);
	json_array_at(&j, "paths");
	each_path(s, t, json_path, &j);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}
