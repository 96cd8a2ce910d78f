/* SPDX-License-Identifier: MIT
 *
 * What must hold for a source that reads from the host: a recipe may come from others, and reads nothing outside its
 * own folder; archives are pinned; an OCI image is read as far as its configuration.
 */
#include <string.h>
#include <sys/stat.h>

#include "content.h"
#include "host_path.h"
#include "oci.h"
#include "project.h"
#include "value.h"

struct checking {
	struct project *p;
	const char *folder; /* the recipe's; NULL: the image file, which is the user's own and may name any path */
};

/* Whether the path may be read; says what is wrong with it. `kind` is S_IFREG, S_IFDIR, or 0 for either. */
static bool
check_host_path(const struct checking *c, const struct node *map, const char *path, mode_t kind)
{
	const struct node *at = node_place(map, "path");
	struct stat st;

	if (!path)
		return false;
	if (c->folder && at->kind == NODE_SCALAR && host_path_leaves(at->text)) {
		diag(c->p->diags, at, "a recipe reads nothing outside its own folder: %s", at->text);
		return false;
	}
	if (stat(path, &st) || (kind ? (st.st_mode & S_IFMT) != kind : !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		diag(c->p->diags, at, "no %s %s", kind == S_IFREG ? "file" : kind == S_IFDIR ? "folder" : "file or folder", path);
		return false;
	}
	if (c->folder && !host_path_beneath(c->folder, path)) {
		diag(c->p->diags, at, "a recipe reads nothing outside its own folder: %s leads out of it by a symbolic link", path);
		return false;
	}
	return true;
}

static void
check_exclude(const struct checking *c, const struct node *map, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!value_is_path(v[i]) || !v[i][1])
			diag(c->p->diags, node_place(map, "exclude"),
			     "`exclude` holds absolute paths, such as /usr/share/doc, not `%s`", v[i]);
}

static void
check_url(const struct checking *c, const struct src_archive *a)
{
	static const char *const schemes[] = { "https://", "http://", "file:///" };
	const struct node *at = node_place(a->head.node, "url");
	size_t i = 0;

	for (const unsigned char *s = (const unsigned char *)a->url; *s; s++) {
		if (*s > ' ' && *s < 0x7f)
			continue;
		diag(c->p->diags, at, "a URL is of ASCII without blanks: write other characters as %%XX");
		return;
	}
	while (i < 3 && (strncmp(a->url, schemes[i], strlen(schemes[i])) != 0 || !a->url[strlen(schemes[i])]))
		i++;
	if (i == 3)
		diag(c->p->diags, at, "`url` begins with https://, http:// or file:///, not `%s`", a->url);
	else if (i == 2 && c->folder)
		diag(c->p->diags, at, "a recipe reads nothing outside its own folder: write `path` for what lies beside it");
}

static void
check_archive(const struct checking *c, const struct src_archive *a)
{
	const struct node *map = a->head.node;
	uint8_t digest[DIGEST_SIZE];

	if (!node_get(map, "url") == !node_get(map, "path"))
		diag(c->p->diags, map, "an archive has either a `url` or a `path`");
	else if (a->url)
		check_url(c, a);
	else
		check_host_path(c, map, a->path, S_IFREG);
	if (a->sha256 && !digest_parse(a->sha256, digest))
		diag(c->p->diags, node_place(map, "sha256"), "not a SHA-256 digest: 64 hexadecimal digits");
	check_exclude(c, map, a->exclude.v, a->exclude.n);
}

static void
check_oci(const struct checking *c, struct src_oci *o)
{
	const struct node *map = o->head.node;
	struct oci_ask ask = { o->path, o->ref, o->platform, NULL };
	uint8_t digest[DIGEST_SIZE];
	struct err e;

	check_exclude(c, map, o->exclude.v, o->exclude.n);
	if (!check_host_path(c, map, o->path, 0))
		return;
	if (o->digest) {
		const char *hex = strncmp(o->digest, "sha256:", 7) == 0 ? o->digest + 7 : "";
		if (!digest_parse(hex, digest)) {
			diag(c->p->diags, node_place(map, "digest"), "`digest` is sha256: and 64 hexadecimal digits");
			return;
		}
		ask.digest = digest;
	}
	struct oci_image *image = arena_alloc(c->p->arena, sizeof *image);
	if (oci_load(c->p->arena, &ask, image, &e))
		diag(c->p->diags, node_place(map, "path"), "%s: %s", o->path, e.msg);
	else
		o->image = image;
}

void
check_source_host(struct project *p, const struct source *s, const char *folder)
{
	struct checking c = { p, folder };

	if (s->file)
		check_host_path(&c, s->file->head.node, s->file->path, S_IFREG);
	if (s->folder)
		check_host_path(&c, s->folder->head.node, s->folder->path, S_IFDIR);
	if (s->archive)
		check_archive(&c, s->archive);
	if (s->oci)
		check_oci(&c, s->oci);
}
