/* SPDX-License-Identifier: MIT
 *
 * The kernel below PID 1: processes that are late, fail, hang and ignore what they are told, and the few functions of
 * PID 1's other sources that svc_act.c and shutdown.c call. What ends is told last, as svc_io.c does it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>

#include "sim.h"

#include "child.h"
#include "console.h"
#include "control.h"
#include "ending.h"
#include "events.h"
#include "history.h"
#include "kept.h"
#include "late.h"
#include "logger.h"
#include "loop.h"
#include "reload.h"
#include "svc_act.h"
#include "svc_io.h"
#include "svc_say.h"
#include "sys.h"
#include "userns.h"
#include "watch.h"

struct world *world;

/* ---- chance: splitmix64 (Vigna), a state for each world ---- */

static uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t
chance_below(struct chance *c, uint64_t below)
{
	return below ? chance_next(c) % below : 0;
}

bool
chance_of(struct chance *c, unsigned percent)
{
	return chance_below(c, 100) < percent;
}

uint64_t
chance_ms(struct chance *c, uint64_t max)
{
	return chance_below(c, chance_of(c, 10) ? max + 1 : max / 50 + 1);
}

/* ---- processes ---- */

static uint64_t
soonest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct svc_end
some_end(struct chance *c)
{
	static const uint32_t signals[] = { SIGKILL, SIGSEGV, SIGTERM, SIGHUP, 64 };

	if (chance_of(c, 40))
		return (struct svc_end){ .why = CTL_END_EXIT };
	if (chance_of(c, 60))
		return (struct svc_end){ .why = CTL_END_EXIT, .value = 1 + (uint32_t)chance_below(c, 255) };
	if (chance_of(c, 10))
		return (struct svc_end){ .why = CTL_END_OOM, .value = SIGKILL };
	return (struct svc_end){ .why = CTL_END_SIGNAL, .value = signals[chance_below(c, 5)] };
}

/* No service of a simulated table has one. */
int
userns_make(uid_t uid, gid_t gid)
{
	(void)uid, (void)gid;
	errno = ENOSYS;
	return -1;
}

/* Now and then there is none, and it is there again without a word. By the time alone: what else happens in the world
 * of a seed stays the same. */
bool
child_room(void)
{
	return (uint32_t)world->now_ms * 2654435761u >> 16 & 7;
}

/* A launch reads nothing of a table here. */
bool
child_reads(const void *reads)
{
	(void)reads;
	return false;
}

void
child_rest(void)
{
}

/* There are no links. */
void
late_links(struct init *in)
{
	(void)in;
}

int
spawn(struct launcher *l, const struct tbl *t, uint32_t i, const struct spawn_given *given,
      struct spawned *out, struct err *e)
{
	struct world *w = world;
	struct chance *c = &w->chance;
	struct proc *p = &w->proc[i];

	(void)l;
	sim_check_launch(w, i, given->group);
	w->spawns++;
	*out = (struct spawned){ .pid = -1, .failed_step = 1 };
	if (chance_of(c, 3))
		return err_set(e, EAGAIN, "step clone");
	uint64_t life = chance_of(c, 30) ? chance_ms(c, 100) : chance_of(c, 60) ? chance_ms(c, 200000) : SVC_NEVER;
	*p = (struct proc){ .phase = PROC_FORKED, .exec_ms = w->now_ms + chance_ms(c, 3000), .exec_fails = chance_of(c, 4),
			    .ready_ms = SVC_NEVER, .look_ms = SVC_NEVER, .word_ms = SVC_NEVER,
			    .group = true, .times_ms = SVC_NEVER, .end_ms = SVC_NEVER, .end = some_end(c), .first_kill_ms = SVC_NEVER };
	if (p->exec_fails) {
		p->end = (struct svc_end){ .why = CTL_END_EXIT, .value = 127 };
		p->end_ms = p->exec_ms + chance_ms(c, 50);
	} else if (life != SVC_NEVER) {
		p->end_ms = p->exec_ms + life;
	}
	uint32_t how = tbl_svc(t, i)->ready;
	if ((how == TBL_READY_PROBE || how == TBL_READY_FD) && chance_of(c, 85))
		p->ready_ms = p->exec_ms + chance_ms(c, 20000);
	if (p->exec_fails)
		p->ready_ms = SVC_NEVER;
	p->lost_ready = chance_of(c, 5);
	if (tbl_svc(t, i)->flags & TBL_SVC_NOTIFY)
		p->word_ms = p->exec_ms + chance_ms(c, 2000);
	if (w->more && tbl_svc(t, i)->flags & TBL_SVC_NOTIFY)
		p->times_ms = p->exec_ms + chance_ms(c, 5000);
	out->pid = p->pid = 1000 + w->last_pid++;
	return 0;
}

