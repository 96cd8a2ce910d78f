/* SPDX-License-Identifier: MIT
 *
 * builder/deb*.c: packages made in the test, good and hostile, and what they become in the tree.
 */
#include "deb_maker.h"

#include "content.h"

struct bench {
	struct cache *cache;
	struct tree *tree;
	char *scripts;
	struct deb_pin pin;
	struct err e;
};

static void
bench_init(struct bench *b, void **state)
{
	memset(b, 0, sizeof *b);
	b->cache = cache_open(*state, &b->e);
	b->tree = tree_new();
	assert_int_equal(tree_set_top(b->tree, "svc/web", &b->e), 0);
	assert_non_null(b->cache);
}

static void
bench_release(struct bench *b)
{
	free(b->scripts);
	tree_free(b->tree);
	cache_close(b->cache);
}

static int
put(struct bench *b, const char *const *exclude, size_t n_exclude)
{
	free(b->scripts);
	b->scripts = NULL;
	return deb_put(b->cache, &b->pin, b->tree, "svc/web", exclude, n_exclude, TREE_STRICT, &b->scripts, &b->e);
}

static void
store(struct bench *b, const struct member *files, size_t n)
{
	maker_store(b->cache, maker_deb(files, n, ARCHIVE_FILTER_XZ, false, NULL), "web", &b->pin);
}

static struct tree_entry *
at(struct bench *b, const char *path)
{
	char full[300];

	snprintf(full, sizeof full, "svc/web/%s", path);
	return tree_find(b->tree, full);
}

static void
is_link(struct bench *b, const char *path, const char *target)
{
	struct tree_entry *x = at(b, path);

	assert_non_null(x);
	assert_int_equal(x->inode->type, TREE_SYMLINK);
	assert_string_equal(x->inode->target, target);
}

static void
is_file(struct bench *b, const char *path, const char *text)
{
	struct tree_entry *x = at(b, path);

	assert_non_null(x);
	assert_int_equal(x->inode->type, TREE_FILE);
	char *got = content_load(&x->inode->content, &b->e);
	assert_string_equal(got, text);
	free(got);
}

#define N(a) (sizeof(a) / sizeof *(a))
#define DIR_ .type = AE_IFDIR
#define LINK .type = AE_IFLNK

static void
ordinary(void **state)
{
	static const struct member files[] = {
		{ .name = "./", DIR_ },
		{ .name = "./usr/", DIR_ },
		{ .name = "./usr/bin/", DIR_, .mode = 0711 },
		{ .name = "./usr/bin/tool", .data = "run", .mode = 04755 },
		{ .name = "./usr/bin/again", .hardlink = "./usr/bin/tool" },
		{ .name = "./usr/share/empty", .data = "" },
		{ .name = "./usr/share/na me%1\xc3\xa9", .data = "odd" },
		{ .name = "./etc/alternative", LINK, .data = "/usr/bin/tool" },
	};
	static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD };

	for (size_t i = 0; i < N(filters); i++) {
		for (int again = 0; again < 2; again++) { /* the second time from the index */
			struct bench b;
			bench_init(&b, state);
			maker_store(b.cache, maker_deb(files, N(files), filters[i], false, "./postinst"), "web", &b.pin);
			assert_int_equal(put(&b, NULL, 0), 0);
			assert_string_equal(b.scripts, "postinst");
			is_file(&b, "usr/bin/tool", "run");
			is_file(&b, "usr/bin/again", "run");
			is_file(&b, "usr/share/empty", "");
			is_file(&b, "usr/share/na me%1\xc3\xa9", "odd");
			is_link(&b, "etc/alternative", "/usr/bin/tool");
			struct tree_entry *x = at(&b, "usr/bin/tool");
			assert_int_equal(x->inode->meta.mode, 04755);
			assert_int_equal(x->inode->meta.mtime, 1700000000);
			assert_int_equal(x->inode->nlink, 2);
			assert_ptr_equal(x->inode, at(&b, "usr/bin/again")->inode);
			assert_string_equal(x->origin->text, "debian web 1.0");
			assert_int_equal(at(&b, "usr/bin")->inode->meta.mode, 0711);
			bench_release(&b);
		}
	}
}

