/* SPDX-License-Identifier: MIT
 *
 * `ingot verify`: builds the image once more from the lock, beside the one that is there, and compares each file. What
 * earlier builds compressed is not used again. It fails where the lock has no answer, rather than resolve anew.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"
#include "content.h"
#include "effective.h"
#include "manifest_diff.h"
#include "plan_report.h"
#include "verbs.h"

struct verify {
	struct build *b;
	struct arena *arena;
	const char *found; /* OUT/NAME as it was built */
	const char *temp;  /* what was built again */
	bool differs;
};

static int
not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder of ours with all in it: no more than a build and its cache, never through a link. */
static void
remove_all(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, not_dots, by_bytes);

	for (int i = 0; i < n; i++) {
		char *at = xprintf("%s/%s", path, names[i]->d_name);
		struct stat st;
		if (lstat(at, &st) == 0 && S_ISDIR(st.st_mode))
			remove_all(at);
		else
			unlink(at);
		free(at);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	rmdir(path);
}

/* Of two manifests the first path that differs, and how; "" where they cannot be read. */
static const char *
first_path(struct arena *a, const char *right, const char *found)
{
	struct manifest x, y = { .arena = NULL };
	struct manifest_diff d = { .arena = NULL };
	const char *text = "";
	struct err e;

	if (manifest_read(&x, right, &e) == 0 && manifest_read(&y, found, &e) == 0) {
		manifest_compare(&x, &y, &d);
		if (d.n_paths) {
			const struct path_change *p = &d.paths[0];
			const struct change *c = p->changes.n ? &p->changes.v[0] : NULL;
			text = arena_printf(a, "; %s", safe_text(a, (p->from ? p->from : p->to)->path));
			if (c)
				text = arena_printf(a, "%s: %s is %s, and must be %s", text, safe_text(a, c->key),
						    c->to ? safe_text(a, c->to) : "absent", c->from ? safe_text(a, c->from) : "absent");
			else
				text = arena_printf(a, "%s %s", text, p->from ? "is missing" : "must not be there");
		} else if (d.image.n) {
			text = arena_printf(a, "; %s is %s, and must be %s", safe_text(a, d.image.v[0].key),
					    d.image.v[0].to ? safe_text(a, d.image.v[0].to) : "absent",
					    d.image.v[0].from ? safe_text(a, d.image.v[0].from) : "absent");
		}
	} else {
		text = arena_printf(a, "; it cannot be read: %s", safe_text(a, e.msg));
	}
	manifest_diff_release(&d);
	manifest_release(&y);
	manifest_release(&x);
	return text;
}

static int
compare_one(struct verify *v, const char *name, struct err *e)
{
	const char *right = arena_printf(v->arena, "%s/%s", v->temp, name);
	const char *found = arena_printf(v->arena, "%s/%s", v->found, name);
	struct difference d;
	struct stat st;

	if (lstat(found, &st) || !S_ISREG(st.st_mode)) {
		printf("%s: is missing\n", found);
		v->differs = true;
		return 0;
	}
	if (compare_files(v->arena, right, found, &d, e))
		return -1;
	if (!d.differs)
		return 0;
	v->differs = true;
	if (strcmp(name, BUILD_MANIFEST) == 0)
		d.more = first_path(v->arena, right, found);
	printf("%s: differs at byte %llu%s\n", found, (unsigned long long)d.at, d.more);
	return 0;
}

/* Every file of the new build against the old one, then what the old one has besides. */
static int
compare_all(struct verify *v, struct err *e)
{
	struct dirent **names;
	int n = scandir(v->temp, &names, not_dots, by_bytes), r = 0;

	if (n < 0)
		return err_set(e, errno, "cannot read the folder %s", v->temp);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = compare_one(v, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	n = r == 0 ? scandir(v->found, &names, not_dots, by_bytes) : 0;
	for (int i = 0; i < n; i++) {
		if (access(arena_printf(v->arena, "%s/%s", v->temp, names[i]->d_name), F_OK)) {
			printf("%s/%s: is not of this image\n", v->found, safe_text(v->arena, names[i]->d_name));
			v->differs = true;
		}
		free(names[i]);
	}
	if (n > 0)
		free(names);
	return n < 0 ? err_set(e, errno, "cannot read the folder %s", v->found) : r;
}

/* With a cache of its own for what the writers keep, so that nothing compressed earlier is taken for right; the tree's
 * content is read from the real one, digest by digest. */
static int
build_again(struct verify *v, struct err *e)
{
	struct build *b = v->b;
	struct cache *real = b->cache;
	bool written;

	b->dir = v->temp;
	b->cache = cache_open(arena_printf(v->arena, "%s.cache", v->temp), e);
	int r = b->cache ? build_write(b, &written, e) : -1;
	cache_close(b->cache);
	b->cache = real;
	return r ? -1 : compare_all(v, e);
}

int
verb_verify(const struct options *o, struct build *b, struct err *e)
{
	struct verify v = { .b = b };
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];

	if (build_load(b, &o->build))
		return VERB_FAILED;
	v.arena = b->project.arena;
	v.found = b->dir;
	if (access(v.found, F_OK))
		return err_set(e, errno, "nothing was built to %s yet", v.found);
	/* another version would differ, and say nothing of the build */
	struct build_options locked = o->build;
	locked.fetch.locked = true;
	if (build_prepare(b, &locked, e))
		return VERB_FAILED;
	char *folder = arena_printf(v.arena, "%s/.verify-XXXXXX", o->build.out_dir);
	if (!mkdtemp(folder))
		return err_set(e, errno, "cannot make a folder in %s", o->build.out_dir);
	v.temp = arena_printf(v.arena, "%s/again", folder);
	int r = build_again(&v, e);
	remove_all(folder);
	if (r)
		return VERB_FAILED;
	if (v.differs)
		return VERB_DIFFERS;
	tree_digest(b->tree, digest);
	digest_hex(digest, hex);
	printf("%s: the same again, tree %s\n", v.found, hex);
	return VERB_OK;
}
