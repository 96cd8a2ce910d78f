/* SPDX-License-Identifier: MIT
 *
 * System calls that the C library does not wrap, or wraps with more than the call: each is the bare call, -1 and errno
 * on failure. The ids among them matter most: the library's setresuid would stop "all threads" first, with state that
 * is stale in a child of clone3.
 */
#ifndef INGOT_SYS_H
#define INGOT_SYS_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* Returns twice, like fork: 0 in the child, which goes on with a copy of the caller's memory. */
static inline pid_t
sys_clone3(const struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof *args);
}

static inline int
sys_openat2(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

static inline int
sys_open_tree(int dir, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}

static inline int
sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int
sys_mount_setattr(int dir, const char *path, unsigned flags, struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof *attr);
}

static inline int
sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int
sys_fsconfig(int fs, unsigned cmd, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fs, cmd, key, value, 0);
}

static inline int
sys_fsmount(int fs, unsigned attr)
{
	return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attr);
}

static inline int
sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int
sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int
sys_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)syscall(SYS_execveat, fd, path, argv, envp, flags);
}

static inline int
sys_pidfd_send_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/* As sigqueue does, with a value. */
static inline int
sys_pidfd_queue(int pidfd, int sig, int value)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_value.sival_int = value;
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, &info, 0);
}

static inline int
sys_eventfd(int flags)
{
	return (int)syscall(SYS_eventfd2, 0, flags);
}

/* Moves what is in the pipe `from`, size bytes at most, to another file, and never waits for more. */
static inline void
sys_drain(int from, int to, size_t size)
{
	syscall(SYS_splice, from, NULL, to, NULL, size, SPLICE_F_NONBLOCK);
}

static inline int
sys_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int
sys_setgroups(size_t count, const gid_t *list)
{
	return (int)syscall(SYS_setgroups, count, list);
}

static inline int
sys_setresgid(gid_t r, gid_t e, gid_t s)
{
	return (int)syscall(SYS_setresgid, r, e, s);
}

static inline int
sys_setresuid(uid_t r, uid_t e, uid_t s)
{
	return (int)syscall(SYS_setresuid, r, e, s);
}

static inline int
sys_capset(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data)
{
	return (int)syscall(SYS_capset, header, data);
}

/* The kernel's own layout, whatever the library's sigaction looks like. */
struct sys_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

static inline int
sys_sigdefault(int sig)
{
	struct sys_sigaction a = { 0 };

	return (int)syscall(SYS_rt_sigaction, sig, &a, NULL, sizeof a.mask);
}

/* A mask of all 64 signals, the two that the C library keeps from sigfillset included. */
static inline int
sys_sigmask(uint64_t mask, uint64_t *old)
{
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, old, sizeof mask);
}

#endif
