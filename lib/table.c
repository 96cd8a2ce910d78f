/* SPDX-License-Identifier: MIT
 *
 * Reading the service table: every check is made once, in tbl_open, so that PID 1 can trust each field afterwards.
 */
#include "table.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "crc32.h"
#include "features.h"

#define ALIGN 8u

static const struct {
	const char *name;
	uint32_t size; /* of one element */
	uint32_t max;  /* elements */
} sections[TBL_SECTIONS] = {
	[TBL_MACHINE] = { "machine", sizeof(struct tbl_machine), 1 },
	[TBL_MODULES] = { "modules", sizeof(struct tbl_module), 4096 },
	[TBL_SYSCTLS] = { "sysctls", sizeof(struct tbl_sysctl), 4096 },
	[TBL_LINKS] = { "links", sizeof(struct tbl_link), 64 },
	[TBL_SVCS] = { "services", sizeof(struct tbl_svc), TBL_SVC_MAX },
	[TBL_MOUNTS] = { "mounts", sizeof(struct tbl_mount), 65536 },
	[TBL_DEPS] = { "dependencies", sizeof(uint32_t), 1u << 20 },
	[TBL_WORDS] = { "words", sizeof(uint32_t), 1u << 20 },
	[TBL_FILTERS] = { "filters", sizeof(struct sock_filter), 1u << 21 },
	[TBL_STRINGS] = { "strings", 1, TBL_SIZE_MAX },
	[TBL_LISTENS] = { "listeners", sizeof(struct tbl_listen), 65536 },
	[TBL_NETS] = { "private networks", sizeof(struct tbl_net), TBL_NETS_MAX },
	[TBL_NET_RULES] = { "rules", sizeof(struct tbl_net_rule), TBL_RULES_MAX },
	[TBL_KNOBS] = { "knobs", sizeof(struct tbl_knob), 65536 },
	[TBL_RLIMITS] = { "rlimits", sizeof(struct tbl_rlimit), 65536 },
	[TBL_BINDS] = { "binds", sizeof(uint32_t), 65536 },
	[TBL_PORTS] = { "ports", sizeof(struct tbl_port), 65536 },
};

static_assert(sizeof(struct tbl_header) % ALIGN == 0, "sections start aligned");
static_assert(sizeof(struct tbl_machine) == 104, "the layout is a contract: raise TBL_VERSION with it");
static_assert(sizeof(struct tbl_svc) == 352, "the layout is a contract: raise TBL_VERSION with it");
static_assert(sizeof(struct tbl_mount) == 24, "the layout is a contract: raise TBL_VERSION with it");
static_assert(sizeof(struct tbl_listen) == 24, "the layout is a contract: raise TBL_VERSION with it");
static_assert(sizeof(struct tbl_link) == 24, "the layout is a contract: raise TBL_VERSION with it");
static_assert(sizeof(struct tbl_knob) == 24, "the layout is a contract: raise TBL_VERSION with it");

static const void *
at(const struct tbl *t, enum tbl_section s, uint32_t i)
{
	return t->base + t->h->section[s].off + (size_t)i * sections[s].size;
}

uint32_t
tbl_count(const struct tbl *t, enum tbl_section s)
{
	return t->h->section[s].count;
}

const char *
tbl_str(const struct tbl *t, uint32_t off)
{
	return at(t, TBL_STRINGS, off);
}

const struct tbl_module *
tbl_module(const struct tbl *t, uint32_t i)
{
	return at(t, TBL_MODULES, i);
}

const struct tbl_sysctl *
tbl_sysctl(const struct tbl *t, uint32_t i)
{
	return at(t, TBL_SYSCTLS, i);
}

const struct tbl_link *
tbl_link(const struct tbl *t, uint32_t i)
{
	return at(t, TBL_LINKS, i);
}

const struct tbl_svc *
tbl_svc(const struct tbl *t, uint32_t i)
{
	return at(t, TBL_SVCS, i);
}

const struct tbl_mount *
tbl_mount(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return at(t, TBL_MOUNTS, s->mounts.first + i);
}

const struct tbl_rlimit *
tbl_rlimit(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return at(t, TBL_RLIMITS, s->rlimits.first + i);
}

uint32_t
tbl_bind(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return *(const uint32_t *)at(t, TBL_BINDS, s->binds.first + i);
}

