/* SPDX-License-Identifier: MIT
 *
 * A try in a child, which may be killed for it; and small files.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

int
code_of(long r)
{
	return r < 0 ? errno : 0;
}

int
trial(int (*fn)(const void *arg), const void *arg)
{
	int status;
	volatile int *result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (result == MAP_FAILED)
		return NO_CHILD + errno;
	*result = -1;
	pid_t pid = fork();
	if (pid == 0) {
		*result = fn(arg);
		_exit(0);
	}
	int code = NO_CHILD + errno;
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSTOPPED(status)) { /* it is traced by this process: it should not have been able to ask for it */
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			code = KILLED + WSTOPSIG(status);
		} else {
			code = WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : *result;
		}
	}
	munmap((void *)(uintptr_t)result, sizeof *result);
	return code;
}

long
slurp(const char *path, char *buf, size_t cap)
{
	size_t n = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while (n + 1 < cap && (got = read(fd, buf + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	int code = errno;
	close(fd);
	errno = code;
	buf[n] = '\0';
	return got < 0 ? -1 : (long)n;
}
