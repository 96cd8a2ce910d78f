/* SPDX-License-Identifier: MIT
 *
 * ingot-probe in a service's root, with the file that tells it what this service is to find: what the image file
 * declares, and what is decided of each system call by the very rules that its filter is compiled from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/netlink.h>
#include <linux/seccomp.h>

#include "assemble.h"
#include "filter.h"
#include "guest.h"
#include "probe_abi.h"
#include "replicas.h"
#include "svc_compiler.h"
#include "svc_filter.h"

#define FAMILIES 63 /* more than Linux has */

static const struct origin own = { "ingot" };

/* What the service may more than by default, by the key that says so. */
static void
write_loose(const struct model_service *s, FILE *f)
{
	static const char *const modes[] = { [SECCOMP_AUDITED] = "seccomp.mode: audit",
					     [SECCOMP_UNCONFINED] = "seccomp.mode: unconfined" };

	if (s->network.mode == NET_MACHINE)
		fprintf(f, "loose %d network.mode: machine\n", LOOSE_NETWORK);
	if (s->jit)
		fprintf(f, "loose %d jit\n", LOOSE_JIT);
	if (s->capabilities.n)
		fprintf(f, "loose %d capabilities\n", LOOSE_CAPS);
	if (s->seccomp.mode != SECCOMP_ENFORCED)
		fprintf(f, "loose %d %s\n", LOOSE_CALLS, modes[s->seccomp.mode]);
}

/* A filter as it is compiled. */
struct compiled {
	struct sock_filter code[FILTER_MAX];
	size_t n;
};

/* The errno that the call gets, or 0. What is answered in the way of a tracer gets ENOSYS, as there is none. */
static unsigned
refusal(const struct compiled *c, unsigned call, uint64_t first, uint64_t third)
{
	uint32_t action = filter_eval(c->code, c->n, call, (const uint64_t[3]){ first, 0, third });

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO: return action & SECCOMP_RET_DATA;
	case SECCOMP_RET_TRACE: return ENOSYS;
	default: return 0;
	}
}

static unsigned long long
families(const struct compiled *c)
{
	unsigned long long bits = 0;

	for (unsigned f = 0; f < FAMILIES; f++)
		if (!refusal(c, SYS_socket, f, UINT32_MAX))
			bits |= 1ull << f;
	return bits;
}

/* Each call with arguments of 0, as the probe makes it. */
static void
write_calls(const struct model_service *s, FILE *f)
{
	static const char *const modes[] = { [SECCOMP_ENFORCED] = "enforced", [SECCOMP_AUDITED] = "audited",
					     [SECCOMP_UNCONFINED] = "unconfined" };
	struct compiled *is = xcalloc(1, sizeof *is), *usual = xcalloc(1, sizeof *usual);
	struct model_service plain = *s;

	plain.seccomp = (struct model_seccomp){ .mode = SECCOMP_ENFORCED };
	is->n = svc_filter(s, is->code);
	usual->n = svc_filter(&plain, usual->code);
	for (unsigned i = 0; i < SYSCALLS; i++) {
		unsigned now = refusal(is, i, 0, 0), then = refusal(usual, i, 0, 0);
		if (now)
			fprintf(f, "denied %u %u\n", i, now);
		else if (then)
			fprintf(f, "granted %u %u\n", i, then);
	}
	fprintf(f, "seccomp %s\n", modes[s->seccomp.mode]);
	fprintf(f, "families %llx\n", families(is));
	fprintf(f, "usual-families %llx\n", families(usual));
	fprintf(f, "route %d\n", !refusal(is, SYS_socket, AF_NETLINK, NETLINK_ROUTE));
	free(is);
	free(usual);
}

static void
write_mounts(const struct model_service *s, FILE *f)
{
	static const char *const scratch[] = { "/dev/shm", "/tmp", "/run" };

	fprintf(f, "mount proc 0 /proc\nmount dev 0 /dev\n");
	for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
		fprintf(f, "mount tmpfs %llu %s\n", (unsigned long long)s->scratch.size, scratch[i]);
	for (size_t i = 0; i < s->state.n; i++)
		fprintf(f, "mount state %llu %s\n", (unsigned long long)s->state.v[i].size, s->state.v[i].path);
}

/* A line is a line, whatever the value holds: the probe compares them so. */
static void
write_word(const char *word, FILE *f)
{
	fputs("env ", f);
	for (const char *c = word; *c; c++)
		fputc((unsigned char)*c < ' ' ? '?' : *c, f);
	fputc('\n', f);
}

static void
write_env(struct arena *a, const struct model_service *s, FILE *f)
{
	const char *listen[LISTEN_WORDS];
	size_t n = svc_listen_env(a, s, listen);

	fprintf(f, "same-env %d\n", !replicas_differ(s));
	for (size_t i = 0; i < s->env.n; i++)
		write_word(s->env.v[i], f);
	for (size_t i = 0; i < n; i++)
		write_word(listen[i], f);
}

static void
write_expectations(struct arena *a, const struct plan_unit *u, FILE *f)
{
	static const char *const networks[] = { [NET_NONE] = "none", [NET_MACHINE] = "machine", [NET_PRIVATE] = "private" };
	const struct model_service *s = u->unit;

	fprintf(f, "name %s\nuid %u\ngid %u\n", s->head.name, u->uid, u->gid);
	fprintf(f, "cwd %s\n", s->cwd ? s->cwd : "/");
	fprintf(f, "network %s\n", networks[s->network.mode]);
	fprintf(f, "memory %llu\n", (unsigned long long)s->limits.memory);
	fprintf(f, "pids %llu\n", (unsigned long long)s->limits.pids);
	fprintf(f, "mdwe %d\n", !s->jit);
	fprintf(f, "caps %llx\n", (unsigned long long)svc_capabilities(s));
	fprintf(f, "descriptors %zu\n", 3 + s->listen.n);
	write_env(a, s, f);
	write_mounts(s, f);
	write_calls(s, f);
	write_loose(s, f);
}

int
put_probe(const struct plan *p, const struct plan_unit *u, struct tree *t, struct err *e)
{
	static const struct {
		const char *path;
		uint32_t mode;
	} programs[] = { { PROBE_FILE, 0555 }, { PROBE_SETUID, 06555 } };
	struct tree_put how = { .origin = &own, .conflict = TREE_OVERRIDE };
	char *text = NULL;
	size_t size = 0;
	struct content c;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return err_set(e, 0, "no memory for what the probe of %s is to find", u->unit->head.name);
	write_expectations(p->arena, u, f);
	fclose(f);
	content_of_mem(&c, arena_strndup(p->arena, text, size), size);
	free(text);
	how.meta.mode = 0444;
	if (tree_put_file(t, arena_printf(p->arena, "%s" PROBE_EXPECT, u->root.path), &c, &how, e))
		return -1;
	guest_content(GUEST_PROBE, &c);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		how.meta.mode = programs[i].mode;
		if (tree_put_file(t, arena_printf(p->arena, "%s%s", u->root.path, programs[i].path), &c, &how, e))
			return -1;
	}
	return 0;
}
