/* SPDX-License-Identifier: MIT
 *
 * The boot steps. Only a table that cannot be read and a launch path that cannot be set up end a boot; every other
 * step that fails is said, and the next one is taken. Nothing of it runs a second time.
 */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "control.h"
#include "ending.h"
#include "history.h"
#include "keep.h"
#include "lacks.h"
#include "late.h"
#include "loop.h"
#include "modules.h"
#include "mounts.h"
#include "posture.h"
#include "reexec.h"
#include "reload.h"
#include "root.h"
#include "shell.h"
#include "shutdown.h"
#include "state.h"
#include "signals.h"
#include "svc_act.h"
#include "svc_io.h"
#include "tally.h"
#include "watchdog.h"

#define FILES_SPARE 256 /* descriptors beyond the services' */
#define FILES_MAX \
	(WATCHES + CFG_MAX_SERVICES * (2 * LOG_STREAMS + 2 + CFG_LISTEN * TBL_LISTEN_MAX) + FILES_SPARE)
#define SYNC_MS 2000
#define SAID_MS 100 /* for the console to take what was said */
#define AGAIN_TRIES 5
#define AGAIN_MS 50

static void
read_cmdline(struct cmdline *c)
{
	char text[CMDLINE_MAX];
	AUTO_FD fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof text);

	cmdline_parse(c, text, n > 0 ? (size_t)n : 0);
	console_quiet(c->quiet);
	if (c->unknown[0])
		warn("kernel command line: no such word: %s", c->unknown);
}

static int
open_table(struct tbl *t, struct err *e)
{
	AUTO_FD fd = open(TBL_PATH, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "%s", TBL_PATH);
	if (st.st_size <= 0 || st.st_size > (off_t)TBL_SIZE_MAX)
		return err_set(e, 0, "%s: it has %lld bytes", TBL_PATH, (long long)st.st_size);
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_set(e, errno, "%s", TBL_PATH);
	if (tbl_open(t, data, (size_t)st.st_size, e))
		return err_wrap(e, "%s", TBL_PATH);
	return 0;
}

/* From the initramfs' own table, before anything is mounted. A root that it names holds the same one, and that is the
 * one to have open then. One that cannot be read names none, and is said later. */
static int
attach_root(struct init *in, bool *attached, struct err *e)
{
	struct err ignored;

	*attached = false;
	if (open_table(&in->table, &ignored) || !in->table.machine->root)
		return 0;
	int r = root_init(&in->table, e);
	*attached = r == 0;
	munmap((void *)in->table.base, in->table.h->size);
	in->table = (struct tbl){ 0 };
	return r;
}

static void
raise_file_limit(void)
{
	struct rlimit r = { FILES_MAX, FILES_MAX };

	if (FILES_MAX > 1024 && setrlimit(RLIMIT_NOFILE, &r) < 0)
		warn("file limit: %s", err_text(errno));
}

/* What the table says of the machine itself. */
static void
set_machine(struct init *in)
{
	const char *host = tbl_str(&in->table, in->table.machine->hostname);

	if (*host && sethostname(host, strlen(host)) < 0)
		warn("hostname %s: %s", host, err_text(errno));
	modules_load(&in->table, in->table.machine->early, tbl_count(&in->table, TBL_MODULES) - in->table.machine->late);
	watchdog_init(in);
	posture_init(&in->table); /* some sysctls come with a module */
	late_links(in);
}

/* Nothing that the image says may stop this one. */
static void
emergency(struct init *in)
{
	struct err e;

	warn("emergency: a shell, no services");
	if (!in->table.base && open_table(&in->table, &e))
		warn("%s", e.msg);
	shell_init(in);
}

