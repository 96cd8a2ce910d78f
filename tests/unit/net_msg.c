/* SPDX-License-Identifier: MIT
 *
 * init/net/msg.h and seen.h: the bytes of requests are those of linux/rtnetlink.h; what the kernel tells is taken in,
 * and taken back; a message that lies about a size reaches nothing outside of itself.
 */
#include "support.h"

#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "seen.h"

static const struct netf_addr v4 = { .family = 4, .prefix = 24, .bytes = { 10, 0, 0, 2 } };
static const struct netf_addr v6 = { .family = 6, .prefix = 64, .bytes = { 0xfd, [15] = 2 } };

/* ---- requests, byte by byte ---- */

static void
assert_bytes(const struct msg *m, const uint8_t *want, size_t size)
{
	assert_int_equal(m->head.nlmsg_len, size);
	assert_memory_equal(m->bytes, want, size);
}

TEST(a_link_is_brought_up)
{
	static const uint8_t want[] = { 32, 0, 0, 0, 16, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* RTM_NEWLINK, ACK */
					0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0 };
	struct msg m;

	msg_link_up(&m, 7);
	assert_bytes(&m, want, sizeof want);
}

TEST(an_mtu_is_set)
{
	static const uint8_t want[] = { 40, 0, 0, 0, 16, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 4, 0, 0x78, 5, 0, 0 };
	struct msg m;

	msg_link_mtu(&m, 7, 1400);
	assert_bytes(&m, want, sizeof want);
}

TEST(a_vlan_is_made)
{
	static const uint8_t want[] = {
		74, 0, 0, 0, 16, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, /* RTM_NEWLINK, CREATE, EXCL, ACK */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		8, 0, 5, 0, 7, 0, 0, 0, /* IFLA_LINK */
		7, 0, 3, 0, 'v', '5', 0, 0, /* IFLA_IFNAME */
		26, 0, 18, 0, /* IFLA_LINKINFO */
		9, 0, 1, 0, 'v', 'l', 'a', 'n', 0, 0, 0, 0, /* IFLA_INFO_KIND */
		10, 0, 2, 0, 6, 0, 1, 0, 5, 0, /* IFLA_INFO_DATA: IFLA_VLAN_ID; nothing is padded at the end */
	};
	struct msg m;

	msg_vlan(&m, "v5", 7, 5);
	assert_bytes(&m, want, sizeof want);
}

