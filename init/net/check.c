/* SPDX-License-Identifier: MIT
 *
 * ingot-net check: the links as they are, and what of them is not as declared. It changes nothing, and knows of leases
 * only what the kernel shows of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "net.h"

struct checker {
	const struct netf *f;
	struct seen seen;
	struct gaps gaps;
	char resolv[2048];
	struct json json;
	bool as_json, right;
};

static struct checker c; /* too much for a stack */

static void
read_resolv(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, c.resolv, sizeof c.resolv - 1);

	c.resolv[n > 0 ? n : 0] = '\0';
}

/* The next line's value of that key, up to its end; NULL where there is none. */
static const char *
next_value(const char **at, const char *key, size_t *size)
{
	size_t n = strlen(key);

	while (**at) {
		const char *line = *at;
		size_t length = strcspn(line, "\n");
		*at = line + length + (line[length] == '\n');
		if (length > n && strncmp(line, key, n) == 0 && line[n] == ' ') {
			*size = length - n - 1;
			return line + n + 1;
		}
	}
	return NULL;
}

/* ---- one link ---- */

static void
text_link(const struct seen_link *l)
{
	char addr[ADDR_TEXT];

	out_fmt("%s: %s, %s, mtu %u", l->name, l->flags & IFF_UP ? "up" : "down",
		seen_has_carrier(l) ? "carrier" : "no carrier", l->mtu);
	if (l->vlan)
		out_fmt(", VLAN %u", l->vlan);
	out_fmt("\n");
	for (size_t i = 0; i < SEEN_ADDRS; i++)
		if (c.seen.addrs[i].index == l->index) {
			addr_text_prefix(&c.seen.addrs[i].addr, addr);
			out_fmt("    address %s\n", addr);
		}
	for (size_t i = 0; i < SEEN_ROUTES; i++)
		if (c.seen.routes[i].index == l->index) {
			addr_text(&c.seen.routes[i].gateway, addr);
			out_fmt("    default route via %s, metric %u\n", addr, c.seen.routes[i].metric);
		}
}

static void
key_string(const char *key, const char *text)
{
	json_key(&c.json, key);
	json_string(&c.json, text);
}

static void
key_bool(const char *key, bool v)
{
	json_key(&c.json, key);
	json_bool(&c.json, v);
}

static void
key_uint(const char *key, uint64_t v)
{
	json_key(&c.json, key);
	json_uint(&c.json, v);
}

static void
json_link(const struct seen_link *l)
{
	char addr[ADDR_TEXT];

	json_object(&c.json);
	key_string("name", l->name);
	key_bool("up", l->flags & IFF_UP);
	key_bool("carrier", seen_has_carrier(l));
	key_uint("mtu", l->mtu);
	if (l->vlan)
		key_uint("vlan", l->vlan);
	json_key(&c.json, "addresses");
	json_array(&c.json);
	for (size_t i = 0; i < SEEN_ADDRS; i++)
		if (c.seen.addrs[i].index == l->index) {
			addr_text_prefix(&c.seen.addrs[i].addr, addr);
			json_string(&c.json, addr);
		}
	json_array_end(&c.json);
	json_key(&c.json, "default_routes");
	json_array(&c.json);
	for (size_t i = 0; i < SEEN_ROUTES; i++)
		if (c.seen.routes[i].index == l->index) {
			addr_text(&c.seen.routes[i].gateway, addr);
			json_object(&c.json);
			key_string("via", addr);
			key_uint("metric", c.seen.routes[i].metric);
			json_object_end(&c.json);
		}
	json_array_end(&c.json);
	json_object_end(&c.json);
}

/* ---- what is not as declared ---- */

static void
say_fault(const char *link, const char *what, bool fault)
{
	c.right &= !fault;
	if (!c.as_json) {
		out_fmt("%s: %s%s\n", link, what, fault ? "" : " (nothing waits for it)");
		return;
	}
	json_object(&c.json);
	key_string("link", link);
	key_string("what", what);
	key_bool("fault", fault);
	json_object_end(&c.json);
}

/* What an optional link lacks is no fault, nor is one of several links of an entry that has another one. */
static bool
is_fault(const struct gap *g)
{
	bool wrong = g->kind == GAP_TAKEN || g->kind == GAP_OTHER_VLAN || g->kind == GAP_EXTRA;

	return wrong || (!c.gaps.settled[g->entry] && !(c.f->links[g->entry].flags & NETF_OPTIONAL));
}

static void
say_gap(const struct gap *g)
{
	const struct seen_link *l = g->kind == GAP_VLAN ? NULL : seen_link(&c.seen, g->index);
	char what[GAP_TEXT], entry[GAP_TEXT];

	gap_text(c.f, g, what);
	gap_entry_text(&c.f->links[g->entry], entry);
	say_fault(l ? l->name : entry, what, is_fault(g));
}

static bool
is_name_server(const char *addr)
{
	const char *at = c.resolv, *server;
	size_t n;

	while ((server = next_value(&at, "nameserver", &n)))
		if (n == strlen(addr) && memcmp(server, addr, n) == 0)
			return true;
	return false;
}

static void
say_missing_dns(uint32_t entry)
{
	const struct netf_link *l = &c.f->links[entry];
	char addr[ADDR_TEXT], line[GAP_TEXT], name[GAP_TEXT];

	for (uint32_t i = 0; i < l->n_dns && c.gaps.settled[entry]; i++) {
		addr_text(&l->dns[i], addr);
		if (is_name_server(addr))
			continue;
		gap_entry_text(l, name);
		fmt(line, sizeof line, "name server %s is missing", addr);
		say_fault(name, line, true);
	}
}

static void
say_faults(void)
{
	for (size_t i = 0; i < c.gaps.n; i++)
		say_gap(&c.gaps.v[i]);
	for (uint32_t i = 0; i < c.f->n_links; i++)
		say_missing_dns(i);
}

/* ---- all ---- */

static void
each_link(void (*say)(const struct seen_link *l))
{
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (c.seen.links[i].index && gap_entry(c.f, &c.seen, &c.seen.links[i]) >= 0)
			say(&c.seen.links[i]);
}

static void
print_text(void)
{
	const char *at = c.resolv, *server;
	size_t n;

	each_link(text_link);
	while ((server = next_value(&at, "nameserver", &n)))
		out_fmt("name server %.*s\n", (int)n, server);
	say_faults();
}

static void
put_json(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	out_bytes(bytes, size);
}

static void
print_json(void)
{
	const char *at = c.resolv, *server;
	size_t n;

	json_init(&c.json, put_json, NULL);
	json_object(&c.json);
	json_key(&c.json, "links");
	json_array(&c.json);
	each_link(json_link);
	json_array_end(&c.json);
	json_key(&c.json, "nameservers");
	json_array(&c.json);
	while ((server = next_value(&at, "nameserver", &n)))
		json_string_n(&c.json, server, n);
	json_array_end(&c.json);
	json_key(&c.json, "not_as_declared");
	json_array(&c.json);
	say_faults();
	json_array_end(&c.json);
	key_bool("right", c.right);
	json_object_end(&c.json);
	json_end(&c.json);
}

int
check(const struct options *o, const struct netf *f, bool *right, struct err *e)
{
	struct rtnl r;

	c.f = f;
	c.as_json = o->json;
	c.right = true;
	if (rtnl_open(&r, false, e) || rtnl_dump(&r, &c.seen, e))
		return -1;
	read_resolv(o->resolv);
	gap_find(f, &c.seen, NULL, &c.gaps);
	if (o->json)
		print_json();
	else
		print_text();
	*right = c.right;
	return out_flush(e);
}
