/* SPDX-License-Identifier: MIT
 *
 * The service table: the contract between the builder, which writes it, and PID 1, which reads it in place. Everything
 * in it is checked and compiled at build time; PID 1 parses no text. Little-endian, 8-byte aligned, no pointers:
 * strings are offsets into TBL_STRINGS (0 is "none"), lists are spans of another section. Times are milliseconds,
 * sizes are bytes.
 *
 * Services stand in dependency order: each dependency has a smaller index than what needs it, so that a cycle cannot
 * be written, the start order is the index order, and the stop order its reverse.
 */
#ifndef INGOT_TABLE_H
#define INGOT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

#include "calendar.h"
#include "err.h"
#include "net_table.h"

#define TBL_MAGIC   "INGOTTBL"
#define TBL_VERSION 7u
#define TBL_PATH    "/ingot/table" /* where PID 1 finds it */

#define TBL_SIZE_MAX (16u << 20)
#define TBL_NAME_MAX 31   /* of a service, without the NUL; [a-z0-9] then [a-z0-9-], and @N of an instance */
#define TBL_SVC_MAX  4096
#define TBL_ARGV_MAX 255
#define TBL_PATH_MAX 255  /* of any path in the table, without the NUL */
#define TBL_FILTER_MAX 4096 /* instructions */
#define TBL_KNOBS_MAX 64 /* of a service */
#define TBL_KNOB_MAX 191 /* of what one is written or reads, without the NUL */
#define TBL_PROGRAMS_MAX 32
#define TBL_RLIMIT_KINDS 16u
#define TBL_NOTIFY_PATH "/run/notify" /* where a service with TBL_SVC_NOTIFY finds its socket */

enum tbl_section {
	TBL_MACHINE, /* struct tbl_machine, exactly one */
	TBL_MODULES, /* struct tbl_module, in load order */
	TBL_SYSCTLS, /* struct tbl_sysctl */
	TBL_LINKS,   /* struct tbl_link */
	TBL_SVCS,    /* struct tbl_svc, in dependency order */
	TBL_MOUNTS,  /* struct tbl_mount, in mount order for each service */
	TBL_DEPS,    /* uint32_t, index of a service */
	TBL_WORDS,   /* uint32_t, offset of a string */
	TBL_FILTERS, /* struct sock_filter: programs for seccomp */
	TBL_STRINGS, /* bytes; the first and the last are NUL */
	TBL_LISTENS, /* struct tbl_listen */
	TBL_NETS,    /* struct tbl_net: of each service with a private network; net_table.h */
	TBL_NET_RULES, /* struct tbl_net_rule */
	TBL_KNOBS,   /* struct tbl_knob, in the order they are written */
	TBL_RLIMITS, /* struct tbl_rlimit */
	TBL_BINDS,   /* uint32_t, a port of TCP */
	TBL_PORTS,   /* struct tbl_port */
	TBL_SECTIONS
};

struct tbl_extent {
	uint32_t off;   /* bytes from the table's start, a multiple of 8 */
	uint32_t count; /* elements, or bytes for TBL_STRINGS */
};

struct tbl_span {
	uint32_t first; /* index into the section that the field's comment names */
	uint32_t count;
};

struct tbl_header {
	char magic[8];
	uint32_t version;
	uint32_t size;  /* of the whole table */
	uint32_t crc;   /* CRC-32 of everything behind this header */
	uint32_t pad;
	struct tbl_extent section[TBL_SECTIONS];
};

/* What may be wrong with the disk that holds /state, and what the image says about it. */
enum tbl_trouble { TBL_DISK_ABSENT, TBL_DISK_CORRUPT, TBL_DISK_FULL, TBL_DISK_UNLIMITED, TBL_TROUBLES };
enum tbl_policy {
	TBL_POLICY_REFUSE,   /* the boot fails */
	TBL_POLICY_TMPFS,    /* memory instead; not with TBL_DISK_UNLIMITED */
	TBL_POLICY_RECREATE, /* a new file system; TBL_DISK_CORRUPT alone */
	TBL_POLICY_USE,      /* said, and on; TBL_DISK_FULL and TBL_DISK_UNLIMITED alone */
	TBL_POLICIES
};
#define TBL_LABEL_MAX 16 /* of an ext4 file system, without the NUL */
#define TBL_WAIT_MAX_MS 600000

