/* SPDX-License-Identifier: MIT
 *
 * init/net/lease.h: a lease from udhcpc's words, with nothing in it that a server could do harm by; addresses as texts;
 * and the file of name servers.
 */
#include "support.h"

#include <arpa/inet.h>
#include <unistd.h>
#include <stdlib.h>

#include "net.h"

static void
words(const char *a, const char *b, const char *c, const char *d, struct lease *l, bool is_one)
{
	char *env[] = { (char *)a, (char *)b, (char *)c, (char *)d, NULL };

	assert_int_equal(lease_read("bound", env, l), is_one);
}

TEST(a_lease_is_read)
{
	char *env[] = { "interface=eth0", "ip=10.0.2.15", "subnet=255.255.0.0", "mask=16", "router=10.0.2.2 10.0.2.9",
			"dns=10.0.2.3 1.1.1.1", "domain=example.org", "lease=86400", NULL };
	struct lease l;

	assert_true(lease_read("renew", env, &l));
	assert_int_equal(l.addr.prefix, 16);
	assert_memory_equal(l.addr.bytes, ((uint8_t[]){ 10, 0, 2, 15 }), 4);
	assert_memory_equal(l.gateway.bytes, ((uint8_t[]){ 10, 0, 2, 2 }), 4);
	assert_int_equal(l.n_dns, 2);
	assert_memory_equal(l.dns[1].bytes, ((uint8_t[]){ 1, 1, 1, 1 }), 4);
	assert_string_equal(l.domain, "example.org");
	assert_int_equal(l.seconds, 86400);
	assert_true(lease_read("deconfig", env, &l));
	assert_int_equal(l.addr.family, 0);
	assert_false(lease_read("leasefail", env, &l));
	assert_false(lease_read("nak", env, &l));
}

TEST(what_a_server_may_say_does_no_harm)
{
	struct lease l;

	words("ip=10.0.0.256", NULL, NULL, NULL, &l, false);
	words("ip=10.0.0", NULL, NULL, NULL, &l, false);
	words("ip=10.0.0.1.1", NULL, NULL, NULL, &l, false);
	words("ip=10.0.0.1x", NULL, NULL, NULL, &l, false);
	words("ip=127.0.0.1", NULL, NULL, NULL, &l, false);
	words("ip=0.0.0.0", NULL, NULL, NULL, &l, false);
	words("ip=224.0.0.1", NULL, NULL, NULL, &l, false);
	words("ipx=10.0.0.1", NULL, NULL, NULL, &l, false);
	words("ip=10.0.0.1", "mask=33", "router=here", "lease=99999999999", &l, true);
	assert_int_equal(l.addr.prefix, 24);
	assert_int_equal(l.gateway.family, 0);
	assert_int_equal(l.seconds, 0);
	words("ip=10.0.0.1", "domain=a b", NULL, NULL, &l, true);
	assert_string_equal(l.domain, "a"); /* the first of several */
	words("ip=10.0.0.1", "domain=a\nnameserver 6.6.6.6", NULL, NULL, &l, true);
	assert_string_equal(l.domain, "");
	words("ip=10.0.0.1", "domain=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, NULL, &l, true);
	assert_string_equal(l.domain, "");
	words("ip=10.0.0.1", "dns=1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6", NULL, NULL, &l, true);
	assert_int_equal(l.n_dns, NETF_DNS);
	words("ip=10.0.0.1", "dns=1.1.1.1 ;reboot 2.2.2.2", NULL, NULL, &l, true);
	assert_int_equal(l.n_dns, 1);
	words("ip=10.0.0.1", "lease=4294967295", NULL, NULL, &l, true);
	assert_int_equal(l.seconds, 0);
}

/* The library's own, which stands in no program of the machine, is the other reader. */
TEST(addresses_are_written_as_others_write_them)
{
	static const char *const texts[] = { "::", "::1", "fd00::2", "fe80::1:0:0:2", "1::", "2001:db8::1:1:1:1:1",
					     "2001:db8:0:1:1:1:1:1", "1:0:0:2::3", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
					     "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0" };
	char text[ADDR_TEXT], want[ADDR_TEXT];

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct netf_addr a = { .family = 6, .prefix = 64 };
		assert_int_equal(inet_pton(AF_INET6, texts[i], a.bytes), 1);
		assert_non_null(inet_ntop(AF_INET6, a.bytes, want, sizeof want));
		addr_text(&a, text);
		assert_string_equal(text, want);
	}
	addr_text_prefix(&(struct netf_addr){ .family = 4, .prefix = 8, .bytes = { 255, 254, 253, 252 } }, text);
	assert_string_equal(text, "255.254.253.252/8");
}

TEST(name_servers_are_those_of_links_with_carrier_each_once)
{
	struct netf *f = calloc(1, sizeof *f);
	struct seen *s = calloc(1, sizeof *s);
	struct leases *l = calloc(1, sizeof *l);
	char text[256];

	f->n_links = 2;
	for (int i = 0; i < 2; i++) {
		f->links[i].name[0] = (char)('a' + i);
		f->links[i].n_dns = 1;
		f->links[i].dns[0] = (struct netf_addr){ .family = 4, .bytes = { 1, 1, 1, (uint8_t)(i + 1) } };
		s->links[i] = (struct seen_link){ .index = i + 1, .flags = SEEN_CARRIER };
		s->links[i].name[0] = (char)('b' - i);
	}
	l->held[0] = (struct held){ .index = 1, .lease = { .n_dns = 2, .domain = "lan" } };
	l->held[0].lease.dns[0] = f->links[0].dns[0];
	l->held[0].lease.dns[1] = (struct netf_addr){ .family = 4, .bytes = { 9, 9, 9, 9 } };
	resolv_text(f, s, l, text, sizeof text);
	assert_string_equal(text, "search lan\nnameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 9.9.9.9\n");
	s->links[0].flags = IFF_UP;
	resolv_text(f, s, l, text, sizeof text);
	assert_string_equal(text, "nameserver 1.1.1.1\n");
	free(f);
	free(s);
	free(l);
}

TEST(the_file_is_written_where_it_says_something_new)
{
	struct resolv *r = calloc(1, sizeof *r);
	struct err e;
	size_t size;

	assert_int_equal(resolv_write(r, "resolv", "", &e), 0); /* nothing to say, and nothing to take back */
	assert_int_equal(access("resolv", F_OK), -1);
	assert_int_equal(resolv_write(r, "resolv", "nameserver 1.1.1.1\n", &e), 0);
	char *text = read_file("resolv", &size);
	assert_string_equal(text, "nameserver 1.1.1.1\n");
	free(text);
	assert_int_equal(access("resolv.new", F_OK), -1);
	assert_int_equal(unlink("resolv"), 0);
	assert_int_equal(resolv_write(r, "resolv", "nameserver 1.1.1.1\n", &e), 0);
	assert_int_equal(access("resolv", F_OK), -1); /* it says the same */
	assert_int_equal(resolv_write(r, "resolv", "", &e), 0);
	assert_int_equal(access("resolv", F_OK), 0);
	assert_int_equal(resolv_write(r, "no/resolv", "x", &e), -1);
	assert_has(e.msg, "no/resolv");
	free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_is_read),
		cmocka_unit_test(what_a_server_may_say_does_no_harm),
		cmocka_unit_test(addresses_are_written_as_others_write_them),
		cmocka_unit_test(name_servers_are_those_of_links_with_carrier_each_once),
		cmocka_unit_test_setup_teardown(the_file_is_written_where_it_says_something_new, temp_enter, temp_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
