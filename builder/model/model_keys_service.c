/* SPDX-License-Identifier: MIT
 *
 * The key tables of services and jobs: the one place where a key is named, typed, bounded and described.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "model_keys.h"
#include "table.h"

static const struct key_word mode_words[] = { [NET_NONE] = { "none", 0 }, [NET_MACHINE] = { "machine", 0 },
					      [NET_PRIVATE] = { "private", 0 }, { NULL, 0 } };
static const struct key_word seccomp_words[] = { [SECCOMP_ENFORCED] = { "enforce", 0 },
						 [SECCOMP_AUDITED] = { "audit", 0 },
						 [SECCOMP_UNCONFINED] = { "unconfined", 0 }, { NULL, 0 } };
static const struct key_word socket_words[] = { { "unix", 0 }, { "inet", 0 }, { "inet6", 0 }, { "route", 0 },
						{ "netlink", 0 }, { "packet", 0 }, { "vsock", 0 }, { "alg", 0 },
						{ "can", 0 }, { "bluetooth", 0 }, { NULL, 0 } };

/* What loosens the posture that services have by default; keys of which any value does have it as .risk. */
static const struct key_risk mode_risks[] = {
	{ "machine", "it reaches what the machine reaches, and every port of it" },
	{ NULL, NULL },
};
static const struct key_risk seccomp_risks[] = {
	{ "audit", "no system call is refused, each is only reported" },
	{ "unconfined", "every system call of the kernel can be tried" },
	{ NULL, NULL },
};
static const struct key_risk landlock_risks[] = {
	{ "unconfined", "what holds it where a mount or a mode of a file is wrong is gone" },
	{ NULL, NULL },
};
static const struct key_risk socket_risks[] = {
	{ "netlink", "every part of the kernel that netlink leads to" },
	{ "packet", "packets of the link itself" },
	{ "vsock", "the VM's host and its sockets" },
	{ "alg", "the kernel's ciphers, which have been a way into it" },
	{ "can", "the CAN bus" },
	{ "bluetooth", "Bluetooth" },
	{ NULL, NULL },
};
static const struct key_word landlock_words[] = { [LANDLOCK_ENFORCED] = { "enforce", 0 },
						  [LANDLOCK_UNCONFINED] = { "unconfined", 0 }, { NULL, 0 } };
const struct key_word protocol_words[] = { [NET_TCP] = { "tcp", 0 }, [NET_UDP] = { "udp", 0 }, { NULL, 0 } };
static const struct key_word restart_words[] = { [TBL_RESTART_NEVER] = { "never", 0 },
						 [TBL_RESTART_ON_FAILURE] = { "on-failure", 0 },
						 [TBL_RESTART_ALWAYS] = { "always", 0 }, { NULL, 0 } };
static const struct key_word overlap_words[] = { [TBL_OVERLAP_SKIP] = { "skip", 0 },
						 [TBL_OVERLAP_QUEUE] = { "queue", 0 },
						 [TBL_OVERLAP_REPLACE] = { "replace", 0 }, { NULL, 0 } };
static const struct key_word missed_words[] = { [TBL_MISSED_SKIP] = { "skip", 0 }, [TBL_MISSED_ONCE] = { "once", 0 },
						{ NULL, 0 } };
static const struct key_word health_words[] = { [TBL_HEALTH_NONE] = { "none", 0 },
						[TBL_HEALTH_RESTART] = { "restart", 0 }, { NULL, 0 } };
static const struct key_word signal_words[] = { { "TERM", 0 }, { "INT", 0 }, { "QUIT", 0 }, { "HUP", 0 },
						{ "USR1", 0 }, { "USR2", 0 }, { "KILL", 0 }, { NULL, 0 } };
static const struct key_word end_words[] = { { "HUP", 0 }, { "INT", 0 }, { "QUIT", 0 }, { "ILL", 0 }, { "TRAP", 0 },
					     { "ABRT", 0 }, { "BUS", 0 }, { "FPE", 0 }, { "KILL", 0 }, { "USR1", 0 },
					     { "SEGV", 0 }, { "USR2", 0 }, { "PIPE", 0 }, { "ALRM", 0 }, { "TERM", 0 },
					     { "XCPU", 0 }, { "XFSZ", 0 }, { "SYS", 0 }, { NULL, 0 } };
