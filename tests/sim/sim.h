/* SPDX-License-Identifier: MIT
 *
 * The supervisor under a simulated kernel and simulated clocks: all of it follows from one seed. world.c is the kernel
 * that PID 1's own sources call, sim_table.c makes the tables, sim_check.c holds what must be true after each step, and
 * main.c turns the wheel.
 */
#ifndef INGOT_SIM_H
#define INGOT_SIM_H

#include "init.h"

#define SIM_SVCS 14 /* at most, in one world */
#define SIM_NAMES 26 /* sa to sz */

/* ---- chance ---- */

struct chance {
	uint64_t state;
};

uint64_t chance_below(struct chance *c, uint64_t below); /* 0 for 0 */
bool chance_of(struct chance *c, unsigned percent);
/* A time: mostly short, now and then as long as `max`. */
uint64_t chance_ms(struct chance *c, uint64_t max);

/* ---- the world ---- */

enum proc_phase { PROC_NONE, PROC_FORKED, PROC_RUNNING, PROC_ENDED /* and not reported yet */ };

/* What is going to happen to a process; SVC_NEVER: not by itself. */
struct proc {
	enum proc_phase phase;
	uint64_t exec_ms, ready_ms, end_ms;
	uint64_t look_ms, word_ms, times_ms; /* a health check's end; the next word to the watchdog, and of its times */
	uint64_t extended_ms; /* until when it has asked for time, at the latest */
	uint32_t period_ms; /* of its watchdog, as it said last; 0: it did not */
	bool exec_fails, exec_told, ready_told, lost_ready;
	struct svc_end end;
	pid_t pid;
	unsigned signals, kills; /* that it was sent */
	uint64_t first_kill_ms;
	bool left; /* something of it is in its group still, although it has ended: until it is killed, and a while more */
	uint64_t left_until_ms;
	bool group, group_oom; /* its group is there; and counts a death by memory */
};

struct world {
	struct init in;
	struct state state;
	struct chance chance;
	uint64_t now_ms;
	int64_t wall_offset_ms; /* of the wall clock against the monotonic one */
	struct proc proc[CFG_MAX_SERVICES];
	uint64_t events, spawns;
	bool ended; /* the shutdown has come to its end */
	unsigned at_once; /* wake-ups in a row that were due at once */
	bool more; /* other tables are loaded, and groups outlive their processes; the seeds that test_sim.py keeps are of
		    * worlds without */
	pid_t last_pid;
	bool same[SIM_NAMES]; /* by name: the table that is being loaded has this service as the one that runs has it */
	uint64_t moved_ms; /* when another table was taken for the last time */
	bool loud;
};

extern struct world *world; /* that PID 1's sources run in */

void world_begin(struct world *w, uint64_t seed);
void world_end(struct world *w);
/* When something happens by itself next, or SVC_NEVER. */
uint64_t world_due(const struct world *w);
/* Lets all that is due happen and tells PID 1, in any order. */
void world_deliver(struct world *w);

/* ---- sim_table.c ---- */

/* A random table that tbl_open takes; its bytes are allocated. */
void sim_table(struct chance *c, struct tbl *out);

/* Another one that is made of `now`: services are taken out, changed, put in. same[] tells by name what is not. */
void sim_next_table(struct chance *c, const struct tbl *now, struct tbl *out, bool same[SIM_NAMES]);

/* Which of the names service i has. */
uint32_t sim_name(const struct tbl *t, uint32_t i);

/* ---- sim_check.c ---- */

void sim_seed(uint64_t seed); /* of the world to come, for what is said of it */
/* Ends the program with the seed and the reason where something is not as it must be. */
void sim_check(const struct world *w);
void sim_check_launch(const struct world *w, uint32_t i, bool again);
void sim_check_signal(const struct world *w, uint32_t i);
/* What another table has as well was left alone, where it is loaded just now. */
void sim_check_same(const struct world *w, const struct svc *before);
/* In the moment in which another table is taken: to[i] is the new place of service i. */
void sim_check_move(const struct world *w, const uint32_t *to, uint32_t n);
/* After it: what is the same in both is where it is told to be, and as it was. */
void sim_check_moved(const struct world *w);
__attribute__((noreturn)) void sim_wrong(const char *what, uint32_t svc);

#endif
