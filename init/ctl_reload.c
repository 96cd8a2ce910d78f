/* SPDX-License-Identifier: MIT
 *
 * ingotctl reload: takes a service table into memory that nobody can change any more, looks whether this machine has
 * what it speaks of, and hands it to PID 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl.h"
#include "net_ask.h"
#include "reload_plan.h"
#include "sys.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define TREE  (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define TELL_TRIES    50
#define TELL_AGAIN_MS 100

static int
copy(int from, int to, const char *path, size_t *size, struct err *e)
{
	static char buf[16384];
	ssize_t n;

	*size = 0;
	while ((n = read(from, buf, sizeof buf)) > 0) {
		*size += (size_t)n;
		if (*size > TBL_SIZE_MAX)
			return err_set(e, 0, "%s: no service table has more than %u bytes", path, TBL_SIZE_MAX);
		if (write(to, buf, (size_t)n) != n)
			return err_set(e, errno, "memory for the table");
	}
	return n < 0 ? err_set(e, errno, "%s", path) : 0;
}

/* The file as sealed memory, and the table in it. */
static int
take(const char *path, int *out, struct tbl *t, struct err *e)
{
	AUTO_FD from = open(path, O_RDONLY | O_CLOEXEC);
	AUTO_FD to = memfd_create("ingot-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t size;

	if (from < 0)
		return err_set(e, errno, "%s", path);
	if (to < 0)
		return err_set(e, errno, "memory for the table");
	if (copy(from, to, path, &size, e))
		return -1;
	void *data = size && fcntl(to, F_ADD_SEALS, SEALS) == 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, to, 0) :
								  MAP_FAILED;
	if (data == MAP_FAILED)
		return size ? err_set(e, errno, "memory for the table") : err_set(e, 0, "%s: it is empty", path);
	if (tbl_open(t, data, size, e))
		return err_wrap(e, "%s", path);
	*out = take_fd(&to);
	return 0;
}

/* Whether the path lies in something that is mounted at the launch, such as /dev/shm. */
static bool
mounted_over(const struct tbl *t, const struct tbl_svc *s, const char *path)
{
	bool over = false;

	for (uint32_t i = 0; i < s->mounts.count && !over; i++) {
		const char *at = tbl_str(t, tbl_mount(t, s, i)->path);
		over = strncmp(path, at, strlen(at)) == 0 && path[strlen(at)] == '/';
	}
	return over;
}

/* What a launch would find missing: the root, a mountpoint in it, the program. */
static int
check_service(const struct tbl *t, const struct tbl_svc *s, struct err *e)
{
	const char *name = tbl_str(t, s->name), *root = s->root ? tbl_str(t, s->root) : "/";
	AUTO_FD dir = open(root, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return err_set(e, errno, "service %s: its root %s", name, root);
	for (uint32_t i = 0; i < s->mounts.count; i++) {
		const char *path = tbl_str(t, tbl_mount(t, s, i)->path);
		AUTO_FD at = sys_openat2(dir, path + 1, O_PATH | O_DIRECTORY | O_CLOEXEC, TREE | RESOLVE_NO_SYMLINKS);
		if (at < 0 && !mounted_over(t, s, path))
			return err_set(e, errno, "service %s: its folder %s", name, path);
	}
	AUTO_FD program = sys_openat2(dir, tbl_word(t, s->argv, 0), O_PATH | O_CLOEXEC, TREE);
	return program < 0 ? err_set(e, errno, "service %s: its program %s", name, tbl_word(t, s->argv, 0)) : 0;
}

/* Against the table that the machine was booted with, and its files. */
static int
check(const struct tbl *t, struct err *e)
{
	AUTO_FD fd = -1;
	struct tbl booted;

	if (take(TBL_PATH, &fd, &booted, e))
		return -1;
	const char *change = reload_machine_change(&booted, t);
	if (change)
		return err_set(e, 0, "what it says of %s is not what this machine was booted with: that takes a reboot", change);
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		if (check_service(t, tbl_svc(t, i), e))
			return -1;
	return 0;
}

/* A service that starts tells ingot-net too; but of what is gone, and of what another may do from now on while it runs,
 * nobody would. It may just be starting anew itself. */
static int
tell_networks(const struct tbl *t)
{
	struct err e;

	for (int tries = 0; net_ask(t, NET_ASK_NONE) < 0; tries++) {
		bool away = errno == ECONNREFUSED || errno == ENOENT || errno == ECONNRESET;
		if (!away || tries == TELL_TRIES) {
			err_set(&e, errno, "the table is loaded, but ingot-net does not hear of its private networks");
			return ctl_fail(&e);
		}
		poll(NULL, 0, TELL_AGAIN_MS);
	}
	return CTL_OK;
}

int
ctl_reload(int argc, char **argv)
{
	struct ctl_request q = { .version = CTL_VERSION, .verb = CTL_RELOAD };
	const char *path = argc > 1 ? argv[1] : TBL_PATH;
	AUTO_FD fd = -1;
	struct tbl t;
	struct err e;

	if (argc > 2)
		return ctl_usage(argv[0], "too many arguments: ", argv[2]);
	if (path[0] == '-')
		return ctl_usage(argv[0], "unknown option ", path);
	if (take(path, &fd, &t, &e))
		return ctl_fail(&e);
	if (check(&t, &e) || ctl_ask_giving(&q, fd, NULL, NULL, &e)) {
		err_wrap(&e, "%s", path);
		return ctl_fail(&e);
	}
	return CFG_NET && tbl_count(&t, TBL_NETS) ? tell_networks(&t) : CTL_OK;
}
