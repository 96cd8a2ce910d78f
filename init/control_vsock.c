/* SPDX-License-Identifier: MIT
 *
 * Listening, and who is listened to. A neighbour, another VM of the same host, is not.
 */
#include "control_vsock.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#include "cleanup.h"
#include "ctl_proto.h"
#include "loop.h"

#define BACKLOG 16

static bool
peer(int fd, struct sockaddr_vm *a)
{
	socklen_t n = sizeof *a;

	return getpeername(fd, (struct sockaddr *)a, &n) == 0 && a->svm_family == AF_VSOCK;
}

void
vsock_init(struct init *in)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = CTL_VSOCK_PORT };

	if (loop_fd(in, WATCH_VSOCK) >= 0)
		return;
	AUTO_FD fd = socket(AF_VSOCK, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, BACKLOG) == 0 &&
	    loop_add(in, WATCH_VSOCK, fd, EPOLLIN) == 0)
		take_fd(&fd);
}

bool
vsock_is(int fd)
{
	struct sockaddr_vm a;

	return peer(fd, &a);
}

bool
vsock_trusts(int fd)
{
	struct sockaddr_vm a;

	return peer(fd, &a) && a.svm_port < CTL_VSOCK_TRUSTED &&
	       (a.svm_cid == VMADDR_CID_HOST || a.svm_cid == VMADDR_CID_LOCAL);
}
