/* SPDX-License-Identifier: MIT
 *
 * Source packages: which files one consists of, as the signed lists have them, and bringing them into the cache. Most
 * machines name sources of binary packages alone, so that this has a private state of its own, with each of the
 * machine's sources asked for its source packages.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt_run.h"
#include "content.h"
#include "progress.h"

#define SOURCE_ARCH "source" /* what a pin has as its architecture */

struct apt *
apt_new_source(struct cache *c, const char *arch, struct err *e)
{
	struct apt *a = apt_new(c, arch, e);

	if (!a)
		return NULL;
	a->source = true;
	a->dir = arena_printf(a->arena, "%s/apt/source", cache_dir(c));
	a->log = arena_printf(a->arena, "%s/log", a->dir);
	return a;
}

/* ---- the machine's sources, asked for source packages ---- */

/* A line of a one-line list: "deb ..." becomes "deb-src ...", what is deb-src already would come twice. A line of a
 * deb822 file: its Types are replaced. */
static void
convert_line(FILE *to, const char *line, bool deb822)
{
	const char *at = line + strspn(line, " \t");

	if (deb822)
		fputs(strncasecmp(at, "Types:", 6) == 0 ? "Types: deb-src\n" : line, to);
	else if (strncmp(at, "deb", 3) == 0 && (at[3] == ' ' || at[3] == '\t'))
		fprintf(to, "deb-src%s", at + 3);
}

static int
convert_file(struct apt *a, const char *path, const char *name, bool deb822, struct err *e)
{
	const char *new_path = arena_printf(a->arena, "%s/sources/%s", a->dir, name);
	FILE *from = fopen(path, "re"), *to = from ? fopen(new_path, "we") : NULL;
	char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (to && getline(&line, &room, from) > 0)
		convert_line(to, line, deb822);
	free(line);
	if (from)
		fclose(from);
	if (from && (!to || fclose(to)))
		r = err_set(e, errno, "cannot write %s", new_path);
	return r; /* one that cannot be read is none: apt says the same of its own */
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && strcmp(text + n - m, end) == 0;
}

static int
convert_folder(struct apt *a, const char *path, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *x;
	int r = 0;

	while (d && r == 0 && (x = readdir(d)) != NULL)
		if (ends_with(x->d_name, ".list") || ends_with(x->d_name, ".sources"))
			r = convert_file(a, arena_printf(a->arena, "%s/%s", path, x->d_name), x->d_name,
					 ends_with(x->d_name, ".sources"), e);
	if (d)
		closedir(d);
	return r;
}

/* The value of NAME='VALUE' in what `apt-config shell` prints; the arena's, "" where there is none. */
static char *
shell_value(struct apt *a, const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at || strncmp(at + strlen(name), "='", 2) != 0)
		return arena_strdup(a->arena, "");
	at += strlen(name) + 2;
	return arena_strndup(a->arena, at, strcspn(at, "'\n"));
}

int
apt_write_sources(struct apt *a, struct err *e)
{
	const char *argv[] = { "apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d",
			       NULL };
	struct process p = { .argv = argv, .env = a->env };
	const char *dir = arena_printf(a->arena, "%s/sources", a->dir);
	int r = apt_run(a, &p, e);

	if (r == 0 && p.status)
		r = apt_failed(a, &p, "reading the machine's apt configuration", e);
	if (r == 0 && mkdir(dir, 0777) && errno != EEXIST)
		r = err_set(e, errno, "cannot make %s", dir);
	if (r == 0)
		r = convert_file(a, shell_value(a, p.out, "LIST"), "machine.list", false, e);
	if (r == 0)
		r = convert_folder(a, shell_value(a, p.out, "PARTS"), e);
	process_release(&p);
	return r;
}

/* ---- what a source package consists of ---- */

/* 'URI' FILE SIZE SHA256:DIGEST */
static int
parse_file(struct apt *a, struct deb_list *l, size_t *room, char *line, struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.~_-";
	char *save = NULL, *uri = strtok_r(line, " ", &save), *name = strtok_r(NULL, " ", &save);
	char *size = strtok_r(NULL, " ", &save), *digest = strtok_r(NULL, " ", &save), *end;
	struct deb_pin pin = { .size = 0 };

	if (!uri || !name || !size || !digest || name[0] == '.' || name[0] == '-' || name[strspn(name, letters)])
		return err_set(e, 0, "apt-get's answer is not understood: %.100s", line);
	pin.size = strtoull(size, &end, 10);
	if (*end || !pin.size || strncmp(digest, "SHA256:", 7) != 0 || !digest_parse(digest + 7, pin.sha256))
		return err_set(e, 0, "the package mirror gives no SHA-256 for %s: such a source cannot be pinned (%s)", name, a->log);
	l->pins = grow(l->pins, l->count, room, sizeof *l->pins);
	pin.name = xstrdup(name);
	pin.arch = xstrdup(SOURCE_ARCH);
	l->pins[l->count++] = pin;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct deb_pin *)a)->name, ((const struct deb_pin *)b)->name);
}

