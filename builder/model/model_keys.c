/* SPDX-License-Identifier: MIT
 *
 * The key tables of the image file itself: the one place where a key is named, typed, bounded and described.
 */
#include "model_keys.h"
#include "net_file.h"
#include "table.h"

static const struct key_word arch_words[] = { { "x86_64", 0 }, { "aarch64", 1 }, { NULL, 0 } };
static const struct key_word output_words[] = { { "initramfs", 0 }, { "squashfs", 0 }, { "disk", 1 }, { "tar", 0 },
						{ "oci", 0 }, { "qcow2", 1 }, { NULL, 0 } };

static const struct key kernel_keys[] = {
	{ "recipe", KEY_NAME, AT(model_kernel, recipe), .flags = KEY_REQUIRED, .doc = "the kernel's recipe" },
	{ "cmdline", KEY_TEXTS, AT(model_kernel, cmdline), .doc = "words of the kernel command line, after the recipe's" },
	{ "modules", KEY_TEXTS, AT(model_kernel, modules), .doc = "modules to load besides the recipe's" },
	END
};

static const struct key user_keys[] = {
	{ "name", KEY_NAME, AT(model_user, name), .flags = KEY_REQUIRED, .doc = "as services name it" },
	{ "uid", KEY_INT, AT(model_user, uid), .flags = KEY_REQUIRED, .min = 1, .max = 4294967294u, .doc = "never 0" },
	{ "gid", KEY_INT, AT(model_user, gid), .min = 1, .max = 4294967294u, .doc = "its only group; absent: the uid" },
	END
};

static const struct key vlan_keys[] = {
	{ "of", KEY_TEXT, AT(model_vlan, of), .flags = KEY_REQUIRED, .doc = "the `name` of a link before this one" },
	{ "id", KEY_INT, AT(model_vlan, id), .flags = KEY_REQUIRED, .min = 1, .max = NETF_VLAN_MAX, .doc = "its number" },
	END
};

static const struct key machine_link_keys[] = {
	{ "name", KEY_TEXT, AT(model_link, name), .preset = "eth0", .doc = "as the kernel names it" },
	{ "dhcp", KEY_BOOL, AT(model_link, dhcp), .preset = "false",
	  .doc = "ask a DHCP server (the base root needs the busybox recipe)" },
	{ "address", KEY_IPV4, AT(model_link, address), .doc = "a static address" },
	{ "prefix", KEY_INT, AT(model_link, prefix), .preset = "24", .min = 1, .max = 32, .doc = "bits of the network" },
	{ "gateway", KEY_IPV4, AT(model_link, gateway), .doc = "the default route" },
	{ "mac", KEY_TEXT, AT(model_link, mac), .doc = "instead of `name`: the link with this hardware address" },
	{ "driver", KEY_TEXT, AT(model_link, driver), .doc = "instead of `name`: all links of this driver, by DHCP" },
	{ "any", KEY_BOOL, AT(model_link, any), .preset = "false",
	  .doc = "instead of `name`: all Ethernet links that no other entry is closer to, by DHCP" },
	{ "addresses", KEY_TEXTS, AT(model_link, addresses), .doc = "static ones such as 10.0.0.2/24 and fd00::2/64" },
	{ "gateway6", KEY_TEXT, AT(model_link, gateway6), .doc = "the default route of IPv6" },
	{ "dns", KEY_TEXTS, AT(model_link, dns), .doc = "name servers, while the link has carrier" },
	{ "mtu", KEY_INT, AT(model_link, mtu), .min = NETF_MTU_MIN, .max = NETF_MTU_MAX,
	  .doc = "the longest packet; absent: the driver's" },
	{ "vlan", KEY_STRUCT, AT(model_link, vlan), .flags = KEY_IF_STATED, .sub = vlan_keys,
	  .size = sizeof(struct model_vlan), .doc = "the link is made, for the tagged frames of another one" },
	{ "optional", KEY_BOOL, AT(model_link, optional), .preset = "false", .doc = "what needs `net` does not wait for it" },
	END
};

