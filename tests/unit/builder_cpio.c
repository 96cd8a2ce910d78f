/* SPDX-License-Identifier: MIT
 *
 * builder/out_cpio.c, cpio_parts.c, cpio_frame.c and zstd_file.c: the initramfs is unpacked with libzstd and read
 * back, archive by archive, by libarchive and header by header. Names, modes, links and sizes are the tree's, hard
 * links carry their data once and stand in one archive, device and inode numbers say nothing of the host, each frame's
 * pledged size is right for every length of a name, and what newc cannot hold is an error or said, never a silent loss.
 * A changed file changes its own part alone, and a damaged part of the cache is made again.
 */
#include "support_builder.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "cache.h"
#include "content.h"
#include "out_cpio.h"
#include "progress.h"

#define FRAMES_MAX 64

struct output {
	unsigned char *packed, *raw;
	size_t packed_size, raw_size;
	size_t n_frames, frame_end[FRAMES_MAX]; /* in packed */
	size_t raw_end[FRAMES_MAX];             /* of each frame's archive, in raw */
	struct out_size said;
};

/* Each group of tests has one cache, below its folder. */
static struct cache *cache;

/* Every frame is whole, of known size, and stands right behind the one before. */
static void
unpack_frames(struct output *o)
{
	for (size_t at = 0; at < o->packed_size;) {
		const unsigned char *frame = o->packed + at;
		unsigned long long size = ZSTD_getFrameContentSize(frame, o->packed_size - at);
		assert_true(size < 1u << 30); /* known, not an error */
		assert_int_equal(size % 4, 0);
		size_t packed = ZSTD_findFrameCompressedSize(frame, o->packed_size - at);
		assert_false(ZSTD_isError(packed));
		o->raw = realloc(o->raw, o->raw_size + (size_t)size + 1);
		size_t n = ZSTD_decompress(o->raw + o->raw_size, (size_t)size, frame, packed);
		assert_false(ZSTD_isError(n));
		assert_int_equal(n, size);
		assert_true(o->n_frames < FRAMES_MAX);
		o->raw_size += n;
		at += packed;
		o->raw_end[o->n_frames] = o->raw_size;
		o->frame_end[o->n_frames++] = at;
	}
	assert_int_equal(o->said.raw, o->raw_size);
	assert_int_equal(o->said.compressed, o->packed_size);
}

static void
write_by(struct tree *t, struct cache *c, int level, struct output *o)
{
	struct err e = { .msg = "" };
	int fd = memfd_create("out", MFD_CLOEXEC);

	assert_true(fd >= 0);
	*o = (struct output){ .n_frames = 0 };
	if (out_cpio_zst(t, c, fd, level, &o->said, &e))
		fail_msg("%s", e.msg);
	o->packed_size = (size_t)lseek(fd, 0, SEEK_END);
	o->packed = malloc(o->packed_size);
	assert_int_equal(pread(fd, o->packed, o->packed_size, 0), o->packed_size);
	close(fd);
	unpack_frames(o);
}

/* By the tests' own cache. */
static void
write_out(struct tree *t, int level, struct output *o)
{
	write_by(t, cache, level, o);
}

/* By a new one, so that everything is compressed. */
static void
write_cold(struct tree *t, int level, struct output *o)
{
	static int n;
	char path[32];
	struct err e;

	snprintf(path, sizeof path, "cold/%d", n++);
	struct cache *c = cache_open(path, &e);
	assert_non_null(c);
	write_by(t, c, level, o);
	cache_close(c);
}

static void
output_free(struct output *o)
{
	free(o->packed);
	free(o->raw);
}

static void
put_file(struct tree *t, const char *path, const char *bytes, size_t size, const struct tree_meta *meta)
{
	struct tree_put h = put_as(0, TREE_STRICT);
	struct content c;
	struct err e;

	h.meta = *meta;
	content_of_mem(&c, bytes, size);
	if (tree_put_file(t, path, &c, &h, &e))
		fail_msg("%s", e.msg);
}

static struct tree *
sample(void)
{
	static char big[300000];
	struct tree *t = tree_new();
	struct tree_put h = put_as(01777, TREE_STRICT);
	struct err e;

	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)(i * i >> 7);
	put_file(t, "/init", "#!", 2, &(struct tree_meta){ .mode = 0755 });
	put_file(t, "/etc/empty", "", 0, &(struct tree_meta){ .mode = 0600, .uid = 7, .gid = 70000, .mtime = 1700000000 });
	put_file(t, "/usr/big", big, sizeof big, &(struct tree_meta){ .mode = 04711 });
	assert_int_equal(tree_put_dir(t, "/tmp", &h, &e), 0);
	assert_int_equal(tree_put_symlink(t, "/bin", "usr/bin", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/etc/also-big", "/usr/big", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/usr/big-too", "/usr/big", &h, &e), 0);
	return t;
}

