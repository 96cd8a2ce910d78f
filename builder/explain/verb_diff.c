/* SPDX-License-Identifier: MIT
 *
 * `ingot diff A B`: two images compared by their manifests. Each is an image file, which is built in memory for that, a
 * folder that an image was built to, or a manifest. It writes nothing but a lock that is not there yet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "effective.h"
#include "json_out.h"
#include "manifest_diff.h"
#include "verbs.h"

static bool
is_image_file(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".yml") == 0;
}

/* What a build would write as manifest.json. */
static int
manifest_of_image(const struct options *o, const char *file, struct build *b, struct manifest *m, struct err *e)
{
	struct build_options how = o->build;
	char *text = NULL;
	size_t size;

	how.image_file = file;
	if (build_load(b, &how) || build_prepare(b, &how, e))
		return -1;
	FILE *f = open_memstream(&text, &size);
	if (!f)
		return err_set(e, errno, "the manifest");
	manifest_write(b, f);
	int r = fclose(f) ? err_set(e, errno, "the manifest") : manifest_parse(m, file, text, size, e);
	free(text);
	return r;
}

static int
load(const struct options *o, const char *name, struct build *b, struct manifest *m, struct err *e)
{
	struct stat st;

	*m = (struct manifest){ .arena = NULL };
	if (is_image_file(name))
		return manifest_of_image(o, name, b, m, e);
	if (stat(name, &st))
		return err_set(e, errno, "cannot read %s", name);
	if (!S_ISDIR(st.st_mode))
		return manifest_read(m, name, e);
	char *file = xprintf("%s/%s", name, BUILD_MANIFEST);
	int r = manifest_read(m, file, e);
	free(file);
	return r;
}

/* Manifests may hold anything; the terminal shall not. */
static const char *
shown(const struct manifest_diff *d, const char *text)
{
	return text ? safe_text(d->arena, text) : "(none)";
}

static void
print_changes(const struct manifest_diff *d, const char *title, const struct changes *c)
{
	if (c->n)
		printf("%s:\n", title);
	for (size_t i = 0; i < c->n; i++)
		printf("  %s: %s -> %s\n", shown(d, c->v[i].key), shown(d, c->v[i].from), shown(d, c->v[i].to));
}

static void
print_whole(const struct manifest_diff *d, char sign, const struct manifest_path *p)
{
	static const char *const keys[] = { "type", "mode", "size", "target" };

	printf("%c %s", sign, shown(d, p->path));
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *value = manifest_get(&p->fields, keys[i]);
		if (value[0])
			printf("  %s %s", keys[i], shown(d, value));
	}
	printf("  # %s\n", shown(d, manifest_get(&p->fields, "origin")));
}

static void
print_diff(const struct manifest_diff *d)
{
	print_changes(d, "packages", &d->packages);
	print_changes(d, "image", &d->image);
	if (d->n_paths)
		printf("paths: %zu added, %zu removed, %zu changed\n", d->added, d->removed, d->changed);
	for (size_t i = 0; i < d->n_paths; i++) {
		const struct path_change *p = &d->paths[i];
		if (!p->from || !p->to) {
			print_whole(d, p->to ? '+' : '-', p->to ? p->to : p->from);
			continue;
		}
		printf("~ %s", shown(d, p->from->path));
		for (size_t k = 0; k < p->changes.n; k++)
			printf("%s %s %s -> %s", k ? "," : " ", shown(d, p->changes.v[k].key), shown(d, p->changes.v[k].from),
			       shown(d, p->changes.v[k].to));
		putchar('\n');
	}
}

static void
json_value_at(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	if (value)
		json_string(j, value);
	else
		json_null(j);
}

static void
json_changes(struct json *j, const char *key, const struct changes *c)
{
	json_array_at(j, key);
	for (size_t i = 0; i < c->n; i++) {
		json_object(j);
		json_text(j, "key", c->v[i].key);
		json_value_at(j, "from", c->v[i].from);
		json_value_at(j, "to", c->v[i].to);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
json_diff(const struct manifest_diff *d)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_flag(&j, "same", manifest_same(d));
	json_changes(&j, "packages", &d->packages);
	json_changes(&j, "image", &d->image);
	json_array_at(&j, "paths");
	for (size_t i = 0; i < d->n_paths; i++) {
		const struct path_change *p = &d->paths[i];
		const struct manifest_path *x = p->to ? p->to : p->from;
		json_object(&j);
		json_text(&j, "path", x->path);
		json_text(&j, "change", !p->from ? "added" : !p->to ? "removed" : "changed");
		if (p->from && p->to)
			json_changes(&j, "changes", &p->changes);
		for (size_t k = 0; (!p->from || !p->to) && k < x->fields.n; k++)
			json_text(&j, x->fields.v[k].key, x->fields.v[k].value);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}

static int
diff_images(const struct options *o, struct build *b, struct err *e)
{
	struct manifest from, to = { .arena = NULL };
	struct manifest_diff d = { .arena = NULL };
	int r = VERB_FAILED;

	if (load(o, o->args[0], b, &from, e) == 0) {
		build_release(b); /* the second one is built in its place */
		*b = (struct build){ .dir = NULL };
		r = load(o, o->args[1], b, &to, e);
	}
	if (r == 0) {
		manifest_compare(&from, &to, &d);
		r = manifest_same(&d) ? VERB_OK : VERB_DIFFERS;
		if (o->json)
			json_diff(&d);
		else if (r == VERB_OK)
			printf("the same: tree %s\n", manifest_get(&to.fields, "tree"));
		else
			print_diff(&d);
	}
	manifest_diff_release(&d);
	manifest_release(&to);
	manifest_release(&from);
	return r;
}

/* The machine itself looks: it holds the list of the image's files, and what services have written is there alone. */
static int
diff_guest(const struct options *o, struct build *b, struct err *e)
{
	char word[] = "drift", *words[] = { word, NULL };
	struct options ask = *o;

	if (o->json)
		return err_set(e, 0, "diff --guest tells lines; `ingotctl drift --json` in the machine tells JSON"), VERB_USAGE;
	ask.rest = words;
	ask.n_rest = 1;
	return verb_ctl(&ask, b, e);
}

int
verb_diff(const struct options *o, struct build *b, struct err *e)
{
	if (o->n_args != (o->guest ? 1 : 2))
		return err_set(e, 0, "usage: ingot diff A B | --guest IMAGE"), VERB_USAGE;
	return o->guest ? diff_guest(o, b, e) : diff_images(o, b, e);
}
