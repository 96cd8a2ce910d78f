/* SPDX-License-Identifier: MIT
 *
 * The steps of the child, in their order. Its memory is PID 1's, which runs on meanwhile: it writes to nothing but its
 * own stack, allocates nothing and takes no lock. The first step that fails is reported and ends the process.
 */
#include "sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fmt.h"
#include "identity.h"
#include "landlock.h"
#include "net_ask.h"
#include "templates.h"
#include "stub_abi.h"
#include "sys.h"

#define LIFT 32 /* above every number of stub_abi.h */
static_assert(LIFT >= STUB_FD_END + TBL_LISTEN_MAX, "what is lifted is not yet in its place");

__attribute__((noreturn)) static void
fail(const struct sandbox *x, uint32_t step)
{
	struct launch_error error = { .step = step, .code = errno, .mount = step == LAUNCH_MOUNT ? x->mount : 0 };

	/* Nothing else can be done if this fails; the parent then sees a process that ended without a word. */
	(void)!write(x->error, &error, sizeof error);
	_exit(127);
}

/* ---- descriptors ---- */

/* Whatever stands where another one belongs steps aside first. It also cannot stand where it belongs itself: dup2 of a
 * descriptor onto itself would leave it close-on-exec. */
static int
lift(int *fd)
{
	if (*fd < 0 || *fd >= LIFT)
		return 0;
	*fd = fcntl(*fd, F_DUPFD_CLOEXEC, LIFT);
	return *fd < 0 ? -1 : 0;
}

static int
place(int fd, int at, int flags)
{
	return fd < 0 || dup3(fd, at, flags) >= 0 ? 0 : -1;
}

/* The stub's program gets them from 3 on, where the stub has others. */
static int
place_listeners(struct sandbox *x)
{
	for (uint32_t i = 0; i < x->s->listen.count; i++)
		if (place(x->listen[i], STUB_FD_END + (int)i, 0))
			return -1;
	return 0;
}

/* Each descriptor to its number in stub_abi.h; PID 1's own are gone from here on. */
static int
step_fds(struct sandbox *x)
{
	int null = open(TEMPLATE_DEV "/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || lift(&null) || lift(&x->error) || lift(&x->output[0]) || lift(&x->output[1]) ||
	    lift(&x->status) || lift(&x->ready) || lift(&x->notify) || lift(&x->user) || lift(&x->mounts) ||
	    lift(&x->stub))
		return -1;
	for (uint32_t i = 0; CFG_LISTEN && i < x->s->listen.count; i++)
		if (lift(&x->listen[i]))
			return -1;
	if (place(null, 0, 0) || place(x->output[0], 1, 0) || place(x->output[1], 2, 0) ||
	    place(x->error, STUB_FD_ERROR, 0) || place(x->status, STUB_FD_STATUS, 0) || place(x->ready, STUB_FD_READY, 0) ||
	    place(x->stub, STUB_FD_EXE, O_CLOEXEC) || place(x->notify, STUB_FD_NOTIFY, O_CLOEXEC) ||
	    place(x->user, STUB_FD_USER, O_CLOEXEC) || place(x->mounts, STUB_FD_MOUNTS, O_CLOEXEC))
		return -1;
	/* dup3 has closed what stood at these numbers; where nothing was placed, PID 1's may still stand. */
	if (x->status < 0)
		close(STUB_FD_STATUS);
	if (x->ready < 0)
		close(STUB_FD_READY);
	if (x->stub < 0)
		close(STUB_FD_EXE);
	if (x->notify < 0)
		close(STUB_FD_NOTIFY);
	if (x->user < 0)
		close(STUB_FD_USER);
	if (x->mounts < 0)
		close(STUB_FD_MOUNTS);
	x->error = STUB_FD_ERROR;
	if (CFG_LISTEN && place_listeners(x))
		return -1;
	return sys_close_range(STUB_FD_END + (CFG_LISTEN ? x->s->listen.count : 0), ~0u, 0);
}

/* ---- the other steps ---- */

/* Of a private network ingot-net has made it, and keeps it for the next run. */
static int
step_network(struct sandbox *x)
{
	int net = CFG_NET && x->s->net ? net_ask(&x->t, x->s->net - 1) : 0;

	return net <= 0 ? net : setns(net, CLONE_NEWNET);
}

/* While PID 1's descriptors are here. */
static int
step_namespaces(struct sandbox *x)
{
	if (!(x->s->flags & TBL_SVC_NETNS))
		return 0;
	return x->net >= 0 ? setns(x->net, CLONE_NEWNET) : unshare(CLONE_NEWNET);
}

/* A mount namespace of its own, without the machine's mounts from here on; the cgroup namespace is rooted at the group
 * that the clone went into. */
static int
step_mount_ns(struct sandbox *x)
{
	(void)x;
	return setns(STUB_FD_MOUNTS, CLONE_NEWNS) || unshare(CLONE_NEWNS | CLONE_NEWCGROUP) ? -1 : 0;
}

/* PID 1 reads the same socket. Whoever has the service's folders may write to it. */
static int
step_notify(struct sandbox *x)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = TBL_NOTIFY_PATH };

	if (x->notify < 0)
		return 0;
	mode_t mask = umask(0);
	int ret = bind(STUB_FD_NOTIFY, (struct sockaddr *)&at, sizeof at);
	umask(mask);
	return ret;
}

static int
step_cwd(struct sandbox *x)
{
	return x->s->cwd ? chdir(tbl_str(&x->t, x->s->cwd)) : 0;
}

static int
step_hostname(struct sandbox *x)
{
	return sethostname(x->name, strlen(x->name));
}

