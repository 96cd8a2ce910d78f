/* SPDX-License-Identifier: MIT
 *
 * init/net/gap.h: what is missing between declared and seen links, in the order that it can be mended in; which link
 * belongs to which entry; when all is ready. And net_file.h: what is no right file is refused.
 */
#include "support.h"

#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>

#include "gap.h"

#define UP      IFF_UP
#define CARRIER SEEN_CARRIER

static const struct netf_addr v4 = { .family = 4, .prefix = 24, .bytes = { 10, 0, 0, 2 } };
static const struct netf_addr v6 = { .family = 6, .prefix = 64, .bytes = { 0xfd, [15] = 2 } };
static const struct netf_addr gateway = { .family = 4, .bytes = { 10, 0, 0, 1 } };
static const struct netf_addr leased = { .family = 4, .prefix = 16, .bytes = { 172, 16, 0, 9 } };

#define CLEARED(test) cmocka_unit_test_setup(test, clear)

static struct netf f;
static struct seen s;
static struct leases leases;
static struct gaps gaps;

static int
clear(void **state)
{
	(void)state;
	memset(&f, 0, sizeof f);
	memset(&s, 0, sizeof s);
	memset(&leases, 0, sizeof leases);
	return 0;
}

static struct netf_link *
declare(enum netf_match match, const char *name, uint32_t flags)
{
	struct netf_link *l = &f.links[f.n_links++];

	l->match = match;
	l->flags = flags;
	snprintf(match == NETF_BY_DRIVER ? l->driver : l->name, sizeof l->name, "%s", name);
	return l;
}

static struct seen_link *
there_is(int index, const char *name, uint32_t flags)
{
	struct seen_link *l = s.links;

	while (l->index)
		l++;
	*l = (struct seen_link){ .index = index, .type = ARPHRD_ETHER, .flags = flags, .mtu = 1500,
				 .mac = { 2, 0, 0, 0, 0, (uint8_t)index } };
	snprintf(l->name, sizeof l->name, "%s", name);
	snprintf(l->driver, sizeof l->driver, "virtio_net");
	return l;
}

static struct seen_addr *
has_addr(int index, const struct netf_addr *a, uint32_t flags)
{
	struct seen_addr *x = s.addrs;

	while (x->index)
		x++;
	*x = (struct seen_addr){ .index = index, .addr = *a, .flags = flags };
	return x;
}

static void
has_route(int index, uint32_t metric)
{
	struct seen_route *r = s.routes;

	while (r->index)
		r++;
	*r = (struct seen_route){ .index = index, .metric = metric, .gateway = gateway };
}

static void
has_lease(int index)
{
	leases.held[0] = (struct held){ .index = index,
					.lease = { .addr = leased, .gateway = gateway, .seconds = 600 } };
}

/* The kinds in their order, as a text of one letter each. */
static const char *
kinds(void)
{
	static const char letters[GAP_KINDS + 1] = "DMVAoRdXCLTt!e";
	static char text[GAPS_MAX + 1];

	gap_find(&f, &s, &leases, &gaps);
	for (size_t i = 0; i < gaps.n; i++)
		text[i] = letters[gaps.v[i].kind];
	text[gaps.n] = '\0';
	return text;
}

TEST(a_static_link_is_brought_from_nothing_to_ready)
{
	struct netf_link *l = declare(NETF_BY_NAME, "eth0", 0);

	l->addrs[l->n_addrs++] = v4;
	l->addrs[l->n_addrs++] = v6;
	l->gateways[NETF_GATEWAY_4] = gateway;
	l->mtu = 1400;
	assert_string_equal(kinds(), "X");
	assert_false(gaps.ready);
	struct seen_link *x = there_is(2, "eth0", 0);
	assert_string_equal(kinds(), "DMAA"); /* no route while frames cannot go */
	x->flags = UP;
	x->mtu = 1400;
	assert_string_equal(kinds(), "AAC");
	x->flags = CARRIER;
	assert_string_equal(kinds(), "AAR");
	has_addr(2, &v4, IFA_F_PERMANENT);
	struct seen_addr *six = has_addr(2, &v6, IFA_F_PERMANENT | IFA_F_TENTATIVE);
	has_route(2, 100);
	assert_string_equal(kinds(), "T");
	assert_false(gaps.ready);
	six->flags = IFA_F_PERMANENT | IFA_F_DADFAILED;
	assert_string_equal(kinds(), "t");
	assert_false(gaps.ready);
	six->flags = IFA_F_PERMANENT;
	assert_string_equal(kinds(), "");
	assert_true(gaps.ready);
}

