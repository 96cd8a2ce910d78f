/* SPDX-License-Identifier: MIT
 *
 * What a service's system calls tell of what it needs: which they are, the files that they name, the sockets and where
 * they lead, and what was refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "trace.h"

#define NONE (-1)

/* Calls with a path: which argument it is, and which one is the folder's descriptor. */
static const struct named {
	unsigned nr;
	signed char path, folder;
	char use; /* r: by its flags, which argument `flags` is; w: it writes; s: it looks */
	signed char flags;
} named[] = {
	{ SYS_open, 0, NONE, 'r', 1 },       { SYS_openat, 1, 0, 'r', 2 },     { SYS_creat, 0, NONE, 'w', NONE },
	{ SYS_stat, 0, NONE, 's', NONE },    { SYS_lstat, 0, NONE, 's', NONE }, { SYS_newfstatat, 1, 0, 's', NONE },
	{ SYS_statx, 1, 0, 's', NONE },      { SYS_access, 0, NONE, 's', NONE }, { SYS_faccessat, 1, 0, 's', NONE },
	{ SYS_faccessat2, 1, 0, 's', NONE }, { SYS_readlink, 0, NONE, 's', NONE }, { SYS_readlinkat, 1, 0, 's', NONE },
	{ SYS_chdir, 0, NONE, 's', NONE },   { SYS_statfs, 0, NONE, 's', NONE }, { SYS_mkdir, 0, NONE, 'w', NONE },
	{ SYS_mkdirat, 1, 0, 'w', NONE },    { SYS_unlink, 0, NONE, 'w', NONE }, { SYS_unlinkat, 1, 0, 'w', NONE },
	{ SYS_rmdir, 0, NONE, 'w', NONE },   { SYS_rename, 1, NONE, 'w', NONE }, { SYS_renameat, 3, 2, 'w', NONE },
	{ SYS_renameat2, 3, 2, 'w', NONE },  { SYS_symlink, 1, NONE, 'w', NONE }, { SYS_symlinkat, 2, 1, 'w', NONE },
	{ SYS_link, 1, NONE, 'w', NONE },    { SYS_linkat, 3, 2, 'w', NONE },  { SYS_chmod, 0, NONE, 'w', NONE },
	{ SYS_fchmodat, 1, 0, 'w', NONE },   { SYS_chown, 0, NONE, 'w', NONE }, { SYS_fchownat, 1, 0, 'w', NONE },
	{ SYS_truncate, 0, NONE, 'w', NONE }, { SYS_utimensat, 1, 0, 'w', NONE }, { SYS_mknod, 0, NONE, 'w', NONE },
	{ SYS_mknodat, 1, 0, 'w', NONE },
};

static const struct named *
named_call(unsigned long nr)
{
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (named[i].nr == nr)
			return &named[i];
	return NULL;
}

/* ---- the service's memory and files ---- */

/* Up to size bytes; fewer where its memory ends. */
static size_t
peek(pid_t tid, unsigned long long at, void *buf, size_t size)
{
	struct iovec here = { buf, size }, there = { (void *)(uintptr_t)at, size };
	ssize_t n = process_vm_readv(tid, &here, 1, &there, 1, 0);

	if (n < 0 && size > 1) { /* it may end at the page's end */
		there.iov_len = here.iov_len = 4096 - at % 4096 < size ? 4096 - at % 4096 : size;
		n = process_vm_readv(tid, &here, 1, &there, 1, 0);
	}
	return n > 0 ? (size_t)n : 0;
}

/* What /proc/TID/WHAT leads to; false where it is no path. */
static bool
link_of(pid_t tid, const char *what, char out[PATH_MAX])
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", tid, what);
	ssize_t n = readlink(path, out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	return out[0] == '/';
}

