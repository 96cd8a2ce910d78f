/* SPDX-License-Identifier: MIT
 *
 * Who the service is and what it was left with: ids, capabilities, descriptors, signals, keys, processors.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/keyctl.h>
#include <linux/securebits.h>

#include "probe.h"

extern char **environ;

static char status[8192];

/* The value of a line of /proc/self/status, blanks between its words alone; "" where there is none. */
static const char *
field(const char *name, char buf[static 128])
{
	size_t n = strlen(name);

	buf[0] = '\0';
	for (const char *at = status; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		if (strncmp(at, name, n) != 0 || at[n] != ':')
			continue;
		at += n + 1;
		at += strspn(at, " \t");
		snprintf(buf, 128, "%.*s", (int)strcspn(at, "\n"), at);
		for (char *tab; (tab = strchr(buf, '\t'));)
			*tab = ' ';
		for (size_t end = strlen(buf); end && buf[end - 1] == ' ';)
			buf[--end] = '\0';
		break;
	}
	return buf;
}

static void
status_is(int number, const char *name, const char *want)
{
	char found[128];

	report_text(number, NULL, name, want, field(name, found));
}

/* Control characters count as '?', as the builder has written them. */
static bool
same_word(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (((unsigned char)*a < ' ' ? '?' : *a) != *b)
			return false;
	return *a == *b;
}

static void
environment(const struct expect *x)
{
	size_t n = 0, known = 0;
	char found[80];

	if (!x->same_env) {
		report_skip(1, "environment", "each instance has another one");
		return;
	}
	for (char **e = environ; *e; e++, n++)
		for (size_t i = 0; i < x->n_env; i++)
			known += same_word(*e, x->env[i]);
	snprintf(found, sizeof found, "%zu words, %zu of %zu declared", n, known, x->n_env);
	report_held(1, NULL, "environment", n == x->n_env && known == n, found);
}

static void
identity(const struct expect *x)
{
	char want[64], found[128];

	snprintf(want, sizeof want, "%u %u %u %u", x->uid, x->uid, x->uid, x->uid);
	status_is(1, "Uid", want);
	snprintf(want, sizeof want, "%u %u %u %u", x->gid, x->gid, x->gid, x->gid);
	status_is(1, "Gid", want);
	status_is(1, "Groups", "");
	status_is(1, "Umask", "0077");
	report_text(1, NULL, "folder", x->cwd, getcwd(found, sizeof found) ? found : "");
	environment(x);
	report_held(1, NULL, "session of its own", getsid(0) == getpid(), "");
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	report_call(1, NULL, "controlling terminal", ENXIO, code_of(tty));
}

static void
capabilities(const struct expect *x)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	const int locked = SECBIT_NOROOT | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_CAP_AMBIENT_RAISE | SECURE_ALL_LOCKS;
	char want[32], found[128];

	snprintf(want, sizeof want, "%016llx", x->caps);
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (x->caps)
			report_text(2, x->loose[LOOSE_CAPS], sets[i], "0000000000000000", field(sets[i], found));
		else
			status_is(2, sets[i], want);
	snprintf(want, sizeof want, "%#x", locked);
	snprintf(found, sizeof found, "%#x", prctl(PR_GET_SECUREBITS));
	report_text(2, NULL, "securebits", want, found);
	status_is(2, "NoNewPrivs", "1");
	report_text(2, strcmp(x->seccomp, "unconfined") == 0 ? expect_loose_call(x) : NULL, "Seccomp", "2",
		    field("Seccomp", (char[128]){ "" }));
}

/* In the order of their numbers, which the kernel lists them in. */
static void
descriptors(const struct expect *x)
{
	char want[80] = "", found[80] = "";
	size_t n = 0;
	DIR *d = opendir("/proc/self/fd");

	for (unsigned i = 0; i < x->descriptors && n < sizeof want - 16; i++)
		n += (size_t)snprintf(want + n, sizeof want - n, "%s%u", n ? " " : "", i);
	n = 0;
	for (struct dirent *e; d && (e = readdir(d)) && n < sizeof found - 16;)
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			n += (size_t)snprintf(found + n, sizeof found - n, "%s%.8s", n ? " " : "", e->d_name);
	if (d)
		closedir(d);
	report_text(3, NULL, "descriptors", want, found);
}

/* Where the service may ask for it: the session keyring is not the one that all processes of a user share. */
static void
keyring(const struct expect *x)
{
	char text[96], about[64];
	long id;

	if (x->denied[SYS_keyctl]) {
		report_refused(x, 5, "keyctl", SYS_keyctl, code_of(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0)));
		return;
	}
	id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3 /* of the session */, 0);
	if (id < 0) {
		report_skip(5, "session keyring", errno == ENOSYS ? "this kernel has no keys" : "keyctl is refused");
		return;
	}
	memset(about, 0, sizeof about);
	syscall(SYS_keyctl, KEYCTL_DESCRIBE, id, about, sizeof about - 1);
	const char *name = strrchr(about, ';');
	report_text(5, NULL, "session keyring", "_ses", name ? name + 1 : "");
	snprintf(text, sizeof text, "%ld", id);
	report_fact("keyring", text);
}

/* How many there are, only the machine's side knows. */
static void
processors(void)
{
	cpu_set_t set;
	char text[16];

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set)) {
		report_call(6, NULL, "processors", 0, errno);
		return;
	}
	snprintf(text, sizeof text, "%d", CPU_COUNT(&set));
	report_fact("processors", text);
}

void
check_identity(const struct expect *x)
{
	if (slurp("/proc/self/status", status, sizeof status) < 0)
		report_call(1, NULL, "/proc/self/status", 0, errno);
	identity(x);
	capabilities(x);
	descriptors(x);
	status_is(4, "SigBlk", "0000000000000000");
	status_is(4, "SigIgn", "0000000000000000");
	keyring(x);
	processors();
}
