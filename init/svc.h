/* SPDX-License-Identifier: MIT
 *
 * One service as a state machine: states, events, and the pure function that steps from one to the next. Nothing here
 * makes a system call or reads a clock; svc_act.c carries the actions out. The state numbers are part of the control
 * protocol (struct ctl_svc).
 */
#ifndef INGOT_SVC_H
#define INGOT_SVC_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl_proto.h"
#include "table.h"

enum svc_state {
	SVC_DOWN,     /* nothing runs; it starts once its dependencies are ready, if it is wanted */
	SVC_STARTING, /* launched, not ready */
	SVC_UP,       /* ready; a job: running */
	SVC_STOPPING, /* told to end, or killed, and not gone yet */
	SVC_BACKOFF,  /* failed; starts again when due */
	/* from here on its work is over for now */
	SVC_WAITING,  /* a job between two runs */
	SVC_DONE,     /* ended well and not to be restarted */
	SVC_FAILED,   /* ended badly and not to be restarted */
	SVC_STATES
};

enum svc_event_kind {
	SVC_EV_DEPS,     /* every dependency is ready */
	SVC_EV_NOSPAWN,  /* the launch failed before there was a process; carries the end */
	SVC_EV_NOEXEC,   /* the process reported a failed step; carries the end */
	SVC_EV_EXEC,     /* the program was executed */
	SVC_EV_READY,    /* it showed that it is ready */
	SVC_EV_NOTREADY, /* it can no longer become ready */
	SVC_EV_ENDED,    /* nothing of it runs any more; carries the end */
	SVC_EV_DUE,      /* due_ms is reached */
	SVC_EV_START, SVC_EV_STOP, SVC_EV_RESTART, /* by hand, or by the shutdown */
	SVC_EV_TICK,     /* a job's next_ms is reached while it does not just wait for it */
	SVC_EV_CLOCK,    /* the wall clock was set */
	SVC_EV_WELL,     /* a health check of what is up succeeded */
	SVC_EV_UNWELL,   /* it failed; carries the end that it would be */
	SVC_EV_ALIVE,    /* WATCHDOG=1 */
	SVC_EV_SICK,     /* WATCHDOG=trigger; carries the end */
	SVC_EV_WORD,     /* it says something of its times; the end's step is which, its value milliseconds */
	SVC_EVENTS
};

/* What SVC_EV_WORD tells. */
enum svc_word {
	SVC_WORD_LEAVES, /* STOPPING=1 */
	SVC_WORD_EXTEND, /* EXTEND_TIMEOUT_USEC: it starts, or stops, for at least so long from now on */
	SVC_WORD_PERIOD, /* WATCHDOG_USEC: from one word to the next; 0: as the table has it */
};

#define SVC_ACT_LAUNCH (1u << 0)
#define SVC_ACT_PROBE  (1u << 1) /* begin to look whether it is ready */
#define SVC_ACT_SIGNAL (1u << 2) /* send the stop signal */
#define SVC_ACT_KILL   (1u << 3) /* kill the whole cgroup */
#define SVC_ACT_BUG    (1u << 4) /* the event cannot happen in this state; nothing was changed */
#define SVC_ACT_FAILED (1u << 5) /* a run has failed that nobody ended: what on_failure says is due */

#define SVC_NEVER UINT64_MAX
#define SVC_BACKOFF_MIN_MS 10u   /* whatever the table says */
#define SVC_KILL_AGAIN_MS 5000u  /* a killed process that hangs in the kernel is killed anew */

/* Why a job runs. */
enum svc_reason { SVC_BY_SCHEDULE, SVC_BY_HAND, SVC_BY_RETRY, SVC_BY_QUEUE, SVC_BY_CATCH_UP, SVC_REASONS };

/* What follows SVC_STOPPING. */
enum svc_after { SVC_AFTER_DOWN, SVC_AFTER_START, SVC_AFTER_POLICY };

