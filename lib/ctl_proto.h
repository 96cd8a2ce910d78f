/* SPDX-License-Identifier: MIT
 *
 * The control protocol between ingotctl and PID 1: a SOCK_SEQPACKET unix socket, one request a connection, then one or
 * more reply packets. Fixed-size, versioned, host byte order. Only uid 0 of the machine is served (SO_PEERCRED).
 */
#ifndef INGOT_CTL_PROTO_H
#define INGOT_CTL_PROTO_H

#include <stddef.h>
#include <stdint.h>

#include "crc32.h"
#include "table.h"

#define CTL_SOCKET  "/run/ingot/control"
#define CTL_VERSION 5u
#define CTL_VSOCK_PORT 921u      /* where PID 1 listens on AF_VSOCK; as a port below 1024, no service can take it */
#define CTL_VSOCK_TRUSTED 1024u  /* who asks there has a port below this one */
#define CTL_DATA_MAX 4096
#define CTL_SAID_SIZE 64

enum ctl_verb {
	CTL_STATUS,   /* reply: a CTL_R_SVC for each service (or the one that is named; else a CTL_R_STATE
			* first), then CTL_R_END */
	CTL_START, CTL_STOP, CTL_RESTART, /* reply: CTL_R_END once it is done, or failed */
	CTL_LOGS,     /* reply: CTL_R_DATA packets, CTL_R_LOST where the ring had overrun, CTL_R_END unless following */
	CTL_PIDFD,    /* reply: CTL_R_SVC and by SCM_RIGHTS the stub's pidfd, the main process's cgroup folder, and a pipe
		       * that gives the struct sock_filter of its system calls until its end */
	CTL_POWEROFF, /* `since` is the machine's exit status for the VM's host; reply: CTL_R_END when accepted */
	CTL_REBOOT,   /* the same */
	CTL_EVENTS,   /* reply: CTL_R_EVENT for each change behind `since`, CTL_R_LOST where the ring had overrun,
		       * CTL_R_END unless following */
	CTL_REEXEC,   /* reply: CTL_R_END from the new program, or with why it was refused */
	CTL_HISTORY,  /* reply: a CTL_R_RUN for each run of the job, or of all, that is kept; then CTL_R_END */
	CTL_RUN,      /* reply: CTL_R_DATA with what becomes of it; with CTL_F_FOLLOW a CTL_R_RUN at the end of the run, or
		       * none where it was stopped before; then CTL_R_END */
	CTL_RELOAD,   /* with the descriptor of a sealed memfd that holds a service table by SCM_RIGHTS; reply: CTL_R_END
		       * once it is the one that runs, or with why it is not */
	CTL_IDLE,     /* asks for nothing: ends what was asked before it on the same port; reply: CTL_R_END */
	CTL_VERBS
};

#define CTL_F_FOLLOW (1u << 0) /* CTL_LOGS, CTL_EVENTS, CTL_RUN */
#define CTL_F_SINCE  (1u << 1) /* CTL_EVENTS: `since` holds; without it all that is kept is told */
#define CTL_F_PRIVILEGED (1u << 2) /* CTL_PIDFD: root goes in as root, which PID 1 says */
#define CTL_FLAGS    (CTL_F_FOLLOW | CTL_F_SINCE | CTL_F_PRIVILEGED)

struct ctl_request {
	uint32_t version;
	uint32_t verb;  /* enum ctl_verb */
	uint32_t flags;
	char name[TBL_NAME_MAX + 1]; /* of the service; empty: all, or none */
	uint32_t pad;
	uint64_t since; /* CTL_EVENTS: the number of the last change that is known already; CTL_LOGS: where in the ring the
			 * client goes on, 0: with the oldest; CTL_POWEROFF: 0 to 255 */
	char path[TBL_PATH_MAX + 1]; /* CTL_REEXEC: of the program; empty: /init */
};

enum ctl_reply_kind { CTL_R_SVC, CTL_R_DATA, CTL_R_LOST, CTL_R_END, CTL_R_STATE, CTL_R_EVENT, CTL_R_RUN,
		      CTL_R_DOWN /* over the port alone: the machine ends */ };

struct ctl_reply {
	uint32_t version;
	uint32_t kind;  /* enum ctl_reply_kind */
	int32_t code;   /* CTL_R_END: 0, or an errno; CTL_R_DOWN: the machine's exit status */
	uint32_t size;  /* bytes that follow this header in the packet: a struct ctl_svc, ctl_event or run_record, log data, a
			 * uint64_t of lost bytes or changes (CTL_R_LOST), or an error's text without a NUL */
};

/* How a service's last run ended; "why" tells what a wait status alone cannot. */
enum ctl_end { CTL_END_NONE, CTL_END_EXIT, CTL_END_SIGNAL, CTL_END_OOM, CTL_END_LAUNCH, CTL_END_NOT_READY,
	       CTL_END_TIMEOUT, CTL_END_UNHEALTHY,
	       CTL_END_PRESSURE, /* no end, in struct ctl_event alone: it was above its memory_high end_value times so far */
	       CTL_ENDS };

/* CTL_END_UNHEALTHY: what was found. Where it is a wait status or a number, end_value holds it. */
enum ctl_sick {
	CTL_SICK_ERRNO,  /* the probe could not be made: an errno; ETIMEDOUT where it took too long */
	CTL_SICK_HTTP,   /* an HTTP status, or 0 for an answer that is none */
	CTL_SICK_EXIT,   /* the check's exit code */
	CTL_SICK_SIGNAL, /* what killed the check */
	CTL_SICK_ABSENT, /* the file is not there */
	CTL_SICK_OLD,    /* the file has not been changed for too long */
	CTL_SICK_SILENT, /* no WATCHDOG=1 came in time */
	CTL_SICK_SAID,   /* it said so itself: WATCHDOG=trigger */
	CTL_SICKS
};