static void
merged_usr(void **state)
{
	static const struct member files[] = {
		{ .name = "./bin/", DIR_ },
		{ .name = "./bin/sh", LINK, .data = "dash" },
		{ .name = "./bin/dash", .data = "shell" },
		{ .name = "./sbin/x", LINK, .data = "../bin/dash" },
		{ .name = "./lib/a/b/up", LINK, .data = "../../../usr/share/x" },
		{ .name = "./lib/a/near", LINK, .data = "../c" },
		{ .name = "./lib/a/absolute", LINK, .data = "/lib/c" },
		{ .name = "./lib64", LINK, .data = "usr/lib64" },
		{ .name = "./lib64/ld.so", .data = "loader" },
		{ .name = "./lib/self", .data = "one" },
		{ .name = "./usr/lib/self", LINK, .data = "/lib/self" },
		{ .name = "./usr/bin/dash2", LINK, .data = "../../bin/dash" },
		{ .name = "./libexec/x", .data = "not merged" },
	};
	struct bench b;

	bench_init(&b, state);
	store(&b, files, N(files));
	assert_int_equal(put(&b, NULL, 0), 0);
	is_link(&b, "bin", "usr/bin");
	is_link(&b, "sbin", "usr/sbin");
	is_link(&b, "lib", "usr/lib");
	is_link(&b, "lib64", "usr/lib64");
	is_file(&b, "usr/bin/dash", "shell");
	is_link(&b, "usr/bin/sh", "dash");
	is_link(&b, "usr/sbin/x", "../../bin/dash"); /* by way of the root: one more */
	is_link(&b, "usr/lib/a/b/up", "../../../../usr/share/x");
	is_link(&b, "usr/lib/a/near", "../c");
	is_link(&b, "usr/lib/a/absolute", "/lib/c");
	is_link(&b, "usr/bin/dash2", "../../bin/dash");
	is_file(&b, "usr/lib64/ld.so", "loader");
	is_file(&b, "usr/lib/self", "one");
	is_file(&b, "libexec/x", "not merged");
	bench_release(&b);
}

static void
excludes(void **state)
{
	static const struct member files[] = {
		{ .name = "./usr/share/doc/", DIR_ },
		{ .name = "./usr/share/doc/x", .data = "text" },
		{ .name = "./usr/share/docs", .data = "kept" },
		{ .name = "./usr/keep", .hardlink = "./usr/share/doc/x" },
		{ .name = "./lib/udev/rule", .data = "no" },
		{ .name = "./usr/share/other", .hardlink = "./usr/share/doc/x" },
	};
	static const char *const exclude[] = { "/usr/share/doc", "/lib/udev/" };
	struct bench b;

	bench_init(&b, state);
	store(&b, files, N(files));
	assert_int_equal(put(&b, exclude, 2), 0);
	assert_null(at(&b, "usr/share/doc"));
	assert_null(at(&b, "usr/lib/udev"));
	is_file(&b, "usr/share/docs", "kept");
	is_file(&b, "usr/keep", "text"); /* the file itself was left out, its other names hold it */
	assert_ptr_equal(at(&b, "usr/keep")->inode, at(&b, "usr/share/other")->inode);
	assert_int_equal(at(&b, "usr/keep")->inode->nlink, 2);
	bench_release(&b);
}

/* Case 12: a file capability survives, from the archive as from its index. */
static void
file_capabilities(void **state)
{
	static const struct member files[] = {
		{ .name = "./usr/bin/ping", .data = "x", .xattr = "security.capability" },
	};
	struct deb_pin pin;

	for (int again = 0; again < 2; again++) {
		struct bench b;
		bench_init(&b, state);
		if (!again)
			maker_store(b.cache, maker_deb(files, 1, ARCHIVE_FILTER_XZ, true, NULL), "web", &pin);
		b.pin = pin;
		assert_int_equal(put(&b, NULL, 0), 0);
		const struct tree_inode *i = at(&b, "usr/bin/ping")->inode;
		assert_int_equal(i->n_xattrs, 1);
		assert_string_equal(i->xattrs[0].name, "security.capability");
		assert_int_equal(i->xattrs[0].size, 1);
		assert_memory_equal(i->xattrs[0].value, "v", 1);
		bench_release(&b);
	}
}

