/* SPDX-License-Identifier: MIT
 *
 * A table that a client hands over lies in memory that nobody can change any more: sealed, so that PID 1 needs neither
 * a copy nor a file that may hang.
 */
#include "reload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int
reload_open(struct tbl *t, int fd, struct err *e)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0)
		return err_set(e, 0, "no sealed memory with a table came with the request");
	if (st.st_size <= 0 || st.st_size > (off_t)TBL_SIZE_MAX)
		return err_set(e, 0, "it has %lld bytes", (long long)st.st_size);
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_set(e, errno, "memory for the table");
	if (tbl_open(t, data, (size_t)st.st_size, e) == 0)
		return 0;
	munmap(data, (size_t)st.st_size);
	return -1;
}

void
reload_close(struct tbl *t)
{
	munmap((void *)t->base, t->h->size);
	*t = (struct tbl){ .base = NULL };
}