/* ---- read back by libarchive ---- */

static void
describe(struct archive *a, struct archive_entry *x, FILE *to)
{
	const char *link = archive_entry_hardlink(x), *target = archive_entry_symlink(x);
	static const char *const types[] = { [AE_IFDIR >> 12] = "dir", [AE_IFREG >> 12] = "file", [AE_IFLNK >> 12] = "link" };
	char buf[4096];
	size_t data = 0;
	la_ssize_t n;

	while ((n = archive_read_data(a, buf, sizeof buf)) > 0)
		data += (size_t)n;
	assert_int_equal(n, 0);
	fprintf(to, "%s %s %04o %d:%d @%lld %zu%s%s%s%s\n", archive_entry_pathname(x), types[archive_entry_filetype(x) >> 12],
		(unsigned)archive_entry_perm(x), (int)archive_entry_uid(x), (int)archive_entry_gid(x),
		(long long)archive_entry_mtime(x), target ? 0 : data, target ? " -> " : "", target ? target : "", link ? " = " : "",
		link ? link : "");
}

/* libarchive ends at the first trailer: each archive is read by itself. */
static void
list_archive(const unsigned char *raw, size_t size, FILE *to)
{
	struct archive *a = archive_read_new();
	struct archive_entry *x;
	int r;

	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_memory(a, raw, size), ARCHIVE_OK);
	while ((r = archive_read_next_header(a, &x)) == ARCHIVE_OK)
		describe(a, x, to);
	assert_int_equal(r, ARCHIVE_EOF);
	archive_read_free(a);
}

static char *
listing(const struct output *o)
{
	char *text;
	size_t size, at = 0;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; i < o->n_frames; at = o->raw_end[i++])
		list_archive(o->raw + at, o->raw_end[i] - at, f);
	fclose(f);
	return text;
}

TEST(libarchive_reads_what_the_tree_holds)
{
	struct tree *t = sample();
	struct output o;

	write_out(t, 3, &o);
	char *text = listing(&o);
	assert_string_equal(text, "bin link 0777 0:0 @0 0 -> usr/bin\n"
				  "etc dir 0755 0:0 @0 0\n"
				  "tmp dir 1777 0:0 @0 0\n"
				  "usr dir 0755 0:0 @0 0\n"
				  "etc/also-big file 4711 0:0 @0 300000\n"
				  "usr/big file 4711 0:0 @0 0 = etc/also-big\n"
				  "usr/big-too file 4711 0:0 @0 0 = etc/also-big\n"
				  "etc/empty file 0600 7:70000 @1700000000 0\n"
				  "init file 0755 0:0 @0 2\n");
	assert_int_equal(o.n_frames, 2);
	free(text);
	output_free(&o);
	tree_free(t);
}

/* ---- read back header by header ---- */

enum {
	INO, MODE, UID, GID, NLINK, MTIME, SIZE, DEV_MAJOR, DEV_MINOR, RDEV_MAJOR, RDEV_MINOR, NAME_SIZE, CHECK, FIELDS
};

struct member {
	uint32_t field[FIELDS];
	const char *name;
	const unsigned char *data;
};

/* The member at *at, which moves behind it; false at the trailer. */
static bool
next_member(const struct output *o, size_t *at, struct member *m)
{
	assert_true(*at % 4 == 0 && *at + 110 <= o->raw_size);
	const unsigned char *h = o->raw + *at;
	assert_memory_equal(h, "070701", 6);
	for (int i = 0; i < FIELDS; i++) {
		char hex[9] = "";
		memcpy(hex, h + 6 + 8 * i, 8);
		assert_int_equal(strspn(hex, "0123456789abcdefABCDEF"), 8);
		m->field[i] = (uint32_t)strtoul(hex, NULL, 16);
	}
	m->name = (const char *)h + 110;
	assert_int_equal(strlen(m->name) + 1, m->field[NAME_SIZE]);
	size_t data = (*at + 110 + m->field[NAME_SIZE] + 3) & ~(size_t)3;
	m->data = o->raw + data;
	*at = (data + m->field[SIZE] + 3) & ~(size_t)3;
	assert_true(*at <= o->raw_size);
	return strcmp(m->name, "TRAILER!!!") != 0;
}

