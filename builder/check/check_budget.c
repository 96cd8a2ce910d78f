/* SPDX-License-Identifier: MIT
 *
 * What was written against `budget`: the files' sizes, and whether the machine's memory holds the kernel, the initramfs
 * while it is unpacked, and the services at their limits.
 *
 * How the kernel unpacks: init/initramfs.c and init/do_mounts.c of 6.12. The archive lies in memory until all of it is
 * unpacked; the files go to a tmpfs that may take half of the memory that is left beside the kernel and the archive.
 * Above that the kernel drops files, says "write error" and panics or boots what is left.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checks.h"
#include "content.h"
#include "replicas.h"
#include "zstd_file.h"

#define PAGE         4096u
#define INODE_COST   1024u       /* of kernel memory, with its name */
#define LOW_MEMORY   (16u << 20) /* x86 kernels stand above it */
#define TOP_MEMORY   (256u << 10) /* the firmware's tables, above the initramfs: QEMU's take 160 KiB */
#define SHOWN_MAX    3
#define HEADER_SIZE  0x264u      /* of a bzImage, as far as init_size (Documentation/arch/x86/boot.rst) */

static const char *
mib(struct arena *a, uint64_t n)
{
	uint64_t tenths = (n * 10 + (1u << 20) - 1) >> 20;

	return arena_printf(a, "%" PRIu64 ".%" PRIu64 "M", tenths / 10, tenths % 10);
}

/* ---- the tree's files, by where they come from ---- */

struct part {
	const struct origin *origin;
	uint64_t bytes;
};

struct parts {
	struct part *v;
	size_t n, room;
	uint64_t memory; /* what the files' bytes take in a tmpfs */
	uint64_t inodes;
};

static int
add_file(struct tree_entry *x, void *arg)
{
	struct parts *p = arg;

	if (x->inode->id++)
		return 0; /* another name */
	p->inodes++;
	if (x->inode->type != TREE_FILE)
		return 0;
	uint64_t size = x->inode->content.size;
	p->memory += (size + PAGE - 1) / PAGE * PAGE;
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->v[i].origin->text, x->origin->text) != 0)
			continue;
		p->v[i].bytes += size;
		return 0;
	}
	p->v = grow(p->v, p->n, &p->room, sizeof *p->v);
	p->v[p->n++] = (struct part){ x->origin, size };
	return 0;
}

static void
count_parts(struct tree *t, struct parts *p)
{
	*p = (struct parts){ .v = NULL };
	tree_clear_ids(tree_root(t));
	tree_walk(tree_root(t), add_file, p);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->origin->text, y->origin->text);
}

/* "debian libc6 2.36-9 12.1M, recipes/x.yml:3 4.0M" */
static const char *
largest(struct arena *a, struct parts *p)
{
	const char *text = "";

	if (p->n)
		qsort(p->v, p->n, sizeof *p->v, by_bytes);
	for (size_t i = 0; i < p->n && i < SHOWN_MAX; i++)
		text = arena_printf(a, "%s%s%s %s", text, i ? ", " : "", p->v[i].origin->text, mib(a, p->v[i].bytes));
	return text;
}

/* ---- the files ---- */

static uint64_t
file_size(const struct build *b, const char *(*name)(const struct build *b, const char *name), const char *file)
{
	struct stat st;

	return stat(name(b, file), &st) ? 0 : (uint64_t)st.st_size;
}

static void
check_files(const struct build *b, const char *(*name)(const struct build *b, const char *name))
{
	struct arena *a = b->project.arena;
	uint64_t most = b->project.image.budget.image, kernel = file_size(b, name, BUILD_KERNEL);
	struct parts parts;

	if (!most || b->for_run) /* it is about what is released */
		return;
	count_parts(b->tree, &parts);
	for (const struct output_kind *o = output_kinds; o->word; o++) {
		uint64_t size = build_wants(b, o->word) ? file_size(b, name, o->file) : 0;
		if (kernel + size > most)
			diag(b->project.diags, node_place(b->project.image.budget.head.node, "image"),
			     "the kernel (%s) and %s (%s) come to %s, %s more than budget.image; the largest parts, unpacked: %s",
			     mib(a, kernel), o->file, mib(a, size), mib(a, kernel + size), mib(a, kernel + size - most),
			     largest(a, &parts));
	}
	free(parts.v);
}