static const struct key net_service_keys[] = {
	{ "critical", KEY_BOOL, AT(model_net_service, critical), .preset = "false",
	  .doc = "with a `watchdog`: it is fed only while the links are ready" },
	END
};

static const struct key private_keys[] = {
	{ "ipv4", KEY_TEXT, AT(model_private, ipv4), .preset = "10.213.0.0/16", .doc = "at most a /29" },
	{ "ipv6", KEY_TEXT, AT(model_private, ipv6), .preset = "fd69:6e67:6f74::/64", .doc = "at most a /120" },
	END
};

static const struct key machine_network_keys[] = {
	{ "links", KEY_STRUCTS, AT(model_machine_network, links), .sub = machine_link_keys, .size = sizeof(struct model_link),
	  .doc = "one by PID 1 and a DHCP client; with more than `name`, `dhcp`, `address`, `prefix` and `gateway`, or more "
		 "links, ingot-net keeps them, as the service `net`: see ingot-net(8)" },
	{ "service", KEY_STRUCT, AT(model_machine_network, service), .flags = KEY_IF_STATED, .sub = net_service_keys,
	  .size = sizeof(struct model_net_service), .doc = "ingot-net keeps the links, also where PID 1 could" },
	{ "private", KEY_STRUCT, AT(model_machine_network, private), .sub = private_keys, .size = sizeof(struct model_private),
	  .doc = "the networks that services with `mode: private` have their addresses of: the first is the machine's, a "
		 "service's follows from its name" },
	END
};

static const struct key budget_keys[] = {
	{ "memory", KEY_SIZE, AT(model_budget, memory), .preset = "256M", .min = 32u << 20,
	  .doc = "of the machine; the services' limits must fit, and `ingot run` gives it to the VM" },
	{ "image", KEY_SIZE, AT(model_budget, image), .min = 4096,
	  .doc = "of the kernel's file and each output's together: a build that comes to more fails; absent: none" },
	{ "ready", KEY_TIME, AT(model_budget, ready),
	  .doc = "from the kernel's begin to the last service that is ready; `ingot test` holds the machine against it" },
	{ "score", KEY_TENTHS, AT(model_budget, score), .max = 100,
	  .doc = "of each service, from 0 to 10, as `ingot score` tells it: a build with a worse one fails; absent: none" },
	END
};

static const struct key drift_keys[] = {
	{ "every", KEY_TIME, AT(model_drift, every), .preset = "1h", .min = 1000,
	  .doc = "how often the job `drift` compares, and logs what it finds, the first time at boot" },
	END
};

static const struct key watchdog_keys[] = {
	{ "device", KEY_PATH, AT(model_watchdog, device), .preset = "/dev/watchdog0",
	  .doc = "its driver must be in the kernel, or among `kernel: {modules}`" },
	{ "timeout", KEY_TIME, AT(model_watchdog, timeout), .preset = "30s", .min = 3000, .max = 3600000,
	  .doc = "whole seconds from the last feeding to the reset; it is fed three times as often" },
	END
};

static const struct key_word need_words[] = { [NEED_BEST] = { "best", 0 }, [NEED_REQUIRED] = { "required", 0 },
					      { NULL, 0 } };

static const struct key features_keys[] = {
	{ "landlock", KEY_WORD, AT(model_features, need[FEATURE_LANDLOCK]), .preset = "best", .words = need_words,
	  .doc = "what a service executes, writes to and reaches is held whatever its mounts say" },
	{ "mdwe", KEY_WORD, AT(model_features, need[FEATURE_MDWE]), .preset = "best", .words = need_words,
	  .doc = "memory that a service has written is not executed (Linux 6.3)" },
	{ "memfd-noexec", KEY_WORD, AT(model_features, need[FEATURE_MEMFD_NOEXEC]), .preset = "best", .words = need_words,
	  .doc = "nor is a file in memory (Linux 6.3)" },
	{ "devices", KEY_WORD, AT(model_features, need[FEATURE_DEVICES]), .preset = "best", .words = need_words,
	  .doc = "a filter in the kernel stands behind the /dev of services" },
	END
};