static const int end_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1,
				   SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS };

int
model_signal(const char *word)
{
	size_t i = 0;

	while (i < sizeof end_signals / sizeof *end_signals && strcmp(end_words[i].text, word) != 0)
		i++;
	return i < sizeof end_signals / sizeof *end_signals ? end_signals[i] : 0;
}

static const struct key_word on_failure_words[] = { [TBL_ON_FAILURE_NONE] = { "none", 0 },
						    [TBL_ON_FAILURE_DEPENDENTS] = { "restart-dependents", 0 },
						    [TBL_ON_FAILURE_REBOOT] = { "reboot", 0 },
						    [TBL_ON_FAILURE_POWEROFF] = { "poweroff", 0 }, { NULL, 0 } };
const int stop_signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGKILL };

static const struct key port_keys[] = {
	{ "machine", KEY_INT, AT(model_port, machine), .min = 1, .max = 65535,
	  .doc = "port on the machine; of a private network: absent, only services that `reach` this one get there" },
	{ "service", KEY_INT, AT(model_port, service), .min = 1, .max = 65535,
	  .doc = "of a private network: the port that the service itself listens on; absent: the machine's" },
	{ "protocol", KEY_WORD, AT(model_port, protocol), .preset = "tcp", .words = protocol_words, .doc = "tcp or udp" },
	END
};

static const struct key egress_keys[] = {
	{ "address", KEY_TEXT, AT(model_egress, address), .flags = KEY_REQUIRED,
	  .doc = "an address, or a network such as 192.0.2.0/24 or 2001:db8::/32" },
	{ "port", KEY_INT, AT(model_egress, port), .min = 1, .max = 65535, .doc = "absent: every port of the protocol" },
	{ "protocol", KEY_WORD, AT(model_egress, protocol), .preset = "tcp", .words = protocol_words, .doc = "tcp or udp" },
	END
};

static const struct key network_keys[] = {
	{ "mode", KEY_WORD, AT(model_network, mode), .preset = "none", .words = mode_words, .risks = mode_risks,
	  .doc = "none: a down loopback of its own; private: a link and addresses of its own, and what is declared here, "
		 "nothing else; machine: the machine's network, shared with it" },
	{ "ports", KEY_STRUCTS, AT(model_network, ports), .sub = port_keys, .size = sizeof(struct model_port),
	  .doc = "what it listens on; a port below 1024 needs no capability" },
	{ "egress", KEY_STRUCTS, AT(model_network, egress), .sub = egress_keys, .size = sizeof(struct model_egress),
	  .doc = "of a private network: the destinations outside of the machine that it may reach; absent: none" },
	{ "reach", KEY_UNITS, AT(model_network, reach),
	  .doc = "of a private network: the services whose `ports` it may reach, by their names" },
	{ "masquerade", KEY_BOOL, AT(model_network, masquerade), .preset = "false",
	  .doc = "of a private network: what it sends to `egress` has the machine's address; else the network around must "
		 "know the way to `network: {private}`" },
	END
};

static const struct key listen_keys[] = {
	{ "address", KEY_TEXT, AT(model_listen, address), .preset = "0.0.0.0", .doc = "of the machine; 0.0.0.0 or ::, all" },
	{ "port", KEY_INT, AT(model_listen, port), .flags = KEY_REQUIRED, .min = 1, .max = 65535, .doc = "port on it" },
	{ "protocol", KEY_WORD, AT(model_listen, protocol), .preset = "tcp", .words = protocol_words, .doc = "tcp or udp" },
	{ "name", KEY_NAME, AT(model_listen, name), .doc = "in LISTEN_FDNAMES; absent: the service's" },
	END
};

