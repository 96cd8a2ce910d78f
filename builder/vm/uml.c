/* SPDX-License-Identifier: MIT */
#include "uml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"

#define ABOVE 32 /* the numbers that the child's descriptors go to */

bool
uml_is_asked(const struct run_options *o)
{
	return strcmp(o->machine, UML_MACHINE) == 0;
}

static int
copy(void *arg, const void *data, size_t size, struct err *e)
{
	const int *fd = arg;

	for (const char *p = data; size;) {
		ssize_t n = write(*fd, p, size);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot keep the kernel in memory");
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Of other kernels only the exec would tell, and not to whom it matters. */
static int
check_program(const char *kernel, struct err *e)
{
	char magic[4] = "";
	AUTO_FD fd = open(kernel, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, "\177ELF", sizeof magic) == 0)
		return 0;
	return err_set(e, 0, "%s is no User Mode Linux: --machine uml is for images whose kernel recipe names one", kernel);
}

/* What a build writes is no program of this host, and is not made one. */
int
uml_program(const char *kernel, struct err *e)
{
	struct content c;
	AUTO_FD fd = memfd_create("linux.uml", MFD_CLOEXEC);

	if (fd < 0)
		return err_set(e, errno, "cannot keep the kernel in memory");
	if (content_of_file(&c, kernel, e) || check_program(kernel, e) || content_read(&c, copy, &fd, e))
		return -1;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
	return high < 0 ? err_set(e, errno, "cannot keep the kernel in memory") : high;
}

size_t
uml_args(struct arena *a, const struct qemu_config *c, int console, const char **v)
{
	const char *slash = strrchr(c->initramfs, '/');
	size_t n = 0;

	v[n++] = "linux.uml";
	v[n++] = arena_printf(a, "mem=%lluM", (unsigned long long)((c->memory + (1u << 20) - 1) >> 20));
	v[n++] = arena_printf(a, "initrd=%s", c->initramfs);
	v[n++] = "con=null";
	v[n++] = arena_printf(a, "con0=fd:%d", console);
	/* its sockets and the number of its process, else in the home folder */
	v[n++] = arena_printf(a, "uml_dir=%.*s/.uml/", slash ? (int)(slash - c->initramfs) : 1, slash ? c->initramfs : ".");
	v[n++] = "quiet";
	v[n++] = "panic=-1";
	v[n++] = "rdinit=/init";
	if (c->state)
		v[n++] = arena_printf(a, "ubd0=%s", c->state);
	char *words = arena_strdup(a, c->cmdline), *save;
	for (char *word = strtok_r(words, " ", &save); word && n < UML_ARGS; word = strtok_r(NULL, " ", &save))
		v[n++] = word;
	v[n] = NULL;
	return n;
}