TEST(a_link_without_carrier_loses_its_route)
{
	struct netf_link *l = declare(NETF_BY_NAME, "eth0", 0);

	l->gateways[NETF_GATEWAY_4] = gateway;
	there_is(2, "eth0", UP);
	has_route(2, 100);
	assert_string_equal(kinds(), "Cd");
	assert_int_equal(gaps.v[1].metric, 100);
	s.links[0].flags = CARRIER;
	s.routes[0].gateway.bytes[3] = 7;
	assert_string_equal(kinds(), "R"); /* another gateway takes its place */
	assert_memory_equal(&gaps.v[0].addr, &gateway, sizeof gateway);
}

TEST(what_nobody_declared_stays_and_is_said)
{
	declare(NETF_BY_NAME, "eth0", 0);
	there_is(2, "eth0", CARRIER);
	has_addr(2, &v4, IFA_F_PERMANENT);
	has_addr(2, &v6, 0); /* by a router's word */
	has_addr(2, &v6, IFA_F_PERMANENT)->scope = RT_SCOPE_LINK;
	assert_string_equal(kinds(), "e");
	assert_true(gaps.ready);
}

TEST(a_lease_is_waited_for_renewed_and_replaced)
{
	declare(NETF_BY_NAME, "eth0", NETF_DHCP);
	there_is(2, "eth0", CARRIER);
	assert_string_equal(kinds(), "L");
	has_lease(2);
	assert_string_equal(kinds(), "AR");
	assert_int_equal(gaps.v[0].seconds, 600);
	has_addr(2, &leased, 0);
	has_route(2, 100);
	assert_string_equal(kinds(), "");
	assert_true(gaps.ready);
	leases.held[0].renewed = true;
	assert_string_equal(kinds(), "A");
	leases.held[0].renewed = false;
	leases.held[0].lease.addr.bytes[3] = 10;
	assert_string_equal(kinds(), "oA"); /* the old one first: others of its network go with it */
	leases.held[0].lease = (struct lease){ 0 };
	assert_string_equal(kinds(), "oLd"); /* it is lost */
	leases.held[0].index = 0;
	assert_string_equal(kinds(), "L"); /* there is no word of it yet: what was before stays */
	s.links[0].flags = UP;
	assert_string_equal(kinds(), "oCd");
}

TEST(who_does_not_know_the_leases_takes_an_address_with_an_end_for_one)
{
	declare(NETF_BY_NAME, "eth0", NETF_DHCP);
	there_is(2, "eth0", CARRIER);
	gap_find(&f, &s, NULL, &gaps);
	assert_int_equal(gaps.n, 1);
	assert_int_equal(gaps.v[0].kind, GAP_LEASE);
	has_addr(2, &leased, 0);
	has_route(2, 100);
	gap_find(&f, &s, NULL, &gaps);
	assert_int_equal(gaps.n, 0);
	assert_true(gaps.ready);
}

TEST(a_vlan_is_made_on_its_link_and_waits_for_it)
{
	declare(NETF_BY_NAME, "eth0", 0);
	struct netf_link *l = declare(NETF_BY_NAME, "v5", 0);

	l->vlan = 5;
	strcpy(l->vlan_of, "eth0");
	assert_string_equal(kinds(), "XX");
	there_is(2, "eth0", 0);
	assert_string_equal(kinds(), "DV");
	assert_int_equal(gaps.v[1].index, 2);
	struct seen_link *v = there_is(3, "v5", 0);
	v->stacked = true;
	v->vlan = 5;
	v->of = 2;
	assert_string_equal(kinds(), "DC"); /* not brought up before what it is on */
	s.links[0].flags = CARRIER;
	assert_string_equal(kinds(), "D");
	v->flags = CARRIER;
	assert_string_equal(kinds(), "");
	v->vlan = 6;
	assert_string_equal(kinds(), "!");
	v->vlan = 5;
	v->of = 3;
	assert_string_equal(kinds(), "!");
	assert_false(gaps.ready);
}

