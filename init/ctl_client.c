/* SPDX-License-Identifier: MIT
 *
 * The connection to PID 1: one request, its reply packets, the descriptors that come with them. It prints nothing.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_port.h"

static int patience_ms = -1;
static uint32_t vsock_cid; /* 0: the socket of this machine */

void
ctl_vsock_use(uint32_t cid)
{
	vsock_cid = cid;
}

bool
ctl_is_far(void)
{
	return vsock_cid || ctl_port_used();
}

static int
connect_vsock(int *out, struct err *e)
{
	struct sockaddr_vm from = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = CTL_VSOCK_TRUSTED };
	struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = vsock_cid, .svm_port = CTL_VSOCK_PORT };
	AUTO_FD fd = socket(AF_VSOCK, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return err_set(e, errno, "AF_VSOCK");
	do {
		from.svm_port--;
		ret = bind(fd, (struct sockaddr *)&from, sizeof from);
	} while (ret < 0 && errno == EADDRINUSE && from.svm_port > CTL_VSOCK_TRUSTED / 2);
	if (ret < 0)
		return err_set(e, errno, "a port below %u, without which PID 1 does not answer", CTL_VSOCK_TRUSTED);
	if (connect(fd, (struct sockaddr *)&to, sizeof to))
		return err_set(e, errno, "nothing answers at the machine with context id %u", vsock_cid);
	*out = take_fd(&fd);
	return 0;
}

static int
connect_init(int *out, struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = CTL_SOCKET };

	if (vsock_cid)
		return connect_vsock(out, e);
	AUTO_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, errno, "making a socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr)) {
		if (errno == ENOENT || errno == ECONNREFUSED)
			return err_set(e, 0, "nothing answers at %s: is this a machine that ingot-init runs?", CTL_SOCKET);
		if (errno == EACCES || errno == EPERM)
			return err_set(e, 0, "%s: only root may ask", CTL_SOCKET);
		return err_set(e, errno, "%s", CTL_SOCKET);
	}
	*out = take_fd(&fd);
	return 0;
}

static void
take_rights(struct msghdr *msg, struct ctl_packet *p)
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) && n < CTL_FDS_MAX; i++)
			memcpy(&p->fds[n++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
}

static void
close_rights(struct ctl_packet *p)
{
	for (size_t i = 0; i < CTL_FDS_MAX; i++) {
		fd_cleanup(&p->fds[i]);
		p->fds[i] = -1;
	}
}

/* One packet, with the descriptors that came along; *size is its size. */
static int
read_packet(int fd, struct ctl_packet *p, size_t *size, struct err *e)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(CTL_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov[2] = { { &p->reply, sizeof p->reply }, { p->u.data, CTL_DATA_MAX } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = &control,
			      .msg_controllen = sizeof control };
	int reset = 0;
	ssize_t n;

	/* A refusal may have crossed our request: the kernel then tells of the closed end first, and keeps the packet. */
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	if (patience_ms >= 0 && poll(&ready, 1, patience_ms) == 0)
		return err_set(e, ETIMEDOUT, "PID 1's answer");
	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !reset++)));
	if (n < 0)
		return err_set(e, errno, "reading PID 1's answer");
	if (n == 0)
		return err_set(e, 0, "PID 1 ended the conversation");
	take_rights(&msg, p);
	/* what does not fit is of another version: no size at all */
	*size = msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? 0 : (size_t)n;
	return 0;
}

static int
receive(int fd, struct ctl_packet *p, struct err *e)
{
	size_t n;

	for (size_t i = 0; i < CTL_FDS_MAX; i++)
		p->fds[i] = -1;
	if (ctl_port_used() ? ctl_port_receive(p, patience_ms, &n, e) : read_packet(fd, p, &n, e))
		return -1;
	if (n < sizeof p->reply || p->reply.version != CTL_VERSION ||
	    p->reply.size != n - sizeof p->reply ||
	    (p->reply.kind == CTL_R_SVC && p->reply.size != sizeof p->u.svc) ||
	    (p->reply.kind == CTL_R_STATE && p->reply.size != sizeof p->u.state) ||
	    (p->reply.kind == CTL_R_EVENT && p->reply.size != sizeof p->u.event) ||
	    (p->reply.kind == CTL_R_RUN && p->reply.size != sizeof p->u.run)) {
		close_rights(p);
		return err_set(e, 0, "PID 1 speaks another version of the protocol: take the ingotctl of this image");
	}
	p->u.data[p->reply.size] = '\0';
	return 0;
}

void
ctl_patience(int ms)
{
	patience_ms = ms;
}