TEST(numbers_say_nothing_of_the_host)
{
	struct tree *t = sample();
	struct output o;
	struct member m;
	uint32_t highest, shared = 0, names = 0, members = 0;
	size_t at = 0;

	write_out(t, 3, &o);
	for (size_t i = 0; i < o.n_frames; i++) {
		highest = 0;
		while (next_member(&o, &at, &m)) {
			members++;
			assert_int_equal(m.field[DEV_MAJOR] | m.field[DEV_MINOR] | m.field[RDEV_MAJOR] | m.field[RDEV_MINOR], 0);
			assert_int_equal(m.field[CHECK], 0);
			if (strstr(m.name, "big")) {
				assert_int_equal(m.field[NLINK], 3);
				assert_int_equal(m.field[SIZE], names++ ? 0 : 300000); /* the first name alone has the data */
				assert_true(shared == 0 || shared == m.field[INO]);
				shared = m.field[INO];
			} else {
				assert_int_equal(m.field[NLINK], 1);
			}
			if (m.field[INO] > highest)
				assert_int_equal(m.field[INO], highest + 1); /* counted along the archive */
			highest = m.field[INO] > highest ? m.field[INO] : highest;
		}
		assert_int_equal(at, o.raw_end[i]); /* nothing behind the trailer */
	}
	assert_int_equal(names, 3);
	assert_int_equal(members, 9);
	output_free(&o);
	tree_free(t);
}

TEST(an_empty_tree_is_an_archive)
{
	struct tree *t = tree_new();
	struct output o;
	struct member m;
	size_t at = 0;

	write_out(t, 1, &o);
	assert_false(next_member(&o, &at, &m));
	assert_int_equal(at, o.raw_size);
	output_free(&o);
	tree_free(t);
}

/* zstd refuses a frame that is longer or shorter than pledged: all paddings of names, targets and data are met here. */
TEST(the_pledged_size_is_right_for_every_length)
{
	char path[80] = "/", bytes[80];

	memset(bytes, 'b', sizeof bytes);
	for (size_t n = 1; n <= 64; n++) {
		struct tree *t = tree_new();
		struct tree_put h = put_as(0, TREE_STRICT);
		struct output o;
		struct err e;
		memset(path + 1, 'n', n);
		path[n + 1] = '\0';
		put_file(t, path, bytes, n % 7, &(struct tree_meta){ .mode = 0644 });
		assert_int_equal(tree_put_symlink(t, "/l", path + 1, &h, &e), 0);
		assert_int_equal(tree_put_hardlink(t, "/x/y", path, &h, &e), 0);
		write_out(t, 1, &o);
		char *text = listing(&o);
		assert_has(text, path + 1);
		free(text);
		output_free(&o);
		tree_free(t);
	}
}

TEST(twice_is_the_same)
{
	struct tree *t = sample();
	struct output a, b;

	for (int level = 1; level <= 19; level += 6) {
		write_cold(t, level, &a);
		write_cold(t, level, &b);
		assert_int_equal(a.packed_size, b.packed_size);
		assert_memory_equal(a.packed, b.packed, a.packed_size);
		output_free(&a);
		output_free(&b);
	}
	tree_free(t);
}

/* Two hundred files of 256 KiB, and one beyond what is left to a single thread, so that the number of processors could
 * matter. Their bytes are the same whatever the changed one. */
#define MANY 200

static struct tree *
several_parts(bool huge, int changed)
{
	static char bytes[70u << 20];
	struct tree *t = tree_new();
	char path[32];
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof bytes; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (char)(i % 3 ? i / 7 : x >> 24);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof path, "/d%d/file-%d", i % 7, i);
		bytes[(size_t)i << 18] = i == changed;
		put_file(t, path, bytes + ((size_t)i << 18), 256u << 10, &(struct tree_meta){ .mode = 0644 });
	}
	if (huge)
		put_file(t, "/huge", bytes, sizeof bytes, &(struct tree_meta){ .mode = 0644 });
	return t;
}

