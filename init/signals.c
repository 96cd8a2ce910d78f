/* SPDX-License-Identifier: MIT
 *
 * Turns signals into requests for an end, and dead children into the end of a service. It reaps nothing that belongs to
 * a service.
 */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history.h"
#include "late.h"
#include "logger.h"
#include "loop.h"
#include "reexec.h"
#include "shell.h"
#include "shutdown.h"
#include "svc_io.h"
#include "sys.h"

#define REAP_MAX 256 /* in one wake-up */

/* By number: each C library has an SIGRTMIN of its own, and the kernel's power button means this one. */
#define SIGNAL_POWER_BUTTON 38

static const struct {
	int number;
	enum down_kind down;
	const char *name;
} requests[] = {
	{ SIGINT, DOWN_REBOOT, "SIGINT" }, /* Ctrl-Alt-Del */
	{ SIGTERM, DOWN_POWEROFF, "SIGTERM" },
	{ SIGPWR, DOWN_POWEROFF, "SIGPWR" },
	{ SIGUSR1, DOWN_HALT, "SIGUSR1" },
	{ SIGUSR2, DOWN_POWEROFF, "SIGUSR2" },
	{ SIGNAL_POWER_BUTTON, DOWN_POWEROFF, "signal 38" },
};

void
signals_block(void)
{
	sys_sigmask(~SIGNALS_FAULTS, NULL); /* a fault whose signal is blocked could not be handled: crash.c */
}

int
signals_init(struct init *in, struct err *e)
{
	uint64_t mask = 1ull << (SIGCHLD - 1);

	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
		mask |= 1ull << (requests[i].number - 1);
	/* the bare call: the library's signal set need not have signal 38 where the kernel has it */
	int fd = (int)syscall(SYS_signalfd4, -1, &mask, sizeof mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || loop_add(in, WATCH_SIGNAL, fd, EPOLLIN))
		return err_set(e, errno, "signals");
	return 0;
}

/* Looks before it reaps: a service's own process is left to its own code, which reads first what that has written. */
static void
reap(struct init *in)
{
	for (int n = 0; n < REAP_MAX; n++) {
		siginfo_t si = { 0 };
		int status;
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
			return;
		uint32_t i = svc_io_of_pid(in, si.si_pid);
		if (i < in->s->services) {
			svc_io_pidfd(in, i);
		} else if (waitpid(si.si_pid, &status, WNOHANG) == si.si_pid) {
			shell_reaped(in, si.si_pid);
			logger_reaped(in, si.si_pid);
			reexec_reaped(in, si.si_pid, status);
			history_reaped(in, si.si_pid, status);
			late_reaped(in, si.si_pid);
		}
	}
	kill(getpid(), SIGCHLD); /* there may be more */
}

void
signals_event(struct init *in)
{
	struct signalfd_siginfo si[8];
	ssize_t n = read(loop_fd(in, WATCH_SIGNAL), si, sizeof si);

	for (ssize_t k = 0; k < n / (ssize_t)sizeof si[0]; k++) {
		if (si[k].ssi_signo == SIGCHLD)
			reap(in);
		for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
			if (si[k].ssi_signo == (uint32_t)requests[i].number)
				shutdown_begin(in, requests[i].down, requests[i].name);
	}
}
