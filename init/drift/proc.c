/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ctl_files.h"
#include "drift_proc.h"
#include "fmt.h"
#include "table.h"

size_t
proc_pids(const char *service, uint32_t pids[PROC_PIDS_MAX])
{
	static char text[PROC_PIDS_MAX * 11 + 1];
	char path[sizeof CTL_CGROUPS + TBL_NAME_MAX + 16];
	size_t n = 0;

	fmt(path, sizeof path, CTL_CGROUPS "/%s/cgroup.procs", service);
	if (!file_text(AT_FDCWD, path, text, sizeof text))
		return 0;
	for (const char *p = text; *p && n < PROC_PIDS_MAX; p += *p == '\n') {
		uint32_t pid = 0;
		for (; *p >= '0' && *p <= '9'; p++)
			pid = pid * 10 + (uint32_t)(*p - '0');
		if (pid)
			pids[n++] = pid;
		p += strcspn(p, "\n");
	}
	return n;
}

bool
proc_link(const char *path, char *out, size_t cap)
{
	ssize_t n = readlink(path, out, cap - 1);

	if (n < 0)
		return false;
	out[n] = '\0';
	return true;
}

bool
proc_has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; *p; p += strcspn(p, ","), p += *p == ',')
		if (strncmp(p, word, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return true;
	return false;
}

/* Ends the word at *at and goes on behind it. */
static char *
word(char **at)
{
	char *p = *at, *end = p + strcspn(p, " ");

	*at = end + (*end != '\0');
	*end = '\0';
	return p;
}

/* The kernel writes blanks as \040 and the like. */
static void
unescape(char *p)
{
	char *to = p;

	for (; *p; p++)
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	*to = '\0';
}

bool
proc_next_mount(char **at, struct proc_mount *out)
{
	char *line = *at, *end = line + strcspn(line, "\n");

	if (!*line)
		return false;
	*at = end + (*end != '\0');
	*end = '\0';
	for (int i = 0; i < 4; i++) /* id, parent, device, root */
		word(&line);
	char *point = word(&line);
	unescape(point);
	*out = (struct proc_mount){ .point = point, .options = word(&line), .type = "" };
	char *dash = strstr(line, "- "); /* behind the optional fields */
	if (dash) {
		dash += 2;
		out->type = word(&dash);
	}
	return true;
}