TEST(the_closest_description_takes_a_link)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 3 };

	declare(NETF_BY_ANY, "", NETF_DHCP);
	declare(NETF_BY_DRIVER, "virtio_net", NETF_DHCP);
	memcpy(declare(NETF_BY_MAC, "", 0)->mac, mac, sizeof mac);
	declare(NETF_BY_NAME, "eth0", 0);
	struct seen_link *named = there_is(2, "eth0", 0), *by_mac = there_is(3, "eth1", 0), *other = there_is(4, "eth2", 0);
	assert_int_equal(gap_entry(&f, &s, named), 3);
	assert_int_equal(gap_entry(&f, &s, by_mac), 2);
	assert_int_equal(gap_entry(&f, &s, other), 1);
	strcpy(other->driver, "e1000");
	assert_int_equal(gap_entry(&f, &s, other), 0);
	other->driver[0] = '\0'; /* one without a device, such as a bridge */
	assert_int_equal(gap_entry(&f, &s, other), -1);
	strcpy(other->driver, "e1000");
	other->stacked = true;
	memcpy(other->mac, mac, sizeof mac); /* a VLAN has the address of what it is on */
	assert_int_equal(gap_entry(&f, &s, other), -1);
	other->stacked = false;
	assert_int_equal(gap_entry(&f, &s, other), -1); /* one address belongs to one link */
	named->flags = IFF_LOOPBACK;
	assert_int_equal(gap_entry(&f, &s, named), -1);
}

TEST(of_several_links_one_is_enough)
{
	declare(NETF_BY_ANY, "", NETF_DHCP);
	there_is(2, "eth0", UP);
	there_is(3, "eth1", CARRIER);
	assert_string_equal(kinds(), "CL");
	assert_false(gaps.ready);
	has_lease(3);
	has_addr(3, &leased, 0);
	assert_string_equal(kinds(), "CR");
	assert_int_equal(gaps.v[1].metric, 101); /* no two links have the same */
	has_route(3, 101);
	assert_string_equal(kinds(), "C");
	assert_true(gaps.ready);
}

TEST(nothing_waits_for_an_optional_link)
{
	declare(NETF_BY_NAME, "eth0", 0);
	declare(NETF_BY_NAME, "eth1", NETF_OPTIONAL);
	there_is(2, "eth0", CARRIER);
	assert_string_equal(kinds(), "X");
	assert_true(gaps.ready);
	assert_false(gaps.settled[1]);
}

TEST(more_gaps_than_there_is_place_for_are_not_ready)
{
	declare(NETF_BY_NAME, "eth0", 0);
	there_is(2, "eth0", CARRIER);
	for (size_t i = 0; i < SEEN_ADDRS; i++) {
		struct netf_addr a = v4;
		a.bytes[3] = (uint8_t)i;
		has_addr(2, &a, IFA_F_PERMANENT);
	}
	gap_find(&f, &s, &leases, &gaps);
	assert_int_equal(gaps.n, GAPS_MAX);
	assert_false(gaps.ready);
}

TEST(gaps_have_texts)
{
	struct netf_link *l = declare(NETF_BY_NAME, "eth0", 0);
	char text[GAP_TEXT];

	l->mtu = 9000;
	for (enum gap_kind kind = 0; kind < GAP_KINDS; kind++) {
		gap_text(&f, &(struct gap){ .kind = kind, .addr = v4 }, text);
		assert_true(strlen(text) > 8);
		assert_has_not(text, "%");
		assert_has_not(text, "(null)");
	}
	gap_text(&f, &(struct gap){ .kind = GAP_ADDR, .addr = v6 }, text);
	assert_string_equal(text, "address fd00::2/64 is missing");
	gap_text(&f, &(struct gap){ .kind = GAP_ROUTE, .addr = gateway }, text);
	assert_string_equal(text, "default route via 10.0.0.1 is missing");
	gap_text(&f, &(struct gap){ .kind = GAP_MTU }, text);
	assert_string_equal(text, "its MTU is not 9000");
	gap_entry_text(&f.links[0], text);
	assert_string_equal(text, "eth0");
	gap_entry_text(&(struct netf_link){ .match = NETF_BY_MAC, .mac = { 0x52, 0x54, 0, 1, 2, 0xff } }, text);
	assert_string_equal(text, "mac 52:54:00:01:02:ff");
}

