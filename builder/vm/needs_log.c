/* SPDX-License-Identifier: MIT
 *
 * What was kept of a machine elsewhere: the kernel's log as text, or the list of `ingotctl denied --json`.
 */
#include "needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "json_read.h"

#define LOG_MAX (64u << 20)

static bool
number(const char *line, const char *key, unsigned long *out)
{
	const char *at = strstr(line, key);
	char *end;

	if (!at)
		return false;
	*out = strtoul(at + strlen(key), &end, 10);
	return end > at + strlen(key);
}

/* "... audit: type=1326 audit(...): auid=... uid=10000 ... syscall=101 ..." */
static void
take_line(struct needs *n, const char *line, uint32_t uid)
{
	unsigned long who, call;

	if (strstr(line, "type=1326 ") && number(line, " uid=", &who) && who == uid &&
	    number(line, " syscall=", &call) && call < SYSCALLS)
		n->call[call] = true;
}

/* A call that has no name there is written as its number. */
static void
take_call(struct needs *n, const char *call)
{
	char *end;
	unsigned long number = strtoul(call, &end, 10);
	int known = *end || end == call ? syscall_number(call) : (int)number;

	if (known >= 0 && known < SYSCALLS)
		n->call[known] = true;
}

static int
take_json(struct needs *n, const char *text, size_t size, const char *name, struct err *e)
{
	const struct json_t *rows = NULL;
	struct json_t *j = json_read(text, size, e);
	int r = j ? json_need_array(j, "denied", &rows, e) : -1;

	for (size_t i = 0; r == 0 && i < json_count(rows); i++) {
		const char *who = NULL, *call = NULL;
		size_t len = strlen(name);
		r = json_need_text(json_item(rows, i), "name", &who, e) || json_need_text(json_item(rows, i), "call", &call, e);
		if (r == 0 && strncmp(who, name, len) == 0 && (!who[len] || who[len] == '@'))
			take_call(n, call);
	}
	if (j)
		json_read_free(j);
	return r ? -1 : 0;
}

int
needs_read(struct needs *n, const char *file, const char *name, uint32_t uid, struct err *e)
{
	struct content c;
	char *save;

	if (content_of_file(&c, file, e))
		return -1;
	if (c.size > LOG_MAX)
		return err_set(e, 0, "%s is larger than a log of %u MiB", file, LOG_MAX >> 20);
	char *text = content_load(&c, e);
	if (!text)
		return -1;
	int r = 0;
	if (text[strspn(text, " \t\r\n")] == '{')
		r = take_json(n, text, c.size, name, e) ? err_wrap(e, "%s", file) : 0;
	else
		for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			take_line(n, line, uid);
	free(text);
	return r;
}
