/* SPDX-License-Identifier: MIT
 *
 * What no service needs of the kernel is switched off for all of them, before the first one starts. A kernel that has
 * no such switch is no failure: the feature is missing there, or is not yet guarded. What the image says comes
 * afterwards and wins, but for those that the kernel lets nobody take back.
 */
#include "posture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "console.h"
#include "setting.h"

#define SYS "/proc/sys/"

enum {
	MAY_LACK = 1,   /* the kernel need not have it */
	MAY_REFUSE = 2, /* it may be built for another value alone */
};

static const struct {
	const char *path, *value;
} posture[] = {
	{ SYS "user/max_user_namespaces", "0" },          /* one would give every capability inside it */
	{ SYS "vm/memfd_noexec", "2" },                   /* nothing writable is executable, here too */
	{ SYS "kernel/kptr_restrict", "2" },              /* addresses of the kernel, for no one */
	{ SYS "kernel/dmesg_restrict", "1" },             /* the kernel's log tells of other services */
	{ SYS "kernel/unprivileged_bpf_disabled", "2" },  /* the verifier has had too many holes */
	{ SYS "kernel/perf_event_paranoid", "3" },        /* the same, and it watches others */
	{ SYS "kernel/io_uring_disabled", "2" },          /* a second way to most system calls */
	{ SYS "kernel/kexec_load_disabled", "1" },        /* no other kernel but by a boot */
	/* what a filter refuses is logged, but for what it answers in the way of a tracer: calls that C libraries try */
	{ SYS "kernel/seccomp/actions_logged", "kill_process kill_thread trap errno user_notif log" },
	{ SYS "kernel/sysrq", "0" },                      /* a serial line is no console of trust */
	{ SYS "kernel/core_pattern", "\n" },              /* memory of a service in a file, or in a program's input */
	{ SYS "fs/suid_dumpable", "0" },
	{ SYS "fs/protected_symlinks", "1" },             /* races in folders that several users may write */
	{ SYS "fs/protected_hardlinks", "1" },
	{ SYS "fs/protected_fifos", "2" },
	{ SYS "fs/protected_regular", "2" },
	{ SYS "dev/tty/legacy_tiocsti", "0" },            /* typing into the terminal of another */
};

static void
set(const char *path, const char *value, unsigned may)
{
	if (setting_write(AT_FDCWD, path, value) == 0 || (may & MAY_LACK && errno == ENOENT) ||
	    (may & MAY_REFUSE && errno == EINVAL))
		return;
	warn("sysctl %s: %s", path, err_text(errno));
}

void
posture_init(const struct tbl *t)
{
	for (size_t i = 0; i < sizeof posture / sizeof *posture; i++)
		set(posture[i].path, posture[i].value, MAY_LACK);
	set(SYS "net/core/bpf_jit_enable", "0", MAY_LACK | MAY_REFUSE); /* no code from data; and filters load faster */
	for (uint32_t i = 0; i < tbl_count(t, TBL_SYSCTLS); i++)
		set(tbl_str(t, tbl_sysctl(t, i)->path), tbl_str(t, tbl_sysctl(t, i)->value), 0);
}

void
posture_close(void)
{
	set(SYS "kernel/modules_disabled", "1", MAY_LACK);
}