/* SIGTERM or another: most end soon, some take their time, some do not care. */
static void
hear(struct world *w, uint32_t i)
{
	struct proc *p = &w->proc[i];
	struct chance *c = &w->chance;

	sim_check_signal(w, i);
	p->signals++;
	if (chance_of(c, 10))
		return;
	uint64_t at = w->now_ms + chance_ms(c, chance_of(c, 80) ? 500 : 30000);
	if (at < p->end_ms && chance_of(c, 50))
		p->end = (struct svc_end){ .why = CTL_END_SIGNAL, .value = SIGTERM };
	p->end_ms = soonest(p->end_ms, at);
}

void
svc_io_kill(struct init *in, uint32_t i)
{
	struct world *w = world;
	struct proc *p = &w->proc[i];

	(void)in;
	if (p->left && p->left_until_ms == SVC_NEVER)
		p->left_until_ms = w->now_ms + chance_ms(&w->chance, 200);
	if (p->phase == PROC_NONE || p->phase == PROC_ENDED)
		return;
	p->kills++;
	p->first_kill_ms = soonest(p->first_kill_ms, w->now_ms);
	uint64_t at = w->now_ms + (chance_of(&w->chance, 95) ? chance_ms(&w->chance, 20) : chance_ms(&w->chance, 40000));
	if (at < p->end_ms)
		p->end = (struct svc_end){ .why = CTL_END_SIGNAL, .value = SIGKILL };
	p->end_ms = soonest(p->end_ms, at);
}

/* ---- what PID 1's sources call ---- */

void
svc_io_adopt(struct init *in, uint32_t i, const struct spawned *sp)
{
	in->s->run[i].pid = sp->pid;
}

int
logger_outputs(struct init *in, uint32_t i, int out[LOG_STREAMS])
{
	(void)in, (void)i;
	out[LOG_OUT] = out[LOG_ERR] = -1;
	return 0;
}

void
logger_services(struct init *in)
{
	(void)in;
}

void
late_open(struct init *in)
{
	(void)in;
}

void
logger_gone(const struct svc_run *r)
{
	(void)r;
}

bool
svc_io_clean(struct init *in, uint32_t i)
{
	struct proc *p = &world->proc[i];

	if (p->left && world->now_ms >= p->left_until_ms)
		p->left = false;
	if (chance_of(&world->chance, 2) || p->left) {
		in->s->run[i].group = GROUP_USED;
		return false;
	}
	p->group = p->group_oom = false;
	in->s->run[i].group = GROUP_NONE;
	return true;
}

/* PID 1 asks about services of its table alone. */
static const struct proc *
proc_named(const char *name)
{
	uint32_t i = 0;

	while (strcmp(init_name(&world->in, i), name) != 0)
		i++;
	return &world->proc[i];
}

bool
spawn_empty(const struct launcher *l, const char *name)
{
	(void)l;
	return !proc_named(name)->left && !chance_of(&world->chance, 2);
}

