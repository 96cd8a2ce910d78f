/* SPDX-License-Identifier: MIT
 *
 * Keeping the links as they are declared: whatever changes, by the kernel or by a DHCP client, what is then missing is
 * asked for. It sleeps where nothing changes; a request that was refused is made again at the next change, and with
 * growing pauses without one.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cleanup.h"
#include "net.h"

#define ROUNDS       8 /* of asking and looking again at one change */
#define RETRY_MS     1000
#define RETRY_MAX_MS 60000

struct keeper {
	const struct options *o;
	const struct netf *f;
	struct rtnl rtnl;
	struct seen seen;
	struct dhcp dhcp;
	struct gaps gaps;
	struct resolv resolv;
	int signals;
	bool ready;
	int retry_ms; /* the next pause; 0: nothing was refused */
	struct {
		enum gap_kind kind;
		int code;
	} said[NETF_LINKS]; /* the last refusal of each entry, so that it is said once */
};

static struct keeper k; /* 64 links' worth: too much for a stack */

static void
make_request(const struct gap *g, struct msg *m)
{
	const struct netf_link *want = &k.f->links[g->entry];

	switch (g->kind) {
	case GAP_DOWN: msg_link_up(m, g->index); break;
	case GAP_MTU: msg_link_mtu(m, g->index, want->mtu); break;
	case GAP_VLAN: msg_vlan(m, want->name, g->index, want->vlan); break;
	case GAP_ADDR: msg_addr(m, RTM_NEWADDR, g->index, &g->addr, g->seconds); break;
	case GAP_OLD_ADDR: msg_addr(m, RTM_DELADDR, g->index, &g->addr, 0); break;
	case GAP_ROUTE: msg_route(m, RTM_NEWROUTE, g->index, &g->addr, g->metric); break;
	default: msg_route(m, RTM_DELROUTE, g->index, &g->addr, g->metric); break;
	}
}

/* What was asked to go and is not there is gone as well. */
static bool
is_done(enum gap_kind kind, int failed)
{
	return !failed || (kind == GAP_OLD_ADDR && failed == EADDRNOTAVAIL) || (kind == GAP_DEAD_ROUTE && failed == ESRCH);
}

static void
say_refusal(const struct gap *g, int code)
{
	const struct seen_link *l = seen_link(&k.seen, g->index);
	char what[GAP_TEXT], entry[GAP_TEXT];

	if (k.said[g->entry].kind == g->kind && k.said[g->entry].code == code)
		return;
	k.said[g->entry].kind = g->kind;
	k.said[g->entry].code = code;
	gap_text(k.f, g, what);
	gap_entry_text(&k.f->links[g->entry], entry);
	note("%s: %s: %s", l && g->kind != GAP_VLAN ? l->name : entry, what, err_text(code));
}

/* Returns whether it was done. */
static bool
mend(const struct gap *g)
{
	struct msg m;

	make_request(g, &m);
	int failed = rtnl_request(&k.rtnl, &m);
	if (!is_done(g->kind, failed)) {
		say_refusal(g, failed);
		return false;
	}
	if (g->kind == GAP_ADDR && g->seconds)
		dhcp_renewed(&k.dhcp, g->index);
	if (g->kind == GAP_ROUTE || g->kind == GAP_DEAD_ROUTE)
		seen_take(&k.seen, &m.head); /* the kernel is silent about what it finds unchanged */
	return true;
}

static void
tell_ready(void)
{
	if (!k.gaps.ready || k.ready)
		return;
	k.ready = true;
	if (k.o->ready_fd >= 0 && write(k.o->ready_fd, "\n", 1) != 1)
		note("telling that the links are ready: %s", err_text(errno));
}

/* Asks for what is missing, until nothing is, or nothing more can be done now. Returns the milliseconds until it is
 * to be called again by itself, -1: never. */
static int
settle(struct err *e)
{
	int due = -1;
	bool refused = false;

	for (int round = 0, done = 1; round < ROUNDS && done; round++) {
		if (rtnl_events(&k.rtnl, &k.seen, e))
			return -2;
		due = dhcp_serve(&k.dhcp, k.o, k.f, &k.seen);
		gap_find(k.f, &k.seen, &k.dhcp.leases, &k.gaps);
		refused = false;
		done = 0;
		for (size_t i = 0; i < k.gaps.n; i++) {
			if (k.gaps.v[i].kind >= GAP_MENDED)
				continue;
			bool was_done = mend(&k.gaps.v[i]);
			done += was_done;
			refused |= !was_done;
		}
	}
	if (!refused) {
		memset(k.said, 0, sizeof k.said);
		k.retry_ms = 0;
		return due;
	}
	k.retry_ms = k.retry_ms ? k.retry_ms * 2 : RETRY_MS;
	if (k.retry_ms > RETRY_MAX_MS)
		k.retry_ms = RETRY_MAX_MS;
	return due < 0 || due > k.retry_ms ? k.retry_ms : due;
}

static void
write_resolv(void)
{
	char text[sizeof k.resolv.text];
	struct err e;

	resolv_text(k.f, &k.seen, &k.dhcp.leases, text, sizeof text);
	if (resolv_write(&k.resolv, k.o->resolv, text, &e))
		note("%s", e.msg);
}

static int
begin(struct err *e)
{
	sigset_t set;
	struct msg m;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	k.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k.signals < 0)
		return err_set(e, errno, "signalfd");
	sigaddset(&set, SIGPIPE); /* who asked for readiness may be gone */
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (k.o->ready_fd >= 0 && ioctl(k.o->ready_fd, FIOCLEX) < 0)
		return err_set(e, errno, "descriptor %d, where readiness is to be told", k.o->ready_fd);
	if (dhcp_open(&k.dhcp, e) || rtnl_open(&k.rtnl, true, e) || rtnl_dump(&k.rtnl, &k.seen, e))
		return -1;
	const struct seen_link *lo = seen_link_named(&k.seen, "lo");
	if (lo && !(lo->flags & IFF_UP)) {
		msg_link_up(&m, lo->index);
		rtnl_request(&k.rtnl, &m);
	}
	return 0;
}

/* Returns whether a signal asks for the end. */
static bool
take_signals(void)
{
	struct signalfd_siginfo s;
	bool end = false;

	while (read(k.signals, &s, sizeof s) == (ssize_t)sizeof s) {
		if (s.ssi_signo == SIGCHLD)
			dhcp_reap(&k.dhcp, &k.seen);
		else
			end = true;
	}
	return end;
}

int
keep(const struct options *o, const struct netf *f, struct err *e)
{
	k.o = o;
	k.f = f;
	if (begin(e))
		return -1;
	for (;;) {
		struct pollfd fds[] = { { k.rtnl.events, POLLIN, 0 }, { k.signals, POLLIN, 0 }, { k.dhcp.pipe[0], POLLIN, 0 } };
		int due = settle(e);
		if (due == -2)
			return -1;
		write_resolv();
		tell_ready();
		if (poll(fds, sizeof fds / sizeof *fds, due) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (take_signals())
			return 0; /* addresses stay: what runs on is not cut off by a restart of this program */
		dhcp_take(&k.dhcp, &k.seen);
	}
}
