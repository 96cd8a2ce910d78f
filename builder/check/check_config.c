/* SPDX-License-Identifier: MIT
 *
 * The kernel's configuration against what PID 1 and the image use: one table, each symbol with when it is needed and
 * what for. Drivers are not in it: they depend on the machine.
 */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "content.h"
#include "progress.h"

#define CONFIG_MAX (4u << 20) /* bytes */

static bool
always(const struct build *b)
{
	(void)b;
	return true;
}

static bool
has_units(const struct build *b)
{
	return b->plan.n_units > 0;
}

static bool
has_modules(const struct build *b)
{
	return b->kernel.n_modules > 0;
}

static bool
has_cpu_limit(const struct build *b)
{
	bool any = false;

	for (size_t i = 0; i < b->plan.n_units; i++)
		any |= b->plan.units[i].unit->limits.cpu != 0;
	return any;
}

static bool
any_limit(const struct build *b, bool (*has)(const struct model_limits *))
{
	bool any = false;

	for (size_t i = 0; i < b->plan.n_units; i++)
		any |= has(&b->plan.units[i].unit->limits);
	return any;
}

static bool
limits_cpu_weight(const struct model_limits *l)
{
	return l->cpu_weight != 0;
}

static bool
limits_cpus(const struct model_limits *l)
{
	return l->cpus.n != 0;
}

static bool
limits_hugetlb(const struct model_limits *l)
{
	return l->hugetlb.n != 0;
}

static bool
limits_swap(const struct model_limits *l)
{
	return l->swap != 0;
}

static bool
limits_io_max(const struct model_limits *l)
{
	bool any = false;

	for (size_t i = 0; i < l->io.n; i++)
		any |= l->io.v[i].read || l->io.v[i].write || l->io.v[i].read_ops || l->io.v[i].write_ops;
	return any;
}

static bool
limits_io_weight(const struct model_limits *l)
{
	bool any = false;

	for (size_t i = 0; i < l->io.n; i++)
		any |= l->io.v[i].weight != 0;
	return any;
}

static bool
has_cpu_weight(const struct build *b)
{
	return any_limit(b, limits_cpu_weight);
}

static bool
has_cpus(const struct build *b)
{
	return any_limit(b, limits_cpus);
}

static bool
has_hugetlb(const struct build *b)
{
	return any_limit(b, limits_hugetlb);
}

static bool
has_swap(const struct build *b)
{
	return any_limit(b, limits_swap);
}

static bool
has_io_max(const struct build *b)
{
	return any_limit(b, limits_io_max);
}

static bool
has_io_weight(const struct build *b)
{
	return any_limit(b, limits_io_weight);
}

static bool
has_netns(const struct build *b)
{
	bool any = false;

	for (size_t i = 0; i < b->plan.n_units; i++)
		any |= b->plan.units[i].unit->network.mode != NET_MACHINE;
	return any;
}

static bool
has_userns(const struct build *b)
{
	bool any = false;

	for (size_t i = 0; i < b->plan.n_units; i++)
		any |= !b->plan.units[i].unit->machine_ids;
	return any;
}

static bool
has_network(const struct build *b)
{
	bool any = b->project.image.network.links.n > 0;

	for (size_t i = 0; i < b->plan.n_units; i++)
		any |= b->plan.units[i].unit->network.mode != NET_NONE || b->plan.units[i].unit->listen.n;
	return any;
}

static bool
has_dhcp(const struct build *b)
{
	return b->plan.dhcp != NULL;
}

static bool
has_vlan(const struct build *b)
{
	bool any = false;

	for (size_t i = 0; i < b->project.image.network.links.n; i++)
		any |= b->project.image.network.links.v[i].vlan.head.node != NULL;
	return any;
}

static bool
has_ipv6(const struct build *b)
{
	bool any = false;

	for (size_t i = 0; i < b->project.image.network.links.n; i++) {
		const struct model_link *l = &b->project.image.network.links.v[i];
		any |= l->gateway6 != NULL;
		for (size_t k = 0; k < l->addresses.n; k++)
			any |= strchr(l->addresses.v[k], ':') != NULL;
	}
	for (size_t i = 0; i < b->plan.n_units; i++) {
		const struct model_service *s = b->plan.units[i].unit;
		for (size_t k = 0; k < s->listen.n; k++)
			any |= strchr(s->listen.v[k].address, ':') != NULL;
	}
	return any;
}

static bool
has_private(const struct build *b)
{
	return b->plan.nets.n > 0;
}

