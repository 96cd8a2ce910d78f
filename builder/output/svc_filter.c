/* SPDX-License-Identifier: MIT
 *
 * What a service's file adds to and takes from what every service may do.
 */
#include "svc_filter.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>

#include "policy.h"

static const struct {
	const char *word;
	uint64_t bits;
} families[] = {
	{ "unix", 1ull << AF_UNIX },       { "inet", 1ull << AF_INET },   { "inet6", 1ull << AF_INET6 },
	{ "route", FAMILY_NETLINK_ROUTE }, { "netlink", 1ull << AF_NETLINK }, { "packet", 1ull << AF_PACKET },
	{ "vsock", 1ull << AF_VSOCK },     { "alg", 1ull << AF_ALG },     { "can", 1ull << AF_CAN },
	{ "bluetooth", 1ull << AF_BLUETOOTH },
};

static uint64_t
family(const char *word)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strcmp(families[i].word, word) == 0)
			return families[i].bits;
	assert(!"a word of the key table");
	return 0;
}

static uint64_t
families_of(const struct model_service *s)
{
	uint64_t bits = 0;

	if (!node_get(s->seccomp.head.node, "sockets"))
		return family("unix") | (s->network.mode == NET_NONE ? 0 : family("inet") | family("inet6") | family("route"));
	for (size_t i = 0; i < s->seccomp.sockets.n; i++)
		bits |= family(s->seccomp.sockets.v[i]);
	return bits;
}

size_t
svc_filter(const struct model_service *s, struct sock_filter *out)
{
	const struct model_seccomp *c = &s->seccomp;
	struct filter_rules rules = { .families = families_of(s) };

	if (c->mode == SECCOMP_UNCONFINED)
		return 0;
	rules.mode = c->mode == SECCOMP_AUDITED ? FILTER_AUDIT : FILTER_ENFORCE;
	policy_default(&rules);
	if (s->jit)
		policy_jit(&rules);
	for (size_t i = 0; i < c->allow.n; i++)
		rules.verdict[syscall_number(c->allow.v[i])] = ALLOW;
	for (size_t i = 0; i < c->deny.n; i++)
		rules.verdict[syscall_number(c->deny.v[i])] = DENY;
	return filter_compile(&rules, out);
}

const char *
svc_filter_word(unsigned family, unsigned protocol)
{
	uint64_t bits = family == AF_NETLINK && protocol == NETLINK_ROUTE ? FAMILY_NETLINK_ROUTE : 1ull << (family & 63);

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (families[i].bits == bits)
			return families[i].word;
	return NULL;
}
