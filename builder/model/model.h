/* SPDX-License-Identifier: MIT
 *
 * What an image file and its recipes say, as structs that the key tables fill. Nothing here is resolved or checked
 * against anything else; each struct knows its node, and with it its place. Times are milliseconds, sizes bytes.
 */
#ifndef INGOT_MODEL_H
#define INGOT_MODEL_H

#include <stdbool.h>

#include "features.h"
#include "keys.h"

/* A list that a key table fills: KEY_TEXTS and the like; v and n as in struct key_list. */
#define LIST_OF(type)       \
	struct {            \
		type *v;    \
		size_t n;   \
	}

/* ---- sources: what brings files into a root; exactly one of the pointers is set ---- */

struct src_debian {
	struct key_head head;
	LIST_OF(const char *) packages;
	LIST_OF(const char *) drop;    /* dependencies that are not wanted */
	LIST_OF(const char *) exclude; /* path prefixes left out */
};

struct src_file {
	struct key_head head;
	const char *path; /* on the host */
	const char *to;
	uint64_t mode;
};

struct src_folder {
	struct key_head head;
	const char *path; /* on the host */
	const char *to;
};

struct src_text {
	struct key_head head;
	const char *content;
	const char *to;
	uint64_t mode;
};

struct src_link {
	struct key_head head;
	const char *target;
	const char *to;
};

struct src_dir {
	struct key_head head;
	const char *to;
	uint64_t mode;
};

struct src_busybox {
	struct key_head head;
	const char *to;
	int applets; /* links to all of them */
};

struct src_archive {
	struct key_head head;
	const char *url;  /* one of the two */
	const char *path; /* on the host */
	const char *sha256;
	const char *to;
	uint64_t strip; /* leading components of the names inside that are dropped */
	LIST_OF(const char *) exclude;
};

struct oci_image;

struct src_oci {
	struct key_head head;
	const char *path; /* on the host */
	const char *ref;
	const char *platform;
	const char *digest; /* of the manifest */
	LIST_OF(const char *) exclude;
	const struct oci_image *image; /* what path holds; set by check.c, NULL where it is wrong */
};

struct source;

/* An input of a build step: the files of a source package. */
struct src_debian_source {
	struct key_head head;
	const char *package;
	const char *to; /* a folder */
};

struct step_output {
	struct key_head head;
	const char *from; /* in the step's root, below /out */
	const char *to;
	uint64_t mode;    /* 0: 0755 where the step made it executable, else 0644 */
};

struct src_build {
	struct key_head head;
	LIST_OF(const char *) tools;  /* Debian packages: the step's own root */
	LIST_OF(const char *) drop;   /* dependencies of them that are not wanted */
	LIST_OF(struct source) inputs;
	LIST_OF(const char *) env;
	LIST_OF(const char *) command;
	LIST_OF(struct step_output) outputs;
	uint64_t timeout;
	uint64_t memory; /* of each process; 0: no limit */
	uint64_t space;  /* of each folder that the step may write to */
};

struct source {
	struct key_head head;
	int override;
	struct src_debian *debian;
	struct src_file *file;
	struct src_folder *folder;
	struct src_text *text;
	struct src_link *link;
	struct src_dir *dir;
	struct src_busybox *busybox;
	struct src_archive *archive;
	struct src_oci *oci;
	struct src_build *build;
	struct src_debian_source *debian_source; /* inputs of a build step alone */
};

/* ---- recipes ---- */

struct recipe_kernel {
	struct key_head head;
	const char *package;
	const char *image; /* path of the kernel in the package; NULL: boot/vmlinuz-* */
	const char *config; /* the same of its CONFIG_ lines; NULL: boot/config-* */
	LIST_OF(const char *) modules;
	LIST_OF(const char *) late; /* modules that no service needs */
	LIST_OF(const char *) cmdline;
	LIST_OF(const char *) disk; /* modules, for an image whose state is on a disk */
	LIST_OF(const char *) network; /* modules, for an image that has links */
	LIST_OF(const char *) without_network; /* words of the command line, for an image that has no network at all */
};

struct recipe {
	struct key_head head;
	const char *recipe; /* its name, as its file's */
	const char *description;
	LIST_OF(struct source) sources;
	struct recipe_kernel *kernel;
	const char *file; /* where it was read from */
	const char *name_in_manifest; /* the same from recipes/ on */
};

