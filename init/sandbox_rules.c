/* SPDX-License-Identifier: MIT
 *
 * What Landlock leaves to a service: to execute what its root holds, where the builder found programs, and to write to
 * its devices and its own folders. Each of these is a rule of one system call while its descriptor is at hand.
 */
#include "sandbox.h"

#include <fcntl.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "cleanup.h"
#include "landlock.h"
#include "stub_abi.h"
#include "sys.h"

int
sandbox_rules(struct sandbox *x)
{
	if (!x->landlock || !(x->s->flags & TBL_SVC_LANDLOCK))
		return 0;
	bool binds = x->s->flags & TBL_SVC_BINDS && x->landlock >= LANDLOCK_BINDS;
	x->rules = landlock_new(x->landlock, LANDLOCK_SOCKETS | LANDLOCK_SIGNALS, binds);
	if (x->rules < 0 || landlock_allow(x->rules, x->landlock, STUB_FD_EXE, LANDLOCK_EXECUTE))
		return -1;
	for (uint32_t i = 0; binds && i < x->s->binds.count; i++)
		if (landlock_bind(x->rules, tbl_bind(&x->t, x->s, i)))
			return -1;
	for (uint32_t i = 0; i < x->s->programs.count; i++) {
		AUTO_FD at = sys_openat2(x->root, tbl_word(&x->t, x->s->programs, i), O_PATH | O_CLOEXEC,
					 RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
		if (at < 0 || landlock_allow(x->rules, x->landlock, at, LANDLOCK_EXECUTE))
			return -1;
	}
	return 0;
}

int
sandbox_allow(const struct sandbox *x, const struct tbl_mount *m, int at)
{
	if (x->rules < 0 || m->kind == TBL_MOUNT_PROC)
		return 0;
	return landlock_allow(x->rules, x->landlock, at, m->kind == TBL_MOUNT_DEV ? LANDLOCK_DEVICES : LANDLOCK_WRITE);
}