uint32_t
tbl_dep(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return *(const uint32_t *)at(t, TBL_DEPS, s->deps.first + i);
}

uint32_t
tbl_want(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return *(const uint32_t *)at(t, TBL_DEPS, s->wants.first + i);
}

const char *
tbl_word(const struct tbl *t, struct tbl_span span, uint32_t i)
{
	return tbl_str(t, *(const uint32_t *)at(t, TBL_WORDS, span.first + i));
}

const struct tbl_knob *
tbl_knob(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return at(t, TBL_KNOBS, s->knobs.first + i);
}

const struct tbl_port *
tbl_ports(const struct tbl *t, const struct tbl_svc *s)
{
	return at(t, TBL_PORTS, s->ports.first);
}

const struct sock_filter *
tbl_filter(const struct tbl *t, const struct tbl_svc *s)
{
	return at(t, TBL_FILTERS, s->filter.first);
}

const struct tbl_listen *
tbl_listen(const struct tbl *t, const struct tbl_svc *s, uint32_t i)
{
	return at(t, TBL_LISTENS, s->listen.first + i);
}

const struct tbl_net *
tbl_net(const struct tbl *t, uint32_t i)
{
	return at(t, TBL_NETS, i);
}

const struct tbl_net_rule *
tbl_net_rules(const struct tbl *t)
{
	return at(t, TBL_NET_RULES, 0);
}

uint32_t
tbl_crc(const void *data, size_t size)
{
	return crc32_of((const uint8_t *)data + sizeof(struct tbl_header), size - sizeof(struct tbl_header));
}

static int
check_header(const struct tbl_header *h, const void *data, size_t size, struct err *e)
{
	if (size < sizeof *h || memcmp(h->magic, TBL_MAGIC, sizeof h->magic) != 0)
		return err_set(e, 0, "not a service table");
	if (h->version != TBL_VERSION)
		return err_set(e, 0, "service table of version %u, this program reads version %u: build the image anew",
			       h->version, TBL_VERSION);
	if (h->size != size || size > TBL_SIZE_MAX)
		return err_set(e, 0, "service table says %u bytes, the file has %zu", h->size, size);
	if (h->crc != tbl_crc(data, size))
		return err_set(e, 0, "service table is damaged: checksum %08x, expected %08x", tbl_crc(data, size), h->crc);
	return 0;
}

static int
check_sections(const struct tbl_header *h, struct err *e)
{
	for (int s = 0; s < TBL_SECTIONS; s++) {
		const struct tbl_extent *x = &h->section[s];
		if (x->off % ALIGN || x->off < sizeof *h || x->off > h->size || x->count > sections[s].max ||
		    (uint64_t)x->count * sections[s].size > h->size - x->off)
			return err_set(e, 0, "service table: section %s is outside the table", sections[s].name);
	}
	if (h->section[TBL_MACHINE].count != 1)
		return err_set(e, 0, "service table: no machine record");
	return 0;
}

static int
check_strings(const struct tbl *t, struct err *e)
{
	uint32_t n = tbl_count(t, TBL_STRINGS);

	if (n == 0 || *tbl_str(t, 0) != '\0' || *tbl_str(t, n - 1) != '\0')
		return err_set(e, 0, "service table: strings are not closed");
	for (uint32_t i = 0; i < tbl_count(t, TBL_WORDS); i++)
		if (*(const uint32_t *)at(t, TBL_WORDS, i) >= n)
			return err_set(e, 0, "service table: word %u is outside the strings", i);
	return 0;
}

static bool
str_ok(const struct tbl *t, uint32_t off)
{
	return off < tbl_count(t, TBL_STRINGS);
}

/* Absolute, not too long, no component that is empty, "." or "..". */
static bool
is_path(const char *p)
{
	if (*p != '/' || strlen(p) > TBL_PATH_MAX)
		return false;
	while (*p) {
		const char *part = p + 1;
		size_t n = strcspn(part, "/");
		if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		p = part + n;
	}
	return true;
}

static bool
path_ok(const struct tbl *t, uint32_t off)
{
	return str_ok(t, off) && is_path(tbl_str(t, off));
}

static bool
name_ok(const struct tbl *t, uint32_t off)
{
	if (!str_ok(t, off))
		return false;
	const char *p = tbl_str(t, off);
	size_t n = strlen(p);
	return n > 0 && n <= TBL_NAME_MAX && p[0] != '-' && strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-@") == n;
}

