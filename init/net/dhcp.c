/* SPDX-License-Identifier: MIT
 *
 * DHCP by busybox's udhcpc, one process for each link with carrier. It calls this program at each change, which hands
 * the lease to the keeper through a pipe; what is done with it is gap.c's and keep.c's business.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "sys.h"

#define SELF        "/proc/self/exe"
#define AGAIN_MS    1000
#define AGAIN_MAX   5 /* doublings */
#define PATH_ROOM   256

static char self[PATH_ROOM]; /* what udhcpc calls */

static int64_t
now_ms(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t); /* musl's brings a reader of the vDSO along */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
dhcp_open(struct dhcp *d, struct err *e)
{
	ssize_t n = readlink(SELF, self, sizeof self - 1);

	if (n < 0 || pipe2(d->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(e, errno, "preparing for DHCP");
	return 0;
}

/* ---- in the client ---- */

static void
become_client(const struct dhcp *d, const struct options *o, const char *name)
{
	const char *const argv[] = { o->busybox, "udhcpc", "-f", "-t", "3", "-T", "1", "-A", "2", "-i", name, "-s", self,
				     NULL };
	const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(d->pipe[1], LEASE_FD) < 0) /* without FD_CLOEXEC */
		_exit(127);
	execve(o->busybox, (char *const *)argv, (char *const *)env);
	note("%s: %s", o->busybox, err_text(errno));
	_exit(127);
}

int
dhcp_hand_over(const char *event, char *const *env)
{
	struct lease l;

	if (!lease_read(event, env, &l))
		return 0;
	l.client = getppid();
	/* whole, as it is shorter than PIPE_BUF */
	return write(LEASE_FD, &l, sizeof l) == (ssize_t)sizeof l ? 0 : 1;
}

/* ---- in the keeper ---- */

static struct client *
client_of(struct dhcp *d, int index)
{
	struct client *spare = NULL;

	for (size_t i = 0; i < SEEN_LINKS; i++) {
		if (d->clients[i].index == index)
			return &d->clients[i];
		if (!d->clients[i].index && !d->clients[i].pid && !spare)
			spare = &d->clients[i];
	}
	return spare;
}

static struct held *
held_of(struct dhcp *d, int index)
{
	return (struct held *)gap_held(&d->leases, index);
}

/* The link's address goes. */
static void
drop_lease(struct dhcp *d, int index)
{
	struct held *h = held_of(d, index);

	if (h && index)
		h->lease = (struct lease){ 0 };
}

/* What links that are gone have had, and what the link `lasting` has: its address lasts as long as it was given for. */
static void
forget_leases(struct dhcp *d, const struct seen *s, int lasting)
{
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (d->leases.held[i].index == lasting || !seen_link(s, d->leases.held[i].index))
			d->leases.held[i].index = 0;
}

static void
start(struct dhcp *d, const struct options *o, struct client *c, const struct seen_link *l)
{
	const struct clone_args as_fork = { .exit_signal = SIGCHLD };

	c->index = l->index;
	c->pid = sys_clone3(&as_fork);
	if (c->pid == 0)
		become_client(d, o, l->name);
	if (c->pid > 0)
		return;
	note("%s: starting a DHCP client: %s", l->name, err_text(errno));
	c->pid = 0;
	c->again_ms = now_ms() + AGAIN_MS;
}

static bool
is_wanted(const struct netf *f, const struct seen *s, int index)
{
	const struct seen_link *l = seen_link(s, index);
	int entry = l && seen_has_carrier(l) ? gap_entry(f, s, l) : -1;

	return entry >= 0 && f->links[entry].flags & NETF_DHCP;
}

int
dhcp_serve(struct dhcp *d, const struct options *o, const struct netf *f, const struct seen *s)
{
	int64_t now = now_ms(), next = -1;

	for (size_t i = 0; i < SEEN_LINKS; i++) {
		struct client *c = &d->clients[i];
		if (!c->index || is_wanted(f, s, c->index))
			continue;
		drop_lease(d, c->index);
		if (c->pid)
			kill(c->pid, SIGTERM);
		*c = (struct client){ .pid = c->pid }; /* its place is free once it has ended */
	}
	forget_leases(d, s, 0);
	for (size_t i = 0; i < SEEN_LINKS; i++) {
		const struct seen_link *l = &s->links[i];
		struct client *c = l->index && is_wanted(f, s, l->index) ? client_of(d, l->index) : NULL;
		if (!c || c->pid)
			continue;
		if (c->again_ms <= now)
			start(d, o, c, l);
		else if (next < 0 || c->again_ms - now < next)
			next = c->again_ms - now;
	}
	return (int)next;
}

static struct client *
client_by_pid(struct dhcp *d, int pid)
{
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (d->clients[i].pid == pid)
			return &d->clients[i];
	return NULL;
}

static void
take_lease(struct dhcp *d, struct client *c, const struct lease *l, const char *name)
{
	struct held *h = held_of(d, c->index);
	char addr[ADDR_TEXT];

	if (!l->addr.family) {
		if (h && h->lease.addr.family)
			note("%s: the lease has ended", name);
		drop_lease(d, c->index);
		return;
	}
	if (!h || memcmp(&h->lease.addr, &l->addr, sizeof l->addr) != 0) {
		addr_text_prefix(&l->addr, addr);
		note("%s: lease of %s", name, addr);
	}
	if (!h)
		h = held_of(d, 0);
	if (h)
		*h = (struct held){ .index = c->index, .renewed = true, .lease = *l };
	c->failures = 0;
}

void
dhcp_take(struct dhcp *d, const struct seen *s)
{
	struct lease l;

	while (read(d->pipe[0], &l, sizeof l) == (ssize_t)sizeof l) {
		struct client *c = l.client > 0 ? client_by_pid(d, l.client) : NULL;
		const struct seen_link *x = c && c->index ? seen_link(s, c->index) : NULL;
		if (x) /* not the last words of one that was ended */
			take_lease(d, c, &l, x->name);
	}
}

void
dhcp_reap(struct dhcp *d, const struct seen *s)
{
	int pid, status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct client *c = client_by_pid(d, pid);
		if (!c)
			continue;
		c->pid = 0;
		if (!c->index)
			continue;
		forget_leases(d, s, c->index);
		c->again_ms = now_ms() + (AGAIN_MS << (c->failures < AGAIN_MAX ? c->failures : AGAIN_MAX));
		c->failures++;
		note("the DHCP client %d ended by itself", pid);
	}
}

void
dhcp_renewed(struct dhcp *d, int index)
{
	struct held *h = held_of(d, index);

	if (h)
		h->renewed = false;
}
