/* SPDX-License-Identifier: MIT
 *
 * The verbs' table, and those verbs that are a few calls of the pipeline; the others have files of their own.
 */
#include "verbs.h"

#include <string.h>

#include "json_out.h"
#include "output.h"

static int
verb_check(const struct options *o, struct build *b, struct err *e)
{
	(void)e;
	if (project_load(&b->project, o->build.image_file, o->build.recipe_dir))
		return VERB_FAILED;
	printf("%s: no error found\n", o->build.image_file);
	return VERB_OK;
}

/* The folder, what was written of it, and what proves that two builds are the same. */
static void
print_result(const struct build *b, bool written)
{
	uint8_t digest[DIGEST_SIZE];
	struct json j;

	tree_digest(b->tree, digest);
	json_to_file(&j, stdout);
	json_object(&j);
	json_text(&j, "image", b->project.image.image);
	json_text(&j, "folder", b->dir);
	json_flag(&j, "written", written);
	json_digest(&j, "tree", digest);
	json_key(&j, "outputs");
	json_object(&j);
	for (const struct output_kind *k = output_kinds; k->word; k++)
		if (build_wants(b, k->word))
			json_text(&j, k->word, build_file(b, k->file));
	json_object_end(&j);
	json_object_end(&j);
	json_end(&j);
}

static int
verb_build(const struct options *o, struct build *b, struct err *e)
{
	bool written;

	if (build_load(b, &o->build) || build_prepare(b, &o->build, e) || build_write(b, &written, e))
		return VERB_FAILED;
	if (o->json)
		print_result(b, written);
	else
		printf("%s: %s\n", b->dir, written ? "built" : "up to date");
	return VERB_OK;
}

static int
verb_keys(const struct options *o, struct build *b, struct err *e)
{
	(void)o;
	(void)b;
	(void)e;
	puts(".SS Keys of an image file");
	keys_reference(image_keys, stdout);
	puts(".SS Keys of a recipe");
	keys_reference(recipe_keys, stdout);
	return VERB_OK;
}

#define IMAGE "IMAGE.yml"

const struct verb verbs[] = {
	{ "build", IMAGE, 1, 1, verb_build, "build the image: its outputs and manifest.json in out/NAME" },
	{ "check", IMAGE, 1, 1, verb_check, "read and check the files only; fetches nothing" },
	{ "show", IMAGE, 1, 1, verb_show, "print the service table, or every value with its origin" },
	{ "table", IMAGE, 1, 1, verb_table, "write the service table alone, for ingotctl reload, to standard output" },
	{ "lock", IMAGE " [NAME]", 1, 2, verb_lock, "pin everything the image is made of in its lock, building nothing" },
	{ "run", IMAGE, 1, 1, verb_run, "build, then boot the image in QEMU" },
	{ "test", IMAGE, 1, 1, verb_test, "build, boot in QEMU, hold the machine against the file's tests, power off" },
	{ "selftest", IMAGE, 1, 1, verb_selftest, "boot it with a probe in each service's place, and hold what it finds" },
	{ "seccomp", IMAGE " SERVICE", 2, 2, verb_seccomp, "what a service's filter lacks, seen in a run, as a line of YAML" },
	{ "trace", IMAGE " SERVICE", 2, 2, verb_trace, "the least that a service needs, seen in a run, as lines of YAML" },
	{ "ctl", IMAGE " COMMAND [ARG...]", 1, 1, verb_ctl, "ask the machine that `ingot run` has booted" },
	{ "diff", "A B | --guest IMAGE", 1, 2, verb_diff,
	  "what differs between two images (files, built folders or manifests), or of a machine from its own" },
	{ "init", "[NAME.yml]", 0, 1, verb_init, "write a first image file, with comments" },
	{ "plan", IMAGE, 1, 1, verb_plan, "print what a build would do, fetch and write" },
	{ "verify", IMAGE, 1, 1, verb_verify, "rebuild from the lock, and compare with what was built" },
	{ "size", IMAGE, 1, 1, verb_size, "where the bytes go: by recipe, origin, root and folder" },
	{ "sbom", IMAGE, 1, 1, verb_sbom, "what the image is made of, as SPDX or CycloneDX" },
	{ "score", IMAGE "|TABLE [SERVICE]", 1, 2, verb_score, "how exposed each service is, from 0 to 10, and why" },
	{ "why", IMAGE " PATH", 2, 2, verb_why, "what a path of the image is, and where it comes from" },
	{ "schema", "[image|recipe]", 0, 1, verb_schema, "print the JSON Schema of image files, or of recipes" },
	{ "cache", "[size|prune]", 0, 1, verb_cache, "print the cache's size, or remove what no build has used for long" },
	{ "keys", "", 0, 0, verb_keys, "print the reference of the image file's and recipes' keys, as troff" },
	{ NULL, NULL, 0, 0, NULL, NULL },
};

static const struct verb *
named(const char *name, struct err *e)
{
	const char *names[64] = { NULL };
	const struct verb *v = verbs;

	_Static_assert(sizeof verbs / sizeof *verbs <= sizeof names / sizeof *names, "more verbs than names");
	for (size_t i = 0; verbs[i].name; i++)
		names[i] = verbs[i].name;
	while (v->name && strcmp(v->name, name) != 0)
		v++;
	if (v->name)
		return v;
	const char *meant = nearest(name, names);
	err_set(e, 0, "unknown verb %s%s%s%s (see ingot --help)", name, meant ? ": did you mean " : "", meant ? meant : "",
		meant ? "?" : "");
	return NULL;
}

const struct verb *
verb_find(const struct options *o, struct err *e)
{
	const struct verb *v = named(o->verb, e);

	if (!v)
		return NULL;
	if (o->n_args > v->max_args && v->max_args == 1 && strcmp(v->args, IMAGE) == 0)
		err_set(e, 0, "one image file at a time: %s is one too many", o->args[1]);
	else if (o->n_args == 0 && v->min_args && strncmp(v->args, IMAGE, strlen(IMAGE)) == 0)
		err_set(e, 0, "%s wants an image file, such as images/web.yml", o->verb);
	else if (o->n_args < v->min_args || o->n_args > v->max_args)
		err_set(e, 0, "usage: ingot %s%s%s", v->name, v->args[0] ? " " : "", v->args);
	else
		return v;
	return NULL;
}
