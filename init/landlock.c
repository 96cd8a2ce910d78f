/* SPDX-License-Identifier: MIT
 *
 * The four system calls of Landlock, and which rights each version of it knows. Reading is never restricted: a service
 * sees its own root alone.
 */
#include "landlock.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <sys/syscall.h>

/* What the headers that this is built with may not have yet. */
#define REFER    (1ull << 13) /* version 2 */
#define TRUNCATE (1ull << 14) /* version 3 */
#define BIND_TCP (1ull << 0)  /* version 4 */
#define RULE_PORT 2

struct port_attr {
	uint64_t allowed, port;
};

struct rules_attr {
	uint64_t files, net, scoped;
};

static uint64_t
writes(int version)
{
	return LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	       LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
	       LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | (version >= 2 ? REFER : 0) |
	       (version >= 3 ? TRUNCATE : 0);
}

int
landlock_version(void)
{
	long n = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return n > 0 ? (int)n : 0;
}

int
landlock_new(int version, unsigned scopes, bool binds)
{
	struct rules_attr attr = {
		.files = writes(version) | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
			 LANDLOCK_ACCESS_FS_MAKE_BLOCK,
		.net = binds && version >= LANDLOCK_BINDS ? BIND_TCP : 0,
		.scoped = version >= 6 ? scopes : 0,
	};

	/* an older kernel takes what it does not know where it is zero */
	return (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
}

int
landlock_allow(int rules, int version, int at, enum landlock_right right)
{
	struct landlock_path_beneath_attr attr = { .parent_fd = at };

	if (right == LANDLOCK_EXECUTE)
		attr.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE;
	else if (right == LANDLOCK_WRITE)
		attr.allowed_access = writes(version);
	else
		attr.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | (version >= 3 ? TRUNCATE : 0);
	return (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &attr, 0);
}

int
landlock_bind(int rules, uint32_t port)
{
	struct port_attr attr = { .allowed = BIND_TCP, .port = port };

	return (int)syscall(SYS_landlock_add_rule, rules, RULE_PORT, &attr, 0);
}

int
landlock_enter(int rules)
{
	return (int)syscall(SYS_landlock_restrict_self, rules, 0);
}