/* At a level where no worker and one give other bytes of this; at 1 they do not. */
TEST(one_processor_gives_the_same_bytes)
{
	struct tree *t = several_parts(true, 0);
	struct output all, one;
	cpu_set_t had, first;

	write_cold(t, 3, &all);
	assert_int_equal(sched_getaffinity(0, sizeof had, &had), 0);
	int cpu = 0;
	while (!CPU_ISSET(cpu, &had))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	assert_int_equal(sched_setaffinity(0, sizeof first, &first), 0);
	write_cold(t, 3, &one);
	assert_int_equal(sched_setaffinity(0, sizeof had, &had), 0);
	assert_int_equal(all.packed_size, one.packed_size);
	assert_memory_equal(all.packed, one.packed, all.packed_size);
	output_free(&all);
	output_free(&one);
	tree_free(t);
}

/* ---- the parts ---- */

/* How many of b's frames are not among a's. */
static size_t
new_frames(const struct output *a, const struct output *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_frames; i++) {
		size_t at = i ? b->frame_end[i - 1] : 0, size = b->frame_end[i] - at;
		bool found = false;
		for (size_t k = 0; k < a->n_frames && !found; k++) {
			size_t other = k ? a->frame_end[k - 1] : 0;
			found = a->frame_end[k] - other == size && memcmp(a->packed + other, b->packed + at, size) == 0;
		}
		n += !found;
	}
	return n;
}

TEST(a_changed_file_changes_its_own_part_alone)
{
	struct tree *t = several_parts(false, -1);
	struct output a, b, cold;

	write_out(t, 1, &a);
	tree_free(t);
	t = several_parts(false, 100);
	write_out(t, 1, &b);
	assert_true(a.n_frames > 3);
	assert_int_equal(b.n_frames, a.n_frames);
	assert_int_equal(new_frames(&a, &b), 1);
	write_cold(t, 1, &cold); /* what the cache held made no difference */
	assert_int_equal(cold.packed_size, b.packed_size);
	assert_memory_equal(cold.packed, b.packed, b.packed_size);
	output_free(&a);
	output_free(&b);
	output_free(&cold);
	tree_free(t);
}

TEST(a_file_that_comes_or_goes_changes_few_parts)
{
	struct tree *t = several_parts(false, -1);
	struct output a, b, c;

	write_out(t, 1, &a);
	put_file(t, "/d0/another", "x", 1, &(struct tree_meta){ .mode = 0644 });
	write_out(t, 1, &b);
	assert_true(new_frames(&a, &b) <= 2); /* that part, and the one behind it if the cut moved */
	assert_true(tree_remove(t, "/d0/another"));
	write_out(t, 1, &c);
	assert_int_equal(new_frames(&a, &c), 0);
	output_free(&a);
	output_free(&b);
	output_free(&c);
	tree_free(t);
}

/* The kernel forgets inode numbers at each trailer: a link in another archive would be a file without its bytes. */
TEST(all_names_of_a_file_stand_in_one_part)
{
	struct tree *t = several_parts(false, -1);
	struct tree_put h = put_as(0644, TREE_STRICT);
	struct output o;
	struct member m;
	struct err e;
	char path[32], existing[32];
	size_t at = 0, names = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(existing, sizeof existing, "/d%d/file-%d", i % 7, i);
		snprintf(path, sizeof path, "/z%d/other-%d", i % 5, i);
		assert_int_equal(tree_put_hardlink(t, path, existing, &h, &e), 0);
	}
	write_out(t, 1, &o);
	assert_true(o.n_frames > 3);
	for (size_t i = 0; i < o.n_frames; i++) {
		uint32_t of = 0;
		while (next_member(&o, &at, &m)) {
			if (m.field[NLINK] != 2)
				continue;
			assert_int_equal(m.field[SIZE], names % 2 ? 0 : 256u << 10);
			assert_true(names % 2 == 0 || m.field[INO] == of); /* the two follow one another */
			of = m.field[INO];
			names++;
		}
		assert_int_equal(names % 2, 0);
		assert_int_equal(at, o.raw_end[i]);
	}
	assert_int_equal(names, 2 * MANY);
	output_free(&o);
	tree_free(t);
}

static void
damage_frame(const struct output *o, size_t i)
{
	struct content c;
	char hex[DIGEST_HEX], path[128];
	size_t at = i ? o->frame_end[i - 1] : 0;

	content_of_mem(&c, o->packed + at, o->frame_end[i] - at);
	digest_hex(c.sha256, hex);
	snprintf(path, sizeof path, "cache/blob/%.2s/%s", hex, hex);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "poison", 6, 40), 6);
	close(fd);
}

