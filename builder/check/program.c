/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define HEAD_SIZE 256        /* of a script: what the kernel looks at (BINPRM_BUF_SIZE) */
#define ELF_MAX   (1u << 30) /* bytes of one program */

/* The file's bytes are not held against its digest here: nothing of them goes into an output, and whoever writes one
 * does so. A file that changed meanwhile gives a short read. */
static int
read_at(int fd, const struct content *c, char *to, size_t size, size_t from, struct err *e)
{
	while (from < size) {
		ssize_t n = pread(fd, to + from, size - from, (off_t)from);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "cannot read %s", c->path);
		if (n == 0)
			return err_set(e, 0, "%s changed while it was being read: build again", c->path);
		from += (size_t)n;
	}
	return 0;
}

static void
read_script(struct program *out, const char *head, size_t size, struct arena *a)
{
	const char *end = memchr(head, '\n', size);
	char *line = arena_strndup(a, head + 2, (size_t)((end ? end : head + size) - head - 2));
	char *word = line + strspn(line, " \t"), *rest = word + strcspn(word, " \t");

	if (!*word)
		return; /* the kernel takes it for no script */
	out->kind = PROGRAM_SCRIPT;
	out->argument = rest + strspn(rest, " \t");
	for (char *p = rest + strlen(rest); p > rest && (p[-1] == ' ' || p[-1] == '\t'); p--)
		p[-1] = '\0';
	*rest = '\0';
	out->interpreter = word;
}

static int
read_elf(struct program *out, const void *bytes, size_t size, struct arena *a)
{
	struct err e;

	out->kind = PROGRAM_ELF;
	if (elf_read(&out->elf, bytes, size, a, &e)) {
		out->kind = PROGRAM_BROKEN;
		out->wrong = arena_strdup(a, e.msg);
	}
	return 0;
}

int
program_read(struct program *out, const struct content *c, struct arena *a, struct err *e)
{
	AUTO_FD fd = c->mem ? -1 : open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t size = c->size < HEAD_SIZE ? (size_t)c->size : HEAD_SIZE;
	char head[HEAD_SIZE], *all;

	*out = (struct program){ .kind = PROGRAM_NONE };
	if (!c->mem && fd < 0)
		return err_set(e, errno, "cannot read %s", c->path);
	if (c->mem)
		memcpy(head, c->mem, size);
	else if (read_at(fd, c, head, size, 0, e))
		return -1;
	if (size > 2 && head[0] == '#' && head[1] == '!')
		read_script(out, head, size, a);
	if (!elf_is(head, size))
		return 0;
	if (c->mem)
		return read_elf(out, c->mem, (size_t)c->size, a);
	if (c->size > ELF_MAX)
		return err_set(e, 0, "%s: a program of more than %u MiB", c->path, ELF_MAX >> 20);
	all = malloc((size_t)c->size);
	if (!all)
		return err_set(e, ENOMEM, "cannot load %s", c->path);
	memcpy(all, head, size);
	int r = read_at(fd, c, all, (size_t)c->size, size, e);
	if (r == 0)
		r = read_elf(out, all, (size_t)c->size, a);
	free(all);
	return r;
}
