/* SPDX-License-Identifier: MIT
 *
 * builder/kernel.c and kmod.c: a kernel package made in the test; which modules are loaded, in which order, and what is
 * said where that cannot be.
 */
#include "deb_maker.h"

#include "content.h"

#define REL "6.1-test"
#define MOD "./lib/modules/" REL "/kernel/"
#define N(a) (sizeof(a) / sizeof *(a))

struct bench {
	struct cache *cache;
	struct deb_pin pin;
	struct kernel k;
	struct err e;
	char modules[16][1024];
	struct member files[20];
	size_t n;
};

static void
add(struct bench *b, const char *name, const char *data, size_t size)
{
	b->files[b->n++] = (struct member){ .name = name, .data = data, .size = size };
}

/* info: strings ended by NUL, the last by two. */
static void
add_module(struct bench *b, const char *name, const char *info)
{
	size_t size = 0;
	char *to = b->modules[b->n];

	while (info[size])
		size += strlen(info + size) + 1;
	add(b, name, to, maker_module(to, info, size));
}

static void
bench_init(struct bench *b, void **state)
{
	memset(b, 0, sizeof *b);
	b->cache = cache_open(*state, &b->e);
	assert_non_null(b->cache);
	add(b, "./boot/vmlinuz-" REL, "the kernel", 0);
	add(b, "./lib/modules/" REL "/modules.builtin", "kernel/lib/crc32.ko\nkernel/virtio/virtio-ring.ko\n", 0);
	add_module(b, MOD "net/virtio_net.ko", "license=GPL\0depends=net_failover,virtio-ring\0");
	add_module(b, MOD "net/net_failover.ko", "depends=failover\0");
	add_module(b, MOD "net/failover.ko", "depends=\0");
	add_module(b, MOD "fs/soft.ko", "softdep=pre: crc32 fast-hash nowhere post: later\0depends=failover\0");
	add_module(b, MOD "hash-one.ko", "alias=fast_hash\0alias=pci:v1\0");
	add_module(b, MOD "later.ko", "license=GPL\0");
	add_module(b, MOD "ring/a.ko", "depends=b\0");
	add_module(b, MOD "ring/b.ko", "depends=a\0");
	add_module(b, MOD "broken.ko", "depends=gone\0");
}

static int
open_kernel(struct bench *b, const char *image, const char *const *wanted, size_t n)
{
	struct deb_list l = { &b->pin, 1 };

	return kernel_open(b->cache, &l, image, NULL, &(struct kernel_wanted){ wanted, n, 0, 0 }, &b->k, &b->e);
}

static void
bench_store(struct bench *b)
{
	maker_store(b->cache, maker_deb(b->files, b->n, ARCHIVE_FILTER_GZIP, false, NULL), "linux-image", &b->pin);
}

static void
loads(struct bench *b, const char *wanted, const char *expected)
{
	char got[200] = "";

	assert_int_equal(open_kernel(b, NULL, &wanted, 1), 0);
	assert_string_equal(b->k.release, REL);
	for (size_t i = 0; i < b->k.n_modules; i++) {
		char *bytes = content_load(&b->k.modules[i].content, &b->e);
		assert_memory_equal(bytes, "\177ELF", 4);
		free(bytes);
		strcat(strcat(got, i ? " " : ""), b->k.modules[i].name);
	}
	assert_string_equal(got, expected);
	kernel_release(&b->k);
}

static void
order(void **state)
{
	struct bench b;

	bench_init(&b, state);
	bench_store(&b);
	for (int again = 0; again < 2; again++) {
		loads(&b, "virtio-net", "failover net_failover virtio_net");
		loads(&b, "virtio_ring", "");
		loads(&b, "soft", "hash_one failover soft");
	}
	static const char *const many[] = { "failover", "virtio_net", "failover", "crc32" };
	assert_int_equal(open_kernel(&b, NULL, many, N(many)), 0);
	assert_int_equal(b.k.n_modules, 3);
	char *image = content_load(&b.k.image, &b.e);
	assert_string_equal(image, "the kernel");
	free(image);
	kernel_release(&b.k);
	cache_close(b.cache);
}