static const struct key seccomp_keys[] = {
	{ "mode", KEY_WORD, AT(model_seccomp, mode), .preset = "enforce", .words = seccomp_words,
	  .risks = seccomp_risks,
	  .doc = "audit: what would be refused is made, and the kernel logs it; unconfined: any call that its user may make" },
	{ "allow", KEY_TEXTS, AT(model_seccomp, allow),
	  .doc = "calls, with any arguments, besides those that every service may make",
	  .risk = "a system call that every other service goes without" },
	{ "deny", KEY_TEXTS, AT(model_seccomp, deny), .doc = "calls that it may not make: ENOSYS" },
	{ "sockets", KEY_WORDS, AT(model_seccomp, sockets), .words = socket_words, .risks = socket_risks,
	  .doc = "families of sockets that it may make; absent: unix, with a network inet, inet6 and route too" },
	END
};

static const struct key io_keys[] = {
	{ "device", KEY_TEXT, AT(model_io, device), .flags = KEY_REQUIRED,
	  .doc = "state: the disk that holds /state; or a disk's path on the machine, such as /dev/vdb, looked up at each "
		 "start, as the kernel gives numbers in another order at each boot" },
	{ "read", KEY_SIZE, AT(model_io, read), .min = 1, .doc = "io.max, bytes in a second; absent: no limit" },
	{ "write", KEY_SIZE, AT(model_io, write), .min = 1, .doc = "the same for what is written" },
	{ "read-ops", KEY_INT, AT(model_io, read_ops), .min = 1, .max = UINT32_MAX - 1,
	  .doc = "io.max, requests in a second; absent: no limit" },
	{ "write-ops", KEY_INT, AT(model_io, write_ops), .min = 1, .max = UINT32_MAX - 1, .doc = "the same for writes" },
	{ "weight", KEY_INT, AT(model_io, weight), .min = 1, .max = 10000,
	  .doc = "io.weight: its share beside others, who have 100; the kernel's cost model is switched on for the disk" },
	END
};

static const struct key_word page_words[] = { { "2M", 0 }, { "1G", 0 }, { NULL, 0 } };
static const struct key hugetlb_keys[] = {
	{ "page", KEY_WORD, AT(model_hugetlb, page), .preset = "2M", .words = page_words, .doc = "the size of the pages" },
	{ "max", KEY_SIZE, AT(model_hugetlb, max), .flags = KEY_REQUIRED, .doc = "hugetlb.SIZE.max, whole pages" },
	END
};

static const struct key cgroup_keys[] = {
	{ "file", KEY_TEXT, AT(model_cgroup, file), .flags = KEY_REQUIRED,
	  .doc = "its name, such as cpu.uclamp.max; those of cgroup.* and those that have a key are refused",
	  .risk = "what is written there may lift what holds others back from starving" },
	{ "value", KEY_TEXT, AT(model_cgroup, value), .flags = KEY_REQUIRED, .doc = "what is written to it" },
	{ "reads", KEY_TEXT, AT(model_cgroup, reads), .doc = "how a line of it begins afterwards; absent: with the value" },
	END
};

