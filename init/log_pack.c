/* SPDX-License-Identifier: MIT
 *
 * A packed file is written beside the plain one, under a name that no list knows, then gets its own; the plain one goes
 * last. Whatever ends it on the way there leaves the plain one.
 */
#include "log_pack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "log_file.h"
#include "sys.h"

#define PARTS      8   /* as much of what is kept is free for the file that begins */
#define FILES_MAX  512 /* of one service */
#define NAME_FRESH "packing"

static struct {
	const struct logbook *book;
	int logs;
	bool wanted[CFG_MAX_SERVICES];
	bool failed;           /* said */
	pid_t pid;             /* 0: none runs */
	int folder;            /* with pid: where */
	struct log_name name;  /* with pid: of the plain file */
} pack = { .logs = -1, .folder = -1 };

static struct log_entry entries[LOG_ENTRIES];

void
log_pack_init(const struct logbook *b, int logs)
{
	pack.book = b;
	pack.logs = logs;
	memset(pack.wanted, true, sizeof pack.wanted);
}

void
log_pack_old(int folder, uint32_t place, uint64_t max)
{
	size_t n = log_list(folder, entries), first = 0;
	char text[LOG_NAME_SIZE];
	uint64_t all = 0;

	pack.wanted[place] = true;
	for (size_t i = 0; i < n; i++)
		all += entries[i].size;
	for (; first < n && (all > max - max / PARTS || n - first > FILES_MAX); first++) {
		log_name_text(&entries[first].name, text);
		unlinkat(folder, text, 0);
		all -= entries[first].size;
	}
}

/* ---- one file ---- */

/* The program gets both files behind their heads, and nothing else. */
__attribute__((noreturn)) static void
run_pack(int from, int to)
{
	static char *const none[] = { NULL };
	char *argv[] = { "ingot-pack", NULL };

	if (dup2(from, STDIN_FILENO) < 0 || dup2(to, STDOUT_FILENO) < 0)
		_exit(1);
	sys_sigmask(0, NULL);
	execve(LOG_PACK, argv, none);
	_exit(127);
}

/* One without a head has nothing that could be read: a power cut leaves such. */
static void
begin(int folder, const struct log_name *name)
{
	struct log_file_head head;
	char text[LOG_NAME_SIZE];

	log_name_text(name, text);
	AUTO_FD from = log_open(folder, name, &head);
	int code = from < 0 ? errno : 0;
	AUTO_FD to = openat(folder, NAME_FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (code == EBADMSG)
		unlinkat(folder, text, 0);
	bool ready = from >= 0 && to >= 0 && write(to, &head, sizeof head) == (ssize_t)sizeof head;
	pid_t pid = ready ? fork() : -1;
	if (pid == 0)
		run_pack(from, to);
	if (pid < 0)
		return;
	pack.pid = pid;
	pack.folder = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	pack.name = *name;
}

static void
finish(bool well)
{
	struct log_name packed = { .boot = pack.name.boot, .seq = pack.name.seq, .packed = true };
	char from[LOG_NAME_SIZE], to[LOG_NAME_SIZE];

	log_name_text(&pack.name, from);
	log_name_text(&packed, to);
	if (well && renameat(pack.folder, NAME_FRESH, pack.folder, to) == 0)
		unlinkat(pack.folder, from, 0);
	else
		unlinkat(pack.folder, NAME_FRESH, 0);
	if (!well && !pack.failed)
		warn("logs: %s of %s cannot be packed: it stays as it is", from, LOG_FOLDER);
	pack.failed = !well;
	if (!well) /* the next file that is full brings the next attempt */
		memset(pack.wanted, false, sizeof pack.wanted);
	close(pack.folder);
	pack.folder = -1;
	pack.pid = 0;
}

/* ---- which one ---- */

/* What was packed when the power went. */
static void
remove_plain(int folder, const struct log_name *name)
{
	char text[LOG_NAME_SIZE];

	log_name_text(name, text);
	unlinkat(folder, text, 0);
}

/* True where one was begun. */
static bool
pack_one_of(uint32_t place, uint32_t boot, const struct log_open *open)
{
	AUTO_FD folder = log_folder(pack.logs, pack.book->svc[place].owner);
	size_t n = folder < 0 ? 0 : log_list(folder, entries);

	for (size_t i = 0; i < n && !pack.pid; i++) {
		struct log_name plain = { entries[i].name.boot, entries[i].name.seq, false };
		if (plain.boot == boot && plain.seq == open[place].seq)
			continue;
		if (entries[i].name.packed)
			remove_plain(folder, &plain);
		else
			begin(folder, &plain);
	}
	pack.wanted[place] = pack.pid > 0;
	return pack.pid > 0;
}

void
log_pack_next(uint32_t boot, const struct log_open *open)
{
	int status;

	if (pack.pid) {
		if (waitpid(pack.pid, &status, WNOHANG) != pack.pid)
			return;
		finish(status == 0);
	}
	for (uint32_t i = 0; i < pack.book->h->places; i++)
		if (pack.wanted[i] && pack_one_of(i, boot, open))
			return;
}

void
log_pack_end(void)
{
	if (!pack.pid)
		return;
	kill(pack.pid, SIGKILL);
	waitpid(pack.pid, NULL, 0);
	pack.failed = true; /* that is nothing to tell */
	finish(false);
}
