/* SPDX-License-Identifier: MIT
 *
 * builder/oci_defaults.c: what a service has by its image's configuration, with the origin of each value.
 */
#include <stdio.h>
#include <stdlib.h>

#include "content.h"
#include "oci.h"
#include "support_builder.h"

/* Writes a blob of the layout; gives its digest. */
static const char *
blob(const char *text, char hex[DIGEST_HEX])
{
	struct content c;
	char path[128];

	content_of_mem(&c, text, strlen(text));
	digest_hex(c.sha256, hex);
	snprintf(path, sizeof path, "recipes/image/blobs/sha256/%s", hex);
	write_text(path, text);
	return hex;
}

/* An image whose layer is never read. */
static void
write_image(const char *config, uint8_t digest[DIGEST_SIZE])
{
	char text[1024], layer[DIGEST_HEX], hex[DIGEST_HEX], manifest[DIGEST_HEX];

	blob("layer", layer);
	snprintf(text, sizeof text, "{\"os\": \"linux\", \"architecture\": \"amd64\", \"config\": %s, "
				    "\"rootfs\": {\"diff_ids\": [\"sha256:%s\"]}}", config, layer);
	blob(text, hex);
	size_t size = strlen(text);
	snprintf(text, sizeof text, "{\"schemaVersion\": 2, \"config\": {\"mediaType\": "
				    "\"application/vnd.oci.image.config.v1+json\", \"digest\": \"sha256:%s\", \"size\": %zu}, "
				    "\"layers\": [{\"mediaType\": \"application/vnd.oci.image.layer.v1.tar\", \"digest\": "
				    "\"sha256:%s\", \"size\": 5}]}", hex, size, layer);
	blob(text, manifest);
	assert_true(digest_parse(manifest, digest));
	size = strlen(text);
	snprintf(text, sizeof text, "{\"manifests\": [{\"mediaType\": \"application/vnd.oci.image.manifest.v1+json\", "
				    "\"digest\": \"sha256:%s\", \"size\": %zu}]}", manifest, size);
	write_text("recipes/image/index.json", text);
	write_text("recipes/image/oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}");
	write_text("recipes/app.yml", "recipe: app\nsources:\n  - oci: {path: image}\n");
}

#define CONFIG "{\"User\": \"7:8\", \"Env\": [\"A=1\", \"B=2\"], \"Entrypoint\": [\"x\", \"-y\"], \"Cmd\": [\"z\"], " \
	       "\"WorkingDir\": \"/w\"}"

static void
assert_default(const struct model_service *s, size_t i, const char *key, const char *value)
{
	assert_string_equal(s->defaults.v[i].key, key);
	assert_string_equal(s->defaults.v[i].value, value);
	assert_string_equal(s->defaults.v[i].origin, "oci image image config");
}

TEST(an_image_gives_each_value_that_the_service_lacks)
{
	uint8_t digest[DIGEST_SIZE];
	struct project p;

	write_image(CONFIG, digest);
	free(load_project(&p, IMAGE_HEAD "services:\n  a: {recipes: [app], " LIMITS "}\n"));
	const struct model_service *s = project_unit(&p, 0);
	assert_int_equal(diags_count(p.diags), 0);
	assert_int_equal(s->command.n, 3);
	assert_string_equal(s->command.v[2], "z");
	assert_int_equal(s->env.n, 2);
	assert_string_equal(s->cwd, "/w");
	assert_int_equal(s->defaults.n, 5);
	assert_default(s, 0, "command", "x -y z");
	assert_default(s, 1, "env.A", "1");
	assert_default(s, 2, "env.B", "2");
	assert_default(s, 3, "user", "7:8");
	assert_default(s, 4, "cwd", "/w");
	project_release(&p);
}

TEST(what_the_service_states_is_no_default)
{
	uint8_t digest[DIGEST_SIZE];
	struct project p;

	write_image(CONFIG, digest);
	free(load_project(&p, IMAGE_HEAD "users: [{name: me, uid: 9}]\nservices:\n"
					 "  a: {recipes: [app], command: [/b], env: {A: 3}, user: me, cwd: /c, " LIMITS "}\n"));
	const struct model_service *s = project_unit(&p, 0);
	assert_int_equal(diags_count(p.diags), 0);
	assert_int_equal(s->command.n, 1);
	assert_int_equal(s->env.n, 2);
	assert_string_equal(s->env.v[0], "B=2");
	assert_string_equal(s->env.v[1], "A=3");
	assert_string_equal(s->cwd, "/c");
	assert_int_equal(s->defaults.n, 1);
	assert_default(s, 0, "env.B", "2");
	project_release(&p);
}

TEST(of_two_images_none_gives_anything)
{
	uint8_t digest[DIGEST_SIZE];

	write_image(CONFIG, digest);
	assert_only_error(IMAGE_HEAD "services:\n  a: {recipes: [app], sources: [{oci: {path: recipes/image}}], " LIMITS "}\n",
			  "image.yml:4:6: `command` is missing: of several OCI images none can give it");
}

TEST(an_image_that_cannot_be_read_is_said_once)
{
	uint8_t digest[DIGEST_SIZE];

	write_image("7", digest);
	assert_only_error(IMAGE_HEAD "services:\n  a: {recipes: [app], " LIMITS "}\n",
			  "./recipes/app.yml:3:17: ./recipes/image: configuration: \"config\" is not an object");
}

TEST(loading_gives_the_manifests_digest)
{
	struct oci_ask ask = { "recipes/image", NULL, "linux/amd64", NULL };
	uint8_t digest[DIGEST_SIZE];
	struct arena *a = arena_new();
	struct oci_image found;
	struct err e;

	write_image(CONFIG, digest);
	assert_int_equal(oci_load(a, &ask, &found, &e), 0);
	assert_memory_equal(found.digest, digest, DIGEST_SIZE);
	digest[0] ^= 1;
	ask.digest = digest;
	assert_int_equal(oci_load(a, &ask, &found, &e), -1);
	assert_has(e.msg, "it is another image");
	arena_free(a);
}

#define TESTED(f) cmocka_unit_test_setup_teardown(f, temp_enter, temp_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TESTED(an_image_gives_each_value_that_the_service_lacks), TESTED(what_the_service_states_is_no_default),
		TESTED(of_two_images_none_gives_anything), TESTED(an_image_that_cannot_be_read_is_said_once),
		TESTED(loading_gives_the_manifests_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