static bool
has_initramfs(const struct build *b)
{
	return build_wants(b, "initramfs");
}

static bool
has_squashfs(const struct build *b)
{
	return has_initramfs(b) && b->plan.rooted;
}

static bool
has_disk(const struct build *b)
{
	return model_has_disk(&b->project.image.state);
}

static const struct {
	const char *symbol;
	const char *module; /* that does as well where it is loaded; NULL: it must be built in */
	bool (*needed)(const struct build *b);
	const char *why;
} needs[] = {
	{ "BINFMT_ELF", NULL, always, "programs are executed" },
	{ "MULTIUSER", NULL, always, "no service runs as root" },
	{ "PROC_FS", NULL, always, "PID 1 mounts /proc" },
	{ "SYSFS", NULL, always, "PID 1 mounts /sys" },
	{ "DEVTMPFS", NULL, always, "PID 1 mounts /dev" },
	{ "TMPFS", NULL, always, "PID 1 mounts /run, /tmp and /state" },
	{ "PROC_SYSCTL", NULL, always, "PID 1 sets sysctls" },
	{ "EPOLL", NULL, always, "PID 1 waits by it" },
	{ "SIGNALFD", NULL, always, "PID 1 waits by it" },
	{ "TIMERFD", NULL, always, "PID 1 waits by it" },
	{ "UNIX", "unix", always, "ingotctl speaks to PID 1 by it" },
	{ "MODULES", NULL, has_modules, "modules are loaded" },
	{ "NAMESPACES", NULL, has_units, "each service has namespaces of its own" },
	{ "UTS_NS", NULL, has_units, "each service has namespaces of its own" },
	{ "IPC_NS", NULL, has_units, "each service has namespaces of its own" },
	{ "PID_NS", NULL, has_units, "each service has namespaces of its own" },
	{ "USER_NS", NULL, has_userns, "a service has its own ids alone" },
	{ "NET_NS", NULL, has_netns, "a service has a network of its own, or none" },
	{ "CGROUPS", NULL, has_units, "each service has a cgroup of its own" },
	{ "MEMCG", NULL, has_units, "each service has a limits.memory" },
	{ "CGROUP_PIDS", NULL, has_units, "each service has a limits.pids" },
	{ "CFS_BANDWIDTH", NULL, has_cpu_limit, "a service has a limits.cpu" },
	{ "FAIR_GROUP_SCHED", NULL, has_cpu_weight, "a service has a limits.cpu-weight" },
	{ "CPUSETS", NULL, has_cpus, "a service has limits.cpus" },
	{ "CGROUP_HUGETLB", NULL, has_hugetlb, "a service has a limits.hugetlb" },
	{ "SWAP", NULL, has_swap, "a service has a limits.swap" },
	{ "BLK_DEV_THROTTLING", NULL, has_io_max, "a service has a limit of IO" },
	{ "BLK_CGROUP_IOCOST", NULL, has_io_weight, "a service has a weight of IO" },
	{ "INET", NULL, has_network, "the machine has a network" },
	{ "PACKET", "af_packet", has_dhcp, "the DHCP client asks by it" },
	{ "VLAN_8021Q", "8021q", has_vlan, "a link is a VLAN" },
	{ "IPV6", "ipv6", has_ipv6, "a link or a socket has an address of IPv6" },
	{ "IPV6", "ipv6", has_private, "a service has a private network" },
	{ "VETH", "veth", has_private, "a service has a private network" },
	{ "NF_TABLES", "nf_tables", has_private, "a service has a private network" },
	{ "NF_TABLES_INET", NULL, has_private, "a service has a private network" },
	{ "NFT_CT", "nft_ct", has_private, "a service has a private network" },
	{ "NFT_NAT", "nft_nat", has_private, "a service has a private network" },
	{ "NFT_MASQ", "nft_masq", has_private, "a service has a private network" },
	{ "NFT_FIB_INET", "nft_fib_inet", has_private, "a service has a private network" },
	{ "BLOCK", NULL, has_disk, "state is on a disk" },
	{ "EXT4_FS", "ext4", has_disk, "state is on an ext4 disk" },
	{ "QUOTA", NULL, has_disk, "the disk of state keeps quotas" },
	{ "QFMT_V2", "quota_v2", has_disk, "the disk of state keeps quotas" },
	{ "BLK_DEV_INITRD", NULL, has_initramfs, "it unpacks the initramfs" },
	{ "RD_ZSTD", NULL, has_initramfs, "the initramfs is compressed by zstd" },
	{ "BLK_DEV_LOOP", "loop", has_squashfs, "the root is mounted by it" },
	{ "SQUASHFS", "squashfs", has_squashfs, "the root is one" },
	{ "SQUASHFS_ZSTD", NULL, has_squashfs, "the root is compressed by zstd" },
};

