/* SPDX-License-Identifier: MIT
 *
 * Field by field, each with its offset held against the file first: nothing is cast, so that neither alignment nor the
 * byte order of the host matters. Formats: System V ABI, chapters 4 and 5, and <elf.h>.
 */
#include "elf.h"

#include <elf.h>
#include <string.h>

#define SEGMENTS_MAX 4096
#define DYNAMIC_MAX  65536

struct file {
	const uint8_t *at;
	uint64_t size;
	bool wide; /* 64 bits */
	bool big;
};

/* A segment, whatever its class. */
struct segment {
	uint64_t type, offset, address, size; /* size: in the file */
};

struct table {
	uint64_t offset, count, each;
};

/* The entries of the dynamic section that matter here. */
struct dynamic {
	uint64_t strings, strings_size; /* address, bytes */
	uint64_t rpath, runpath;        /* offsets of strings; UINT64_MAX: none */
	uint64_t needed[ELF_NEEDED_MAX];
	size_t n_needed;
};

static int
number(const struct file *f, uint64_t offset, unsigned width, uint64_t *out, struct err *e)
{
	if (offset > f->size || width > f->size - offset)
		return err_set(e, 0, "its headers lie outside the file");
	*out = 0;
	for (unsigned i = 0; i < width; i++)
		*out |= (uint64_t)f->at[offset + i] << (8 * (f->big ? width - 1 - i : i));
	return 0;
}

/* A word of the class: four bytes or eight, at one place or the other. */
static int
word(const struct file *f, uint64_t offset, unsigned at32, unsigned at64, uint64_t *out, struct err *e)
{
	return number(f, offset + (f->wide ? at64 : at32), f->wide ? 8 : 4, out, e);
}

static int
read_segment(const struct file *f, const struct table *t, uint64_t index, struct segment *s, struct err *e)
{
	uint64_t at;

	if (__builtin_mul_overflow(index, t->each, &at) || __builtin_add_overflow(at, t->offset, &at) || at > f->size)
		return err_set(e, 0, "its headers lie outside the file");
	return number(f, at, 4, &s->type, e) || word(f, at, 4, 8, &s->offset, e) || word(f, at, 8, 16, &s->address, e) ||
	       word(f, at, 16, 32, &s->size, e) ? -1 : 0;
}

/* A string of the file, within its first `room` bytes; the copy is the arena's. */
static int
text(const struct file *f, uint64_t offset, uint64_t room, struct arena *a, const char **out, struct err *e)
{
	if (offset > f->size || room > f->size - offset)
		return err_set(e, 0, "its strings lie outside the file");
	if (room > ELF_TEXT_MAX + 1)
		room = ELF_TEXT_MAX + 1;
	const uint8_t *end = room ? memchr(f->at + offset, 0, room) : NULL;
	if (!end)
		return err_set(e, 0, "one of its strings has no end, or more than %d bytes", ELF_TEXT_MAX);
	*out = arena_strdup(a, (const char *)f->at + offset);
	return 0;
}

static int
read_head(struct file *f, struct elf *out, struct table *t, struct err *e)
{
	uint64_t type, machine;

	if (f->size < EI_NIDENT || (f->at[EI_CLASS] != ELFCLASS32 && f->at[EI_CLASS] != ELFCLASS64) ||
	    (f->at[EI_DATA] != ELFDATA2LSB && f->at[EI_DATA] != ELFDATA2MSB))
		return err_set(e, 0, "its ELF header is wrong");
	f->wide = f->at[EI_CLASS] == ELFCLASS64;
	f->big = f->at[EI_DATA] == ELFDATA2MSB;
	if (number(f, 16, 2, &type, e) || number(f, 18, 2, &machine, e) || word(f, 0, 28, 32, &t->offset, e) ||
	    number(f, f->wide ? 54 : 42, 2, &t->each, e) || number(f, f->wide ? 56 : 44, 2, &t->count, e))
		return -1;
	out->bits = f->wide ? 64 : 32;
	out->big_endian = f->big;
	out->machine = (unsigned)machine;
	out->loads = type == ET_EXEC || type == ET_DYN;
	if (out->loads && t->count && (t->each < (f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) ||
				       t->count > SEGMENTS_MAX))
		return err_set(e, 0, "its ELF header is wrong");
	return 0;
}

/* Where the address lies in the file, and how much of its segment follows. */
static int
find_address(const struct file *f, const struct table *t, uint64_t address, uint64_t *offset, uint64_t *room,
	     struct err *e)
{
	struct segment s;

	for (uint64_t i = 0; i < t->count; i++) {
		if (read_segment(f, t, i, &s, e))
			return -1;
		if (s.type != PT_LOAD || address < s.address || address - s.address >= s.size || s.offset > f->size ||
		    s.size > f->size - s.offset)
			continue;
		*offset = s.offset + (address - s.address);
		*room = s.size - (address - s.address);
		return 0;
	}
	return err_set(e, 0, "its strings lie in none of its segments");
}

