/* SPDX-License-Identifier: MIT
 *
 * What the image file says of a service's system calls: names that exist, and none that its stub lives by. And of its
 * capabilities: one that undoes all else is said twice.
 */
#include <string.h>

#include "policy.h"
#include "project.h"
#include "table.h"
#include "value.h"

static const struct node *
item(const struct model_service *s, const char *key, size_t i)
{
	return node_get(s->seccomp.head.node, key)->items[i];
}

static void
check_known(struct project *p, const struct node *at, const char *name)
{
	if (syscall_number(name) < 0)
		diag(p->diags, at, "x86_64 has no system call `%s`: names are those of the man pages' section 2, such as ptrace",
		     name);
}

void
project_check_seccomp(struct project *p, const struct model_service *s)
{
	const struct model_seccomp *c = &s->seccomp;

	for (size_t i = 0; i < c->allow.n; i++)
		check_known(p, item(s, "allow", i), c->allow.v[i]);
	for (size_t i = 0; i < c->deny.n; i++) {
		check_known(p, item(s, "deny", i), c->deny.v[i]);
		if (policy_is_stubs(c->deny.v[i]))
			diag(p->diags, item(s, "deny", i), "`%s` cannot be denied: the stub that starts and reaps the service lives "
			     "under the same filter", c->deny.v[i]);
		for (size_t k = 0; k < c->allow.n; k++)
			if (strcmp(c->allow.v[k], c->deny.v[i]) == 0)
				diag(p->diags, item(s, "deny", i), "`%s` is both allowed and denied", c->deny.v[i]);
	}
	if (c->mode == SECCOMP_UNCONFINED && (c->allow.n || c->deny.n || c->sockets.n))
		diag(p->diags, node_place(c->head.node, "mode"), "an unconfined service has no lists: take `mode` or the lists away");
}

static bool
has_word(const char *const *v, size_t n, const char *word)
{
	bool found = false;

	for (size_t i = 0; i < n && !found; i++)
		found = strcmp(v[i], word) == 0;
	return found;
}

/* What every service's /dev holds. */
static bool
is_common(const char *path)
{
	static const char *const common[] = { "null", "zero", "full", "random", "urandom", "tty",
					      "fd", "stdin", "stdout", "stderr", "shm" };

	return has_word(common, sizeof common / sizeof *common, path + strlen("/dev/"));
}

void
project_check_devices(struct project *p, const struct model_service *s)
{
	const struct node *at = node_get(s->head.node, "devices");

	for (size_t i = 0; i < s->devices.n; i++) {
		const char *path = s->devices.v[i];
		if (!value_is_path(path) || strncmp(path, "/dev/", 5) != 0)
			diag(p->diags, at->items[i], "a device is a path below /dev, such as /dev/ttyS1, not `%s`", path);
		else if (is_common(path))
			diag(p->diags, at->items[i], "every service has %s", path);
		else if (has_word(s->devices.v, i, path))
			diag(p->diags, at->items[i], "%s stands in `devices` twice", path);
	}
	if (s->devices.n > TBL_DEVICES_MAX)
		diag(p->diags, at, "`devices` has more than %d entries", TBL_DEVICES_MAX);
}

void
project_check_capabilities(struct project *p, const struct model_service *s)
{
	const struct node *at = node_get(s->head.node, "capabilities"), *by = node_get(s->head.node, "can-escape-by");
	bool escapes;

	for (size_t i = 0; i < s->capabilities.n; i++) {
		const char *word = s->capabilities.v[i];
		if (model_capability(word, &escapes) && escapes && !has_word(s->can_escape_by.v, s->can_escape_by.n, word))
			diag(p->diags, at->items[i], "with %s the service can leave all that isolates it: take it away, or write "
			     "`can-escape-by: [%s]` as well", word, word);
	}
	for (size_t i = 0; i < s->can_escape_by.n; i++)
		if (!has_word(s->capabilities.v, s->capabilities.n, s->can_escape_by.v[i]))
			diag(p->diags, by->items[i], "%s is none of the service's `capabilities`", s->can_escape_by.v[i]);
}
