/* SPDX-License-Identifier: MIT
 *
 * Case 19: the bytes that each writer makes of one fixed tree, by their digest, with libzstd 1.5.4 and zlib 1.2.13. A
 * change here is a change of every image: where it is meant, take the digest that the failure shows, once the tests
 * that read the format back hold. squashfs has its own in builder_squashfs.c.
 */
#include "support_builder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "content.h"
#include "out_cpio.h"
#include "out_oci_layer.h"
#include "out_tar.h"
#include "progress.h"

#define CPIO "2351f94c054ee8074ef4637978e99f41f14a3675280b482be8e1bb2a8ebb2e1a"
#define TAR  "157c50cdd4be5949f53ef0ab7bf289a2591416921dc51c1b97b7e465ee5f6cff"
#define OCI  "601e2ba512f14cf743477e22664cc8f17ec0f26ae526c73a30fe907823bb3706"
#define TREE "116c9670d4b5817cd9f76ec1a869becf6008a195b5a04cfaf87178bcbf30d7fd"

static const struct tree_xattr capability = { "security.capability", "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20 };

static void
put(struct tree *t, const char *path, const char *bytes, const struct tree_meta *meta, const struct tree_xattr *x)
{
	struct tree_put how = { .meta = *meta, .origin = put_as(0, TREE_STRICT).origin, .xattrs = x, .n_xattrs = x != NULL };
	struct content c;
	struct err e;

	content_of_mem(&c, bytes, strlen(bytes));
	if (tree_put_file(t, path, &c, &how, &e))
		fail_msg("%s", e.msg);
}

/* With something of each kind below one folder: types, modes, owners, times, links of both kinds, an attribute. */
static struct tree *
sample(void)
{
	static const struct tree_meta plain = { .mode = 0644 }, program = { 04755, 0, 0, 1600000000 },
				      foreign = { 0600, 70000, 70001, 12 };
	struct tree_put how = put_as(0755, TREE_STRICT);
	struct tree *t = tree_new();
	static char large[300000];
	struct err e;

	for (size_t i = 0; i + 1 < sizeof large; i++)
		large[i] = (char)('a' + i * i % 23);
	put(t, "/r/etc/empty", "", &plain, NULL);
	put(t, "/r/etc/motd", "hello\n", &plain, NULL);
	put(t, "/r/usr/bin/prog", "a program", &program, &capability);
	put(t, "/r/usr/bin/large", large, &foreign, NULL);
	assert_int_equal(tree_put_hardlink(t, "/r/usr/bin/other", "/r/usr/bin/prog", &how, &e), 0);
	assert_int_equal(tree_put_symlink(t, "/r/bin", "usr/bin", &how, &e), 0);
	how.meta.mode = 01777;
	assert_int_equal(tree_put_dir(t, "/r/tmp", &how, &e), 0);
	return t;
}

static void
assert_golden(const char *path, const char *golden)
{
	char hex[DIGEST_HEX];
	struct content c;
	struct err e;

	assert_int_equal(content_of_file(&c, path, &e), 0);
	digest_hex(c.sha256, hex);
	assert_string_equal(hex, golden);
}

TEST(the_trees_digest_is_that_of_before)
{
	struct tree *t = sample();
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];

	tree_digest(t, digest);
	digest_hex(digest, hex);
	assert_string_equal(hex, TREE);
	tree_free(t);
}

TEST(the_initramfs_is_that_of_before)
{
	struct tree *t = sample();
	struct out_size size;
	struct err e;
	struct cache *c = cache_open("cache", &e);
	int fd = open("cpio", O_RDWR | O_CREAT, 0600);

	assert_int_equal(out_cpio_zst(t, c, fd, 15, &size, &e), 0);
	assert_golden("cpio", CPIO);
	close(fd);
	cache_close(c);
	tree_free(t);
}

TEST(the_tar_is_that_of_before)
{
	struct tree *t = sample();
	struct out_size size;
	struct err e;
	int fd = open("tar", O_RDWR | O_CREAT, 0600);

	assert_int_equal(out_tar_zst(t, fd, 15, &size, &e), 0);
	assert_golden("tar", TAR);
	close(fd);
	tree_free(t);
}

TEST(the_layer_of_an_oci_image_is_that_of_before)
{
	struct tree *t = sample();
	struct out_oci_layer layer;
	struct err e;
	struct cache *c = cache_open("cache", &e);

	assert_int_equal(out_oci_layer(tree_find(t, "/r"), c, &layer, &e), 0);
	assert_golden(layer.blob.path, OCI);
	cache_close(c);
	tree_free(t);
}

static int
quiet_temp(void **state)
{
	progress_mode(PROGRESS_QUIET);
	return temp_enter(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_trees_digest_is_that_of_before),
		cmocka_unit_test_setup_teardown(the_initramfs_is_that_of_before, quiet_temp, temp_leave),
		cmocka_unit_test_setup_teardown(the_tar_is_that_of_before, quiet_temp, temp_leave),
		cmocka_unit_test_setup_teardown(the_layer_of_an_oci_image_is_that_of_before, quiet_temp, temp_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
