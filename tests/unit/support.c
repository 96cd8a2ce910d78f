/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char temp[64];

int
temp_enter(void **state)
{
	(void)state;
	strcpy(temp, "/tmp/ingot-unit.XXXXXX");
	return mkdtemp(temp) && chdir(temp) == 0 ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int
temp_leave(void **state)
{
	(void)state;
	return chdir("/") || nftw(temp, remove_one, 16, FTW_DEPTH | FTW_PHYS) ? -1 : 0;
}

void
write_file(const char *path, const void *bytes, size_t size)
{
	char dir[256];

	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s", (int)(s - path), path);
		mkdir(dir, 0777);
	}
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

void
write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

char *
read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "re");
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	char *bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	*size = fread(bytes, 1, (size_t)st.st_size, f);
	assert_int_equal(*size, st.st_size);
	bytes[*size] = '\0';
	fclose(f);
	return bytes;
}

size_t
occurrences(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *s = strstr(text, part); s; s = strstr(s + 1, part))
		n++;
	return n;
}

void
assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no `%s` in:\n%s", part, text);
}

void
assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("there is `%s` in:\n%s", part, text);
}

/* ---- the table ---- */

struct strings {
	char *at;
	size_t used, room;
};

static uint32_t
string(struct strings *s, const char *text)
{
	uint32_t off = (uint32_t)s->used;

	assert_true(s->used + strlen(text) + 1 <= s->room);
	strcpy(s->at + s->used, text);
	s->used += strlen(text) + 1;
	return off;
}

#define SECTION(member, n) { offsetof(struct good_table, member), n }

static void
fill_sections(struct good_table *t)
{
	const struct tbl_extent sections[TBL_SECTIONS] = {
		[TBL_MACHINE] = SECTION(machine, 1), [TBL_MODULES] = SECTION(modules, 1), [TBL_SYSCTLS] = SECTION(sysctls, 1),
		[TBL_LINKS] = SECTION(links, 2),     [TBL_SVCS] = SECTION(svcs, 3),       [TBL_MOUNTS] = SECTION(mounts, 5),
		[TBL_DEPS] = SECTION(deps, 2),       [TBL_WORDS] = SECTION(words, 10),     [TBL_STRINGS] = SECTION(strings, 512),
		[TBL_FILTERS] = SECTION(filters, 4), [TBL_LISTENS] = SECTION(listens, 2), [TBL_NETS] = SECTION(nets, 1),
		[TBL_NET_RULES] = SECTION(rules, 2),
		[TBL_BINDS] = SECTION(binds, 2),     [TBL_RLIMITS] = SECTION(rlimits, 1), [TBL_KNOBS] = SECTION(knobs, 2),
		[TBL_PORTS] = SECTION(ports, 1),
	};

	memcpy(t->header.magic, TBL_MAGIC, sizeof t->header.magic);
	t->header.version = TBL_VERSION;
	t->header.size = sizeof *t;
	memcpy(t->header.section, sections, sizeof sections);
}

static void
fill_services(struct good_table *t, struct strings *s)
{
	struct tbl_svc common = { .stop_signal = 15, .stop_timeout_ms = 5000, .pids_max = 16, .cpu_period_us = 100000,
				  .memory_max = 8u << 20, .backoff_first_ms = 100, .backoff_max_ms = 30000 };

	for (int i = 0; i < 3; i++)
		t->svcs[i] = common;
	t->svcs[0].name = string(s, "dhcp");
	t->svcs[0].flags = TBL_SVC_MACHINE;
	t->svcs[0].argv = (struct tbl_span){ 0, 2 };
	t->svcs[0].ready = TBL_READY_FD;
	t->svcs[0].ready_fd = 3;
	t->svcs[0].restart = TBL_RESTART_ALWAYS;

	t->svcs[1].name = string(s, "web");
	t->svcs[1].root = string(s, "/svc/web");
	t->svcs[1].argv = (struct tbl_span){ 2, 2 };
	t->svcs[1].env = (struct tbl_span){ 4, 1 };
	t->svcs[1].deps = (struct tbl_span){ 0, 1 };
	t->svcs[1].mounts = (struct tbl_span){ 0, 4 };
	t->svcs[1].uid = t->svcs[1].gid = 10001;
	t->svcs[1].ready = TBL_READY_PROBE;
	t->svcs[1].ready_probe = (struct tbl_probe){ .kind = TBL_PROBE_TCP, .port = 8080 };
	t->svcs[1].flags = TBL_SVC_NOTIFY | TBL_SVC_LANDLOCK | TBL_SVC_BINDS;
	t->svcs[1].binds = (struct tbl_span){ 0, 2 };
	t->binds[0] = 80;
	t->binds[1] = 443;
	t->svcs[1].health = (struct tbl_probe){ .kind = TBL_PROBE_FILE, .age_ms = 5000, .words = { 2, 1 } };
	t->svcs[1].health_every_ms = t->svcs[1].health_timeout_ms = 1000;
	t->svcs[1].health_failures = t->svcs[1].health_successes = 1;
	t->svcs[1].watchdog_ms = 1000;
	t->svcs[1].restart = TBL_RESTART_ON_FAILURE;
	t->svcs[1].cpu_quota_us = 50000;
	t->svcs[1].filter = (struct tbl_span){ 0, 2 };
	t->svcs[1].listen = (struct tbl_span){ 0, 2 };
	t->svcs[1].net = 1;
	t->svcs[1].knobs = (struct tbl_span){ 0, 2 };
	t->svcs[1].rlimits = (struct tbl_span){ 0, 1 };
	t->rlimits[0] = (struct tbl_rlimit){ .resource = 7, .value = 9000 };
	t->svcs[1].programs = (struct tbl_span){ 7, 1 };
	t->svcs[1].ports = (struct tbl_span){ 0, 1 };
	t->svcs[1].devices = (struct tbl_span){ 8, 2 };
	t->ports[0].port = 8080;

	t->svcs[2].name = string(s, "report-1");
	t->svcs[2].root = string(s, "/svc/report-1");
	t->svcs[2].kind = TBL_JOB;
	t->svcs[2].flags = TBL_SVC_NETNS;
	t->svcs[2].argv = (struct tbl_span){ 5, 3 };
	t->svcs[2].deps = (struct tbl_span){ 1, 1 };
	t->svcs[2].mounts = (struct tbl_span){ 4, 1 };
	t->svcs[2].uid = t->svcs[2].gid = 10002;
	t->svcs[2].every_ms = 60000;
	t->svcs[2].filter = (struct tbl_span){ 2, 1 };
}

