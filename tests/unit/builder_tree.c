/* SPDX-License-Identifier: MIT
 *
 * builder/tree.c and tree_digest.c: names and inodes. Two sources for one path are an error unless the later one is
 * meant to win; links on the way are followed inside the tree and never out of it; the walk is sorted; the digest
 * changes with every field.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "content.h"
#include "tree.h"

static const struct origin first = { "recipes/a.yml:3" }, second = { "recipes/b.yml:7" };

static struct content
content(const char *text)
{
	struct content c;

	content_of_mem(&c, text, strlen(text));
	return c;
}

static struct tree_put
how(const struct origin *o, uint32_t mode, enum tree_conflict conflict)
{
	return (struct tree_put){ .meta = { .mode = mode }, .origin = o, .conflict = conflict };
}

static int
file(struct tree *t, const char *path, const char *text, const struct origin *o, enum tree_conflict conflict,
     struct err *e)
{
	struct content c = content(text);
	struct tree_put h = how(o, 0644, conflict);

	return tree_put_file(t, path, &c, &h, e);
}

static void
must_file(struct tree *t, const char *path, const char *text)
{
	struct err e;

	if (file(t, path, text, &first, TREE_STRICT, &e))
		fail_msg("%s", e.msg);
}

static void
must_link(struct tree *t, const char *path, const char *target)
{
	struct tree_put h = how(&first, 0, TREE_STRICT);
	struct err e;

	if (tree_put_symlink(t, path, target, &h, &e))
		fail_msg("%s", e.msg);
}

static void
must_dir(struct tree *t, const char *path)
{
	struct tree_put h = how(&first, 0755, TREE_STRICT);
	struct err e;

	if (tree_put_dir(t, path, &h, &e))
		fail_msg("%s", e.msg);
}

static int
list_one(struct tree_entry *x, void *arg)
{
	static const char types[] = { [TREE_DIR] = 'd', [TREE_FILE] = 'f', [TREE_SYMLINK] = 'l' };
	char path[256], *text = arg;

	tree_path(x, path, sizeof path);
	snprintf(text + strlen(text), 1024 - strlen(text), "%c%s ", types[x->inode->type], path);
	return 0;
}

static void
assert_list(struct tree *t, const char *expect)
{
	char text[1024] = "";

	tree_walk(tree_root(t), list_one, text);
	assert_string_equal(text, expect);
}

static void
assert_bytes(struct tree *t, const char *path, const char *text)
{
	struct tree_entry *x = tree_find(t, path);

	assert_non_null(x);
	assert_int_equal(x->inode->type, TREE_FILE);
	assert_string_equal(x->inode->content.mem, text);
}

TEST(the_walk_is_sorted_by_bytes)
{
	struct tree *t = tree_new();

	assert_list(t, "d/ ");
	must_file(t, "/b", "");
	must_file(t, "a/z", "");
	must_file(t, "/a-b", "");
	must_file(t, "/a/B", "");
	must_file(t, "//a//\xc3\xa9", "");
	must_link(t, "/a/b", "nowhere");
	must_dir(t, "/C");
	assert_list(t, "d/ d/C d/a f/a/B l/a/b f/a/z f/a/\xc3\xa9 f/a-b f/b ");
	tree_free(t);
}

TEST(a_walk_ends_where_it_is_told)
{
	struct tree *t = tree_new();

	must_file(t, "/a", "");
	char text[1024] = "";
	assert_int_equal(tree_walk(tree_find(t, "/a"), list_one, text), 0);
	assert_string_equal(text, "f/a ");
	tree_free(t);
}

TEST(names_that_begin_alike_are_apart)
{
	struct tree *t = tree_new();

	must_file(t, "/ab", "1");
	must_file(t, "/a", "2");
	must_file(t, "/abc", "3");
	assert_bytes(t, "/ab", "1");
	assert_bytes(t, "/a", "2");
	assert_null(tree_find(t, "/abcd"));
	assert_true(tree_remove(t, "/ab"));
	assert_null(tree_find(t, "/ab"));
	assert_bytes(t, "/abc", "3");
	tree_free(t);
}

/* ---- conflicts ---- */