static bool
span_ok(const struct tbl *t, struct tbl_span s, enum tbl_section of)
{
	uint32_t n = tbl_count(t, of);

	return s.first <= n && s.count <= n - s.first;
}

static int
check_mounts(const struct tbl *t, const struct tbl_svc *s, struct err *e)
{
	for (uint32_t i = 0; i < s->mounts.count; i++) {
		const struct tbl_mount *m = tbl_mount(t, s, i);
		bool sized = m->kind == TBL_MOUNT_TMPFS || m->kind == TBL_MOUNT_STATE;
		if (m->kind >= TBL_MOUNT_KINDS || !path_ok(t, m->path) || sized != (m->size != 0) || m->mode > 07777)
			return err_set(e, 0, "mount %u is wrong", i);
	}
	return 0;
}

/* A file of the cgroup's own folder, and none that decides where processes and controllers are. */
static bool
knob_file_ok(const char *p)
{
	size_t n = strlen(p), known = strspn(p, "abcdefghijklmnopqrstuvwxyzKMGB0123456789._");

	return n == known && n < 64 && *p != '.' && strchr(p, '.') && strncmp(p, "cgroup.", 7) != 0;
}

static bool
knob_ok(const struct tbl *t, const struct tbl_knob *k)
{
	if (k->of >= TBL_KNOB_OFS || !str_ok(t, k->file) || !str_ok(t, k->value) || !str_ok(t, k->reads) ||
	    !str_ok(t, k->device))
		return false;
	const char *device = tbl_str(t, k->device);
	size_t n = strlen(tbl_str(t, k->reads));
	if (k->device && strcmp(device, TBL_KNOB_STATE) != 0 && (!path_ok(t, k->device) || strncmp(device, "/dev/", 5) != 0))
		return false;
	return knob_file_ok(tbl_str(t, k->file)) && strlen(tbl_str(t, k->value)) <= TBL_KNOB_MAX && n && n <= TBL_KNOB_MAX;
}

static int
check_knobs(const struct tbl *t, const struct tbl_svc *s, struct err *e)
{
	if (!span_ok(t, s->knobs, TBL_KNOBS) || s->knobs.count > TBL_KNOBS_MAX)
		return err_set(e, 0, "the list of its cgroup's files is wrong");
	for (uint32_t i = 0; i < s->knobs.count; i++)
		if (!knob_ok(t, tbl_knob(t, s, i)))
			return err_set(e, 0, "file %u of its cgroup is wrong", i);
	return 0;
}

static int
check_ports(const struct tbl *t, const struct tbl_svc *s, struct err *e)
{
	bool ok = span_ok(t, s->ports, TBL_PORTS);

	for (uint32_t i = 0; ok && i < s->ports.count; i++) {
		const struct tbl_port *x = &tbl_ports(t, s)[i];
		ok = x->protocol < TBL_PROTOCOLS && x->port > 0 && x->port <= UINT16_MAX;
	}
	return ok ? 0 : err_set(e, 0, "what it declares of ports is wrong");
}

static int
check_lists(const struct tbl *t, const struct tbl_svc *s, uint32_t index, struct err *e)
{
	if (!span_ok(t, s->argv, TBL_WORDS) || s->argv.count == 0 || s->argv.count > TBL_ARGV_MAX ||
	    tbl_word(t, s->argv, 0)[0] != '/')
		return err_set(e, 0, "the command is wrong");
	if (!span_ok(t, s->env, TBL_WORDS) || s->env.count > TBL_ARGV_MAX)
		return err_set(e, 0, "the environment is wrong");
	if (!span_ok(t, s->deps, TBL_DEPS) || !span_ok(t, s->wants, TBL_DEPS) || !span_ok(t, s->mounts, TBL_MOUNTS))
		return err_set(e, 0, "a list is outside the table");
	for (uint32_t i = 0; i < s->deps.count; i++)
		if (tbl_dep(t, s, i) >= index)
			return err_set(e, 0, "dependency %u does not stand before it", i);
	for (uint32_t i = 0; i < s->wants.count; i++)
		if (tbl_want(t, s, i) >= index)
			return err_set(e, 0, "soft dependency %u does not stand before it", i);
	return check_mounts(t, s, e) || check_knobs(t, s, e) || check_ports(t, s, e) ? -1 : 0;
}