static void
early_ones(void **state)
{
	static const char *const wanted[] = { "nowhere", "failover", "crc32", "virtio_net", "later" };
	struct bench b;

	bench_init(&b, state);
	bench_store(&b);
	struct deb_list l = { &b.pin, 1 };
	struct kernel_wanted all = { wanted, N(wanted), 4, 1 }, first = { wanted, 2, 2, 0 }, unknown = { wanted, 1, 0, 0 };
	assert_int_equal(kernel_open(b.cache, &l, NULL, NULL, &all, &b.k, &b.e), 0);
	assert_int_equal(b.k.n_modules, 4);
	assert_int_equal(b.k.n_early, 3);
	assert_int_equal(b.k.n_late, 1);
	assert_string_equal(b.k.modules[2].name, "virtio_net");
	kernel_release(&b.k);
	assert_int_equal(kernel_open(b.cache, &l, NULL, NULL, &first, &b.k, &b.e), 0);
	assert_int_equal(b.k.n_early, 1);
	kernel_release(&b.k);
	assert_int_equal(kernel_open(b.cache, &l, NULL, NULL, &unknown, &b.k, &b.e), -1);
	cache_close(b.cache);
}

static void
configuration(void **state)
{
	struct bench b;

	bench_init(&b, state);
	add(&b, "./boot/config-other", "CONFIG_B=y\n", 0);
	add(&b, "./boot/config-" REL, "CONFIG_A=y\n", 0);
	bench_store(&b);
	struct deb_list l = { &b.pin, 1 };
	const char *const paths[] = { NULL, "/boot/config-other" }, *const says[] = { "CONFIG_A=y\n", "CONFIG_B=y\n" };
	for (size_t i = 0; i < N(paths); i++) {
		assert_int_equal(kernel_open(b.cache, &l, NULL, paths[i], &(struct kernel_wanted){ 0 }, &b.k, &b.e), 0);
		assert_true(b.k.has_config);
		char *text = content_load(&b.k.config, &b.e);
		assert_string_equal(text, says[i]);
		free(text);
		kernel_release(&b.k);
	}
	assert_int_equal(kernel_open(b.cache, &l, NULL, "/gone", &(struct kernel_wanted){ 0 }, &b.k, &b.e), -1);
	assert_string_equal(b.e.msg, "the kernel package linux-image holds no file /gone");
	cache_close(b.cache);
}

static void
fails(struct bench *b, const char *image, const char *wanted, const char *why)
{
	assert_int_equal(open_kernel(b, image, &wanted, wanted != NULL), -1);
	if (!strstr(b->e.msg, why))
		fail_msg("said: %s\nexpected: %s", b->e.msg, why);
	assert_null(b->k.modules);
	assert_null(b->k.release);
}

static void
errors(void **state)
{
	struct bench b;

	bench_init(&b, state);
	bench_store(&b);
	fails(&b, NULL, "virtio_nett", "did you mean virtio_net?");
	fails(&b, NULL, "zzzzzzzz", "has no module zzzzzzzz");
	fails(&b, NULL, "a", "depends on itself");
	fails(&b, NULL, "broken", "depends on gone, which no package holds");
	fails(&b, "/usr/bin/linux", NULL, "holds no file /usr/bin/linux");
	add(&b, MOD "text.ko", "no module at all", 0);
	bench_store(&b);
	fails(&b, NULL, "text", "kernel module text: it is not an ELF file");
	add(&b, "./boot/vmlinuz-other", "x", 0);
	bench_store(&b);
	fails(&b, NULL, NULL, "two kernels");
	cache_close(b.cache);
}

/* User Mode Linux: the image is where the recipe says, and the release is the modules' folder's. */
static void
image_by_path(void **state)
{
	static const struct member files[] = {
		{ .name = "./usr/bin/linux.uml", .data = "elf" },
		{ .name = "./usr/lib/uml/modules/6.1.9/kernel/x.ko", .data = "never opened" },
	};
	struct bench b;

	memset(&b, 0, sizeof b);
	b.cache = cache_open(*state, &b.e);
	maker_store(b.cache, maker_deb(files, 2, ARCHIVE_FILTER_XZ, false, NULL), "user-mode-linux", &b.pin);
	assert_int_equal(open_kernel(&b, "/usr/bin/linux.uml", NULL, 0), 0);
	assert_string_equal(b.k.release, "6.1.9");
	assert_int_equal(b.k.image.size, 3);
	kernel_release(&b.k);
	maker_store(b.cache, maker_deb(files, 1, ARCHIVE_FILTER_XZ, false, NULL), "user-mode-linux", &b.pin);
	assert_int_equal(open_kernel(&b, "usr/bin/linux.uml", NULL, 0), 0);
	assert_string_equal(b.k.release, "1.0");
	kernel_release(&b.k);
	cache_close(b.cache);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, maker_setup, maker_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(order), TEST(early_ones), TEST(configuration), TEST(errors),
					    TEST(image_by_path) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