TEST(two_sources_for_one_path_are_refused)
{
	struct tree *t = tree_new();
	struct err e;

	must_file(t, "/etc/x", "one");
	assert_int_equal(file(t, "/etc/x", "two", &second, TREE_STRICT, &e), -1);
	assert_string_equal(e.msg, "/etc/x: there are two sources for it: recipes/a.yml:3 and recipes/b.yml:7 "
				   "(write `override: true` where the later one is meant)");
	assert_bytes(t, "/etc/x", "one");
	assert_int_equal(file(t, "/etc/x", "one", &second, TREE_STRICT, &e), 0); /* the same */
	struct tree_put h = how(&second, 0755, TREE_STRICT);
	struct content c = content("one");
	assert_int_equal(tree_put_file(t, "/etc/x", &c, &h, &e), -1); /* another mode */
	assert_int_equal(tree_put_symlink(t, "/etc/x", "y", &h, &e), -1);
	assert_int_equal(tree_put_dir(t, "/etc/x", &h, &e), -1);
	tree_free(t);
}

TEST(override_replaces_and_keep_keeps)
{
	struct tree *t = tree_new();
	struct err e;

	must_file(t, "/x", "one");
	assert_int_equal(file(t, "/x", "two", &second, TREE_OVERRIDE, &e), 0);
	assert_bytes(t, "/x", "two");
	assert_ptr_equal(tree_find(t, "/x")->origin, &second);
	assert_int_equal(file(t, "/x", "three", &first, TREE_KEEP, &e), 0);
	assert_bytes(t, "/x", "two");
	assert_ptr_equal(tree_find(t, "/x")->origin, &second);
	tree_free(t);
}

TEST(a_folder_is_never_replaced_by_something_else)
{
	struct tree *t = tree_new();
	struct tree_put h = how(&second, 0644, TREE_OVERRIDE);
	struct err e;

	must_file(t, "/a/b", "");
	assert_int_equal(file(t, "/a", "", &second, TREE_OVERRIDE, &e), -1);
	assert_has(e.msg, "/a: there is a folder already, from recipes/a.yml:3");
	assert_int_equal(tree_put_symlink(t, "/a", "b", &h, &e), -1);
	assert_int_equal(file(t, "/", "", &second, TREE_OVERRIDE, &e), -1);
	assert_int_equal(file(t, "/a/b/c", "", &second, TREE_OVERRIDE, &e), -1);
	assert_has(e.msg, "/a/b/c: b is a file, not a folder (from recipes/a.yml:3)");
	assert_list(t, "d/ d/a f/a/b ");
	tree_free(t);
}