static const struct key limits_keys[] = {
	{ "memory", KEY_SIZE, AT(model_limits, memory), .flags = KEY_REQUIRED, .min = 1u << 20,
	  .doc = "memory.max: above it the whole service is killed as a group" },
	{ "memory-high", KEY_SIZE, AT(model_limits, memory_high), .min = 1u << 20,
	  .doc = "memory.high: above it the service is slowed down, and `ingotctl events` tells of memory pressure; absent: "
		 "none" },
	{ "pids", KEY_INT, AT(model_limits, pids), .preset = "64", .min = 2, .max = 4194304,
	  .doc = "pids.max, the reaping stub included" },
	{ "cpu", KEY_PERCENT, AT(model_limits, cpu), .min = 1, .max = 100000,
	  .doc = "cpu.max, of one processor; absent: no limit" },
	{ "memory-low", KEY_SIZE, AT(model_limits, memory_low), .min = 4096,
	  .doc = "memory.low: so much is taken from it only when nothing else is left; absent: none" },
	{ "swap", KEY_SIZE, AT(model_limits, swap), .min = 4096, .doc = "memory.swap.max; absent: none of it is swapped",
	  .risk = "what it keeps in memory alone may come to stand on a disk" },
	{ "cpu-weight", KEY_INT, AT(model_limits, cpu_weight), .min = 1, .max = 10000,
	  .doc = "cpu.weight: its share where processors are short; absent: 100, as all have" },
	{ "cpus", KEY_TEXTS, AT(model_limits, cpus), .flags = KEY_FILLED,
	  .doc = "cpuset.cpus: numbers of the processors that it runs on; the start fails where one is missing; absent: all" },
	{ "io", KEY_STRUCTS, AT(model_limits, io), .sub = io_keys, .size = sizeof(struct model_io),
	  .doc = "limits for a disk" },
	{ "hugetlb", KEY_STRUCTS, AT(model_limits, hugetlb), .sub = hugetlb_keys, .size = sizeof(struct model_hugetlb),
	  .doc = "huge pages that it may hold and reserve; absent: as the kernel has it" },
	{ "cgroup", KEY_STRUCTS, AT(model_limits, cgroup), .sub = cgroup_keys, .size = sizeof(struct model_cgroup),
	  .doc = "any other file of its cgroup" },
	END
};

static const struct key scratch_keys[] = {
	{ "size", KEY_SIZE, AT(model_scratch, size), .preset = "16M", .min = 4096,
	  .doc = "of /tmp, of /run and of /dev/shm each; what is used counts into limits.memory" },
	END
};

static const struct key state_keys[] = {
	{ "path", KEY_PATH, AT(model_state, path), .flags = KEY_REQUIRED,
	  .doc = "a writable folder that lives over restarts; on the machine it is /state/SERVICE/PATH" },
	{ "size", KEY_SIZE, AT(model_state, size), .flags = KEY_REQUIRED, .min = 4096, .doc = "its limit" },
	{ "mode", KEY_OCTAL, AT(model_state, mode), .preset = "0700", .doc = "its permissions; the service owns it" },
	END
};

static const struct key http_keys[] = {
	{ "port", KEY_INT, AT(model_http, port), .flags = KEY_REQUIRED, .min = 1, .max = 65535,
	  .doc = "a port of the machine's loopback" },
	{ "path", KEY_TEXT, AT(model_http, path), .preset = "/", .doc = "what is asked for, from the slash on" },
	END
};

static const struct key ready_keys[] = {
	{ "tcp", KEY_INT, AT(model_ready, tcp), .min = 1, .max = 65535,
	  .doc = "ready when this port of the machine's loopback accepts" },
	{ "http", KEY_STRUCT, AT(model_ready, http), .flags = KEY_IF_STATED, .sub = http_keys,
	  .size = sizeof(struct model_http), .doc = "ready when GET is answered with a status of 200 to 399" },
	{ "file", KEY_PATH, AT(model_ready, file), .doc = "ready when this file of its own is there" },
	{ "exec", KEY_TEXTS, AT(model_ready, exec),
	  .doc = "ready when this program of its root, run as the service runs, exits with 0" },
	{ "notify", KEY_BOOL, AT(model_ready, notify), .preset = "false",
	  .doc = "ready when it says READY=1 to the socket in NOTIFY_SOCKET, as sd_notify does",
	  .risk = "any of its processes may speak for it" },
	{ "fd", KEY_INT, AT(model_ready, fd), .min = 3, .max = 255,
	  .doc = "ready when it writes a newline to this descriptor (as s6 has it)" },
	{ "exit", KEY_BOOL, AT(model_ready, exit), .preset = "false",
	  .doc = "a oneshot: ready once it has exited with 0; it is then not started again" },
	{ "timeout", KEY_TIME, AT(model_ready, timeout), .preset = "60s",
	  .doc = "then the start has failed; 0s: wait for ever" },
	END
};

static const struct key fresh_keys[] = {
	{ "path", KEY_PATH, AT(model_fresh, path), .flags = KEY_REQUIRED, .doc = "a file of its own" },
	{ "age", KEY_TIME, AT(model_fresh, age), .min = 1000,
	  .doc = "it was changed no longer ago, by the wall clock; absent: it is there" },
	END
};