static void
fill_mounts(struct good_table *t, struct strings *s)
{
	t->mounts[0] = (struct tbl_mount){ .kind = TBL_MOUNT_PROC, .path = string(s, "/proc") };
	t->mounts[1] = (struct tbl_mount){ .kind = TBL_MOUNT_DEV, .path = string(s, "/dev") };
	t->mounts[2] = (struct tbl_mount) {
		.kind = TBL_MOUNT_TMPFS, .path = string(s, "/tmp"), .size = 1 << 20, .mode = 01777
	};
	t->mounts[3] = (struct tbl_mount) {
		.kind = TBL_MOUNT_STATE, .path = string(s, "/var/lib/web"), .size = 4096, .mode = 0700
	};
	t->mounts[4] = (struct tbl_mount){ .kind = TBL_MOUNT_PROC, .path = t->mounts[0].path };
}

static void
fill_networks(struct good_table *t)
{
	const struct netf_addr v4 = { 4, 32, { 0 }, { 10, 213, 0, 2 } }, v6 = { 6, 128, { 0 }, { 0xfd, 1 } };

	t->listens[0] = (struct tbl_listen){ { 4, 32, { 0 }, { 0 } }, 80, IPPROTO_TCP };
	t->listens[1] = (struct tbl_listen){ { 6, 128, { 0 }, { 0 } }, 53, IPPROTO_UDP };
	t->nets[0] = (struct tbl_net){ .name = "web", .address = { v4, v6 }, .machine = { v4, v6 }, .rules = 2 };
	t->nets[0].machine[0].bytes[3] = 1;
	t->rules[0] = (struct tbl_net_rule){ TBL_NET_PUBLISH, IPPROTO_TCP, 80, 8080, { 0 } };
	t->rules[1] = (struct tbl_net_rule){ TBL_NET_EGRESS, IPPROTO_UDP, 0, 0, { 6, 32, { 0 }, { 0x20, 1, 0x0d, 0xb8 } } };
}

void
good_table(struct good_table *t)
{
	static const char *const words[] = { "/bin/busybox", "udhcpc", "/usr/sbin/nginx", "-g", "HOME=/", "/bin/sh",
					     "-c",           "date",   "/dev/ttyS1", "/dev/net/tun" };
	struct strings s = { t->strings, 1, sizeof t->strings };

	memset(t, 0, sizeof *t);
	fill_sections(t);
	t->machine = (struct tbl_machine){ string(&s, "web"), string(&s, "host"), string(&s, "/bin/busybox"), 10000,
					    string(&s, "/root.squashfs"), 1, .disk_wait_ms = 5000,
					    .watchdog = string(&s, "/dev/watchdog0"), .watchdog_ms = 30000 };
	t->modules[0] = (struct tbl_module){ string(&s, "/ingot/modules/button.ko"), 0 };
	t->sysctls[0] = (struct tbl_sysctl){ string(&s, "/proc/sys/kernel/pid_max"), string(&s, "4096") };
	t->links[0] = (struct tbl_link) {
		.name = string(&s, "eth0"), .mode = TBL_LINK_STATIC, .prefix = 24, .address = { 10, 0, 2, 15 }
	};
	t->links[1] = (struct tbl_link){ .name = string(&s, "eth1"), .mode = TBL_LINK_DHCP };
	fill_services(t, &s);
	fill_mounts(t, &s);
	fill_networks(t);
	t->deps[1] = 1;
	for (uint32_t i = 0; i < COUNT(t->filters); i++)
		t->filters[i].k = i;
	for (size_t i = 0; i < COUNT(words); i++)
		t->words[i] = string(&s, words[i]);
	t->machine.disk_label = string(&s, "ingot-state");
	t->knobs[0] = (struct tbl_knob){ .file = string(&s, "io.max"), .value = string(&s, "rbps=1"),
					 .device = string(&s, TBL_KNOB_STATE) };
	t->knobs[0].reads = t->knobs[0].value;
	t->knobs[1] = (struct tbl_knob){ TBL_KNOB_SERVICES, string(&s, "cpu.idle"), string(&s, "1"), t->knobs[0].value, 0, 0 };
	seal_table(t);
}

void
seal_table(struct good_table *t)
{
	t->header.crc = tbl_crc(t, sizeof *t);
}
