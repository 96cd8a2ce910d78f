/* SPDX-License-Identifier: MIT
 *
 * By the kernel's own call and a buffer on the stack.
 */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

int
folder_each(const char *path, void (*each)(void *arg, const char *name), void *arg)
{
	_Alignas(struct dirent) char buf[2048];
	AUTO_FD dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n = -1;

	while (dir >= 0 && (n = syscall(SYS_getdents64, dir, buf, sizeof buf)) > 0)
		for (long at = 0; at < n;) {
			const struct dirent *d = (const void *)(buf + at);
			if (d->d_name[0] != '.')
				each(arg, d->d_name);
			at += d->d_reclen;
		}
	return n < 0 ? -1 : 0;
}
