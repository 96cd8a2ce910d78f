/* SPDX-License-Identifier: MIT
 *
 * ctl: runs a command of ingotctl for the machine that `ingot run` or `ingot test` has booted from an image. It is the
 * very ingotctl that the image holds, carried inside ingot and executed from memory, with a connection to the machine's
 * port: there is no second client to be kept in step.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "control_socket.h"
#include "guest.h"
#include "mem.h"
#include "verbs.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u
#endif

/* The folder of the image's running VM: one that is named, or one of those where `ingot run` puts its files. */
static int
connect_machine(const struct options *o, struct build *b, struct err *e)
{
	const char *file = o->build.image_file;
	struct stat st;
	int fd;

	if (stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
		fd = control_socket_open(file, e);
	} else {
		if (build_load(b, &o->build))
			return -1;
		const char *run = arena_printf(b->project.arena, "%s/.run/%s", o->build.out_dir, b->project.image.image);
		fd = control_socket_open(run, e);
		if (fd < 0)
			fd = control_socket_open(b->dir, e);
	}
	if (fd < 0 && (e->code == ENOENT || e->code == ECONNREFUSED))
		return err_set(e, 0, "no machine runs from %s: `ingot run %s` boots one", file, file);
	return fd;
}

/* ingotctl as a descriptor that can be executed; the caller's. */
static int
carry(struct err *e)
{
	struct content c;
	AUTO_FD fd = memfd_create("ingotctl", MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before 6.3 each could be */
		fd = memfd_create("ingotctl", MFD_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "cannot make a file in memory for ingotctl");
	guest_content(GUEST_CTL, &c);
	char *bytes = content_load(&c, e);
	if (!bytes)
		return -1;
	for (uint64_t done = 0; done < c.size;) {
		ssize_t n = write(fd, bytes + done, (size_t)(c.size - done));
		if (n < 0 && errno != EINTR) {
			free(bytes);
			return err_set(e, errno, "cannot write ingotctl into memory");
		}
		done += n > 0 ? (uint64_t)n : 0;
	}
	free(bytes);
	return take_fd(&fd);
}

int
verb_ctl(const struct options *o, struct build *b, struct err *e)
{
	char number[16];

	if (o->n_rest == 0)
		return err_set(e, 0, "ctl wants a command of ingotctl, such as: ingot ctl %s status", o->build.image_file);
	AUTO_FD machine = connect_machine(o, b, e);
	if (machine < 0)
		return VERB_FAILED;
	AUTO_FD program = carry(e);
	if (program < 0)
		return VERB_FAILED;
	fcntl(machine, F_SETFD, 0);
	snprintf(number, sizeof number, "%d", machine);
	const char **argv = xcalloc(o->n_rest + 4, sizeof *argv);
	memcpy(argv, (const char *[]){ "ingotctl", "--port", number }, 3 * sizeof *argv);
	memcpy(argv + 3, o->rest, o->n_rest * sizeof *argv);
	fexecve(program, (char *const *)argv, environ);
	int code = errno;
	free(argv);
	return err_set(e, code, "cannot execute ingotctl");
}
