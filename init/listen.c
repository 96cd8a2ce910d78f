/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "console.h"

#define BACKLOG 4096 /* the kernel takes less where net.core.somaxconn says so */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
address_of(const struct tbl_listen *l, union address *a)
{
	memset(a, 0, sizeof *a);
	if (l->address.family == 6) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(l->port);
		memcpy(&a->v6.sin6_addr, l->address.bytes, sizeof a->v6.sin6_addr);
		return sizeof a->v6;
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons(l->port);
	memcpy(&a->v4.sin_addr, l->address.bytes, sizeof a->v4.sin_addr);
	return sizeof a->v4;
}

/* Its address may come later, with a link; and :: is IPv6 alone, as 0.0.0.0 can be somebody else's. */
static int
set_options(int fd, bool v6)
{
	const int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof one) < 0)
		return -1;
	return v6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) : 0;
}

static int
open_one(const struct tbl_listen *l)
{
	bool tcp = l->protocol == IPPROTO_TCP;
	union address a;
	socklen_t size = address_of(l, &a);
	AUTO_FD fd = socket(a.any.sa_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

	if (fd < 0 || set_options(fd, l->address.family == 6) || bind(fd, &a.any, size) < 0 ||
	    (tcp && listen(fd, BACKLOG) < 0))
		return -1;
	return take_fd(&fd);
}

/* The last run had it too, and may have shut it down, or made it non-blocking for all that come. */
static bool
is_well(const struct tbl_listen *l, int fd)
{
	int listening = 1;
	socklen_t size = sizeof listening;

	if (l->protocol == IPPROTO_TCP && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0)
		return false;
	return listening && fcntl(fd, F_SETFL, 0) == 0;
}

int
listen_open(struct init *in, uint32_t i)
{
	const struct tbl_svc *s = tbl_svc(&in->table, i);

	for (uint32_t k = 0; k < s->listen.count; k++) {
		const struct tbl_listen *l = tbl_listen(&in->table, s, k);
		int *fd = &in->s->run[i].listen[k];
		if (*fd && is_well(l, *fd))
			continue;
		if (*fd)
			close(*fd);
		int made = open_one(l);
		*fd = made < 0 ? 0 : made;
		if (made >= 0)
			continue;
		int code = errno;
		warn("service %s: port %u: %s", init_name(in, i), l->port, err_text(code));
		errno = code;
		return -1;
	}
	return 0;
}

void
listen_close(struct svc_run *r)
{
	for (int k = 0; k < TBL_LISTEN_MAX; k++) {
		if (r->listen[k])
			close(r->listen[k]);
		r->listen[k] = 0;
	}
}