/* A link of the root itself must not lead a package's files out of the service's root. */
static void
absolute_links_stay_in_the_root(void **state)
{
	static const struct member files[] = {
		{ .name = "./var/run", LINK, .data = "/run" },
		{ .name = "./var/run/x", .data = "here" },
		{ .name = "./out", LINK, .data = "../../../../etc" },
		{ .name = "./out/passwd", .data = "mine" },
		{ .name = "./out/sub/", DIR_ },
	};
	struct bench b;

	bench_init(&b, state);
	store(&b, files, N(files));
	assert_int_equal(put(&b, NULL, 0), 0);
	is_file(&b, "run/x", "here");
	is_file(&b, "etc/passwd", "mine");
	assert_non_null(at(&b, "etc/sub"));
	assert_null(tree_find(b.tree, "run"));
	assert_null(tree_find(b.tree, "etc"));
	bench_release(&b);
}

static void
refuse(void **state, const struct member *files, size_t n, bool pax, const char *why)
{
	struct bench b;

	bench_init(&b, state);
	maker_store(b.cache, maker_deb(files, n, ARCHIVE_FILTER_GZIP, pax, NULL), "web", &b.pin);
	assert_int_equal(put(&b, NULL, 0), -1);
	if (!strstr(b.e.msg, why) || strncmp(b.e.msg, "package web 1.0: ", 17) != 0)
		fail_msg("said: %s\nexpected: %s", b.e.msg, why);
	assert_null(strchr(b.e.msg, '\n'));
	bench_release(&b);
}

static void
hostile(void **state)
{
	static const struct {
		struct member m;
		const char *why;
	} cases[] = {
		{ { .name = "../etc/passwd", .data = "x" }, "must not hold \"..\"" },
		{ { .name = "./usr/../../x", .data = "x" }, "must not hold \"..\"" },
		{ { .name = "/etc/passwd", .data = "x" }, "must not be absolute" },
		{ { .name = "./dev/null", .type = AE_IFCHR }, "device node" },
		{ { .name = "./dev/sda", .type = AE_IFBLK }, "device node" },
		{ { .name = "./run/pipe", .type = AE_IFIFO }, "a pipe" },
		{ { .name = "./x", .hardlink = "../../etc/shadow" }, "must not hold \"..\"" },
		{ { .name = "./x", .hardlink = "/etc/shadow" }, "must not be absolute" },
		{ { .name = "./x", .hardlink = "./not/there" }, "does not hold before it" },
		{ { .name = "./a\nb", .data = "x" }, "control character" },
	};

	for (size_t i = 0; i < N(cases); i++)
		refuse(state, &cases[i].m, 1, false, cases[i].why);

	static const struct member strange = { .name = "./bin/ping", .data = "x", .xattr = "com.example.x" };
	refuse(state, &strange, 1, true, "bin/ping has the extended attribute com.example.x");
	static const struct member twice[] = { { .name = "./x", .data = "1" }, { .name = "x", .data = "2" } };
	refuse(state, twice, 2, false, "twice");
	static const struct member dir_link[] = { { .name = "./d/", DIR_ }, { .name = "./x", .hardlink = "./d" } };
	refuse(state, dir_link, 2, false, "not a file");
	static const struct member loop[] = { { .name = "./a", LINK, .data = "b" }, { .name = "./b", LINK, .data = "a" },
					      { .name = "./a/x", .data = "1" } };
	refuse(state, loop, 3, false, "too many symbolic links");
}

/* Cut anywhere, a package is an error, never a smaller package. */
static void
truncated(void **state)
{
	static const struct member files[] = {
		{ .name = "./usr/x", .data = "some text" },
		{ .name = "./usr/y", .data = "more" },
	};
	struct bytes whole = maker_deb(files, 2, ARCHIVE_FILTER_XZ, false, NULL);
	struct bench b;

	bench_init(&b, state);
	for (size_t n = 0; n + 8 < whole.size; n += 5) { /* the last bytes may be padding */
		struct bytes cut = { malloc(n + 1), n };
		memcpy(cut.at, whole.at, n);
		maker_store(b.cache, cut, "web", &b.pin);
		assert_int_equal(put(&b, NULL, 0), -1);
		assert_null(strchr(b.e.msg, '\n'));
	}
	assert_int_equal(tree_find(b.tree, "svc/web")->n_children, 0);
	free(whole.at);
	bench_release(&b);
}