static const struct key health_keys[] = {
	{ "tcp", KEY_INT, AT(model_health, tcp), .min = 1, .max = 65535,
	  .doc = "well while this port of the machine's loopback accepts" },
	{ "http", KEY_STRUCT, AT(model_health, http), .flags = KEY_IF_STATED, .sub = http_keys,
	  .size = sizeof(struct model_http), .doc = "well while GET is answered with a status of 200 to 399" },
	{ "file", KEY_STRUCT, AT(model_health, file), .flags = KEY_IF_STATED, .sub = fresh_keys,
	  .size = sizeof(struct model_fresh), .doc = "well while this file is there and fresh" },
	{ "exec", KEY_TEXTS, AT(model_health, exec),
	  .doc = "well while this program of its root, run as the service runs, exits with 0" },
	{ "notify", KEY_TIME, AT(model_health, notify), .min = 1000,
	  .doc = "well while it says WATCHDOG=1 at least this often, as sd_notify does; alone or beside one of the above",
	  .risk = "any of its processes may speak for it" },
	{ "every", KEY_TIME, AT(model_health, every), .preset = "10s", .min = 100,
	  .doc = "from the end of one check to the next, the first so long after it was ready" },
	{ "timeout", KEY_TIME, AT(model_health, timeout), .preset = "5s", .min = 10, .doc = "then a check has failed" },
	{ "failures", KEY_INT, AT(model_health, failures), .preset = "3", .min = 1, .max = 1000,
	  .doc = "so many in a row make it unhealthy" },
	{ "successes", KEY_INT, AT(model_health, successes), .preset = "1", .min = 1, .max = 1000,
	  .doc = "so many in a row make it well again, with `action: none`" },
	{ "action", KEY_WORD, AT(model_health, action), .preset = "restart", .words = health_words,
	  .doc = "what follows when it is unhealthy: restart, it is stopped and has failed; none, it is said" },
	END
};

static const struct key landlock_keys[] = {
	{ "mode", KEY_WORD, AT(model_landlock, mode), .preset = "enforce", .words = landlock_words,
	  .risks = landlock_risks,
	  .doc = "enforce: it executes what its root holds, writes to its state, its scratch and its devices, binds the "
		 "ports of TCP that it declares, if it declares any, and reaches neither signals nor abstract sockets outside; "
		 "unconfined: as modes and mounts alone have it" },
	END
};

const struct key rlimits_keys[] = {
	{ "nofile", KEY_INT, AT(model_rlimits, of[RLIMIT_NOFILE]), .min = 16, .max = 1048576,
	  .doc = "open files; absent: 1024, which a program may raise to 4096" },
	{ "core", KEY_SIZE, AT(model_rlimits, of[RLIMIT_CORE]), .min = 1, .doc = "of a core file; absent: none" },
	{ "memlock", KEY_SIZE, AT(model_rlimits, of[RLIMIT_MEMLOCK]), .min = 1, .doc = "locked memory; absent: 64K" },
	{ "msgqueue", KEY_SIZE, AT(model_rlimits, of[RLIMIT_MSGQUEUE]), .min = 1,
	  .doc = "bytes in POSIX message queues; absent: none" },
	{ "rtprio", KEY_INT, AT(model_rlimits, of[RLIMIT_RTPRIO]), .min = 1, .max = 99,
	  .doc = "loosens: real-time priority, by which it can keep a processor to itself; absent: none" },
	{ "nice", KEY_INT, AT(model_rlimits, of[RLIMIT_NICE]), .min = 1, .max = 40,
	  .doc = "20 less the nice value that it may come down to; absent: none" },
	{ "stack", KEY_SIZE, AT(model_rlimits, of[RLIMIT_STACK]), .min = 65536,
	  .doc = "of a thread; absent: the kernel's 8M" },
	{ "fsize", KEY_SIZE, AT(model_rlimits, of[RLIMIT_FSIZE]), .min = 1, .doc = "of a file it writes; absent: no limit" },
	{ "address-space", KEY_SIZE, AT(model_rlimits, of[RLIMIT_AS]), .min = 1u << 20,
	  .doc = "of a process; absent: no limit" },
	END
};