struct ctl_svc {
	char name[TBL_NAME_MAX + 1];
	uint32_t kind;  /* enum tbl_svc_kind */
	uint32_t state; /* enum svc_state */
	uint32_t end;   /* enum ctl_end of the last run */
	uint32_t end_value; /* exit code, signal, or errno */
	uint32_t end_step;  /* CTL_END_LAUNCH: enum launch_step; CTL_END_UNHEALTHY: enum ctl_sick */
	int32_t pid;    /* of the stub, 0 when not running */
	uint32_t uid, gid;
	uint32_t restarts; /* starts beyond the first that were not asked for */
	uint64_t since_ms; /* monotonic, when the state was entered */
	uint64_t now_ms;
	uint64_t seq;       /* number of the newest change of any service, when this was told */
	uint64_t boot_ms;   /* monotonic, when PID 1 began */
	uint64_t launch_ms; /* of the first launch; 0: there was none */
	uint64_t ready_ms;  /* when it was ready, or had done its work, for the first time; 0: never yet */
	uint64_t next_ms;   /* a job's next regular run, monotonic; UINT64_MAX: its calendar waits for the clock */
	uint32_t runs;      /* launches */
	uint32_t skipped;   /* a job's runs that were due and did not happen */
	uint32_t reason;    /* enum svc_reason of a job's last run, or of the one that it is about to do */
	uint32_t health;    /* enum ctl_health */
	uint32_t sick, sick_value; /* CTL_HEALTH_SICK: what was found, enum ctl_sick */
	char said[CTL_SAID_SIZE]; /* what the last run said of itself by sd_notify's STATUS, raw and cut; "": nothing */
	uint32_t pressure;  /* how often this run was above its memory_high */
	uint32_t pressed;   /* and that it was so just now */
	uint32_t flags;     /* of its record in the service table */
	uint32_t pad;
	uint64_t caps;      /* the same */
};

enum ctl_health { CTL_HEALTH_UNKNOWN /* not up, or nobody looks */, CTL_HEALTH_WELL, CTL_HEALTH_SICK, CTL_HEALTHS };

/* One change of a service's state, or memory pressure: from is to then. */
struct ctl_event {
	char name[TBL_NAME_MAX + 1];
	uint32_t kind;     /* enum tbl_svc_kind */
	uint32_t from, to; /* enum svc_state */
	uint32_t end;      /* enum ctl_end: how the run ended, where this change is its end; else CTL_END_NONE */
	uint32_t end_value, end_step; /* as in struct ctl_svc */
	uint64_t seq;      /* 1 for the first change since the boot, and no number is left out */
	uint64_t at_ms;    /* monotonic */
};

/* What /state is: memory as the image has it, the disk, or memory instead of the disk. */
enum ctl_state_kind { CTL_STATE_MEMORY, CTL_STATE_DISK, CTL_STATE_INSTEAD, CTL_STATE_KINDS };

#define CTL_STATE_TEXT 192

/* CTL_R_STATE: the first packet that answers a CTL_STATUS without a name. */
struct ctl_state {
	uint32_t kind; /* enum ctl_state_kind */
	char text[CTL_STATE_TEXT]; /* for people; "" for memory */
	uint32_t lacks; /* of the kernel, bit N: feature N of lib/features.h */
};

/* CTL_R_DOWN: the last that is heard of a machine, whoever asked for its end; its session is CTL_SESSION_NONE. */
enum ctl_down_kind { CTL_DOWN_NOT, CTL_DOWN_POWEROFF, CTL_DOWN_REBOOT, CTL_DOWN_HALT, CTL_DOWN_KINDS };

#define CTL_DOWN_WHY 64

struct ctl_down {
	uint32_t kind; /* enum ctl_down_kind */
	char why[CTL_DOWN_WHY]; /* for people: what asked for it */
};

#define CTL_SESSION_NONE 0u /* the number of no request */

/* The same over a port of a virtual machine, which is a stream of bytes without connections. A request is one struct
 * ctl_hail. Whatever came before it is over: half of another one, what was asked, and what was being told. Each packet
 * of a reply has a struct ctl_frame before it; the first frame of a session is empty, so that
 * who asks knows at once that somebody is there. Descriptors cannot be passed. The other end is the
 * VM's host, and is served as root. */
#define CTL_PORT_NAME  "org.ingot.control"
#define CTL_PORT_MAGIC "\xd7ingot\xd7\xa5" /* without its NUL; no valid name holds such bytes */
#define CTL_MAGIC_SIZE 8

struct ctl_hail {
	uint8_t magic[CTL_MAGIC_SIZE];
	uint32_t crc;     /* CRC-32 of what follows it */
	uint32_t session; /* the caller's number for this request */
	struct ctl_request request;
};

#define ctl_hail_crc(h) \
	crc32_of(&(h)->session, sizeof(struct ctl_hail) - offsetof(struct ctl_hail, session))

struct ctl_frame {
	uint8_t magic[CTL_MAGIC_SIZE];
	uint32_t session; /* as in the request that it answers */
	uint32_t size;    /* of the packet that follows: a struct ctl_reply and its data, or nothing */
};

#endif