struct svc_end {
	uint32_t why;   /* enum ctl_end */
	uint32_t value; /* exit code, signal, or errno (ETIMEDOUT where a time limit was reached) */
	uint32_t step;  /* CTL_END_LAUNCH: enum launch_step; CTL_END_UNHEALTHY: enum ctl_sick */
};

struct svc {
	uint32_t state;    /* enum svc_state */
	uint32_t after;    /* enum svc_after, in SVC_STOPPING */
	bool wanted;       /* in SVC_DOWN: start when the dependencies are ready */
	bool again;        /* the next launch is a restart nobody asked for */
	bool end_known;    /* in SVC_STOPPING: why it ends is in end already */
	bool ran_well;     /* ended well at least once */
	uint32_t failures; /* in a row */
	uint32_t restarts; /* launches beyond the first that nobody asked for */
	uint32_t runs;     /* launches */
	uint64_t since_ms; /* when the state was entered */
	uint64_t run_ms;   /* when the last launch was */
	uint64_t due_ms;   /* when SVC_EV_DUE is wanted, or SVC_NEVER */
	uint64_t next_ms;  /* a job's next regular run, or SVC_NEVER; 0 before the first */
	uint64_t base_ms;  /* the same without its jitter, by the interval */
	int64_t next_wall_s; /* the same by the calendar; 0: the clock is not set */
	int64_t last_wall_s; /* of the last regular run */
	uint32_t reason;   /* enum svc_reason: of a job's last run, or of the one that it is about to do */
	uint32_t skipped;  /* a job's runs that were due and did not happen */
	bool queued;       /* a job is to run again when it has ended */
	uint32_t unwell;   /* health checks in a row that failed */
	uint32_t well;     /* that succeeded, in SVC_UP and unhealthy */
	bool unhealthy;    /* in SVC_UP: the last verdict */
	uint32_t sick, sick_value; /* with unhealthy: what was found, enum ctl_sick */
	uint64_t random;   /* never 0; moves on at each draw */
	struct svc_end end; /* of the last run */
	uint32_t watchdog_ms; /* of this run, as it said itself; 0: the table's */
};

struct svc_event {
	uint32_t kind; /* enum svc_event_kind */
	struct svc_end end;
};

struct svc_next {
	struct svc svc;
	uint32_t actions; /* SVC_ACT_ bits */
};

/* What time it is. The monotonic clock decides; the wall clock is looked at for calendars alone. */
struct svc_clock {
	uint64_t now_ms;
	int64_t wall_ms; /* since 1970 */
	const struct zone *zone;
};

/* A wall clock before 2020 was never set: nothing is planned by it. */
#define SVC_WALL_MIN_S 1577836800

/* A service as it stands after boot: down and wanted, a job by the calendar waiting. The seed is what its random pauses
 * are drawn from. */
struct svc svc_initial(const struct tbl_svc *conf, uint64_t seed, const struct svc_clock *clock);

struct svc_next svc_step(const struct tbl_svc *conf, const struct svc *svc, const struct svc_event *event,
			 const struct svc_clock *clock);

/* A job that is known from an earlier boot: what was due after seen_s counts as missed once the clock says so, which
 * the next SVC_EV_CLOCK tells. */
void svc_seen(struct svc *svc, int64_t seen_s);

/* A number below `below` from the service's own sequence; 0 for 0. */
uint64_t svc_draw(struct svc *svc, uint64_t below);

/* When SVC_EV_TICK is wanted, or SVC_NEVER: a job does something else than wait for its next run. */
uint64_t svc_tick_ms(const struct tbl_svc *conf, const struct svc *svc);

/* Whether there is a process. */
bool svc_runs(const struct svc *svc);

/* Whether what depends on it may start: a service is up or has done its work, a job has run well once. */
bool svc_ready(const struct tbl_svc *conf, const struct svc *svc);

/* Whether it is on its first way up, so that what wants it waits: what has failed once keeps nobody waiting. */
bool svc_rises(const struct tbl_svc *conf, const struct svc *svc);

/* Whether the run ended well: it exited by itself with code 0. */
bool svc_end_good(const struct svc_end *end);

const char *svc_state_name(uint32_t state);

#endif
