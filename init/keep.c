/* SPDX-License-Identifier: MIT
 *
 * The state's memory, its layout, and the exec that hands it on. It changes nothing in the state, and closes nothing: a
 * descriptor that is not watched has FD_CLOEXEC and ends with the program.
 */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "crc32.h"
#include "fmt.h"
#include "loop.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* since Linux 6.3; before, the kernel refuses what it does not know */
#endif

#define CONSOLE_MS 25 /* for what is kept of PID 1's lines: the next program has it not */

#define MAGIC   "INGOTPID"
#define MEANING 1u /* raised when the state means something else although its layout is the same */

/* The whole of the memory. */
struct kept {
	char magic[8];
	uint32_t layout;
	uint32_t crc; /* of the state, as the program before left it */
	struct state state;
};

#define AT(type, member) (uint32_t)offsetof(struct type, member)

/* All that two programs must agree on. */
static const struct {
	char magic[8];
	uint32_t facts[42];
} layout = {
	MAGIC,
	{ MEANING, TBL_VERSION, CTL_VERSION, (uint32_t)sizeof(struct kept), (uint32_t)LOG_RING_SIZE, CFG_MAX_SERVICES,
	  CFG_MAX_CLIENTS, SVC_FDS, SVC_STATES, WATCH_LISTEN, WATCH_VSOCK, WATCH_BUTTON, WATCH_CLIENT, WATCH_SVC, CTL_VERBS,
	  sizeof(struct watch), sizeof(struct svc), sizeof(struct svc_run), sizeof(struct client), sizeof(struct tbl_svc),
	  AT(svc, failures), AT(svc, since_ms), AT(svc, due_ms), AT(svc, end), sizeof(struct log_head), AT(client, pos),
	  AT(state, svc), AT(state, run), AT(state, client), AT(state, cmdline), AT(state, now_ms), AT(state, shell_pid),
	  AT(state, down), AT(state, reexec), sizeof(struct reexec), AT(state, crash), AT(state, watchdog),
	  AT(state, reload), sizeof(struct reload), sizeof(struct log_svc), AT(state, logger) },
};

uint32_t
keep_layout(void)
{
	return crc32_of(&layout, sizeof layout);
}

/* Without the places that no service has: a look at them would make them cost memory. */
static uint32_t
sum_of(const struct state *s)
{
	uint32_t n = s->services <= CFG_MAX_SERVICES ? s->services : CFG_MAX_SERVICES;
	uint32_t parts[] = {
		crc32_of(s, offsetof(struct state, watch)),
		crc32_of(s->watch, loop_svc_slot(n, SVC_FD_PID) * sizeof *s->watch),
		crc32_of(s->svc, n * sizeof *s->svc),
		crc32_of(s->run, n * sizeof *s->run),
		crc32_of(s->client, offsetof(struct state, said) - offsetof(struct state, client)),
	};

	return crc32_of(parts, sizeof parts);
}

static struct kept *
kept_of(const struct init *in)
{
	return (struct kept *)((char *)in->s - offsetof(struct kept, state));
}

static void *
map(int fd, size_t size)
{
	int how = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

	return mmap(NULL, size, PROT_READ | PROT_WRITE, how | MAP_NORESERVE, fd, 0);
}

/* A file in memory, or -1. Older kernels refuse what they do not know, and are asked without; and where it fails for a
 * moment's want, a crash would cost the machine later: each is tried twice. */
static int
make_memory(const char *name, size_t size)
{
	static const unsigned flags[] = { MFD_CLOEXEC | MFD_NOEXEC_SEAL, MFD_CLOEXEC };
	int fd = -1;

	for (int i = 0; fd < 0 && i < 4; i++)
		fd = memfd_create(name, flags[i / 2]);
	if (fd < 0 || ftruncate(fd, (off_t)size) == 0 || ftruncate(fd, (off_t)size) == 0)
		return fd;
	close(fd);
	return -1;
}

int
keep_init(struct init *in, struct err *e)
{
	in->memory = make_memory("ingot-state", sizeof(struct kept));
	struct kept *k = map(in->memory, sizeof *k);
	if (k == MAP_FAILED)
		return err_set(e, errno, "memory for the state");
	memcpy(k->magic, MAGIC, sizeof k->magic);
	k->layout = keep_layout();
	in->s = &k->state;
	return 0;
}

