/* SPDX-License-Identifier: MIT
 *
 * The key tables of the image file and of recipes: the one place where a key is named, typed, bounded and described.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "model.h"
#include "net_file.h"
#include "table.h"

#define AT(type, member) .offset = offsetof(struct type, member)
#define END { .name = NULL }
#define LATER(key_name, text) { .name = key_name, .type = KEY_LATER, .doc = text }

static const struct key debian_keys[] = {
	{ "packages", KEY_TEXTS, AT(src_debian, packages), .flags = KEY_REQUIRED,
	  .doc = "package names; dependencies come along" },
	{ "drop", KEY_TEXTS, AT(src_debian, drop), .doc = "dependencies that are left out" },
	{ "exclude", KEY_TEXTS, AT(src_debian, exclude), .doc = "path prefixes that are left out, such as /usr/share/doc" },
	END
};

static const struct key file_keys[] = {
	{ "path", KEY_HOSTPATH, AT(src_file, path), .flags = KEY_REQUIRED,
	  .doc = "a file on the host, relative to this file" },
	{ "to", KEY_PATH, AT(src_file, to), .flags = KEY_REQUIRED, .doc = "where it goes in the root" },
	{ "mode", KEY_OCTAL, AT(src_file, mode), .preset = "0644", .doc = "its permissions" },
	END
};

static const struct key folder_keys[] = {
	{ "path", KEY_HOSTPATH, AT(src_folder, path), .flags = KEY_REQUIRED,
	  .doc = "a folder on the host, relative to this file" },
	{ "to", KEY_PATH, AT(src_folder, to), .flags = KEY_REQUIRED, .doc = "where its content goes in the root" },
	END
};

static const struct key text_keys[] = {
	{ "content", KEY_TEXT, AT(src_text, content), .flags = KEY_REQUIRED, .doc = "the bytes of the file" },
	{ "to", KEY_PATH, AT(src_text, to), .flags = KEY_REQUIRED, .doc = "where it goes in the root" },
	{ "mode", KEY_OCTAL, AT(src_text, mode), .preset = "0644", .doc = "its permissions" },
	END
};

static const struct key link_keys[] = {
	{ "target", KEY_TEXT, AT(src_link, target), .flags = KEY_REQUIRED, .doc = "what the symbolic link holds" },
	{ "to", KEY_PATH, AT(src_link, to), .flags = KEY_REQUIRED, .doc = "where the link stands in the root" },
	END
};

static const struct key dir_keys[] = {
	{ "to", KEY_PATH, AT(src_dir, to), .flags = KEY_REQUIRED, .doc = "the folder" },
	{ "mode", KEY_OCTAL, AT(src_dir, mode), .preset = "0755", .doc = "its permissions" },
	END
};

static const struct key busybox_keys[] = {
	{ "to", KEY_PATH, AT(src_busybox, to), .preset = "/bin/busybox", .doc = "where the program goes" },
	{ "applets", KEY_BOOL, AT(src_busybox, applets), .preset = "true", .doc = "make a link for each of its applets" },
	END
};

static const struct key archive_keys[] = {
	{ "url", KEY_TEXT, AT(src_archive, url), .doc = "where it is fetched from by the host's curl; this or `path`" },
	{ "path", KEY_HOSTPATH, AT(src_archive, path), .doc = "the archive on the host, relative to this file" },
	{ "sha256", KEY_TEXT, AT(src_archive, sha256), .flags = KEY_REQUIRED, .doc = "its digest" },
	{ "to", KEY_PATH, AT(src_archive, to), .preset = "/", .doc = "the folder that its content goes to" },
	{ "strip", KEY_INT, AT(src_archive, strip), .preset = "0", .max = 16,
	  .doc = "leading components of the names inside that are dropped" },
	{ "exclude", KEY_TEXTS, AT(src_archive, exclude), .doc = "path prefixes in the root that are left out" },
	END
};

static const struct key oci_keys[] = {
	{ "path", KEY_HOSTPATH, AT(src_oci, path), .flags = KEY_REQUIRED,
	  .doc = "on the host, relative to this file: a layout folder, an oci-archive or a docker-save tar" },
	{ "ref", KEY_TEXT, AT(src_oci, ref), .doc = "its name or tag, where there are several images" },
	{ "platform", KEY_TEXT, AT(src_oci, platform), .preset = "linux/amd64",
	  .doc = "OS/ARCHITECTURE, where there are several" },
	{ "digest", KEY_TEXT, AT(src_oci, digest),
	  .doc = "sha256:HEX of its manifest (of a docker-save tar: of its config); another one is an error" },
	{ "exclude", KEY_TEXTS, AT(src_oci, exclude), .doc = "path prefixes in the root that are left out" },
	END
};

static const struct key debian_source_keys[] = {
	{ "package", KEY_TEXT, AT(src_debian_source, package), .flags = KEY_REQUIRED, .doc = "the source package's name" },
	{ "to", KEY_PATH, AT(src_debian_source, to), .flags = KEY_REQUIRED, .doc = "the folder that its files go to, packed" },
	END
};

/* Of the sources, those that a build step may have as inputs. */
static const struct key input_keys[] = {
	{ "debian-source", KEY_OPTION, AT(source, debian_source), .sub = debian_source_keys,
	  .size = sizeof(struct src_debian_source), .doc = "the files of a Debian source package, pinned in the lock" },
	{ "file", KEY_OPTION, AT(source, file), .sub = file_keys, .size = sizeof(struct src_file),
	  .doc = "one file of the host" },
	{ "folder", KEY_OPTION, AT(source, folder), .sub = folder_keys, .size = sizeof(struct src_folder),
	  .doc = "a folder of the host" },
	{ "text", KEY_OPTION, AT(source, text), .sub = text_keys, .size = sizeof(struct src_text),
	  .doc = "a file written here" },
	{ "link", KEY_OPTION, AT(source, link), .sub = link_keys, .size = sizeof(struct src_link), .doc = "a symbolic link" },
	{ "dir", KEY_OPTION, AT(source, dir), .sub = dir_keys, .size = sizeof(struct src_dir), .doc = "an empty folder" },
	END
};

