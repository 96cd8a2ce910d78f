/* SPDX-License-Identifier: MIT
 *
 * The loop beside a running VM: relays its console, turns Ctrl-C and SIGTERM into a request to end, says when a page is
 * served, rebuilds where a watched file changed, and judges how the VM ended.
 */
#include "run_loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"
#include "qemu.h"
#include "relay.h"
#include "tester.h"
#include "watch.h"

#define POWER_OFF_MS 15000 /* for the guest to end in order, beyond its own shutdown deadline */
#define SAME_REQUEST_MS 1000 /* a signal to a whole process group may come twice: by itself, and handed on */
#define ANSWER_MS    1000    /* to the request to end; then the power button is pressed */
#define PRESS_EVERY_MS 1000  /* a press before the guest listens is lost */
#define GIVE_UP_MS   120000 /* asking forwarded ports for a page */
#define CONSOLE_LINE 256
#define ESCAPE       1   /* Ctrl-A, then x, as QEMU has it */

static const char powered_off[] = "ingot: power off";
static const char services_ready[] = " services ready, ";
static const char boot_failed[] = "ingot: boot failed: ";
static const char panicked[] = "Kernel panic - not syncing";

struct run {
	const struct run_vm *vm;
	struct qemu qemu;
	struct probe probes[FORWARDS_MAX];
	size_t n_probes;
	int signals;
	uint64_t asked_ms;    /* when the end was asked for */
	uint64_t press_ms;    /* when the power button is pressed next */
	uint64_t kill_at_ms;  /* 0: nobody asked for the end yet */
	char line[CONSOLE_LINE]; /* the console's current line */
	size_t line_len;
	bool ending; /* the guest has said that it ends */
	bool saw_power_off, saw_boot_failed, saw_panic, killed, escape, stdin_ended;
	struct termios saved; /* valid if raw */
	bool raw;
	bool again; /* a file changed, and the image was built anew */
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
say(const struct run *r, const char *text)
{
	fprintf(stderr, "ingot: %s%s\n", text, r->raw ? "\r" : "");
}

/* ---- the console ---- */

static void
judge_line(struct run *r)
{
	while (r->line_len && (r->line[r->line_len - 1] == '\n' || r->line[r->line_len - 1] == '\r'))
		r->line_len--;
	r->line[r->line_len] = '\0';
	if (strncmp(r->line, powered_off, sizeof powered_off - 1) == 0)
		r->ending = true;
	if (strcmp(r->line, powered_off) == 0)
		r->saw_power_off = true;
	if (strncmp(r->line, boot_failed, sizeof boot_failed - 1) == 0)
		r->saw_boot_failed = true;
	if (strstr(r->line, panicked))
		r->saw_panic = true;
	if (r->vm->tester)
		tester_line(r->vm->tester, r->line);
	if (strstr(r->line, services_ready))
		for (size_t i = 0; i < r->n_probes; i++)
			probe_hurry(&r->probes[i], now_ms());
	r->line_len = 0;
}

static void
write_fully(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);
		if (n < 0 && errno != EINTR)
			return; /* nobody reads: the VM runs on */
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
}

static void
on_console(struct run *r)
{
	char buf[4096];
	ssize_t n = read(r->qemu.console, buf, sizeof buf);

	if (n <= 0) {
		close(r->qemu.console);
		r->qemu.console = -1;
		return;
	}
	if (r->vm->tester)
		tester_console(r->vm->tester, buf, (size_t)n);
	else
		write_fully(STDOUT_FILENO, buf, (size_t)n);
	for (ssize_t i = 0; i < n; i++) {
		if (r->line_len < sizeof r->line - 1)
			r->line[r->line_len++] = buf[i];
		if (buf[i] == '\n')
			judge_line(r);
	}
	if (r->saw_panic && !r->killed) {
		r->killed = true;
		kill(r->qemu.pid, SIGKILL);
	}
}

static void
on_monitor(struct run *r)
{
	char buf[1024];

	if (read(r->qemu.monitor, buf, sizeof buf) <= 0) {
		close(r->qemu.monitor);
		r->qemu.monitor = -1;
	}
}

/* ---- the end ---- */