static const struct key backoff_keys[] = {
	{ "first", KEY_TIME, AT(model_backoff, first), .preset = "100ms", .min = 1, .doc = "wait before the first restart" },
	{ "max", KEY_TIME, AT(model_backoff, max), .preset = "30s", .min = 1,
	  .doc = "the longest wait; it doubles up to here" },
	{ "jitter", KEY_PERCENT, AT(model_backoff, jitter), .preset = "10%", .max = 100,
	  .doc = "of a wait that is added at random, so that many machines do not come back at one moment" },
	END
};

static const struct key restart_keys[] = {
	{ "policy", KEY_WORD, AT(model_restart, policy), .preset = "always", .words = restart_words,
	  .doc = "always, on-failure or never" },
	{ "backoff", KEY_STRUCT, AT(model_restart, backoff), .sub = backoff_keys, .size = sizeof(struct model_backoff),
	  .doc = "waits between restarts" },
	{ "healthy", KEY_TIME, AT(model_restart, healthy), .preset = "30s",
	  .doc = "up for as long as this: the waits, and the count for `limit`, begin anew" },
	{ "limit", KEY_INT, AT(model_restart, limit), .preset = "0", .max = 1000000,
	  .doc = "restarts in a row, then it has failed and stays down; 0: it never gives up" },
	{ "signals", KEY_WORDS, AT(model_restart, signals), .words = end_words,
	  .doc = "restarted only when one of these ended it; absent: by any end that `policy` names" },
	END
};

static const struct key retries_keys[] = {
	{ "count", KEY_INT, AT(model_retries, count), .preset = "0", .max = 1000, .doc = "at most so many for one run" },
	{ "backoff", KEY_STRUCT, AT(model_retries, backoff), .sub = backoff_keys, .size = sizeof(struct model_backoff),
	  .doc = "waits before them" },
	END
};

static const struct key stop_keys[] = {
	{ "signal", KEY_WORD, AT(model_stop, signal), .preset = "TERM", .words = signal_words, .doc = "what asks it to stop" },
	{ "timeout", KEY_TIME, AT(model_stop, timeout), .preset = "5s", .max = 600000,
	  .doc = "then all of its cgroup is killed" },
	END
};

static const struct key schedule_keys[] = {
	{ "every", KEY_TIME, AT(model_schedule, every), .min = 1000,
	  .doc = "from start to start, the first at boot; this or `calendar`" },
	{ "calendar", KEY_TEXT, AT(model_schedule, calendar),
	  .doc = "cron's five fields, or @hourly, @daily, @weekly, @monthly or @yearly, in `timezone`" },
	{ "jitter", KEY_TIME, AT(model_schedule, jitter), .preset = "0s", .max = 86400000,
	  .doc = "each run starts up to this much later, at random" },
	{ "late", KEY_TIME, AT(model_schedule, late), .preset = "0s", .max = 2592000000u,
	  .doc = "a run that could not start so long after it was due is skipped; 0s: it starts however late" },
	END
};

const struct key_word service_where_words[] = { [LOGS_WHERE_IMAGE] = { "image", 0 },
						       [LOGS_MEMORY] = { "memory", 0 },
						       [LOGS_STATE] = { "state", 0 }, { NULL, 0 } };
const struct key_word service_forward_words[] = { [LOGS_FORWARD_IMAGE] = { "image", 0 },
							 [LOGS_NONE] = { "none", 0 },
							 [LOGS_CONSOLE] = { "console", 0 },
							 [LOGS_SYSLOG] = { "syslog", 0 }, { NULL, 0 } };

