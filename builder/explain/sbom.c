/* SPDX-License-Identifier: MIT */
#include "sbom.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "content.h"
#include "deb_control.h"
#include "guest.h"
#include "oci.h"
#include "why.h"

#define TIME_MAX 253402300799 /* the end of the year 9999 */

/* As the purl specification wants it: everything but unreserved characters is encoded. */
static const char *
encoded(struct arena *a, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	char *buf = arena_alloc(a, 3 * strlen(text) + 1), *to = buf;

	for (; *text; text++)
		to += sprintf(to, strchr(plain, *text) ? "%c" : "%%%02X", (unsigned char)*text);
	return buf;
}

const char *
sbom_purl(struct arena *a, const char *name, const char *version, const char *arch)
{
	return arena_printf(a, "pkg:deb/debian/%s@%s?arch=%s", encoded(a, name), encoded(a, version), encoded(a, arch));
}

static int
by_name(const void *a, const void *b)
{
	const struct sbom_component *x = a, *y = b;
	int c = (x->kind > y->kind) - (x->kind < y->kind);

	c = c ? c : strcmp(x->name, y->name);
	c = c ? c : strcmp(x->version, y->version);
	return c ? c : memcmp(x->sha256, y->sha256, DIGEST_SIZE);
}

/* Adds it, or the root to the one that is there already. */
static void
add(struct sbom *s, const struct sbom_component *c)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sbom_component *x = &s->v[i];
		if (by_name(x, c) != 0)
			continue;
		const char *last = strrchr(x->where, ' ');
		if (strcmp(last ? last + 1 : x->where, c->where) != 0)
			x->where = arena_printf(s->arena, "%s, %s", x->where, c->where);
		return;
	}
	s->v = grow(s->v, s->n, &s->room, sizeof *s->v);
	s->v[s->n++] = *c;
}

static const char *
root_name(const struct plan_root *root)
{
	return root->path[0] ? strrchr(root->path, '/') + 1 : "machine";
}

/* "nginx (1.22.1-9)" and "nginx" both come to name and version; without the field it is the package itself. */
static const char *
source_of(struct arena *a, const struct deb_pin *pin, const char *control)
{
	const char *source = deb_control_field(a, control, "Source");
	size_t n = strcspn(source, " ("), m = strcspn(source, "(");

	if (!n)
		return arena_printf(a, "%s %s", pin->name, pin->version);
	if (!source[m])
		return arena_printf(a, "%.*s %s", (int)n, source, pin->version);
	return arena_printf(a, "%.*s %.*s", (int)n, source, (int)strcspn(source + m + 1, ")"), source + m + 1);
}

static int
add_packages(struct sbom *s, struct build *b, const struct deb_list *pins, const char *where, struct err *e)
{
	for (size_t i = 0; pins && i < pins->count; i++) {
		const struct deb_pin *p = &pins->pins[i];
		const char *control = deb_control(b->cache, s->arena, p, e);
		if (!control)
			return -1;
		struct sbom_component c = { .kind = SBOM_PACKAGE, .name = p->name, .version = p->version, .where = where,
					    .purl = sbom_purl(s->arena, p->name, p->version, p->arch),
					    .source = source_of(s->arena, p, control) };
		memcpy(c.sha256, p->sha256, DIGEST_SIZE);
		add(s, &c);
	}
	return 0;
}

/* The version that the program names itself by: nothing else knows it. */
static const char *
busybox_version(struct arena *a, const struct content *c, struct err *e)
{
	static const char mark[] = "BusyBox v";
	char *bytes = content_load(c, e);

	if (!bytes)
		return NULL;
	const char *at = memmem(bytes, (size_t)c->size, mark, strlen(mark));
	const char *version = at ? at + strlen(mark) : "";
	version = arena_strndup(a, version, strspn(version, "0123456789."));
	free(bytes);
	return version;
}

static int
add_busybox(struct sbom *s, struct build *b, const struct plan_root *root, const struct src_busybox *from,
	    struct err *e)
{
	const struct tree_entry *x = tree_resolve(b->tree, arena_printf(s->arena, "%s%s", root->path, from->to));

	if (!x || x->inode->type != TREE_FILE) /* a later source took its place */
		return 0;
	struct sbom_component c = { .kind = SBOM_PROGRAM, .name = "busybox", .purl = "", .source = x->origin->text,
				    .licence = "GPL-2.0-only", .where = root_name(root),
				    .version = busybox_version(s->arena, &x->inode->content, e) };
	if (!c.version)
		return -1;
	memcpy(c.sha256, x->inode->content.sha256, DIGEST_SIZE);
	add(s, &c);
	return 0;
}

static void
add_archive(struct sbom *s, const struct plan_root *root, const struct plan_source *from)
{
	const struct src_archive *a = from->source->archive;
	const char *place = a->url ? a->url : a->path, *slash = strrchr(place, '/');
	struct sbom_component c = { .kind = SBOM_ARCHIVE, .name = slash && slash[1] ? slash + 1 : place, .version = "",
				    .purl = "", .source = from->origin->text, .where = root_name(root) };

	memcpy(c.sha256, from->archive.sha256, DIGEST_SIZE);
	add(s, &c);
}

static void
add_oci(struct sbom *s, const struct plan_root *root, const struct plan_source *from)
{
	const struct oci_image *image = from->source->oci->image;
	struct sbom_component c = { .kind = SBOM_CONTAINER, .name = image->name, .version = "", .purl = "",
				    .source = from->origin->text, .where = root_name(root) };

	memcpy(c.sha256, image->digest, DIGEST_SIZE);
	add(s, &c);
}

