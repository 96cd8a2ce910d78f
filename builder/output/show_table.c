/* SPDX-License-Identifier: MIT
 *
 * The service table as a text for people: what PID 1 will read, value by value, from the bytes themselves.
 */
#include <inttypes.h>
#include <netinet/in.h>

#include "net_print.h"
#include "svc_table.h"

static void
print_words(const struct tbl *t, FILE *to, const char *key, struct tbl_span span)
{
	fprintf(to, "    %s:", key);
	for (uint32_t i = 0; i < span.count; i++)
		fprintf(to, " %s", tbl_word(t, span, i));
	fputc('\n', to);
}

static void
print_deps(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	for (uint32_t i = 0; i < s->deps.count; i++)
		fprintf(to, "%s %s", i ? "" : "    needs:", tbl_str(t, tbl_svc(t, tbl_dep(t, s, i))->name));
	fputs(s->deps.count ? "\n" : "", to);
	for (uint32_t i = 0; i < s->wants.count; i++)
		fprintf(to, "%s %s", i ? "" : "    wants:", tbl_str(t, tbl_svc(t, tbl_want(t, s, i))->name));
	fputs(s->wants.count ? "\n" : "", to);
}

static void
print_mounts(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	static const char *const kinds[] = { "proc", "dev", "tmpfs", "state" };

	for (uint32_t i = 0; i < s->mounts.count; i++) {
		const struct tbl_mount *m = tbl_mount(t, s, i);
		fprintf(to, "    mount: %s %s", kinds[m->kind], tbl_str(t, m->path));
		if (m->size)
			fprintf(to, " size %" PRIu64 " mode %04o", m->size, m->mode);
		if (m->kind == TBL_MOUNT_STATE)
			fprintf(to, " (on the machine: /state/%s%s)", tbl_str(t, s->name), tbl_str(t, m->path));
		fputc('\n', to);
	}
}

static void
print_probe(const struct tbl *t, FILE *to, const struct tbl_probe *p)
{
	static const char *const kinds[TBL_PROBES] = { "none", "tcp", "http", "file", "exec" };

	fprintf(to, "%s", kinds[p->kind]);
	if (p->port)
		fprintf(to, " port %u", p->port);
	for (uint32_t i = 0; i < p->words.count; i++)
		fprintf(to, " %s", tbl_word(t, p->words, i));
	if (p->age_ms)
		fprintf(to, " no older than %u ms", p->age_ms);
}

static void
print_health(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	static const char *const actions[TBL_HEALTH_ACTIONS] = { "none", "restart" };

	if (s->health.kind == TBL_PROBE_NONE && !s->watchdog_ms)
		return;
	fprintf(to, "    health: ");
	if (s->health.kind != TBL_PROBE_NONE) {
		print_probe(t, to, &s->health);
		fprintf(to, ", every %u ms, timeout %u ms, unhealthy after %u failures, well after %u successes, ",
			s->health_every_ms, s->health_timeout_ms, s->health_failures, s->health_successes);
	}
	if (s->watchdog_ms)
		fprintf(to, "WATCHDOG=1 within %u ms, ", s->watchdog_ms);
	fprintf(to, "action %s\n", actions[s->health_action]);
}

static void
print_ready(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	if (s->ready == TBL_READY_PROBE) {
		fprintf(to, "    ready: ");
		print_probe(t, to, &s->ready_probe);
		fprintf(to, ", timeout %u ms\n", s->ready_timeout_ms);
	} else if (s->ready == TBL_READY_NOTIFY)
		fprintf(to, "    ready: READY=1, timeout %u ms\n", s->ready_timeout_ms);
	else if (s->ready == TBL_READY_FD)
		fprintf(to, "    ready: newline on fd %u, timeout %u ms\n", s->ready_fd, s->ready_timeout_ms);
	else if (s->ready == TBL_READY_EXIT)
		fprintf(to, "    ready: when it has exited with 0, timeout %u ms\n", s->ready_timeout_ms);
	else
		fprintf(to, "    ready: when executed\n");
}

