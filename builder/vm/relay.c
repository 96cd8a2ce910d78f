/* SPDX-License-Identifier: MIT
 *
 * Bytes go to the guest as they come, as PID 1 knows where a request begins; what comes from it goes on in whole
 * frames, so that no client begins in the middle of one that was another's.
 */
#include "relay.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"

#define PATIENCE_MS 5000 /* with a request that does not end */
/* The numbers of our own requests. */
#define SESSION_HELLO 0xffff0001u
#define SESSION_END   0xffff0002u

int
relay_open(struct relay *r, int listener, int *qemu_end, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
		return err_set(e, errno, "cannot make a socket for the control port");
	*r = (struct relay){ .listener = listener, .guest = pair[0], .client = -1, .hello_due = true };
	*qemu_end = pair[1];
	return 0;
}

static void
close_fd(int *fd)
{
	fd_cleanup(fd);
	*fd = -1;
}

/* ---- to the guest ---- */

static void
put_request(struct relay *r, uint32_t session, enum ctl_verb verb)
{
	struct ctl_hail h = { .session = session, .request = { .version = CTL_VERSION, .verb = verb } };

	memcpy(h.magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE);
	h.crc = ctl_hail_crc(&h);
	memcpy(r->out, &h, sizeof h);
	r->out_have = sizeof h;
	r->out_sent = 0;
}