/* The blob in the cache is not what its name says: found out although the archive may be readable, and said so where
 * it is not. */
static void
damaged_blob(void **state)
{
	static const struct member files[] = { { .name = "./usr/x", .data = "some text" } };
	static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_XZ };

	for (size_t i = 0; i < N(filters); i++) {
		struct bench b;
		struct content c;
		bench_init(&b, state);
		maker_store(b.cache, maker_deb(files, 1, filters[i], false, NULL), "web", &b.pin);
		assert_true(cache_lookup(b.cache, b.pin.sha256, &c));
		char *bytes = content_load(&c, &b.e), *at_data = memmem(bytes, c.size, "data.tar", 8);
		char *text = memmem(bytes, c.size, "some text", 9);
		(text ? text : at_data + 100)[0] ^= 1;
		assert_int_equal(chmod(c.path, 0644), 0);
		FILE *f = fopen(c.path, "w");
		fwrite(bytes, 1, c.size, f);
		fclose(f);
		free(bytes);
		assert_int_equal(put(&b, NULL, 0), -1);
		assert_non_null(strstr(b.e.msg, "was damaged, and is removed from the cache"));
		bench_release(&b);
	}
}

static void
not_a_package(void **state)
{
	static const char *const texts[] = { "", "!<arch>\n", "just text", "\x1f\x8b\x08" };
	static const struct member other[] = { { .name = "data.tar", .data = "" } };
	static const struct member future[] = { { .name = "debian-binary", .data = "3.0\n" } };
	static const struct member bare[] = { { .name = "debian-binary", .data = "2.0\n" } };
	struct bench b;

	bench_init(&b, state);
	for (size_t i = 0; i < N(texts); i++) {
		maker_store(b.cache, (struct bytes){ strdup(texts[i]), strlen(texts[i]) }, "web", &b.pin);
		assert_int_equal(put(&b, NULL, 0), -1);
	}
	maker_store(b.cache, maker_ar(other, 1), "web", &b.pin);
	assert_int_equal(put(&b, NULL, 0), -1);
	maker_store(b.cache, maker_ar(future, 1), "web", &b.pin);
	assert_int_equal(put(&b, NULL, 0), -1);
	assert_non_null(strstr(b.e.msg, "not 2.0"));
	maker_store(b.cache, maker_ar(bare, 1), "web", &b.pin);
	assert_int_equal(put(&b, NULL, 0), -1);
	assert_non_null(strstr(b.e.msg, "data.tar is missing"));
	b.pin.sha256[0] ^= 1;
	assert_int_equal(put(&b, NULL, 0), -1);
	assert_non_null(strstr(b.e.msg, "not in the cache"));
	bench_release(&b);
}

/* A file's blob is gone from the cache: the package is unpacked again. */
static void
missing_blob_is_unpacked_again(void **state)
{
	static const struct member files[] = { { .name = "./usr/x", .data = "some text" } };
	struct bench b;

	bench_init(&b, state);
	store(&b, files, 1);
	assert_int_equal(put(&b, NULL, 0), 0);
	assert_int_equal(unlink(at(&b, "usr/x")->inode->content.path), 0);
	struct deb_pin pin = b.pin;
	bench_release(&b);
	bench_init(&b, state);
	b.pin = pin;
	assert_int_equal(put(&b, NULL, 0), 0);
	is_file(&b, "usr/x", "some text");
	bench_release(&b);
}

static void
scripts_in_a_fixed_order(void **state)
{
	static const struct member files[] = { { .name = "./usr/x", .data = "some text" } };
	struct bench b;

	bench_init(&b, state);
	maker_store(b.cache, maker_deb(files, 1, ARCHIVE_FILTER_GZIP, false, "triggers"), "web", &b.pin);
	assert_int_equal(put(&b, NULL, 0), 0);
	assert_string_equal(b.scripts, "triggers");
	store(&b, files, 1);
	assert_int_equal(put(&b, NULL, 0), 0);
	assert_null(b.scripts);
	bench_release(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, maker_setup, maker_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ordinary), TEST(merged_usr), TEST(excludes), TEST(absolute_links_stay_in_the_root), TEST(hostile),
		TEST(truncated), TEST(damaged_blob), TEST(not_a_package), TEST(missing_blob_is_unpacked_again),
		TEST(scripts_in_a_fixed_order), TEST(file_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