static bool
probe_ok(const struct tbl *t, const struct tbl_svc *s, const struct tbl_probe *p)
{
	bool port = p->kind == TBL_PROBE_TCP || p->kind == TBL_PROBE_HTTP;
	bool path = p->kind == TBL_PROBE_HTTP || p->kind == TBL_PROBE_FILE;
	uint32_t words = p->words.count;

	if (p->kind >= TBL_PROBES || port != (p->port != 0) || p->port > 65535 || !span_ok(t, p->words, TBL_WORDS))
		return false;
	if (p->age_ms != 0 && p->kind != TBL_PROBE_FILE)
		return false;
	if (p->kind == TBL_PROBE_EXEC ? words == 0 || words > TBL_ARGV_MAX : words != path)
		return false;
	if (words && tbl_word(t, p->words, 0)[0] != '/')
		return false;
	/* a program of the machine has no stub that could look, and a job is never up */
	return p->kind == TBL_PROBE_NONE || (s->kind == TBL_SERVICE && (port || !(s->flags & TBL_SVC_MACHINE)));
}

static bool
health_ok(const struct tbl *t, const struct tbl_svc *s)
{
	bool probe = s->health.kind != TBL_PROBE_NONE, notify = s->flags & TBL_SVC_NOTIFY;

	if (!probe_ok(t, s, &s->health) || !probe_ok(t, s, &s->ready_probe) || s->health_action >= TBL_HEALTH_ACTIONS)
		return false;
	if ((s->ready == TBL_READY_PROBE) != (s->ready_probe.kind != TBL_PROBE_NONE))
		return false;
	if (probe && (!s->health_every_ms || !s->health_timeout_ms || !s->health_failures || !s->health_successes))
		return false;
	if (notify && (s->kind != TBL_SERVICE || s->flags & TBL_SVC_MACHINE))
		return false;
	return notify || (s->ready != TBL_READY_NOTIFY && s->watchdog_ms == 0);
}

/* A program of the machine has no stub that could hand listeners on, and is in the machine's network. */
static bool
network_ok(const struct tbl *t, const struct tbl_svc *s)
{
	bool inside = !(s->flags & TBL_SVC_MACHINE), job = s->kind == TBL_JOB;

	if (!span_ok(t, s->listen, TBL_LISTENS) || s->listen.count > (inside && !job ? TBL_LISTEN_MAX : 0) ||
	    s->net > tbl_count(t, TBL_NETS) || (s->net && (!inside || s->flags & TBL_SVC_NETNS)))
		return false;
	for (uint32_t i = 0; i < s->listen.count; i++) {
		const struct tbl_listen *l = tbl_listen(t, s, i);
		if ((l->address.family != 4 && l->address.family != 6) || !l->port ||
		    (l->protocol != IPPROTO_TCP && l->protocol != IPPROTO_UDP))
			return false;
	}
	return s->ready != TBL_READY_FD || s->ready_fd >= 3 + s->listen.count;
}

static bool
schedule_ok(const struct tbl_svc *s)
{
	bool calendar = s->calendar.minutes != 0;

	if (s->kind != TBL_JOB)
		return s->every_ms == 0 && !calendar && s->jitter_ms == 0 && s->late_ms == 0 && s->overlap == 0 && s->missed == 0;
	return calendar != (s->every_ms != 0) && (!calendar || calendar_ok(&s->calendar)) && s->overlap < TBL_OVERLAPS &&
	       s->missed < TBL_MISSEDS;
}

static bool
numbers_ok(const struct tbl_svc *s)
{
	if (s->kind >= TBL_KINDS || s->restart >= TBL_RESTARTS || s->ready >= TBL_READIES || (s->flags & ~TBL_SVC_FLAGS))
		return false;
	if (s->ready == TBL_READY_FD && (s->ready_fd < 3 || s->ready_fd > 255))
		return false;
	if (s->on_failure >= TBL_ON_FAILURES || s->backoff_jitter > 100)
		return false;
	if (s->ready == TBL_READY_EXIT && (s->kind == TBL_JOB || s->restart == TBL_RESTART_ALWAYS))
		return false;
	if (!schedule_ok(s) || s->stop_signal == 0 || s->stop_signal > 64)
		return false;
	if (s->memory_max == 0 || s->memory_high > s->memory_max || s->pids_max == 0 ||
	    (s->cpu_quota_us != 0 && s->cpu_period_us == 0))
		return false;
	return s->uid != UINT32_MAX && s->gid != UINT32_MAX;
}

