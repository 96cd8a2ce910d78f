/* SPDX-License-Identifier: MIT
 *
 * Network links by the old ioctl interface, which can do all that a static IPv4 address needs.
 */
#include "links.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "console.h"
#include "fmt.h"

#define INDEX_MAX 64 /* links looked at for the first one that is not lo */

static int
up(int sock, const char *name)
{
	struct ifreq r = { 0 };

	memcpy(r.ifr_name, name, strlen(name));
	if (ioctl(sock, SIOCGIFFLAGS, &r) < 0)
		return -1;
	r.ifr_flags |= IFF_UP;
	return ioctl(sock, SIOCSIFFLAGS, &r);
}

/* The first link that looks like Ethernet; name has IF_NAMESIZE bytes. */
static int
first_link(int sock, char *name)
{
	for (int i = 1; i <= INDEX_MAX; i++) {
		struct ifreq r = { .ifr_ifindex = i };
		if (ioctl(sock, SIOCGIFNAME, &r) < 0 || ioctl(sock, SIOCGIFHWADDR, &r) < 0 ||
		    r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
			continue;
		memcpy(name, r.ifr_name, IF_NAMESIZE);
		name[IF_NAMESIZE - 1] = '\0';
		return 0;
	}
	errno = ENODEV;
	return -1;
}

static struct sockaddr_in
inet(const void *bytes)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	memcpy(&a.sin_addr, bytes, sizeof a.sin_addr);
	return a;
}

static int
set(int sock, unsigned long what, const char *name, struct sockaddr_in a)
{
	struct ifreq r = { 0 };

	memcpy(r.ifr_name, name, strlen(name));
	memcpy(&r.ifr_addr, &a, sizeof a);
	return ioctl(sock, (int)what, &r);
}

static int
default_route(int sock, const uint8_t gateway[4])
{
	struct rtentry r = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in a = inet(gateway), any = { .sin_family = AF_INET };

	memcpy(&r.rt_gateway, &a, sizeof a);
	memcpy(&r.rt_dst, &any, sizeof any);
	memcpy(&r.rt_genmask, &any, sizeof any);
	return ioctl(sock, SIOCADDRT, &r);
}

/* Returns the name of the step that failed, or NULL. */
static const char *
set_static(int sock, const char *name, const struct tbl_link *l)
{
	static const uint8_t none[4];
	uint32_t mask = htonl(l->prefix ? ~0u << (32 - l->prefix) : 0);

	if (set(sock, SIOCSIFADDR, name, inet(l->address)) < 0)
		return "address";
	if (set(sock, SIOCSIFNETMASK, name, inet(&mask)) < 0)
		return "netmask";
	if (memcmp(l->gateway, none, sizeof none) != 0 && default_route(sock, l->gateway) < 0)
		return "gateway";
	return NULL;
}

static void
link_init(int sock, const char *wanted, const struct tbl_link *l)
{
	char name[IF_NAMESIZE];
	const char *failed = NULL;

	fmt(name, sizeof name, "%s", wanted);
	if (*name == '\0' && first_link(sock, name) < 0)
		failed = "none found";
	else if (up(sock, name) < 0)
		failed = "up";
	else if (l->mode == TBL_LINK_STATIC)
		failed = set_static(sock, name, l);
	if (failed)
		warn("link %s: %s: %s", *name ? name : "(first)", failed, err_text(errno));
}

bool
links_awaited(const struct tbl *t)
{
	bool others = tbl_count(t, TBL_LINKS) > 0 || (CFG_LISTEN && tbl_count(t, TBL_LISTENS) > 0);

	for (uint32_t i = 0; !others && i < tbl_count(t, TBL_SVCS); i++)
		others = !(tbl_svc(t, i)->flags & TBL_SVC_NETNS);
	return others;
}

void
links_init(const struct tbl *t)
{
	AUTO_FD sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0 || up(sock, "lo") < 0)
		warn("link lo: %s", err_text(errno));
	for (uint32_t i = 0; sock >= 0 && i < tbl_count(t, TBL_LINKS); i++)
		link_init(sock, tbl_str(t, tbl_link(t, i)->name), tbl_link(t, i));
}
