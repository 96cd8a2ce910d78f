/* SPDX-License-Identifier: MIT
 *
 * `ingot size`: where an image's bytes go.
 */
#include <string.h>

#include "json_out.h"
#include "plan_report.h"
#include "size_groups.h"
#include "verbs.h"

static const struct {
	const char *title, *key;
} lists[SIZE_LISTS] = {
	[SIZE_BY_RECIPE] = { "by recipe", "by_recipe" },
	[SIZE_BY_ORIGIN] = { "by origin", "by_origin" },
	[SIZE_BY_ROOT] = { "by root", "by_root" },
	[SIZE_BY_FOLDER] = { "by top folder of its root", "by_folder" },
};

static void
print_sizes(struct build *b, const struct sizes *s)
{
	struct arena *a = b->project.arena;

	printf("%s: %zu files, %s", b->project.image.image, s->all.files, size_text(a, s->all.bytes));
	printf("; sharing saves %s in %zu names\n", size_text(a, s->shared), s->names);
	if (s->output)
		printf("%s: %s\n", s->output, size_text(a, s->output_bytes));
	printf("kernel: %s\n", size_text(a, b->kernel.image.size));
	printf("compressed sizes are estimated, %s; a file with several names counts for the first\n",
	       s->output ? "scaled to the size of the output" : "each file by itself at a fast level: the image is not built");
	for (size_t i = 0; i < SIZE_LISTS; i++) {
		printf("%s:\n", lists[i].title);
		for (size_t k = 0; k < s->by[i].n; k++) {
			const struct size_group *g = &s->by[i].v[k];
			printf("  %12s %12s  %s, %zu file%s\n", size_text(a, g->bytes), size_text(a, g->packed), g->name, g->files,
			       g->files == 1 ? "" : "s");
		}
	}
}

static void
json_sizes(struct build *b, const struct sizes *s)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_text(&j, "image", b->project.image.image);
	json_number(&j, "files", s->all.files);
	json_number(&j, "bytes", s->all.bytes);
	json_number(&j, "shared_bytes", s->shared);
	json_number(&j, "shared_names", s->names);
	json_number(&j, "kernel_bytes", b->kernel.image.size);
	json_flag(&j, "scaled", s->output != NULL);
	if (s->output) {
		json_text(&j, "output", s->output);
		json_number(&j, "output_bytes", s->output_bytes);
	}
	for (size_t i = 0; i < SIZE_LISTS; i++) {
		json_array_at(&j, lists[i].key);
		for (size_t k = 0; k < s->by[i].n; k++) {
			json_object(&j);
			json_text(&j, "name", s->by[i].v[k].name);
			json_number(&j, "files", s->by[i].v[k].files);
			json_number(&j, "bytes", s->by[i].v[k].bytes);
			json_number(&j, "compressed_estimate", s->by[i].v[k].packed);
			json_object_end(&j);
		}
		json_array_end(&j);
	}
	json_object_end(&j);
	json_end(&j);
}

int
verb_size(const struct options *o, struct build *b, struct err *e)
{
	struct sizes s;

	if (build_load(b, &o->build) || build_prepare(b, &o->build, e))
		return VERB_FAILED;
	int r = sizes_count(&s, b, e);
	if (r == 0 && o->json)
		json_sizes(b, &s);
	else if (r == 0)
		print_sizes(b, &s);
	sizes_release(&s);
	return r ? VERB_FAILED : VERB_OK;
}
