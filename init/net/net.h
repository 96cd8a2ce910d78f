/* SPDX-License-Identifier: MIT
 *
 * ingot-net: what its parts share. `run` keeps the links, `check` prints them; called by udhcpc it hands a lease over.
 */
#ifndef INGOT_NET_NET_H
#define INGOT_NET_NET_H

#include "ctl.h"
#include "gap.h"
#include "json.h"
#include "rtnl.h"

struct options {
	const char *file;    /* of the links */
	const char *resolv;  /* the file of name servers */
	const char *busybox; /* for its DHCP client */
	const char *socket;  /* where private networks are asked for */
	int ready_fd;        /* a newline there says that all is there; -1: nobody asks */
	bool json;
};

/* note.c: a line to standard error. Standard output is written as ingotctl does it (ctl_out.c). */
void note(const char *f, ...) __attribute__((format(printf, 1, 2)));

/* keep.c: keeps the links until a signal ends it. */
int keep(const struct options *o, const struct netf *f, struct err *e);

/* serve.c: makes the private networks of services until a signal ends it. */
int serve(const struct options *o, struct err *e);

/* check.c: prints the links; *right says whether all is as declared. */
int check(const struct options *o, const struct netf *f, bool *right, struct err *e);

/* dhcp.c: the clients, one for each link with carrier that is by DHCP. */
struct client {
	int index; /* of the link; 0: a free place */
	int pid;   /* 0: it does not run */
	int64_t again_ms;   /* without a pid: when it is started again */
	uint32_t failures;  /* in a row */
};
struct dhcp {
	int pipe[2]; /* leases come out of the first */
	struct client clients[SEEN_LINKS];
	struct leases leases;
};

int dhcp_open(struct dhcp *d, struct err *e);
/* Starts and ends clients as the links want it. Returns the milliseconds until one is due, -1: none is. */
int dhcp_serve(struct dhcp *d, const struct options *o, const struct netf *f, const struct seen *s);
/* Takes the leases that have come, and the ends of clients. */
void dhcp_take(struct dhcp *d, const struct seen *s);
void dhcp_reap(struct dhcp *d, const struct seen *s);
void dhcp_renewed(struct dhcp *d, int index);
/* In the program that udhcpc calls: hands the lease over. */
int dhcp_hand_over(const char *event, char *const *env);

/* resolv.c: writes the file where it says something else than before. */
struct resolv {
	char text[1024];
	bool written;
};
void resolv_text(const struct netf *f, const struct seen *s, const struct leases *l, char *out, size_t cap);
int resolv_write(struct resolv *r, const char *path, const char *text, struct err *e);

#endif
