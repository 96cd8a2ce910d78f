/* SPDX-License-Identifier: MIT
 *
 * The handler of the signals that a program gets for its own mistakes. It trusts the state as far as it must: it writes
 * a record, then executes the program anew; the third time within a minute it boots the machine anew instead. A crash
 * in the handler itself is the kernel's panic.
 */
#include "crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "fmt.h"
#include "keep.h"
#include "loop.h"
#include "ending.h"
#include "signals.h"
#include "sys.h"

#define STACK_BYTES 32768
#define WITHIN_MS 60000
#define SYNC_MS 2000
#define LINE_BYTES 320

static struct init *crashed;
static _Alignas(16) uint8_t stack[STACK_BYTES];

static uintptr_t
instruction(const void *context)
{
#if defined(__x86_64__)
	return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
#error "crash: no place of the instruction pointer for this architecture yet"
#endif
}

/* Whose event it was, or "". */
static const char *
handled(const struct init *in)
{
	uint32_t slot = in->s->handling, i = (slot - WATCH_SVC) / SVC_FDS;

	return slot >= WATCH_SVC && slot < WATCHES && in->table.base && i < in->s->services ? init_name(in, i) : "";
}

static void
record(const struct init *in, const siginfo_t *si, uintptr_t ip, bool often)
{
	char line[LINE_BYTES], from[64];
	const char *name = handled(in);

	if (si->si_code <= 0) /* by kill(2) and the like */
		fmt(from, sizeof from, "sent by process %d", si->si_pid);
	else
		fmt(from, sizeof from, "address %lx", (unsigned long)(uintptr_t)si->si_addr);
	size_t n = fmt(line, sizeof line, "<4>ingot: PID 1 crashed: signal %d (%s), %s, instruction %lx%s%s; crashes %u; %s\n",
		       si->si_signo, strsignal(si->si_signo), from, (unsigned long)ip, *name ? ", service " : "", name,
		       in->s->crash.count, often ? "the third within a minute: reboot" : "going on");
	AUTO_FD log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	(void)!write(log, line, n);
	line[n - 1] = '\0';
	warn("%s", line + sizeof "<4>ingot: " - 1);
}

/* Returns whether it is the third within a minute. */
static bool
count(struct crash *c, uint64_t now, const siginfo_t *si, uintptr_t ip)
{
	uint64_t *place = &c->at_ms[c->count % CRASHES_MAX];

	c->signal = (uint32_t)si->si_signo;
	c->instruction = ip;
	*place = now;
	c->count++;
	return c->count >= CRASHES_MAX && now - c->at_ms[c->count % CRASHES_MAX] < WITHIN_MS;
}

static void
handler(int number, siginfo_t *si, void *context)
{
	struct init *in = crashed;
	uintptr_t ip = instruction(context);

	if (getpid() != 1) { /* a child between fork and exec: it ends, as it would have */
		sys_sigdefault(number);
		kill(getpid(), number);
		return;
	}
	console_init(); /* anew: a program that has just begun has none */
	bool often = count(&in->s->crash, loop_clock_ms(), si, ip);
	record(in, si, ip, often);
	if (!often && in->memory >= 0) {
		keep_exec(in, "/proc/self/exe");
		keep_exec(in, "/init");
	}
	ending_now(DOWN_REBOOT, SYNC_MS);
}

void
crash_init(struct init *in)
{
	struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t on = { .ss_sp = stack, .ss_size = sizeof stack };

	if (!CFG_SURVIVE)
		return;
	crashed = in;
	sigfillset(&a.sa_mask);
	if (sigaltstack(&on, NULL) < 0)
		warn("a stack for crashes: %s", err_text(errno));
	for (int number = 1; number <= SIGSEGV; number++)
		if (SIGNALS_FAULTS >> (number - 1) & 1)
			sigaction(number, &a, NULL);
}