/* ---- services and jobs ---- */

enum net_mode { NET_NONE, NET_MACHINE, NET_PRIVATE };
enum net_protocol { NET_TCP, NET_UDP };

struct model_port {
	struct key_head head;
	uint64_t machine; /* port number; 0: it is not published */
	uint64_t service; /* the same inside a private network; 0: the machine's */
	int protocol;     /* enum net_protocol */
};

/* A destination that a private network lets out to. */
struct model_egress {
	struct key_head head;
	const char *address; /* one, or a network */
	uint64_t port;       /* 0: all of the protocol */
	int protocol;        /* enum net_protocol */
};

struct model_network {
	struct key_head head;
	int mode; /* enum net_mode */
	LIST_OF(struct model_port) ports;
	LIST_OF(struct model_egress) egress;
	LIST_OF(const char *) reach; /* services, or NAME@N */
	int masquerade;
};

/* A socket that PID 1 binds in the machine's network. */
struct model_listen {
	struct key_head head;
	const char *address;
	uint64_t port;
	int protocol;
	const char *name; /* NULL: the service's */
};

enum seccomp_mode { SECCOMP_ENFORCED, SECCOMP_AUDITED, SECCOMP_UNCONFINED };

struct model_seccomp {
	struct key_head head;
	int mode; /* enum seccomp_mode */
	LIST_OF(const char *) allow, deny;
	LIST_OF(const char *) sockets; /* where the file does not state it, the service's network decides */
};

struct model_io {
	struct key_head head;
	const char *device; /* "state", or a path below /dev */
	uint64_t read, write;         /* bytes in a second; 0: no limit */
	uint64_t read_ops, write_ops; /* requests in a second; 0: no limit */
	uint64_t weight;              /* 0: none */
};

enum huge_page { HUGE_2M, HUGE_1G };

struct model_hugetlb {
	struct key_head head;
	int page; /* enum huge_page */
	uint64_t max;
};

struct model_cgroup {
	struct key_head head;
	const char *file, *value;
	const char *reads; /* NULL: the value */
};

enum landlock_mode { LANDLOCK_ENFORCED, LANDLOCK_UNCONFINED };

struct model_landlock {
	struct key_head head;
	int mode; /* enum landlock_mode */
};

/* Of its processes; 0: as the posture has it. */
struct model_rlimits {
	struct key_head head;
	uint64_t of[16]; /* by the kernel's number, RLIMIT_NOFILE and the like */
};

struct model_limits {
	struct key_head head;
	uint64_t memory;
	uint64_t memory_high; /* 0: none */
	uint64_t pids;
	uint64_t cpu; /* percent of one processor; 0: no limit */
	uint64_t memory_low; /* 0: none */
	uint64_t swap;       /* 0: none */
	uint64_t cpu_weight; /* 0: as the kernel has it */
	LIST_OF(const char *) cpus;
	LIST_OF(struct model_io) io;
	LIST_OF(struct model_hugetlb) hugetlb;
	LIST_OF(struct model_cgroup) cgroup;
};

struct model_state {
	struct key_head head;
	const char *path;
	uint64_t size;
	uint64_t mode;
};

struct model_http {
	struct key_head head;
	uint64_t port;
	const char *path;
};

struct model_ready {
	struct key_head head;
	uint64_t tcp; /* 0: not asked for */
	struct model_http http; /* asked for where it has a node */
	const char *file;
	LIST_OF(const char *) exec;
	uint64_t fd; /* 0: not asked for */
	int exit;    /* a oneshot */
	int notify;  /* sd_notify */
	uint64_t timeout;
};

struct model_fresh {
	struct key_head head;
	const char *path;
	uint64_t age; /* 0: any */
};

struct model_health {
	struct key_head head;
	uint64_t tcp;
	struct model_http http;
	struct model_fresh file;
	LIST_OF(const char *) exec;
	uint64_t notify; /* the watchdog's time; 0: none */
	uint64_t every, timeout, failures, successes;
	int action; /* enum tbl_health_action */
};

struct model_backoff {
	struct key_head head;
	uint64_t first, max;
	uint64_t jitter; /* percent */
};

