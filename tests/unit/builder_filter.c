/* SPDX-License-Identifier: MIT
 *
 * The filter of system calls: the program is run here as the kernel would, over every number, and is given to this
 * kernel, in a child, to see each refusal as a program would.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>

#include "filter.h"
#include "policy.h"
#include "support.h"

#define NETWORKED (1ull << AF_UNIX | 1ull << AF_INET | 1ull << AF_INET6 | FAMILY_NETLINK_ROUTE)

static struct sock_filter code[FILTER_MAX];
static size_t length;

static void
compile(uint64_t families, enum filter_mode mode)
{
	struct filter_rules r = { .families = families, .mode = mode };

	policy_default(&r);
	length = filter_compile(&r, code);
}

/* What the kernel's machine does with the instructions that are used; *steps: how many. */
static uint32_t
run(const struct seccomp_data *d, unsigned *steps)
{
	uint32_t a = 0;

	*steps = 0;
	for (size_t pc = 0; pc < length; pc++) {
		const struct sock_filter *i = &code[pc];
		++*steps;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(i->k % 4 == 0 && i->k + 4 <= sizeof *d);
			memcpy(&a, (const char *)d + i->k, 4);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %#x", i->code);
		}
	}
	fail_msg("the program runs off its end");
	return 0;
}

static uint32_t
call(uint32_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = AUDIT_ARCH_X86_64, .args = { a, b, c, d } };
	unsigned steps;

	return run(&data, &steps);
}

static uint32_t
refused(int error)
{
	return SECCOMP_RET_ERRNO | (uint32_t)error;
}

TEST(every_number_has_its_verdict_within_few_steps)
{
	struct filter_rules r = { .families = NETWORKED };
	unsigned steps, most = 0, all = 0;

	policy_default(&r);
	compile(NETWORKED, FILTER_ENFORCE);
	for (uint32_t nr = 0; nr < SYSCALLS; nr++) {
		struct seccomp_data data = { .nr = (int)nr, .arch = AUDIT_ARCH_X86_64 };
		uint32_t got = run(&data, &steps);
		if (steps > most)
			most = steps;
		all += steps;
		if (r.verdict[nr] == ALLOW)
			assert_int_equal(got, SECCOMP_RET_ALLOW);
		else if (r.verdict[nr] == DENY)
			assert_int_equal(got, refused(ENOSYS));
		else if (r.verdict[nr] == DENY_QUIET)
			assert_int_equal(got, SECCOMP_RET_TRACE);
		if (!syscall_name(nr))
			assert_int_equal(r.verdict[nr], DENY);
	}
	/* a start pays for its length, and for a run with each number; what is called later runs it for a few calls alone */
	assert_true(all <= 10 * SYSCALLS);
	assert_true(most <= 20);
	assert_true(length <= 160);
}

TEST(a_new_call_and_a_tracers_number_are_unknown)
{
	compile(NETWORKED, FILTER_ENFORCE);
	assert_int_equal(call(SYSCALLS, 0, 0, 0, 0), refused(ENOSYS));
	assert_int_equal(call(0x3fffffff, 0, 0, 0, 0), refused(ENOSYS));
	assert_int_equal(call(0xffffffff, 0, 0, 0, 0), refused(ENOSYS));
}

