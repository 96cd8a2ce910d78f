/* SPDX-License-Identifier: MIT
 *
 * All that PID 1 knows: one fixed-size state without pointers, which outlives the program (keep.h), beside what each
 * program maps or opens anew. Each part of the state is written by the file that its comment names.
 */
#ifndef INGOT_INIT_H
#define INGOT_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cmdline.h"
#include "console.h"
#include "ctl_proto.h"
#include "hail.h"
#include "limits.h"
#include "logbook.h"
#include "marks.h"
#include "runs.h"
#include "spawn.h"
#include "svc.h"
#include "table.h"

#define BUTTONS_MAX 8
#define CONTROL_TEXT_MAX 400 /* of what the last packet says */

/* A service's descriptors, each with a place in the watch table. */
enum svc_fd {
	SVC_FD_PID,
	SVC_FD_ERROR,
	SVC_FD_STATUS,
	SVC_FD_PROBE, /* the readiness pipe while it starts, or the socket of a probe */
	SVC_FD_NOTIFY,
	SVC_FD_PRESSURE, /* memory.events, with a memory_high */
	SVC_FDS
};

/* The clients of the control socket, and behind them the one of the host's port. */
#define CLIENT_PORT CFG_MAX_CLIENTS
#define CLIENTS     (CFG_MAX_CLIENTS + 1)

/* The places of the watch table: each watched descriptor has one of its own, so that none is searched or allocated. */
enum watch_slot {
	WATCH_SIGNAL,
	WATCH_TIMER,
	WATCH_CLOCK, /* tells when the wall clock was set */
	WATCH_LOG, /* logger.c: there is output that somebody waits for */
	WATCH_LISTEN,
	WATCH_VSOCK, /* control_vsock.c */
	WATCH_BUTTON,
	WATCH_CLIENT = WATCH_BUTTON + BUTTONS_MAX,
	WATCH_SVC = WATCH_CLIENT + CLIENTS,
	WATCHES = WATCH_SVC + CFG_MAX_SERVICES * SVC_FDS
};

struct watch {
	int fd;              /* owned; -1: free */
	uint32_t generation; /* raised when it is closed: an event that is older is not for its successor */
	uint32_t events;     /* EPOLLIN and the like, as the kernel has them now */
};

/* Where a probe stands. */
enum probe_phase { PROBE_IDLE, PROBE_CONNECTING, PROBE_ANSWER, PROBE_STUB };

#define PROBE_ANSWER_SIZE 12 /* "HTTP/1.1 200" */

/* Written by probe.c and watch.c. */
struct probe {
	uint32_t phase;   /* enum probe_phase */
	uint32_t wait_ms; /* until the next, while it starts */
	uint64_t due_ms;  /* when the next one begins; of one that runs: when it has failed; or SVC_NEVER */
	uint32_t seq;     /* of the one the stub was asked for last */
	uint32_t got;     /* PROBE_ANSWER: bytes of the answer */
	char answer[PROBE_ANSWER_SIZE];
};

/* Of a run's cgroup. */
enum run_group {
	GROUP_NONE,
	GROUP_USED, /* it may be there, and something in it */
	GROUP_KEPT, /* it is there and empty: the next run may have it again */
};

/* What svc_act.c and svc_io.c keep of a service beside its state machine. */
struct svc_run {
	pid_t pid;              /* of the stub, 0 when none */
	bool reported;          /* the stub has said how the main process ended */
	int32_t wait_status;    /* with reported */
	uint32_t failed_mount;  /* of a launch that failed at LAUNCH_MOUNT */
	uint32_t group;         /* enum run_group */
	struct probe probe;
	uint64_t notify_ms;     /* notify.c: when to listen again, or SVC_NEVER */
	int log_pipe[LOG_STREAMS][2]; /* logger.c: read end, write end, kept for good; 0: there is none yet */
	uint64_t launch_ms;     /* events.c: of the first launch, or 0 */
	uint64_t ready_ms;      /* events.c: when it was ready, or had done its work, for the first time, or 0 */
	int64_t start_wall_ms;  /* history.c: of a job's last launch, or 0: the clock was not set */
	int64_t due_s;          /* history.c: what its calendar had come to then */
	uint64_t memory_peak;   /* svc_io.c: of a job's last run */
	uint64_t cpu_us;        /* the same */
	uint32_t ring;          /* reload.c: which place of the logbook is its log's */
	bool said;              /* notify.c: its last run has a text in state.said */
	uint32_t pressure;      /* pressure.c: how often this run was above its memory_high */
	uint64_t pressure_ms;   /* pressure.c: when to look again, or SVC_NEVER */
	int net;                /* kept.c: its network namespace, with TBL_SVC_NETNS; 0 or below: none is kept */
	uint64_t rest_ms;       /* kept.c: until when that and its group are kept, or SVC_NEVER */
	int peak;               /* kept.c: of a job's run that has its group again: memory.peak, from its start on; or 0 */
	uint64_t cpu_before_us; /* kept.c: what that group had used when the run began */
	int listen[TBL_LISTEN_MAX]; /* listen.c: 0: there is none */
	int user;               /* kept.c: its user namespace, with TBL_SVC_USERNS; 0: there is none yet */
};

