/* SPDX-License-Identifier: MIT
 *
 * The files of the roots against the list that the image has, and those of /state against the baseline that was kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "drift.h"
#include "fmt.h"

#define STATE      "/state"
#define OWN_FOLDER "/.ingot" /* of PID 1, on top of it */

/* *out is the caller's. */
static int
load(const char *path, struct digests *out, struct err *e)
{
	AUTO_FD fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	*out = (struct digests){ .n = 0 };
	if (fd < 0 || fstat(fd, &st))
		return err_set(e, errno, "%s", path);
	if (st.st_size <= 0 || st.st_size > (off_t)DIGESTS_SIZE_MAX)
		return err_set(e, 0, "%s: not a list of digests", path);
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return err_set(e, errno, "%s", path);
	int r = digests_decode(out, data, (size_t)st.st_size, e);
	munmap(data, (size_t)st.st_size);
	return r ? err_wrap(e, "%s", path) : 0;
}

static bool
below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* Leaves what is at or below the folder, as paths from there. */
static void
keep_below(struct digests *d, const char *folder)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		if (below(d->v[i].path, folder)) {
			d->v[n] = d->v[i];
			d->v[n++].path += strlen(folder);
		}
	d->n = n;
}

int
drift_files(const struct tbl *t, const struct tbl_svc *only, struct err *e)
{
	const char *top = only ? tbl_str(t, only->root) : "";
	struct digests expect, found;

	if (only && !only->root) /* a program of the machine: its files are the machine's */
		return 0;
	if (load(DIGESTS_PATH, &expect, e))
		return -1;
	keep_below(&expect, top);
	int r = scan(*top ? top : "/", *top ? NULL : DIGESTS_PATH, false, &found, e);
	if (r == 0)
		compare("file", top, &expect, &found);
	scan_release(&found);
	digests_release(&expect);
	return r;
}

/* ---- state ---- */

int
drift_state(const struct tbl *t, const struct tbl_svc *only, struct err *e)
{
	char top[sizeof STATE + 1 + TBL_NAME_MAX + 1] = STATE;
	struct digests expect, found;

	if (access(DRIFT_BASELINE, F_OK) && errno == ENOENT)
		return 0;
	if (load(DRIFT_BASELINE, &expect, e))
		return -1;
	if (only) {
		fmt(top, sizeof top, STATE "/%s", tbl_str(t, only->name));
		keep_below(&expect, top + strlen(STATE));
	}
	bool there = access(top, F_OK) == 0;
	int r = there ? scan(top, only ? NULL : OWN_FOLDER, true, &found, e) : 0;
	if (!there)
		found = (struct digests){ .n = 0 };
	if (r == 0)
		compare("state", top, &expect, &found);
	scan_release(&found);
	digests_release(&expect);
	return r;
}

static int
write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);
		if (n < 0 && errno != EINTR)
			return -1;
		p += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return fsync(fd);
}

int
drift_keep(struct err *e)
{
	struct digests found;
	void *bytes;
	size_t size;

	if (scan(STATE, OWN_FOLDER, true, &found, e))
		return -1;
	int r = digests_encode(found.v, found.n, &bytes, &size, e);
	scan_release(&found);
	if (r)
		return -1;
	/* in memory nobody else has needed them yet */
	mkdir(STATE OWN_FOLDER, 0700);
	mkdir(STATE OWN_FOLDER "/1", 0700);
	AUTO_FD fd = open(DRIFT_BASELINE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 || write_all(fd, bytes, size) || rename(DRIFT_BASELINE ".new", DRIFT_BASELINE) ?
		    err_set(e, errno, "%s", DRIFT_BASELINE) : 0;
	if (r)
		unlink(DRIFT_BASELINE ".new");
	free(bytes);
	return r;
}