/* 'y', 'm', or 'n' where it is neither. */
static char
state_of(const char *config, const char *symbol)
{
	size_t n = strlen(symbol);

	for (const char *p = config; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, "CONFIG_", 7) == 0 && strncmp(p + 7, symbol, n) == 0 && p[7 + n] == '=')
			return p[8 + n] == 'y' || p[8 + n] == 'm' ? p[8 + n] : 'n';
	}
	return 'n';
}

static bool
is_loaded(const struct build *b, const char *module)
{
	for (size_t i = 0; i < b->kernel.n_modules; i++)
		if (strcmp(b->kernel.modules[i].name, module) == 0)
			return true;
	return false;
}

static void
check_symbols(const struct build *b, const char *config)
{
	const struct node *place = node_place(b->project.image.kernel.head.node, "recipe");

	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		const char *module = needs[i].module;
		char state = needs[i].needed(b) ? state_of(config, needs[i].symbol) : 'y';
		if (state == 'y' || (state == 'm' && module && is_loaded(b, module)))
			continue;
		if (state == 'm' && module)
			diag(b->project.diags, place, "the kernel %s has CONFIG_%s as a module, and %s: add %s to `modules`",
			     b->kernel.release, needs[i].symbol, needs[i].why, module);
		else
			diag(b->project.diags, place, "the kernel %s has no CONFIG_%s%s, but %s: take a kernel that has it",
			     b->kernel.release, needs[i].symbol, state == 'm' ? " built in" : "", needs[i].why);
	}
}

/* What lib/features.h names: the symbol that it takes, and the first version of Linux that has it. */
static const struct {
	const char *symbol;
	unsigned major, minor;
} features[FEATURES] = {
	[FEATURE_LANDLOCK] = { "SECURITY_LANDLOCK", 5, 13 },
	[FEATURE_MDWE] = { "MMU", 6, 3 },
	[FEATURE_MEMFD_NOEXEC] = { "MEMFD_CREATE", 6, 3 },
	[FEATURE_DEVICES] = { "CGROUP_BPF", 4, 15 },
};

/* A release that does not begin with a version is taken for a new one: the boot tells. */
static bool
is_older(const char *release, unsigned major, unsigned minor)
{
	char *end;
	unsigned long a = strtoul(release, &end, 10), b = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return end != release && (a < major || (a == major && b < minor));
}

static void
check_features(const struct build *b, const char *config)
{
	const struct model_features *m = &b->project.image.features;
	const char *lacks = "";

	for (unsigned f = 0; f < FEATURES; f++) {
		bool older = is_older(b->kernel.release, features[f].major, features[f].minor);
		if (!older && state_of(config, features[f].symbol) == 'y')
			continue;
		const char *why = older ? arena_printf(b->project.arena, "it comes with Linux %u.%u", features[f].major,
						       features[f].minor)
					: arena_printf(b->project.arena, "it has no CONFIG_%s", features[f].symbol);
		lacks = arena_printf(b->project.arena, "%s%s%s (%s)", lacks, lacks[0] ? ", " : "", feature_name(f), why);
		if (m->need[f] == NEED_REQUIRED)
			diag(b->project.diags, node_place(m->head.node, feature_name(f)), "the kernel %s lacks %s: %s; take "
			     "another one, or write `best`", b->kernel.release, feature_name(f), why);
	}
	if (lacks[0] && has_units(b) && b->plan.fresh)
		progress_note("the kernel %s lacks %s: services are held without", b->kernel.release, lacks);
}

int
check_kernel_config(const struct build *b, struct err *e)
{
	const struct content *c = &b->kernel.config;

	if (!b->kernel.has_config) {
		progress_note("the kernel's package holds no configuration of it (`config` in its recipe): not checked");
		return 0;
	}
	if (c->size > CONFIG_MAX)
		return err_set(e, 0, "the kernel's configuration is larger than %u MiB: no such file is", CONFIG_MAX >> 20);
	char *config = content_load(c, e);
	if (!config)
		return -1;
	check_symbols(b, config);
	check_features(b, config);
	free(config);
	return 0;
}
