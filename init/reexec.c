/* SPDX-License-Identifier: MIT
 *
 * ingotctl reexec: a child runs the new program with --check, its answer is judged when it is reaped, and the loop
 * executes it once everything has settled. Whatever is wrong with the new program is one line for who asked, and the
 * running one goes on.
 */
#include "reexec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "console.h"
#include "fmt.h"
#include "keep.h"
#include "sys.h"

#define CHECK_MS 5000
#define ANSWER "ingot-init keeps " /* and the layout; no program that merely repeats its arguments says that */
#define LAYOUT_DIGITS 8

/* What the child says when the program could not be executed; an answer never begins with a NUL. */
struct no_exec {
	uint32_t zero;
	int32_t code;
};

static void
layout_text(char out[LAYOUT_DIGITS + 1])
{
	fmt(out, LAYOUT_DIGITS + 1, "%08x", keep_layout());
}

/* ---- the check, in the new program ---- */

int
reexec_check(const char *layout)
{
	char own[LAYOUT_DIGITS + 1], answer[64];
	struct err e;

	layout_text(own);
	size_t n = fmt(answer, sizeof answer, ANSWER "%s\n", own);
	if (write(STDOUT_FILENO, answer, n) != (ssize_t)n)
		return 1;
	return strcmp(layout, own) == 0 && boot_check(&e) == 0 ? 0 : 1;
}

/* ---- the check, in the old one ---- */

__attribute__((noreturn)) static void
run_check(const char *path, int out)
{
	static char *const none[] = { NULL };
	char layout[LAYOUT_DIGITS + 1];
	char *argv[] = { "ingot-init", REEXEC_CHECK, layout, NULL };

	layout_text(layout);
	setsid();
	dup2(out, STDOUT_FILENO);
	sys_sigmask(0, NULL);
	execve(path, argv, none);
	struct no_exec no = { .code = errno };
	(void)!write(out, &no, sizeof no);
	_exit(127);
}

static int
start_check(struct init *in, const char **why)
{
	struct reexec *r = &in->s->reexec;
	int answer[2];

	if (pipe2(answer, O_CLOEXEC | O_NONBLOCK) < 0) {
		*why = "no pipe for its check";
		return errno;
	}
	pid_t pid = fork();
	if (pid == 0)
		run_check(r->path, answer[1]);
	int code = errno;
	close(answer[1]);
	if (pid < 0) {
		close(answer[0]);
		*why = "no process for its check";
		return code;
	}
	r->answer = answer[0];
	r->pid = pid;
	r->phase = REEXEC_CHECKING;
	r->due_ms = in->s->now_ms + CHECK_MS;
	return 0;
}

int
reexec_begin(struct init *in, const char *path, const char **why)
{
	struct reexec *r = &in->s->reexec;

	if (!CFG_SURVIVE || in->memory < 0) {
		*why = "this PID 1 cannot be replaced while it runs";
		return EOPNOTSUPP;
	}
	if (in->s->down != DOWN_NOT) {
		*why = "the machine is going down";
		return ESHUTDOWN;
	}
	if (r->phase == REEXEC_CHECKING || r->phase == REEXEC_GO) {
		*why = "another program is being checked";
		return EBUSY;
	}
	if (path[0] == '\0')
		path = REEXEC_PATH;
	if (path[0] != '/') {
		*why = "the path must be absolute";
		return EINVAL;
	}
	*r = (struct reexec){ .answer = -1 };
	fmt(r->path, sizeof r->path, "%s", path);
	return start_check(in, why);
}

bool
reexec_done(const struct init *in, int *code, char *text, size_t cap)
{
	const struct reexec *r = &in->s->reexec;

	*code = r->phase == REEXEC_FAILED ? EIO : 0;
	fmt(text, cap, "%s", r->text);
	return r->phase == REEXEC_FAILED || r->phase == REEXEC_DONE || r->phase == REEXEC_NOT;
}

/* text is in r->text already. */
static void
refuse(struct reexec *r)
{
	r->phase = REEXEC_FAILED;
	warn("re-exec: %s; PID 1 goes on as it is", r->text);
}

/* What the new program said, against what it should have; true where it may be executed. */
static bool
judge(struct reexec *r, const char *answer, size_t n, int status)
{
	const struct no_exec *no = (const void *)answer;
	char own[LAYOUT_DIGITS + 1];
	size_t cap = sizeof r->text, head = sizeof ANSWER - 1;

	layout_text(own);
	if (r->late)
		fmt(r->text, cap, "%s: its check did not end within %u ms", r->path, CHECK_MS);
	else if (n == sizeof *no && no->zero == 0)
		fmt(r->text, cap, "%s: %s", r->path, err_text(no->code));
	else if (WIFSIGNALED(status))
		fmt(r->text, cap, "%s: its check ended by signal %d (%s)", r->path, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (n != head + LAYOUT_DIGITS + 1 || memcmp(answer, ANSWER, head) != 0)
		fmt(r->text, cap, "%s: it is no ingot-init that can go on with running services", r->path);
	else if (memcmp(answer + head, own, LAYOUT_DIGITS) != 0)
		fmt(r->text, cap, "%s: it keeps its state in another way than the one that runs: boot it instead", r->path);
	else if (status != 0)
		fmt(r->text, cap, "%s: it cannot read %s of this machine", r->path, TBL_PATH);
	else
		return true;
	return false;
}

void
reexec_reaped(struct init *in, pid_t pid, int status)
{
	struct reexec *r = &in->s->reexec;
	uint32_t answer[16] = { 0 };

	if (r->phase != REEXEC_CHECKING || pid != r->pid)
		return;
	ssize_t n = read(r->answer, answer, sizeof answer);
	close(r->answer);
	r->answer = -1;
	r->pid = 0;
	if (judge(r, (const char *)answer, n > 0 ? (size_t)n : 0, status))
		r->phase = REEXEC_GO;
	else
		refuse(r);
}

void
reexec_timers(struct init *in)
{
	struct reexec *r = &in->s->reexec;

	if (reexec_due(in) > in->s->now_ms)
		return;
	r->late = true;
	r->due_ms = SVC_NEVER;
	kill(r->pid, SIGKILL); /* and all that is left of it is said when it is reaped */
}

uint64_t
reexec_due(const struct init *in)
{
	return in->s->reexec.phase == REEXEC_CHECKING ? in->s->reexec.due_ms : SVC_NEVER;
}

/* ---- the exec ---- */

void
reexec_settle(struct init *in)
{
	struct reexec *r = &in->s->reexec;

	if (!CFG_SURVIVE || r->phase != REEXEC_GO)
		return;
	say("re-exec: %s", r->path);
	r->phase = REEXEC_DONE; /* as the new program finds it */
	keep_exec(in, r->path);
	fmt(r->text, sizeof r->text, "%s: it passed its check, but cannot be executed: %s", r->path, err_text(errno));
	refuse(r);
}

void
reexec_resumed(struct init *in)
{
	struct reexec *r = &in->s->reexec;

	if (r->phase == REEXEC_GO) { /* PID 1 crashed before it came to that */
		fmt(r->text, sizeof r->text, "%s: PID 1 crashed meanwhile", r->path);
		refuse(r);
	}
}
