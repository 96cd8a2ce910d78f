/* SPDX-License-Identifier: MIT
 *
 * Families of sockets, one by one, and what can be reached by them.
 */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "probe.h"

#define FAMILIES 46 /* that Linux has, and more */

static const char *const families[FAMILIES] = {
	[1] = "AF_UNIX",     [2] = "AF_INET",    [3] = "AF_AX25",   [4] = "AF_IPX",    [5] = "AF_APPLETALK",
	[9] = "AF_X25",      [10] = "AF_INET6",  [15] = "AF_KEY",   [16] = "AF_NETLINK", [17] = "AF_PACKET",
	[21] = "AF_RDS",     [23] = "AF_IRDA",   [24] = "AF_PPPOX", [29] = "AF_CAN",   [30] = "AF_TIPC",
	[31] = "AF_BLUETOOTH", [35] = "AF_PHONET", [38] = "AF_ALG", [39] = "AF_NFC",   [40] = "AF_VSOCK",
	[41] = "AF_KCM",     [43] = "AF_SMC",    [44] = "AF_XDP",
};

static int
made(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol), code = code_of(fd);

	if (fd >= 0)
		close(fd);
	return code;
}

/* By which key a family is let through that usually is not. */
static const char *
socket_key(const struct expect *x)
{
	return expect_loose_call(x) ? expect_loose_call(x) : "seccomp.sockets";
}

/* A family that the filter lets through may be one that the kernel does not have. */
static void
let_through(const struct expect *x, int family, const char *what)
{
	char found[32];
	int code = made(family, SOCK_DGRAM, 0);
	const char *key = x->usual >> family & 1 ? NULL : socket_key(x);
	bool passed = code == 0 || code == EPROTONOSUPPORT || code == ESOCKTNOSUPPORT || code == EAFNOSUPPORT || code == EPERM;

	report_held(20, key, what, passed, report_word(code, found));
}

static void
each_family(const struct expect *x)
{
	char what[48];

	for (int f = 0; f < FAMILIES; f++) {
		if (f == AF_NETLINK)
			continue;
		if (families[f])
			snprintf(what, sizeof what, "%s", families[f]);
		else
			snprintf(what, sizeof what, "family %d", f);
		if (x->families >> f & 1)
			let_through(x, f, what);
		else
			report_call(20, expect_loose_call(x), what, EAFNOSUPPORT, made(f, SOCK_STREAM, 0));
	}
}

static void
netlink(const struct expect *x)
{
	bool any = x->families >> AF_NETLINK & 1;
	char what[48];

	for (int p = 0; p < 23; p++) {
		if (any)
			break;
		snprintf(what, sizeof what, "AF_NETLINK, protocol %d", p);
		if (p == NETLINK_ROUTE && x->route)
			report_call(20, NULL, "AF_NETLINK, routes", 0, made(AF_NETLINK, SOCK_RAW, p));
		else
			report_call(20, expect_loose_call(x), what, EAFNOSUPPORT, made(AF_NETLINK, SOCK_RAW, p));
	}
	if (any)
		report_call(20, socket_key(x), "AF_NETLINK", EAFNOSUPPORT, made(AF_NETLINK, SOCK_RAW, 0));
}

/* The witness listens there, in the machine's network namespace. */
static void
abstract(const struct expect *x)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t n = sizeof PROBE_ABSTRACT - 1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path + 1, PROBE_ABSTRACT, n);
	report_call(10, x->loose[LOOSE_NETWORK], "an abstract socket of the machine", ECONNREFUSED,
		    code_of(connect(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n))));
	close(fd);
}

static void
loopback(const struct expect *x)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PROBE_PORT),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		report_call(10, NULL, "the machine's loopback", EAFNOSUPPORT, errno);
		return;
	}
	/* a loopback of its own that is up has nobody at that port */
	report_either(10, x->loose[LOOSE_NETWORK], "the machine's loopback", ENETUNREACH, ECONNREFUSED,
		      code_of(connect(fd, (struct sockaddr *)&at, sizeof at)));
	close(fd);
}

/* Any socket can ask for a link's flags. */
static void
links(const struct expect *x)
{
	static char text[8192];
	struct ifreq r = { .ifr_name = "lo" };
	char others[64] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strcmp(x->network, "none") != 0) {
		close(fd);
		return;
	}
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &r))
		report_call(29, NULL, "lo", 0, errno);
	else
		report_text(29, NULL, "lo", "down", r.ifr_flags & IFF_UP ? "up" : "down");
	close(fd);
	slurp("/proc/self/net/dev", text, sizeof text);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char name[32];
		if (sscanf(line, " %31[^:]:", name) == 1 && strchr(line, ':') && strcmp(name, "lo") != 0)
			snprintf(others, sizeof others, "%s", name);
	}
	report_text(29, NULL, "other links", "", others);
}

void
check_sockets(const struct expect *x)
{
	each_family(x);
	netlink(x);
	int pair[2];
	if (!(x->families >> AF_INET & 1))
		report_call(20, expect_loose_call(x), "socketpair, AF_INET", EAFNOSUPPORT,
			    code_of(socketpair(AF_INET, SOCK_STREAM, 0, pair)));
	if (x->families >> AF_UNIX & 1)
		abstract(x);
	loopback(x);
	links(x);
}