TEST(the_later_folder_sets_the_metadata)
{
	struct tree *t = tree_new();
	struct tree_put h = how(&second, 01777, TREE_STRICT);
	struct err e;

	must_dir(t, "/a");
	assert_int_equal(tree_put_dir(t, "/a", &h, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->meta.mode, 01777);
	assert_ptr_equal(tree_find(t, "/a")->origin, &second);
	h = how(&first, 0700, TREE_KEEP);
	assert_int_equal(tree_put_dir(t, "/a", &h, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->meta.mode, 01777);
	assert_ptr_equal(tree_find(t, "/a")->origin, &second); /* it was: the origin changed and the rest did not */
	assert_int_equal(tree_put_dir(t, "/", &h, &e), 0);
	tree_free(t);
}

TEST(an_empty_link_is_refused)
{
	struct tree *t = tree_new();
	struct tree_put h = how(&first, 0, TREE_STRICT);
	struct err e;

	assert_int_equal(tree_put_symlink(t, "/x", "", &h, &e), -1);
	assert_has(e.msg, "/x: a symbolic link needs a target");
	tree_free(t);
}

/* ---- links on the way ---- */

TEST(links_on_the_way_are_followed)
{
	struct tree *t = tree_new();

	must_dir(t, "/usr/bin");
	must_link(t, "/bin", "usr/bin");
	must_file(t, "/bin/ls", "ls");
	assert_bytes(t, "/usr/bin/ls", "ls");
	assert_bytes(t, "/bin/ls", "ls");
	assert_int_equal(tree_find(t, "/bin")->inode->type, TREE_SYMLINK);
	assert_ptr_equal(tree_resolve(t, "/bin"), tree_find(t, "/usr/bin"));
	must_link(t, "/usr/up", "../usr/./bin");
	assert_bytes(t, "/usr/up/ls", "ls");
	must_dir(t, "/bin"); /* a folder over a link to one is the folder it leads to */
	assert_int_equal(tree_find(t, "/bin")->inode->type, TREE_SYMLINK);
	must_link(t, "/usr/bin/sh", "/bin/ls");
	assert_ptr_equal(tree_resolve(t, "/bin/sh"), tree_find(t, "/usr/bin/ls"));
	assert_int_equal(tree_find(t, "/bin/sh")->inode->type, TREE_SYMLINK);
	tree_free(t);
}

TEST(a_link_to_nothing_makes_what_it_leads_to)
{
	struct tree *t = tree_new();

	must_link(t, "/run", "var/run");
	assert_null(tree_resolve(t, "/run"));
	must_file(t, "/run/x", "x");
	assert_bytes(t, "/var/run/x", "x");
	tree_free(t);
}

TEST(loops_and_files_on_the_way_are_refused)
{
	struct tree *t = tree_new();
	struct err e;

	must_link(t, "/a", "b");
	must_link(t, "/b", "a");
	must_link(t, "/self", "self/x");
	assert_int_equal(file(t, "/a/x", "", &first, TREE_STRICT, &e), -1);
	assert_has(e.msg, "/a/x: too many symbolic links");
	assert_int_equal(file(t, "/self/y", "", &first, TREE_STRICT, &e), -1);
	assert_null(tree_find(t, "/a/x"));
	assert_null(tree_resolve(t, "/a"));
	must_file(t, "/f", "");
	must_link(t, "/to-f", "f");
	assert_int_equal(file(t, "/to-f/x", "", &first, TREE_STRICT, &e), -1);
	assert_has(e.msg, "f is a file, not a folder");
	tree_free(t);
}

TEST(no_link_leads_out_of_the_tree)
{
	struct tree *t = tree_new();

	must_link(t, "/up", "../../../..");
	must_file(t, "/up/x", "x");
	assert_bytes(t, "/x", "x");
	tree_free(t);
}

/* A service with busybox and a machine without: /svc/a/bin/sh led to the machine's /bin/busybox. */
TEST(links_of_a_service_stay_in_its_root)
{
	struct tree *t = tree_new();
	struct err e;

	assert_int_equal(tree_set_top(t, "/svc/a", &e), 0);
	must_file(t, "/bin/busybox", "machine");
	must_file(t, "/svc/a/bin/busybox", "service");
	must_link(t, "/svc/a/bin/sh", "/bin/busybox");
	must_link(t, "/svc/a/up", "../../..");
	must_link(t, "/svc/a/var", "/data/var");
	assert_string_equal(tree_resolve(t, "/svc/a/bin/sh")->inode->content.mem, "service");
	must_file(t, "/svc/a/up/x", "x");
	assert_bytes(t, "/svc/a/x", "x");
	must_file(t, "/svc/a/var/y", "y");
	assert_bytes(t, "/svc/a/data/var/y", "y");
	assert_null(tree_find(t, "/data"));
	assert_null(tree_find(t, "/x"));
	tree_free(t);
}

TEST(a_path_is_bounded)
{
	struct tree *t = tree_new();
	char path[5000];
	struct err e;

	memset(path, 'x', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	assert_int_equal(file(t, path, "", &first, TREE_STRICT, &e), -1);
	assert_has(e.msg, "too long");
	path[4000] = '\0';
	must_link(t, "/l", path);
	memset(path + 1, 'y', 3998);
	memcpy(path, "/l/", 3);
	assert_int_equal(file(t, path, "", &first, TREE_STRICT, &e), -1);
	assert_has(e.msg, "too long");
	tree_free(t);
}

TEST(paths_come_back)
{
	struct tree *t = tree_new();
	char buf[64];

	must_file(t, "/a/bc/d", "");
	assert_int_equal(tree_path(tree_find(t, "/a/bc/d"), buf, sizeof buf), 7);
	assert_string_equal(buf, "/a/bc/d");
	assert_int_equal(tree_path(tree_root(t), buf, sizeof buf), 1);
	assert_string_equal(buf, "/");
	for (size_t cap = 2; cap < 8; cap++) { /* cut, but always closed and inside */
		memset(buf, '#', sizeof buf);
		tree_path(tree_find(t, "/a/bc/d"), buf, cap);
		assert_true(memchr(buf, '\0', cap) || buf[0] == '#');
		assert_int_equal(buf[cap], '#');
	}
	tree_free(t);
}

/* ---- hard links ---- */

TEST(hard_links_share_the_inode)
{
	struct tree *t = tree_new();
	struct tree_put h = how(&second, 0, TREE_STRICT);
	struct err e;

	must_file(t, "/a", "x");
	assert_int_equal(tree_put_hardlink(t, "/d/b", "/a", &h, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/c", "/d/b", &h, &e), 0);
	assert_ptr_equal(tree_find(t, "/a")->inode, tree_find(t, "/c")->inode);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 3);
	assert_true(tree_remove(t, "/d"));
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 2);
	assert_int_equal(file(t, "/c", "other", &second, TREE_OVERRIDE, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 1);
	assert_int_equal(tree_find(t, "/c")->inode->nlink, 1);
	assert_int_equal(tree_put_hardlink(t, "/e", "/a", &h, &e), 0);
	assert_true(tree_remove(t, "/e"));
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 1);
	tree_free(t);
}

TEST(hard_links_to_nothing_are_refused)
{
	struct tree *t = tree_new();
	struct tree_put h = how(&second, 0, TREE_STRICT);
	struct err e;

	must_dir(t, "/dir");
	must_link(t, "/link", "dir");
	assert_int_equal(tree_put_hardlink(t, "/b", "/absent", &h, &e), -1);
	assert_has(e.msg, "/b: the file it is a link to is not there: /absent");
	assert_int_equal(tree_put_hardlink(t, "/b", "/dir", &h, &e), -1);
	assert_int_equal(tree_put_hardlink(t, "/b", "/link", &h, &e), -1);
	assert_null(tree_find(t, "/b"));
	tree_free(t);
}

TEST(a_hard_link_over_something_keeps_the_count_right)
{
	struct tree *t = tree_new();
	struct tree_put strict = how(&second, 0, TREE_STRICT), over = how(&second, 0, TREE_OVERRIDE);
	struct tree_put keep = how(&second, 0, TREE_KEEP);
	struct err e;

	must_file(t, "/a", "x");
	must_file(t, "/b", "y");
	must_file(t, "/same", "x");
	assert_int_equal(tree_put_hardlink(t, "/b", "/a", &strict, &e), -1);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 1);
	assert_int_equal(tree_put_hardlink(t, "/b", "/a", &keep, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 1);
	assert_int_equal(tree_put_hardlink(t, "/same", "/a", &strict, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 1);
	assert_int_equal(tree_put_hardlink(t, "/a", "/a", &strict, &e), 0);
	assert_int_equal(tree_put_hardlink(t, "/a", "/a", &over, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 1);
	assert_int_equal(tree_put_hardlink(t, "/b", "/a", &over, &e), 0);
	assert_int_equal(tree_find(t, "/a")->inode->nlink, 2);
	tree_free(t);
}

/* ---- many ---- */

TEST(removing_takes_all_below)
{
	struct tree *t = tree_new();

	must_file(t, "/a/b/c", "");
	must_file(t, "/a/d", "");
	must_file(t, "/e", "");
	assert_false(tree_remove(t, "/absent"));
	assert_false(tree_remove(t, "/"));
	assert_true(tree_remove(t, "/a"));
	assert_list(t, "d/ f/e ");
	must_file(t, "/a/b", "again");
	assert_list(t, "d/ d/a f/a/b f/e ");
	tree_free(t);
}

/* In an order that is neither sorted nor its reverse: 7919 is coprime to n. */
static void
name_of(char name[32], size_t i, size_t n)
{
	snprintf(name, 32, "/dir/file-%zu", i * 7919 % n);
}

static int
check_order(struct tree_entry *x, void *arg)
{
	const char **before = arg;

	if (x->inode->type == TREE_FILE) {
		assert_true(strcmp(*before, x->name) < 0);
		*before = x->name;
	}
	return 0;
}

TEST(ten_thousand_entries)
{
	enum { N = 10000 };
	struct tree *t = tree_new();
	const char *before = "";
	char name[32];

	for (size_t i = 0; i < N; i++) {
		name_of(name, i, N);
		must_file(t, name, "");
	}
	assert_int_equal(tree_find(t, "/dir")->n_children, N);
	tree_walk(tree_root(t), check_order, &before);
	for (size_t i = 0; i < N; i += 2) {
		name_of(name, i, N);
		assert_true(tree_remove(t, name));
	}
	assert_int_equal(tree_find(t, "/dir")->n_children, N / 2);
	for (size_t i = 0; i < N; i++) {
		name_of(name, i, N);
		assert_true((tree_find(t, name) != NULL) == (i % 2 == 1));
		if (i % 2 == 0)
			must_file(t, name, "");
	}
	assert_int_equal(tree_find(t, "/dir")->n_children, N);
	tree_free(t);
}

/* Growing and shrinking around the powers of two, where the room changes. */
TEST(any_size_can_shrink_and_grow)
{
	char name[32];

	for (size_t n = 0; n <= 70; n++) {
		struct tree *t = tree_new();
		for (size_t i = 0; i < n; i++) {
			snprintf(name, sizeof name, "/%zu", i);
			must_file(t, name, "");
		}
		for (size_t i = n; i-- > n / 3;) {
			snprintf(name, sizeof name, "/%zu", i);
			assert_true(tree_remove(t, name));
		}
		for (size_t i = n / 3; i < 2 * n; i++) {
			snprintf(name, sizeof name, "/%zu", i);
			must_file(t, name, "");
		}
		assert_int_equal(tree_root(t)->n_children, 2 * n);
		tree_free(t);
	}
}

/* ---- the digest ---- */

enum change { NOTHING, PATH, MODE, UID, GID, MTIME, BYTES, TARGET, TYPE, HARDLINK, MISSING, MORE, DIR_MODE, CHANGES };

static struct tree *
variant(enum change c)
{
	struct tree *t = tree_new();
	struct tree_put h = how(&first, c == MODE ? 0600 : 0644, TREE_STRICT);
	struct content x = content(c == BYTES ? "xx" : "x"), y = content("x");
	struct err e;

	h.meta.uid = c == UID;
	h.meta.gid = c == GID;
	h.meta.mtime = c == MTIME;
	assert_int_equal(tree_put_file(t, c == PATH ? "/a/c" : "/a/b", &x, &h, &e), 0);
	if (c == TYPE)
		assert_int_equal(tree_put_dir(t, "/l", &h, &e), 0);
	else
		assert_int_equal(tree_put_symlink(t, "/l", c == TARGET ? "other" : "a", &h, &e), 0);
	h.meta = (struct tree_meta){ .mode = 0644 };
	if (c == HARDLINK)
		assert_int_equal(tree_put_hardlink(t, "/z", "/a/b", &h, &e), 0);
	else if (c != MISSING)
		assert_int_equal(tree_put_file(t, "/z", &y, &h, &e), 0);
	h.meta.mode = c == DIR_MODE ? 0700 : 0755;
	assert_int_equal(tree_put_dir(t, "/d", &h, &e), 0);
	if (c == MORE)
		must_dir(t, "/d/e");
	return t;
}

TEST(the_digest_changes_with_every_field)
{
	uint8_t digests[CHANGES][DIGEST_SIZE];

	for (enum change c = NOTHING; c < CHANGES; c++) {
		struct tree *t = variant(c);
		tree_digest(t, digests[c]);
		for (enum change other = NOTHING; other < c; other++)
			if (memcmp(digests[c], digests[other], DIGEST_SIZE) == 0)
				fail_msg("changes %d and %d give one digest", c, other);
		tree_free(t);
	}
}

static void
must_put(struct tree *t, const char *path, const char *text, uint32_t mode, const struct tree_xattr *x, size_t n)
{
	struct tree_put h = how(&first, mode, TREE_STRICT);
	struct content c = content(text);
	struct err e;

	h.xattrs = x;
	h.n_xattrs = n;
	if (tree_put_file(t, path, &c, &h, &e))
		fail_msg("%s", e.msg);
}

TEST(files_that_are_alike_are_shared)
{
	static const struct tree_xattr capability = { "security.capability", "\1\0\0\2", 4 };
	struct tree *t = tree_new();

	must_put(t, "/a/libc", "library", 0644, NULL, 0);
	must_put(t, "/b/libc", "library", 0644, NULL, 0);
	must_put(t, "/b/program", "library", 0755, NULL, 0);
	must_put(t, "/c/capable", "library", 0644, &capability, 1);
	must_put(t, "/c/libc", "library", 0644, NULL, 0);
	must_put(t, "/d/empty", "", 0644, NULL, 0);
	must_put(t, "/d/none", "", 0644, NULL, 0);
	assert_int_equal(tree_share(t), 2 * strlen("library"));
	assert_ptr_equal(tree_find(t, "/a/libc")->inode, tree_find(t, "/c/libc")->inode);
	assert_int_equal(tree_find(t, "/b/libc")->inode->nlink, 3);
	assert_int_equal(tree_find(t, "/b/program")->inode->nlink, 1);
	assert_int_equal(tree_find(t, "/c/capable")->inode->nlink, 1);
	assert_ptr_not_equal(tree_find(t, "/d/empty")->inode, tree_find(t, "/d/none")->inode);
	assert_int_equal(tree_share(t), 0);
	tree_free(t);
}

TEST(hard_links_that_are_alike_are_shared_as_one)
{
	struct tree_put h = how(&first, 0644, TREE_STRICT);
	struct tree *t = tree_new();
	struct err e;

	must_file(t, "/a", "x");
	assert_int_equal(tree_put_hardlink(t, "/a2", "/a", &h, &e), 0);
	must_file(t, "/b", "x");
	assert_int_equal(tree_put_hardlink(t, "/b2", "/b", &h, &e), 0);
	assert_int_equal(tree_share(t), 1);
	assert_int_equal(tree_find(t, "/b2")->inode->nlink, 4);
	tree_free(t);
}

TEST(extended_attributes_are_sorted_and_bounded)
{
	static const struct tree_xattr two[] = { { "user.b", "2", 1 }, { "user.a", "1", 1 } },
				       twice[] = { { "user.a", "1", 1 }, { "user.a", "2", 1 } };
	struct tree_xattr large = { "user.large", NULL, TREE_XATTR_BYTES_MAX };
	struct tree_put h = how(&first, 0644, TREE_STRICT);
	struct tree *t = tree_new();
	struct content c = content("x");
	struct err e;

	must_put(t, "/a", "x", 0644, two, 2);
	assert_string_equal(tree_find(t, "/a")->inode->xattrs[0].name, "user.a");
	assert_memory_equal(tree_find(t, "/a")->inode->xattrs[1].value, "2", 1);
	h.xattrs = twice;
	h.n_xattrs = 2;
	assert_int_equal(tree_put_file(t, "/b", &c, &h, &e), -1);
	assert_string_equal(e.msg, "/b: the extended attribute user.a is there twice");
	large.value = calloc(1, large.size);
	h.xattrs = &large;
	h.n_xattrs = 1;
	assert_int_equal(tree_put_file(t, "/b", &c, &h, &e), -1);
	free((void *)large.value);
	assert_null(tree_find(t, "/b"));
	tree_free(t);
}

TEST(the_digest_holds_extended_attributes)
{
	static const struct tree_xattr xattrs[] = { { "user.a", "1", 1 }, { "user.a", "2", 1 }, { "user.b", "1", 1 } };
	uint8_t digests[4][DIGEST_SIZE];

	for (size_t i = 0; i < 4; i++) {
		struct tree *t = tree_new();
		must_put(t, "/a", "x", 0644, &xattrs[i ? i - 1 : 0], i != 0);
		tree_digest(t, digests[i]);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(digests[i], digests[k], DIGEST_SIZE);
		tree_free(t);
	}
}

TEST(the_digest_is_of_the_tree_alone)
{
	struct tree *a = variant(NOTHING), *b = tree_new();
	struct tree_put h = how(&second, 0644, TREE_STRICT);
	uint8_t x[DIGEST_SIZE], y[DIGEST_SIZE];
	struct content c = content("x");
	struct err e;

	/* the same tree, put in another order, by way of something that was removed, from other sources */
	tree_put_file(b, "/z", &c, &h, &e);
	must_file(b, "/gone/x", "");
	must_dir(b, "/d");
	tree_put_symlink(b, "/l", "a", &h, &e);
	tree_put_file(b, "a/b", &c, &h, &e);
	tree_remove(b, "/gone");
	tree_digest(a, x);
	tree_digest(b, y);
	assert_memory_equal(x, y, DIGEST_SIZE);
	tree_digest(a, y);
	assert_memory_equal(x, y, DIGEST_SIZE);
	tree_free(a);
	tree_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_walk_is_sorted_by_bytes),
		cmocka_unit_test(a_walk_ends_where_it_is_told),
		cmocka_unit_test(names_that_begin_alike_are_apart),
		cmocka_unit_test(two_sources_for_one_path_are_refused),
		cmocka_unit_test(override_replaces_and_keep_keeps),
		cmocka_unit_test(a_folder_is_never_replaced_by_something_else),
		cmocka_unit_test(the_later_folder_sets_the_metadata),
		cmocka_unit_test(an_empty_link_is_refused),
		cmocka_unit_test(links_on_the_way_are_followed),
		cmocka_unit_test(a_link_to_nothing_makes_what_it_leads_to),
		cmocka_unit_test(loops_and_files_on_the_way_are_refused),
		cmocka_unit_test(no_link_leads_out_of_the_tree),
		cmocka_unit_test(links_of_a_service_stay_in_its_root),
		cmocka_unit_test(a_path_is_bounded),
		cmocka_unit_test(paths_come_back),
		cmocka_unit_test(hard_links_share_the_inode),
		cmocka_unit_test(hard_links_to_nothing_are_refused),
		cmocka_unit_test(a_hard_link_over_something_keeps_the_count_right),
		cmocka_unit_test(removing_takes_all_below),
		cmocka_unit_test(ten_thousand_entries),
		cmocka_unit_test(any_size_can_shrink_and_grow),
		cmocka_unit_test(the_digest_changes_with_every_field),
		cmocka_unit_test(files_that_are_alike_are_shared),
		cmocka_unit_test(hard_links_that_are_alike_are_shared_as_one),
		cmocka_unit_test(extended_attributes_are_sorted_and_bounded),
		cmocka_unit_test(the_digest_holds_extended_attributes),
		cmocka_unit_test(the_digest_is_of_the_tree_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