static void
print_restart(FILE *to, const struct tbl_svc *s)
{
	static const char *const restarts[] = { "never", "on failure", "always" };
	static const char *const actions[] = { "none", "restart dependents", "reboot" };

	fprintf(to, "    restart: %s", restarts[s->restart]);
	if (s->restart != TBL_RESTART_NEVER) {
		for (unsigned i = 0; i < 64; i++)
			if (s->restart_signals >> i & 1)
				fprintf(to, ", signal %u", i + 1);
		fprintf(to, ", back-off %u to %u ms and up to %u %% more, healthy after %u ms", s->backoff_first_ms,
			s->backoff_max_ms, s->backoff_jitter, s->healthy_ms);
		if (s->restart_limit)
			fprintf(to, ", %u in a row at most", s->restart_limit);
	}
	fputc('\n', to);
	if (s->on_failure)
		fprintf(to, "    on failure: %s\n", actions[s->on_failure]);
}

static void
print_set(FILE *to, const char *name, uint64_t set, uint64_t all)
{
	const char *comma = "";

	fprintf(to, " %s ", name);
	if (set == all)
		fputc('*', to);
	for (unsigned i = 0; i < 64 && set != all; i++)
		if (set >> i & 1) {
			fprintf(to, "%s%u", comma, i);
			comma = ",";
		}
}

static void
print_schedule(FILE *to, const struct tbl_svc *s)
{
	static const char *const overlaps[] = { "skipped", "queued", "the old one is stopped" };
	const struct calendar *c = &s->calendar;

	if (s->every_ms) {
		fprintf(to, "    schedule: every %u ms", s->every_ms);
	} else {
		fprintf(to, "    schedule:");
		print_set(to, "minute", c->minutes, CALENDAR_MINUTES);
		print_set(to, "hour", c->hours, CALENDAR_HOURS);
		print_set(to, "day", c->days, CALENDAR_DAYS);
		print_set(to, "month", c->months, CALENDAR_MONTHS);
		print_set(to, "weekday", c->weekdays, CALENDAR_WEEKDAYS);
	}
	fprintf(to, ", up to %u ms later, timeout %u ms\n    overlap: %s\n", s->jitter_ms, s->run_timeout_ms,
		overlaps[s->overlap]);
	if (s->late_ms)
		fprintf(to, "    too late: %u ms after it was due\n", s->late_ms);
	if (s->missed == TBL_MISSED_ONCE)
		fprintf(to, "    missed: run once\n");
}

static void
print_zone(FILE *to, const struct zone *z)
{
	fprintf(to, "time zone: %d s from UTC", z->offset_s);
	if (z->summer.month)
		fprintf(to, ", %d s from M%u.%u.%u/%d to M%u.%u.%u/%d", z->summer_offset_s, z->summer.month, z->summer.week,
			z->summer.weekday, z->summer.time_s, z->winter.month, z->winter.week, z->winter.weekday, z->winter.time_s);
	fputc('\n', to);
}

static void
print_logs(FILE *to, const struct tbl_svc *s)
{
	if (s->flags & TBL_SVC_LOG_STATE)
		fprintf(to, "    logs: kept on the state disk, %u KiB\n", s->log_kb);
	if (s->flags & TBL_SVC_LOG_CONSOLE)
		fprintf(to, "    logs: on the console too\n");
	if (s->flags & TBL_SVC_LOG_SYSLOG)
		fprintf(to, "    logs: sent by syslog\n");
}

static void
print_network(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	if (s->net)
		net_print(tbl_net(t, s->net - 1), tbl_net_rules(t), to);
	else
		fprintf(to, "    network: %s\n", s->flags & TBL_SVC_NETNS ? "none (a namespace of its own)" : "the machine's");
	for (uint32_t i = 0; i < s->listen.count; i++) {
		const struct tbl_listen *l = tbl_listen(t, s, i);
		fprintf(to, "    listen: descriptor %u, %s ", 3 + i, l->protocol == IPPROTO_TCP ? "tcp" : "udp");
		net_print_address(&l->address, to);
		fprintf(to, " port %u\n", l->port);
	}
}