/* isolation case 19 */
TEST(the_32_bit_and_the_x32_entry_kill)
{
	struct seccomp_data data = { .nr = 4, .arch = AUDIT_ARCH_I386 };
	unsigned steps;

	for (enum filter_mode mode = FILTER_ENFORCE; mode <= FILTER_AUDIT; mode++) {
		compile(NETWORKED, mode);
		assert_int_equal(run(&data, &steps), SECCOMP_RET_KILL_PROCESS);
		assert_int_equal(call(0x40000000, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
		assert_int_equal(call(0x40000000 | SYS_read, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
		assert_int_equal(call(0xfffffffe, 0, 0, 0, 0), SECCOMP_RET_KILL_PROCESS);
	}
}

/* What posture says is always denied, by its number. */
static const int always[] = {
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
	SYS_fspick, SYS_mount_setattr, SYS_setns, SYS_unshare, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_pidfd_getfd, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter,
	SYS_io_uring_register, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_kexec_load, SYS_kexec_file_load,
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_open_by_handle_at, SYS_reboot, SYS_swapon, SYS_swapoff,
	SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_chroot, SYS_acct, SYS_quotactl,
	SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_syslog, SYS_sethostname, SYS_setdomainname, SYS_vhangup, SYS_kcmp,
	SYS_name_to_handle_at, SYS_fanotify_init, SYS_lookup_dcookie, SYS_move_pages, SYS_migrate_pages, SYS_openat2,
};

TEST(what_is_always_denied_gives_enosys)
{
	compile(~FAMILY_NETLINK_ROUTE, FILTER_ENFORCE);
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		assert_int_equal(call((uint32_t)always[i], 0, 0, 0, 0), refused(ENOSYS));
	compile(NETWORKED, FILTER_AUDIT);
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		assert_int_equal(call((uint32_t)always[i], 0, 0, 0, 0), SECCOMP_RET_LOG);
}

/* What takes a privilege: as the kernel answers who has none. */
TEST(privileged_calls_give_eperm)
{
	static const int calls[] = { SYS_chown, SYS_fchownat, SYS_setreuid, SYS_setresgid, SYS_setgroups, SYS_capset,
				     SYS_setpriority, SYS_sched_setaffinity, SYS_setrlimit };

	compile(NETWORKED, FILTER_ENFORCE);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		assert_int_equal(call((uint32_t)calls[i], 0, 0, 0, 0), refused(EPERM));
	compile(NETWORKED, FILTER_AUDIT);
	assert_int_equal(call(SYS_chown, 0, 0, 0, 0), SECCOMP_RET_LOG);
}

TEST(sockets_are_of_the_families_that_were_named)
{
	compile(NETWORKED, FILTER_ENFORCE);
	for (unsigned f = 0; f < 64; f++) {
		bool ok = f == AF_UNIX || f == AF_INET || f == AF_INET6 || f == AF_NETLINK;
		assert_int_equal(call(SYS_socket, f, SOCK_STREAM, 0, 0), ok ? SECCOMP_RET_ALLOW : refused(EAFNOSUPPORT));
	}
	assert_int_equal(call(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, 0), refused(EAFNOSUPPORT));
	assert_int_equal(call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_socketpair, AF_TIPC, SOCK_STREAM, 0, 0), refused(EAFNOSUPPORT));
	/* the kernel takes an int */
	assert_int_equal(call(SYS_socket, 1ull << 32 | AF_ALG, SOCK_STREAM, 0, 0), refused(EAFNOSUPPORT));

	compile(1ull << AF_NETLINK, FILTER_ENFORCE);
	assert_int_equal(call(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 0), refused(EAFNOSUPPORT));
	compile(0, FILTER_ENFORCE);
	assert_int_equal(call(SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0), refused(EAFNOSUPPORT));
}

TEST(arguments_decide)
{
	compile(NETWORKED, FILTER_ENFORCE);
	static const uint64_t spaces[] = { CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
					   CLONE_NEWCGROUP };
	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		assert_int_equal(call(SYS_clone, spaces[i] | SIGCHLD, 0, 0, 0), refused(EPERM));
	assert_int_equal(call(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS, 0, 0,
			      0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_setuid, 10001, 0, 0, 0), SECCOMP_RET_TRACE);
	assert_int_equal(call(SYS_setgid, 0, 0, 0, 0), SECCOMP_RET_TRACE);
	assert_int_equal(call(SYS_ioctl, 0, TIOCSTI, 0, 0), refused(EPERM));
	assert_int_equal(call(SYS_ioctl, 0, 1ull << 32 | TIOCSTI, 0, 0), refused(EPERM));
	assert_int_equal(call(SYS_ioctl, 0, 0x541c, 0, 0), refused(EPERM));
	assert_int_equal(call(SYS_ioctl, 0, TIOCGWINSZ, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_personality, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_personality, 0xffffffff, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_personality, ADDR_NO_RANDOMIZE, 0, 0, 0), refused(EPERM));
}

TEST(memory_that_was_written_is_not_executed_by_another_name)
{
	struct filter_rules r = { .families = NETWORKED };

	compile(NETWORKED, FILTER_ENFORCE);
	assert_int_equal(call(SYS_memfd_create, 0, 0, 0, 0), refused(ENOSYS));
	assert_int_equal(call(SYS_shmat, 1, 0, 0100000, 0), refused(EPERM));
	assert_int_equal(call(SYS_shmat, 1, 0, 0110000, 0), refused(EPERM));
	assert_int_equal(call(SYS_shmat, 1, 0, 0010000, 0), SECCOMP_RET_ALLOW);
	policy_default(&r);
	policy_jit(&r);
	length = filter_compile(&r, code);
	assert_int_equal(call(SYS_memfd_create, 0, 0, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_shmat, 1, 0, 0100000, 0), SECCOMP_RET_ALLOW);
}

TEST(no_file_becomes_setuid)
{
	static const uint64_t bits[] = { S_ISUID, S_ISGID, S_ISUID | 0755 };

	compile(NETWORKED, FILTER_ENFORCE);
	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
		assert_int_equal(call(SYS_chmod, 0, bits[i], 0, 0), refused(EPERM));
		assert_int_equal(call(SYS_fchmod, 0, bits[i], 0, 0), refused(EPERM));
		assert_int_equal(call(SYS_fchmodat, 0, 0, bits[i], 0), refused(EPERM));
		assert_int_equal(call(SYS_creat, 0, bits[i], 0, 0), refused(EPERM));
		assert_int_equal(call(SYS_mknod, 0, bits[i], 0, 0), refused(EPERM));
		assert_int_equal(call(SYS_mknodat, 0, 0, bits[i], 0), refused(EPERM));
		assert_int_equal(call(SYS_open, 0, O_WRONLY | O_CREAT, bits[i], 0), refused(EPERM));
		assert_int_equal(call(SYS_openat, 0, 0, O_RDWR | __O_TMPFILE | O_DIRECTORY, bits[i]), refused(EPERM));
		/* no file is made, and the mode means nothing */
		assert_int_equal(call(SYS_open, 0, O_RDONLY | O_DIRECTORY, bits[i], 0), SECCOMP_RET_ALLOW);
	}
	assert_int_equal(call(SYS_chmod, 0, 01777, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(call(SYS_openat, 0, 0, O_CREAT, 0644), SECCOMP_RET_ALLOW);
}

TEST(what_the_stub_calls_is_allowed_and_known)
{
	assert_true(policy_is_stubs("wait4") && policy_is_stubs("execve") && policy_is_stubs("close"));
	assert_false(policy_is_stubs("exec") || policy_is_stubs("close_") || policy_is_stubs("socket"));
}

static int
error_of(long ret)
{
	return ret < 0 ? errno : 0;
}

/* In the child: 0, or the number of the line that is wrong. */
static int
under_the_kernel(void)
{
	struct sock_fprog program = { (unsigned short)length, code };
	struct {
		int got, expected;
	} seen[] = {
		{ error_of(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)), 0 },
		{ error_of(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)), 0 },
		{ error_of(syscall(SYS_unshare, CLONE_NEWUSER)), ENOSYS },
		{ error_of(syscall(SYS_clone3, NULL, 0)), ENOSYS },
		{ error_of(syscall(SYS_keyctl, 0)), ENOSYS },
		{ error_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)), EPERM },
		{ error_of(syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0)), EAFNOSUPPORT },
		{ error_of(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0)), 0 },
		{ error_of(syscall(SYS_ioctl, 0, TIOCSTI, "x")), EPERM },
		{ error_of(syscall(SYS_getppid)), 0 },
		{ error_of(syscall(600)), ENOSYS },
	};

	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
		if (seen[i].got != seen[i].expected)
			return (int)i + 1;
	return 0;
}

TEST(the_kernel_takes_it)
{
	int status;

	compile(1ull << AF_UNIX, FILTER_ENFORCE);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		syscall(SYS_exit_group, under_the_kernel());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		under_the_kernel();
		syscall(0x40000000 | SYS_getppid);
		syscall(SYS_exit_group, 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_its_verdict_within_few_steps),
		cmocka_unit_test(a_new_call_and_a_tracers_number_are_unknown),
		cmocka_unit_test(the_32_bit_and_the_x32_entry_kill),
		cmocka_unit_test(what_is_always_denied_gives_enosys),
		cmocka_unit_test(privileged_calls_give_eperm),
		cmocka_unit_test(sockets_are_of_the_families_that_were_named),
		cmocka_unit_test(arguments_decide),
		cmocka_unit_test(memory_that_was_written_is_not_executed_by_another_name),
		cmocka_unit_test(no_file_becomes_setuid),
		cmocka_unit_test(what_the_stub_calls_is_allowed_and_known),
		cmocka_unit_test(the_kernel_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