static bool
rlimits_ok(const struct tbl *t, const struct tbl_svc *s)
{
	bool ok = span_ok(t, s->rlimits, TBL_RLIMITS) && !(s->flags & TBL_SVC_MACHINE && s->rlimits.count);

	for (uint32_t i = 0; ok && i < s->rlimits.count; i++)
		ok = tbl_rlimit(t, s, i)->resource < TBL_RLIMIT_KINDS;
	return ok;
}

static bool
devices_ok(const struct tbl *t, const struct tbl_svc *s)
{
	bool ok = span_ok(t, s->devices, TBL_WORDS) && s->devices.count <= TBL_DEVICES_MAX &&
		  !(s->flags & TBL_SVC_MACHINE && s->devices.count);

	for (uint32_t i = 0; ok && i < s->devices.count; i++) {
		const char *path = tbl_word(t, s->devices, i);
		ok = strncmp(path, "/dev/", 5) == 0 && path[5] && is_path(path);
	}
	return ok;
}

static bool
programs_ok(const struct tbl *t, const struct tbl_svc *s)
{
	bool ok = span_ok(t, s->programs, TBL_WORDS) && s->programs.count <= TBL_PROGRAMS_MAX &&
		  !(s->flags & TBL_SVC_MACHINE && s->flags & TBL_SVC_LANDLOCK);

	ok = ok && span_ok(t, s->binds, TBL_BINDS) && (s->binds.count == 0 || s->flags & TBL_SVC_BINDS) &&
	     (!(s->flags & TBL_SVC_BINDS) || s->flags & TBL_SVC_LANDLOCK);
	for (uint32_t i = 0; ok && i < s->binds.count; i++)
		ok = tbl_bind(t, s, i) != 0 && tbl_bind(t, s, i) <= UINT16_MAX;
	for (uint32_t i = 0; ok && i < s->programs.count; i++) {
		const char *name = tbl_word(t, s->programs, i);
		ok = *name && !strchr(name, '/') && strlen(name) <= TBL_PATH_MAX && strcmp(name, "..") != 0;
	}
	return ok;
}

static int
check_service(const struct tbl *t, uint32_t index, struct err *e)
{
	const struct tbl_svc *s = tbl_svc(t, index);
	bool machine = s->flags & TBL_SVC_MACHINE;

	if (!name_ok(t, s->name))
		return err_set(e, 0, "the name is wrong");
	if (machine != (s->root == 0) || (!machine && !path_ok(t, s->root)))
		return err_set(e, 0, "the root is wrong");
	if (s->cwd != 0 && (machine || !path_ok(t, s->cwd)))
		return err_set(e, 0, "the folder it starts in is wrong");
	if (machine != (s->uid == 0) || machine != (s->gid == 0) || (machine && s->mounts.count != 0))
		return err_set(e, 0, "only a program of the machine runs as uid 0 and gid 0, and without mounts");
	if (machine && s->flags & TBL_SVC_USERNS)
		return err_set(e, 0, "a program of the machine has no user namespace");
	if (!numbers_ok(s))
		return err_set(e, 0, "a value is out of range");
	if (!health_ok(t, s))
		return err_set(e, 0, "a probe is wrong");
	if (!network_ok(t, s))
		return err_set(e, 0, "its sockets or its network are wrong");
	/* whether it is a program, the kernel looks */
	if (!span_ok(t, s->filter, TBL_FILTERS) || s->filter.count > (machine ? 0 : TBL_FILTER_MAX))
		return err_set(e, 0, "the filter of its system calls is wrong");
	if (!rlimits_ok(t, s))
		return err_set(e, 0, "a limit of its processes is wrong");
	if (machine && s->caps)
		return err_set(e, 0, "a program of the machine has capabilities of its own");
	if (!devices_ok(t, s))
		return err_set(e, 0, "its devices are wrong");
	if (!programs_ok(t, s))
		return err_set(e, 0, "what it may execute is wrong");
	return check_lists(t, s, index, e);
}

static int
check_services(const struct tbl *t, struct err *e)
{
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		if (check_service(t, i, e))
			return err_wrap(e, "service table: service %u", i);
	return 0;
}

