/* SPDX-License-Identifier: MIT
 *
 * builder/svc_table.c and show_table.c: the table says what the file says, the same file gives the same bytes, and
 * every key of a service that the machine acts on changes them.
 */
#include "support_builder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "net_links.h"
#include "plan.h"
#include "svc_table.h"

struct made {
	void *bytes;
	size_t size;
	struct tbl t;
};

static void
put_program(struct tree *t, const char *path, uint32_t mode)
{
	struct content none = { .mem = "" };
	struct tree_put how = put_as(mode, TREE_STRICT);
	struct err e = { .msg = "" };

	assert_int_equal(tree_put_file(t, path, &none, &how, &e), 0);
}

/* With two modules. */
static void
make_of(struct made *m, const char *yaml, struct tree *tree)
{
	char name_a[] = "button", name_b[] = "virtio_net";
	struct kernel_module modules[] = { { .name = name_a }, { .name = name_b } };
	struct kernel k = { .modules = modules, .n_modules = 2 };
	struct project project;
	struct plan plan;
	struct err e = { .msg = "" };

	char *said = load_project(&project, yaml);
	assert_string_equal(said, "");
	free(said);
	plan_make(&plan, &project);
	if (svc_table_make(&plan, &k, tree, &m->bytes, &m->size, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(tbl_open(&m->t, m->bytes, m->size, &e), 0);
	tree_free(tree);
	plan_release(&plan);
	project_release(&project);
}

/* And, where asked for, a busybox in the machine's root. */
static void
make(struct made *m, const char *yaml, bool busybox)
{
	struct tree *tree = tree_new();

	if (busybox)
		put_program(tree, "/bin/busybox", 0755);
	make_of(m, yaml, tree);
}

static const char whole[] = IMAGE_HEAD
	"hostname: box\n"
	"features: {landlock: required, devices: best}\n"
	"watchdog: {device: /dev/watchdog1, timeout: 20s}\n"
	"users: [{name: www, uid: 10001, gid: 33}]\n"
	"network: {links: [{name: eth0, dhcp: true}]}\n"
	"services:\n"
	"  web:\n"
	"    command: [/bin/run, -g, daemon off]\n"
	"    user: www\n"
	"    env: {HOME: /, LANG: C}\n"
	"    needs: [db, dhcp]\n"
	"    network: {mode: machine, ports: [{machine: 80}]}\n"
	"    limits: {memory: 64M, memory-high: 48M, pids: 32, cpu: 80%}\n"
	"    scratch: {size: 2M}\n"
	"    critical: true\n"
	"    jit: true\n"
	"    rlimits: {nofile: 9000, stack: 1M}\n"
	"    devices: [/dev/ttyS1, /dev/net/tun]\n"
	"    capabilities: [NET_RAW, BPF]\n"
	"    can-escape-by: [BPF]\n"
	"    landlock: {mode: enforce}\n"
	"    state: [{path: /var/z, size: 1M}, {path: /var/a, size: 2M, mode: 0750}]\n"
	"    ready: {tcp: 8080, timeout: 7s}\n"
	"    health: {http: {port: 8081, path: /health}, notify: 9s, every: 2s, timeout: 500ms, failures: 4, successes: 2,\n"
	"      action: none}\n"
	"    wants: [report]\n"
	"    restart: {policy: on-failure, backoff: {first: 200ms, max: 9s, jitter: 25%}, healthy: 4s, limit: 6,\n"
	"      signals: [SEGV, HUP]}\n"
	"    on-failure: restart-dependents\n"
	"    stop: {signal: QUIT, timeout: 3s}\n"
	"  db: {command: [/bin/run], limits: {memory: 8M}, ready: {fd: 4}}\n"
	"jobs:\n"
	"  report: {command: [/bin/run], limits: {memory: 8M}, schedule: {every: 5m}, timeout: 60s}\n"
	"  night:\n"
	"    command: [/bin/run]\n"
	"    limits: {memory: 8M}\n"
	"    schedule: {calendar: 30 3 * * 1-5, jitter: 2m, late: 10m}\n"
	"    overlap: replace\n"
	"    missed: once\n"
	"    retries: {count: 4, backoff: {first: 1s, max: 5s, jitter: 0%}}\n"
	"jobs-at-once: 3\n"
	"purpose: night\n"
	"timezone: CET-1CEST,M3.5.0,M10.5.0/3\n";

TEST(the_table_says_what_the_file_says)
{
	struct made m;

	make(&m, whole, true);
	assert_string_equal(tbl_str(&m.t, m.t.machine->image), "t");
	assert_string_equal(tbl_str(&m.t, m.t.machine->hostname), "box");
	assert_string_equal(tbl_str(&m.t, m.t.machine->shell), "/bin/busybox");
	assert_int_equal(m.t.machine->stop_deadline_ms, 1000 + 3000 + 5000 + 5000 + 5000);
	assert_int_equal(tbl_count(&m.t, TBL_MODULES), 2);
	assert_string_equal(tbl_str(&m.t, tbl_module(&m.t, 1)->path), "/ingot/modules/virtio_net.ko");
	assert_string_equal(tbl_str(&m.t, tbl_sysctl(&m.t, 0)->path), "/proc/sys/net/ipv4/ip_unprivileged_port_start");
	assert_string_equal(tbl_str(&m.t, tbl_sysctl(&m.t, 0)->value), "80");
	assert_int_equal(tbl_link(&m.t, 0)->mode, TBL_LINK_DHCP);
	assert_int_equal(tbl_count(&m.t, TBL_SVCS), 5);
	const struct tbl_svc *s = tbl_svc(&m.t, 0);
	assert_string_equal(tbl_str(&m.t, s->name), "dhcp");
	assert_int_equal(s->flags, TBL_SVC_MACHINE);
	assert_string_equal(tbl_word(&m.t, s->argv, 10), "eth0");
	free(m.bytes);
}

static const struct tbl_svc *
named(const struct made *m, const char *name)
{
	for (uint32_t i = 0; i < tbl_count(&m->t, TBL_SVCS); i++)
		if (strcmp(tbl_str(&m->t, tbl_svc(&m->t, i)->name), name) == 0)
			return tbl_svc(&m->t, i);
	fail_msg("no service %s", name);
	return NULL;
}

TEST(a_service_is_whole)
{
	struct made m;

	make(&m, whole, true);
	const struct tbl_svc *s = named(&m, "web");
	assert_string_equal(tbl_str(&m.t, s->root), "/svc/web");
	assert_int_equal(s->argv.count, 3);
	assert_string_equal(tbl_word(&m.t, s->argv, 2), "daemon off");
	assert_string_equal(tbl_word(&m.t, s->env, 1), "LANG=C");
	assert_int_equal(s->deps.count, 2);
	assert_ptr_equal(tbl_svc(&m.t, tbl_dep(&m.t, s, 0)), named(&m, "db"));
	assert_int_equal(tbl_dep(&m.t, s, 1), 0);
	assert_int_equal(s->uid, 10001);
	assert_int_equal(s->gid, 33);
	assert_int_equal(s->caps, 1ull << 13 | 1ull << 39);
	assert_int_equal(s->flags, TBL_SVC_CRITICAL | TBL_SVC_NOTIFY | TBL_SVC_JIT | TBL_SVC_LANDLOCK |
					TBL_SVC_BINDS);
	assert_string_equal(tbl_str(&m.t, m.t.machine->watchdog), "/dev/watchdog1");
	assert_int_equal(m.t.machine->watchdog_ms, 20000);
	assert_int_equal(s->ready, TBL_READY_PROBE);
	assert_int_equal(s->ready_probe.kind, TBL_PROBE_TCP);
	assert_int_equal(s->ready_probe.port, 8080);
	assert_int_equal(s->health.kind, TBL_PROBE_HTTP);
	assert_int_equal(s->health.port, 8081);
	assert_string_equal(tbl_word(&m.t, s->health.words, 0), "/health");
	assert_int_equal(s->health_every_ms, 2000);
	assert_int_equal(s->health_timeout_ms, 500);
	assert_int_equal(s->health_failures, 4);
	assert_int_equal(s->health_successes, 2);
	assert_int_equal(s->health_action, TBL_HEALTH_NONE);
	assert_int_equal(s->watchdog_ms, 9000);
	assert_int_equal(s->env.count, 4);
	assert_string_equal(tbl_word(&m.t, s->env, 2), "NOTIFY_SOCKET=/run/notify");
	assert_string_equal(tbl_word(&m.t, s->env, 3), "WATCHDOG_USEC=9000000");
	assert_int_equal(s->ready_timeout_ms, 7000);
	assert_int_equal(s->restart, TBL_RESTART_ON_FAILURE);
	assert_int_equal(s->backoff_first_ms, 200);
	assert_int_equal(s->backoff_max_ms, 9000);
	assert_int_equal(s->backoff_jitter, 25);
	assert_int_equal(s->healthy_ms, 4000);
	assert_int_equal(s->restart_limit, 6);
	assert_int_equal(s->restart_signals, 1u << (SIGSEGV - 1) | 1u << (SIGHUP - 1));
	assert_int_equal(s->on_failure, TBL_ON_FAILURE_DEPENDENTS);
	assert_int_equal(s->wants.count, 1);
	assert_ptr_equal(tbl_svc(&m.t, tbl_want(&m.t, s, 0)), named(&m, "report"));
	assert_int_equal(s->stop_signal, SIGQUIT);
	assert_int_equal(s->stop_timeout_ms, 3000);
	assert_int_equal(s->memory_max, 64u << 20);
	assert_int_equal(s->memory_high, 48u << 20);
	assert_int_equal(s->pids_max, 32);
	assert_int_equal(s->cpu_quota_us, 80000);
	assert_int_equal(s->cpu_period_us, 100000);
	assert_int_equal(s->every_ms, 0);
	free(m.bytes);
}

TEST(mounts_stand_in_mount_order)
{
	static const char *const paths[] = { "/proc", "/dev", "/dev/shm", "/tmp", "/run", "/var/a", "/var/z" };
	struct made m;

	make(&m, whole, true);
	const struct tbl_svc *s = named(&m, "web");
	assert_int_equal(s->mounts.count, COUNT(paths));
	for (uint32_t i = 0; i < COUNT(paths); i++)
		assert_string_equal(tbl_str(&m.t, tbl_mount(&m.t, s, i)->path), paths[i]);
	assert_int_equal(tbl_mount(&m.t, s, 3)->size, 2u << 20);
	assert_int_equal(tbl_mount(&m.t, s, 3)->mode, 01777);
	assert_int_equal(tbl_mount(&m.t, s, 5)->kind, TBL_MOUNT_STATE);
	assert_int_equal(tbl_mount(&m.t, s, 5)->size, 2u << 20);
	assert_int_equal(tbl_mount(&m.t, s, 5)->mode, 0750);
	assert_int_equal(tbl_mount(&m.t, s, 6)->mode, 0700);
	free(m.bytes);
}

TEST(a_job_is_a_job)
{
	struct made m;

	make(&m, whole, true);
	const struct tbl_svc *s = named(&m, "report");
	assert_int_equal(s->kind, TBL_JOB);
	assert_int_equal(s->every_ms, 300000);
	assert_int_equal(s->run_timeout_ms, 60000);
	assert_int_equal(s->restart, TBL_RESTART_NEVER);
	assert_int_equal(s->flags, TBL_SVC_NETNS | TBL_SVC_USERNS | TBL_SVC_LANDLOCK);
	assert_int_equal(s->cpu_quota_us, 0);
	s = named(&m, "night");
	assert_int_equal(s->every_ms, 0);
	assert_true(s->calendar.minutes == 1u << 30 && s->calendar.hours == 1u << 3 && s->calendar.weekdays == 0x3e);
	assert_int_equal(s->jitter_ms, 120000);
	assert_int_equal(s->late_ms, 600000);
	assert_int_equal(s->overlap, TBL_OVERLAP_REPLACE);
	assert_int_equal(s->missed, TBL_MISSED_ONCE);
	assert_int_equal(s->restart, TBL_RESTART_ON_FAILURE);
	assert_int_equal(s->restart_limit, 4);
	assert_int_equal(s->backoff_first_ms, 1000);
	assert_int_equal(m.t.machine->jobs_max, 3);
	assert_string_equal(tbl_str(&m.t, tbl_svc(&m.t, m.t.machine->purpose - 1)->name), "night");
	assert_int_equal(m.t.machine->zone.offset_s, 3600);
	assert_int_equal(m.t.machine->zone.winter.time_s, 3 * 3600);
	s = named(&m, "db");
	assert_int_equal(s->ready, TBL_READY_FD);
	assert_int_equal(s->ready_fd, 4);
	free(m.bytes);
}

TEST(without_busybox_there_is_no_shell)
{
	struct made m;

	make(&m, IMAGE_HEAD, false);
	assert_string_equal(tbl_str(&m.t, m.t.machine->shell), "");
	assert_int_equal(tbl_count(&m.t, TBL_SVCS), 0);
	assert_int_equal(tbl_count(&m.t, TBL_LINKS), 0);
	assert_int_equal(tbl_count(&m.t, TBL_SYSCTLS), 0);
	free(m.bytes);
}

TEST(a_static_link_keeps_its_bytes)
{
	struct made m;

	make(&m, IMAGE_HEAD "network: {links: [{address: 192.168.7.9, prefix: 20, gateway: 192.168.0.1}]}\n", false);
	const struct tbl_link *l = tbl_link(&m.t, 0);
	assert_memory_equal(l->address, ((const uint8_t[]){ 192, 168, 7, 9 }), 4);
	assert_memory_equal(l->gateway, ((const uint8_t[]){ 192, 168, 0, 1 }), 4);
	assert_int_equal(l->prefix, 20);
	assert_int_equal(l->mode, TBL_LINK_STATIC);
	assert_string_equal(tbl_str(&m.t, l->name), "eth0");
	free(m.bytes);
}

TEST(ingot_net_is_the_first_service_and_pid_1_knows_no_link)
{
	struct made m;

	make(&m, IMAGE_HEAD "watchdog: {timeout: 20s}\n"
			    "network: {service: {critical: true}, links: [{dhcp: true}, {name: v, addresses: [10.0.0.2/24]}]}\n"
			    "services:\n  a: {command: [/bin/a], limits: {memory: 8M}, needs: [net]}\n", true);
	const struct tbl_svc *net = tbl_svc(&m.t, 0);
	assert_string_equal(tbl_str(&m.t, net->name), "net");
	assert_int_equal(net->flags, TBL_SVC_MACHINE | TBL_SVC_CRITICAL);
	assert_int_equal(net->ready, TBL_READY_FD);
	assert_string_equal(tbl_word(&m.t, net->argv, 0), "/usr/bin/ingot-net");
	assert_int_equal(tbl_count(&m.t, TBL_LINKS), 0);
	assert_int_equal(tbl_count(&m.t, TBL_SVCS), 2);
	assert_int_equal(tbl_svc(&m.t, 1)->deps.count, 1);
	free(m.bytes);
}

TEST(the_file_of_links_says_what_the_image_file_says)
{
	struct project project;
	struct netf f;
	struct err e;

	char *said = load_project(&project, IMAGE_HEAD
		"network:\n"
		"  links:\n"
		"  - {name: eth0, address: 10.0.0.2, prefix: 20, addresses: [\"fd00::2/64\"], gateway: 10.0.0.1, mtu: 1400}\n"
		"  - {name: v, vlan: {of: eth0, id: 5}, dhcp: true, dns: [1.1.1.1], gateway6: \"fe80::1\"}\n"
		"  - {mac: \"52:54:00:12:34:5f\", dhcp: true, optional: true}\n"
		"  - {driver: e1000, dhcp: true}\n"
		"  - {any: true, dhcp: true}\n");
	assert_string_equal(said, "");
	free(said);
	links_make(&project.image, &f);
	assert_int_equal(netf_check(&f, netf_size(5), &e), 0);
	assert_int_equal(f.links[0].n_addrs, 2);
	assert_int_equal(f.links[0].addrs[0].prefix, 20);
	assert_memory_equal(f.links[0].addrs[0].bytes, ((uint8_t[]){ 10, 0, 0, 2, 0 }), 5);
	assert_int_equal(f.links[0].addrs[1].family, 6);
	assert_int_equal(f.links[0].mtu, 1400);
	assert_int_equal(f.links[0].gateways[NETF_GATEWAY_4].bytes[3], 1);
	assert_string_equal(f.links[1].vlan_of, "eth0");
	assert_int_equal(f.links[1].vlan, 5);
	assert_int_equal(f.links[1].flags, NETF_DHCP);
	assert_int_equal(f.links[1].gateways[NETF_GATEWAY_6].bytes[0], 0xfe);
	assert_int_equal(f.links[1].n_dns, 1);
	assert_int_equal(f.links[2].match, NETF_BY_MAC);
	assert_memory_equal(f.links[2].mac, ((uint8_t[]){ 0x52, 0x54, 0, 0x12, 0x34, 0x5f }), 6);
	assert_int_equal(f.links[2].flags, NETF_DHCP | NETF_OPTIONAL);
	assert_string_equal(f.links[3].driver, "e1000");
	assert_int_equal(f.links[4].match, NETF_BY_ANY);
	project_release(&project);
}

static void
differ(const char *a, const char *b, bool expected)
{
	struct made x, y;

	make(&x, a, true);
	make(&y, b, true);
	if ((x.size != y.size || memcmp(x.bytes, y.bytes, x.size) != 0) != expected)
		fail_msg("expected %s bytes:\n%s\nand\n%s", expected ? "other" : "the same", a, b);
	free(x.bytes);
	free(y.bytes);
}

TEST(the_same_file_gives_the_same_bytes)
{
	differ(whole, whole, false);
}

/* What stands in `whole`, and what is put there instead. */
static const struct {
	const char *from, *to;
} changes[] = {
	{ "hostname: box", "hostname: other" },
	{ "image: t\n", "image: u\n" },
	{ "uid: 10001", "uid: 10002" },
	{ "gid: 33", "gid: 34" },
	{ "name: eth0", "name: eth1" },
	{ "dhcp: true", "address: 10.0.0.1" },
	{ "  web:", "  wob:" },
	{ "[/bin/run, -g, daemon off]", "[/bin/run, -g, daemon on]" },
	{ "    user: www\n", "" },
	{ "LANG: C", "LANG: D" },
	{ "needs: [db, dhcp]", "needs: [dhcp]" },
	{ "{mode: machine, ports: [{machine: 80}]}", "{mode: machine, ports: [{machine: 81}]}" },
	{ "{mode: machine, ports: [{machine: 80}]}", "{mode: machine}" },
	{ "memory: 64M", "memory: 65M" },
	{ "memory-high: 48M", "memory-high: 49M" },
	{ "pids: 32", "pids: 33" },
	{ "cpu: 80%", "cpu: 81%" },
	{ "scratch: {size: 2M}", "scratch: {size: 3M}" },
	{ "critical: true", "critical: false" },
	{ "jit: true", "jit: false" },
	{ "nofile: 9000", "nofile: 9001" },
	{ "stack: 1M", "memlock: 1M" },
	{ "landlock: required", "mdwe: required" },
	{ "devices: best", "devices: required" },
	{ "NET_RAW", "KILL" },
	{ "mode: enforce", "mode: unconfined" },
	{ "/dev/watchdog1", "/dev/watchdog0" },
	{ "timeout: 20s", "timeout: 21s" },
	{ "path: /var/z", "path: /var/y" },
	{ "size: 2M, mode: 0750", "size: 3M, mode: 0750" },
	{ "mode: 0750", "mode: 0700" },
	{ "tcp: 8080, timeout", "tcp: 8081, timeout" },
	{ "timeout: 7s", "timeout: 8s" },
	{ "policy: on-failure", "policy: always" },
	{ "first: 200ms", "first: 201ms" },
	{ "max: 9s", "max: 8s" },
	{ "jitter: 25%", "jitter: 26%" },
	{ "healthy: 4s", "healthy: 5s" },
	{ "limit: 6", "limit: 7" },
	{ "[SEGV, HUP]", "[SEGV, BUS]" },
	{ "restart-dependents", "reboot" },
	{ "wants: [report]", "wants: []" },
	{ "signal: QUIT", "signal: INT" },
	{ "timeout: 3s", "timeout: 4s" },
	{ "fd: 4", "fd: 5" },
	{ "every: 5m", "every: 6m" },
	{ "timeout: 60s", "timeout: 61s" },
	{ "30 3 * * 1-5", "30 3 * * 1-6" },
	{ "jitter: 2m", "jitter: 3m" },
	{ "late: 10m", "late: 11m" },
	{ "overlap: replace", "overlap: queue" },
	{ "missed: once", "missed: skip" },
	{ "count: 4", "count: 5" },
	{ "jobs-at-once: 3", "jobs-at-once: 4" },
	{ "purpose: night", "purpose: web" },
	{ "M10.5.0/3", "M10.5.0/4" },
};

TEST(every_key_that_matters_changes_the_bytes)
{
	for (size_t i = 0; i < COUNT(changes); i++) {
		char yaml[2048];
		const char *at = strstr(whole, changes[i].from);
		assert_non_null(at);
		snprintf(yaml, sizeof yaml, "%.*s%s%s", (int)(at - whole), whole, changes[i].to, at + strlen(changes[i].from));
		/* without DHCP its need goes too */
		char *need = strstr(changes[i].to, "address") ? strstr(yaml, ", dhcp]") : NULL;
		if (need)
			memmove(need, need + 6, strlen(need + 6) + 1);
		differ(whole, yaml, true);
	}
}

#define SMALL "services:\n  a: {command: [/bin/run], limits: {memory: 8M}}\n"

TEST(the_disk_of_state_and_its_policies)
{
	static const char *const policies[] = { "absent: tmpfs", "corrupt: tmpfs", "corrupt: recreate", "full: refuse",
						"full: tmpfs", "quota: wanted", "wait: 1s", "label: other" };
	char yaml[256];
	struct made m;

	make(&m, IMAGE_HEAD SMALL, false);
	assert_int_equal(m.t.machine->disk_label, 0);
	assert_int_equal(m.t.machine->stop_deadline_ms, 6000);
	free(m.bytes);
	make(&m, IMAGE_HEAD "state: {}\n" SMALL, false);
	assert_string_equal(tbl_str(&m.t, m.t.machine->disk_label), "ingot-state");
	assert_int_equal(m.t.machine->disk_wait_ms, 5000);
	assert_int_equal(m.t.machine->disk_policy[TBL_DISK_ABSENT], TBL_POLICY_REFUSE);
	assert_int_equal(m.t.machine->disk_policy[TBL_DISK_CORRUPT], TBL_POLICY_REFUSE);
	assert_int_equal(m.t.machine->disk_policy[TBL_DISK_FULL], TBL_POLICY_USE);
	assert_int_equal(m.t.machine->disk_policy[TBL_DISK_UNLIMITED], TBL_POLICY_REFUSE);
	assert_int_equal(m.t.machine->stop_deadline_ms, 10000);
	free(m.bytes);
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		snprintf(yaml, sizeof yaml, IMAGE_HEAD "state: {%s}\n" SMALL, policies[i]);
		differ(IMAGE_HEAD "state: {}\n" SMALL, yaml, true);
	}
}

#define REPLICAS(n, rest) \
	"services:\n  web: {replicas: " n ", command: [/bin/run, -n, 'w%i-100%%', plain], " LIMITS rest "}\n"

TEST(replicas_are_services_of_the_table)
{
	struct made m;

	make(&m, IMAGE_HEAD "network: {links: [{name: eth0, dhcp: true}]}\n"
			    REPLICAS("3", ", env: {ID: '%i%i', SAME: x}, needs: [dhcp, db], state: [{path: /var/x, size: 1M}]")
			    "  db: {command: [/bin/run, '%i'], " LIMITS "}\n"
			    "  all: {command: [/bin/run], needs: [web], " LIMITS "}\n"
			    "  one: {command: [/bin/run], needs: [db], wants: [web@2], " LIMITS "}\n"
			    "  last: {command: [/bin/run], needs: [all], " LIMITS "}\n", true);
	assert_int_equal(tbl_count(&m.t, TBL_SVCS), 8);
	assert_ptr_equal(tbl_svc(&m.t, tbl_dep(&m.t, named(&m, "last"), 0)), named(&m, "all"));
	for (uint32_t i = 1; i <= 3; i++) {
		char name[16], text[16];
		snprintf(name, sizeof name, "web@%u", i);
		const struct tbl_svc *s = named(&m, name);
		assert_string_equal(tbl_str(&m.t, s->root), "/svc/web");
		assert_int_equal(s->argv.count, 4);
		snprintf(text, sizeof text, "w%u-100%%", i);
		assert_string_equal(tbl_word(&m.t, s->argv, 2), text);
		snprintf(text, sizeof text, "ID=%u%u", i, i);
		assert_string_equal(tbl_word(&m.t, s->env, 0), text);
		assert_string_equal(tbl_word(&m.t, s->env, 1), "SAME=x");
		assert_int_equal(s->deps.count, 2);
		assert_int_equal(s->uid, named(&m, "web@1")->uid);
		assert_int_equal(s->memory_max, 8u << 20);
		assert_ptr_equal(tbl_svc(&m.t, tbl_dep(&m.t, named(&m, "all"), i - 1)), s);
	}
	assert_int_equal(named(&m, "all")->deps.count, 3);
	assert_int_equal(named(&m, "one")->wants.count, 1);
	assert_ptr_equal(tbl_svc(&m.t, tbl_want(&m.t, named(&m, "one"), 0)), named(&m, "web@2"));
	assert_ptr_equal(tbl_svc(&m.t, tbl_dep(&m.t, named(&m, "one"), 0)), named(&m, "db"));
	/* without replicas a percent sign is one */
	assert_string_equal(tbl_word(&m.t, named(&m, "db")->argv, 1), "%i");
	free(m.bytes);
}

TEST(checks_of_replicas_look_each_at_their_own)
{
	struct made m;

	make(&m, IMAGE_HEAD REPLICAS("2", ", ready: {file: /run/up-%i}, health: {exec: [/bin/check, '%i']}"), true);
	const struct tbl_svc *s = named(&m, "web@2");
	assert_string_equal(tbl_word(&m.t, s->ready_probe.words, 0), "/run/up-2");
	assert_string_equal(tbl_word(&m.t, s->health.words, 1), "2");
	free(m.bytes);
}

/* A name and its record each: what all have alike stands once. */
TEST(replicas_that_are_alike_share_their_lists)
{
	static const char text[] = IMAGE_HEAD "budget: {memory: 1G}\nservices:\n  web: {replicas: %d, command: [/bin/run], "
				   LIMITS ", env: {A: b}, state: [{path: /var/x, size: 1M}]}\n";
	char yaml[256];
	struct made one, many;

	snprintf(yaml, sizeof yaml, text, 1);
	make(&one, yaml, true);
	snprintf(yaml, sizeof yaml, text, 100);
	make(&many, yaml, true);
	assert_int_equal(tbl_count(&many.t, TBL_SVCS), 100);
	assert_int_equal(tbl_count(&many.t, TBL_WORDS), tbl_count(&one.t, TBL_WORDS));
	assert_int_equal(tbl_count(&many.t, TBL_MOUNTS), tbl_count(&one.t, TBL_MOUNTS));
	assert_in_range(many.size - one.size, 99 * sizeof(struct tbl_svc), 99 * (sizeof(struct tbl_svc) + 8));
	free(one.bytes);
	free(many.bytes);
}

TEST(logs_and_what_a_service_says_otherwise)
{
	static const char yaml[] = IMAGE_HEAD
		"state: {}\nlogs: {where: state, size: 2M, forward: syslog, syslog: {address: 10.1.2.3}}\nservices:\n"
		"  a: {command: [/bin/run], limits: {memory: 8M}}\n"
		"  b: {command: [/bin/run], limits: {memory: 8M}, logs: {where: memory, forward: console}}\n"
		"  c: {command: [/bin/run], limits: {memory: 8M}, logs: {size: 64K, forward: none}}\n";
	struct made m;
	char *text;
	size_t size;

	make(&m, IMAGE_HEAD SMALL, false);
	assert_int_equal(named(&m, "a")->flags & TBL_SVC_LOG, 0);
	assert_int_equal(named(&m, "a")->log_kb, 0);
	assert_int_equal(m.t.machine->syslog_port, 0);
	free(m.bytes);
	make(&m, yaml, false);
	assert_int_equal(named(&m, "a")->flags & TBL_SVC_LOG, TBL_SVC_LOG_STATE | TBL_SVC_LOG_SYSLOG);
	assert_int_equal(named(&m, "a")->log_kb, 2048);
	assert_int_equal(named(&m, "b")->flags & TBL_SVC_LOG, TBL_SVC_LOG_CONSOLE);
	assert_int_equal(named(&m, "b")->log_kb, 0);
	assert_int_equal(named(&m, "c")->flags & TBL_SVC_LOG, TBL_SVC_LOG_STATE);
	assert_int_equal(named(&m, "c")->log_kb, 64);
	assert_memory_equal(m.t.machine->syslog, "\x0a\x01\x02\x03", 4);
	assert_int_equal(m.t.machine->syslog_port, 514);
	FILE *f = open_memstream(&text, &size);
	svc_table_print(&m.t, f);
	fclose(f);
	assert_has(text, "syslog: 10.1.2.3 port 514\n");
	assert_has(text, "    logs: kept on the state disk, 64 KiB\n");
	assert_has(text, "    logs: on the console too\n");
	assert_has(text, "    logs: sent by syslog\n");
	free(text);
	free(m.bytes);
}

TEST(it_executes_what_its_root_holds)
{
	struct made m;
	struct tree *tree = tree_new();

	put_program(tree, "/bin/other", 0755);
	put_program(tree, "/svc/a/usr/bin/run", 0755);
	put_program(tree, "/svc/a/usr/bin/more", 0755);
	put_program(tree, "/svc/a/server", 0711);
	put_program(tree, "/svc/a/etc/run", 0644);
	make_of(&m, IMAGE_HEAD SMALL, tree);
	const struct tbl_svc *s = named(&m, "a");
	assert_int_equal(s->programs.count, 2);
	assert_string_equal(tbl_word(&m.t, s->programs, 0), "server");
	assert_string_equal(tbl_word(&m.t, s->programs, 1), "usr");
	free(m.bytes);

	tree = tree_new();
	for (int i = 0; i <= TBL_PROGRAMS_MAX; i++) {
		char path[32];
		snprintf(path, sizeof path, "/svc/a/%d", i);
		put_program(tree, path, 0755);
	}
	make_of(&m, IMAGE_HEAD SMALL, tree);
	s = named(&m, "a");
	assert_int_equal(s->programs.count, 1);
	assert_string_equal(tbl_word(&m.t, s->programs, 0), ".");
	free(m.bytes);
}

TEST(descriptions_do_not_change_the_bytes)
{
	differ(IMAGE_HEAD "services:\n  a: {command: [/bin/run], limits: {memory: 8M}}\n",
	       IMAGE_HEAD "description: new\nservices:\n"
			  "  a: {limits: {memory: 8M}, description: x, command: [\"/bin/run\"]}\n",
	       false);
}

TEST(the_table_is_shown_whole)
{
	struct made m;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	make(&m, whole, true);
	svc_table_print(&m.t, f);
	fclose(f);
	assert_has(text, "image: t\nhostname: box\n");
	assert_has(text, "module: /ingot/modules/button.ko\n");
	assert_has(text, "sysctl: /proc/sys/net/ipv4/ip_unprivileged_port_start = 80\n");
	assert_has(text, "watchdog: /dev/watchdog1, timeout 20000 ms\n");
	assert_has(text, "    critical: the watchdog is fed only while it is well\n");
	assert_has(text, "the kernel must have: landlock\n");
	assert_has(text, "    rlimit: stack 1048576\n    rlimit: nofile 9000\n");
	assert_has(text, "    landlock: binds of TCP 80\n");
	assert_has(text, "    capabilities: NET_RAW BPF\n");
	assert_has(text, "    devices: /dev/ttyS1 /dev/net/tun\n");
	assert_has(text, "    jit: it may execute what it has written\n");
	assert_has(text, "link eth0: dhcp\n");
	assert_has(text, "  web:\n    kind: service\n    root: /svc/web\n    command: /bin/run -g daemon off\n");
	assert_has(text, "    needs: db dhcp\n");
	assert_has(text, "    user: uid 10001, gid 33\n");
	assert_has(text, "    mount: state /var/a size 2097152 mode 0750 (on the machine: /state/web/var/a)\n");
	assert_has(text, "    ready: tcp port 8080, timeout 7000 ms\n");
	assert_has(text, "    schedule: every 300000 ms, up to 0 ms later, timeout 60000 ms\n    overlap: skipped\n");
	free(text);
	free(m.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_says_what_the_file_says),
		cmocka_unit_test(a_service_is_whole),
		cmocka_unit_test(mounts_stand_in_mount_order),
		cmocka_unit_test(a_job_is_a_job),
		cmocka_unit_test(without_busybox_there_is_no_shell),
		cmocka_unit_test(a_static_link_keeps_its_bytes),
		cmocka_unit_test(ingot_net_is_the_first_service_and_pid_1_knows_no_link),
		cmocka_unit_test(the_file_of_links_says_what_the_image_file_says),
		cmocka_unit_test(the_same_file_gives_the_same_bytes),
		cmocka_unit_test(every_key_that_matters_changes_the_bytes),
		cmocka_unit_test(the_disk_of_state_and_its_policies),
		cmocka_unit_test(replicas_are_services_of_the_table),
		cmocka_unit_test(checks_of_replicas_look_each_at_their_own),
		cmocka_unit_test(replicas_that_are_alike_share_their_lists),
		cmocka_unit_test(logs_and_what_a_service_says_otherwise),
		cmocka_unit_test(it_executes_what_its_root_holds),
		cmocka_unit_test(descriptions_do_not_change_the_bytes),
		cmocka_unit_test(the_table_is_shown_whole),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
