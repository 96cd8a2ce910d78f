/* SPDX-License-Identifier: MIT
 *
 * The lines of a traced machine's console.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/seccomp.h>

#include "filter.h"
#include "probe_abi.h"
#include "svc_filter.h"
#include "trace.h"

#define LIST_MAX  16384 /* what a machine says is bounded */
#define LINES_MAX (4 * LIST_MAX)

void
trace_release(struct trace *t)
{
	free(t->paths);
	free(t->peers);
}

static void
add_path(struct trace *t, char use, const char *path)
{
	if (t->n_paths >= LIST_MAX || path[0] != '/')
		return;
	t->paths = grow(t->paths, t->n_paths, &t->room_paths, sizeof *t->paths);
	t->paths[t->n_paths++] = (struct trace_path){ use, arena_strdup(t->arena, path) };
}

static void
add_peer(struct trace *t, const char *protocol, const char *address, unsigned port)
{
	const char *text = arena_printf(t->arena, "{address: %s, port: %u, protocol: %s}",
					strchr(address, ':') ? arena_printf(t->arena, "\"%s\"", address) : address, port, protocol);

	for (size_t i = 0; i < t->n_peers; i++)
		if (strcmp(t->peers[i], text) == 0)
			return;
	if (t->n_peers >= LIST_MAX)
		return;
	t->peers = grow(t->peers, t->n_peers, &t->room_peers, sizeof *t->peers);
	t->peers[t->n_peers++] = text;
}

static void
take_call(struct trace *t, unsigned call, unsigned what)
{
	if (call < SYSCALLS)
		(what == PROBE_CALL_MADE ? t->made : what == PROBE_CALL_DONE ? t->done : t->failed)[call] = true;
}

bool
trace_uses(const struct trace *t, unsigned call)
{
	return t->done[call] || (t->made[call] && !t->failed[call]);
}

void
trace_line(void *arg, const char *line)
{
	static const char mark[] = PROBE_MARK PROBE_ALL "\t";
	struct trace *t = arg;
	char word[16], address[64], use;
	unsigned a, b;
	unsigned long long most;
	int at = 0;

	if (strncmp(line, mark, sizeof mark - 1) != 0 || t->lines++ >= LINES_MAX)
		return;
	line += sizeof mark - 1;
	if (sscanf(line, PROBE_CALL "\t%u\t%u", &a, &b) == 2)
		take_call(t, a, b);
	else if (sscanf(line, PROBE_EPERM "\t%u", &a) == 1 && a < SYSCALLS)
		t->eperm[a] = true;
	else if (sscanf(line, PROBE_FAMILY "\t%u\t%u", &a, &b) == 2 && a < NEEDS_FAMILIES && b < NEEDS_PROTOCOLS)
		t->family[a][b] = true;
	else if (sscanf(line, PROBE_PATH "\t%c\t%n", &use, &at) == 1 && at)
		add_path(t, use, line + at);
	else if (strncmp(line, PROBE_FAILED "\t", sizeof PROBE_FAILED) == 0)
		add_path(t, '!', line + sizeof PROBE_FAILED);
	else if (sscanf(line, PROBE_PEER "\t%15s\t%63s\t%u", word, address, &a) == 3)
		add_peer(t, word, address, a);
	else if (sscanf(line, PROBE_PEAK "\t%15s\t%llu", word, &most) == 2)
		*(strcmp(word, "memory") == 0 ? &t->memory : &t->pids) = most;
}

/* By the filter that the file's own words make, whatever they say of its mode. */
void
trace_needs(const struct trace *t, const struct model_service *s, struct needs *out)
{
	struct sock_filter *code = xcalloc(FILTER_MAX, sizeof *code);
	struct model_service enforced = *s;

	*out = (struct needs){ .call = { false } };
	enforced.seccomp.mode = SECCOMP_ENFORCED;
	size_t n = svc_filter(&enforced, code);
	for (unsigned i = 0; i < SYSCALLS; i++) {
		uint32_t action = filter_eval(code, n, i, (const uint64_t[3]){ 0, 0, 0 }) & SECCOMP_RET_ACTION_FULL;
		out->call[i] = trace_uses(t, i) && i != SYS_socket && i != SYS_socketpair && action != SECCOMP_RET_ALLOW;
	}
	for (unsigned f = 0; f < NEEDS_FAMILIES; f++)
		for (unsigned p = 0; p < NEEDS_PROTOCOLS; p++) {
			uint32_t action = filter_eval(code, n, SYS_socket, (const uint64_t[3]){ f, 0, p });
			out->family[f][p] = t->family[f][p] && action != SECCOMP_RET_ALLOW;
		}
	free(code);
}
