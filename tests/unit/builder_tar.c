/* SPDX-License-Identifier: MIT
 *
 * builder/tar_write.c, tar_tree.c and out_tar.c: read back by libarchive, with everything that a ustar header cannot
 * hold: long names and targets, large and negative numbers, extended attributes, hard links. What is below a folder can
 * be written as a tree of its own.
 */
#include "support_builder.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "content.h"
#include "out_tar.h"
#include "progress.h"
#include "tar_write.h"

struct bytes {
	char *at;
	size_t size;
	FILE *to;
};

static int
to_bytes(void *arg, const void *data, size_t size, struct err *e)
{
	struct bytes *b = arg;

	(void)e;
	return fwrite(data, 1, size, b->to) == size ? 0 : -1;
}

static void
write_below(struct tree_entry *top, bool describe, struct bytes *b)
{
	struct tar_out out = { .take = to_bytes, .arg = b, .describe = describe };
	struct err e = { .msg = "" };

	b->to = open_memstream(&b->at, &b->size);
	if (tar_tree(&out, top, &e) || tar_end(&out, &e))
		fail_msg("%s", e.msg);
	fclose(b->to);
	assert_int_equal(b->size, out.size);
	assert_true(describe || b->size % 512 == 0);
}

static void
put_file(struct tree *t, const char *path, const char *bytes, const struct tree_meta *meta, const struct tree_xattr *x,
	 size_t n)
{
	struct tree_put h = put_as(0, TREE_STRICT);
	struct content c;
	struct err e;

	h.meta = *meta;
	h.xattrs = x;
	h.n_xattrs = n;
	content_of_mem(&c, bytes, strlen(bytes));
	if (tree_put_file(t, path, &c, &h, &e))
		fail_msg("%s", e.msg);
}

static void
describe_xattrs(struct archive_entry *x, FILE *to)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(x);
	while (archive_entry_xattr_next(x, &name, &value, &size) == ARCHIVE_OK) {
		fprintf(to, " %s=", name);
		for (size_t i = 0; i < size; i++)
			fprintf(to, "%02x", ((const unsigned char *)value)[i]);
	}
}

static char *
listing(const struct bytes *b)
{
	struct archive *a = archive_read_new();
	struct archive_entry *x;
	char *text, data[4096];
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int r;

	archive_read_support_format_tar(a);
	assert_int_equal(archive_read_open_memory(a, b->at, b->size), ARCHIVE_OK);
	while ((r = archive_read_next_header(a, &x)) == ARCHIVE_OK) {
		const char *link = archive_entry_hardlink(x), *target = archive_entry_symlink(x);
		la_ssize_t n = archive_read_data(a, data, sizeof data);
		assert_string_equal(archive_entry_uname(x), "");
		assert_string_equal(archive_entry_gname(x), "");
		assert_false(archive_entry_atime_is_set(x) || archive_entry_ctime_is_set(x));
		fprintf(f, "%s %04o %lld:%lld @%lld %.*s%s%s", archive_entry_pathname(x), (unsigned)archive_entry_perm(x),
			(long long)archive_entry_uid(x), (long long)archive_entry_gid(x), (long long)archive_entry_mtime(x), (int)n,
			data, link ? "= " : target ? "-> " : "", link ? link : target ? target : "");
		describe_xattrs(x, f);
		fputc('\n', f);
	}
	assert_int_equal(r, ARCHIVE_EOF);
	archive_read_free(a);
	fclose(f);
	return text;
}

static void
assert_listing(struct tree *t, const char *expect)
{
	struct bytes b;

	write_below(tree_root(t), false, &b);
	char *text = listing(&b);
	assert_string_equal(text, expect);
	free(text);
	free(b.at);
}

