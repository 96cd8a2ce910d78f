/* SPDX-License-Identifier: MIT
 *
 * builder/out_squashfs.c and squashfs_*.c: images are read back by squashfs_reader.h, byte by byte, and by unsquashfs.
 * What comes back is the tree, each content is stored once, and what a squashfs cannot hold is an error, never a silent
 * loss.
 */
#include "support_builder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "content.h"
#include "out_squashfs.h"
#include "progress.h"
#include "squashfs_reader.h"

#define BLOCK 131072u

struct output {
	uint8_t *bytes;
	size_t size;
	struct out_size said;
};

static int
write_to(struct tree *t, int level, struct output *o, struct err *e)
{
	int fd = memfd_create("out", MFD_CLOEXEC);
	int r = out_squashfs(t, fd, level, &o->said, e);

	assert_true(fd >= 0);
	o->size = (size_t)lseek(fd, 0, SEEK_END);
	o->bytes = malloc(o->size + 1);
	assert_int_equal(pread(fd, o->bytes, o->size, 0), o->size);
	close(fd);
	return r;
}

static void
write_image(struct tree *t, int level, struct output *o)
{
	struct err e;

	if (write_to(t, level, o, &e))
		fail_msg("%s", e.msg);
	assert_int_equal(o->said.compressed, o->size);
}

static void
put_file(struct tree *t, const char *path, const void *bytes, size_t size, struct tree_put how)
{
	struct content c;
	struct err e;

	content_of_mem(&c, bytes, size);
	if (tree_put_file(t, path, &c, &how, &e))
		fail_msg("%s", e.msg);
}

static struct tree_put
how(uint32_t mode, uint32_t uid, uint32_t gid, int64_t mtime)
{
	struct tree_put h = put_as(mode, TREE_STRICT);

	h.meta = (struct tree_meta){ mode, uid, gid, mtime };
	return h;
}

/* Text of few words, noise behind it: some blocks are worth compressing, and some are not. */
static const uint8_t *
some_bytes(void)
{
	static uint8_t bytes[8 * BLOCK];
	static bool made;
	uint32_t x = 7;

	for (size_t i = 0; i < sizeof bytes && !made; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = i < sizeof bytes / 2 ? (uint8_t)"ingot casts"[x >> 29] : (uint8_t)(x >> 24);
	}
	made = true;
	return bytes;
}

static void
add_sizes(struct tree *t)
{
	static const size_t sizes[] = { 0, 1, 4095, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK - 1, 3 * BLOCK + 9 };
	char path[64];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		snprintf(path, sizeof path, "/sizes/%zu.bin", sizes[i]);
		put_file(t, path, some_bytes() + i, sizes[i], how(0644, 0, 0, 1700000000));
		snprintf(path, sizeof path, "/sizes/%zu.noise", sizes[i]);
		put_file(t, path, some_bytes() + 4 * BLOCK + i, sizes[i], how(0600, 3, 4, 0));
	}
}

static void
add_sparse(struct tree *t)
{
	static const uint8_t zeros[3 * BLOCK];
	static uint8_t bytes[5 * BLOCK + 100]; /* the tree borrows it */

	put_file(t, "/sparse/all", zeros, 3 * BLOCK, how(0644, 0, 0, 0));
	put_file(t, "/sparse/and-tail", zeros, 2 * BLOCK + 5, how(0644, 0, 0, 0));
	put_file(t, "/sparse/small", zeros, 999, how(0644, 0, 0, 0));
	memcpy(bytes + BLOCK, "hello", 5);
	memcpy(bytes + 4 * BLOCK, "world", 5);
	put_file(t, "/sparse/between", bytes, sizeof bytes, how(0644, 0, 0, 0));
}

static void
add_xattrs(struct tree *t)
{
	static const uint8_t cap[20] = { 1, 0, 0, 2, 0, 4 };
	static char long_value[3000] = "long";
	struct tree_xattr x[] = { { "user.note", "a value", 7 }, { "security.capability", cap, sizeof cap },
				  { "trusted.kept", "", 0 }, { "user.long", long_value, sizeof long_value } };
	struct tree_put h = how(0755, 1, 1, 5);
	struct err e;

	h.xattrs = x;
	h.n_xattrs = 4;
	put_file(t, "/xattr/all", "x", 1, h);
	put_file(t, "/xattr/same-set", "y", 1, h);
	h.n_xattrs = 2;
	put_file(t, "/xattr/same-values", "z", 1, h);
	assert_int_equal(tree_put_dir(t, "/xattr/dir", &h, &e), 0);
	h.xattrs = x + 1;
	h.n_xattrs = 1;
	put_file(t, "/xattr/ping", some_bytes(), BLOCK + 3, h);
}