long
spawn_oom_kills(const struct launcher *l, const char *name)
{
	(void)l;
	return proc_named(name)->group_oom;
}

long
spawn_memory(const struct launcher *l, const char *name)
{
	(void)l, (void)name;
	return 0;
}

/* As an older kernel has it for one job in two. */
int
spawn_peak(const struct launcher *l, const char *name)
{
	(void)l;
	return name[strlen(name) - 1] & 1 ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);
}

void
spawn_usage(const struct launcher *l, const char *name, int peak, uint64_t *memory_peak, uint64_t *cpu_us)
{
	(void)l, (void)name, (void)peak, (void)memory_peak, (void)cpu_us;
}

int
kill(pid_t pid, int sig)
{
	(void)sig;
	for (uint32_t i = 0; i < CFG_MAX_SERVICES; i++)
		if (world->proc[i].pid == pid && world->proc[i].phase != PROC_NONE && world->proc[i].phase != PROC_ENDED)
			hear(world, i);
	return 0;
}

int
loop_fd(const struct init *in, uint32_t slot)
{
	(void)in, (void)slot;
	return -1;
}

void
events_note(struct init *in, uint32_t i, uint32_t from)
{
	(void)in, (void)i, (void)from;
}

void
history_note(struct init *in, uint32_t i, const struct svc *before, uint32_t event)
{
	(void)in, (void)i, (void)before, (void)event;
}

int64_t
history_seen_s(const struct init *in, uint32_t i)
{
	(void)in, (void)i;
	return 0;
}

void
history_known(struct init *in, uint32_t i)
{
	(void)in, (void)i;
}

void
events_move(struct init *in, const uint32_t *to, uint32_t n)
{
	(void)in, (void)to, (void)n;
}

void
control_move(struct init *in, const uint32_t *to, uint32_t n)
{
	(void)in, (void)to, (void)n;
}

void
loop_services(struct init *in, uint32_t first, uint32_t end)
{
	(void)in, (void)first, (void)end;
}

/* Descriptors go with their processes. */
void
loop_move(struct init *in, const uint32_t *to, uint32_t n)
{
	struct world *w = world;
	struct proc old[CFG_MAX_SERVICES];

	(void)in;
	sim_check_move(w, to, n);
	memcpy(old, w->proc, sizeof old);
	memset(w->proc, 0, sizeof w->proc);
	for (uint32_t i = 0; i < n; i++)
		if (to[i] != UINT32_MAX)
			w->proc[to[i]] = old[i];
}

int
reload_open(struct tbl *t, int fd, struct err *e)
{
	(void)t, (void)fd;
	return err_set(e, 0, "there are no descriptors here");
}

void
reload_close(struct tbl *t)
{
	free((void *)t->base);
	*t = (struct tbl){ .base = NULL };
}

uint64_t
loop_clock_ms(void)
{
	return world->now_ms;
}

void
loop_watch_clock(struct init *in)
{
	(void)in;
}

void
watch_ready(struct init *in, uint32_t i)
{
	(void)in, (void)i;
}

void
watch_health(struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	if (c->health.kind != TBL_PROBE_NONE)
		world->proc[i].look_ms = world->now_ms + c->health_every_ms + chance_ms(&world->chance, c->health_timeout_ms);
}

void
watch_end(struct init *in, uint32_t i)
{
	(void)in;
	world->proc[i].look_ms = SVC_NEVER;
}

void
watch_timers(struct init *in, uint32_t i)
{
	kept_timers(in, i);
}

uint64_t
watch_due(const struct init *in, uint32_t i)
{
	return kept_due(&in->s->run[i]);
}

ssize_t
getrandom(void *to, size_t n, unsigned flags)
{
	uint64_t v = chance_next(&world->chance);

	(void)flags;
	memcpy(to, &v, n < sizeof v ? n : sizeof v);
	return (ssize_t)n;
}

