/* SPDX-License-Identifier: MIT
 *
 * Finds the port by its name, reads requests from it, writes packets with frames around them. The kernel takes a write
 * as a whole or not at all, so that a frame is never cut; and it tells of a host that is not connected as long as that
 * lasts, so that the port is watched for changes alone (EPOLLET).
 */
#include "control_port.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "control_pump.h"
#include "control_serve.h"
#include "fmt.h"
#include "folder.h"

#define CLASS "/sys/class/virtio-ports"
#define PORT_MAX 24 /* vport0p1 */
#define LOOK_FIRST_MS 10
#define LOOK_LAST_MS 5000
#define READS_MAX 64 /* in one wake-up */

static bool
named_ours(const char *port)
{
	char path[sizeof CLASS + PORT_MAX + sizeof "//name"], name[64];

	fmt(path, sizeof path, CLASS "/%s/name", port);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
	if (n <= 0)
		return false;
	name[n] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return strcmp(name, CTL_PORT_NAME) == 0;
}

static void
look_at(void *ours, const char *port)
{
	if (strlen(port) < PORT_MAX && named_ours(port))
		fmt(ours, PORT_MAX, "%s", port);
}

static int
open_port(void)
{
	char ours[PORT_MAX] = "", path[sizeof "/dev/" + PORT_MAX];

	folder_each(CLASS, look_at, ours);
	if (!*ours) {
		errno = ENOENT;
		return -1;
	}
	fmt(path, sizeof path, "/dev/%s", ours);
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

/* The driver has made the port when its module is in, but learns the name from the host a little later. */
static void
look(struct init *in)
{
	struct port *p = &in->s->port;
	int fd = open_port();

	p->look_ms = SVC_NEVER;
	if (fd >= 0) {
		if (loop_add(in, control_slot(CLIENT_PORT), fd, EPOLLIN | EPOLLET) < 0)
			warn("control port: %s", err_text(errno));
	} else if (errno != ENOENT) {
		warn("control port: %s", err_text(errno));
	} else if (p->wait_ms <= LOOK_LAST_MS) {
		p->look_ms = in->s->now_ms + p->wait_ms;
		p->wait_ms *= 2;
	}
}

void
port_init(struct init *in)
{
	struct port *p = &in->s->port;

	if (loop_fd(in, control_slot(CLIENT_PORT)) >= 0)
		return;
	in->s->client[CLIENT_PORT] = (struct client){ .due_ms = SVC_NEVER, .unread_ms = SVC_NEVER };
	p->look_ms = SVC_NEVER;
	p->wait_ms = LOOK_FIRST_MS;
	if (access(CLASS, F_OK) == 0)
		look(in);
}

void
port_timers(struct init *in)
{
	if (in->s->port.look_ms <= in->s->now_ms)
		look(in);
}

/* ---- out ---- */

static enum sent
write_frame(struct init *in, const void *packet, size_t size)
{
	struct ctl_frame f = { .session = in->s->port.session, .size = (uint32_t)size };
	uint8_t buf[sizeof f + sizeof(struct ctl_reply) + CTL_DATA_MAX];

	memcpy(f.magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE);
	memcpy(buf, &f, sizeof f);
	if (size)
		memcpy(buf + sizeof f, packet, size);
	ssize_t n = write(loop_fd(in, control_slot(CLIENT_PORT)), buf, sizeof f + size);
	if (n == (ssize_t)(sizeof f + size))
		return SENT;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? SENT_LATER : SENT_GONE;
}

enum sent
port_send(struct init *in, uint32_t kind, int code, const void *data, size_t size)
{
	struct ctl_reply r = { .version = CTL_VERSION, .kind = kind, .code = code, .size = (uint32_t)size };
	uint8_t packet[sizeof r + CTL_DATA_MAX];

	if (size > CTL_DATA_MAX)
		return SENT_GONE;
	memcpy(packet, &r, sizeof r);
	if (size)
		memcpy(packet + sizeof r, data, size);
	return write_frame(in, packet, sizeof r + size);
}

void
port_idle(struct init *in)
{
	in->s->client[CLIENT_PORT] = (struct client){ .due_ms = SVC_NEVER, .unread_ms = SVC_NEVER };
	loop_want(in, control_slot(CLIENT_PORT), EPOLLIN | EPOLLET);
}

void
port_finish(struct init *in, int code, const char *text)
{
	struct port *p = &in->s->port;
	struct client *cl = &in->s->client[CLIENT_PORT];

	if (port_send(in, CTL_R_END, code, text, strlen(text)) != SENT_LATER) {
		port_idle(in);
		return;
	}
	if (text != p->end_text)
		fmt(p->end_text, sizeof p->end_text, "%s", text);
	p->end_code = code;
	cl->phase = CLIENT_END;
	loop_want(in, control_slot(CLIENT_PORT), EPOLLIN | EPOLLOUT | EPOLLET);
}

static_assert((int)DOWN_POWEROFF == CTL_DOWN_POWEROFF && (int)DOWN_HALT == CTL_DOWN_HALT, "one is told as the other");

bool
port_down(struct init *in)
{
	struct ctl_down d = { .kind = in->s->down };

	fmt(d.why, sizeof d.why, "%s", in->s->down_why);
	in->s->port.session = CTL_SESSION_NONE;
	return port_send(in, CTL_R_DOWN, in->s->down_status, &d, sizeof d) != SENT_LATER;
}

/* ---- in ---- */

/* What was asked before is over: who asked it is gone. */
static void
begin(struct init *in, const struct ctl_hail *h)
{
	port_idle(in);
	in->s->port.session = h->session;
	if (write_frame(in, NULL, 0) == SENT_GONE)
		return;
	control_serve(in, CLIENT_PORT, &h->request);
}

/* False where there is nothing more for now. */
static bool
read_some(struct init *in)
{
	struct hail *hail = &in->s->port.hail;
	uint32_t slot = control_slot(CLIENT_PORT);
	struct ctl_hail h;
	size_t room;
	uint8_t *to = hail_room(hail, &room);
	ssize_t n = read(loop_fd(in, slot), to, room);

	if (n <= 0) {
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			warn("control port: %s", err_text(errno));
			loop_drop(in, slot);
		}
		return false;
	}
	if (hail_put(hail, (size_t)n, &h))
		begin(in, &h);
	return true;
}

void
port_event(struct init *in, uint32_t events)
{
	struct client *cl = &in->s->client[CLIENT_PORT];
	uint32_t slot = control_slot(CLIENT_PORT);
	int reads = 0;

	while (reads < READS_MAX && read_some(in))
		reads++;
	if (reads == READS_MAX) /* a change that was told is not told again */
		loop_again(in, slot);
	if (loop_fd(in, slot) < 0 || !(events & EPOLLOUT))
		return;
	cl->unread_ms = SVC_NEVER;
	if (cl->phase == CLIENT_END)
		port_finish(in, in->s->port.end_code, in->s->port.end_text);
	else
		control_pump(in, CLIENT_PORT);
}