struct tbl_machine {
	uint32_t image;    /* string: the image's name */
	uint32_t hostname; /* string */
	uint32_t shell;    /* string: path of the machine's busybox, none where the base root has none */
	uint32_t stop_deadline_ms; /* the whole shutdown */
	uint32_t root;  /* string: path in the initramfs of the squashfs that is the root; none: the initramfs is it */
	uint32_t early; /* with a root: so many of the first modules are loaded before it is attached, from the initramfs */
	uint32_t jobs_max; /* jobs that run at one time; 0: all */
	uint32_t purpose;  /* one more than the index of the service whose end ends the machine; 0: none */
	struct zone zone;  /* what calendars mean */
	uint32_t disk_label;   /* string: of the file system that is /state; none: /state is in memory */
	uint32_t disk_wait_ms; /* for its device to appear */
	uint32_t disk_policy[TBL_TROUBLES]; /* enum tbl_policy */
	uint32_t watchdog;    /* string: path of the watchdog's device, or none */
	uint32_t watchdog_ms; /* with a watchdog: its timeout, whole seconds */
	uint8_t syslog[4];    /* with a port: the IPv4 address that logs are sent to */
	uint32_t syslog_port; /* of UDP; 0: none */
	uint32_t required;    /* of the kernel, bit N: feature N of lib/features.h */
	uint32_t late; /* so many of the last modules are loaded once the services have been launched */
};

struct tbl_module {
	uint32_t path;   /* string: absolute, an uncompressed .ko */
	uint32_t params; /* string, or none */
};

struct tbl_sysctl {
	uint32_t path;  /* string: absolute, under /proc/sys */
	uint32_t value; /* string */
};

enum tbl_link_mode { TBL_LINK_STATIC, TBL_LINK_DHCP, TBL_LINK_MODES };

struct tbl_link {
	uint32_t name; /* string: as the kernel names it */
	uint32_t mode; /* enum tbl_link_mode; DHCP is run by a service of the machine that the builder adds */
	uint8_t address[4];
	uint8_t gateway[4]; /* 0.0.0.0: none */
	uint32_t prefix;    /* 0 to 32 */
	uint32_t pad;
};

enum tbl_svc_kind { TBL_SERVICE, TBL_JOB, TBL_KINDS };
enum tbl_restart { TBL_RESTART_NEVER, TBL_RESTART_ON_FAILURE, TBL_RESTART_ALWAYS, TBL_RESTARTS };
enum tbl_ready {
	TBL_READY_NONE,   /* once it is executed */
	TBL_READY_PROBE,  /* once its probe succeeds */
	TBL_READY_FD,     /* a newline on a descriptor */
	TBL_READY_EXIT,   /* a oneshot: once it has ended well */
	TBL_READY_NOTIFY, /* READY=1 on the socket of sd_notify */
	TBL_READIES
};

/* One look at a service from outside of it (TCP, HTTP) or from within its namespaces (FILE, EXEC). */
enum tbl_probe_kind {
	TBL_PROBE_NONE,
	TBL_PROBE_TCP,  /* the port accepts */
	TBL_PROBE_HTTP, /* it answers GET with a status of 200 to 399 */
	TBL_PROBE_FILE, /* it is there, and with age_ms was changed within that time */
	TBL_PROBE_EXEC, /* the program exits with 0 */
	TBL_PROBES
};

struct tbl_probe {
	uint32_t kind; /* enum tbl_probe_kind */
	uint32_t port; /* TCP and HTTP: 1 to 65535, on the machine's loopback */
	uint32_t age_ms; /* FILE: 0 is any age */
	struct tbl_span words; /* of TBL_WORDS. HTTP and FILE: one absolute path; EXEC: argv, argv[0] absolute */
};