struct model_restart {
	struct key_head head;
	int policy; /* enum tbl_restart */
	struct model_backoff backoff;
	uint64_t healthy;
	uint64_t limit; /* 0: none */
	LIST_OF(const char *) signals; /* names as `kill -l` has them, without SIG */
};

struct model_stop {
	struct key_head head;
	int signal; /* index into stop_signals */
	uint64_t timeout;
};

struct model_schedule {
	struct key_head head;
	uint64_t every;       /* 0: by the calendar */
	const char *calendar; /* cron's fields */
	uint64_t jitter;
	uint64_t late; /* 0: never too late */
};

struct model_retries {
	struct key_head head;
	uint64_t count;
	struct model_backoff backoff;
};

struct model_scratch {
	struct key_head head;
	uint64_t size; /* of /tmp, and of /run */
};

/* What becomes of a service's output. Words of a service, which may leave it to the image's own `logs`; the image's
 * have the same order without the first. */
enum logs_where { LOGS_WHERE_IMAGE, LOGS_MEMORY, LOGS_STATE };
enum logs_forward { LOGS_FORWARD_IMAGE, LOGS_NONE, LOGS_CONSOLE, LOGS_SYSLOG };

struct model_syslog {
	struct key_head head;
	uint64_t address; /* as KEY_IPV4 has it; 0: none */
	uint64_t port;
};

struct model_logs {
	struct key_head head;
	int where;     /* enum logs_where; the image's: one less */
	uint64_t size; /* of a service's files; 0: as the image has it */
	int forward;   /* enum logs_forward; the image's: one less */
	struct model_syslog syslog; /* the image's alone */
};

/* A value that a service has from elsewhere than its file. */
struct model_default {
	const char *key, *value; /* "command", "env.NAME", "user", "cwd"; as a text for people */
	const char *origin;      /* "oci image nginx.tar config" */
};

/* A service, or a job; a job has a schedule and no ready and restart. */
struct model_service {
	struct key_head head;
	const char *description;
	LIST_OF(const char *) recipes;
	LIST_OF(struct source) sources;
	LIST_OF(const char *) command;
	const char *user;
	const char *cwd;
	LIST_OF(const char *) env;
	LIST_OF(const char *) needs;
	LIST_OF(const char *) wants;
	struct model_network network;
	struct model_seccomp seccomp;
	struct model_landlock landlock;
	struct model_rlimits rlimits;
	struct model_limits limits;
	struct model_scratch scratch;
	LIST_OF(struct model_state) state;
	struct model_ready ready;
	struct model_health health;
	struct model_restart restart;
	int on_failure; /* enum tbl_on_failure */
	struct model_stop stop;
	struct model_schedule schedule;
	int overlap; /* enum tbl_overlap */
	int missed;  /* enum tbl_missed */
	struct model_retries retries;
	uint64_t timeout;
	LIST_OF(const char *) unchecked; /* paths whose programs are not held against the root */
	int critical;
	LIST_OF(const char *) capabilities; /* names without CAP_ */
	LIST_OF(const char *) can_escape_by;
	int jit; /* memory may be written and executed */
	LIST_OF(const char *) devices; /* paths below /dev */
	int machine_ids;
	uint64_t replicas; /* 0: not stated, and the one instance has the service's name */
	struct model_logs logs;
	LIST_OF(struct model_listen) listen;
	/* Not from the file: what its OCI image sets where the file says nothing (oci_defaults.c). */
	const struct src_oci *oci;
	LIST_OF(struct model_default) defaults;
};

/* ---- the image ---- */

struct model_kernel {
	struct key_head head;
	const char *recipe;
	LIST_OF(const char *) cmdline;
	LIST_OF(const char *) modules;
};

struct model_user {
	struct key_head head;
	const char *name;
	uint64_t uid;
	uint64_t gid; /* 0: the uid */
};

struct model_vlan {
	struct key_head head;
	const char *of; /* the link that it is on */
	uint64_t id;
};

struct model_link {
	struct key_head head;
	const char *name;
	int dhcp;
	uint64_t address, prefix, gateway;
	const char *mac, *driver; /* NULL: not by it */
	int any;
	LIST_OF(const char *) addresses;
	const char *gateway6;
	LIST_OF(const char *) dns;
	uint64_t mtu; /* 0: as it is */
	struct model_vlan vlan; /* one where it has a node */
	int optional;
};

struct model_net_service {
	struct key_head head;
	int critical;
};