struct step {
	enum launch_step name;
	int (*run)(struct sandbox *x);
};

static const struct step isolation[] = {
	{ LAUNCH_NETWORK, step_network },
	{ LAUNCH_ROOT, sandbox_root },
	{ LAUNCH_LANDLOCK, sandbox_rules },
	{ LAUNCH_MOUNT, sandbox_trees },
	{ LAUNCH_NAMESPACES, step_mount_ns },
	{ LAUNCH_ROOT, sandbox_attach },
	{ LAUNCH_MOUNT, sandbox_mount },
	{ LAUNCH_CHROOT, sandbox_chroot },
	{ LAUNCH_NOTIFY, step_notify },
	{ LAUNCH_CWD, step_cwd },
	{ LAUNCH_HOSTNAME, step_hostname },
};

/* ---- the program ---- */

static size_t
copy_words(const struct sandbox *x, struct tbl_span span, char **out)
{
	for (uint32_t i = 0; i < span.count; i++)
		out[i] = (char *)(uintptr_t)tbl_word(&x->t, span, i); /* exec's prototype forgets const */
	out[span.count] = NULL;
	return span.count;
}

/* Puts the probe's words behind the n that are there, and an empty one before them. Returns where they begin; 0: it is
 * not the stub's. */
static size_t
copy_probe(const struct sandbox *x, const struct tbl_probe *p, char *age, char **argv, size_t *n)
{
	if (p->kind != TBL_PROBE_FILE && p->kind != TBL_PROBE_EXEC)
		return 0;
	argv[(*n)++] = age + strlen(age);
	size_t at = *n;
	if (p->kind == TBL_PROBE_FILE)
		argv[(*n)++] = age;
	*n += copy_words(x, p->words, argv + *n);
	return at;
}

__attribute__((noreturn)) static void
exec_stub(struct sandbox *x)
{
	char word[sizeof STUB_NAME + 40], age[2][16];
	char *argv[3 * TBL_ARGV_MAX + 8] = { word }, *envp[TBL_ARGV_MAX + 1];
	const struct tbl_probe *ready = &x->s->ready_probe, *health = &x->s->health;

	size_t n = 1 + copy_words(x, x->s->argv, argv + 1);
	fmt(age[0], sizeof age[0], "%u", ready->age_ms);
	fmt(age[1], sizeof age[1], "%u", health->age_ms);
	size_t ready_at = copy_probe(x, ready, age[0], argv, &n), health_at = copy_probe(x, health, age[1], argv, &n);
	fmt(word, sizeof word, "%s:%u:%zu:%zu:%u:%u", STUB_NAME, x->s->ready == TBL_READY_FD ? x->s->ready_fd : 0, ready_at,
	    health_at, CFG_LISTEN ? x->s->listen.count : 0, !(x->s->flags & TBL_SVC_JIT));
	copy_words(x, x->s->env, envp);
	/* Signals stay blocked: what is sent meanwhile waits for the stub, where a PID 1 would drop it. */
	sys_execveat(STUB_FD_EXE, "", argv, envp, AT_EMPTY_PATH);
	fail(x, LAUNCH_STUB);
}

__attribute__((noreturn)) static void
exec_machine(struct sandbox *x)
{
	char *argv[TBL_ARGV_MAX + 1], *envp[TBL_ARGV_MAX + 1];

	copy_words(x, x->s->argv, argv);
	copy_words(x, x->s->env, envp);
	if (x->s->ready == TBL_READY_FD) {
		/* Above both, should the service want the error pipe's number. */
		int at = x->s->ready_fd < STUB_FD_END ? STUB_FD_END : (int)x->s->ready_fd + 1;
		int error = fcntl(x->error, F_DUPFD_CLOEXEC, at);
		if (error < 0)
			fail(x, LAUNCH_FDS);
		close(x->error);
		x->error = error;
		if ((int)x->s->ready_fd != STUB_FD_READY) {
			if (dup2(STUB_FD_READY, (int)x->s->ready_fd) < 0)
				fail(x, LAUNCH_FDS);
			close(STUB_FD_READY);
		}
	} else {
		fcntl(x->error, F_SETFD, FD_CLOEXEC);
	}
	if (setsid() < 0) /* of a service with a stub that is the stub's work */
		fail(x, LAUNCH_IDS);
	sys_sigmask(0, NULL);
	execve(argv[0], argv, envp);
	fail(x, LAUNCH_EXEC);
}

void
sandbox_run(void *sandbox)
{
	struct sandbox *x = sandbox;
	bool machine = x->s->flags & TBL_SVC_MACHINE;
	struct limits limits = { 0 };
	uint32_t step;

	if (step_namespaces(x))
		fail(x, LAUNCH_NAMESPACES);
	if (step_fds(x))
		fail(x, LAUNCH_FDS);
	for (size_t i = 0; !machine && i < sizeof isolation / sizeof *isolation; i++)
		if (isolation[i].run(x))
			fail(x, isolation[i].name);
	for (uint32_t i = 0; i < x->s->rlimits.count; i++) {
		const struct tbl_rlimit *r = tbl_rlimit(&x->t, x->s, i);
		identity_limit(&limits, r->resource, r->value, r->value);
	}
	if (identity_become(x->s->uid, x->s->gid, x->s->caps, x->user < 0 ? -1 : STUB_FD_USER, &limits, &step))
		fail(x, step);
	if (machine)
		exec_machine(x);
	if (x->rules >= 0 && landlock_enter(x->rules))
		fail(x, LAUNCH_LANDLOCK);
	if (identity_filter(tbl_filter(&x->t, x->s), x->s->filter.count))
		fail(x, LAUNCH_SECCOMP);
	exec_stub(x);
}
