/* SPDX-License-Identifier: MIT
 *
 * How exposed a service is, from 0 to 10: the sum that `systemd-analyze security` makes, with its items and its weights
 * (analyze-security.c of systemd 252), made of facts that can be found in a service table as well as on a process. Both
 * programs use this one table, so that they cannot disagree but on the facts. What that sum does not ask stands beside
 * it as plain questions.
 */
#ifndef INGOT_SCORE_H
#define INGOT_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

#include "json.h"
#include "table.h"

/* Groups of system calls, as systemd.exec(5) names them for SystemCallFilter=. */
enum score_set { SET_CLOCK, SET_CPU_EMULATION, SET_DEBUG, SET_MODULE, SET_MOUNT, SET_OBSOLETE, SET_PRIVILEGED,
		 SET_RAW_IO, SET_REBOOT, SET_RESOURCES, SET_SWAP, SCORE_SETS };

/* What a filter of system calls lets through: found by running it, not by asking how it was made. */
struct score_calls {
	bool inet, local, netlink, packet, exotic; /* families of sockets that can be made */
	bool foreign;      /* calls by the entries for other processors */
	bool personality;  /* another one can be taken */
	bool set_ids;      /* a file can become setuid or setgid */
	bool unknown;      /* a call that no kernel of today knows */
	uint32_t namespaces; /* CLONE_NEW* that can be made or entered */
	const char *in_set[SCORE_SETS]; /* a call of the group; NULL: none */
};

/* From where to where it reaches by IP. */
enum score_ip { SCORE_IP_NONE, SCORE_IP_DECLARED /* a list of destinations */, SCORE_IP_ANY };

struct score_facts {
	uint32_t uid;
	uint32_t umask;
	uint64_t bounding, ambient; /* capabilities */
	bool groups;         /* has more than its one group */
	bool no_new_privs;
	bool mount_ns, net_ns, ipc_ns, uts_ns, user_ns; /* its own */
	bool own_root, read_only_root;
	bool own_dev, own_tmp;
	bool device_rules;   /* the kernel refuses it devices whatever nodes it has */
	bool more_devices;   /* it has some of the machine's beside those that every service has */
	bool cgroup_files;   /* it sees a cgroup file system that it could write to */
	bool delegated;      /* its cgroup is its own to rule */
	bool tunables;       /* it sees /proc/sys or /sys, writable */
	bool proc_hidden, proc_subset;
	bool own_keyring;
	bool notify_all;     /* any of its processes may speak for it to PID 1 */
	bool realtime;       /* it may take a realtime priority */
	bool no_write_exec;  /* memory that was writable cannot become executable */
	enum score_ip ip;
	struct score_calls calls;
	/* Beside the score: */
	bool limits;         /* of memory and of processes */
	bool wx_mounts;      /* nothing that it can write to is mounted executable */
	bool landlock;
};

enum score_extra { EXTRA_LIMITS, EXTRA_WX, EXTRA_LANDLOCK, EXTRA_USER_NS, EXTRA_PROC_SUBSET, EXTRA_UNKNOWN_CALLS,
		   SCORE_EXTRAS };

#define SCORE_ITEMS_MAX 96

/* A reason, and what it adds. */
struct score_item {
	const char *option; /* as systemd.exec(5) names what it is about */
	const char *why;
	const char *detail; /* a system call, or NULL */
	const char *key;    /* of the image file: what would lower it; NULL: no key does */
	uint32_t tenths;    /* of the score, rounded up */
	uint32_t part;      /* of the weights, for comparing */
};

struct score {
	uint32_t tenths;    /* 4 is 0.4 */
	struct score_item items[SCORE_ITEMS_MAX]; /* what adds to it, the worst first */
	size_t n;
	bool extra[SCORE_EXTRAS];
};

/* Strings in *out are constants. */
void score_compute(const struct score_facts *f, struct score *out);

/* score_filter.c: n of 0 is no filter at all. Instructions that no filter of ours has let everything through. */
void score_calls(const struct sock_filter *code, size_t n, struct score_calls *out);

/* score_table.c: what a machine with this table gives to the service. */
void score_facts_of(const struct tbl *t, const struct tbl_svc *s, struct score_facts *out);

/* score_text.c. `put` takes text in pieces. Shows `most` reasons, and how many more there are. */
void score_print(const char *name, const struct score *s, size_t most,
		 void (*put)(void *ctx, const char *bytes, size_t size), void *ctx);
#define SCORE_SHOWN 8 /* of each service, where all are asked for */
/* An object: name, score, reasons, and the questions. */
void score_json(struct json *j, const char *name, const struct score *s);

#endif