static void
print_knobs(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	static const char *const of[TBL_KNOB_OFS] = { "", " of all services", " of the machine" };

	for (uint32_t i = 0; i < s->knobs.count; i++) {
		const struct tbl_knob *k = tbl_knob(t, s, i);
		fprintf(to, "    cgroup: %s%s", tbl_str(t, k->file), of[k->of]);
		if (k->device)
			fprintf(to, " for the disk %s", tbl_str(t, k->device));
		if (k->value)
			fprintf(to, " = %s", tbl_str(t, k->value));
		if (k->value != k->reads)
			fprintf(to, ", reads %s", tbl_str(t, k->reads));
		fputc('\n', to);
	}
}

static void
print_rlimits(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	for (uint32_t i = 0; i < s->rlimits.count; i++) {
		const struct tbl_rlimit *r = tbl_rlimit(t, s, i);
		size_t at = offsetof(struct model_rlimits, of) + r->resource * sizeof r->value;
		const struct key *k = rlimits_keys;
		while (k->name && k->offset != at)
			k++;
		fprintf(to, "    rlimit: %s %" PRIu64 "\n", k->name ? k->name : "unknown", r->value);
	}
}

static void
print_binds(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	fprintf(to, "    landlock: binds of TCP");
	for (uint32_t i = 0; i < s->binds.count; i++)
		fprintf(to, " %u", tbl_bind(t, s, i));
	fputs(s->binds.count ? "\n" : " nothing\n", to);
}

static void
print_ports(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	for (uint32_t i = 0; i < s->ports.count; i++) {
		const struct tbl_port *x = &tbl_ports(t, s)[i];
		fprintf(to, "    declares: %s %u\n", x->protocol == TBL_PORT_UDP ? "udp" : "tcp", x->port);
	}
}

static void
print_capabilities(FILE *to, const struct tbl_svc *s)
{
	unsigned known = 0;

	fprintf(to, "    capabilities:");
	for (; capability_words[known].text; known++)
		if (s->caps >> known & 1)
			fprintf(to, " %s", capability_words[known].text);
	for (unsigned i = known; i < 64; i++) /* of another version */
		if (s->caps >> i & 1)
			fprintf(to, " %u", i);
	fputc('\n', to);
}

static void
print_service(const struct tbl *t, FILE *to, const struct tbl_svc *s)
{
	fprintf(to, "  %s:\n    kind: %s\n    root: %s\n", tbl_str(t, s->name), s->kind == TBL_JOB ? "job" : "service",
		s->flags & TBL_SVC_MACHINE ? "/ (a program of the machine)" : tbl_str(t, s->root));
	print_words(t, to, "command", s->argv);
	print_words(t, to, "env", s->env);
	if (s->cwd)
		fprintf(to, "    cwd: %s\n", tbl_str(t, s->cwd));
	print_deps(t, to, s);
	fprintf(to, "    user: uid %u, gid %u\n", s->uid, s->gid);
	print_network(t, to, s);
	if (!(s->flags & (TBL_SVC_USERNS | TBL_SVC_MACHINE)))
		fprintf(to, "    user namespace: none, its ids are the machine's\n");
	fprintf(to, "    limits: memory %" PRIu64 ", pids %u", s->memory_max, s->pids_max);
	if (s->memory_high)
		fprintf(to, ", memory.high %" PRIu64, s->memory_high);
	if (s->cpu_quota_us)
		fprintf(to, ", cpu %u us in %u us", s->cpu_quota_us, s->cpu_period_us);
	fputc('\n', to);
	print_ports(t, to, s);
	print_knobs(t, to, s);
	print_mounts(t, to, s);
	print_rlimits(t, to, s);
	if (s->devices.count)
		print_words(t, to, "devices", s->devices);
	if (s->caps)
		print_capabilities(to, s);
	if (s->flags & TBL_SVC_LANDLOCK)
		print_words(t, to, "landlock: executes", s->programs);
	if (s->flags & TBL_SVC_BINDS)
		print_binds(t, to, s);
	if (s->flags & TBL_SVC_JIT)
		fprintf(to, "    jit: it may execute what it has written\n");
	if (s->flags & TBL_SVC_CRITICAL)
		fprintf(to, "    critical: the watchdog is fed only while it is well\n");
	if (s->kind == TBL_JOB)
		print_schedule(to, s);
	else
		print_ready(t, to, s);
	print_health(t, to, s);
	print_logs(to, s);
	print_restart(to, s);
	fprintf(to, "    stop: signal %u, timeout %u ms\n", s->stop_signal, s->stop_timeout_ms);
}