/* What a failing health check brings about. */
enum tbl_health_action {
	TBL_HEALTH_NONE,    /* it is said, and shown */
	TBL_HEALTH_RESTART, /* the run has failed: it is stopped, and the restart policy holds */
	TBL_HEALTH_ACTIONS
};

/* A job is due while its last run has not ended. */
enum tbl_overlap { TBL_OVERLAP_SKIP, TBL_OVERLAP_QUEUE, TBL_OVERLAP_REPLACE, TBL_OVERLAPS };
/* A job was due while the clock was not there: it was set forward. */
enum tbl_missed { TBL_MISSED_SKIP, TBL_MISSED_ONCE, TBL_MISSEDS };

/* What else happens when a service fails. */
enum tbl_on_failure {
	TBL_ON_FAILURE_NONE,
	TBL_ON_FAILURE_DEPENDENTS, /* at each failure what needs it is restarted, once it is ready again */
	TBL_ON_FAILURE_REBOOT,     /* once it is not restarted any more, the machine is rebooted in order */
	TBL_ON_FAILURE_POWEROFF,   /* the same, but powered off */
	TBL_ON_FAILURES
};

/* flags of a service */
#define TBL_SVC_MACHINE (1u << 0) /* a program of the machine itself: its root, its namespaces, uid 0, its capabilities;
				     only the cgroup is its own. Written by the builder alone (the DHCP client). */
#define TBL_SVC_NETNS   (1u << 1) /* a network namespace of its own, holding a down lo (network mode none) */
#define TBL_SVC_USERNS  (1u << 2) /* a user namespace of its own: its uid and gid are the only ids in it */
#define TBL_SVC_CRITICAL (1u << 8) /* the watchdog is fed only while it is well */
#define TBL_SVC_NOTIFY  (1u << 9) /* has a socket for sd_notify at TBL_NOTIFY_PATH, in a tmpfs of its own */
#define TBL_SVC_LOG_STATE   (1u << 16) /* its output is kept on the state disk, log_kb of it */
#define TBL_SVC_LOG_CONSOLE (1u << 17) /* and shown on the console */
#define TBL_SVC_LOG_SYSLOG  (1u << 18) /* and sent to the machine's syslog */
#define TBL_SVC_LOG (TBL_SVC_LOG_STATE | TBL_SVC_LOG_CONSOLE | TBL_SVC_LOG_SYSLOG)
#define TBL_LISTEN_MAX 8 /* of one service */
#define TBL_DEVICES_MAX 16 /* the same */

/* A socket that PID 1 binds in the machine's network and hands on, listening where it is TCP. */
struct tbl_listen {
	struct netf_addr address;
	uint16_t port;    /* never 0 */
	uint16_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};

#define TBL_SVC_JIT     (1u << 24) /* it may make memory executable that it has written */
#define TBL_SVC_LANDLOCK (1u << 25) /* it executes `programs` alone, and writes to its mounts alone */
#define TBL_SVC_BINDS   (1u << 26) /* with TBL_SVC_LANDLOCK: of TCP it binds the ports of `binds` alone */
#define TBL_SVC_FLAGS   (TBL_SVC_MACHINE | TBL_SVC_NETNS | TBL_SVC_USERNS | TBL_SVC_CRITICAL | TBL_SVC_NOTIFY | \
			 TBL_SVC_LOG | TBL_SVC_JIT | TBL_SVC_LANDLOCK | \
			 TBL_SVC_BINDS)