/* What the last packet says. */
static int
verdict(const struct ctl_packet *p, const char *name, struct err *e)
{
	if (p->reply.code == 0)
		return 0;
	if (p->reply.code == ENOENT && *name)
		err_set(e, 0, "no such service (ingotctl status lists them)");
	else if (p->reply.size > 0)
		err_set(e, 0, "%s", p->u.data);
	else
		err_set(e, 0, "%s", err_text(p->reply.code));
	e->code = p->reply.code;
	return *name ? err_wrap(e, "service %s", name) : -1;
}

static int
ask(const struct ctl_request *q, int given, int *fd, struct err *e)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	struct iovec iov = { (void *)q, sizeof *q };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (connect_init(fd, e))
		return -1;
	if (given >= 0) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&c.h), &given, sizeof given);
	}
	/* EPIPE: refused before it was asked; the packet that says why can be read all the same */
	if (sendmsg(*fd, &m, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return err_set(e, errno, "asking PID 1");
	return 0;
}

int
ctl_call_since(enum ctl_verb verb, uint32_t flags, const char *name, uint64_t since,
	       int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx, struct err *e)
{
	struct ctl_request request = { .version = CTL_VERSION, .verb = verb, .flags = flags, .since = since };

	if (strlen(name) > TBL_NAME_MAX)
		return err_set(e, 0, "service %s: no such service (ingotctl status lists them)", name);
	strcpy(request.name, name);
	return ctl_ask(&request, each, ctx, e);
}

int
ctl_ask_giving(const struct ctl_request *request, int given,
	       int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx, struct err *e)
{
	static struct ctl_packet p;
	AUTO_FD fd = -1;

	if (ctl_port_used() ? ctl_port_ask(request, e) : ask(request, given, &fd, e))
		return -1;
	for (;;) {
		if (receive(fd, &p, e))
			return -1;
		if (p.reply.kind == CTL_R_END) {
			close_rights(&p);
			return verdict(&p, request->name, e);
		}
		int ret = each ? each(ctx, &p, e) : 0;
		close_rights(&p);
		if (ret)
			return -1;
	}
}

int
ctl_ask(const struct ctl_request *request, int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx,
	struct err *e)
{
	return ctl_ask_giving(request, -1, each, ctx, e);
}

int
ctl_call(enum ctl_verb verb, uint32_t flags, const char *name,
	 int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx, struct err *e)
{
	return ctl_call_since(verb, flags, name, 0, each, ctx, e);
}

static struct ctl_svc services[TBL_SVC_MAX];
static size_t n_services;
static struct ctl_state state;
static bool state_told;

static int
collect(void *ctx, struct ctl_packet *p, struct err *e)
{
	(void)ctx, (void)e;
	if (p->reply.kind == CTL_R_STATE) {
		state = p->u.state;
		state.text[CTL_STATE_TEXT - 1] = '\0';
		state_told = true;
	}
	if (p->reply.kind != CTL_R_SVC || n_services == TBL_SVC_MAX)
		return 0;
	services[n_services] = p->u.svc;
	services[n_services].said[CTL_SAID_SIZE - 1] = '\0';
	services[n_services++].name[TBL_NAME_MAX] = '\0';
	return 0;
}

bool
ctl_is_instance(const char *instance, const char *name)
{
	size_t n = strlen(name);

	return strncmp(instance, name, n) == 0 && instance[n] == '@';
}

/* PID 1 knows instances alone: the name of a service with replicas is that of all of them. */
static int
ask_instances(const char *name, struct err *e)
{
	struct err none = *e;
	size_t kept = 0;

	if (ctl_call(CTL_STATUS, 0, "", collect, NULL, e))
		return -1;
	state_told = false;
	for (size_t i = 0; i < n_services; i++)
		if (ctl_is_instance(services[i].name, name))
			services[kept++] = services[i];
	n_services = kept;
	*e = none;
	return kept ? 0 : -1;
}

int
ctl_services(const char *name, const struct ctl_svc **out, size_t *n, struct err *e)
{
	n_services = 0;
	state_told = false;
	if (ctl_call(CTL_STATUS, 0, name, collect, NULL, e) && (!*name || e->code != ENOENT || ask_instances(name, e)))
		return -1;
	*out = services;
	*n = n_services;
	return 0;
}

int
ctl_each(const char *name, int (*act)(void *ctx, const char *name, struct err *e), void *ctx, struct err *e)
{
	const struct ctl_svc *v;
	struct err first = { .msg = "" };
	size_t n;
	int ret = act(ctx, name, e);

	if (ret == 0 || !*name || e->code != ENOENT)
		return ret;
	if (ctl_services(name, &v, &n, e))
		return -1;
	ret = 0;
	for (size_t i = 0; i < n; i++) {
		if (act(ctx, v[i].name, e) == 0)
			continue;
		if (ret == 0)
			first = *e;
		ret = -1;
	}
	*e = first;
	return ret;
}

const struct ctl_state *
ctl_state(void)
{
	return state_told ? &state : NULL;
}
