/* SPDX-License-Identifier: MIT
 *
 * The lines of the probe. Each is written at once, as nobody knows how far it will get.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

static unsigned lines;

static const struct {
	int code;
	const char *name;
} names[] = {
#define N(name) { name, #name }
	N(EPERM), N(ENOENT), N(ESRCH), N(EINTR), N(EIO), N(ENXIO), N(E2BIG), N(ENOEXEC), N(EBADF), N(ECHILD), N(EAGAIN),
	N(ENOMEM), N(EACCES), N(EFAULT), N(EBUSY), N(EEXIST), N(ENODEV), N(ENOTDIR), N(EISDIR), N(EINVAL), N(ENFILE),
	N(EMFILE), N(ENOTTY), N(ETXTBSY), N(EFBIG), N(ENOSPC), N(ESPIPE), N(EROFS), N(EPIPE), N(ENAMETOOLONG), N(ENOSYS),
	N(ELOOP), N(ENODATA), N(EPROTONOSUPPORT), N(ESOCKTNOSUPPORT), N(EOPNOTSUPP), N(EAFNOSUPPORT), N(EADDRINUSE),
	N(EADDRNOTAVAIL), N(ENETDOWN), N(ENETUNREACH), N(ECONNREFUSED), N(EHOSTUNREACH), N(ENOKEY), N(EPROTOTYPE),
	N(ETIMEDOUT), N(ENOPROTOOPT),
#undef N
};

static const struct {
	int code;
	const char *name;
} signals[] = {
	{ 4, "SIGILL" }, { 5, "SIGTRAP" }, { 6, "SIGABRT" }, { 7, "SIGBUS" }, { 9, "SIGKILL" }, { 11, "SIGSEGV" },
	{ 31, "SIGSYS" },
};

const char *
report_word(int code, char buf[static 32])
{
	if (code == 0)
		return "works";
	for (size_t i = 0; code < KILLED && i < sizeof names / sizeof *names; i++)
		if (names[i].code == code)
			return names[i].name;
	if (code >= NO_CHILD) {
		snprintf(buf, 32, "no process (errno %d)", code - NO_CHILD);
		return buf;
	}
	for (size_t i = 0; code >= KILLED && i < sizeof signals / sizeof *signals; i++)
		if (signals[i].code == code - KILLED) {
			snprintf(buf, 32, "killed by %s", signals[i].name);
			return buf;
		}
	snprintf(buf, 32, code >= KILLED ? "killed by signal %d" : "errno %d", code >= KILLED ? code - KILLED : code);
	return buf;
}

/* A text of the service's own must not break the line. */
static void
say(const char *f, ...)
{
	char line[PROBE_LINE_MAX - 40];
	va_list ap;

	va_start(ap, f);
	int n = vsnprintf(line, sizeof line - 1, f, ap);
	va_end(ap);
	if (n > (int)sizeof line - 2)
		n = sizeof line - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			line[i] = '?';
	line[n++] = '\n';
	lines++;
	(void)!write(STDOUT_FILENO, line, (size_t)n);
}

static void
line(int number, const char *loose, const char *what, const char *want, const char *found, bool held)
{
	if (loose)
		say("%d\t%.60s\t%.30s\t%.40s\tloosened\t%.40s", number, what, want, found, loose);
	else
		say("%d\t%.60s\t%.40s\t%.60s\t%s\t", number, what, want, found, held ? "ok" : "FAIL");
}

void
report_text(int number, const char *loose, const char *what, const char *want, const char *found)
{
	line(number, loose, what, want, found, strcmp(want, found) == 0);
}

void
report_call(int number, const char *loose, const char *what, int want, int found)
{
	char a[32], b[32];

	line(number, loose, what, report_word(want, a), report_word(found, b), want == found);
}

void
report_refused(const struct expect *x, int number, const char *what, int call, int found)
{
	const char *key = expect_loose_call(x);

	if (x->granted[call])
		report_call(number, key ? key : "seccomp.allow", what, x->granted[call], found);
	else
		report_call(number, NULL, what, x->denied[call] ? x->denied[call] : ENOSYS, found);
}

void
report_either(int number, const char *loose, const char *what, int want, int or, int found)
{
	char a[32], b[32], c[32], both[72];

	snprintf(both, sizeof both, "%s or %s", report_word(want, a), report_word(or, b));
	line(number, loose, what, both, report_word(found, c), want == found || or == found);
}

void
report_held(int number, const char *loose, const char *what, bool held, const char *found)
{
	line(number, loose, what, "holds", *found ? found : held ? "holds" : "does not", held);
}

void
report_skip(int number, const char *what, const char *why)
{
	say("%d\t%.60s\t\t\tskip\t%.80s", number, what, why);
}

void
report_fact(const char *name, const char *value)
{
	say(PROBE_FACT "\t%.60s\t%.80s", name, value);
}

void
report_spaces(const char *as)
{
	static const char *const kinds[] = { "mnt", "pid", "ipc", "uts", "cgroup", "net", "user" };
	char path[64], name[64], target[64];

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		snprintf(name, sizeof name, "%s %s", as, kinds[i]);
		report_fact(name, target);
	}
}

void
report_end(void)
{
	say(PROBE_END "\t%u", lines);
}
