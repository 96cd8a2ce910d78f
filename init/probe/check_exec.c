/* SPDX-License-Identifier: MIT
 *
 * Nothing that the service can write can be executed: a file, a memfd, a mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#define MFD_EXEC        0x0010u
#endif
#ifndef PR_GET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif

/* Executes a descriptor; comes back with the errno only. */
static int
execute(const void *arg)
{
	char *argv[] = { "setuid", "setuid", NULL }, *envp[] = { NULL };

	syscall(SYS_execveat, *(const int *)arg, "", argv, envp, AT_EMPTY_PATH);
	return errno;
}

/* A file that the kernel would execute: a script of this very program. */
static int
fill(int fd)
{
	static const char script[] = "#!" PROBE_FILE " setuid\n";

	return write(fd, script, sizeof script - 1) == sizeof script - 1 ? 0 : -1;
}

static int
execute_path(const void *arg)
{
	char *argv[] = { "setuid", NULL }, *envp[] = { NULL };

	execve(arg, argv, envp);
	return errno;
}

static void
in_folder(const char *folder)
{
	char path[300], what[80];

	snprintf(path, sizeof path, "%s/.ingot-probe.exec", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	snprintf(what, sizeof what, "a file in %.50s, executed", folder);
	if (fd < 0 || fill(fd)) {
		report_call(12, NULL, what, EACCES, errno);
		return;
	}
	void *map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	int mapped = map == MAP_FAILED ? errno : 0;
	if (map != MAP_FAILED)
		munmap(map, 4096);
	close(fd); /* else it is busy */
	report_call(12, NULL, what, EACCES, trial(execute_path, path));
	snprintf(what, sizeof what, "a file in %.40s, mapped to be executed", folder);
	report_call(12, NULL, what, EPERM, mapped);
	unlink(path);
}

/* 6.3 and later know vm.memfd_noexec, and the flag with it. */
static void
memfd(const struct expect *x)
{
	int sealed = (int)syscall(SYS_memfd_create, "probe", MFD_NOEXEC_SEAL);

	if (x->denied[SYS_memfd_create]) {
		report_refused(x, 12, "a memfd", SYS_memfd_create, code_of(sealed));
		return;
	}
	if (sealed < 0 && errno == EINVAL) {
		report_skip(12, "a memfd, executed", "this kernel has no vm.memfd_noexec");
		return;
	}
	fill(sealed);
	report_call(12, NULL, "a sealed memfd, executed", EACCES, trial(execute, &sealed));
	report_call(12, NULL, "a sealed memfd, made executable", EPERM, code_of(fchmod(sealed, 0700)));
	close(sealed);
	int fd = (int)syscall(SYS_memfd_create, "probe", MFD_EXEC);
	report_call(12, NULL, "a memfd that can be executed", EACCES, code_of(fd));
	close(fd);
}

static int
writable_then_executable(const void *unused)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	return page == MAP_FAILED ? errno : code_of(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int
writable_and_executable(const void *unused)
{
	const int all = PROT_READ | PROT_WRITE | PROT_EXEC;

	(void)unused;
	return mmap(NULL, 4096, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static void
mappings(const struct expect *x)
{
	const char *key = x->loose[LOOSE_JIT];

	if (prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		report_skip(12, "memory writable and executable", "this kernel has no PR_SET_MDWE");
		return;
	}
	if (!x->mdwe && !key) {
		report_skip(12, "memory writable and executable", "not part of the posture yet");
		return;
	}
	report_call(12, key, "memory writable and executable", EACCES, trial(writable_and_executable, NULL));
	report_call(12, key, "memory writable, then executable", EACCES, trial(writable_then_executable, NULL));
}

void
check_exec(const struct expect *x)
{
	for (size_t i = 0; i < x->n_mounts; i++)
		if (strcmp(x->mounts[i].kind, "tmpfs") == 0 || strcmp(x->mounts[i].kind, "state") == 0)
			in_folder(x->mounts[i].path);
	memfd(x);
	mappings(x);
}