static const struct key service_logs_keys[] = {
	{ "where", KEY_WORD, AT(model_logs, where), .preset = "image", .words = service_where_words,
	  .doc = "image: as the image's `logs` says; memory, or state: on the state disk too" },
	{ "size", KEY_SIZE, AT(model_logs, size), .min = 64u << 10, .max = 1ull << 40,
	  .doc = "of its files on the state disk together; absent: as the image has it" },
	{ "forward", KEY_WORD, AT(model_logs, forward), .preset = "image", .words = service_forward_words,
	  .doc = "image: as the image's `logs` says; none, console or syslog" },
	END
};

#define UNIT_KEYS \
	{ "description", KEY_TEXT, AT(model_service, description), .doc = "one line for people" }, \
	{ "recipes", KEY_NAMES, AT(model_service, recipes), .doc = "what its own root is made of, in order" }, \
	{ "sources", KEY_STRUCTS, AT(model_service, sources), .flags = KEY_ONE_OPTION, .sub = source_keys, \
	  .size = sizeof(struct source), .doc = "more for its root, after the recipes" }, \
	{ "command", KEY_TEXTS, AT(model_service, command), .flags = KEY_FILLED, \
	  .doc = "required but with an OCI image: the program, by its absolute path in the root, and its arguments; no " \
		 "shell reads it" }, \
	{ "user", KEY_TEXT, AT(model_service, user), .doc = "one of `users`; absent: a user of its own from 10000 up" }, \
	{ "cwd", KEY_PATH, AT(model_service, cwd), .doc = "the folder that it starts in; absent: /, or the OCI image's" }, \
	{ "env", KEY_PAIRS, AT(model_service, env), .doc = "its whole environment, NAME: value" }, \
	{ "needs", KEY_UNITS, AT(model_service, needs), \
	  .doc = "services that are ready, jobs that ran well, before it starts" }, \
	{ "wants", KEY_UNITS, AT(model_service, wants), \
	  .doc = "services and jobs that it starts behind, but without them too: one that fails is not waited for" }, \
	{ "network", KEY_STRUCT, AT(model_service, network), .sub = network_keys, .size = sizeof(struct model_network), \
	  .doc = "its network" }, \
	{ "limits", KEY_STRUCT, AT(model_service, limits), .flags = KEY_REQUIRED, .sub = limits_keys, \
	  .size = sizeof(struct model_limits), .doc = "what its cgroup may use; limits.memory must be stated" }, \
	{ "scratch", KEY_STRUCT, AT(model_service, scratch), .sub = scratch_keys, .size = sizeof(struct model_scratch), \
	  .doc = "its temporary folders, empty at each start" }, \
	{ "state", KEY_STRUCTS, AT(model_service, state), .sub = state_keys, .size = sizeof(struct model_state), \
	  .doc = "folders that live over restarts" }, \
	{ "stop", KEY_STRUCT, AT(model_service, stop), .sub = stop_keys, .size = sizeof(struct model_stop), \
	  .doc = "how it is stopped" }, \
	{ "unchecked", KEY_TEXTS, AT(model_service, unchecked), \
	  .doc = "paths in its root, with all below them, whose programs are not checked: those for other machines" }, \
	{ "seccomp", KEY_STRUCT, AT(model_service, seccomp), .sub = seccomp_keys, .size = sizeof(struct model_seccomp), \
	  .doc = "the system calls it may make" }, \
	{ "jit", KEY_BOOL, AT(model_service, jit), .preset = "false", \
	  .doc = "its programs may execute memory that they have written, as a compiler at run time must", \
	  .risk = "who takes it over may bring code of his own" }, \
	{ "devices", KEY_TEXTS, AT(model_service, devices), \
	  .doc = "character devices of the machine, such as /dev/ttyS1: each stands in its /dev under the same name, its " \
		 "own, to read and write; one that is not there lets a start fail; the machine of `ingot selftest` has none " \
		 "of them; absent: none", \
	  .risk = "the driver's code, and whatever the device does" }, \
	{ "machine-ids", KEY_BOOL, AT(model_service, machine_ids), .preset = "false", \
	  .doc = "no user namespace: files of root are root's to it, not nobody's", \
	  .risk = "its uid is one of the machine's, and so would be a right that it gains" }, \
	{ "capabilities", KEY_WORDS, AT(model_service, capabilities), .words = capability_words, \
	  .doc = "those that its processes keep, in the machine itself: it has no user namespace then; the calls that they " \
		 "are for may have to be allowed by `seccomp` too; absent: none", \
	  .risk = "a right of root's" }, \
	{ "can-escape-by", KEY_WORDS, AT(model_service, can_escape_by), .words = escape_words, \
	  .doc = "those of its `capabilities` by which it can leave all that isolates it, once more: each must stand here " \
		 "too", \
	  .risk = "who takes it over can leave all that isolates it" }, \
	{ "rlimits", KEY_STRUCT, AT(model_service, rlimits), .sub = rlimits_keys, .size = sizeof(struct model_rlimits), \
	  .doc = "of each of its processes, instead of what holds for every service" }, \
	{ "landlock", KEY_STRUCT, AT(model_service, landlock), .sub = landlock_keys, .size = sizeof(struct model_landlock), \
	  .doc = "what it may do with files, whatever their modes say, where the kernel has Landlock" }, \
	{ "logs", KEY_STRUCT, AT(model_service, logs), .sub = service_logs_keys, .size = sizeof(struct model_logs), \
	  .doc = "what becomes of its output" }