TEST(what_ustar_holds)
{
	struct tree *t = tree_new();
	struct tree_put h = put_as(01777, TREE_STRICT);
	struct err e;

	put_file(t, "/a", "bytes", &(struct tree_meta){ .mode = 04711, .uid = 7, .gid = 8, .mtime = 1700000000 }, NULL, 0);
	put_file(t, "/empty", "", &(struct tree_meta){ .mode = 0600 }, NULL, 0);
	assert_int_equal(tree_put_dir(t, "/tmp", &h, &e), 0);
	assert_int_equal(tree_put_symlink(t, "/z", "tmp/x", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/tmp/b", "/a", &h, &e), 0);
	assert_listing(t, "./ 0755 0:0 @0 \n"
			  "a 4711 7:8 @1700000000 bytes\n"
			  "empty 0600 0:0 @0 \n"
			  "tmp/ 1777 0:0 @0 \n"
			  "tmp/b 4711 7:8 @1700000000 = a\n"
			  "z 0777 0:0 @0 -> tmp/x\n");
	tree_free(t);
}

TEST(numbers_that_ustar_cannot_hold)
{
	struct tree *t = tree_new();

	put_file(t, "/before", "b", &(struct tree_meta){ .mode = 0644, .mtime = -86400 }, NULL, 0);
	put_file(t, "/edge", "e", &(struct tree_meta){ .mode = 0644, .uid = 07777777, .gid = 010000000 }, NULL, 0);
	put_file(t, "/far", "f", &(struct tree_meta){ .mode = 0644, .uid = 4294967294u, .gid = 3000000000u,
						      .mtime = 1ll << 40 }, NULL, 0);
	assert_listing(t, "./ 0755 0:0 @0 \n"
			  "before 0644 0:0 @-86400 b\n"
			  "edge 0644 2097151:2097152 @0 e\n"
			  "far 0644 4294967294:3000000000 @1099511627776 f\n");
	tree_free(t);
}

/* Every length around the field's 100 bytes, and around those where a record's own length gains a digit. */
TEST(names_of_every_length)
{
	for (size_t n = 1; n <= 250; n++) {
		struct tree *t = tree_new();
		struct tree_put h = put_as(0, TREE_STRICT);
		char path[300] = "/d/", target[1200], expect[4096];
		struct err e;
		memset(path + 3, 'n', n);
		path[n + 3] = '\0';
		memset(target, 't', 4 * n);
		target[4 * n] = '\0';
		put_file(t, path, "x", &(struct tree_meta){ .mode = 0644 }, NULL, 0);
		assert_int_equal(tree_put_symlink(t, "/l", target, &h, &e), 0);
		assert_int_equal(tree_put_hardlink(t, "/m", path, &h, &e), 0);
		snprintf(expect, sizeof expect, "./ 0755 0:0 @0 \nd/ 0755 0:0 @0 \n%s 0644 0:0 @0 x\nl 0777 0:0 @0 -> %s\n"
						"m 0644 0:0 @0 = %s\n", path + 1, target, path + 1);
		assert_listing(t, expect);
		tree_free(t);
	}
}

TEST(extended_attributes)
{
	static const struct tree_xattr x[] = {
		{ "user.text", "with = and\nnewline", 18 }, { "security.capability", "\1\0\0\2\0\4\0\0\0\0", 10 },
		{ "user.empty", "", 0 },
	};
	struct tree *t = tree_new();
	struct tree_put h = put_as(0644, TREE_STRICT);
	struct err e;

	put_file(t, "/ping", "p", &(struct tree_meta){ .mode = 0755 }, x, COUNT(x));
	assert_int_equal(tree_put_hardlink(t, "/pong", "/ping", &h, &e), 0);
	assert_listing(t, "./ 0755 0:0 @0 \n"
			  "ping 0755 0:0 @0 p user.text=77697468203d20616e640a6e65776c696e65 user.empty= "
			  "security.capability=01000002000400000000\n" /* libarchive names the last first */
			  "pong 0755 0:0 @0 = ping\n");
	tree_free(t);
}

TEST(an_attribute_that_no_tar_can_hold_is_refused)
{
	static const struct tree_xattr x[] = { { "user.a=b", "v", 1 } };
	struct tree *t = tree_new();
	struct out_size size;
	struct err e;
	int fd = memfd_create("out", MFD_CLOEXEC);

	put_file(t, "/f", "p", &(struct tree_meta){ .mode = 0755 }, x, 1);
	assert_int_equal(out_tar_zst(t, fd, 1, &size, &e), -1);
	assert_string_equal(e.msg, "f: no tar can hold an extended attribute with = in its name: user.a=b");
	close(fd);
	tree_free(t);
}

/* What a service's root is as a layer: names from there on, and hard links where both names are below it. */
TEST(below_a_folder)
{
	struct tree *t = tree_new();
	struct tree_put h = put_as(0700, TREE_STRICT);
	struct bytes b;
	struct err e;

	put_file(t, "/bin/sh", "s", &(struct tree_meta){ .mode = 0755 }, NULL, 0);
	assert_int_equal(tree_put_dir(t, "/svc/a", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/svc/a/x", "/bin/sh", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/svc/a/y", "/bin/sh", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/svc/b/x", "/bin/sh", &h, &e), 0);
	write_below(tree_find(t, "/svc/a"), false, &b);
	char *text = listing(&b);
	assert_string_equal(text, "./ 0700 0:0 @0 \nx 0755 0:0 @0 s\ny 0755 0:0 @0 = x\n");
	free(text);
	free(b.at);
	tree_free(t);
}

TEST(a_description_tells_contents_apart)
{
	struct bytes b[3];

	for (int i = 0; i < 3; i++) {
		struct tree *t = tree_new();
		put_file(t, "/f", i == 1 ? "two" : "one", &(struct tree_meta){ .mode = 0644 }, NULL, 0);
		write_below(tree_root(t), true, &b[i]);
		tree_free(t);
	}
	assert_int_equal(b[0].size, b[2].size);
	assert_memory_equal(b[0].at, b[2].at, b[0].size);
	assert_int_equal(b[0].size, b[1].size);
	assert_memory_not_equal(b[0].at, b[1].at, b[0].size);
	for (int i = 0; i < 3; i++)
		free(b[i].at);
}

TEST(the_file_is_the_stream_in_one_frame)
{
	struct tree *t = tree_new();
	struct out_size size;
	struct bytes b;
	struct err e;
	int fd = memfd_create("out", MFD_CLOEXEC);

	put_file(t, "/f", "some text", &(struct tree_meta){ .mode = 0644 }, NULL, 0);
	assert_int_equal(out_tar_zst(t, fd, 3, &size, &e), 0);
	write_below(tree_root(t), false, &b);
	char *packed = malloc((size_t)size.compressed), *raw = malloc(b.size);
	assert_int_equal(pread(fd, packed, (size_t)size.compressed, 0), size.compressed);
	assert_int_equal(lseek(fd, 0, SEEK_END), size.compressed);
	assert_int_equal(size.raw, b.size);
	assert_int_equal(ZSTD_decompress(raw, b.size, packed, (size_t)size.compressed), b.size);
	assert_memory_equal(raw, b.at, b.size);
	free(packed);
	free(raw);
	free(b.at);
	close(fd);
	tree_free(t);
}

static int
quiet(void **state)
{
	(void)state;
	progress_mode(PROGRESS_QUIET);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ustar_holds),
		cmocka_unit_test(numbers_that_ustar_cannot_hold),
		cmocka_unit_test(names_of_every_length),
		cmocka_unit_test(extended_attributes),
		cmocka_unit_test(an_attribute_that_no_tar_can_hold_is_refused),
		cmocka_unit_test(below_a_folder),
		cmocka_unit_test(a_description_tells_contents_apart),
		cmocka_unit_test(the_file_is_the_stream_in_one_frame),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