/* Without "." and ".." and double slashes, by the words alone. */
static void
shorten(char *path)
{
	char *out = path;

	for (const char *in = path; *in;) {
		size_t n;
		in += strspn(in, "/");
		n = strcspn(in, "/");
		if (n == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (n && !(n == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, n);
			out += n;
		}
		in += n;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

/* The path that an argument names, absolute. */
static void
read_path(struct traced *t, const struct named *c)
{
	char name[PATH_MAX + 1], base[PATH_MAX], whole[2 * PATH_MAX + 2], what[32] = "cwd";
	size_t n = peek(t->tid, t->args[c->path], name, PATH_MAX);

	name[n] = '\0';
	t->path[0] = '\0';
	if (!name[0])
		return;
	base[0] = '\0';
	if (name[0] != '/') {
		if (c->folder != NONE && (int)t->args[c->folder] != AT_FDCWD)
			snprintf(what, sizeof what, "fd/%d", (int)t->args[c->folder]);
		if (!link_of(t->tid, what, base))
			return;
	}
	/* one byte before it for the first slash, which shorten() writes over */
	snprintf(whole, sizeof whole, "%s/%s", base, name);
	shorten(whole);
	if (strlen(whole) <= TRACE_PATH_MAX)
		memcpy(t->path, whole, strlen(whole) + 1);
}

/* ---- sockets ---- */

static void
tell_peer(pid_t tid, int fd, unsigned long long at, unsigned long long size)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a = { .any.sa_family = AF_UNSPEC };
	char text[INET6_ADDRSTRLEN] = "", what[32];
	int type = SOCK_STREAM, process = (int)syscall(SYS_pidfd_open, tid, 0), own = -1;
	socklen_t len = sizeof type;

	if (!at || size > 1024 || peek(tid, at, &a, size < sizeof a ? size : sizeof a) < sizeof a.in)
		return;
	if (process >= 0)
		own = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	if (own >= 0)
		getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &len);
	close(own);
	close(process);
	snprintf(what, sizeof what, "%s", type == SOCK_DGRAM ? "udp" : "tcp");
	if (a.any.sa_family == AF_INET && inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof text))
		tell(PROBE_PEER "\t%s\t%s\t%u", what, text, ntohs(a.in.sin_port));
	else if (a.any.sa_family == AF_INET6 && inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof text))
		tell(PROBE_PEER "\t%s\t%s\t%u", what, text, ntohs(a.in6.sin6_port));
}

/* ---- calls ---- */

void
call_enter(struct traced *t, const struct ptrace_syscall_info *i)
{
	const struct named *c = named_call(i->entry.nr);

	t->inside = true;
	t->nr = i->entry.nr;
	for (int k = 0; k < 6; k++)
		t->args[k] = i->entry.args[k];
	t->path[0] = '\0';
	if (c)
		read_path(t, c);
	if (t->nr < SYSCALLS)
		tell(PROBE_CALL "\t%lu\t%d", t->nr, PROBE_CALL_MADE);
}

static void
tell_path(const struct traced *t, const struct named *c, long long result)
{
	char use = c->use, what[32], path[PATH_MAX];

	if (c->flags != NONE && (t->args[c->flags] & O_ACCMODE) != O_RDONLY)
		use = 'w';
	if (result == -EROFS) {
		if (t->path[0])
			tell(PROBE_FAILED "\t%s", t->path);
		return;
	}
	if (result < 0)
		return;
	snprintf(what, sizeof what, "fd/%lld", result);
	if (c->flags != NONE && link_of(t->tid, what, path) && strlen(path) <= TRACE_PATH_MAX)
		tell(PROBE_PATH "\t%c\t%s", use, path); /* as the kernel has followed it */
	if (t->path[0] && c->flags == NONE)
		tell(PROBE_PATH "\t%c\t%s", use, t->path);
}

void
call_leave(struct traced *t, long long result, bool failed)
{
	const struct named *c = named_call(t->nr);

	if (!t->inside)
		return;
	t->inside = false;
	if (t->nr < SYSCALLS)
		tell(PROBE_CALL "\t%lu\t%d", t->nr, failed ? PROBE_CALL_FAILED : PROBE_CALL_DONE);
	if (c)
		tell_path(t, c, result);
	if (failed && result == -EPERM && t->nr < SYSCALLS)
		tell(PROBE_EPERM "\t%lu", t->nr);
	if (!failed && (t->nr == SYS_socket || t->nr == SYS_socketpair))
		tell(PROBE_FAMILY "\t%llu\t%llu", t->args[0], t->args[0] == AF_NETLINK ? t->args[2] : 0);
	if (t->nr == SYS_connect)
		tell_peer(t->tid, (int)t->args[0], t->args[1], t->args[2]);
	if (t->nr == SYS_sendto)
		tell_peer(t->tid, (int)t->args[0], t->args[4], t->args[5]);
}

/* "7f00-7f10 r-xp 00000000 00:16 123   /usr/lib/libc.so.6" */
void
call_executed(pid_t tid)
{
	static char text[65536];
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/maps", tid);
	if (slurp(path, text, sizeof text) < 0)
		return;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const char *name = strchr(line, '/');
		if (name && strlen(name) <= TRACE_PATH_MAX)
			tell(PROBE_PATH "\tx\t%s", name);
	}
}