const struct key service_keys[] = {
	UNIT_KEYS,
	{ "ready", KEY_STRUCT, AT(model_service, ready), .flags = KEY_IF_STATED, .sub = ready_keys,
	  .size = sizeof(struct model_ready), .doc = "when it counts as ready; absent: when it was executed" },
	{ "health", KEY_STRUCT, AT(model_service, health), .flags = KEY_IF_STATED, .sub = health_keys,
	  .size = sizeof(struct model_health), .doc = "checks while it is up; absent: none" },
	{ "restart", KEY_STRUCT, AT(model_service, restart), .sub = restart_keys, .size = sizeof(struct model_restart),
	  .doc = "what happens when it ends" },
	{ "on-failure", KEY_WORD, AT(model_service, on_failure), .preset = "none", .words = on_failure_words,
	  .doc = "besides: restart-dependents, what needs it, at each failure; reboot or poweroff, once it stays down" },
	{ "critical", KEY_BOOL, AT(model_service, critical), .preset = "false",
	  .doc = "the machine's watchdog is fed only while it is ready, or starts for the first time" },
	{ "replicas", KEY_INT, AT(model_service, replicas), .min = 1, .max = TBL_SVC_MAX,
	  .doc = "so many instances of it, NAME@1 and so on, each with its own limits and state; %i in command, env, exec and "
		 "file is the instance's number, %% a percent sign; absent: one, named as the service" },
	{ "listen", KEY_STRUCTS, AT(model_service, listen), .sub = listen_keys, .size = sizeof(struct model_listen),
	  .doc = "sockets in the machine's network that it gets from PID 1, as sd_listen_fds(3) has it: LISTEN_FDS of them "
		 "from descriptor 3 on; they stay over restarts, and need no `network`" },
	END
};

const struct key job_keys[] = {
	UNIT_KEYS,
	{ "schedule", KEY_STRUCT, AT(model_service, schedule), .flags = KEY_REQUIRED, .sub = schedule_keys,
	  .size = sizeof(struct model_schedule), .doc = "when it runs" },
	{ "overlap", KEY_WORD, AT(model_service, overlap), .preset = "skip", .words = overlap_words,
	  .doc = "what happens when the last run has not ended" },
	{ "timeout", KEY_TIME, AT(model_service, timeout), .doc = "then the run is stopped; absent: none" },
	{ "missed", KEY_WORD, AT(model_service, missed), .preset = "skip", .words = missed_words,
	  .doc = "of a calendar, when the clock was set past runs that were due, or the machine was off (known with a state "
	  "disk alone): skip them, or run once" },
	{ "retries", KEY_STRUCT, AT(model_service, retries), .sub = retries_keys, .size = sizeof(struct model_retries),
	  .doc = "runs again after a failure, before the next regular run" },
	END
};