/* What a build step made comes from its inputs; its tools are not in the image. */
static void
add_step(struct sbom *s, const struct plan_root *root, const struct plan_source *from)
{
	for (size_t i = 0; i < from->source->build->inputs.n; i++) {
		const struct deb_list *files = from->input_pins ? from->input_pins[i] : NULL;
		for (size_t k = 0; files && k < files->count; k++) {
			const struct deb_pin *p = &files->pins[k];
			struct sbom_component c = { .kind = SBOM_ARCHIVE, .name = p->name, .version = p->version, .purl = "",
						    .source = from->origin->text, .where = root_name(root) };
			memcpy(c.sha256, p->sha256, DIGEST_SIZE);
			add(s, &c);
		}
	}
}

static int
add_root(struct sbom *s, struct build *b, const struct plan_root *root, struct err *e)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *from = &root->sources[i];
		if (from->source->busybox && add_busybox(s, b, root, from->source->busybox, e))
			return -1;
		if (from->source->debian && add_packages(s, b, from->pins, root_name(root), e))
			return -1;
		if (from->source->archive)
			add_archive(s, root, from);
		if (from->source->oci)
			add_oci(s, root, from);
		if (from->source->build)
			add_step(s, root, from);
	}
	return 0;
}

static void
add_own_programs(struct sbom *s, struct build *b)
{
	for (enum guest_program g = 0; g < GUEST_PROGRAMS; g++) {
		const struct tree_entry *x = tree_find(b->tree, guest_path(g));
		struct sbom_component c = { .kind = SBOM_PROGRAM, .version = INGOT_VERSION, .purl = "", .source = "",
					    .licence = "MIT", .where = "machine",
					    .name = arena_printf(s->arena, "ingot %s", guest_path(g)) };
		if (!x || x->inode->type != TREE_FILE)
			continue;
		memcpy(c.sha256, x->inode->content.sha256, DIGEST_SIZE);
		add(s, &c);
	}
}

struct walk {
	struct sbom *s;
	struct build *b;
	int64_t newest;
};

/* Whether the origin is a line of a recipe or of the image file: neither a package's nor ingot's. */
static bool
is_of_a_line(const struct walk *w, const struct tree_entry *x, const char *path)
{
	const struct plan_root *root = why_root_of(w->b, path);

	for (size_t i = 0; i < root->n_sources; i++)
		if (!root->sources[i].source->busybox && strcmp(root->sources[i].origin->text, x->origin->text) == 0)
			return true;
	return false;
}

static int
add_file(struct tree_entry *x, void *arg)
{
	struct walk *w = arg;
	char path[TREE_PATH_MAX + 1];

	if (x->inode->meta.mtime > w->newest)
		w->newest = x->inode->meta.mtime;
	if (x->inode->type != TREE_FILE)
		return 0;
	tree_path(x, path, sizeof path);
	if (!is_of_a_line(w, x, path))
		return 0;
	struct sbom_component c = { .kind = SBOM_FILE, .name = arena_strdup(w->s->arena, path), .version = "", .purl = "",
				    .source = x->origin->text, .where = root_name(why_root_of(w->b, path)) };
	memcpy(c.sha256, x->inode->content.sha256, DIGEST_SIZE);
	w->s->v = grow(w->s->v, w->s->n, &w->s->room, sizeof *w->s->v); /* each path is there once */
	w->s->v[w->s->n++] = c;
	return 0;
}

static const char *
time_text(struct arena *a, int64_t seconds)
{
	time_t t = (time_t)(seconds > TIME_MAX ? TIME_MAX : seconds);
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
			    tm.tm_min, tm.tm_sec);
}

/* A UUID of version 8 (RFC 9562: by the application's own rule) from the manifest's digest. */
static int
make_ids(struct sbom *s, struct build *b, struct err *e)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX], *text = NULL;
	struct content c;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return err_set(e, 0, "no memory for the manifest");
	manifest_write(b, f);
	if (fclose(f))
		return err_set(e, 0, "no memory for the manifest");
	content_of_mem(&c, text, size);
	free(text);
	c.sha256[6] = (uint8_t)((c.sha256[6] & 0x0f) | 0x80);
	c.sha256[8] = (uint8_t)((c.sha256[8] & 0x3f) | 0x80);
	digest_hex(c.sha256, hex);
	s->uuid = arena_printf(s->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	tree_digest(b->tree, digest);
	digest_hex(digest, hex);
	s->tree = arena_strdup(s->arena, hex);
	return 0;
}

int
sbom_collect(struct sbom *s, struct build *b, struct err *e)
{
	struct walk w = { s, b, 0 };
	const struct plan_root *root;

	*s = (struct sbom){ .arena = b->project.arena, .image = b->project.image.image };
	if (make_ids(s, b, e) || add_packages(s, b, b->plan.kernel_pins, "kernel", e))
		return -1;
	for (size_t i = 0; (root = why_root(b, i)) != NULL; i++)
		if (add_root(s, b, root, e))
			return -1;
	add_own_programs(s, b);
	tree_walk(tree_root(b->tree), add_file, &w);
	s->created = time_text(s->arena, w.newest);
	qsort(s->v, s->n, sizeof *s->v, by_name);
	return 0;
}

void
sbom_release(struct sbom *s)
{
	free(s->v);
	s->v = NULL;
	s->n = 0;
}