/* A change of a service's state. Its number is its place in the order of all changes since the boot, from 1. */
struct svc_change {
	uint64_t at_ms;
	uint32_t svc;
	uint16_t from, to;  /* enum svc_state */
	struct svc_end end; /* CTL_END_NONE where no run ended; CTL_END_PRESSURE: memory pressure */
};

struct event_ring {
	uint64_t head; /* number of the newest */
	struct svc_change change[CFG_EVENTS_KEPT];
};

enum client_phase { CLIENT_REQUEST, CLIENT_STATUS, CLIENT_LOGS, CLIENT_WAIT, CLIENT_EVENTS, CLIENT_END, CLIENT_RUNS };

/* Written by control*.c. A place is in use while its watch has a descriptor. */
struct client {
	uint32_t phase; /* enum client_phase */
	uint32_t verb;
	uint32_t svc;   /* the service it is about; CLIENT_STATUS: the next to tell of; CLIENT_EVENTS: or UINT32_MAX */
	uint32_t last;  /* CLIENT_STATUS: one beyond the last */
	bool follow;
	uint64_t pos;   /* CLIENT_LOGS; CLIENT_EVENTS: number of the last change that it knows; CLIENT_WAIT: of the run that
			 * it waits for, see control_awaited_run; CLIENT_RUNS: of the last record or run that it knows */
	uint64_t due_ms; /* CLIENT_REQUEST: dropped then; SVC_NEVER afterwards */
	uint64_t unread_ms; /* since when it takes no packet, or SVC_NEVER */
	bool state_first; /* CLIENT_STATUS: the packet about /state is to be sent */
};

enum late_phase { LATE_DONE, LATE_WAITS };

struct late {
	uint32_t phase;   /* enum late_phase; before a boot is over LATE_DONE too */
	int32_t pid;      /* of the child that loads, 0: not yet */
	uint64_t calm_ms; /* when it is time if nothing is launched until then, 0: something is under way */
	uint64_t due_ms;  /* when it is time at the latest, 0: not known yet */
	bool links;       /* they are not up yet */
	bool unread;      /* ingot-log has not begun */
};

/* The host's port: found after the boot, as its name comes late. */
struct port {
	struct hail hail;    /* the request that is being read */
	uint32_t session;    /* of the request that is being served */
	uint32_t wait_ms;    /* until the next look for the port */
	uint64_t look_ms;    /* when that is, or SVC_NEVER */
	int32_t end_code;    /* CLIENT_END: the last packet, which the host could not take yet */
	char end_text[CONTROL_TEXT_MAX];
};

enum reexec_phase { REEXEC_NOT, REEXEC_CHECKING, REEXEC_GO, REEXEC_DONE, REEXEC_FAILED };

/* Written by reexec.c. */
struct reexec {
	uint32_t phase;  /* enum reexec_phase */
	pid_t pid;       /* of the check, in REEXEC_CHECKING */
	int answer;      /* pipe from the check, in REEXEC_CHECKING */
	bool late;       /* the check was killed for its time limit */
	uint64_t due_ms; /* that limit, in REEXEC_CHECKING */
	char path[TBL_PATH_MAX + 1];
	char text[TBL_PATH_MAX + 145]; /* why it was refused */
};

enum reload_phase { RELOAD_NOT, RELOAD_STOPPING, RELOAD_CHANGING, RELOAD_DONE, RELOAD_FAILED };

/* Written by reload.c. */
struct reload {
	uint32_t phase; /* enum reload_phase */
	bool own;       /* the table that runs is the one in `table`; else the image's */
	int table;      /* descriptor of a table, with `own` */
	int next;       /* the same of the one that is to follow, in RELOAD_STOPPING */
	bool held[CFG_MAX_SERVICES]; /* in RELOAD_STOPPING: stopped by hand when it began */
	uint32_t ring; /* where to look for a free place of the logbook: one that was left is used last */
};

/* Written by watchdog.c; all zero where there is none. */
struct watchdog {
	int fd;
	uint32_t every_ms; /* from one feeding to the next */
	uint64_t due_ms;
	bool hungry;       /* the last one was left out */
};

/* Written by logger.c. */
struct logger {
	pid_t pid;         /* 0: none runs */
	int memory;        /* keep.c: of the logbook; 0: there is none yet */
	bool stale;        /* it has not all the pipes that there are */
	uint32_t places;   /* of the logbook: those behind them were never used */
	uint32_t failures; /* in a row */
	uint64_t since_ms; /* when it was started */
	uint64_t at_ms;    /* when to start it again, or SVC_NEVER */
};

#define CRASHES_MAX 3

/* Written by crash.c. */
struct crash {
	uint32_t count;              /* since boot */
	uint32_t signal;             /* of the last one */
	uint64_t instruction;        /* where it was */
	uint64_t at_ms[CRASHES_MAX]; /* the last ones, by count */
};