static struct tree *
sample(void)
{
	struct tree *t = tree_new();
	struct tree_put h = how(01777, 0, 0, 4294967295);
	char name[300] = "/", deep[1600] = "";
	struct err e;

	add_sizes(t);
	add_sparse(t);
	add_xattrs(t);
	assert_int_equal(tree_put_dir(t, "/tmp", &h, &e), 0);
	assert_int_equal(tree_put_symlink(t, "/bin", "usr/bin", &h, &e), 0);
	put_file(t, "/ids", "i", 1, how(04711, 4294967294, 70000, 1));
	h = how(0644, 0, 0, 7);
	assert_int_equal(tree_put_hardlink(t, "/linked/a", "/sizes/131073.bin", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/linked/b", "/sizes/131073.bin", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/linked/empty", "/sizes/0.bin", &h, &e), 0);
	memset(name + 1, 'n', 255);
	put_file(t, name, "long", 4, how(0644, 0, 0, 0));
	for (int i = 0; i < 100; i++)
		strcat(deep, "/some-deep-dir");
	put_file(t, deep, "deep", 4, how(0644, 0, 0, 0));
	return t;
}

static void
same_as_tree(struct tree *t, const struct output *o)
{
	char *image = image_listing(o->bytes, o->size), *tree = tree_listing(t);

	assert_string_equal(image, tree);
	free(image);
	free(tree);
}

static void
comes_back(struct tree *t, int level)
{
	struct output o;

	write_image(t, level, &o);
	same_as_tree(t, &o);
	free(o.bytes);
}

TEST(everything_comes_back)
{
	struct tree *t = sample();

	comes_back(t, 1);
	comes_back(t, 15);
	tree_free(t);
}

TEST(an_empty_tree_is_an_image)
{
	struct tree *t = tree_new();

	comes_back(t, 15);
	tree_free(t);
}

/* ---- what unsquashfs makes of it, held against the tree as the same text ---- */

struct seen {
	ino_t ino;
	char *path;
};

static struct {
	struct seen *v;
	size_t n;
} seen;

static const char *
seen_before(const struct stat *st, const char *path)
{
	for (size_t i = 0; i < seen.n; i++)
		if (seen.v[i].ino == st->st_ino)
			return seen.v[i].path;
	seen.v = realloc(seen.v, (seen.n + 1) * sizeof *seen.v);
	seen.v[seen.n++] = (struct seen){ st->st_ino, strdup(path) };
	return NULL;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
tell_xattrs(FILE *f, const char *path)
{
	char names[1000], *sorted[16];
	ssize_t size = llistxattr(path, names, sizeof names);
	size_t n = 0;

	for (char *p = names; size > 0 && p < names + size; p += strlen(p) + 1)
		sorted[n++] = p;
	qsort(sorted, n, sizeof *sorted, by_text);
	for (size_t i = 0; i < n; i++) {
		uint8_t value[4000];
		ssize_t len = lgetxattr(path, sorted[i], value, sizeof value);
		assert_true(len >= 0);
		fprintf(f, " %s=", sorted[i]);
		rd_hex(f, value, (size_t)len);
	}
	fputc('\n', f);
}

static int
tell_path(const char *path, size_t from, FILE *f)
{
	struct content c;
	struct dirent **names;
	struct stat st;
	struct err e;
	char target[5000];

	assert_int_equal(lstat(path, &st), 0);
	const char *before = S_ISDIR(st.st_mode) ? NULL : seen_before(&st, path + from);
	if (before)
		return fprintf(f, "%s = %s\n", path + from, before);
	fprintf(f, "%s %c %04o %u:%u @%lld", path + from, S_ISDIR(st.st_mode) ? 'd' : S_ISLNK(st.st_mode) ? 'l' : 'f',
		st.st_mode & 07777, st.st_uid, st.st_gid, (long long)st.st_mtime);
	if (S_ISREG(st.st_mode)) {
		assert_int_equal(content_of_file(&c, path, &e), 0);
		fprintf(f, " %llu ", (unsigned long long)c.size);
		rd_hex(f, c.sha256, DIGEST_SIZE);
	}
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(path, target, sizeof target);
		fprintf(f, " -> %.*s", (int)n, target);
	}
	tell_xattrs(f, path);
	int n = S_ISDIR(st.st_mode) ? scandir(path, &names, NULL, NULL) : 0;
	char **paths = calloc((size_t)n + 1, sizeof *paths);
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
			assert_true(asprintf(&paths[i], "%s/%s", path, names[i]->d_name) > 0);
		else
			paths[i] = strdup("");
		free(names[i]);
	}
	if (n)
		free(names);
	qsort(paths, (size_t)n, sizeof *paths, by_text);
	for (int i = 0; i < n; i++) {
		if (paths[i][0])
			tell_path(paths[i], from, f);
		free(paths[i]);
	}
	free(paths);
	return 0;
}