struct tbl_svc {
	uint32_t name; /* string; the builder sees to it that it is unique */
	uint32_t root; /* string: folder of the machine's root that is this service's root; none with TBL_SVC_MACHINE */
	uint32_t kind; /* enum tbl_svc_kind */
	uint32_t flags;
	struct tbl_span argv;   /* of TBL_WORDS, at least one, argv[0] absolute */
	struct tbl_span env;    /* of TBL_WORDS, each NAME=value */
	struct tbl_span deps;   /* of TBL_DEPS, each smaller than this service's own index */
	struct tbl_span wants;  /* the same: waited for on their first way up only, whatever becomes of them */
	struct tbl_span mounts; /* of TBL_MOUNTS */
	uint32_t uid, gid;
	uint32_t ready;      /* enum tbl_ready */
	uint32_t ready_fd;   /* TBL_READY_FD: 3 to 255; a newline written there means ready */
	uint32_t ready_timeout_ms; /* 0: none */
	uint32_t restart;    /* enum tbl_restart */
	uint32_t backoff_first_ms, backoff_max_ms; /* doubled at each failure in a row, reset after a healthy while */
	uint32_t backoff_jitter;  /* percent of a wait that is added at most, at random; at most 100 */
	uint32_t healthy_ms;      /* up for as long as this: its failures are counted anew */
	uint32_t restart_limit;   /* restarts in a row, then it has failed; 0: it never gives up */
	uint32_t on_failure;      /* enum tbl_on_failure */
	uint32_t stop_signal; /* 1 to 64 */
	uint32_t stop_timeout_ms;
	uint32_t every_ms;   /* TBL_JOB: start to start; 0: by its calendar, or no job */
	uint32_t run_timeout_ms; /* TBL_JOB: 0 is none */
	uint32_t pids_max;
	uint32_t cpu_quota_us, cpu_period_us; /* quota 0: no limit */
	uint32_t cwd;        /* string: folder of its root that it starts in; none: / */
	uint64_t memory_max; /* never 0 */
	uint64_t restart_signals; /* bit N-1: restarted only when ended by such a signal N; 0: by any end */
	struct calendar calendar; /* TBL_JOB without every_ms; empty otherwise */
	uint32_t jitter_ms;  /* TBL_JOB: each run starts up to this much later, at random */
	uint32_t late_ms;    /* TBL_JOB: a run that could not start so long after it was due is skipped; 0: never */
	uint32_t overlap;    /* TBL_JOB: enum tbl_overlap */
	uint32_t missed;     /* TBL_JOB with a calendar: enum tbl_missed */
	struct tbl_probe ready_probe; /* TBL_READY_PROBE */
	struct tbl_probe health;      /* while it is up; TBL_PROBE_NONE: none */
	uint32_t health_every_ms;     /* with a probe, from one to the next; never 0 */
	uint32_t health_timeout_ms;   /* with a probe, of one; never 0 */
	uint32_t health_failures;     /* with a probe: so many in a row make it unhealthy; never 0 */
	uint32_t health_successes;    /* with a probe: so many in a row make it healthy again; never 0 */
	uint32_t health_action;       /* enum tbl_health_action */
	uint32_t watchdog_ms; /* with TBL_SVC_NOTIFY: unhealthy after so long without WATCHDOG=1; 0: never */
	struct tbl_span filter; /* of TBL_FILTERS: what decides over its system calls; empty: it may make any */
	uint32_t log_kb;      /* TBL_SVC_LOG_STATE: of its log files together, KiB */
	uint32_t pad;
	uint64_t memory_high; /* above it the kernel slows it down, and PID 1 tells; at most memory_max; 0: none */
	struct tbl_span listen; /* of TBL_LISTENS, TBL_LISTEN_MAX at most: descriptors of its program from 3 on */
	uint32_t net;  /* with a private network: one more than its index in TBL_NETS; 0: none */
	uint32_t pad2;
	struct tbl_span knobs; /* of TBL_KNOBS: more for its cgroup */
	uint64_t caps; /* that it keeps, bit N: capability N; 0 with TBL_SVC_MACHINE, which keeps all */
	struct tbl_span rlimits; /* of TBL_RLIMITS: instead of the posture's own */
	struct tbl_span binds; /* of TBL_BINDS, each 1 to 65535 */
	struct tbl_span programs; /* of TBL_WORDS: what holds programs, each a name in its root, or "." for all of it */
	struct tbl_span ports; /* of TBL_PORTS: those that it declares, in its network; PID 1 has no use for them */
	struct tbl_span devices; /* of TBL_WORDS, TBL_DEVICES_MAX at most: character devices that it opens, below /dev */
};