static int
boot_services(struct init *in, struct err *e)
{
	if (!in->table.base && open_table(&in->table, e))
		return -1;
	uint32_t n = tbl_count(&in->table, TBL_SVCS);
	if (n > CFG_MAX_SERVICES)
		return err_set(e, 0, "the image has %u services, this ingot-init takes %u", n, (unsigned)CFG_MAX_SERVICES);
	in->s->services = n;
	loop_services(in, 0, n);
	late_begin(in);
	set_machine(in);
	if (keep_book(in, e) || spawn_init(&in->launcher, e))
		return -1;
	if (lacks_init(in, e) || state_init(in, e))
		return -1;
	history_init(in);
	svc_act_init(in);
	svc_act_missed(in);
	mounts_seal();
	if (CFG_EMERGENCY_SHELL && in->s->cmdline.shell)
		shell_init(in);
	say("%s: booted in %llu ms, %u services", tbl_str(&in->table, in->table.machine->image),
	    (unsigned long long)(loop_clock_ms() - in->s->boot_ms), n);
	return 0;
}

int
boot(struct init *in, struct err *e)
{
	loop_read_clocks(in);
	in->s->boot_ms = in->s->now_ms;
	in->s->shell_ms = SVC_NEVER;
	in->s->logger.at_ms = SVC_NEVER;
	console_init();
	bool attached;
	int r = attach_root(in, &attached, e);
	mounts_init(attached);
	console_init(); /* anew: this is the kernel's own /dev */
	read_cmdline(&in->s->cmdline);
	if (r)
		return -1;
	raise_file_limit();
	if (loop_init(in, e) || signals_init(in, e))
		return -1;
	control_init(in);
	if (CFG_EMERGENCY_SHELL && in->s->cmdline.emergency) {
		emergency(in);
		return 0;
	}
	return boot_services(in, e);
}

/* ---- after an exec: what a boot made is there, and is opened again ---- */

int
boot_check(struct err *e)
{
	struct tbl t;

	return open_table(&t, e);
}

/* What an earlier try has opened stays. */
static int
open_again(struct init *in, struct err *e)
{
	struct err ignored;

	if (CFG_EMERGENCY_SHELL && in->s->cmdline.emergency) {
		if (open_table(&in->table, &ignored))
			in->table.base = NULL;
		return 0;
	}
	if ((!in->table.base && !in->s->reload.own && open_table(&in->table, e)) || (!in->book.h && keep_book(in, e)) ||
	    (in->launcher.cgroups <= 0 && spawn_open(&in->launcher, e)))
		return -1;
	in->launcher.disk = in->s->state_kind == CTL_STATE_DISK;
	if (CFG_RELOAD && reload_resume(in, e))
		return -1;
	if (tbl_count(&in->table, TBL_SVCS) != in->s->services)
		return err_set(e, 0, "%s is not the one that this machine runs", TBL_PATH);
	return 0;
}

int
boot_patiently(struct init *in, int (*step)(struct init *in, struct err *e), struct err *e)
{
	for (int tries = 1; step(in, e); tries++) {
		if (tries == AGAIN_TRIES)
			return -1;
		poll(NULL, 0, AGAIN_MS);
	}
	return 0;
}

int
boot_again(struct init *in, struct err *e)
{
	loop_read_clocks(in);
	if (boot_patiently(in, loop_resume, e))
		return -1;
	console_init();
	console_quiet(in->s->cmdline.quiet);
	if (boot_patiently(in, open_again, e))
		return -1;
	tally_begin(in);
	for (uint32_t i = 0; i < in->s->services; i++)
		svc_io_reconcile(in, i);
	control_resume(in);
	reexec_resumed(in);
	kill(getpid(), SIGCHLD); /* an end that was told already may not have been looked at */
	say("PID 1 goes on: %u services kept", in->s->services);
	return 0;
}

__attribute__((noreturn)) void
boot_again_failed(const struct err *e)
{
	console_init();
	warn("PID 1 cannot go on: %s", e->msg);
	ending_now(DOWN_REBOOT, SYNC_MS);
}

__attribute__((noreturn)) void
boot_failed(const struct init *in, const struct err *e)
{
	int panic = in->s->cmdline.panic;

	warn("boot failed: %s", e->msg);
	console_wait(SAID_MS);
	if (panic > 0)
		poll(NULL, 0, panic * 1000);
	ending_now(panic ? DOWN_REBOOT : DOWN_POWEROFF, SYNC_MS);
}
