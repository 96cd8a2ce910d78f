/* SPDX-License-Identifier: MIT
 *
 * seccomp: boots the image with one service's filter watching only, while the image's tests ask it, and prints the
 * line by which the service's file allows what would have been refused. Or it reads what was kept of a machine.
 */
#include <string.h>

#include "json_out.h"
#include "needs.h"
#include "progress.h"
#include "run.h"
#include "value.h"
#include "variant.h"
#include "verbs.h"

#define SETTLE_MS 2000

static int
run_audited(const struct options *o, struct build *b, struct model_service *s, struct needs *n, struct err *e)
{
	struct run_listener listener = { needs_line, n, SETTLE_MS };
	const char *failed = "";

	if (variant_settle(o, &listener.settle_ms, e) || run_check_host(b, &o->run, e))
		return -1;
	s->seccomp.mode = SECCOMP_AUDITED;
	if (variant_is_job(b, s))
		variant_run_once(s);
	variant_plan(b, s, PROBE_AUDIT);
	/* each record counts */
	b->plan.cmdline = arena_printf(b->project.arena, "%s sysctl.kernel.printk_ratelimit=0", b->plan.cmdline);
	if (variant_write(b, o, "seccomp", e) || run_heard(b, &o->run, &listener, &failed, e))
		return -1;
	if (*failed)
		progress_note("ingot: not all of the image could be seen: %s", failed);
	return 0;
}

static void
print(const struct build *b, const struct model_service *s, const struct needs *n, bool json)
{
	struct arena *a = b->project.arena;
	struct json j;

	if (!json && !needs_any(s, n)) {
		printf("# %s asked for nothing that its filter refuses\n", s->head.name);
	} else if (!json) {
		printf("%s%s\n", needs_remarks(a, s, n), needs_seccomp(a, s, n));
	} else {
		json_to_file(&j, stdout);
		json_object(&j);
		json_text(&j, "name", s->head.name);
		json_key(&j, "calls");
		json_array(&j);
		for (unsigned i = 0; i < SYSCALLS; i++)
			if (n->call[i])
				json_string(&j, syscall_name(i) ? syscall_name(i) : arena_printf(a, "%u", i));
		json_array_end(&j);
		json_text(&j, "line", needs_any(s, n) ? needs_seccomp(a, s, n) : "");
		json_object_end(&j);
		json_end(&j);
	}
}

int
verb_seccomp(const struct options *o, struct build *b, struct err *e)
{
	struct needs *n;
	struct model_service *s;
	uint32_t uid;

	if (!CFG_RUN)
		return err_set(e, 0, "this ingot was configured without `run`, `test` and `seccomp`: set CONFIG_RUN");
	if (build_load(b, &o->build) || (s = variant_unit(b, o->args[1], &uid, e)) == NULL)
		return VERB_FAILED;
	n = arena_alloc(b->project.arena, sizeof *n);
	if (o->log ? needs_read(n, o->log, s->head.name, uid, e) : run_audited(o, b, s, n, e))
		return VERB_FAILED;
	print(b, s, n, o->json);
	return VERB_OK;
}
