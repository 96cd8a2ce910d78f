/* SPDX-License-Identifier: MIT
 *
 * Requests and frames on a stream. What is left of a session before ours is passed over: a frame is taken when it
 * carries our number.
 */
#include "ctl_port.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 15000 /* for the first frame: a machine that is booting listens a few seconds later */
#define PACKET_MAX (sizeof(struct ctl_reply) + CTL_DATA_MAX)

static int port = -1;
static uint32_t session;
static char bytes[4096]; /* read and not taken yet */
static size_t have, taken;
static struct ctl_frame held; /* the first frame, where it was not an empty one: that did not get through */

bool
ctl_port_used(void)
{
	return port >= 0;
}

void
ctl_port_use(int fd)
{
	port = fd;
}

/* ms -1: as long as it takes. */
static int
fill(int ms, struct err *e)
{
	struct pollfd p = { .fd = port, .events = POLLIN };
	int ready;

	do
		ready = poll(&p, 1, ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0) {
		err_set(e, 0, "the machine does not answer: it is still booting, or its kernel lacks the module virtio_console");
		e->code = ETIMEDOUT;
		return -1;
	}
	ssize_t n = read(port, bytes, sizeof bytes);
	if (n <= 0)
		return n < 0 ? err_set(e, errno, "reading the machine's answer") :
			       err_set(e, 0, "the machine has ended before it answered");
	have = (size_t)n;
	taken = 0;
	return 0;
}

/* size bytes to `to`, or nowhere. */
static int
take(void *to, size_t size, int ms, struct err *e)
{
	for (size_t done = 0; done < size;) {
		if (taken == have && fill(ms, e))
			return -1;
		size_t n = size - done < have - taken ? size - done : have - taken;
		if (to)
			memcpy((char *)to + done, bytes + taken, n);
		taken += n;
		done += n;
	}
	return 0;
}

/* The next frame of our session. */
static int
next_frame(struct ctl_frame *f, int ms, struct err *e)
{
	uint8_t *window = (uint8_t *)f;

	for (;;) {
		if (take(window, sizeof *f, ms, e))
			return -1;
		while (memcmp(f->magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE) != 0 || f->size > PACKET_MAX) {
			memmove(window, window + 1, sizeof *f - 1);
			if (take(window + sizeof *f - 1, 1, ms, e))
				return -1;
		}
		if (f->session == session)
			return 0;
		if (take(NULL, f->size, ms, e))
			return -1;
	}
}

static void
new_session(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	session = (uint32_t)t.tv_nsec * 2654435761u + (uint32_t)t.tv_sec + (uint32_t)getpid() * 40503u;
}

int
ctl_port_ask(const struct ctl_request *q, struct err *e)
{
	struct ctl_hail h = { .request = *q };
	struct ctl_frame f;

	new_session();
	h.session = session;
	memcpy(h.magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE);
	h.crc = ctl_hail_crc(&h);
	if (send(port, &h, sizeof h, MSG_NOSIGNAL) != (ssize_t)sizeof h)
		return err_set(e, errno, "asking the machine");
	if (next_frame(&f, ANSWER_MS, e))
		return -1;
	held = f;
	return 0;
}

int
ctl_port_receive(struct ctl_packet *p, int ms, size_t *size, struct err *e)
{
	struct ctl_frame f = held;

	held.size = 0;
	while (f.size == 0)
		if (next_frame(&f, ms, e))
			return -1;
	if (f.size < sizeof p->reply)
		return err_set(e, 0, "the machine's answer is no packet");
	*size = f.size;
	if (take(&p->reply, sizeof p->reply, -1, e) || take(p->u.data, f.size - sizeof p->reply, -1, e))
		return -1;
	return 0;
}
