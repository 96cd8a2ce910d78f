/* SPDX-License-Identifier: MIT
 *
 * Receives descriptors, one at a time, and keeps none.
 */
#include "pass.h"

#include <string.h>
#include <sys/socket.h>

/* Room for one descriptor. */
union room {
	struct cmsghdr h;
	char space[CMSG_SPACE(sizeof(int))];
};

ssize_t
pass_receive(int from, void *buf, size_t size, int *fd)
{
	struct iovec iov = { buf, size };
	union room c = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n = recvmsg(from, &m, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	*fd = -1;
	if (n >= 0 && m.msg_controllen >= CMSG_LEN(sizeof(int)) && c.h.cmsg_level == SOL_SOCKET &&
	    c.h.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&c.h), sizeof *fd);
	return n;
}