/* case 25 */
TEST(a_poisoned_part_is_made_again)
{
	struct tree *t = several_parts(false, -1);
	struct output good, again;

	write_out(t, 1, &good);
	for (size_t i = 1; i < good.n_frames; i += 2) {
		damage_frame(&good, i);
		for (int twice = 0; twice < 2; twice++) { /* the second time from the cache, which is whole again */
			write_out(t, 1, &again);
			assert_int_equal(good.packed_size, again.packed_size);
			assert_memory_equal(good.packed, again.packed, good.packed_size);
			output_free(&again);
		}
	}
	output_free(&good);
	tree_free(t);
}

/* The frame header of RFC 8878: the kernel panics at a window above 2^27, and cannot take a dictionary. */
TEST(the_kernel_can_read_the_frame)
{
	static const char zeros[20 << 20]; /* beyond the level's own window */
	struct tree *t = tree_new();
	struct output o;

	put_file(t, "/zeros", zeros, sizeof zeros, &(struct tree_meta){ .mode = 0644 });
	write_out(t, 19, &o);
	assert_memory_equal(o.packed, "\x28\xb5\x2f\xfd", 4);
	unsigned descriptor = o.packed[4];
	assert_int_equal(descriptor & 3, 0);                       /* no dictionary */
	assert_int_equal(descriptor >> 2 & 1, 1);                  /* a checksum */
	if (!(descriptor & 0x20))                                  /* not one segment: a window descriptor follows */
		assert_true(10 + (o.packed[5] >> 3) + ((o.packed[5] & 7) != 0) <= 27);
	output_free(&o);
	tree_free(t);
}

/* ---- what cannot be written ---- */

static int
try_out(struct tree *t, int fd, struct err *e)
{
	struct out_size size;

	e->msg[0] = '\0';
	return out_cpio_zst(t, cache, fd, 1, &size, e);
}

TEST(a_file_of_four_gib_is_refused_before_anything_is_written)
{
	struct tree *t = tree_new();
	struct tree_put h = put_as(0644, TREE_STRICT);
	struct content c = { .size = 4ull << 30, .path = "absent" };
	struct err e;
	int fd = memfd_create("out", MFD_CLOEXEC);

	assert_int_equal(tree_put_file(t, "/var/huge", &c, &h, &e), 0);
	assert_int_equal(try_out(t, fd, &e), -1);
	assert_string_equal(e.msg, "var/huge has 4294967296 bytes: a cpio archive holds at most 4 GiB - 1 in one file");
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
	tree_free(t);
}

TEST(a_file_that_would_end_the_archive_is_refused)
{
	struct tree *t = tree_new();
	struct err e;
	int fd = memfd_create("out", MFD_CLOEXEC);

	put_file(t, "/a/TRAILER!!!", "x", 1, &(struct tree_meta){ .mode = 0644 }); /* below a folder it is a name like any */
	assert_int_equal(try_out(t, fd, &e), 0);
	put_file(t, "/TRAILER!!!", "x", 1, &(struct tree_meta){ .mode = 0644 });
	assert_int_equal(try_out(t, fd, &e), -1);
	assert_string_equal(e.msg, "a file called /TRAILER!!! ends a cpio archive: give it another name");
	close(fd);
	tree_free(t);
}

TEST(a_link_that_the_kernel_would_leave_out_is_refused)
{
	static char target[4200];
	struct tree *t = tree_new();
	struct tree_put h = put_as(0, TREE_STRICT);
	struct err e;
	int fd = memfd_create("out", MFD_CLOEXEC);

	memset(target, 't', 4095);
	assert_int_equal(tree_put_symlink(t, "/long", target, &h, &e), 0);
	assert_int_equal(try_out(t, fd, &e), 0);
	target[4095] = 't';
	assert_int_equal(tree_put_symlink(t, "/longer", target, &h, &e), 0);
	assert_int_equal(try_out(t, fd, &e), -1);
	assert_has(e.msg, "/longer: the link's target has more than 4095 bytes");
	close(fd);
	tree_free(t);
}