/* ---- memory ---- */

struct memory {
	uint64_t place;  /* for the kernel to unpack itself in */
	uint64_t kernel; /* what it keeps */
	uint64_t packed; /* the initramfs as a file */
	uint64_t files;  /* and as files of a tmpfs */
	uint64_t inodes; /* what the kernel needs to know of them */
	uint64_t limits; /* of the services */
};

/* The first piece is enough, and the rest need not be read for it. */
static size_t
read_head(const struct content *image, uint8_t head[HEADER_SIZE], struct err *e)
{
	struct content_stream *s = content_open(image, e);
	const void *data;
	ssize_t n = s ? content_next(s, &data, e) : 0;
	size_t size = n < (ssize_t)HEADER_SIZE ? 0 : HEADER_SIZE;

	if (size)
		memcpy(head, data, size);
	if (s)
		content_close(s);
	return size;
}

/* A bzImage says how much memory it needs to run; of that it keeps some nine tenths until the initramfs is unpacked
 * (Debian's 6.12: 55.9 MiB said, 50 to 51 kept). Of any other file the bytes are all that is known. */
static void
measure_kernel(const struct content *image, struct memory *m)
{
	uint8_t head[HEADER_SIZE];
	struct err ignored; /* it has been read a moment ago, to be written */
	uint64_t size = 0;

	m->place = m->kernel = image->size;
	if (!read_head(image, head, &ignored) || memcmp(head + 0x202, "HdrS", 4) != 0 || head[0x207] < 2)
		return;
	for (int i = 0; i < 4; i++)
		size |= (uint64_t)head[0x260 + i] << (8 * i);
	m->place = LOW_MEMORY + size + TOP_MEMORY;
	m->kernel = size * 9 / 10;
}

/* The least memory with which it boots. */
static uint64_t
least(const struct memory *m)
{
	uint64_t placed = m->place + m->packed, unpacked = m->kernel + m->packed + 2 * m->files;

	return placed > unpacked ? placed : unpacked;
}

static void
say_memory(const struct build *b, const struct memory *m)
{
	const struct image *i = &b->project.image;
	const struct node *place = node_place(i->budget.head.node ? i->budget.head.node : i->head.node, "memory");
	struct arena *a = b->project.arena;
	uint64_t sum = m->kernel + m->files + m->inodes + m->limits;

	if (least(m) > i->budget.memory)
		diag(b->project.diags, place,
		     "the machine cannot boot with %s (budget.memory): the kernel takes %s, the initramfs %s until it is unpacked, "
		     "and its %s of files may fill half of the rest: it needs %s",
		     mib(a, i->budget.memory), mib(a, m->kernel), mib(a, m->packed), mib(a, m->files), mib(a, least(m)));
	else if (sum > i->budget.memory)
		diag(b->project.diags, place,
		     "the kernel (%s), the image's files in memory (%s) and the services' memory limits (%s) come to %s, the machine "
		     "has %s (budget.memory)",
		     mib(a, m->kernel), mib(a, m->files + m->inodes), mib(a, m->limits), mib(a, sum), mib(a, i->budget.memory));
}

static void
check_memory(const struct build *b, const char *(*name)(const struct build *b, const char *name))
{
	struct memory m = { .limits = (b->plan.net ? NET_MEMORY : b->plan.dhcp ? DHCP_MEMORY : 0) +
				      (b->project.image.drift ? DRIFT_MEMORY : 0) };
	struct parts parts;

	if (!build_wants(b, "initramfs"))
		return;
	measure_kernel(&b->kernel.image, &m);
	if (b->plan.rooted) {
		m.files = zstd_unpacked(name(b, BUILD_INITRAMFS)); /* a handful of files: the archive's own size will do */
	} else {
		count_parts(b->tree, &parts);
		free(parts.v);
		m.files = parts.memory;
		m.inodes = parts.inodes * INODE_COST;
	}
	m.packed = file_size(b, name, BUILD_INITRAMFS);
	for (size_t i = 0; i < b->plan.n_units; i++)
		m.limits += b->plan.units[i].unit->limits.memory * replicas_count(b->plan.units[i].unit);
	say_memory(b, &m);
}

void
check_budget(const struct build *b, const char *(*name)(const struct build *b, const char *name))
{
	check_files(b, name);
	check_memory(b, name);
	check_score(b);
}
