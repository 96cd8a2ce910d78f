/* SPDX-License-Identifier: MIT
 *
 * Sees to it that pinned packages are in the cache: downloads what is missing, exactly at the pinned version, and takes
 * over only what has the pinned digest. It runs nothing where nothing is missing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt_run.h"
#include "content.h"
#include "progress.h"

struct fetching {
	struct apt *apt;
	const char *dir;
	const struct deb_pin **missing;
	size_t n_missing, n_asked;
};

static void
find_missing(struct fetching *f, const struct deb_list *l)
{
	struct content c;

	f->n_missing = 0;
	for (size_t i = 0; i < l->count; i++)
		if (!cache_lookup(f->apt->cache, l->pins[i].sha256, &c) || c.size != l->pins[i].size)
			f->missing[f->n_missing++] = &l->pins[i];
}

/* What has come so far: whole packages lie in the folder itself, the one that is coming in partial/. */
static void
count_files(const char *path, uint64_t *bytes, size_t *files)
{
	DIR *d = opendir(path);
	struct dirent *x;
	struct stat st;

	while (d && (x = readdir(d)) != NULL) {
		if (fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		*bytes += (uint64_t)st.st_size;
		++*files;
	}
	if (d)
		closedir(d);
}

static void
tick(void *arg)
{
	const struct fetching *f = arg;
	char *partial = xprintf("%s/partial", f->dir);
	uint64_t bytes = 0;
	size_t files = 0, ignored = 0;

	count_files(f->dir, &bytes, &files);
	count_files(partial, &bytes, &ignored);
	free(partial);
	progress_detail("%zu of %zu", files, f->n_asked);
	progress_update(bytes);
}

static void
empty_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *x;

	while (d && (x = readdir(d)) != NULL)
		unlinkat(dirfd(d), x->d_name, 0);
	if (d)
		closedir(d);
}

/* apt writes NAME_VERSION_ARCH.deb, and a name holds no underscore. */
static const struct deb_pin *
pin_of_file(const struct fetching *f, const char *file)
{
	size_t n = strcspn(file, "_"), len = strlen(file);

	if (len < 4 || strcmp(file + len - 4, ".deb") != 0)
		return NULL;
	for (size_t i = 0; i < f->n_missing; i++)
		if (strlen(f->missing[i]->name) == n && strncmp(f->missing[i]->name, file, n) == 0)
			return f->missing[i];
	return NULL;
}

/* Takes what has come into the cache. A digest that differs leaves nothing there. */
static int
import_files(struct fetching *f, struct err *e)
{
	DIR *d = opendir(f->dir);
	struct dirent *x;
	struct content c;
	int r = 0;

	if (!d)
		return 0;
	while (r == 0 && (x = readdir(d)) != NULL) {
		const struct deb_pin *pin = pin_of_file(f, x->d_name);
		if (!pin)
			continue;
		char *path = xprintf("%s/%s", f->dir, x->d_name);
		r = cache_import(f->apt->cache, path, pin->sha256, &c, e);
		if (r)
			err_wrap(e, "package %s %s: the mirror's file is not the pinned one; if it was replaced there, "
				 "`ingot lock --update IMAGE.yml` takes it", pin->name, pin->version);
		free(path);
		unlinkat(dirfd(d), x->d_name, 0);
	}
	closedir(d);
	return r;
}

static int
download(struct fetching *f, struct process *p, struct err *e)
{
	const char **argv = xcalloc(f->n_missing + 5, sizeof *argv);
	uint64_t total = 0;
	size_t k = 0;
	char what[64];

	argv[k++] = "apt-get";
	argv[k++] = "-q";
	argv[k++] = "download";
	argv[k++] = "--"; /* a lock's names are no options */
	for (size_t i = 0; i < f->n_missing; i++) {
		const struct deb_pin *pin = f->missing[i];
		argv[k++] = arena_printf(f->apt->arena, "%s=%s", pin->name, pin->version);
		total += pin->size;
	}
	f->n_asked = f->n_missing;
	*p = (struct process){ .argv = argv, .cwd = f->dir, .tick = tick, .arg = f };
	snprintf(what, sizeof what, "fetching %zu package%s", f->n_missing, f->n_missing == 1 ? "" : "s");
	progress_begin(what, total, PROGRESS_BYTES);
	int r = apt_run(f->apt, p, e);
	tick(f);
	if (r || p->status)
		progress_cancel();
	else
		progress_end();
	p->argv = NULL;
	free(argv);
	return r;
}

/* Which of the missing packages apt's words are about; the first one where they name none. */
static const struct deb_pin *
blame(const struct fetching *f, const char *words)
{
	for (size_t i = 0; i < f->n_missing; i++) {
		const char *name = f->missing[i]->name;
		size_t n = strlen(name);
		for (const char *at = strstr(words, name); at; at = strstr(at + 1, name)) {
			/* 'name' was not found; Unable to locate package name; .../name_1.2_amd64.deb  404 */
			char before = at == words ? ' ' : at[-1], after = at[n];
			if (strchr("' /", before) && (strchr("'\n_", after) || !after))
				return f->missing[i];
		}
	}
	return f->missing[0];
}

static int
fetch_failed(const struct fetching *f, const struct process *p, struct err *e)
{
	char doing[64];

	if (apt_classify(p) == APT_MISSING) {
		const char *words = strstr(p->err, "E: ");
		const struct deb_pin *pin = blame(f, words ? words : p->err);
		return err_set(e, 0, "package %s %s is gone from the package mirrors (a newer version replaces it there): take "
				     "the present one with `ingot lock --update IMAGE.yml`, or use a cache that holds it", pin->name, pin->version);
	}
	snprintf(doing, sizeof doing, "downloading %zu package%s", f->n_missing, f->n_missing == 1 ? "" : "s");
	return apt_failed(f->apt, p, doing, e);
}

/* Sets *again where it is worth another try: the lists were old, and have been read anew. */
static int
try_once(struct fetching *f, const struct deb_list *l, bool *again, struct err *e)
{
	struct process p;
	int r = download(f, &p, e);

	*again = false;
	if (r == 0)
		r = import_files(f, e); /* also after a failure: what has come need not come again */
	if (r == 0)
		find_missing(f, l);
	if (r == 0 && f->n_missing && p.status == 0)
		r = err_set(e, 0, "apt-get download brought no file for %s (apt's own words: %s)", f->missing[0]->name,
			    f->apt->log);
	if (r == 0 && f->n_missing && apt_classify(&p) == APT_MISSING && !f->apt->updated) {
		r = apt_update(f->apt, e);
		*again = r == 0;
	} else if (r == 0 && f->n_missing) {
		r = fetch_failed(f, &p, e);
	}
	process_release(&p);
	return r;
}

int
apt_fetch(struct apt *a, const struct deb_list *l, struct err *e)
{
	struct fetching f = { .apt = a };
	bool again = true;
	int r = 0;

	f.missing = xcalloc(l->count, sizeof *f.missing);
	find_missing(&f, l);
	if (f.n_missing) {
		f.dir = arena_printf(a->arena, "%s/download", a->dir);
		r = apt_ready(a, e);
		if (r == 0)
			empty_folder(f.dir); /* what an interrupted run left */
		while (r == 0 && again)
			r = try_once(&f, l, &again, e);
	}
	free(f.missing);
	return r;
}