static const struct key forward_keys[] = {
	{ "host", KEY_INT, AT(model_forward, host), .flags = KEY_REQUIRED, .min = 1, .max = 65535,
	  .doc = "port on 127.0.0.1 of the host" },
	{ "machine", KEY_INT, AT(model_forward, machine), .flags = KEY_REQUIRED, .min = 1, .max = 65535,
	  .doc = "port on the machine" },
	{ "protocol", KEY_WORD, AT(model_forward, protocol), .preset = "tcp", .words = protocol_words, .doc = "tcp or udp" },
	END
};

static const struct key run_keys[] = {
	{ "forward", KEY_STRUCTS, AT(model_run, forward), .sub = forward_keys, .size = sizeof(struct model_forward),
	  .doc = "ports of the host that lead to the VM" },
	END
};

static const struct key test_http_keys[] = {
	{ "port", KEY_INT, AT(test_http, port), .flags = KEY_REQUIRED, .min = 1, .max = 65535, .doc = "port on the machine" },
	{ "path", KEY_TEXT, AT(test_http, path), .preset = "/", .doc = "what is asked for" },
	{ "status", KEY_INT, AT(test_http, status), .preset = "200", .min = 100, .max = 599, .doc = "of the answer" },
	{ "contains", KEY_TEXT, AT(test_http, contains), .doc = "a text in the answer" },
	END
};

static const struct key test_tcp_keys[] = {
	{ "port", KEY_INT, AT(test_tcp, port), .flags = KEY_REQUIRED, .min = 1, .max = 65535, .doc = "port on the machine" },
	{ "send", KEY_TEXT, AT(test_tcp, send), .doc = "sent at once; absent: the service speaks first" },
	{ "expect", KEY_TEXT, AT(test_tcp, expect), .flags = KEY_REQUIRED, .doc = "a text in the answer" },
	END
};

static const struct key test_keys[] = {
	{ "name", KEY_TEXT, AT(model_test, name), .flags = KEY_REQUIRED, .doc = "what is shown in the outcome" },
	{ "http", KEY_OPTION, AT(model_test, http), .sub = test_http_keys, .size = sizeof(struct test_http),
	  .doc = "a page is served" },
	{ "tcp", KEY_OPTION, AT(model_test, tcp), .sub = test_tcp_keys, .size = sizeof(struct test_tcp),
	  .doc = "a service answers on a port" },
	{ "timeout", KEY_TIME, AT(model_test, timeout), .preset = "60s", .min = 1,
	  .doc = "from the start of the VM; until then it is asked again" },
	END
};

static const struct key_word root_words[] = { [ROOT_MEMORY] = { "memory", 0 }, [ROOT_SQUASHFS] = { "squashfs", 0 },
					      { NULL, 0 } };

static const struct key initramfs_keys[] = {
	{ "root", KEY_WORD, AT(model_initramfs, root), .preset = "memory", .words = root_words,
	  .doc = "memory: all files are unpacked; squashfs: they stay compressed, as one file that PID 1 mounts" },
	END
};

static const struct key_word absent_words[] = { [TBL_POLICY_REFUSE] = { "refuse", 0 },
						[TBL_POLICY_TMPFS] = { "tmpfs", 0 }, { NULL, 0 } };
static const struct key_word corrupt_words[] = { [TBL_POLICY_REFUSE] = { "refuse", 0 },
						 [TBL_POLICY_TMPFS] = { "tmpfs", 0 },
						 [TBL_POLICY_RECREATE] = { "recreate", 0 }, { NULL, 0 } };
static const struct key_word full_words[] = { [FULL_REFUSE] = { "refuse", 0 }, [FULL_TMPFS] = { "tmpfs", 0 },
					      [FULL_USE] = { "use", 0 }, { NULL, 0 } };