TEST(an_address_has_a_broadcast_and_a_life)
{
	static const uint8_t want[] = {
		68, 0, 0, 0, 20, 0, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, /* RTM_NEWADDR, CREATE, REPLACE, ACK */
		2, 24, 0, 0, 7, 0, 0, 0,
		8, 0, 2, 0, 10, 0, 0, 2, /* IFA_LOCAL */
		8, 0, 1, 0, 10, 0, 0, 2, /* IFA_ADDRESS */
		8, 0, 4, 0, 10, 0, 0, 255, /* IFA_BROADCAST */
		20, 0, 6, 0, 60, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* IFA_CACHEINFO */
	};
	struct msg m;

	msg_addr(&m, RTM_NEWADDR, 7, &v4, 60);
	assert_bytes(&m, want, sizeof want);
	msg_addr(&m, RTM_NEWADDR, 7, &v4, 0);
	assert_int_equal(m.head.nlmsg_len, sizeof want - 20); /* for ever */
	msg_addr(&m, RTM_DELADDR, 7, &v6, 0);
	assert_int_equal(m.head.nlmsg_type, RTM_DELADDR);
	assert_int_equal(m.head.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(m.bytes[16], AF_INET6);
	assert_int_equal(m.head.nlmsg_len, 24 + 20 + 20);
}

TEST(a_default_route_leads_over_a_gateway)
{
	static const uint8_t want[] = {
		52, 0, 0, 0, 24, 0, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, /* RTM_NEWROUTE, CREATE, REPLACE, ACK */
		2, 0, 0, 0, 254, 4, 0, 1, 4, 0, 0, 0, /* main, static, universe, unicast, RTNH_F_ONLINK */
		8, 0, 4, 0, 7, 0, 0, 0, /* RTA_OIF */
		8, 0, 5, 0, 10, 0, 0, 1, /* RTA_GATEWAY */
		8, 0, 6, 0, 100, 0, 0, 0, /* RTA_PRIORITY */
	};
	struct netf_addr gateway = v4;
	struct msg m;

	gateway.bytes[3] = 1;
	msg_route(&m, RTM_NEWROUTE, 7, &gateway, 100);
	assert_bytes(&m, want, sizeof want);
}

/* ---- what the kernel tells: requests have the same form ---- */

static void
take(struct seen *s, struct msg *m, uint16_t type)
{
	m->head.nlmsg_type = type;
	seen_take(s, &m->head);
}

/* A link's message with a name, as the kernel sends it. */
static void
link_message(struct msg *m, int index, const char *name, unsigned flags)
{
	struct ifinfomsg *i = (void *)(m->bytes + NLMSG_HDRLEN);

	msg_vlan(m, name, 0, 5);
	i->ifi_index = index;
	i->ifi_type = ARPHRD_ETHER;
	i->ifi_flags = flags;
}

TEST(links_come_change_and_go)
{
	struct seen *s = calloc(1, sizeof *s);
	struct msg m;

	link_message(&m, 3, "eth0", IFF_UP);
	take(s, &m, RTM_NEWLINK);
	const struct seen_link *l = seen_link(s, 3);
	assert_non_null(l);
	assert_ptr_equal(l, seen_link_named(s, "eth0"));
	assert_false(seen_has_carrier(l));
	assert_int_equal(l->vlan, 5);
	assert_true(l->stacked);
	link_message(&m, 3, "lan", IFF_UP | IFF_RUNNING); /* as it is said of a link that has just been brought up */
	take(s, &m, RTM_NEWLINK);
	assert_false(seen_has_carrier(l));
	link_message(&m, 3, "lan", SEEN_CARRIER);
	take(s, &m, RTM_NEWLINK);
	assert_ptr_equal(l, seen_link_named(s, "lan"));
	assert_true(seen_has_carrier(l));
	assert_null(seen_link_named(s, "eth0"));
	msg_addr(&m, RTM_NEWADDR, 3, &v4, 0);
	take(s, &m, RTM_NEWADDR);
	assert_non_null(seen_addr(s, 3, &v4));
	link_message(&m, 3, "lan", 0);
	take(s, &m, RTM_DELLINK);
	assert_null(seen_link(s, 3));
	assert_null(seen_addr(s, 3, &v4));
	assert_null(seen_link(s, 0));
	free(s);
}

TEST(what_a_dump_does_not_tell_again_is_gone)
{
	struct seen *s = calloc(1, sizeof *s);
	struct msg m;

	for (int i = 1; i <= 2; i++) {
		link_message(&m, i, i == 1 ? "a" : "b", IFF_UP);
		take(s, &m, RTM_NEWLINK);
		msg_addr(&m, RTM_NEWADDR, i, &v6, 0);
		take(s, &m, RTM_NEWADDR);
		msg_route(&m, RTM_NEWROUTE, i, &v6, 100);
		take(s, &m, RTM_NEWROUTE);
	}
	seen_dump_begins(s);
	link_message(&m, 2, "b", IFF_UP);
	take(s, &m, RTM_NEWLINK);
	msg_addr(&m, RTM_NEWADDR, 2, &v6, 0);
	take(s, &m, RTM_NEWADDR);
	seen_dump_ends(s);
	assert_null(seen_link(s, 1));
	assert_null(seen_addr(s, 1, &v6));
	assert_non_null(seen_link(s, 2));
	assert_non_null(seen_addr(s, 2, &v6));
	assert_null(seen_route(s, 2, 6, 100));
	free(s);
}

TEST(routes_follow_what_the_kernel_does_in_silence)
{
	struct seen *s = calloc(1, sizeof *s);
	struct netf_addr other = v4;
	struct msg m;

	other.bytes[3] = 9;
	link_message(&m, 3, "eth0", SEEN_CARRIER);
	take(s, &m, RTM_NEWLINK);
	msg_addr(&m, RTM_NEWADDR, 3, &v4, 0);
	take(s, &m, RTM_NEWADDR);
	msg_route(&m, RTM_NEWROUTE, 3, &v4, 100);
	take(s, &m, RTM_NEWROUTE);
	msg_route(&m, RTM_NEWROUTE, 3, &other, 100); /* in the place of the first, which is not said to be gone */
	take(s, &m, RTM_NEWROUTE);
	assert_memory_equal(seen_route(s, 3, 4, 100)->gateway.bytes, other.bytes, 4);
	msg_route(&m, RTM_DELROUTE, 3, &v4, 100); /* or late */
	take(s, &m, RTM_DELROUTE);
	assert_non_null(seen_route(s, 3, 4, 100));
	link_message(&m, 3, "eth0", IFF_UP);
	take(s, &m, RTM_NEWLINK);
	assert_non_null(seen_route(s, 3, 4, 100)); /* it is there without carrier too */
	msg_addr(&m, RTM_DELADDR, 3, &v4, 0);
	take(s, &m, RTM_DELADDR);
	assert_null(seen_route(s, 3, 4, 100)); /* it may be gone */
	msg_route(&m, RTM_NEWROUTE, 3, &v6, 100);
	take(s, &m, RTM_NEWROUTE);
	link_message(&m, 3, "eth0", 0);
	take(s, &m, RTM_NEWLINK);
	assert_null(seen_route(s, 3, 6, 100));
	free(s);
}

TEST(more_than_there_is_place_for_is_dropped)
{
	struct seen *s = calloc(1, sizeof *s);
	struct msg m;

	for (int i = 1; i <= SEEN_LINKS + 3; i++) {
		link_message(&m, i, "x", 0);
		take(s, &m, RTM_NEWLINK);
	}
	assert_int_equal(s->dropped, 3);
	free(s);
}

/* Each cut of a message, and each size within it turned into any other, in memory of exactly its size: the sanitizer
 * sees what is read outside. */
TEST(sizes_that_lie_reach_nothing)
{
	struct msg whole;
	struct seen *s = calloc(1, sizeof *s);

	link_message(&whole, 3, "eth0", IFF_UP);
	size_t size = whole.head.nlmsg_len;
	for (size_t cut = 0; cut <= size; cut++) {
		for (size_t at = 0; at < size; at += 2) {
			size_t from = 0;
			uint8_t *bytes = malloc(size);
			memcpy(bytes, whole.bytes, size);
			bytes[at] = (uint8_t)cut;
			const struct nlmsghdr *h = msg_next(bytes, size, &from);
			if (h)
				seen_take(s, h);
			free(bytes);
		}
		size_t from = 0;
		uint8_t *bytes = malloc(cut + 1);
		memcpy(bytes, whole.bytes, cut);
		assert_true((msg_next(bytes, cut, &from) != NULL) == (cut == size));
		free(bytes);
	}
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_brought_up),
		cmocka_unit_test(an_mtu_is_set),
		cmocka_unit_test(a_vlan_is_made),
		cmocka_unit_test(an_address_has_a_broadcast_and_a_life),
		cmocka_unit_test(a_default_route_leads_over_a_gateway),
		cmocka_unit_test(links_come_change_and_go),
		cmocka_unit_test(what_a_dump_does_not_tell_again_is_gone),
		cmocka_unit_test(routes_follow_what_the_kernel_does_in_silence),
		cmocka_unit_test(more_than_there_is_place_for_is_dropped),
		cmocka_unit_test(sizes_that_lie_reach_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