static int
list_files(struct apt *a, const char *name, struct deb_list *l, struct err *e)
{
	const char *argv[] = { "apt-get", "-q", "source", "--print-uris", "--only-source", "--", name, NULL };
	struct process p = { .argv = argv };
	char *save = NULL;
	size_t room = 0;
	int r = apt_run(a, &p, e);

	if (r == 0 && p.status)
		r = strstr(p.err, "Unable to find a source package") || strstr(p.err, "Can not find version") ?
			err_set(e, 0, "there is no source package %s in this machine's package sources", name) :
			apt_failed(a, &p, "apt-get source --print-uris", e);
	for (char *line = r ? NULL : strtok_r(p.out, "\n", &save); r == 0 && line; line = strtok_r(NULL, "\n", &save))
		if (line[0] == '\'')
			r = parse_file(a, l, &room, line, e);
	process_release(&p);
	if (r == 0 && l->count == 0)
		r = err_set(e, 0, "apt-get names no file of the source package %s (apt's own words: %s)", name, a->log);
	if (l->count)
		qsort(l->pins, l->count, sizeof *l->pins, by_name);
	return r;
}

static const char *
description_of(const struct deb_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (ends_with(l->pins[i].name, ".dsc"))
			return l->pins[i].name;
	return NULL;
}

/* The version of the record that names the description: a file's name leaves its epoch out. */
static int
fill_version(struct apt *a, const char *name, struct deb_list *l, struct err *e)
{
	const char *argv[] = { "apt-cache", "showsrc", "--only-source", name, NULL }, *dsc = description_of(l);
	struct process p = { .argv = argv };
	const char *version = NULL;
	int r = apt_run(a, &p, e);

	if (r == 0 && p.status)
		r = apt_failed(a, &p, "apt-cache showsrc", e);
	for (char *at = r ? NULL : p.out, *next; at && *at && !version && dsc; at = next) {
		char *end = strstr(at, "\n\n");
		next = end ? end + 2 : NULL;
		if (end)
			*end = '\0';
		const char *line = strstr(at, "\nVersion: ");
		if (line && strstr(at, arena_printf(a->arena, " %s", dsc)))
			version = arena_strndup(a->arena, line + 10, strcspn(line + 10, "\n"));
	}
	process_release(&p);
	if (r == 0 && !version)
		r = err_set(e, 0, "apt-cache says nothing of the source package %s", name);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		l->pins[i].version = xstrdup(version);
	return r;
}

int
apt_resolve_source(struct apt *a, const char *name, struct deb_list *out, struct err *e)
{
	struct deb_list l = { NULL, 0 };

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+.-")] || !name[0] || name[0] == '-')
		return err_set(e, 0, "%.80s is no name that a Debian package can have", name);
	if (apt_ready(a, e) || list_files(a, name, &l, e) || fill_version(a, name, &l, e)) {
		deb_list_release(&l);
		return -1;
	}
	*out = l;
	return 0;
}

/* ---- bringing it here ---- */

static int
import_file(struct apt *a, const struct deb_pin *pin, struct err *e)
{
	const char *path = arena_printf(a->arena, "%s/download/%s", a->dir, pin->name);
	struct content c;
	int r = cache_import(a->cache, path, pin->sha256, &c, e);

	if (r)
		err_wrap(e, "source file %s: the mirror's file is not the pinned one; if it was replaced there, "
			 "`ingot lock --update IMAGE.yml` takes it", pin->name);
	unlink(path);
	return r;
}

int
apt_fetch_source(struct apt *a, const char *name, const struct deb_list *l, struct err *e)
{
	const char *wanted = arena_printf(a->arena, "%s=%s", name, l->count ? l->pins[0].version : "");
	const char *argv[] = { "apt-get", "-q", "source", "--download-only", "--only-source", "--", wanted, NULL };
	struct process p = { .argv = argv };

	if (apt_ready(a, e))
		return -1;
	p.cwd = arena_printf(a->arena, "%s/download", a->dir);
	progress_begin(arena_printf(a->arena, "fetching the source of %s", name), 0, PROGRESS_BYTES);
	int r = apt_run(a, &p, e);
	if (r == 0 && p.status && apt_classify(&p) == APT_UNREACHABLE)
		r = apt_failed(a, &p, "apt-get source", e);
	else if (r == 0 && p.status)
		r = err_set(e, 0, "source package %s %s is gone from the package mirrors: take the present one with `ingot lock "
				  "--update IMAGE.yml`, or use a cache that holds it (apt's own words: %s)", name,
			    l->count ? l->pins[0].version : "", a->log);
	if (r)
		progress_cancel();
	else
		progress_end();
	process_release(&p);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		r = import_file(a, &l->pins[i], e);
	return r;
}
