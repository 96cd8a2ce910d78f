/* SPDX-License-Identifier: MIT
 *
 * trace: boots the image with a tracer between one service's stub and its program, holds it against its tests, and
 * prints the least that the service was seen to need. With --apply that is written into the image file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "probe_abi.h"
#include "progress.h"
#include "run.h"
#include "table.h"
#include "trace.h"
#include "variant.h"
#include "verbs.h"
#include "yaml_edit.h"

#define SETTLE_MS     2000
#define TRACER_MEMORY (8u << 20)
#define TRACER_PIDS   2

/* The same program with the tracer before it, and room for that one. A job begins at once. */
static int
set_traced(struct build *b, struct model_service *s, struct err *e)
{
	const char **command = arena_alloc(b->project.arena, (s->command.n + 2) * sizeof *command);

	if (s->replicas > 1)
		return err_set(e, 0, "%s has replicas, and a trace is of one: write `replicas: 1` for it", s->head.name);
	if (s->command.n + 2 > TBL_ARGV_MAX)
		return err_set(e, 0, "the command of %s has too many words for a tracer before it", s->head.name);
	command[0] = PROBE_FILE;
	command[1] = "trace";
	memcpy(command + 2, s->command.v, s->command.n * sizeof *command);
	s->command.v = command;
	s->command.n += 2;
	s->seccomp.mode = SECCOMP_AUDITED;
	if (variant_is_job(b, s))
		variant_run_once(s);
	s->limits.memory += TRACER_MEMORY;
	s->limits.pids += TRACER_PIDS;
	return 0;
}

static int
run_traced(const struct options *o, struct build *b, struct model_service *s, struct trace *t, const char **failed,
	   struct err *e)
{
	struct run_listener listener = { trace_line, t, SETTLE_MS };

	if (variant_settle(o, &listener.settle_ms, e) || run_check_host(b, &o->run, e) || set_traced(b, s, e))
		return -1;
	variant_plan(b, s, PROBE_TRACE);
	return variant_write(b, o, "trace", e) || run_heard(b, &o->run, &listener, failed, e) ? -1 : 0;
}

/* ---- --apply ---- */

static int
write_over(const char *file, const char *text, struct err *e)
{
	char *real = realpath(file, NULL), *temp = real ? xprintf("%s.new", real) : NULL;
	struct stat st;
	int code = 0;

	if (!real)
		return err_set(e, errno, "%s", file);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || stat(real, &st) || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
	    fchmod(fd, st.st_mode & 07777) || fsync(fd) || rename(temp, real))
		code = errno ? errno : EIO;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && code)
		unlink(temp);
	if (code)
		err_set(e, code, "cannot write %s", temp);
	free(temp);
	free(real);
	return code ? -1 : 0;
}

/* Only what was measured, and only where the file says it otherwise. */
static int
apply(const struct build *b, const struct model_service *s, bool job, const struct trace *t, struct err *e)
{
	struct arena *a = b->project.arena;
	const char *path[] = { job ? "jobs" : "services", s->head.name, "limits" };
	const char *file = b->project.file, *memory = trace_memory(a, t), *pids = trace_pids(a, t);
	struct needs *n = arena_alloc(a, sizeof *n);
	struct content c;
	char *own;

	if (content_of_file(&c, file, e) || (own = content_load(&c, e)) == NULL)
		return -1;
	const char *text = arena_strdup(a, own);
	free(own);
	if (memory)
		text = yaml_set(a, file, text, path, 3, "memory", memory, e);
	if (text && pids)
		text = yaml_set(a, file, text, path, 3, "pids", pids, e);
	trace_needs(t, s, n);
	if (text && needs_any(s, n))
		text = yaml_set(a, file, text, path, 2, "seccomp", strchr(needs_seccomp(a, s, n), '{'), e);
	return text ? write_over(file, text, e) : -1;
}

int
verb_trace(const struct options *o, struct build *b, struct err *e)
{
	struct trace t = { .arena = NULL };
	const char *failed = "";
	struct model_service *s, stated;
	uint32_t uid;

	if (!CFG_RUN)
		return err_set(e, 0, "this ingot was configured without `run`, `test` and `trace`: set CONFIG_RUN");
	if (build_load(b, &o->build) || (s = variant_unit(b, o->args[1], &uid, e)) == NULL)
		return VERB_FAILED;
	t.arena = b->project.arena;
	stated = *s; /* as its file has it */
	bool job = variant_is_job(b, s);
	int r = run_traced(o, b, s, &t, &failed, e);
	if (r == 0 && !t.n_paths)
		r = err_set(e, 0, "nothing was seen of %s: it did not start, or not within the run%s%s", stated.head.name,
			    *failed ? "; " : "", failed);
	if (r == 0)
		(o->json ? trace_json : trace_print)(b, &stated, &t, failed);
	if (r == 0 && o->apply && *failed)
		r = err_set(e, 0, "nothing was written to %s, as the run was not whole: %s", b->project.file, failed);
	else if (r == 0 && o->apply)
		r = apply(b, &stated, job, &t, e);
	trace_release(&t);
	return r ? VERB_FAILED : VERB_OK;
}