static char *
folder_listing(const char *folder)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	tell_path(folder, strlen(folder), f);
	fclose(f);
	while (seen.n)
		free(seen.v[--seen.n].path);
	free(seen.v);
	seen.v = NULL;
	return text;
}

static void
run_well(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* Case 20. Owners and attributes want root. */
TEST(unsquashfs_gives_the_tree_back)
{
	struct tree *t = sample();
	struct output o;

	if (geteuid() != 0) {
		tree_free(t);
		skip();
	}
	for (int level = 3; level <= 15; level += 12) {
		write_image(t, level, &o);
		write_file("image", o.bytes, o.size);
		run_well("unsquashfs -quiet -no-progress -d out image >log 2>&1 || { cat log; exit 1; }");
		char *out = folder_listing("out"), *tree = tree_listing(t);
		assert_string_equal(out, tree);
		run_well("rm -rf out image");
		free(out);
		free(tree);
		free(o.bytes);
	}
	tree_free(t);
}

TEST(the_level_is_told_where_it_is_not_the_usual_one)
{
	struct tree *t = sample();
	struct output o;

	write_image(t, 7, &o);
	write_file("image", o.bytes, o.size);
	run_well("unsquashfs -s image >said");
	size_t size;
	char *said = read_file("said", &size);
	assert_has(said, "compression-level 7");
	free(said);
	free(o.bytes);
	tree_free(t);
}

/* ---- many ---- */

TEST(a_large_folder_has_an_index_that_leads_to_every_name)
{
	struct tree *t = tree_new();
	struct tree_put h = how(0644, 0, 0, 0);
	char path[64];
	struct err e;

	for (unsigned i = 0; i < 70000; i++) { /* more than 16 bits of inodes; 30,000 in one folder */
		if (i < 30000)
			snprintf(path, sizeof path, "/many/%05u-%s", i, i % 3 ? "name" : "a-rather-long-name");
		else
			snprintf(path, sizeof path, "/more/%03u/%02u", i / 100, i % 100);
		put_file(t, path, some_bytes() + i, i % 50 ? 0 : 40, h);
	}
	for (unsigned i = 0; i < 2000; i++) { /* small inodes below short names: more than 256 would fit below one header */
		snprintf(path, sizeof path, "/short/%u", i);
		assert_int_equal(tree_put_symlink(t, path, "t", &h, &e), 0);
	}
	/* far apart in number, side by side both in a folder and in a block of inodes */
	put_file(t, "/next", "n", 1, h);
	assert_int_equal(tree_put_hardlink(t, "/z/a", "/next", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/z/b", "/more/699/99", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/z/c", "/next", &h, &e), 0);
	comes_back(t, 1);
	tree_free(t);
}

TEST(many_owners)
{
	struct tree *t = tree_new();
	struct output o;
	char path[64];
	struct err e;

	for (uint32_t i = 0; i < 65535; i++) {
		snprintf(path, sizeof path, "/%x/%x", i & 255, i);
		put_file(t, path, "", 0, how(0644, i, 65534 - i, 0)); /* 0 is the folders' too */
	}
	comes_back(t, 1);
	put_file(t, "/one-more", "", 0, how(0644, 65535, 0, 0));
	assert_int_equal(write_to(t, 1, &o, &e), -1);
	assert_string_equal(e.msg, "the tree has 65536 different user and group ids: a squashfs holds at most 65535");
	free(o.bytes);
	tree_free(t);
}

/* ---- once ---- */

TEST(each_content_is_stored_once)
{
	const uint8_t *noise = some_bytes() + 4 * BLOCK;
	struct tree *t = tree_new();
	struct output once, often;
	char path[64];

	put_file(t, "/0/large", noise, 2 * BLOCK + 1000, how(0644, 0, 0, 0));
	put_file(t, "/0/small", noise, 50000, how(0644, 0, 0, 0));
	write_image(t, 1, &once);
	for (uint32_t i = 1; i < 20; i++) {
		snprintf(path, sizeof path, "/%u/large", i);
		put_file(t, path, noise, 2 * BLOCK + 1000, how(0600, i, 0, i));
		snprintf(path, sizeof path, "/%u/small.so", i);
		put_file(t, path, noise, 50000, how(0600, i, 0, i));
	}
	write_image(t, 1, &often);
	same_as_tree(t, &often);
	assert_true(often.size < once.size + 2 * 4096);
	assert_true(often.said.raw < once.said.raw + 10000);
	free(once.bytes);
	free(often.bytes);
	tree_free(t);
}

TEST(zeros_cost_nothing)
{
	struct tree *t = tree_new();
	struct content c;
	struct output o;
	struct err e;
	struct tree_put h = how(0644, 0, 0, 0);

	int fd = open("hole", O_RDWR | O_CREAT, 0644);
	assert_int_equal(ftruncate(fd, 64 << 20), 0);
	close(fd);
	assert_int_equal(content_of_file(&c, "hole", &e), 0);
	assert_int_equal(tree_put_file(t, "/hole", &c, &h, &e), 0);
	write_image(t, 1, &o);
	same_as_tree(t, &o);
	assert_int_equal(o.size, 4096);
	free(o.bytes);
	tree_free(t);
}

TEST(noise_within_text_is_not_taken_for_the_whole)
{
	static uint8_t bytes[BLOCK];
	struct tree *t = tree_new();
	struct output o;

	memcpy(bytes, some_bytes(), BLOCK);
	memcpy(bytes + BLOCK / 2 - 4096, some_bytes() + 6 * BLOCK, 8192);
	put_file(t, "/mixed", bytes, BLOCK, how(0644, 0, 0, 0));
	write_image(t, 15, &o);
	same_as_tree(t, &o);
	assert_true(o.size < BLOCK * 3 / 4);
	free(o.bytes);
	tree_free(t);
}

/* ---- the same bytes: case 18, 19 ---- */

TEST(one_processor_gives_the_same_bytes)
{
	struct tree *t = sample();
	struct output all, one;
	cpu_set_t had, first;

	write_image(t, 5, &all);
	assert_int_equal(sched_getaffinity(0, sizeof had, &had), 0);
	int cpu = 0;
	while (!CPU_ISSET(cpu, &had))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	assert_int_equal(sched_setaffinity(0, sizeof first, &first), 0);
	write_image(t, 5, &one);
	assert_int_equal(sched_setaffinity(0, sizeof had, &had), 0);
	assert_int_equal(all.size, one.size);
	assert_memory_equal(all.bytes, one.bytes, all.size);
	free(all.bytes);
	free(one.bytes);
	tree_free(t);
}

/* The image of `sample` at level 15, with libzstd 1.5.4. Where the layout is changed on purpose, or libzstd moves, take
 * the digest that the failure shows, once unsquashfs_gives_the_tree_back holds. */
#define GOLDEN "9b6b77a4a2fdb06f815d377b297b9c595b90feb722622c3c08c3dce63870acfc"

TEST(the_bytes_are_those_of_before)
{
	struct tree *t = sample();
	char hex[DIGEST_HEX];
	struct content c;
	struct output o;

	write_image(t, 15, &o);
	content_of_mem(&c, o.bytes, o.size);
	digest_hex(c.sha256, hex);
	assert_string_equal(hex, GOLDEN);
	free(o.bytes);
	tree_free(t);
}

/* ---- refused ---- */

static void
is_refused(struct tree *t, const char *message)
{
	struct output o;
	struct err e = { .msg = "" };

	assert_int_equal(write_to(t, 1, &o, &e), -1);
	assert_string_equal(e.msg, message);
	free(o.bytes);
	tree_free(t);
}

TEST(a_time_that_32_bits_do_not_hold)
{
	struct tree *t = tree_new();

	put_file(t, "/etc/old", "", 0, how(0644, 0, 0, -1));
	is_refused(t, "/etc/old: a squashfs cannot hold a time before 1970 or after 2106");
	t = tree_new();
	put_file(t, "/etc/new", "", 0, how(0644, 0, 0, 4294967296));
	is_refused(t, "/etc/new: a squashfs cannot hold a time before 1970 or after 2106");
}

TEST(a_name_of_256_bytes)
{
	struct tree *t = tree_new();
	char name[300] = "/", message[400];

	memset(name + 1, 'n', 256);
	put_file(t, name, "", 0, how(0644, 0, 0, 0));
	snprintf(message, sizeof message, "%s: a squashfs cannot hold a name of more than 255 bytes", name);
	is_refused(t, message);
}

TEST(an_attribute_without_a_prefix_that_it_knows)
{
	struct tree *t = tree_new();
	struct tree_xattr x = { "system.posix_acl_access", "v", 1 };
	struct tree_put h = how(0644, 0, 0, 0);

	h.xattrs = &x;
	h.n_xattrs = 1;
	put_file(t, "/acl", "", 0, h);
	is_refused(t, "/acl: a squashfs cannot hold the extended attribute system.posix_acl_access: only those of user, "
		      "trusted and security");
}

TEST(a_target_that_no_kernel_reads)
{
	struct tree *t = tree_new();
	struct tree_put h = how(0644, 0, 0, 0);
	char target[4097];
	struct err e;

	memset(target, 't', 4096);
	target[4096] = '\0';
	assert_int_equal(tree_put_symlink(t, "/l", target, &h, &e), 0);
	is_refused(t, "/l: a squashfs cannot hold a symbolic link of more than 4095 bytes");
}

static void
changes_meanwhile(size_t size)
{
	struct tree *t = tree_new();
	struct tree_put h = how(0644, 0, 0, 0);
	struct content c;
	struct output o;
	struct err e;

	write_file("content", some_bytes(), size);
	assert_int_equal(content_of_file(&c, "content", &e), 0);
	assert_int_equal(tree_put_file(t, "/usr/file", &c, &h, &e), 0);
	write_file("content", some_bytes() + 1, size);
	assert_int_equal(write_to(t, 1, &o, &e), -1);
	assert_has(e.msg, "/usr/file: content no longer holds the bytes it held");
	free(o.bytes);
	tree_free(t);
}

TEST(a_file_that_changed_under_the_build)
{
	changes_meanwhile(1000);
	changes_meanwhile(3 * BLOCK + 5);
}

TEST(a_disk_that_is_full)
{
	struct tree *t = sample();
	struct out_size size;
	struct err e;
	int fd = open("/dev/full", O_RDWR);

	assert_int_equal(out_squashfs(t, fd, 1, &size, &e), -1);
	assert_has(e.msg, "cannot write the image: No space left on device");
	close(fd);
	tree_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(an_empty_tree_is_an_image),
		cmocka_unit_test(unsquashfs_gives_the_tree_back),
		cmocka_unit_test(the_level_is_told_where_it_is_not_the_usual_one),
		cmocka_unit_test(a_large_folder_has_an_index_that_leads_to_every_name),
		cmocka_unit_test(many_owners),
		cmocka_unit_test(each_content_is_stored_once),
		cmocka_unit_test(zeros_cost_nothing),
		cmocka_unit_test(noise_within_text_is_not_taken_for_the_whole),
		cmocka_unit_test(one_processor_gives_the_same_bytes),
		cmocka_unit_test(the_bytes_are_those_of_before),
		cmocka_unit_test(a_time_that_32_bits_do_not_hold),
		cmocka_unit_test(a_name_of_256_bytes),
		cmocka_unit_test(an_attribute_without_a_prefix_that_it_knows),
		cmocka_unit_test(a_target_that_no_kernel_reads),
		cmocka_unit_test(a_file_that_changed_under_the_build),
		cmocka_unit_test(a_disk_that_is_full),
	};

	progress_mode(PROGRESS_QUIET);
	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