/* The networks that the addresses of services with a private network are of. */
struct model_private {
	struct key_head head;
	const char *ipv4, *ipv6;
};

struct model_machine_network {
	struct key_head head;
	LIST_OF(struct model_link) links;
	struct model_net_service service; /* with a node: ingot-net, asked for by itself; see links_kept() */
	struct model_private private;
};

struct model_budget {
	struct key_head head;
	uint64_t memory; /* of the machine */
	uint64_t image;  /* of the kernel and one output; 0: none */
	uint64_t ready;  /* from the kernel's begin to the last service; 0: none */
	uint64_t score;  /* tenths, of each service: as far as the file states it */
};

/* ---- tests of the booted image ---- */

struct test_http {
	struct key_head head;
	uint64_t port; /* on the machine */
	const char *path;
	uint64_t status;
	const char *contains;
};

struct test_tcp {
	struct key_head head;
	uint64_t port; /* on the machine */
	const char *send;
	const char *expect;
};

/* Exactly one of the pointers is set. */
struct model_test {
	struct key_head head;
	const char *name;
	struct test_http *http;
	struct test_tcp *tcp;
	uint64_t timeout;
};

struct model_forward {
	struct key_head head;
	uint64_t host, machine;
	int protocol;
};

#define FORWARDS_MAX 32 /* also of -p */

struct model_run {
	struct key_head head;
	LIST_OF(struct model_forward) forward;
};

/* Where state that outlives the machine's power lies; without a node there is none, and state is in memory. */
struct model_disk {
	struct key_head head;
	const char *label;
	uint64_t wait;
	int absent, corrupt; /* enum tbl_policy */
	int full;            /* enum full_policy */
	int quota;           /* enum quota_policy */
};

enum full_policy { FULL_REFUSE, FULL_TMPFS, FULL_USE };
enum quota_policy { QUOTA_REQUIRED, QUOTA_WANTED };

static inline bool
model_has_disk(const struct model_disk *d)
{
	return d->head.node != NULL;
}

struct model_watchdog {
	struct key_head head;
	const char *device;
	uint64_t timeout;
};

enum need { NEED_BEST, NEED_REQUIRED };

/* What the image asks of its kernel. */
struct model_features {
	struct key_head head;
	int need[FEATURES]; /* enum need */
};

struct model_drift {
	struct key_head head;
	uint64_t every;
};

enum root_kind { ROOT_MEMORY, ROOT_SQUASHFS };

struct model_initramfs {
	struct key_head head;
	int root; /* enum root_kind */
};

struct model_compression {
	struct key_head head;
	uint64_t level; /* of what `ingot build` writes */
	uint64_t run;   /* of what `ingot run` boots */
};

struct image {
	struct key_head head;
	const char *image; /* its name */
	const char *description;
	int arch;
	const char *hostname;
	const char *timezone;
	uint64_t jobs_at_once; /* 0: all */
	const char *purpose;   /* a service or job, or NULL */
	struct model_kernel kernel;
	LIST_OF(const char *) recipes;
	LIST_OF(struct source) sources;
	LIST_OF(struct model_user) users;
	struct model_machine_network network;
	LIST_OF(struct model_service) services;
	LIST_OF(struct model_service) jobs;
	LIST_OF(const char *) outputs;
	LIST_OF(const char *) unchecked;
	struct model_compression compression;
	struct model_initramfs initramfs;
	struct model_disk state;
	struct model_logs logs;
	struct model_budget budget;
	struct model_watchdog *watchdog; /* NULL: none */
	struct model_features features;
	struct model_drift *drift; /* NULL: none */
	struct model_run run;
	LIST_OF(struct model_test) tests;
};

extern const struct key image_keys[];
extern const struct key recipe_keys[];
extern const struct key rlimits_keys[]; /* for their names */

/* model_caps.c: what `capabilities` and `can-escape-by` may name. */
extern const struct key_word capability_words[], escape_words[];

/* The signals that `stop: {signal}` may name, in the order of its words. */
extern const int stop_signals[];

/* The bit of a capability that `capabilities` may name; *escapes: with it a service can leave what isolates it. */
uint64_t model_capability(const char *word, bool *escapes);

/* The number of a signal that `restart: {signals}` may name, or 0. */
int model_signal(const char *word);

#endif