enum tbl_mount_kind {
	TBL_MOUNT_PROC,  /* proc: subset=pid,hidepid=invisible */
	TBL_MOUNT_DEV,   /* a read-only clone of the machine's template of harmless nodes */
	TBL_MOUNT_TMPFS, /* fresh at each start, sized, nosuid nodev noexec, owned by the service */
	TBL_MOUNT_STATE, /* kept over restarts, sized; on the machine it is /state/SERVICE/PATH */
	TBL_MOUNT_KINDS
};

struct tbl_mount {
	uint32_t kind; /* enum tbl_mount_kind */
	uint32_t path; /* string: in the service's root, where the builder made a real directory */
	uint64_t size; /* TMPFS and STATE */
	uint32_t mode; /* permission bits: TMPFS and STATE */
	uint32_t pad;
};

/* Whose file of the cgroup file system a knob is. */
enum tbl_knob_of {
	TBL_KNOB_SERVICE,  /* the service's */
	TBL_KNOB_SERVICES, /* of the folder of all services: what is theirs by its leave */
	TBL_KNOB_MACHINE,  /* of the root: what is switched on for a device */
	TBL_KNOB_OFS
};
#define TBL_KNOB_STATE "state" /* as a device: the disk that holds /state */

struct tbl_knob {
	uint32_t of;     /* enum tbl_knob_of */
	uint32_t file;   /* string: its name, CONTROLLER.REST; never one of cgroup.* */
	uint32_t value;  /* string: what is written; none: it is read alone */
	uint32_t reads;  /* string: how a line of it must begin afterwards, in whole words; never none */
	uint32_t device; /* string: the value and the line are of this disk: its path below /dev, or TBL_KNOB_STATE; or none */
	uint32_t pad;
};

struct tbl_rlimit {
	uint32_t resource; /* RLIMIT_ of the kernel, below TBL_RLIMIT_KINDS */
	uint32_t pad;
	uint64_t value;    /* the soft and the hard one */
};

enum tbl_protocol { TBL_PORT_TCP, TBL_PORT_UDP, TBL_PROTOCOLS };

struct tbl_port {
	uint32_t protocol; /* enum tbl_protocol */
	uint32_t port;     /* 1 to 65535 */
};

/* A checked table; borrows the bytes it was opened on and owns nothing. */
struct tbl {
	const uint8_t *base;
	const struct tbl_header *h;
	const struct tbl_machine *machine;
};

/* Checks every field of the size bytes at data (8-byte aligned), which must outlive *t. After success no accessor below
 * can fail or read outside. */
int tbl_open(struct tbl *t, const void *data, size_t size, struct err *e);

/* The crc that the header must hold, over the bytes behind the header. */
uint32_t tbl_crc(const void *data, size_t size);

uint32_t tbl_count(const struct tbl *t, enum tbl_section s);
const char *tbl_str(const struct tbl *t, uint32_t off); /* "" for none */
const struct tbl_module *tbl_module(const struct tbl *t, uint32_t i);
const struct tbl_sysctl *tbl_sysctl(const struct tbl *t, uint32_t i);
const struct tbl_link *tbl_link(const struct tbl *t, uint32_t i);
const struct tbl_svc *tbl_svc(const struct tbl *t, uint32_t i);
const struct tbl_mount *tbl_mount(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
const struct tbl_rlimit *tbl_rlimit(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
uint32_t tbl_bind(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
uint32_t tbl_dep(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
uint32_t tbl_want(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
const char *tbl_word(const struct tbl *t, struct tbl_span span, uint32_t i);
const struct tbl_knob *tbl_knob(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
const struct tbl_port *tbl_ports(const struct tbl *t, const struct tbl_svc *s); /* the first of them */
const struct sock_filter *tbl_filter(const struct tbl *t, const struct tbl_svc *s);
const struct tbl_listen *tbl_listen(const struct tbl *t, const struct tbl_svc *s, uint32_t i);
const struct tbl_net *tbl_net(const struct tbl *t, uint32_t i);
const struct tbl_net_rule *tbl_net_rules(const struct tbl *t); /* all of them */

#endif