static const struct key_word quota_words[] = { [QUOTA_REQUIRED] = { "required", 0 }, [QUOTA_WANTED] = { "wanted", 0 },
					       { NULL, 0 } };

static const struct key disk_keys[] = {
	{ "label", KEY_TEXT, AT(model_disk, label), .preset = "ingot-state",
	  .doc = "of the ext4 file system, 1 to 16 characters" },
	{ "wait", KEY_TIME, AT(model_disk, wait), .preset = "5s", .max = TBL_WAIT_MAX_MS,
	  .doc = "how long the boot waits for the disk to appear" },
	{ "absent", KEY_WORD, AT(model_disk, absent), .preset = "refuse", .words = absent_words,
	  .doc = "no disk has the label: refuse fails the boot, tmpfs takes memory and says so loudly" },
	{ "corrupt", KEY_WORD, AT(model_disk, corrupt), .preset = "refuse", .words = corrupt_words,
	  .doc = "it cannot be mounted: the same, or recreate: a new file system (the base root needs the mke2fs recipe)" },
	{ "full", KEY_WORD, AT(model_disk, full), .preset = "use", .words = full_words,
	  .doc = "less than a thousandth of it is free at boot: refuse and tmpfs as above, use says so and goes on" },
	{ "quota", KEY_WORD, AT(model_disk, quota), .preset = "required", .words = quota_words,
	  .doc = "required: where the sizes of state cannot be enforced the boot fails; wanted: it says so and goes on" },
	END
};

static const struct key syslog_keys[] = {
	{ "address", KEY_IPV4, AT(model_syslog, address), .flags = KEY_REQUIRED, .doc = "who listens" },
	{ "port", KEY_INT, AT(model_syslog, port), .preset = "514", .min = 1, .max = 65535, .doc = "of UDP" },
	END
};

static const struct key logs_keys[] = {
	{ "where", KEY_WORD, AT(model_logs, where), .preset = "memory", .words = service_where_words + LOGS_MEMORY,
	  .doc = "memory: the newest of each service, until the machine ends; state: on the state disk too, over reboots" },
	{ "size", KEY_SIZE, AT(model_logs, size), .preset = "1M", .min = 64u << 10, .max = 1ull << 40,
	  .doc = "of each service's files on the state disk together: the oldest go, full ones are packed" },
	{ "forward", KEY_WORD, AT(model_logs, forward), .preset = "none", .words = service_forward_words + LOGS_NONE,
	  .doc = "console: on the machine's console too; syslog: to a collector" },
	{ "syslog", KEY_STRUCT, AT(model_logs, syslog), .flags = KEY_IF_STATED, .sub = syslog_keys,
	  .size = sizeof(struct model_syslog), .doc = "the collector, which gets each line as RFC 5424 has it; absent: none" },
	END
};

static const struct key compression_keys[] = {
	{ "level", KEY_INT, AT(model_compression, level), .preset = "15", .min = 1, .max = 19,
	  .doc = "zstd's, of what `ingot build` writes" },
	{ "run", KEY_INT, AT(model_compression, run), .preset = "1", .min = 1, .max = 19,
	  .doc = "zstd's, of what `ingot run` boots, where the image was not built already" },
	END
};