static void
send_out(struct relay *r)
{
	while (r->guest >= 0) {
		if (r->out_sent == r->out_have && r->hello_due) {
			put_request(r, SESSION_HELLO, CTL_IDLE);
			r->hello_due = false;
		} else if (r->out_sent == r->out_have && r->end_due) {
			put_request(r, SESSION_END, CTL_POWEROFF);
			r->end_due = false;
		}
		if (r->out_sent == r->out_have)
			return;
		ssize_t n = send(r->guest, r->out + r->out_sent, r->out_have - r->out_sent, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		r->out_sent += (size_t)n;
	}
}

/* ---- clients ---- */

/* What it asked is over: PID 1 shall not go on telling it. */
static void
end_client(struct relay *r)
{
	if (r->client < 0)
		return;
	close_fd(&r->client);
	r->hello_due |= r->asked;
	r->asked = r->follows = false;
	r->in_sent = 0; /* of a frame that was its: nobody gets it */
}

static void
drop_waiter(struct relay *r, size_t i)
{
	memmove(&r->waiting[i], &r->waiting[i + 1], (--r->n_waiting - i) * sizeof r->waiting[0]);
}

static void
next_client(struct relay *r)
{
	if (r->client >= 0 || r->n_waiting == 0)
		return;
	r->client = r->waiting[0].fd;
	drop_waiter(r, 0);
}

static void
accept_client(struct relay *r, uint64_t now)
{
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		r->waiting[r->n_waiting++] = (struct relay_waiter){ .fd = fd, .since_ms = now };
}

/* The answer of a busy port, in PID 1's stead. */
static void
refuse(int fd)
{
	static const char text[] = "another `ingot ctl` is at the machine's port, which serves one at a time: end that first";
	struct ctl_hail h;
	struct packet {
		struct ctl_frame frame;
		struct ctl_reply reply;
		char text[sizeof text - 1];
	} p = {
		.reply = { .version = CTL_VERSION, .kind = CTL_R_END, .code = EBUSY, .size = sizeof p.text },
	};

	static_assert(sizeof p == sizeof p.frame + sizeof p.reply + sizeof p.text, "no padding");
	if (recv(fd, &h, sizeof h, 0) != (ssize_t)sizeof h || memcmp(h.magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE) != 0)
		return;
	p.frame.session = h.session;
	p.frame.size = sizeof p.reply + sizeof p.text;
	memcpy(p.frame.magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE);
	memcpy(p.text, text, sizeof p.text);
	send(fd, &p, sizeof p, MSG_NOSIGNAL);
}

static bool
tired(const struct relay *r, const struct relay_waiter *w, uint64_t now)
{
	return r->client >= 0 && w->heard && (r->follows || now - w->since_ms >= PATIENCE_MS);
}

static void
refuse_tired(struct relay *r, uint64_t now)
{
	for (size_t i = 0; i < r->n_waiting;) {
		if (!tired(r, &r->waiting[i], now)) {
			i++;
			continue;
		}
		refuse(r->waiting[i].fd);
		close(r->waiting[i].fd);
		drop_waiter(r, i);
	}
}

/* Only while out is empty: what it asks goes whole before anything of our own. */
static void
read_client(struct relay *r)
{
	const struct ctl_hail *h = (const struct ctl_hail *)r->out;
	ssize_t n = recv(r->client, r->out, sizeof r->out, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_client(r);
		return;
	}
	r->out_have = (size_t)n;
	r->out_sent = 0;
	r->asked = true;
	if ((size_t)n >= sizeof *h && memcmp(h->magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE) == 0)
		r->follows = (h->request.flags & CTL_F_FOLLOW) && h->request.verb != CTL_RUN;
}

/* ---- from the guest ---- */

/* The frame in r->in, which is whole. */
static void
hear(struct relay *r)
{
	struct ctl_frame f;
	struct ctl_reply reply = { .kind = CTL_R_DATA };

	memcpy(&f, r->in, sizeof f);
	if (f.size >= sizeof reply)
		memcpy(&reply, r->in + sizeof f, sizeof reply);
	if (f.session == CTL_SESSION_NONE && reply.kind == CTL_R_DOWN && reply.size == sizeof r->down) {
		memcpy(&r->down, r->in + sizeof f + sizeof reply, sizeof r->down);
		r->down.why[CTL_DOWN_WHY - 1] = '\0';
		r->status = reply.code & 255;
		if (r->down.kind == CTL_DOWN_REBOOT) {
			r->answers = false;
			r->hello_due = true;
		}
		return;
	}
	r->answers = true;
	r->down.kind = CTL_DOWN_NOT;
	if (f.session == SESSION_END && reply.kind == CTL_R_END && reply.code == 0)
		r->ended = true;
}

/* Whether r->in holds a whole frame. */
static bool
whole(const struct relay *r)
{
	const struct ctl_frame *f = (const struct ctl_frame *)r->in;

	return r->in_have >= sizeof *f && r->in_have == sizeof *f + f->size;
}

/* What cannot begin a frame is passed over. */
static void
find(struct relay *r)
{
	const struct ctl_frame *f = (const struct ctl_frame *)r->in;

	while (r->in_have >= sizeof *f &&
	       (memcmp(f->magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE) != 0 || f->size > RELAY_FRAME - sizeof *f))
		memmove(r->in, r->in + 1, --r->in_have);
}

/* False where there is nothing more for now, or the client does not take it. */
static bool
pass_on(struct relay *r)
{
	const struct ctl_frame *f = (const struct ctl_frame *)r->in;

	if (!whole(r)) {
		size_t want = r->in_have < sizeof *f ? sizeof *f : sizeof *f + f->size;
		ssize_t n = recv(r->guest, r->in + r->in_have, want - r->in_have, 0);
		if (n == 0)
			close_fd(&r->guest);
		if (n <= 0)
			return false;
		r->in_have += (size_t)n;
		find(r);
		if (!whole(r))
			return true;
		hear(r);
	}
	if (r->client >= 0 && f->session != CTL_SESSION_NONE && f->session != SESSION_HELLO && f->session != SESSION_END) {
		ssize_t n = send(r->client, r->in + r->in_sent, r->in_have - r->in_sent, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n < 0) {
			end_client(r);
			return true;
		}
		r->in_sent += (size_t)n;
		if (r->in_sent < r->in_have)
			return false;
	}
	r->in_have = r->in_sent = 0;
	return true;
}

/* ---- the loop's side ---- */

enum { GUEST, LISTENER, CLIENT, WAITERS };

void
relay_prepare(const struct relay *r, struct pollfd *fds)
{
	bool out = r->out_sent < r->out_have, blocked = whole(r);

	fds[GUEST] = (struct pollfd){ .fd = blocked && !out ? -1 : r->guest,
				      .events = (short)((blocked ? 0 : POLLIN) | (out ? POLLOUT : 0)) };
	fds[LISTENER] = (struct pollfd){ .fd = r->n_waiting < RELAY_WAITING ? r->listener : -1, .events = POLLIN };
	fds[CLIENT] = (struct pollfd){ .fd = out && !blocked ? -1 : r->client,
				       .events = (short)((out ? 0 : POLLIN) | (blocked ? POLLOUT : 0)) };
	for (size_t i = 0; i < RELAY_WAITING; i++)
		fds[WAITERS + i] = (struct pollfd){
			.fd = i < r->n_waiting && !r->waiting[i].heard ? r->waiting[i].fd : -1, .events = POLLIN };
}

uint64_t
relay_due_ms(const struct relay *r)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < r->n_waiting; i++)
		if (r->waiting[i].heard && r->waiting[i].since_ms + PATIENCE_MS < due)
			due = r->waiting[i].since_ms + PATIENCE_MS;
	return due;
}

void
relay_step(struct relay *r, const struct pollfd *fds, uint64_t now_ms)
{
	for (size_t i = 0; i < r->n_waiting; i++)
		r->waiting[i].heard |= fds[WAITERS + i].fd >= 0 && fds[WAITERS + i].revents;
	if (fds[LISTENER].fd >= 0 && fds[LISTENER].revents)
		accept_client(r, now_ms);
	while (r->guest >= 0 && pass_on(r))
		;
	send_out(r);
	if (r->client >= 0 && fds[CLIENT].fd >= 0 && fds[CLIENT].revents && r->out_sent == r->out_have)
		read_client(r);
	next_client(r);
	refuse_tired(r, now_ms);
	send_out(r);
}

void
relay_ask_end(struct relay *r)
{
	end_client(r);
	r->hello_due = false;
	r->end_due = true;
	send_out(r);
}

void
relay_finish(struct relay *r)
{
	end_client(r);
	while (r->guest >= 0 && pass_on(r))
		;
}

void
relay_release(struct relay *r)
{
	end_client(r);
	for (size_t i = 0; i < r->n_waiting; i++)
		close(r->waiting[i].fd);
	r->n_waiting = 0;
	close_fd(&r->guest);
}
