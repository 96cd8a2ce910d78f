/* SPDX-License-Identifier: MIT
 *
 * The entry point of ingot-init and its system calls, a line each, under the names and prototypes of the C library's
 * headers. PID 1 has one thread, no cancellation and no locale, so that nothing is left of most of the library's
 * functions but the call itself. All that depends on the architecture stands here and in ../stub.c.
 *
 * A call may stand in this table if the kernel takes the very arguments of the C function, in its order, and its
 * structures; whatever more it reads must have been passed. What wants a step more is in wrap.c.
 */
#include <sys/syscall.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#if defined(__x86_64__)

/* struct thread of thread.h; the kernel's constant has no header that assembly could read */
#define THREAD_CODE "%fs:8"
#define ARCH_SET_FS "0x1002"

/* Each function has a section of its own, so that the linker drops what is not called. */
#define FUNCTION(name) \
	".section .text." #name ",\"ax\",@progbits\n" \
	".globl " #name "\n" \
	".type " #name ", @function\n" #name ":\n"

__asm__(FUNCTION(_start)
	"	xor %ebp, %ebp\n"
	"	lea libc_thread(%rip), %rsi\n"
	"	mov %rsi, (%rsi)\n"
	"1:	mov $" ARCH_SET_FS ", %edi\n"
	"	mov $" TEXT(__NR_arch_prctl) ", %eax\n"
	"	syscall\n"
	"	test %eax, %eax\n"
	"	jnz 1b\n"                         /* nothing can be done without */
	"	mov (%rsp), %edi\n"              /* argc */
	"	lea 8(%rsp), %rsi\n"             /* argv */
	"	and $-16, %rsp\n"
	"	call main\n"
	"	mov %eax, %edi\n"
	"	call _exit\n"
	"	ud2\n");

/* The number is in eax, the arguments are where a C function has them: the fourth is somewhere else for the kernel. */
__asm__(FUNCTION(libc_call)
	"	mov %rcx, %r10\n"
	"	syscall\n"
	"	cmp $-4096, %rax\n"
	"	ja 1f\n"
	"	ret\n"
	"1:	neg %eax\n"
	"	mov %eax, " THREAD_CODE "\n"
	"	or $-1, %rax\n"
	"	ret\n");

/* Its arguments are one place further on. */
__asm__(FUNCTION(syscall)
	"	mov %edi, %eax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %rcx\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	jmp libc_call\n");

/* The system call keeps the third and the fourth argument where the child looks for them. */
__asm__(FUNCTION(thread_clone)
	"	mov %rdx, %r8\n"
	"	mov %rcx, %r9\n"
	"	mov $" TEXT(__NR_clone3) ", %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 2f\n"
	"	js 1f\n"
	"	ret\n"
	"1:	neg %eax\n"
	"	mov %eax, " THREAD_CODE "\n"
	"	or $-1, %rax\n"
	"	ret\n"
	"2:	xor %ebp, %ebp\n"
	"	mov %r9, %rdi\n"
	"	call *%r8\n"
	"	ud2\n");

__asm__(FUNCTION(__errno_location)
	"	mov %fs:0, %rax\n"
	"	add $8, %rax\n"
	"	ret\n");

/* Where a signal handler returns to. */
__asm__(FUNCTION(libc_restore)
	"	mov $" TEXT(__NR_rt_sigreturn) ", %eax\n"
	"	syscall\n");

#define CALL(name, number) __asm__(FUNCTION(name) "	mov $" TEXT(number) ", %eax\n	jmp libc_call\n");

#else
#error "libc: no entry point and system call for this architecture yet"
#endif

CALL(_exit, __NR_exit_group)
CALL(accept4, __NR_accept4)
CALL(access, __NR_access)
CALL(bind, __NR_bind)
CALL(chdir, __NR_chdir)
CALL(chmod, __NR_chmod)
CALL(chroot, __NR_chroot)
CALL(clock_gettime, __NR_clock_gettime)
CALL(close, __NR_close)
CALL(connect, __NR_connect)
CALL(dup2, __NR_dup2)
CALL(dup3, __NR_dup3)
CALL(epoll_create1, __NR_epoll_create1)
CALL(epoll_ctl, __NR_epoll_ctl)
CALL(eventfd, __NR_eventfd2)
CALL(execve, __NR_execve)
CALL(fchdir, __NR_fchdir)
CALL(fchmod, __NR_fchmod)
CALL(fchown, __NR_fchown)
CALL(fchownat, __NR_fchownat)
CALL(fcntl, __NR_fcntl)
CALL(fork, __NR_fork)
CALL(fstat, __NR_fstat)
CALL(fstatat, __NR_newfstatat)
CALL(fstatfs, __NR_fstatfs)
CALL(fsync, __NR_fsync)
CALL(ftruncate, __NR_ftruncate)
CALL(getpeername, __NR_getpeername)
CALL(getpid, __NR_getpid)
CALL(getrandom, __NR_getrandom)
CALL(getsockname, __NR_getsockname)
CALL(getsockopt, __NR_getsockopt)
CALL(ioctl, __NR_ioctl)
CALL(kill, __NR_kill)
CALL(lchown, __NR_lchown)
CALL(link, __NR_link)
CALL(listen, __NR_listen)
CALL(lseek, __NR_lseek)
CALL(madvise, __NR_madvise)
CALL(memfd_create, __NR_memfd_create)
CALL(mkdir, __NR_mkdir)
CALL(mkdirat, __NR_mkdirat)
CALL(mknodat, __NR_mknodat)
CALL(mmap, __NR_mmap)
CALL(mount, __NR_mount)
CALL(mprotect, __NR_mprotect)
CALL(munmap, __NR_munmap)
CALL(open, __NR_open)
CALL(openat, __NR_openat)
CALL(pause, __NR_pause)
CALL(pipe2, __NR_pipe2)
CALL(poll, __NR_poll)
CALL(prctl, __NR_prctl)
CALL(pread, __NR_pread64)
CALL(pwrite, __NR_pwrite64)
CALL(read, __NR_read)
CALL(readlinkat, __NR_readlinkat)
CALL(readv, __NR_readv)
CALL(recvfrom, __NR_recvfrom)
CALL(recvmsg, __NR_recvmsg)
CALL(rename, __NR_rename)
CALL(renameat, __NR_renameat)
CALL(rmdir, __NR_rmdir)
CALL(sendmsg, __NR_sendmsg)
CALL(sendto, __NR_sendto)
CALL(sethostname, __NR_sethostname)
CALL(setns, __NR_setns)
CALL(setsid, __NR_setsid)
CALL(setsockopt, __NR_setsockopt)
CALL(shutdown, __NR_shutdown)
CALL(sigaltstack, __NR_sigaltstack)
CALL(socket, __NR_socket)
CALL(socketpair, __NR_socketpair)
CALL(splice, __NR_splice)
CALL(statfs, __NR_statfs)
CALL(symlinkat, __NR_symlinkat)
CALL(sync, __NR_sync)
CALL(timerfd_create, __NR_timerfd_create)
CALL(timerfd_settime, __NR_timerfd_settime)
CALL(umask, __NR_umask)
CALL(umount2, __NR_umount2)
CALL(unlink, __NR_unlink)
CALL(unlinkat, __NR_unlinkat)
CALL(unshare, __NR_unshare)
CALL(wait4, __NR_wait4)
CALL(write, __NR_write)
CALL(writev, __NR_writev)