const struct key image_keys[] = {
	{ "image", KEY_NAME, AT(image, image), .flags = KEY_REQUIRED, .doc = "the image's name; it is built to out/NAME" },
	{ "description", KEY_TEXT, AT(image, description), .doc = "one line for people" },
	{ "arch", KEY_WORD, AT(image, arch), .preset = "x86_64", .words = arch_words, .doc = "the machine's processor" },
	{ "hostname", KEY_NAME, AT(image, hostname), .doc = "absent: the image's name" },
	{ "timezone", KEY_TEXT, AT(image, timezone), .preset = "UTC0",
	  .doc = "what calendars mean, as POSIX has it in TZ: CET-1CEST,M3.5.0,M10.5.0/3" },
	{ "kernel", KEY_STRUCT, AT(image, kernel), .flags = KEY_REQUIRED, .sub = kernel_keys,
	  .size = sizeof(struct model_kernel), .doc = "the kernel and its command line" },
	{ "recipes", KEY_NAMES, AT(image, recipes), .doc = "what the machine's own root holds" },
	{ "sources", KEY_STRUCTS, AT(image, sources), .flags = KEY_ONE_OPTION, .sub = source_keys,
	  .size = sizeof(struct source), .doc = "more for the machine's own root" },
	{ "users", KEY_STRUCTS, AT(image, users), .sub = user_keys, .size = sizeof(struct model_user),
	  .doc = "users that services run as" },
	{ "network", KEY_STRUCT, AT(image, network), .sub = machine_network_keys, .size = sizeof(struct model_machine_network),
	  .doc = "the machine's own network" },
	{ "services", KEY_NAMED, AT(image, services), .sub = service_keys, .size = sizeof(struct model_service),
	  .doc = "what runs, by name" },
	{ "jobs", KEY_NAMED, AT(image, jobs), .sub = job_keys, .size = sizeof(struct model_service),
	  .doc = "what runs by the clock, by name" },
	{ "jobs-at-once", KEY_INT, AT(image, jobs_at_once), .preset = "0", .max = 4096,
	  .doc = "jobs that run at one time, the others wait; 0: no limit" },
	{ "purpose", KEY_TEXT, AT(image, purpose),
	  .doc = "the service or job that the machine is there for: once it has ended for good, the machine powers off, and "
		 "`ingot run` ends with its exit code" },
	{ "outputs", KEY_WORDS, AT(image, outputs), .words = output_words,
	  .doc = "what is written; absent: the initramfs alone" },
	{ "unchecked", KEY_TEXTS, AT(image, unchecked),
	  .doc = "paths in the machine's own root, with all below them, whose programs are not checked" },
	{ "compression", KEY_STRUCT, AT(image, compression), .sub = compression_keys, .size = sizeof(struct model_compression),
	  .doc = "of the outputs" },
	{ "initramfs", KEY_STRUCT, AT(image, initramfs), .sub = initramfs_keys, .size = sizeof(struct model_initramfs),
	  .doc = "how the initramfs holds the root" },
	{ "state", KEY_STRUCT, AT(image, state), .flags = KEY_IF_STATED, .sub = disk_keys, .size = sizeof(struct model_disk),
	  .doc = "the disk that the services' state is kept on, over reboots too; absent: it is in memory" },
	{ "logs", KEY_STRUCT, AT(image, logs), .sub = logs_keys, .size = sizeof(struct model_logs),
	  .doc = "what becomes of the services' output" },
	{ "budget", KEY_STRUCT, AT(image, budget), .sub = budget_keys, .size = sizeof(struct model_budget),
	  .doc = "what the machine has" },
	{ "drift", KEY_OPTION, AT(image, drift), .sub = drift_keys, .size = sizeof(struct model_drift),
	  .doc = "carries a list of the image's files, and compares the running machine with the image; absent: neither" },
	{ "watchdog", KEY_OPTION, AT(image, watchdog), .sub = watchdog_keys, .size = sizeof(struct model_watchdog),
	  .doc = "resets the machine when PID 1 hangs or a service that is `critical` stays away; absent: none" },
	{ "features", KEY_STRUCT, AT(image, features), .sub = features_keys, .size = sizeof(struct model_features),
	  .doc = "what its kernel may lack. best: the build and the boot say that it does, and services are held without; "
		 "required: there is no such build, and no such boot" },
	{ "run", KEY_STRUCT, AT(image, run), .sub = run_keys, .size = sizeof(struct model_run),
	  .doc = "how `ingot run` starts the VM" },
	{ "tests", KEY_STRUCTS, AT(image, tests), .sub = test_keys, .size = sizeof(struct model_test),
	  .doc = "what `ingot test` asks the booted machine" },
	END
};
