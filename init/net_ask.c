/* SPDX-License-Identifier: MIT
 *
 * The asker's side: a child of PID 1 at a launch, and ingotctl after a reload. Nothing is kept.
 */
#include "net_ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "table.h"

static int
call(void)
{
	const struct timeval patience = { .tv_sec = NET_ASK_MS / 1000 };
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = NET_ASK_PATH };
	AUTO_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof at) < 0)
		return -1;
	return take_fd(&fd);
}

static int
tell(int fd, const struct tbl *t, uint32_t which)
{
	struct net_ask head = { NET_ASK_MAGIC, which, tbl_count(t, TBL_NETS), tbl_count(t, TBL_NET_RULES) };
	struct iovec parts[] = {
		{ &head, sizeof head },
		{ (void *)(uintptr_t)tbl_net(t, 0), head.nets * sizeof(struct tbl_net) },
		{ (void *)(uintptr_t)tbl_net_rules(t), head.rules * sizeof(struct tbl_net_rule) },
	};
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = sizeof parts / sizeof *parts };

	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* The descriptor that came with it, 0 without one. */
static int
hear(int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct net_answer answer;
	struct iovec part = { &answer, sizeof answer };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	int given = 0;

	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	if (n >= 0 && n != (ssize_t)sizeof answer)
		errno = ECONNRESET; /* it has ended */
	if (n != (ssize_t)sizeof answer) {
		errno = errno == EAGAIN ? ETIMEDOUT : errno;
		return -1;
	}
	const struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&given, CMSG_DATA(c), sizeof given);
	errno = answer.code;
	return answer.code ? -1 : given;
}

int
net_ask(const struct tbl *t, uint32_t which)
{
	AUTO_FD fd = call();

	return fd < 0 || tell(fd, t, which) ? -1 : hear(fd);
}
