/* SPDX-License-Identifier: MIT
 *
 * Tries each way from bytes that were written to bytes that are executed, and says on a line each how that ended: "WAY
 * ok", or "WAY" and what errno says. gain DIR tries those by files in DIR too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define SIZE 4096

static const unsigned char code[] = { 0xc3 }; /* ret */

static void
say(const char *way, int ok)
{
	printf("%s %s\n", way, ok ? "ok" : strerror(errno));
}

static void *
map(int prot, int fd)
{
	return mmap(NULL, SIZE, prot, MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
}

static int
protect(void)
{
	char *at = map(PROT_READ | PROT_WRITE, -1);

	if (at == MAP_FAILED)
		return 0;
	memcpy(at, code, sizeof code);
	if (mprotect(at, SIZE, PROT_READ | PROT_EXEC))
		return 0;
	((void (*)(void))at)();
	return 1;
}

static int
written(int fd)
{
	return fd >= 0 && write(fd, code, sizeof code) == sizeof code && map(PROT_READ | PROT_EXEC, fd) != MAP_FAILED;
}

static int
segment(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
	char *at = shmat(id, NULL, 0);

	if (at == (void *)-1)
		return 0;
	memcpy(at, code, sizeof code);
	shmdt(at);
	at = shmat(id, NULL, SHM_RDONLY | SHM_EXEC);
	int error = errno;
	shmctl(id, IPC_RMID, NULL);
	errno = error;
	return at != (void *)-1;
}

/* Over its own code, which is mapped read-only: the kernel writes there for a debugger's sake. */
static int
memory(void)
{
	int fd = open("/proc/self/mem", O_WRONLY);
	unsigned char same[1];

	memcpy(same, (void *)say, 1);
	return fd >= 0 && pwrite(fd, same, 1, (off_t)(unsigned long)say) == 1;
}

int
main(int argc, char **argv)
{
	char path[256];

	say("mmap", map(PROT_READ | PROT_WRITE | PROT_EXEC, -1) != MAP_FAILED);
	say("mprotect", protect());
	say("memfd", written(memfd_create("code", 0)));
	say("segment", segment());
	say("memory", memory());
	if (argc > 1) {
		snprintf(path, sizeof path, "%s/code", argv[1]);
		say("file", written(open(path, O_RDWR | O_CREAT | O_TRUNC, 0700)));
		unlink(path);
	}
	return 0;
}