/* Written by history.c. */
struct history {
	struct run_ring ring;
	uint64_t seq;    /* of the newest record */
	uint64_t saved;  /* of the newest that is on the disk */
	uint64_t saving; /* of the newest when the writer began */
	uint64_t due_ms; /* the next write; with a writer, its deadline */
	pid_t writer;    /* the child that writes, or 0 */
	uint32_t boot;
	bool off;        /* the file could not be read: it is left alone */
	bool failed;     /* the last write */
};

#define TALLY_BLOCKS 64u /* of services that stand next to each other */

/* Written by tally.c. */
struct tally {
	struct marks waiting;          /* down and wanted */
	uint32_t jobs_running;
	uint32_t shift;                /* a block is 1 << shift services */
	uint64_t stale;                /* of which blocks due_ms is not known */
	uint64_t due_ms[TALLY_BLOCKS]; /* the soonest of the block, or SVC_NEVER */
};

enum down_kind { DOWN_NOT, DOWN_POWEROFF, DOWN_REBOOT, DOWN_HALT }; /* as enum ctl_down_kind */

/* The members that are used most come first: what lies within 128 bytes of the beginning has a short address. */
struct state {
	uint64_t listen_ms;                   /* control.c: when to accept again, or SVC_NEVER */
	uint32_t services;                    /* boot.c; never more than the table has */
	int epoll;                            /* loop.c */
	uint64_t now_ms;                      /* loop.c: read once per wake-up */
	int64_t wall_ms;                      /* loop.c: the same by the wall clock */
	uint64_t armed_ms;                    /* loop.c: what the timer is set to */
	uint64_t boot_ms;                     /* boot.c: when PID 1 began */
	uint64_t crowd_ms;                    /* svc_act.c: until when launches wait for room, or SVC_NEVER */
	bool changed;                         /* svc_act.c: a service changed its state in this wake-up */
	bool all_ready_said;                  /* svc_act.c */
	pid_t shell_pid;                      /* shell.c; 0: none runs */
	uint64_t shell_ms;                    /* shell.c: when to start it again, or SVC_NEVER */
	int shell_error;                      /* shell.c: pipe that says why it could not be executed, with shell_pid */
	uint32_t down;                        /* shutdown.c: enum down_kind */
	uint64_t down_ms;                     /* shutdown.c: the deadline */
	struct cmdline cmdline;               /* boot.c */
	struct watch watch[WATCHES];          /* loop.c */
	struct svc svc[CFG_MAX_SERVICES];     /* svc_act.c */
	struct svc_run run[CFG_MAX_SERVICES]; /* svc_act.c */
	struct client client[CLIENTS];        /* control*.c */
	uint32_t state_kind;                  /* state.c: enum ctl_state_kind */
	char state_text[CTL_STATE_TEXT];      /* state.c: which disk, or why there is none */
	struct event_ring events;             /* events.c */
	struct port port;                     /* control_port.c */
	struct reexec reexec;                 /* reexec.c */
	struct crash crash;                   /* crash.c */
	struct watchdog watchdog;             /* watchdog.c */
	uint32_t handling;                    /* loop.c: the place whose event is being handled, or WATCHES */
	struct history history;               /* history.c */
	struct tally tally;                   /* tally.c */
	uint32_t unready;                     /* svc_act.c: the services before this one were ready when last seen */
	struct reload reload;                 /* reload.c */
	struct logger logger;                 /* logger.c */
	int32_t down_status;                  /* shutdown.c: the machine's exit status, for the VM's host */
	char down_why[CTL_DOWN_WHY];          /* shutdown.c: what asked for the end */
	struct late late;                     /* late.c */
	uint32_t lacks;                       /* lacks.c: bit N: the kernel has no feature N of lib/features.h */
	/* Last, as keep.c leaves it out of its sum: a page that is looked at costs memory. */
	char said[CFG_MAX_SERVICES][CTL_SAID_SIZE]; /* notify.c: by run.ring, the text of STATUS= */
};

struct init {
	struct state *s;
	struct tbl table;      /* table.base is NULL in an emergency */
	struct tbl next;       /* reload.c: what is to follow it */
	struct tbl left;       /* reload.c: what it followed, while a launch may still look at it */
	struct launcher launcher;
	struct logbook book;   /* what the services wrote */
	int given;             /* control.c: the descriptor that came with the request being served, or -1 */
	int memory;            /* keep.c: what the state lies in; -1: memory that ends with the program */
};

/* Inconsistency in our own state: one line, and on. PID 1 never aborts. */
#define INIT_BUG(in, what) init_bug(in, __FILE__, __LINE__, what)
void init_bug(const struct init *in, const char *file, int line, const char *what);

static inline const char *
init_name(const struct init *in, uint32_t i)
{
	return tbl_str(&in->table, tbl_svc(&in->table, i)->name);
}

#endif