static void
press_button(struct run *r, uint64_t now)
{
	static const char button[] = "system_powerdown\n";

	if (r->qemu.monitor >= 0)
		send(r->qemu.monitor, button, sizeof button - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	r->press_ms = now + PRESS_EVERY_MS;
}

static void
ask_to_end(struct run *r)
{
	if (r->kill_at_ms && now_ms() - r->asked_ms < SAME_REQUEST_MS)
		return;
	if (r->kill_at_ms) {
		say(r, "ended at once");
		r->killed = true;
		kill(r->qemu.pid, SIGKILL);
		return;
	}
	if (!r->vm->tester)
		say(r, "powering off; once more to end it at once");
	r->asked_ms = now_ms();
	relay_ask_end(r->vm->relay);
	r->press_ms = r->asked_ms + ANSWER_MS;
	if (!r->vm->relay->answers) /* it boots, or never will */
		press_button(r, r->asked_ms);
	r->kill_at_ms = r->asked_ms + r->vm->stop_ms + POWER_OFF_MS;
}

static void
on_signal(struct run *r)
{
	struct signalfd_siginfo si;

	if (read(r->signals, &si, sizeof si) == sizeof si)
		ask_to_end(r);
}

static void
on_stdin(struct run *r)
{
	char buf[512];
	ssize_t n = read(STDIN_FILENO, buf, sizeof buf);

	if (n <= 0) {
		r->stdin_ended = true;
		return;
	}
	for (ssize_t i = 0; i < n && r->raw; i++) {
		if (r->escape && buf[i] == 'x')
			ask_to_end(r);
		r->escape = buf[i] == ESCAPE;
	}
	if (r->qemu.console >= 0)
		write_fully(r->qemu.console, buf, (size_t)n);
}

/* ---- the loop ---- */

/* The request has arrived, by PID 1's own word or the console's. */
static bool
is_ending(const struct run *r)
{
	return r->ending || r->vm->relay->ended;
}

static int
timeout_of(const struct run *r, uint64_t now)
{
	uint64_t due = r->kill_at_ms && !r->killed ? r->kill_at_ms : UINT64_MAX;

	if (r->kill_at_ms && !r->killed && !is_ending(r) && r->press_ms < due)
		due = r->press_ms;
	if (relay_due_ms(r->vm->relay) < due)
		due = relay_due_ms(r->vm->relay);
	if (r->vm->watch && watch_due_ms(r->vm->watch) < due)
		due = watch_due_ms(r->vm->watch);
	if (r->vm->tester && !r->kill_at_ms && tester_due_ms(r->vm->tester) < due)
		due = tester_due_ms(r->vm->tester);
	for (size_t i = 0; i < r->n_probes; i++)
		if (r->probes[i].state <= PROBE_ASKING && r->probes[i].due_ms < due)
			due = r->probes[i].due_ms;
	if (due == UINT64_MAX)
		return -1;
	return due <= now ? 0 : (int)(due - now);
}

static void
step_probes(struct run *r, const struct pollfd *polled, uint64_t now)
{
	char text[256];

	for (size_t i = 0; i < r->n_probes; i++) {
		struct probe *p = &r->probes[i];
		if (!probe_step(p, polled[i].fd >= 0 && polled[i].revents, now) || r->vm->tester)
			continue;
		snprintf(text, sizeof text, "http://localhost:%u/ answers: %s", p->ask.port, p->shown);
		say(r, text);
	}
	if (r->vm->tester && !r->kill_at_ms && tester_done(r->vm->tester, r->probes, now))
		ask_to_end(r);
}

static bool
writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

enum { PIDFD, CONSOLE, MONITOR, SIGNALS, INPUT, OUTPUT, TO_CONSOLE, WATCH, BUILDER, RELAY, PROBES = RELAY + RELAY_FDS };

/* What to wait for. Nothing is read that could not be written on at once: a terminal that is stopped, or a guest that
 * does not read, must not keep a signal waiting. */
static void
prepare(const struct run *r, struct pollfd fds[PROBES + FORWARDS_MAX])
{
	bool input = r->vm->shell && !r->stdin_ended && r->qemu.console >= 0;
	bool out = writable(STDOUT_FILENO), in = input && writable(r->qemu.console);

	/* while output waits QEMU may have ended: what the guest wrote last is still to be relayed */
	fds[PIDFD] = (struct pollfd){ .fd = out || r->killed ? r->qemu.pidfd : -1, .events = POLLIN };
	fds[CONSOLE] = (struct pollfd){ .fd = out ? r->qemu.console : -1, .events = POLLIN };
	fds[MONITOR] = (struct pollfd){ .fd = r->qemu.monitor, .events = POLLIN };
	fds[SIGNALS] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
	fds[INPUT] = (struct pollfd){ .fd = in ? STDIN_FILENO : -1, .events = POLLIN };
	fds[OUTPUT] = (struct pollfd){ .fd = out ? -1 : STDOUT_FILENO, .events = POLLOUT };
	fds[TO_CONSOLE] = (struct pollfd){ .fd = input && !in ? r->qemu.console : -1, .events = POLLOUT };
	fds[WATCH] = (struct pollfd){ .fd = r->vm->watch ? watch_fd(r->vm->watch) : -1, .events = POLLIN };
	fds[BUILDER] = (struct pollfd){ .fd = r->vm->watch ? watch_builder_fd(r->vm->watch) : -1, .events = POLLIN };
	relay_prepare(r->vm->relay, fds + RELAY);
	for (size_t i = 0; i < r->n_probes; i++)
		fds[PROBES + i] = (struct pollfd){ .fd = r->probes[i].fd, .events = POLLIN };
}

static void
step_end(struct run *r, uint64_t now)
{
	if (!r->kill_at_ms || r->killed)
		return;
	if (!is_ending(r) && now >= r->press_ms)
		press_button(r, now);
	if (now < r->kill_at_ms)
		return;
	say(r, "the guest did not power off in time: ended");
	r->killed = true;
	kill(r->qemu.pid, SIGKILL);
}

/* The old VM runs on until there is a new image; then it is ended at once, as its state lies in memory. */
static void
step_watch(struct run *r, uint64_t now)
{
	if (r->kill_at_ms || r->killed || watch_step(r->vm->watch, now) != WATCH_BUILT)
		return;
	say(r, "built anew; starting again");
	r->again = r->killed = true;
	kill(r->qemu.pid, SIGKILL);
}

/* One round; false when QEMU has ended. */
static bool
run_once(struct run *r)
{
	struct pollfd fds[PROBES + FORWARDS_MAX];

	prepare(r, fds);
	if (poll(fds, PROBES + r->n_probes, timeout_of(r, now_ms())) < 0)
		return errno == EINTR;
	if (fds[CONSOLE].revents)
		on_console(r);
	if (fds[MONITOR].revents)
		on_monitor(r);
	relay_step(r->vm->relay, fds + RELAY, now_ms());
	if (r->vm->tester && r->vm->relay->down.kind == CTL_DOWN_REBOOT && !r->killed) {
		r->killed = true; /* what comes then is not the machine that was asked */
		kill(r->qemu.pid, SIGKILL);
	}
	if (fds[SIGNALS].revents)
		on_signal(r);
	if (fds[INPUT].revents)
		on_stdin(r);
	step_probes(r, fds + PROBES, now_ms());
	if (r->vm->watch)
		step_watch(r, now_ms());
	step_end(r, now_ms());
	return !fds[PIDFD].revents || (fds[CONSOLE].revents & POLLIN);
}

static void
raw_terminal(struct run *r)
{
	struct termios t;

	if (!r->vm->shell || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &r->saved))
		return;
	say(r, "the machine's shell follows; Ctrl-A x powers off");
	t = r->saved;
	cfmakeraw(&t);
	r->raw = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
}

