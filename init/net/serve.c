/* SPDX-License-Identifier: MIT
 *
 * ingot-net serve: makes the private networks of services when they are asked for, and keeps them, so that a service
 * that starts again finds its link as it was. Children of PID 1 ask, root alone; what they tell of all services is all
 * that it knows. It is written down for its own successor, who finds the links of what runs and none of the namespaces:
 * those come anew with the next start of their services.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cable.h"
#include "cleanup.h"
#include "fmt.h"
#include "net.h"
#include "net_ask.h"
#include "rules.h"

#define PATIENCE_S 2 /* with who connects and says nothing */

/* A packet, as net_ask.h has it. */
struct told {
	struct net_ask head;
	union {
		struct tbl_net nets[TBL_NETS_MAX];
		uint8_t bytes[TBL_NETS_MAX * sizeof(struct tbl_net) + TBL_RULES_MAX * sizeof(struct tbl_net_rule)];
	};
};

static struct {
	struct cables cables;
	struct told now, next;
	int space[TBL_NETS_MAX]; /* of now.nets: its namespace, 0: it is not made */
	int signals, listener;
	struct sockaddr_un at;
	char kept[sizeof ((struct sockaddr_un *)0)->sun_path + 8]; /* the file of what was told last */
} s;

static size_t
told_size(const struct net_ask *a)
{
	return a->nets * sizeof(struct tbl_net) + a->rules * sizeof(struct tbl_net_rule);
}

static const struct tbl_net_rule *
told_rules(const struct told *t)
{
	return (const void *)(t->bytes + t->head.nets * sizeof(struct tbl_net));
}

static int
check_told(const struct told *t, size_t size, struct err *e)
{
	const struct net_ask *a = &t->head;

	if (size < sizeof *a || a->magic != NET_ASK_MAGIC || a->nets > TBL_NETS_MAX || a->rules > TBL_RULES_MAX ||
	    size != sizeof *a + told_size(a) || (a->which >= a->nets && a->which != NET_ASK_NONE))
		return err_set(e, EPROTO, "what was asked is no question: PID 1 and ingot-net are of two builds");
	return net_table_check(t->nets, a->nets, told_rules(t), a->rules, e);
}

/* ---- the machine ---- */

static int
write_setting(const char *path, const char *value, struct err *e)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, value, strlen(value)) < 0 ? err_set(e, errno, "%s", path) : 0;
}

/* A machine that forwards listens to no router any more, unless it is told to: a link that does shall go on. */
static void
hear_routers(const char *link)
{
	char path[96], value = '0';
	struct err e;

	fmt(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_ra", link);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &value, 1) == 1 && value == '1' && write_setting(path, "2", &e))
		note("%s", e.msg);
}

/* What it forwards the rules say, which are there by now. */
static int
forward(struct err *e)
{
	static struct seen seen;
	struct rtnl r = { .events = -1, .requests = s.cables.routes };

	if (rtnl_dump(&r, &seen, e))
		return -1;
	hear_routers("default");
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (seen.links[i].index)
			hear_routers(seen.links[i].name);
	return write_setting("/proc/sys/net/ipv4/ip_forward", "1", e) ||
	       write_setting("/proc/sys/net/ipv6/conf/all/forwarding", "1", e) ? -1 : 0;
}

/* ---- what was told ---- */

/* Whole or not at all; without it a successor waits for the next question. */
static void
write_down(void)
{
	size_t size = sizeof s.now.head + told_size(&s.now.head);
	char new[sizeof s.kept + 4];

	fmt(new, sizeof new, "%s.new", s.kept);
	AUTO_FD fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &s.now, size) != (ssize_t)size || rename(new, s.kept) < 0)
		note("%s: %s", s.kept, err_text(errno));
}

static const struct tbl_net *
same_in(const struct told *t, const struct tbl_net *n, uint32_t *at)
{
	for (*at = 0; *at < t->head.nets; ++*at) {
		const struct tbl_net *x = &t->nets[*at];
		if (strcmp(x->name, n->name) == 0 && memcmp(x->address, n->address, sizeof x->address) == 0 &&
		    memcmp(x->machine, n->machine, sizeof x->machine) == 0)
			return x;
	}
	return NULL;
}

/* What is the same has its namespace still; the link of what is gone goes. */
static void
carry_over(void)
{
	static int space[TBL_NETS_MAX];

	memset(space, 0, sizeof space);
	for (uint32_t i = 0, to; i < s.now.head.nets; i++) {
		if (same_in(&s.next, &s.now.nets[i], &to)) {
			space[to] = s.space[i];
			continue;
		}
		cable_remove(&s.cables, &s.now.nets[i]);
		if (s.space[i])
			close(s.space[i]);
	}
	memcpy(s.space, space, sizeof space);
}