/* A policy that is meant for another trouble is wrong: memory cannot stand in for missing limits, and only what is
 * corrupt may be made anew. */
static bool
disk_ok(const struct tbl *t)
{
	static const uint8_t allowed[TBL_TROUBLES] = {
		[TBL_DISK_ABSENT] = 1 << TBL_POLICY_REFUSE | 1 << TBL_POLICY_TMPFS,
		[TBL_DISK_CORRUPT] = 1 << TBL_POLICY_REFUSE | 1 << TBL_POLICY_TMPFS | 1 << TBL_POLICY_RECREATE,
		[TBL_DISK_FULL] = 1 << TBL_POLICY_REFUSE | 1 << TBL_POLICY_TMPFS | 1 << TBL_POLICY_USE,
		[TBL_DISK_UNLIMITED] = 1 << TBL_POLICY_REFUSE | 1 << TBL_POLICY_USE,
	};
	const struct tbl_machine *m = t->machine;

	if (m->disk_wait_ms > TBL_WAIT_MAX_MS || !str_ok(t, m->disk_label) ||
	    strlen(tbl_str(t, m->disk_label)) > TBL_LABEL_MAX)
		return false;
	for (int i = 0; i < TBL_TROUBLES; i++)
		if (m->disk_policy[i] >= TBL_POLICIES || !(allowed[i] & 1 << m->disk_policy[i]))
			return false;
	return true;
}

static int
check_machine(const struct tbl *t, struct err *e)
{
	const struct tbl_machine *m = t->machine;

	if (!str_ok(t, m->image) || !str_ok(t, m->hostname) || strlen(tbl_str(t, m->hostname)) > 64 ||
	    (m->shell != 0 && !path_ok(t, m->shell)) || (m->root != 0 && !path_ok(t, m->root)) ||
	    m->purpose > tbl_count(t, TBL_SVCS) || m->early > (m->root ? tbl_count(t, TBL_MODULES) : 0) ||
	    m->late > tbl_count(t, TBL_MODULES) - m->early || m->syslog_port > UINT16_MAX || m->required >> FEATURES ||
	    !zone_ok(&m->zone))
		return err_set(e, 0, "service table: the machine record is wrong");
	if (!disk_ok(t))
		return err_set(e, 0, "service table: what it says of the state disk is wrong");
	if ((m->watchdog == 0) != (m->watchdog_ms == 0) || (m->watchdog != 0 && !path_ok(t, m->watchdog)) ||
	    m->watchdog_ms % 1000 || m->watchdog_ms > INT32_MAX)
		return err_set(e, 0, "service table: the watchdog is wrong");
	for (uint32_t i = 0; i < tbl_count(t, TBL_MODULES); i++)
		if (!path_ok(t, tbl_module(t, i)->path) || !str_ok(t, tbl_module(t, i)->params))
			return err_set(e, 0, "service table: module %u is wrong", i);
	for (uint32_t i = 0; i < tbl_count(t, TBL_SYSCTLS); i++) {
		const struct tbl_sysctl *y = tbl_sysctl(t, i);
		if (!path_ok(t, y->path) || strncmp(tbl_str(t, y->path), "/proc/sys/", 10) != 0 || !str_ok(t, y->value))
			return err_set(e, 0, "service table: sysctl %u is wrong", i);
	}
	for (uint32_t i = 0; i < tbl_count(t, TBL_LINKS); i++) {
		const struct tbl_link *l = tbl_link(t, i);
		if (!str_ok(t, l->name) || strlen(tbl_str(t, l->name)) > 15 || l->mode >= TBL_LINK_MODES || l->prefix > 32)
			return err_set(e, 0, "service table: link %u is wrong", i);
	}
	return 0;
}

int
tbl_open(struct tbl *out, const void *data, size_t size, struct err *e)
{
	struct tbl t = { .base = data, .h = data };

	if (check_header(t.h, data, size, e) || check_sections(t.h, e))
		return -1;
	t.machine = at(&t, TBL_MACHINE, 0);
	if (check_strings(&t, e) || check_machine(&t, e) || check_services(&t, e))
		return -1;
	if (net_table_check(tbl_net(&t, 0), tbl_count(&t, TBL_NETS), tbl_net_rules(&t), tbl_count(&t, TBL_NET_RULES), e))
		return err_wrap(e, "service table");
	*out = t;
	return 0;
}
