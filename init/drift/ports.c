/* SPDX-License-Identifier: MIT
 *
 * The ports that a service's processes listen on against those that its file declares. A socket is a process's by its
 * number among the process's descriptors, and a port's by the tables of the namespace that the process is in; those
 * that PID 1 binds for it are in the machine's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "drift.h"
#include "drift_proc.h"
#include "fmt.h"
#include "svc.h"

#define SOCKETS_MAX 8192
#define PORTS_MAX   1024
#define TCP_LISTENS 0x0a /* states, as the kernel numbers them */
#define UDP_UNBOUND 0x07

static unsigned long sockets[SOCKETS_MAX];
static size_t n_sockets;
static struct tbl_port open_ports[PORTS_MAX];
static size_t n_open;

static void
take_sockets(uint32_t pid)
{
	char path[64], target[64];
	struct dirent *x;

	fmt(path, sizeof path, "/proc/%u/fd", pid);
	DIR *d = opendir(path);
	if (!d)
		return;
	while ((x = readdir(d)) != NULL && n_sockets < SOCKETS_MAX) {
		ssize_t n = readlinkat(dirfd(d), x->d_name, target, sizeof target - 1);
		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strncmp(target, "socket:[", 8) == 0)
			sockets[n_sockets++] = strtoul(target + 8, NULL, 10);
	}
	closedir(d);
}

static bool
is_own(unsigned long inode)
{
	for (size_t i = 0; i < n_sockets; i++)
		if (sockets[i] == inode)
			return true;
	return false;
}

static void
take_port(uint32_t protocol, unsigned port)
{
	for (size_t i = 0; i < n_open; i++)
		if (open_ports[i].protocol == protocol && open_ports[i].port == port)
			return;
	if (n_open < PORTS_MAX)
		open_ports[n_open++] = (struct tbl_port){ protocol, port };
}

/* "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...": a TCP socket that listens, a UDP
 * socket without a peer. */
static void
read_table(uint32_t pid, const char *name, uint32_t protocol, unsigned wanted)
{
	char path[64], line[512];
	unsigned port, state;
	unsigned long inode;

	fmt(path, sizeof path, "/proc/%u/net/%s", pid, name);
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, " %*[^:]: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %lu", &port, &state,
			   &inode) == 3 && state == wanted && is_own(inode))
			take_port(protocol, port);
	fclose(f);
}

static void
read_network(uint32_t pid)
{
	read_table(pid, "tcp", TBL_PORT_TCP, TCP_LISTENS);
	read_table(pid, "tcp6", TBL_PORT_TCP, TCP_LISTENS);
	read_table(pid, "udp", TBL_PORT_UDP, UDP_UNBOUND);
	read_table(pid, "udp6", TBL_PORT_UDP, UDP_UNBOUND);
}

static bool
has(const struct tbl_port *v, size_t n, const struct tbl_port *x)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].protocol == x->protocol && v[i].port == x->port)
			return true;
	return false;
}

static void
tell(const struct tbl_port *x, const char *service, bool expected)
{
	static const char *const protocols[] = { "tcp", "udp" };
	char where[32];

	fmt(where, sizeof where, "%s %u", protocols[x->protocol], x->port);
	finding("port", service, where, expected ? "listening" : "closed", expected ? "closed" : "listening");
}

static struct tbl_port
bound_by_pid1(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	const struct tbl_listen *l = tbl_listen(t, s, i);

	return (struct tbl_port){ l->protocol == IPPROTO_TCP ? TBL_PORT_TCP : TBL_PORT_UDP, l->port };
}

static bool
is_expected(const struct tbl *t, const struct tbl_svc *s, const struct tbl_port *x)
{
	bool found = has(tbl_ports(t, s), s->ports.count, x);

	for (uint32_t i = 0; i < s->listen.count && !found; i++) {
		struct tbl_port bound = bound_by_pid1(t, s, i);
		found = has(&bound, 1, x);
	}
	return found;
}

/* What its processes hold. A loopback that is down reaches nobody. */
static void
check_own(const struct tbl *t, const struct tbl_svc *s, const char *name)
{
	static uint32_t pids[PROC_PIDS_MAX];
	size_t n = proc_pids(name, pids);

	n_sockets = n_open = 0;
	for (size_t i = 0; i < n; i++)
		take_sockets(pids[i]);
	if (n && (!(s->flags & TBL_SVC_NETNS) || s->ports.count)) /* all of them are in one network */
		read_network(pids[0]);
	if (s->listen.count)
		read_network(1);
	for (uint32_t i = 0; i < s->ports.count; i++)
		if (!has(open_ports, n_open, &tbl_ports(t, s)[i]))
			tell(&tbl_ports(t, s)[i], name, true);
	for (size_t i = 0; i < n_open; i++)
		if (!is_expected(t, s, &open_ports[i]))
			tell(&open_ports[i], name, false);
}

/* They listen whether the service has kept them or not. */
static void
check_bound(const struct tbl *t, const struct tbl_svc *s, const char *name)
{
	n_sockets = n_open = 0;
	take_sockets(1);
	read_network(1);
	for (uint32_t i = 0; i < s->listen.count; i++) {
		struct tbl_port bound = bound_by_pid1(t, s, i);
		if (!has(open_ports, n_open, &bound))
			tell(&bound, name, true);
	}
}

void
drift_ports(const struct tbl *t, const struct tbl_svc *s, const struct ctl_svc *r)
{
	const char *name = tbl_str(t, s->name);

	if (r->state != SVC_UP || s->kind == TBL_JOB || s->flags & TBL_SVC_MACHINE)
		return;
	check_own(t, s, name);
	if (s->listen.count)
		check_bound(t, s, name);
}
