/* SPDX-License-Identifier: MIT
 *
 * What /proc and /sys would tell of the machine, or let a service change there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static int
opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK), code = code_of(fd);

	if (fd >= 0)
		close(fd);
	return code;
}

void
check_proc(const struct expect *x)
{
	static const char *const absent[] = { "/proc/kcore", "/proc/kmsg", "/proc/kallsyms", "/proc/sysrq-trigger",
					      "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys",
					      "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/interrupts",
					      "/proc/cmdline", "/proc/modules", "/proc/config.gz", "/proc/bus",
					      "/proc/irq", "/proc/acpi", "/proc/scsi", "/proc/latency_stats" };
	static const char *const stubs[] = { "/proc/1/root/", "/proc/1/environ", "/proc/1/exe", "/proc/1/mem",
					     "/proc/1/fd", "/proc/1/cwd/" };
	static const char *const cgroup[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max",
					      "/sys/kernel/debug", "/sys/kernel/security" };
	char text[64] = "";

	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		report_call(14, NULL, absent[i], ENOENT, opened(absent[i], O_RDONLY));
	for (size_t i = 0; i < sizeof stubs / sizeof *stubs; i++)
		report_either(14, NULL, stubs[i], ENOENT, EACCES, opened(stubs[i], O_RDONLY));
	report_refused(x, 14, "the kernel's log", SYS_syslog, code_of(klogctl(10 /* its size */, NULL, 0)));
	/* /sys itself is an empty folder where the root's packages have one */
	for (size_t i = 0; i < sizeof cgroup / sizeof *cgroup; i++)
		report_call(28, NULL, cgroup[i], ENOENT, opened(cgroup[i], O_RDONLY));
	slurp("/proc/self/cgroup", text, sizeof text);
	text[strcspn(text, "\n")] = '\0';
	report_text(28, NULL, "its cgroup, as it sees it", "0::/", text);
}