static const struct key output_keys[] = {
	{ "from", KEY_PATH, AT(step_output, from), .flags = KEY_REQUIRED,
	  .doc = "a file or folder that the command leaves in /out" },
	{ "to", KEY_PATH, AT(step_output, to), .flags = KEY_REQUIRED, .doc = "where it, or the folder's content, goes" },
	{ "mode", KEY_OCTAL, AT(step_output, mode), .min = 1, .max = 0777,
	  .doc = "a file's permissions; absent: 0755 where executable, else 0644" },
	END
};

static const struct key build_keys[] = {
	{ "tools", KEY_TEXTS, AT(src_build, tools), .flags = KEY_REQUIRED,
	  .doc = "Debian packages that the step's root is made of, with their dependencies" },
	{ "drop", KEY_TEXTS, AT(src_build, drop), .doc = "dependencies of the tools that are left out" },
	{ "inputs", KEY_STRUCTS, AT(src_build, inputs), .sub = input_keys, .size = sizeof(struct source),
	  .doc = "what the command may read, in order" },
	{ "env", KEY_PAIRS, AT(src_build, env), .doc = "more for the command's environment, NAME: value" },
	{ "command", KEY_TEXTS, AT(src_build, command), .flags = KEY_REQUIRED,
	  .doc = "the program, by its absolute path in the step's root, and its arguments; it starts in /build" },
	{ "outputs", KEY_STRUCTS, AT(src_build, outputs), .flags = KEY_REQUIRED, .sub = output_keys,
	  .size = sizeof(struct step_output), .doc = "what is taken of what it made" },
	{ "timeout", KEY_TIME, AT(src_build, timeout), .preset = "30m", .min = 1000, .doc = "then the step has failed" },
	{ "memory", KEY_SIZE, AT(src_build, memory), .min = 1u << 20,
	  .doc = "address space of each of its processes; absent: no limit" },
	{ "space", KEY_SIZE, AT(src_build, space), .preset = "1G", .min = 1u << 20,
	  .doc = "of /build, /out and /tmp each; they lie in memory" },
	END
};

