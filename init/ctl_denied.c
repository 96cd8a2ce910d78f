/* SPDX-License-Identifier: MIT
 *
 * ingotctl denied: the system calls that the filters of services refused, or only reported, as the kernel's log has
 * them. The log is a ring that others write too, and the kernel writes no more than some lines a second: what is not
 * here may have happened, and what is here did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_table.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "syscalls.h"

#define LOG "/dev/kmsg"
#define RECORD_MAX 8192
#define RECORD "audit: type=1326 " /* of seccomp */
#define ROWS_MAX 1024

enum column { COL_NAME, COL_CALL, COL_TIMES, COL_WHAT, COLUMNS };

static struct row {
	const struct ctl_svc *service;
	unsigned call;
	uint32_t action; /* SECCOMP_RET_ */
	uint64_t times;
} rows[ROWS_MAX];
static size_t count;

static const char *
what(const struct row *r)
{
	return r->action == SECCOMP_RET_LOG ? "made" : r->action == SECCOMP_RET_ERRNO ? "refused" : "killed";
}

static void
call_text(const struct row *r, char *buf, size_t cap)
{
	const char *name = syscall_name(r->call);

	if (name)
		fmt(buf, cap, "%s", name);
	else
		fmt(buf, cap, "%u", r->call);
}

/* The number behind " key=". Returns false where there is none. */
static bool
field(const char *record, const char *key, int base, unsigned long *out)
{
	const char *at = strstr(record, key);
	char *end;

	if (!at)
		return false;
	at += strlen(key);
	*out = strtoul(at, &end, base);
	return end > at;
}

static const struct ctl_svc *
service_of(const struct ctl_svc *services, size_t n, unsigned long uid)
{
	for (size_t i = 0; i < n; i++)
		if (services[i].uid == uid && uid != 0)
			return &services[i];
	return NULL;
}

static void
add(const struct ctl_svc *service, unsigned call, uint32_t action)
{
	size_t i = 0;

	while (i < count && (rows[i].service != service || rows[i].call != call || rows[i].action != action))
		i++;
	if (i == ROWS_MAX)
		return;
	if (i == count)
		rows[count++] = (struct row){ .service = service, .call = call, .action = action };
	rows[i].times++;
}

/* A program's own words may stand in the log too, but not behind this beginning: it is the kernel that puts it there,
 * and what comes from a process is marked with another facility. */
static void
take(char *record, const struct ctl_svc *services, size_t n)
{
	unsigned long uid, call, code, facility = strtoul(record, NULL, 10) >> 3;
	char *text = strchr(record, ';');

	if (!text || facility != 0 || strncmp(text + 1, RECORD, strlen(RECORD)) != 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (!field(text, " uid=", 10, &uid) || !field(text, " syscall=", 10, &call) || !field(text, " code=", 16, &code))
		return;
	const struct ctl_svc *s = service_of(services, n, uid);
	if (s)
		add(s, (unsigned)call, (uint32_t)code & SECCOMP_RET_ACTION_FULL);
}

static int
read_log(const struct ctl_svc *services, size_t n, struct err *e)
{
	static char record[RECORD_MAX];
	AUTO_FD fd = open(LOG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, LOG);
	for (;;) {
		ssize_t size = read(fd, record, sizeof record - 1);
		if (size < 0 && errno == EAGAIN)
			return 0;
		if (size < 0 && (errno == EPIPE || errno == EINTR)) /* overwritten meanwhile: the next is read */
			continue;
		if (size <= 0)
			return err_set(e, errno, LOG);
		record[size] = '\0';
		take(record, services, n);
	}
}

static void
cell(size_t i, int column, char *buf, size_t cap)
{
	const struct row *r = &rows[i];

	switch ((enum column)column) {
	case COL_NAME: fmt(buf, cap, "%s", r->service->name); break;
	case COL_CALL: call_text(r, buf, cap); break;
	case COL_TIMES: fmt(buf, cap, "%llu", (unsigned long long)r->times); break;
	case COL_WHAT: fmt(buf, cap, "%s", what(r)); break;
	case COLUMNS: break;
	}
}

static void
json_row(struct json *j, size_t i)
{
	char call[32];

	call_text(&rows[i], call, sizeof call);
	json_object(j);
	json_key(j, "name");
	json_string(j, rows[i].service->name);
	json_key(j, "call");
	json_string(j, call);
	json_key(j, "times");
	json_uint(j, rows[i].times);
	json_key(j, "what");
	json_string(j, what(&rows[i]));
	json_object_end(j);
}

int
ctl_denied(int argc, char **argv)
{
	static const char *const heads[] = { "NAME", "CALL", "TIMES", "WHAT" };
	const char *name = "";
	bool as_json = false;
	const struct ctl_svc *services;
	struct err e;
	size_t n;

	if (ctl_arguments(argc, argv, &name, &as_json))
		return CTL_USAGE;
	if (ctl_services(name, &services, &n, &e) || read_log(services, n, &e))
		return ctl_fail(&e);
	if (as_json)
		out_json_list("denied", count, json_row);
	else
		table_print(heads, COLUMNS, count, cell);
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