/* ---- the file ---- */

static void
seal(size_t size)
{
	memcpy(f.magic, NETF_MAGIC, sizeof f.magic);
	f.version = NETF_VERSION;
	f.crc = netf_crc(&f, size);
}

static void
refuses(size_t size, const char *why)
{
	struct err e;

	assert_int_equal(netf_check(&f, size, &e), -1);
	assert_has(e.msg, why);
}

TEST(a_file_that_is_not_right_is_refused)
{
	struct netf_link *l = declare(NETF_BY_NAME, "eth0", 0);
	size_t size = netf_size(1);
	struct err e;

	seal(size);
	assert_int_equal(netf_check(&f, size, &e), 0);
	refuses(size - 1, "it was cut");
	refuses(netf_size(0) - 1, "this is no file of links");
	l->mtu = 1500;
	refuses(size, "its checksum is wrong");
	f.version++;
	refuses(size, "they are of two builds");
	f.magic[0]++;
	refuses(size, "this is no file of links");
}

TEST(a_file_with_a_value_out_of_bounds_is_refused)
{
	const struct {
		size_t offset;
		uint8_t byte;
	} wrong[] = {
		{ offsetof(struct netf_link, match), NETF_MATCHES }, { offsetof(struct netf_link, match), NETF_BY_ANY },
		{ offsetof(struct netf_link, flags), 4 }, { offsetof(struct netf_link, name), 0 },
		{ offsetof(struct netf_link, vlan), 5 }, { offsetof(struct netf_link, vlan_of), 'x' },
		{ offsetof(struct netf_link, mtu), 67 }, { offsetof(struct netf_link, n_addrs), NETF_ADDRS + 1 },
		{ offsetof(struct netf_link, n_addrs), 1 }, { offsetof(struct netf_link, n_dns), NETF_DNS + 1 },
		{ offsetof(struct netf_link, n_dns), 1 }, { offsetof(struct netf_link, gateways), 6 },
	};
	const size_t texts[] = { offsetof(struct netf_link, name), offsetof(struct netf_link, driver),
				 offsetof(struct netf_link, vlan_of) };

	for (size_t i = 0; i < COUNT(wrong); i++) {
		clear(NULL);
		((uint8_t *)declare(NETF_BY_NAME, "eth0", 0))[wrong[i].offset] = wrong[i].byte;
		seal(netf_size(1));
		refuses(netf_size(1), "link 0 is out of bounds");
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		clear(NULL);
		struct netf_link *l = declare(NETF_BY_NAME, "eth0", 0);
		l->vlan = i == 2;
		memset((uint8_t *)l + texts[i], 'x', texts[i] == offsetof(struct netf_link, driver) ? NETF_DRIVER : NETF_NAME);
		seal(netf_size(1));
		refuses(netf_size(1), "link 0 is out of bounds");
	}
}

int
main(void)
{

	const struct CMUnitTest tests[] = {
		CLEARED(a_static_link_is_brought_from_nothing_to_ready),
		CLEARED(a_link_without_carrier_loses_its_route),
		CLEARED(what_nobody_declared_stays_and_is_said),
		CLEARED(a_lease_is_waited_for_renewed_and_replaced),
		CLEARED(who_does_not_know_the_leases_takes_an_address_with_an_end_for_one),
		CLEARED(a_vlan_is_made_on_its_link_and_waits_for_it),
		CLEARED(the_closest_description_takes_a_link),
		CLEARED(of_several_links_one_is_enough),
		CLEARED(nothing_waits_for_an_optional_link),
		CLEARED(more_gaps_than_there_is_place_for_are_not_ready),
		CLEARED(gaps_have_texts),
		CLEARED(a_file_that_is_not_right_is_refused),
		CLEARED(a_file_with_a_value_out_of_bounds_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
