/* SPDX-License-Identifier: MIT
 *
 * An allow-list: what a program does with its own memory, files, processes, sockets and time. What is not here makes or
 * enters namespaces and mounts, looks into other processes, programs the kernel (bpf, perf, io_uring, userfaultfd),
 * keeps keys, or rules the machine (modules, kexec, swap, clock, accounting): most of it needs a capability that no
 * service has, and all of it has been a way out of a sandbox. Filters and rules that only tighten (seccomp, landlock)
 * are allowed. What makes memory executable that was written under another name (files and segments in memory) is not.
 */
#include "policy.h"

#include <assert.h>
#include <string.h>

static const char allowed[] =
	/* files by descriptor */
	"read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range dup dup2 dup3 fcntl "
	"flock fsync fdatasync sync syncfs sync_file_range truncate ftruncate fallocate fadvise64 readahead sendfile splice "
	"tee vmsplice copy_file_range pipe pipe2 getdents getdents64 fchdir fstat fstatfs "
	/* files by name */
	"stat lstat newfstatat statx access faccessat faccessat2 getcwd chdir rename renameat renameat2 mkdir mkdirat rmdir "
	"link linkat unlink unlinkat symlink symlinkat readlink readlinkat umask utime utimes "
	"utimensat futimesat statfs setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr "
	"flistxattr removexattr lremovexattr fremovexattr inotify_init inotify_init1 inotify_add_watch inotify_rm_watch "
	/* waiting */
	"poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 "
	"signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime io_setup io_submit io_getevents io_pgetevents "
	"io_cancel io_destroy futex futex_waitv "
	/* memory */
	"mmap munmap mprotect mremap msync mincore madvise brk mlock mlock2 munlock mlockall munlockall membarrier "
	"pkey_alloc pkey_free pkey_mprotect get_mempolicy "
	/* processes */
	"fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill getpid getppid gettid setpgid getpgid "
	"getpgrp setsid getsid prctl arch_prctl set_tid_address set_robust_list get_robust_list rseq restart_syscall "
	"pidfd_open pidfd_send_signal "
	"getuid geteuid getgid getegid getresuid getresgid getgroups capget seccomp "
	"landlock_create_ruleset landlock_add_rule landlock_restrict_self "
	"sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_getattr sched_get_priority_max "
	"sched_get_priority_min sched_rr_get_interval getpriority ioprio_get getrlimit prlimit64 getrusage times sysinfo "
	"uname getcpu getrandom "
	/* signals and timers */
	"rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend "
	"rt_sigtimedwait sigaltstack pause alarm getitimer setitimer timer_create timer_settime timer_gettime "
	"timer_getoverrun timer_delete nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time "
	/* sockets that are there, and messages */
	"bind listen accept accept4 connect getsockname getpeername sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg "
	"setsockopt getsockopt shutdown "
	"shmget shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink "
	"mq_timedsend mq_timedreceive mq_notify mq_getsetattr ";

/* What takes a privilege that no service has, to give away files, ids or capabilities, or shapes how the kernel shares
 * out the processor and memory. Programs that try it are used to EPERM, and go on without. */
static const char privileged[] =
	"chown fchown lchown fchownat setreuid setresuid setfsuid setregid setresgid setfsgid setgroups capset "
	"sched_setaffinity sched_setparam sched_setscheduler sched_setattr setpriority ioprio_set setrlimit set_mempolicy ";

static const struct {
	const char *name;
	enum verdict verdict;
} others[] = {
	/* busybox's programs begin with both: refused in the log, they would leave no room there for anything else */
	{ "setuid", DENY_QUIET },
	{ "setgid", DENY_QUIET },
	{ "clone", CHECK_CLONE },
	{ "clone3", DENY_QUIET }, /* its flags lie in memory, where no filter can look */
	{ "shmat", CHECK_SHMAT },
	{ "ioctl", CHECK_IOCTL },
	{ "socket", CHECK_SOCKET },
	{ "socketpair", CHECK_SOCKETPAIR },
	{ "personality", CHECK_PERSONALITY },
	{ "chmod", CHECK_MODE_1 },
	{ "fchmod", CHECK_MODE_1 },
	{ "fchmodat", CHECK_MODE_2 },
	{ "creat", CHECK_MODE_1 },
	{ "mknod", CHECK_MODE_1 },
	{ "mknodat", CHECK_MODE_2 },
	{ "open", CHECK_OPEN },
	{ "openat", CHECK_OPENAT },
};

static const char stubs[] = "execve execveat exit_group clone kill wait4 write close close_range fcntl dup3 "
			    "setsid prctl rt_sigprocmask rt_sigtimedwait newfstatat clock_gettime ";

static void
set(struct filter_rules *r, const char *name, enum verdict v)
{
	int number = syscall_number(name);

	assert(number >= 0 && number < SYSCALLS);
	r->verdict[number] = (uint8_t)v;
}

static void
set_all(struct filter_rules *r, const char *names, enum verdict v)
{
	char name[64];

	for (const char *word = names; *word;) {
		size_t n = strcspn(word, " ");
		assert(n < sizeof name);
		memcpy(name, word, n);
		name[n] = '\0';
		set(r, name, v);
		word += n + 1;
	}
}

void
policy_default(struct filter_rules *r)
{
	memset(r->verdict, DENY, sizeof r->verdict);
	set_all(r, allowed, ALLOW);
	set_all(r, privileged, DENY_PERM);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		set(r, others[i].name, others[i].verdict);
}

void
policy_jit(struct filter_rules *r)
{
	set(r, "memfd_create", ALLOW);
	set(r, "shmat", ALLOW);
}

bool
policy_is_stubs(const char *name)
{
	size_t n = strlen(name);

	for (const char *word = stubs; *word; word += strcspn(word, " ") + 1)
		if (strncmp(word, name, n) == 0 && word[n] == ' ')
			return true;
	return false;
}