static void
speak(const char *format, va_list ap)
{
	if (strstr(format, "event %u in state"))
		sim_wrong("an event came in a state where it cannot", UINT32_MAX);
	if (!world->loud)
		return;
	printf("%12llu ", (unsigned long long)world->now_ms);
	vprintf(format, ap);
	putchar('\n');
}

void
say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	speak(format, ap);
	va_end(ap);
}

void
warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	speak(format, ap);
	va_end(ap);
}

void
ending(struct init *in, enum down_kind kind)
{
	(void)in, (void)kind;
	world->ended = true;
}

/* ---- time ---- */

void
world_begin(struct world *w, uint64_t seed)
{
	*w = (struct world){ .chance = { seed }, .now_ms = 1000, .more = seed % 4 < 2 };
	world = w;
	if (!chance_of(&w->chance, 20))
		w->wall_offset_ms = 1767225600000 + (int64_t)chance_below(&w->chance, 366 * 86400000ull);
	sim_table(&w->chance, &w->in.table);
	w->in.s = &w->state;
	w->state.services = tbl_count(&w->in.table, TBL_SVCS);
	w->state.now_ms = w->now_ms;
	w->state.wall_ms = (int64_t)w->now_ms + w->wall_offset_ms;
	svc_act_init(&w->in);
}

void
world_end(struct world *w)
{
	free((void *)w->in.table.base);
	free((void *)w->in.next.base);
}

static uint64_t
due_of(const struct proc *p)
{
	uint64_t due = p->phase == PROC_NONE || p->phase == PROC_ENDED ? SVC_NEVER : p->end_ms;

	if (p->phase == PROC_FORKED)
		due = soonest(due, p->exec_ms);
	if (p->phase == PROC_RUNNING && !p->ready_told)
		due = soonest(due, p->ready_ms);
	if (p->phase == PROC_RUNNING)
		due = soonest(due, soonest(p->look_ms, soonest(p->word_ms, p->times_ms)));
	return due;
}

uint64_t
world_due(const struct world *w)
{
	uint64_t due = SVC_NEVER;

	for (uint32_t i = 0; i < w->state.services; i++)
		due = soonest(due, due_of(&w->proc[i]));
	return due;
}

static void
tell_exec(struct world *w, uint32_t i)
{
	struct proc *p = &w->proc[i];

	if (p->exec_told || w->now_ms < p->exec_ms)
		return;
	p->exec_told = true;
	p->phase = PROC_RUNNING;
	w->events++;
	if (p->exec_fails)
		svc_act_ended(&w->in, i, SVC_EV_NOEXEC, (struct svc_end){ .why = CTL_END_LAUNCH, .value = ENOENT, .step = 9 });
	else
		svc_act_event(&w->in, i, SVC_EV_EXEC);
}

static void
tell_ready(struct world *w, uint32_t i)
{
	struct proc *p = &w->proc[i];

	if (p->ready_told || w->now_ms < p->ready_ms || p->exec_fails)
		return;
	p->ready_told = true;
	w->events++;
	svc_act_event(&w->in, i, p->lost_ready ? SVC_EV_NOTREADY : SVC_EV_READY);
}

/* What it says of its times. Whoever says that it leaves does so mostly; who asks for more time, once in a while. */
static void
tell_times(struct world *w, uint32_t i)
{
	struct proc *p = &w->proc[i];
	struct chance *c = &w->chance;
	struct svc_end word = { .value = (uint32_t)chance_ms(c, 5000), .step = (uint32_t)chance_below(c, 3) };

	p->times_ms = w->now_ms + 1 + chance_ms(c, 20000);
	w->events++;
	if (word.step == SVC_WORD_LEAVES && chance_of(c, 80) && w->now_ms + 100 < p->end_ms)
		p->end_ms = w->now_ms + chance_ms(c, 100);
	if (word.step == SVC_WORD_EXTEND && w->now_ms + word.value > p->extended_ms)
		p->extended_ms = w->now_ms + word.value;
	/* while a shutdown waits for its turn, its watchdog stays as it is */
	if (word.step == SVC_WORD_PERIOD && (w->state.down == DOWN_NOT || w->state.svc[i].state != SVC_UP))
		p->period_ms = word.value;
	svc_act_ended(&w->in, i, SVC_EV_WORD, word);
}

