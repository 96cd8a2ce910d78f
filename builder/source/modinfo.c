/* SPDX-License-Identifier: MIT
 *
 * Finds .modinfo by way of the ELF section headers. Every offset is checked against the file before it is used, and
 * every structure is copied out: the bytes may be unaligned.
 */
#include "modinfo.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

struct file {
	const char *at;
	size_t size;
};

/* Copies a structure out; false where it is not wholly inside the file. */
static bool
fetch(const struct file *f, uint64_t offset, void *to, size_t size)
{
	if (offset > f->size || size > f->size - offset)
		return false;
	memcpy(to, f->at + offset, size);
	return true;
}

static bool
fetch_section(const struct file *f, const Elf64_Ehdr *head, uint64_t index, Elf64_Shdr *to)
{
	uint64_t offset;

	if (__builtin_mul_overflow(index, (uint64_t)head->e_shentsize, &offset) ||
	    __builtin_add_overflow(offset, head->e_shoff, &offset))
		return false;
	return fetch(f, offset, to, sizeof *to);
}

static bool
is_inside(const struct file *f, const Elf64_Shdr *s)
{
	return s->sh_type != SHT_NOBITS && s->sh_offset <= f->size && s->sh_size <= f->size - s->sh_offset;
}

static int
fetch_head(const struct file *f, Elf64_Ehdr *head, struct err *e)
{
	if (!fetch(f, 0, head, sizeof *head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return err_set(e, 0, "it is not an ELF file");
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(e, 0, "it is not a 64-bit little-endian ELF file");
	if (head->e_shoff == 0 || head->e_shentsize < sizeof(Elf64_Shdr))
		return err_set(e, 0, "it has no section headers");
	return 0;
}

/* Whether the section is called so, by the table of names. */
static bool
is_named(const struct file *f, const Elf64_Shdr *names, const Elf64_Shdr *s, const char *name)
{
	size_t n = strlen(name) + 1;

	if (s->sh_name > names->sh_size || n > names->sh_size - s->sh_name)
		return false;
	return memcmp(f->at + names->sh_offset + s->sh_name, name, n) == 0;
}

int
modinfo_open(struct modinfo *m, const void *elf, size_t size, struct err *e)
{
	struct file f = { elf, size };
	Elf64_Shdr first, names, s;
	Elf64_Ehdr head;

	*m = (struct modinfo){ "", 0 };
	if (fetch_head(&f, &head, e))
		return -1;
	if (!fetch_section(&f, &head, 0, &first))
		return err_set(e, 0, "its section headers lie outside the file");
	/* counts that do not fit 16 bits are in the first header */
	uint64_t count = head.e_shnum ? head.e_shnum : first.sh_size;
	uint64_t names_at = head.e_shstrndx == SHN_XINDEX ? first.sh_link : head.e_shstrndx;
	if (names_at >= count || !fetch_section(&f, &head, names_at, &names) || !is_inside(&f, &names))
		return err_set(e, 0, "its section names lie outside the file");
	for (uint64_t i = 1; i < count; i++) {
		if (!fetch_section(&f, &head, i, &s))
			return err_set(e, 0, "its section headers lie outside the file");
		if (!is_named(&f, &names, &s, ".modinfo"))
			continue;
		if (!is_inside(&f, &s))
			return err_set(e, 0, "its .modinfo lies outside the file");
		if (s.sh_size && f.at[s.sh_offset + s.sh_size - 1] != '\0')
			return err_set(e, 0, "its .modinfo does not end with a NUL");
		m->text = f.at + s.sh_offset;
		m->size = s.sh_size;
		return 0;
	}
	return 0;
}

const char *
modinfo_next(const struct modinfo *m, const char *key, const char *after)
{
	const char *end = m->text + m->size, *p = m->text;
	size_t n = strlen(key);

	if (after)
		p = after + strlen(after) + 1;
	for (; p < end; p += strlen(p) + 1) /* the section's last byte is a NUL */
		if (strncmp(p, key, n) == 0 && p[n] == '=')
			return p + n + 1;
	return NULL;
}