static const struct key source_keys[] = {
	{ "override", KEY_BOOL, AT(source, override), .preset = "false",
	  .doc = "may replace what an earlier source put there" },
	{ "debian", KEY_OPTION, AT(source, debian), .sub = debian_keys, .size = sizeof(struct src_debian),
	  .doc = "Debian packages with their dependencies; none of their scripts is run" },
	{ "file", KEY_OPTION, AT(source, file), .sub = file_keys, .size = sizeof(struct src_file),
	  .doc = "one file of the host" },
	{ "folder", KEY_OPTION, AT(source, folder), .sub = folder_keys, .size = sizeof(struct src_folder),
	  .doc = "a folder of the host; owner is root, permissions 0755 where executable, else 0644" },
	{ "text", KEY_OPTION, AT(source, text), .sub = text_keys, .size = sizeof(struct src_text),
	  .doc = "a file written here" },
	{ "link", KEY_OPTION, AT(source, link), .sub = link_keys, .size = sizeof(struct src_link), .doc = "a symbolic link" },
	{ "dir", KEY_OPTION, AT(source, dir), .sub = dir_keys, .size = sizeof(struct src_dir), .doc = "an empty folder" },
	{ "busybox", KEY_OPTION, AT(source, busybox), .sub = busybox_keys, .size = sizeof(struct src_busybox),
	  .doc = "the static busybox that was built with ingot" },
	{ "archive", KEY_OPTION, AT(source, archive), .sub = archive_keys, .size = sizeof(struct src_archive),
	  .doc = "what is inside an archive; owners, permissions and times are the archive's" },
	{ "oci", KEY_OPTION, AT(source, oci), .sub = oci_keys, .size = sizeof(struct src_oci),
	  .doc = "an OCI image's files; its command, env, user and cwd are what a service has where it states none" },
	{ "build", KEY_OPTION, AT(source, build), .sub = build_keys, .size = sizeof(struct src_build),
	  .doc = "what a command makes of declared inputs, in a root of its own, without a network" },
	END
};

static const struct key recipe_kernel_keys[] = {
	{ "package", KEY_TEXT, AT(recipe_kernel, package), .flags = KEY_REQUIRED,
	  .doc = "the Debian package that holds the kernel" },
	{ "image", KEY_PATH, AT(recipe_kernel, image), .doc = "the kernel's path in the package; else boot/vmlinuz-*" },
	{ "config", KEY_PATH, AT(recipe_kernel, config),
	  .doc = "the path of its CONFIG_ lines in the package; else boot/config-*; absent: not checked" },
	{ "modules", KEY_TEXTS, AT(recipe_kernel, modules), .doc = "modules to load, with what they depend on" },
	{ "disk", KEY_TEXTS, AT(recipe_kernel, disk),
	  .doc = "modules to load besides, where the image keeps its state on a disk" },
	{ "network", KEY_TEXTS, AT(recipe_kernel, network),
	  .doc = "modules to load besides, where the image has network links" },
	{ "cmdline", KEY_TEXTS, AT(recipe_kernel, cmdline), .doc = "words of the kernel command line" },
	END
};

const struct key recipe_keys[] = {
	{ "recipe", KEY_NAME, AT(recipe, recipe), .flags = KEY_REQUIRED, .doc = "the recipe's name, the same as its file's" },
	{ "description", KEY_TEXT, AT(recipe, description), .doc = "one line for people" },
	{ "sources", KEY_STRUCTS, AT(recipe, sources), .flags = KEY_ONE_OPTION, .sub = source_keys,
	  .size = sizeof(struct source), .doc = "what it brings, in order" },
	{ "kernel", KEY_OPTION, AT(recipe, kernel), .sub = recipe_kernel_keys, .size = sizeof(struct recipe_kernel),
	  .doc = "makes this a kernel's recipe" },
	END
};

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
static const struct key_word protocol_words[] = { [NET_TCP] = { "tcp", 0 }, [NET_UDP] = { "udp", 0 }, { NULL, 0 } };
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
static const struct key_word arch_words[] = { { "x86_64", 0 }, { "aarch64", 1 }, { NULL, 0 } };
static const struct key_word output_words[] = { { "initramfs", 0 }, { "squashfs", 0 }, { "disk", 1 }, { "tar", 0 },
						{ "oci", 0 }, { "qcow2", 1 }, { NULL, 0 } };
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

static const struct key_word service_where_words[] = { [LOGS_WHERE_IMAGE] = { "image", 0 },
						       [LOGS_MEMORY] = { "memory", 0 },
						       [LOGS_STATE] = { "state", 0 }, { NULL, 0 } };
static const struct key_word service_forward_words[] = { [LOGS_FORWARD_IMAGE] = { "image", 0 },
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


static const struct key service_keys[] = {
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

static const struct key job_keys[] = {
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
