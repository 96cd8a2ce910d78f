/* SPDX-License-Identifier: MIT */
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "msg.h"
#include "rtnl.h"
#include "rules.h"

#define INNER "eth0" /* what the service's end is called */

/* ---- settings ---- */

/* Below /proc/sys/net of the namespace that we are in. A kernel without IPv6 has none of its own. */
static int
set(const char *name, const char *value, struct err *e)
{
	char path[128];

	fmt(path, sizeof path, "/proc/sys/net/%s", name);
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return err_set(e, errno, "%s", path);
	return 0;
}

/* Before there is any link: what links have from their birth on. Their one neighbour, the machine, tells nothing. */
static int
set_inner(struct err *e)
{
	static const char *const settings[][2] = {
		{ "ipv4/ip_unprivileged_port_start", "0" }, /* no capability is needed for any port */
		{ "ipv4/conf/default/accept_redirects", "0" },
		{ "ipv4/conf/all/accept_redirects", "0" },
		{ "ipv6/conf/default/accept_ra", "0" },
		{ "ipv6/conf/default/accept_redirects", "0" },
		{ "ipv6/conf/default/addr_gen_mode", "1" }, /* no address but ours */
	};

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (set(settings[i][0], settings[i][1], e))
			return -1;
	return 0;
}

static int
set_outer(const char *cable, struct err *e)
{
	static const char *const settings[][2] = {
		{ "ipv4/conf/%/rp_filter", "1" }, { "ipv4/conf/%/accept_redirects", "0" },
		{ "ipv4/conf/%/send_redirects", "0" }, { "ipv6/conf/%/accept_ra", "0" },
		{ "ipv6/conf/%/accept_redirects", "0" }, { "ipv6/conf/%/addr_gen_mode", "1" },
		{ "ipv6/conf/%/accept_dad", "0" },
	};
	char name[96];

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		const char *at = strchr(settings[i][0], '%');
		fmt(name, sizeof name, "%.*s%s%s", (int)(at - settings[i][0]), settings[i][0], cable, at + 1);
		if (set(name, settings[i][1], e))
			return -1;
	}
	return 0;
}

/* ---- requests ---- */

static int
ask(struct rtnl *r, struct msg *m, const char *what, struct err *e)
{
	int code = rtnl_request(r, m);

	return code ? err_set(e, code, "%s", what) : 0;
}

/* Up, with both of its addresses, each with who is at the other end. */
static int
raise_link(struct rtnl *r, int index, const struct netf_addr here[2], const struct netf_addr there[2], struct err *e)
{
	struct msg m;

	msg_link_up(&m, index);
	if (ask(r, &m, "its link cannot be brought up", e))
		return -1;
	for (int f = 0; f < 2; f++) {
		msg_peer_addr(&m, index, &here[f], &there[f]);
		if (ask(r, &m, "its link takes no address", e))
			return -1;
	}
	return 0;
}

/* ---- the namespace ---- */

struct inner {
	int space;        /* the namespace */
	struct rtnl rtnl; /* in it */
};

/* There and back: between the two all that this process does is in the new namespace. */
static int
make_space(struct cables *c, struct inner *in, struct err *e)
{
	int ret = -1;

	if (unshare(CLONE_NEWNET) < 0)
		return err_set(e, errno, "a network namespace");
	in->space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (in->space < 0)
		err_set(e, errno, "a network namespace");
	else if (rtnl_open(&in->rtnl, false, e) == 0)
		ret = set_inner(e);
	if (setns(c->own, CLONE_NEWNET) < 0) /* nothing may be done in the wrong place */
		_exit(1);
	return ret;
}

static int
connect_space(struct cables *c, const struct tbl_net *n, const struct inner *in, struct err *e)
{
	struct rtnl outer = { .events = -1, .requests = c->routes };
	char cable[CABLE_NAME];
	struct msg m;

	cable_name(n, cable);
	cable_remove(c, n);
	msg_veth(&m, cable, INNER, in->space);
	int code = rtnl_request(&outer, &m);
	if (code)
		return err_set(e, code, "the kernel makes no pair of links%s", code == EOPNOTSUPP ? ": is veth loaded?" : "");
	int index = (int)if_nametoindex(cable);
	if (!index)
		return err_set(e, errno, "%s", cable);
	if (set_outer(cable, e) || raise_link(&outer, index, n->machine, n->address, e))
		return -1;
	/* By it the kernel asks for neighbours on behalf of what it forwards; without one it does not ask. */
	msg_addr(&m, RTM_NEWADDR, index, &(const struct netf_addr){ 6, 64, { 0 }, { 0xfe, 0x80, [15] = 1 } }, 0);
	return ask(&outer, &m, "its link takes no address", e);
}

static int
fill_space(const struct tbl_net *n, struct inner *in, struct err *e)
{
	static struct seen seen;
	struct msg m;

	seen = (struct seen){ .dropped = 0 };
	if (rtnl_dump(&in->rtnl, &seen, e))
		return -1;
	const struct seen_link *lo = seen_link_named(&seen, "lo"), *link = seen_link_named(&seen, INNER);
	if (!lo || !link)
		return err_set(e, ENODEV, "its link");
	msg_link_up(&m, lo->index);
	if (ask(&in->rtnl, &m, "its loopback", e) || raise_link(&in->rtnl, link->index, n->address, n->machine, e))
		return -1;
	for (int f = 0; f < 2; f++) {
		msg_route(&m, RTM_NEWROUTE, link->index, &n->machine[f], 0);
		if (ask(&in->rtnl, &m, "its default route", e))
			return -1;
	}
	return 0;
}

/* ---- all ---- */

int
cables_open(struct cables *c, struct err *e)
{
	struct rtnl r;

	*c = (struct cables){ .own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), .routes = -1 };
	if (c->own < 0)
		return err_set(e, errno, "/proc/self/ns/net");
	if (rtnl_open(&r, false, e))
		return -1;
	c->routes = r.requests;
	return 0;
}

int
cable_make(struct cables *c, const struct tbl_net *n, struct err *e)
{
	struct inner in = { .space = -1, .rtnl = { -1, -1, 0 } };
	bool made = make_space(c, &in, e) == 0 && connect_space(c, n, &in, e) == 0 && fill_space(n, &in, e) == 0;

	fd_cleanup(&in.rtnl.requests);
	if (made)
		return in.space;
	fd_cleanup(&in.space);
	return err_wrap(e, "%s", n->name);
}

void
cable_remove(struct cables *c, const struct tbl_net *n)
{
	struct rtnl outer = { .events = -1, .requests = c->routes };
	char cable[CABLE_NAME];
	struct msg m;

	cable_name(n, cable);
	msg_link_remove(&m, cable);
	rtnl_request(&outer, &m); /* most often there is none */
}

int
cable_is_there(const struct tbl_net *n)
{
	char cable[CABLE_NAME];

	cable_name(n, cable);
	return if_nametoindex(cable) != 0;
}
