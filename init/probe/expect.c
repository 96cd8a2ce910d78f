/* SPDX-License-Identifier: MIT
 *
 * What this service is to find, as `ingot selftest` wrote it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define EXPECT_MAX (64u << 10)

static char text[EXPECT_MAX];

static void
fail(const char *what)
{
	fprintf(stderr, "ingot-probe: " PROBE_EXPECT ": %s\n", what);
	_exit(2);
}

/* "tmpfs 1048576 /tmp" */
static void
mount_line(struct expect *x, char *value)
{
	char *kind = strtok(value, " "), *size = strtok(NULL, " "), *path = strtok(NULL, "");

	if (!path || x->n_mounts == EXPECT_MOUNTS)
		fail("mount");
	x->mounts[x->n_mounts++] = (struct expect_mount){ kind, path, strtoull(size, NULL, 10) };
}

/* "101 38": a call's number, an errno */
static void
call_line(short list[SYSCALLS], char *value)
{
	char *code;
	unsigned long n = strtoul(value, &code, 10);

	if (n >= SYSCALLS || *code != ' ')
		fail("a call");
	list[n] = (short)strtol(code, NULL, 10);
}

static void
env_line(struct expect *x, const char *value)
{
	if (x->n_env == EXPECT_ENV)
		fail("too many words in the environment");
	x->env[x->n_env++] = value;
}

/* "0 network.mode" */
static void
loose_line(struct expect *x, char *value)
{
	char *key = strchr(value, ' ');
	unsigned long i = strtoul(value, NULL, 10);

	if (!key || i >= LOOSE_KEYS)
		fail("loose");
	x->loose[i] = key + 1;
}

static void
take(struct expect *x, char *word, char *value)
{
	if (strcmp(word, "name") == 0)
		x->name = value;
	else if (strcmp(word, "uid") == 0)
		x->uid = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(word, "gid") == 0)
		x->gid = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(word, "cwd") == 0)
		x->cwd = value;
	else if (strcmp(word, "env") == 0)
		env_line(x, value);
	else if (strcmp(word, "mount") == 0)
		mount_line(x, value);
	else if (strcmp(word, "memory") == 0)
		x->memory = strtoull(value, NULL, 10);
	else if (strcmp(word, "pids") == 0)
		x->pids = strtoull(value, NULL, 10);
	else if (strcmp(word, "caps") == 0)
		x->caps = strtoull(value, NULL, 16);
	else if (strcmp(word, "descriptors") == 0)
		x->descriptors = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(word, "same-env") == 0)
		x->same_env = *value == '1';
	else if (strcmp(word, "network") == 0)
		x->network = value;
	else if (strcmp(word, "seccomp") == 0)
		x->seccomp = value;
	else if (strcmp(word, "denied") == 0)
		call_line(x->denied, value);
	else if (strcmp(word, "granted") == 0)
		call_line(x->granted, value);
	else if (strcmp(word, "families") == 0)
		x->families = strtoull(value, NULL, 16);
	else if (strcmp(word, "route") == 0)
		x->route = *value == '1';
	else if (strcmp(word, "usual-families") == 0)
		x->usual = strtoull(value, NULL, 16);
	else if (strcmp(word, "mdwe") == 0)
		x->mdwe = *value == '1';
	else if (strcmp(word, "loose") == 0)
		loose_line(x, value);
	else
		fail(word);
}

void
expect_read(struct expect *x)
{
	if (slurp(PROBE_EXPECT, text, sizeof text) < 0)
		fail(strerror(errno));
	for (char *line = text, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		char *value = strchr(line, ' ');
		if (!value)
			fail(line);
		*value++ = '\0';
		take(x, line, value);
	}
	if (!x->name || !x->network || !x->seccomp || !x->cwd)
		fail("a line is missing");
}

const char *
expect_loose_call(const struct expect *x)
{
	return x->loose[LOOSE_CALLS];
}