static int
add_needed(struct dynamic *d, uint64_t at, struct err *e)
{
	if (d->n_needed == ELF_NEEDED_MAX)
		return err_set(e, 0, "it names more than %d libraries", ELF_NEEDED_MAX);
	d->needed[d->n_needed++] = at;
	return 0;
}

static int
read_dynamic(const struct file *f, const struct segment *s, struct dynamic *d, struct err *e)
{
	uint64_t each = f->wide ? 16 : 8, count = s->size / each, tag, value;

	if (s->offset > f->size || s->size > f->size - s->offset || count > DYNAMIC_MAX)
		return err_set(e, 0, "its dynamic section lies outside the file");
	for (uint64_t i = 0; i < count; i++) {
		if (word(f, s->offset + i * each, 0, 0, &tag, e) || word(f, s->offset + i * each, 4, 8, &value, e))
			return -1;
		if (tag == DT_NULL)
			break;
		if (tag == DT_STRTAB)
			d->strings = value;
		else if (tag == DT_STRSZ)
			d->strings_size = value;
		else if (tag == DT_RPATH)
			d->rpath = value;
		else if (tag == DT_RUNPATH)
			d->runpath = value;
		else if (tag == DT_NEEDED && add_needed(d, value, e))
			return -1;
	}
	return 0;
}

static int
dynamic_text(const struct file *f, uint64_t strings, uint64_t size, uint64_t at, struct arena *a, const char **out,
	     struct err *e)
{
	if (at >= size)
		return err_set(e, 0, "its strings lie outside the file");
	return text(f, strings + at, size - at, a, out, e);
}

static int
take_dynamic(const struct file *f, const struct table *t, const struct segment *s, struct arena *a, struct elf *out,
	     struct err *e)
{
	struct dynamic *d = arena_alloc(a, sizeof *d); /* too large for a stack */
	uint64_t strings = 0, room = 0;

	d->rpath = d->runpath = UINT64_MAX;
	if (read_dynamic(f, s, d, e))
		return -1;
	if (!d->n_needed && d->rpath == UINT64_MAX && d->runpath == UINT64_MAX)
		return 0;
	if (find_address(f, t, d->strings, &strings, &room, e))
		return -1;
	if (d->strings_size < room)
		room = d->strings_size;
	out->needed = arena_alloc(a, (d->n_needed + 1) * sizeof *out->needed);
	for (size_t i = 0; i < d->n_needed; i++)
		if (dynamic_text(f, strings, room, d->needed[i], a, &out->needed[out->n_needed++], e))
			return -1;
	if (d->rpath != UINT64_MAX && dynamic_text(f, strings, room, d->rpath, a, &out->rpath, e))
		return -1;
	return d->runpath != UINT64_MAX ? dynamic_text(f, strings, room, d->runpath, a, &out->runpath, e) : 0;
}

bool
elf_is(const void *bytes, size_t size)
{
	return size >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0;
}

int
elf_read(struct elf *out, const void *bytes, size_t size, struct arena *a, struct err *e)
{
	struct file f = { .at = bytes, .size = size };
	struct elf x = { .bits = 0 };
	struct table t = { 0 };
	struct segment s;
	unsigned dynamic = 0;

	if (!elf_is(bytes, size))
		return err_set(e, 0, "it is not an ELF file");
	if (read_head(&f, &x, &t, e))
		return -1;
	for (uint64_t i = 0; x.loads && i < t.count; i++) {
		if (read_segment(&f, &t, i, &s, e))
			return -1;
		if (s.type == PT_INTERP && !x.interpreter && text(&f, s.offset, s.size, a, &x.interpreter, e))
			return -1;
		if (s.type == PT_DYNAMIC && dynamic++)
			return err_set(e, 0, "it has two dynamic sections");
		if (s.type == PT_DYNAMIC && s.size && take_dynamic(&f, &t, &s, a, &x, e))
			return -1;
	}
	*out = x;
	return 0;
}

const char *
elf_machine(const struct elf *x, struct arena *a)
{
	static const struct {
		unsigned machine, bits;
		bool big;
		const char *name;
	} names[] = {
		{ EM_X86_64, 64, false, "x86_64" },   { EM_X86_64, 32, false, "x32" },     { EM_386, 32, false, "i386" },
		{ EM_AARCH64, 64, false, "aarch64" }, { EM_ARM, 32, false, "arm" },        { EM_RISCV, 64, false, "riscv64" },
		{ EM_PPC64, 64, false, "ppc64le" },   { EM_PPC64, 64, true, "ppc64" },     { EM_S390, 64, true, "s390x" },
		{ EM_MIPS, 64, false, "mips64el" },   { EM_MIPS, 32, false, "mipsel" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].machine == x->machine && names[i].bits == x->bits && names[i].big == x->big_endian)
			return names[i].name;
	return arena_printf(a, "machine %u", x->machine);
}