static void
print_links(const struct tbl *t, FILE *to)
{
	for (uint32_t i = 0; i < tbl_count(t, TBL_LINKS); i++) {
		const struct tbl_link *l = tbl_link(t, i);
		fprintf(to, "link %s: ", tbl_str(t, l->name));
		if (l->mode == TBL_LINK_DHCP)
			fprintf(to, "dhcp\n");
		else
			fprintf(to, "%u.%u.%u.%u/%u gateway %u.%u.%u.%u\n", l->address[0], l->address[1], l->address[2], l->address[3],
				l->prefix, l->gateway[0], l->gateway[1], l->gateway[2], l->gateway[3]);
	}
}

static void
print_disk(const struct tbl *t, FILE *to)
{
	static const char *const troubles[TBL_TROUBLES] = { "absent", "corrupt", "full", "without quotas" };
	static const char *const policies[TBL_POLICIES] = { "refuse", "tmpfs", "recreate", "use" };
	const struct tbl_machine *m = t->machine;

	if (!m->disk_label)
		return;
	fprintf(to, "state: disk %s, waited for %u ms;", tbl_str(t, m->disk_label), m->disk_wait_ms);
	for (int i = 0; i < TBL_TROUBLES; i++)
		fprintf(to, "%s %s: %s", i ? "," : "", troubles[i], policies[m->disk_policy[i]]);
	fputc('\n', to);
}

void
svc_table_print(const struct tbl *t, FILE *to)
{
	fprintf(to, "image: %s\nhostname: %s\nshutdown deadline: %u ms\n", tbl_str(t, t->machine->image),
		tbl_str(t, t->machine->hostname), t->machine->stop_deadline_ms);
	if (t->machine->root)
		fprintf(to, "root: %s in the initramfs, a squashfs, after %u modules\n", tbl_str(t, t->machine->root),
			t->machine->early);
	print_disk(t, to);
	if (t->machine->watchdog)
		fprintf(to, "watchdog: %s, timeout %u ms\n", tbl_str(t, t->machine->watchdog), t->machine->watchdog_ms);
	if (t->machine->syslog_port)
		fprintf(to, "syslog: %u.%u.%u.%u port %u\n", t->machine->syslog[0], t->machine->syslog[1], t->machine->syslog[2],
			t->machine->syslog[3], t->machine->syslog_port);
	for (uint32_t f = 0; f < FEATURES; f++)
		if (t->machine->required >> f & 1)
			fprintf(to, "the kernel must have: %s\n", feature_name(f));
	for (uint32_t i = 0; i < tbl_count(t, TBL_MODULES); i++)
		fprintf(to, "module: %s%s\n", tbl_str(t, tbl_module(t, i)->path),
			i < tbl_count(t, TBL_MODULES) - t->machine->late ? "" : ", after the services' start");
	for (uint32_t i = 0; i < tbl_count(t, TBL_SYSCTLS); i++)
		fprintf(to, "sysctl: %s = %s\n", tbl_str(t, tbl_sysctl(t, i)->path), tbl_str(t, tbl_sysctl(t, i)->value));
	print_links(t, to);
	print_zone(to, &t->machine->zone);
	if (t->machine->purpose)
		fprintf(to, "purpose: %s\n", tbl_str(t, tbl_svc(t, t->machine->purpose - 1)->name));
	if (t->machine->jobs_max)
		fprintf(to, "jobs at one time: %u\n", t->machine->jobs_max);
	fprintf(to, "services, in start order:\n");
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		print_service(t, to, tbl_svc(t, i));
}