static bool
is_news(void)
{
	return s.now.head.nets != s.next.head.nets || s.now.head.rules != s.next.head.rules ||
	       memcmp(s.now.bytes, s.next.bytes, told_size(&s.next.head)) != 0;
}

/* s.next becomes s.now. */
static int
take_over(struct err *e)
{
	if (!is_news())
		return 0;
	if (rules_set(s.next.nets, s.next.head.nets, told_rules(&s.next), e))
		return -1;
	carry_over();
	memcpy(&s.now, &s.next, sizeof s.next.head + told_size(&s.next.head));
	write_down();
	return 0;
}

/* At the start: what a predecessor knew, or nothing. Only by rules can be seen what the kernel takes. */
static int
begin_rules(struct err *e)
{
	AUTO_FD fd = open(s.kept, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, &s.next, sizeof s.next);
	struct err ignored;

	if (n <= 0 || check_told(&s.next, (size_t)n, &ignored))
		s.next.head = (struct net_ask){ NET_ASK_MAGIC, NET_ASK_NONE, 0, 0 };
	if (rules_set(s.next.nets, s.next.head.nets, told_rules(&s.next), e))
		return -1;
	memcpy(&s.now, &s.next, sizeof s.next);
	return forward(e);
}

/* ---- a question ---- */

/* The namespace of the network that is asked for. */
static int
space_of(uint32_t which, struct err *e)
{
	int *space = &s.space[which];

	if (*space && !cable_is_there(&s.now.nets[which])) { /* somebody took it away */
		close(*space);
		*space = 0;
	}
	if (*space)
		return *space;
	int made = cable_make(&s.cables, &s.now.nets[which], e);
	*space = made < 0 ? 0 : made;
	return made;
}

static void
answer(int fd, int code, int space)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct net_answer a = { code };
	struct iovec part = { &a, sizeof a };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (space > 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof space) };
		memcpy(CMSG_DATA(c), &space, sizeof space);
	}
	sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT); /* who has gone wants no answer */
}

static int
serve_one(int fd, struct err *e)
{
	struct ucred who;
	socklen_t size = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.uid != 0)
		return err_set(e, EPERM, "a question that is not root's");
	ssize_t n = recv(fd, &s.next, sizeof s.next, 0);
	if (n < 0)
		return err_set(e, errno, "a question");
	if (check_told(&s.next, (size_t)n, e) || take_over(e))
		return -1;
	return s.next.head.which == NET_ASK_NONE ? 0 : space_of(s.next.head.which, e);
}

static void
serve_next(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	AUTO_FD fd = accept4(s.listener, NULL, NULL, SOCK_CLOEXEC);
	struct err e = { .msg = "" };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		return;
	int space = serve_one(fd, &e);
	if (space < 0)
		note("%s", e.msg);
	answer(fd, space < 0 ? e.code ? e.code : EPROTO : 0, space);
}

/* ---- its life ---- */

static int
open_listener(struct err *e)
{
	s.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(s.at.sun_path); /* a predecessor's */
	umask(0077);
	if (s.listener < 0 || bind(s.listener, (struct sockaddr *)&s.at, sizeof s.at) < 0 ||
	    listen(s.listener, 64) < 0)
		return err_set(e, errno, "%s", s.at.sun_path);
	return 0;
}

static int
open_signals(struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	s.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signals < 0)
		return err_set(e, errno, "signalfd");
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return 0;
}

int
serve(const struct options *o, struct err *e)
{
	s.at.sun_family = AF_UNIX;
	fmt(s.at.sun_path, sizeof s.at.sun_path, "%s", o->socket);
	fmt(s.kept, sizeof s.kept, "%s.told", o->socket);
	if (o->ready_fd >= 0 && ioctl(o->ready_fd, FIOCLEX) < 0)
		return err_set(e, errno, "descriptor %d, where readiness is to be told", o->ready_fd);
	if (open_signals(e) || cables_open(&s.cables, e) || begin_rules(e) || open_listener(e))
		return -1;
	if (o->ready_fd >= 0 && write(o->ready_fd, "\n", 1) != 1)
		note("telling that it is ready: %s", err_text(errno));
	for (;;) {
		struct pollfd fds[] = { { s.listener, POLLIN, 0 }, { s.signals, POLLIN, 0 } };
		if (poll(fds, sizeof fds / sizeof *fds, -1) < 0 && errno != EINTR)
			return err_set(e, errno, "poll");
		if (fds[1].revents) /* links and rules stay: what runs on is not cut off */
			return 0;
		if (fds[0].revents)
			serve_next();
	}
}
