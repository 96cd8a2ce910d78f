/* SPDX-License-Identifier: MIT
 *
 * Where the service can write and how much, which devices it can make and open, and what a setuid file gives it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define FILL "/.ingot-probe.fill"

static void
read_only(const char *folder)
{
	char path[300], what[80];

	snprintf(path, sizeof path, "%s/.ingot-probe.new", strcmp(folder, "/") == 0 ? "" : folder);
	snprintf(what, sizeof what, "a file in %.60s", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* the kernel looks at the mount first, but for a folder whose owner alone may look into it */
	report_either(11, NULL, what, EROFS, EACCES, code_of(fd));
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
}

static bool
is_mount(const struct expect *x, const char *path)
{
	for (size_t i = 0; i < x->n_mounts; i++)
		if (strcmp(x->mounts[i].path, path) == 0)
			return true;
	return false;
}

/* The folders of the root, one level deep, and what lies on the way to a mount. */
static void
root(const struct expect *x)
{
	DIR *d = opendir("/");
	char path[300];

	read_only("/");
	read_only("/dev");
	for (struct dirent *e; d && (e = readdir(d));) {
		struct stat st;
		snprintf(path, sizeof path, "/%s", e->d_name);
		if (e->d_name[0] != '.' && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && !is_mount(x, path))
			read_only(path);
	}
	if (d)
		closedir(d);
	int fd = open(PROBE_FILE, O_WRONLY | O_CLOEXEC);
	report_either(11, NULL, "its own program, opened to write", EROFS, EACCES, code_of(fd));
	report_either(11, NULL, "its own program, removed", EROFS, EACCES, code_of(unlink(PROBE_FILE)));
}

static int
write_until_full(const char *path, unsigned long long most, unsigned long long *written)
{
	static char block[65536];
	int code = 0, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	*written = 0;
	if (fd < 0)
		return errno;
	while (code == 0 && *written <= most) {
		ssize_t n = write(fd, block, sizeof block);
		if (n > 0)
			*written += (unsigned long long)n;
		else
			code = n < 0 ? errno : EIO;
	}
	close(fd);
	unlink(path);
	return code;
}

/* Whether it is full where it should be is tried where the service's memory allows it, for a tmpfs is charged to it. */
static void
size_holds(const struct expect *x, const struct expect_mount *m)
{
	char path[300], what[80], want[64], found[64];
	unsigned long long written;
	struct statvfs v;

	snprintf(what, sizeof what, "size of %s", m->path);
	if (statvfs(m->path, &v)) {
		report_call(11, NULL, what, 0, errno);
		return;
	}
	snprintf(want, sizeof want, "%llu", m->size);
	snprintf(found, sizeof found, "%llu", (unsigned long long)v.f_blocks * v.f_frsize);
	report_text(11, NULL, what, want, found);
	snprintf(what, sizeof what, "more than that in %s", m->path);
	if (m->size > x->memory / 3) {
		report_skip(11, what, "the service's memory would be full before");
		return;
	}
	snprintf(path, sizeof path, "%s" FILL, m->path);
	report_call(11, NULL, what, ENOSPC, write_until_full(path, m->size, &written));
}

static void
device(const char *folder, const char *name, mode_t type, dev_t dev)
{
	char path[300], what[80];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	snprintf(what, sizeof what, "mknod %.70s", path);
	/* for want of the capability, or by Landlock, which is asked first */
	report_either(13, NULL, what, EPERM, EACCES, code_of(mknod(path, type | 0600, dev)));
	unlink(path);
}

static void
devices(void)
{
	static const char *const absent[] = { "/dev/mem", "/dev/kmsg", "/dev/port", "/dev/console", "/dev/ttyS0", "/dev/vda",
					      "/dev/ubda", "/dev/loop-control", "/dev/fuse", "/dev/net/tun", "/dev/kvm",
					      "/dev/vport0p1" };
	static const char known[] = " null zero full random urandom tty shm fd stdin stdout stderr ";
	char surplus[64] = "", word[64];
	DIR *d = opendir("/dev");

	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		report_call(13, NULL, absent[i], ENOENT, code_of(open(absent[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC)));
	for (struct dirent *e; d && (e = readdir(d));) {
		snprintf(word, sizeof word, " %.60s ", e->d_name);
		if (e->d_name[0] != '.' && !strstr(known, word))
			snprintf(surplus, sizeof surplus, "%.63s", e->d_name);
	}
	if (d)
		closedir(d);
	report_text(13, NULL, "other files in /dev", "", surplus);
}

/* By the filter, or else by the kernel: EINVAL where a user namespace has no such id. */
static void
becomes_root(const char *what, int denied, int found)
{
	if (denied)
		report_call(17, NULL, what, denied, found);
	else
		report_either(17, NULL, what, EPERM, EINVAL, found);
}

/* The file is of root's and setuid: see main(). */
static void
setuid_file(const struct expect *x)
{
	struct stat st;
	int status = 0;

	/* in a user namespace of its own root is nobody that has a number */
	if (stat(PROBE_SETUID, &st) || !(st.st_mode & S_ISUID) || st.st_uid == x->uid) {
		report_held(17, NULL, "a setuid file to try", false, "none");
		return;
	}
	pid_t pid = vfork();
	if (pid == 0) {
		execl(PROBE_SETUID, PROBE_SETUID, "setuid", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	report_held(17, NULL, "a setuid file of root's gains nothing", pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status),
		    pid < 0 ? "no process" : WIFEXITED(status) && WEXITSTATUS(status) == 1 ? "other ids" : "");
	becomes_root("setuid(0)", x->denied[SYS_setuid], code_of(setuid(0)));
	becomes_root("setgid(0)", x->denied[SYS_setgid], code_of(setgid(0)));
}

void
check_files(const struct expect *x)
{
	root(x);
	for (size_t i = 0; i < x->n_mounts; i++) {
		const struct expect_mount *m = &x->mounts[i];
		if (strcmp(m->kind, "tmpfs") != 0 && strcmp(m->kind, "state") != 0)
			continue;
		size_holds(x, m);
		device(m->path, ".ingot-probe.char", S_IFCHR, makedev(1, 3));
		device(m->path, ".ingot-probe.block", S_IFBLK, makedev(8, 0));
	}
	devices();
	setuid_file(x);
}
