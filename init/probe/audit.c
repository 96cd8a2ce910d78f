/* SPDX-License-Identifier: MIT
 *
 * The machine's side where a service's filter is only watched: what the kernel's log tells of it, each call once, and
 * of what family the sockets are that such a call made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define KMSG      "/dev/kmsg"
#define RECORD    "audit: type=1326 " /* of seccomp */
#define RECORD_MAX 8192
#define FAMILIES  64
#define PROTOCOLS 32
#define MAKERS    64
#define LOOKS     20
#define LOOK_MS   50
#define IDLE_MS   500 /* the request to end may come just before the wait */

static bool told_call[SYSCALLS];
static bool told_family[FAMILIES][PROTOCOLS];

/* The number behind " key="; -1 where there is none. */
static long
field(const char *record, const char *key)
{
	const char *at = strstr(record, key);

	return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

static void
tell_family(int fd)
{
	int family = -1, protocol = 0;
	socklen_t n = sizeof family;
	char text[64];

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) || family < 0 || family >= FAMILIES)
		return;
	n = sizeof protocol;
	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n);
	if (family != AF_NETLINK || protocol < 0 || protocol >= PROTOCOLS)
		protocol = 0;
	if (told_family[family][protocol])
		return;
	told_family[family][protocol] = true;
	snprintf(text, sizeof text, PROBE_FAMILY "\t%d\t%d", family, protocol);
	keeper_say(text);
}

/* Those that are being made: the record comes before the call. Each is looked at LOOKS times. */
static struct maker {
	long pid;
	unsigned looks;
} makers[MAKERS];

/* The log names no arguments; the socket itself tells, as long as it is open. */
static void
look_at_sockets(long pid)
{
	char path[64];
	int process = (int)syscall(SYS_pidfd_open, pid, 0);

	snprintf(path, sizeof path, "/proc/%ld/fd", pid);
	DIR *d = process >= 0 ? opendir(path) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) {
		int fd = e->d_name[0] == '.' ? -1 : (int)syscall(SYS_pidfd_getfd, process, atoi(e->d_name), 0);
		if (fd >= 0) {
			tell_family(fd);
			close(fd);
		}
	}
	if (d)
		closedir(d);
	if (process >= 0)
		close(process);
}

static void
remember(long pid)
{
	struct maker *free = &makers[0];

	for (size_t i = 0; i < MAKERS; i++) {
		if (makers[i].pid == pid)
			free = &makers[i];
		else if (!makers[i].looks && free->looks && free->pid != pid)
			free = &makers[i];
	}
	*free = (struct maker){ pid, LOOKS };
}

/* Returns whether there is more to look at. */
static bool
look(void)
{
	bool more = false;

	for (size_t i = 0; i < MAKERS; i++)
		if (makers[i].looks) {
			look_at_sockets(makers[i].pid);
			more |= --makers[i].looks > 0;
		}
	return more;
}

static void
take(const char *record, long uid)
{
	char text[32];
	const char *at = strchr(record, ';');
	long call, pid;

	/* what comes from a process has another facility than the kernel's */
	if (!at || strtoul(record, NULL, 10) >> 3 || strncmp(at + 1, RECORD, sizeof RECORD - 1) != 0)
		return;
	call = field(at, " syscall=");
	pid = field(at, " pid=");
	if (field(at, " uid=") != uid || call < 0 || call >= SYSCALLS)
		return;
	if ((call == SYS_socket || call == SYS_socketpair) && pid > 0)
		remember(pid);
	if (told_call[call])
		return;
	told_call[call] = true;
	snprintf(text, sizeof text, PROBE_CALL "\t%ld", call);
	keeper_say(text);
}

/* argv: the program, "audit", the service's uid. */
int
audit(int argc, char **argv)
{
	static char record[RECORD_MAX];
	int fd = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool more = false;

	if (argc < 3 || fd < 0 || !keeper_opens())
		return 2;
	while (!keeper_is_asked_to_end()) {
		ssize_t n = read(fd, record, sizeof record - 1);
		if (n > 0) {
			record[n] = '\0';
			take(record, strtol(argv[2], NULL, 10));
			continue;
		}
		if (n < 0 && errno != EPIPE && errno != EINTR && errno != EAGAIN) /* EPIPE: some were overwritten */
			return 1;
		more = look();
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, more ? LOOK_MS : IDLE_MS);
	}
	keeper_ends();
	return 0;
}
