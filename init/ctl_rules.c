/* SPDX-License-Identifier: MIT
 *
 * The rules are read from outside and with the machine's rights: the writable mounts from the process's mountinfo, what
 * may hold programs from the top of its root, which is read-only. They are made inside, where the paths mean the same.
 * Signals are not scoped, as that would keep them from the service itself, whose rules are a domain of their own.
 */
#include "ctl_rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl_files.h"
#include "fmt.h"
#include "landlock.h"
#include "table.h"

#define RULES_MAX 128

/* As getdents64 gives it: a library's readdir would bring an allocator. */
struct entry {
	uint64_t inode;
	int64_t off;
	uint16_t size;
	uint8_t type;
	char name[];
};

static struct {
	char path[TBL_PATH_MAX + 1];
	enum landlock_right right;
} rules[RULES_MAX];
static size_t n_rules;
static bool ports;  /* are the service's own: none is bound */
static int version; /* 0: nothing is held */

static int
add(const char *path, enum landlock_right right, struct err *e)
{
	if (n_rules == RULES_MAX || strlen(path) > TBL_PATH_MAX)
		return err_set(e, 0, "it has more places to write to than this program can take");
	strcpy(rules[n_rules].path, path);
	rules[n_rules++].right = right;
	return 0;
}

/* As mountinfo has it: a space and the like are a backslash and three octal digits. */
static void
unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; to++) {
		if (p[0] == '\\' && p[1] && p[2] && p[3]) {
			*to = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 4;
		} else {
			*to = *p++;
		}
	}
	*to = '\0';
}

/* Where the n-th word of a line begins, or its end. */
static char *
word(char *line, int n)
{
	for (; n > 1; n--) {
		line += strcspn(line, " ");
		line += *line == ' ';
	}
	return line;
}

/* One line: id, parent, device, root, mountpoint, options, and more. */
static int
read_mount(char *line, struct err *e)
{
	char *path = word(line, 5), *options = word(line, 6);
	bool writable = strncmp(options, "rw", 2) == 0;

	path[strcspn(path, " ")] = '\0';
	unescape(path);
	if (strcmp(path, "/dev") == 0)
		return add(path, LANDLOCK_DEVICES, e);
	return writable && strcmp(path, "/proc") != 0 ? add(path, LANDLOCK_WRITE, e) : 0;
}

static int
read_mounts(pid_t pid, struct err *e)
{
	static char text[256 << 10];
	char path[32];

	fmt(path, sizeof path, "/proc/%d/mountinfo", pid);
	if (!file_text(AT_FDCWD, path, text, sizeof text))
		return err_set(e, errno, "%s", path);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (read_mount(line, e))
			return -1;
	}
	return 0;
}

/* Links lead to what has a rule of its own, and what is mounted is noexec. */
static int
add_program(const struct entry *x, struct err *e)
{
	static const char *const mounted[] = { "proc", "dev", "tmp", "run" };
	char path[TBL_PATH_MAX + 2];
	bool skip = strcmp(x->name, ".") == 0 || strcmp(x->name, "..") == 0 || x->type == DT_LNK;

	for (size_t i = 0; i < sizeof mounted / sizeof *mounted; i++)
		skip |= strcmp(x->name, mounted[i]) == 0;
	fmt(path, sizeof path, "/%s", x->name);
	return skip ? 0 : add(path, LANDLOCK_EXECUTE, e);
}

static int
read_top(pid_t pid, struct err *e)
{
	static _Alignas(struct entry) char bytes[4096];
	char path[32];
	long n;

	fmt(path, sizeof path, "/proc/%d/root/", pid);
	AUTO_FD dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "%s", path);
	while ((n = syscall(SYS_getdents64, dir, bytes, sizeof bytes)) > 0)
		for (long at = 0; at < n; at += ((const struct entry *)(bytes + at))->size)
			if (add_program((const struct entry *)(bytes + at), e))
				return -1;
	return n < 0 ? err_set(e, errno, "%s", path) : 0;
}

int
rules_read(pid_t pid, uint32_t flags, struct err *e)
{
	version = flags & TBL_SVC_LANDLOCK ? landlock_version() : 0;
	ports = flags & TBL_SVC_BINDS;
	return version ? read_mounts(pid, e) || read_top(pid, e) ? -1 : 0 : 0;
}

int
rules_enter(int program, int terminal)
{
	if (!version)
		return 0;
	AUTO_FD set = landlock_new(version, LANDLOCK_SOCKETS, ports);
	if (set < 0 || (program >= 0 && landlock_allow(set, version, program, LANDLOCK_EXECUTE)) ||
	    (terminal >= 0 && landlock_allow(set, version, terminal, LANDLOCK_DEVICES)))
		return -1;
	for (size_t i = 0; i < n_rules; i++) {
		AUTO_FD at = open(rules[i].path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (at < 0 || landlock_allow(set, version, at, rules[i].right))
			return -1;
	}
	return landlock_enter(set);
}