int
keep_book(struct init *in, struct err *e)
{
	uint32_t n = CFG_RELOAD ? CFG_MAX_SERVICES : in->s->services; /* another table may have more services */
	size_t size = logbook_size(n);
	int *fd = &in->s->logger.memory;

	if (*fd <= 0)
		*fd = make_memory("ingot-logs", size);
	void *p = *fd < 0 ? MAP_FAILED : map(*fd, size);
	if (p == MAP_FAILED)
		return err_set(e, errno, "memory for the logs");
	logbook_of(&in->book, p, n);
	return 0;
}

/* ---- from one program to the next ---- */

/* False where it could not be, also at the second time. 0 is nobody's place: it stands for none, as -1 does. */
static bool
hand_on(int fd, bool on)
{
	int flags = on ? 0 : FD_CLOEXEC;

	if (fd <= 0 || fcntl(fd, F_SETFD, flags) == 0)
		return true;
	return errno == EBADF || fcntl(fd, F_SETFD, flags) == 0; /* one that a crash left closed is no matter */
}

/* Only just before the exec, so that no service ever inherits one of them. False where one would be lost. */
static bool
hand_on_all(const struct init *in, bool on)
{
	bool all = true;

	for (uint32_t i = 0; i < loop_watches(in); i++)
		all = hand_on(in->s->watch[i].fd, on) && all;
	if (in->s->shell_pid)
		all = hand_on(in->s->shell_error, on) && all;
	if (in->s->reexec.phase == REEXEC_CHECKING)
		all = hand_on(in->s->reexec.answer, on) && all;
	if (in->s->reload.own)
		all = hand_on(in->s->reload.table, on) && all;
	if (in->s->reload.phase == RELOAD_STOPPING)
		all = hand_on(in->s->reload.next, on) && all;
	if (in->s->watchdog.every_ms)
		all = hand_on(in->s->watchdog.fd, on) && all;
	for (uint32_t i = 0; i < in->s->services; i++)
		for (int k = 0; k < 2 * LOG_STREAMS; k++)
			all = hand_on(in->s->run[i].log_pipe[k / 2][k % 2], on) && all;
	for (uint32_t i = 0; i < in->s->services; i++) {
		all = hand_on(in->s->run[i].net, on) && all;
		all = hand_on(in->s->run[i].user, on) && all;
		all = hand_on(in->s->run[i].peak, on) && all;
	}
	for (uint32_t i = 0; CFG_LISTEN && i < in->s->services; i++)
		for (int k = 0; k < TBL_LISTEN_MAX; k++)
			all = hand_on(in->s->run[i].listen[k], on) && all;
	all = hand_on(in->s->logger.memory, on) && all;
	return hand_on(in->memory, on) && all;
}

/* The kernel gives words of its command line as arguments too: a number that no exec of ours left is none. */
int
keep_given(int argc, char **argv)
{
	int fd = 0;

	if (argc != 3 || strcmp(argv[1], KEEP_WORD) != 0)
		return -1;
	for (const char *p = argv[2]; *p; p++) {
		if (*p < '0' || *p > '9' || fd > 100000)
			return -1;
		fd = fd * 10 + (*p - '0');
	}
	if (fd > STDERR_FILENO && (fcntl(fd, F_GETFD) >= 0 || errno != EBADF))
		return fd;
	return -1;
}

int
keep_resume(struct init *in, struct err *e)
{
	struct stat st;

	if (fstat(in->memory, &st) < 0)
		return err_set(e, errno, "the state");
	if (st.st_size < (off_t)sizeof(struct kept))
		return err_set(e, 0, "the state is cut");
	struct kept *k = map(in->memory, sizeof *k);
	if (k == MAP_FAILED)
		return err_set(e, errno, "the state");
	if (memcmp(k->magic, MAGIC, sizeof k->magic) != 0 || k->layout != keep_layout())
		return err_set(e, 0, "the state is of another layout");
	if (k->crc != sum_of(&k->state))
		return err_set(e, 0, "the state is damaged");
	in->s = &k->state;
	hand_on_all(in, false);
	return 0;
}

void
keep_exec(struct init *in, const char *path)
{
	static char *const none[] = { NULL };
	char number[16];
	char *argv[] = { "ingot-init", KEEP_WORD, number, NULL };

	fmt(number, sizeof number, "%d", in->memory);
	kept_of(in)->crc = sum_of(in->s);
	console_wait(CONSOLE_MS);
	if (hand_on_all(in, true))
		execve(path, argv, none);
	int code = errno;
	hand_on_all(in, false);
	errno = code;
}
