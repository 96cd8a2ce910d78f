/* SPDX-License-Identifier: MIT
 *
 * rtnetlink(7) over its sockets. The drivers of new links, which no message tells, are read from /sys here.
 */
#include "rtnl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"

#define BURST_BYTES (256 << 10) /* of changes that are kept for us */

static union {
	struct nlmsghdr head; /* for the alignment */
	uint8_t bytes[32 << 10]; /* a dump comes in pieces of this size at most */
} in;

static int
open_socket(uint32_t groups, int flags)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK, .nl_groups = groups };
	AUTO_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&us, sizeof us) < 0)
		return -1;
	return take_fd(&fd);
}

int
rtnl_open(struct rtnl *r, bool events, struct err *e)
{
	const uint32_t groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	int burst = BURST_BYTES;

	*r = (struct rtnl){ .events = -1, .requests = open_socket(0, 0) };
	if (events)
		r->events = open_socket(groups, SOCK_NONBLOCK);
	if (r->requests < 0 || (events && r->events < 0))
		return err_set(e, errno, "netlink socket");
	if (events)
		setsockopt(r->events, SOL_SOCKET, SO_RCVBUF, &burst, sizeof burst);
	return 0;
}

/* The name of the driver, by where /sys/class/net/NAME/device/driver leads; empty where there is no device. */
static void
read_driver(struct seen_link *l)
{
	char path[64], to[256];

	fmt(path, sizeof path, "/sys/class/net/%s/device/driver", l->name);
	ssize_t n = readlink(path, to, sizeof to - 1);
	to[n > 0 ? n : 0] = '\0';
	const char *name = strrchr(to, '/');
	fmt(l->driver, sizeof l->driver, "%s", name ? name + 1 : "");
}

static void
read_drivers(struct seen *s)
{
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (s->links[i].index && !s->links[i].driver[0] && !s->links[i].stacked)
			read_driver(&s->links[i]);
}

/* One datagram, from the kernel alone; as recv(2). */
static ssize_t
receive(int fd)
{
	struct sockaddr_nl from;
	socklen_t size = sizeof from;
	ssize_t n;

	do {
		n = recvfrom(fd, in.bytes, sizeof in.bytes, 0, (struct sockaddr *)&from, &size);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	return n;
}

static int
send_request(struct rtnl *r, struct msg *m)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	m->head.nlmsg_seq = ++r->seq;
	return sendto(r->requests, m, m->head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0 ? errno : 0;
}

/* Takes answers up to the last one, into s where there is one. Returns the errno that the kernel gave. */
static int
take_answers(struct rtnl *r, struct seen *s)
{
	for (;;) {
		ssize_t n = receive(r->requests);
		const struct nlmsghdr *h;
		size_t at = 0;
		if (n < 0)
			return errno;
		while ((h = msg_next(in.bytes, (size_t)n, &at))) {
			struct attrs a;
			if (h->nlmsg_seq != r->seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *x = msg_body(h, sizeof x->error, &a);
				return x ? -x->error : EBADMSG;
			}
			if (s)
				seen_take(s, h);
		}
	}
}

int
rtnl_request(struct rtnl *r, struct msg *m)
{
	int failed = send_request(r, m);

	return failed ? failed : take_answers(r, NULL);
}

int
rtnl_dump(struct rtnl *r, struct seen *s, struct err *e)
{
	static const uint16_t what[] = { RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE };

	seen_dump_begins(s);
	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		struct msg m;
		msg_dump(&m, what[i]);
		int failed = send_request(r, &m);
		if (!failed)
			failed = take_answers(r, s);
		if (failed)
			return err_set(e, failed, "asking the kernel for its links, addresses and routes");
	}
	seen_dump_ends(s);
	read_drivers(s);
	return 0;
}

int
rtnl_events(struct rtnl *r, struct seen *s, struct err *e)
{
	bool lost = false;

	for (;;) {
		ssize_t n = receive(r->events);
		const struct nlmsghdr *h;
		size_t at = 0;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != ENOBUFS)
			return err_set(e, errno, "netlink socket");
		lost |= n < 0;
		while (n > 0 && (h = msg_next(in.bytes, (size_t)n, &at)))
			seen_take(s, h);
	}
	if (lost) /* with what is older read first, or it would undo what the dump tells */
		return rtnl_dump(r, s, e);
	read_drivers(s);
	return 0;
}