/* Health checks fail now and then, and words to the watchdog stay out. */
static void
tell_health(struct world *w, uint32_t i)
{
	static const struct svc_end sick = { .why = CTL_END_UNHEALTHY, .value = 500, .step = CTL_SICK_HTTP };
	static const struct svc_end said = { .why = CTL_END_UNHEALTHY, .step = CTL_SICK_SAID };
	struct proc *p = &w->proc[i];
	struct chance *c = &w->chance;

	if (p->phase == PROC_RUNNING && w->now_ms >= p->word_ms) {
		p->word_ms = w->now_ms + 1 + chance_ms(c, chance_of(c, 80) ? 800 : 60000);
		w->events++;
		if (chance_of(c, 2))
			svc_act_ended(&w->in, i, SVC_EV_SICK, said);
		else
			svc_act_event(&w->in, i, SVC_EV_ALIVE);
	}
	if (w->more && p->phase == PROC_RUNNING && w->now_ms >= p->times_ms)
		tell_times(w, i);
	if (p->phase == PROC_RUNNING && w->now_ms >= p->look_ms) {
		w->events++;
		watch_health(&w->in, i);
		if (chance_of(c, 20))
			svc_act_ended(&w->in, i, SVC_EV_UNWELL, sick);
		else
			svc_act_event(&w->in, i, SVC_EV_WELL);
	}
}

static void
tell_end(struct world *w, uint32_t i)
{
	struct proc *p = &w->proc[i];

	if (p->phase == PROC_NONE || w->now_ms < p->end_ms)
		return;
	/* what it has left in its pipes is read first; a process that was killed before its exec has said nothing */
	if (p->exec_ms <= p->end_ms)
		tell_exec(w, i);
	else if (!p->exec_told && !p->exec_fails)
		svc_act_event(&w->in, i, SVC_EV_EXEC); /* a closed pipe looks the same */
	if (p->ready_ms <= p->end_ms)
		tell_ready(w, i);
	struct svc_end end = p->end;
	p->phase = PROC_NONE;
	w->in.s->run[i].pid = 0;
	w->events++;
	if (w->more && chance_of(&w->chance, 10)) {
		p->left = true;
		p->left_until_ms = SVC_NEVER;
	}
	p->group_oom |= end.why == CTL_END_OOM || (w->more && chance_of(&w->chance, 5)); /* not of its first process */
	w->in.s->run[i].reported = end.why == CTL_END_EXIT;
	if (w->more && !kept_group(&w->in, i) && !svc_io_clean(&w->in, i)) /* as svc_io.c has it */
		svc_io_kill(&w->in, i);
	if (w->more)
		kept_rest(&w->in, i);
	svc_act_ended(&w->in, i, SVC_EV_ENDED, end);
}

void
world_deliver(struct world *w)
{
	uint32_t n = w->state.services, first = (uint32_t)chance_below(&w->chance, n ? n : 1);

	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = (first + k) % n;
		unsigned order = (unsigned)chance_below(&w->chance, 3);
		if (w->proc[i].phase == PROC_NONE)
			continue;
		if (order == 0) /* epoll gives them in any order */
			tell_ready(w, i);
		if (order != 2 && w->proc[i].phase != PROC_NONE)
			tell_exec(w, i);
		if (w->proc[i].phase != PROC_NONE)
			tell_end(w, i);
		if (w->proc[i].phase != PROC_NONE && w->proc[i].exec_told)
			tell_ready(w, i);
		if (w->proc[i].phase != PROC_NONE)
			tell_exec(w, i);
		tell_health(w, i);
	}
}