/* What is written to standard error meanwhile; malloc'ed. */
static char *
said_while_writing(struct tree *t)
{
	int had = dup(STDERR_FILENO), fd = memfd_create("said", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
	char *text = calloc(1, 4096);
	struct err e;

	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	progress_mode(PROGRESS_SHOWN);
	int r = try_out(t, out, &e);
	progress_mode(PROGRESS_QUIET);
	dup2(had, STDERR_FILENO);
	assert_int_equal(r, 0);
	assert_true(pread(fd, text, 4095, 0) >= 0);
	close(had);
	close(fd);
	close(out);
	return text;
}

TEST(what_cpio_cannot_hold_is_said)
{
	static const struct tree_xattr x = { "user.note", "value", 5 };
	struct tree *t = tree_new();
	struct tree_put h = put_as(0755, TREE_STRICT);
	struct err e;

	char *text = said_while_writing(t);
	assert_has_not(text, "initramfs:");
	free(text);
	h.xattrs = &x;
	h.n_xattrs = 1;
	assert_int_equal(tree_put_dir(t, "/d", &h, &e), 0);
	put_file(t, "/early", "x", 1, &(struct tree_meta){ .mode = 0644, .mtime = -1 });
	text = said_while_writing(t);
	assert_has(text, "initramfs: the extended attributes of 1 file are not in it, as cpio cannot hold them: /d\n");
	assert_has(text, "initramfs: 1 time before 1970 or after 2106 is moved there, as cpio cannot hold it: /early\n");
	free(text);
	assert_int_equal(tree_put_dir(t, "/e", &h, &e), 0);
	put_file(t, "/late", "x", 1, &(struct tree_meta){ .mode = 0644, .mtime = 1ll << 32 });
	text = said_while_writing(t);
	assert_has(text, "attributes of 2 files are not in it, as cpio cannot hold them: /d is the first\n");
	assert_has(text, "2 times before 1970 or after 2106 are moved there, as cpio cannot hold them: /early is the first\n");
	free(text);
	tree_free(t);
}

TEST(a_source_that_changed_is_refused)
{
	static const char *const now[] = { "longer than it was", "shrt", "wrong" };
	struct err e;

	for (size_t i = 0; i < COUNT(now); i++) {
		struct tree *t = tree_new();
		struct tree_put h = put_as(0644, TREE_STRICT);
		struct content c;
		int fd = memfd_create("out", MFD_CLOEXEC);
		write_text("source", "right");
		assert_int_equal(content_of_file(&c, "source", &e), 0);
		assert_int_equal(tree_put_file(t, "/a", &c, &h, &e), 0);
		write_text("source", now[i]);
		assert_int_equal(try_out(t, fd, &e), -1);
		assert_has(e.msg, "a: source no longer holds the bytes it held");
		unlink("source");
		assert_int_equal(try_out(t, fd, &e), -1);
		assert_has(e.msg, "cannot read source");
		close(fd);
		tree_free(t);
	}
}

TEST(a_full_disk_is_said)
{
	struct tree *t = sample();
	struct err e;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(try_out(t, fd, &e), -1);
	assert_string_equal(e.msg, "cannot write the image: No space left on device");
	close(fd);
	tree_free(t);
}

static int
quiet_temp(void **state)
{
	struct err e;

	progress_mode(PROGRESS_QUIET);
	if (temp_enter(state))
		return -1;
	cache = cache_open("cache", &e);
	return cache ? 0 : -1;
}

static int
close_temp(void **state)
{
	cache_close(cache);
	return temp_leave(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libarchive_reads_what_the_tree_holds),
		cmocka_unit_test(numbers_say_nothing_of_the_host),
		cmocka_unit_test(an_empty_tree_is_an_archive),
		cmocka_unit_test(the_pledged_size_is_right_for_every_length),
		cmocka_unit_test(twice_is_the_same),
		cmocka_unit_test(one_processor_gives_the_same_bytes),
		cmocka_unit_test(a_changed_file_changes_its_own_part_alone),
		cmocka_unit_test(a_file_that_comes_or_goes_changes_few_parts),
		cmocka_unit_test(all_names_of_a_file_stand_in_one_part),
		cmocka_unit_test(a_poisoned_part_is_made_again),
		cmocka_unit_test(the_kernel_can_read_the_frame),
		cmocka_unit_test(a_file_of_four_gib_is_refused_before_anything_is_written),
		cmocka_unit_test(a_file_that_would_end_the_archive_is_refused),
		cmocka_unit_test(a_link_that_the_kernel_would_leave_out_is_refused),
		cmocka_unit_test(what_cpio_cannot_hold_is_said),
		cmocka_unit_test(a_source_that_changed_is_refused),
		cmocka_unit_test(a_full_disk_is_said),
	};

	return cmocka_run_group_tests(tests, quiet_temp, close_temp);
}