static int
take_signals(struct run *r, sigset_t *old, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
	signal(SIGPIPE, SIG_IGN);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return r->signals < 0 ? err_set(e, errno, "cannot watch for signals") : 0;
}

static int
judge_end(struct run *r, int status, struct err *e)
{
	const struct relay *told = r->vm->relay;
	char text[96];

	if (r->line_len)
		judge_line(r);
	if (r->saw_panic)
		return err_set(e, 0, "the guest's kernel panicked; its last lines are above");
	/* PID 1 tells nothing by its port then, and powers off in order */
	if (r->saw_boot_failed)
		return err_set(e, 0, "the machine's boot failed; its last lines are above");
	if (told->down.kind == CTL_DOWN_REBOOT && r->vm->tester)
		return err_set(e, 0, "the machine rebooted: asked for by %s", told->down.why);
	if (r->killed)
		return err_set(e, 0, "the VM was ended before it had powered off");
	if (status != 0)
		return err_set(e, 0, "%s ended with status %d; its message is above", QEMU_PROGRAM, status);
	if (told->down.kind != CTL_DOWN_POWEROFF && !r->saw_power_off)
		return err_set(e, 0, "the VM ended without powering off in order");
	if (told->down.kind != CTL_DOWN_POWEROFF || told->status == 0)
		return 0;
	snprintf(text, sizeof text, "the machine's exit status is %d: %s", told->status, told->down.why);
	if (!r->vm->tester)
		say(r, text);
	return RUN_ENDED + told->status;
}

static void
begin_probes(struct run *r)
{
	const struct qemu_config *c = r->vm->config;
	struct probe_ask page = { .http = true, .request = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n" };
	uint64_t now = now_ms();

	if (r->vm->tester) {
		r->n_probes = tester_begin(r->vm->tester, r->probes, now);
		return;
	}
	for (size_t i = 0; i < c->n_forwards; i++) {
		page.port = c->forwards[i].host;
		if (!c->forwards[i].udp)
			probe_init(&r->probes[r->n_probes++], &page, now, now + GIVE_UP_MS);
	}
}

int
run_loop(struct arena *a, const struct run_vm *vm, struct err *e)
{
	struct run r = { .vm = vm, .signals = -1 };
	sigset_t old;

	int failed = take_signals(&r, &old, e) || qemu_start(&r.qemu, a, vm->config, e);
	close(vm->config->control);
	if (failed)
		return -1;
	raw_terminal(&r);
	begin_probes(&r);
	while (run_once(&r))
		;
	if (r.raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &r.saved);
	r.raw = false;
	if (r.line_len && !vm->tester) /* our own words shall not follow on a line that the guest did not finish */
		write_fully(STDOUT_FILENO, "\n", 1);
	int status = qemu_wait(&r.qemu);
	relay_finish(vm->relay);
	for (size_t i = 0; i < r.n_probes; i++)
		probe_release(&r.probes[i]);
	qemu_release(&r.qemu);
	close(r.signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r.again ? RUN_AGAIN : judge_end(&r, status, e);
}
