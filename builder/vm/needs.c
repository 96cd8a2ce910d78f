/* SPDX-License-Identifier: MIT
 *
 * From calls that a filter would refuse to the line that allows them. Sockets are not allowed as a call, but by their
 * families.
 */
#include "needs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "probe_abi.h"
#include "svc_filter.h"

/* Calls that are refused for their arguments alone: `allow` lifts the check as a whole. */
static const char checked[] = " clone ioctl personality chmod fchmod fchmodat creat mknod mknodat open openat ";

static bool
is_socket(unsigned call)
{
	return call == SYS_socket || call == SYS_socketpair;
}

void
needs_line(void *arg, const char *line)
{
	static const char mark[] = PROBE_MARK PROBE_ALL "\t";
	struct needs *n = arg;
	unsigned a, b;

	if (strncmp(line, mark, sizeof mark - 1) != 0)
		return;
	line += sizeof mark - 1;
	if (sscanf(line, PROBE_CALL "\t%u", &a) == 1 && a < SYSCALLS)
		n->call[a] = true;
	else if (sscanf(line, PROBE_FAMILY "\t%u\t%u", &a, &b) == 2 && a < NEEDS_FAMILIES && b < NEEDS_PROTOCOLS)
		n->family[a][b] = true;
}

/* ---- the line ---- */

static bool
holds(const char *const *v, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

static const char *
list_of(struct arena *a, const char *key, const char *const *v, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%s%s", text, i ? ", " : "", v[i]);
	return arena_printf(a, "%s: [%s]", key, text);
}

/* What the file has, then what it lacks. */
static size_t
calls(const struct model_service *s, const struct needs *n, const char *out[static SYSCALLS])
{
	size_t count = 0;

	for (size_t i = 0; i < s->seccomp.allow.n && count < SYSCALLS; i++)
		out[count++] = s->seccomp.allow.v[i];
	for (unsigned i = 0; i < SYSCALLS && count < SYSCALLS; i++) {
		const char *name = syscall_name(i);
		if (n->call[i] && name && !is_socket(i) && !holds(out, count, name) &&
		    !holds(s->seccomp.deny.v, s->seccomp.deny.n, name))
			out[count++] = name;
	}
	return count;
}

static size_t
sockets(const struct model_service *s, const struct needs *n, const char *out[static NEEDS_FAMILIES])
{
	static const char *const usual[] = { "unix", "inet", "inet6", "route" };
	bool stated = node_get(s->seccomp.head.node, "sockets") != NULL;
	size_t count = 0;

	for (size_t i = 0; stated && i < s->seccomp.sockets.n && count < NEEDS_FAMILIES; i++)
		out[count++] = s->seccomp.sockets.v[i];
	for (size_t i = 0; !stated && i < (s->network.mode == NET_NONE ? 1 : sizeof usual / sizeof *usual); i++)
		out[count++] = usual[i];
	for (unsigned f = 0; f < NEEDS_FAMILIES; f++)
		for (unsigned p = 0; p < NEEDS_PROTOCOLS; p++) {
			const char *word = n->family[f][p] ? svc_filter_word(f, p) : NULL;
			if (word && !holds(out, count, word) && count < NEEDS_FAMILIES)
				out[count++] = word;
		}
	return count;
}

/* `sockets` stays as it is where nothing was added to it. */
static bool
lacks_sockets(const struct model_service *s, const struct needs *n)
{
	const char *v[NEEDS_FAMILIES];
	struct needs none = { .call = { false } };

	return sockets(s, n, v) != sockets(s, &none, v);
}

bool
needs_any(const struct model_service *s, const struct needs *n)
{
	for (unsigned i = 0; i < SYSCALLS; i++)
		if (n->call[i])
			return true;
	return lacks_sockets(s, n);
}

const char *
needs_seccomp(struct arena *a, const struct model_service *s, const struct needs *n)
{
	const char *v[SYSCALLS], *text = "";
	size_t count = calls(s, n, v);

	if (count)
		text = list_of(a, "allow", v, count);
	if (s->seccomp.deny.n)
		text = arena_printf(a, "%s%s%s", text, *text ? ", " : "",
				    list_of(a, "deny", s->seccomp.deny.v, s->seccomp.deny.n));
	if (lacks_sockets(s, n) || node_get(s->seccomp.head.node, "sockets")) {
		count = sockets(s, n, v);
		text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", list_of(a, "sockets", v, count));
	}
	return arena_printf(a, "seccomp: {%s}", text);
}

static const char *
remark_on(struct arena *a, const struct model_service *s, unsigned call)
{
	const char *name = syscall_name(call);

	if (!name)
		return arena_printf(a, "# call %u has no name here: this ingot is older than the machine's kernel\n", call);
	if (is_socket(call))
		return "# of its sockets those are named that were open for a moment; another family may be missing in `sockets`\n";
	if (holds(s->seccomp.deny.v, s->seccomp.deny.n, name))
		return arena_printf(a, "# %s: the file denies it, and the service asks for it\n", name);
	if (strstr(checked, arena_printf(a, " %s ", name)))
		return arena_printf(a, "# %s: it was its arguments that are refused; `allow` lifts that check as a whole\n", name);
	return "";
}

const char *
needs_remarks(struct arena *a, const struct model_service *s, const struct needs *n)
{
	const char *text = "";

	for (unsigned i = 0; i < SYSCALLS; i++)
		if (n->call[i])
			text = arena_printf(a, "%s%s", text, remark_on(a, s, i));
	for (unsigned f = 0; f < NEEDS_FAMILIES; f++)
		if (n->family[f][0] && !svc_filter_word(f, 0))
			text = arena_printf(a, "%s# sockets of family %u, which `sockets` has no word for\n", text, f);
	return text;
}
