/* SPDX-License-Identifier: MIT
 *
 * Functions of the C library's headers that are a system call and a step more, for ingot-init alone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "thread.h"

#define SIGNALS 64 /* the kernel's, whatever sigset_t has room for */

void libc_restore(void);

__attribute__((used)) struct thread libc_thread; /* PID 1's own: calls.c puts it in place */

int
epoll_wait(int epoll, struct epoll_event *events, int max, int ms)
{
	return (int)syscall(SYS_epoll_pwait, epoll, events, max, ms, NULL, 0);
}

/* The kernel's call knows no flags. */
int
fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	if (flags) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_fchmodat, dir, path, mode);
}

uint32_t
htonl(uint32_t v)
{
	return __builtin_bswap32(v);
}

uint16_t
htons(uint16_t v)
{
	return __builtin_bswap16(v);
}

int
reboot(int how)
{
	return (int)syscall(SYS_reboot, 0xfee1dead, 0x28121969, how, NULL);
}

ssize_t
recv(int fd, void *buf, size_t size, int flags)
{
	return recvfrom(fd, buf, size, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *buf, size_t size, int flags)
{
	return sendto(fd, buf, size, flags, NULL, 0);
}

int
setrlimit(int resource, const struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

int
sigaction(int number, const struct sigaction *a, struct sigaction *old)
{
	struct {
		void (*handler)(int, siginfo_t *, void *);
		unsigned long flags;
		void (*restore)(void);
		uint64_t mask;
	} k = { a->sa_sigaction, (unsigned long)a->sa_flags | 0x04000000 /* SA_RESTORER */, libc_restore, 0 };

	if (old) {
		errno = EINVAL; /* nobody asks for it */
		return -1;
	}
	memcpy(&k.mask, &a->sa_mask, sizeof k.mask);
	return (int)syscall(SYS_rt_sigaction, number, &k, NULL, sizeof k.mask);
}

int
sigfillset(sigset_t *set)
{
	memset(set, 0xff, SIGNALS / 8);
	return 0;
}

long
sysconf(int name)
{
#if defined(__x86_64__)
	if (name == _SC_PAGESIZE)
		return 4096;
#endif
	errno = EINVAL;
	return -1;
}

int
waitid(idtype_t type, id_t id, siginfo_t *si, int options)
{
	return (int)syscall(SYS_waitid, type, id, si, options, NULL);
}

pid_t
waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}
