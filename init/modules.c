/* SPDX-License-Identifier: MIT
 *
 * Kernel modules: the order and the files come from the builder; nothing is searched, resolved or decompressed here.
 */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"

void
modules_load(const struct tbl *t, uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i < last; i++) {
		const struct tbl_module *m = tbl_module(t, i);
		const char *path = tbl_str(t, m->path);
		AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, tbl_str(t, m->params), 0) < 0 && errno != EEXIST))
			warn("module %s: %s", path, err_text(errno));
	}
}
