/* SPDX-License-Identifier: MIT
 *
 * From names to pins, and from pins to packages in the cache. apt decides which versions and checks the signatures;
 * this file reads its answers strictly, and trusts a downloaded file only by the digest that the signed lists gave.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apt_run.h"
#include "cleanup.h"
#include "content.h"
#include "diag.h"
#include "progress.h"

struct apt *
apt_new(struct cache *c, const char *arch, struct err *e)
{
	static const char *const kernels[][2] = { { "x86_64", "amd64" }, { "aarch64", "arm64" } };
	struct arena *arena = arena_new();
	struct apt *a = arena_alloc(arena, sizeof *a);

	a->cache = c;
	a->arena = arena;
	a->lock = -1;
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
		if (strcmp(arch, kernels[i][0]) == 0)
			arch = kernels[i][1];
	if (!arch[0] || arch[strspn(arch, "abcdefghijklmnopqrstuvwxyz0123456789-")]) {
		err_set(e, 0, "%s is no architecture that Debian knows", arch);
		arena_free(arena);
		return NULL;
	}
	a->arch = arena_strdup(arena, arch);
	a->dir = arena_printf(arena, "%s/apt/%s", cache_dir(c), arch);
	a->log = arena_printf(arena, "%s/log", a->dir);
	return a;
}

void
apt_free(struct apt *a)
{
	if (!a)
		return;
	fd_cleanup(&a->lock);
	arena_free(a->arena);
}

/* A name that apt takes for nothing but a package: "foo-" would remove, "foo/x" and "foo=1" choose. */
static int
check_name(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n < 2 || n > 200 || !strchr("abcdefghijklmnopqrstuvwxyz0123456789", name[0]) || name[n - 1] == '-' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+.-")])
		return err_set(e, 0, "%.80s is no name that a Debian package can have", name);
	return 0;
}

static void
add_pin(struct deb_list *l, size_t *room, char *name, char *version, char *arch)
{
	l->pins = grow(l->pins, l->count, room, sizeof *l->pins);
	l->pins[l->count++] = (struct deb_pin){ .name = xstrdup(name), .version = xstrdup(version), .arch = xstrdup(arch) };
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct deb_pin *)a)->name, ((const struct deb_pin *)b)->name);
}

static struct deb_pin *
find_pin(const struct deb_list *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->pins[i].name, name) == 0)
			return &l->pins[i];
	return NULL;
}

/* Inst NAME[:ARCH] (VERSION ORIGINS [ARCH])[ ...]: what stands in the last brackets is about the order of unpacking. */
static int
parse_inst(struct deb_list *l, size_t *room, char *line, struct err *e)
{
	char *name = line + strlen("Inst "), *open = strstr(name, " ("), *close = open ? strchr(open, ')') : NULL;

	if (close && close > open + 2 && close[-1] == ']') {
		*open = *close = '\0';
		char *version = open + 2, *arch = strrchr(version, '['), *space = strchr(version, ' ');
		name[strcspn(name, ":")] = '\0';
		close[-1] = '\0';
		if (arch && space && space < arch && arch[1] && !check_name(name, e)) {
			*space = '\0';
			add_pin(l, room, name, version, arch + 1);
			return 0;
		}
	}
	return err_set(e, 0, "apt-get's answer is not understood: %.100s", line);
}

static int
parse_simulation(struct deb_list *l, char *text, struct err *e)
{
	size_t room = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, "Inst ", 5) == 0 && parse_inst(l, &room, line, e))
			return -1;
	if (l->count)
		qsort(l->pins, l->count, sizeof *l->pins, by_name);
	for (size_t i = 1; i < l->count; i++)
		if (strcmp(l->pins[i - 1].name, l->pins[i].name) == 0)
			return err_set(e, 0, "apt-get wants %s for two architectures: not supported", l->pins[i].name);
	return 0;
}

/* apt's list of names takes a second; it is asked for only to mend an error. */
static const char *
nearest_package(struct apt *a, const char *name)
{
	const char *argv[] = { "apt-cache", "pkgnames", NULL };
	struct process p = { .argv = argv };
	struct err ignored;
	const char **names = NULL, *meant = NULL;
	size_t n = 0, room = 0;
	char *save = NULL;

	if (apt_run(a, &p, &ignored) == 0 && p.status == 0) {
		for (char *s = strtok_r(p.out, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
			names = grow(names, n, &room, sizeof *names);
			names[n++] = s;
		}
		names = grow(names, n, &room, sizeof *names);
		names[n] = NULL;
		meant = nearest(name, names);
		meant = meant ? arena_strdup(a->arena, meant) : NULL;
	}
	free(names);
	process_release(&p);
	return meant;
}

/* The word that stands between two others in apt's errors; the arena's, or NULL. */
static char *
cut_between(struct apt *a, const char *text, const char *before, const char *after)
{
	const char *at = strstr(text, before);

	if (!at)
		return NULL;
	at += strlen(before);
	const char *end = strstr(at, after);
	return arena_strndup(a->arena, at, end ? (size_t)(end - at) : strcspn(at, "\n"));
}

static int
resolve_failed(struct apt *a, const struct process *p, struct err *e)
{
	char *name = cut_between(a, p->err, "E: Unable to locate package ", "\n");

	if (name) {
		const char *meant = nearest_package(a, name);
		return err_set(e, 0, "there is no package %s for %s in this machine's package sources%s%s%s", name, a->arch,
			       meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
	}
	name = cut_between(a, p->err, "E: Package '", "' has no installation candidate");
	if (name)
		return err_set(e, 0, "the package %s has no version to install: it may be a name that several packages "
				     "provide (name one of them), or be gone (%s)", name, a->log);
	if (strstr(p->out, "unmet dependencies"))
		return err_set(e, 0, "the packages cannot be installed together: apt finds unmet dependencies, see %s", a->log);
	return apt_failed(a, p, "apt-get install --simulate", e);
}

/* One simulation; the package database is the file `status` below the private folder. */
static int
simulate(struct apt *a, const char *const *names, size_t n, const char *status, struct deb_list *out, struct err *e)
{
	const char **argv = xcalloc(n + 8, sizeof *argv);
	struct process p = { .argv = argv };
	size_t k = 0;

	argv[k++] = "apt-get";
	argv[k++] = "--simulate";
	argv[k++] = "--no-install-recommends";
	argv[k++] = "-o";
	argv[k++] = arena_printf(a->arena, "Dir::State::status=%s/%s", a->dir, status);
	argv[k++] = "install";
	for (size_t i = 0; i < n; i++)
		argv[k++] = names[i];
	int r = apt_run(a, &p, e);
	if (r == 0 && p.status != 0 && apt_classify(&p) == APT_MISSING && !a->updated) {
		/* the lists may be older than the package: once, and said by the progress line */
		process_release(&p);
		r = apt_update(a, e);
		if (r == 0)
			r = apt_run(a, &p, e);
	}
	if (r == 0)
		r = p.status ? resolve_failed(a, &p, e) : parse_simulation(out, p.out, e);
	process_release(&p);
	free(argv);
	return r;
}

/* The value of a field in a paragraph, cut to its line; NULL where it has none. The arena's. */
static char *
field(struct apt *a, const char *paragraph, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = paragraph; *p; p += strcspn(p, "\n"), p += *p != '\0') {
		if (strncmp(p, name, n) != 0 || p[n] != ':')
			continue;
		p += n + 1;
		p += strspn(p, " ");
		return arena_strndup(a->arena, p, strcspn(p, "\n"));
	}
	return NULL;
}

/* Asks apt for the records of these packages at these versions: paragraphs with an empty line behind each. */
static int
show(struct apt *a, const struct deb_list *l, struct process *p, struct err *e)
{
	const char **argv = xcalloc(l->count + 4, sizeof *argv);
	size_t k = 0;

	argv[k++] = "apt-cache";
	argv[k++] = "--no-all-versions";
	argv[k++] = "show";
	for (size_t i = 0; i < l->count; i++)
		argv[k++] = arena_printf(a->arena, "%s=%s", l->pins[i].name, l->pins[i].version);
	*p = (struct process){ .argv = argv };
	int r = apt_run(a, p, e);
	if (r == 0 && p->status != 0)
		r = apt_failed(a, p, "apt-cache show", e);
	p->argv = NULL;
	free(argv);
	return r;
}

/* Calls fn with each paragraph. */
static int
each_paragraph(char *text, int (*fn)(void *arg, char *paragraph, struct err *e), void *arg, struct err *e)
{
	while (*text) {
		char *end = strstr(text, "\n\n"), *next = end ? end + 2 : text + strlen(text);
		if (end)
			end[1] = '\0';
		if (*text && *text != '\n' && fn(arg, text, e))
			return -1;
		text = next + strspn(next, "\n");
	}
	return 0;
}

struct filling {
	struct apt *apt;
	struct deb_list *list;
};

static int
fill_pin(void *arg, char *paragraph, struct err *e)
{
	struct filling *f = arg;
	const char *name = field(f->apt, paragraph, "Package"), *version = field(f->apt, paragraph, "Version");
	const char *size = field(f->apt, paragraph, "Size"), *sha256 = field(f->apt, paragraph, "SHA256");
	struct deb_pin *pin = name ? find_pin(f->list, name) : NULL;
	char *end;

	if (!pin || !version || strcmp(pin->version, version) != 0 || pin->size)
		return 0; /* a record of another version, or a second one of the same */
	if (!size || !sha256 || !digest_parse(sha256, pin->sha256))
		return err_set(e, 0, "the package mirror gives no SHA-256 for %s %s: such a source cannot be pinned", name, version);
	errno = 0;
	pin->size = strtoull(size, &end, 10);
	if (*end || errno || !pin->size)
		return err_set(e, 0, "apt-cache's answer is not understood: size of %s: %s", name, size);
	return 0;
}

/* Size and digest of each, as the signed lists have them. */
static int
fill_pins(struct apt *a, struct deb_list *l, struct err *e)
{
	struct filling f = { a, l };
	struct process p;
	int r = show(a, l, &p, e);

	if (r == 0)
		r = each_paragraph(p.out, fill_pin, &f, e);
	process_release(&p);
	for (size_t i = 0; r == 0 && i < l->count; i++)
		if (!l->pins[i].size)
			r = err_set(e, 0, "apt-cache says nothing of %s %s", l->pins[i].name, l->pins[i].version);
	return r;
}

struct status_file {
	struct apt *apt;
	FILE *file;
};

/* A dropped package is written down as installed, at the version that would have come, providing what it provides and
 * needing nothing: so apt leaves it out, and what only it needs with it. */
static int
write_installed(void *arg, char *paragraph, struct err *e)
{
	static const char *const kept[] = { "Package", "Version", "Architecture", "Multi-Arch", "Provides" };
	struct status_file *s = arg;

	(void)e;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const char *value = field(s->apt, paragraph, kept[i]);
		if (value)
			fprintf(s->file, "%s: %s\n", kept[i], value);
	}
	fputs("Status: install ok installed\nMaintainer: none\nDescription: dropped\n\n", s->file);
	return 0;
}

static int
write_dropped(struct apt *a, const struct deb_list *dropped, struct err *e)
{
	char *path = arena_printf(a->arena, "%s/status.drop", a->dir);
	struct status_file s = { a, fopen(path, "we") };
	struct process p;

	if (!s.file)
		return err_set(e, errno, "cannot write %s", path);
	int r = show(a, dropped, &p, e);
	if (r == 0)
		r = each_paragraph(p.out, write_installed, &s, e);
	process_release(&p);
	if (fclose(s.file) && r == 0)
		r = err_set(e, errno, "cannot write %s", path);
	return r;
}

/* The packages of *l that are to be dropped, as a list that borrows the strings. */
static int
pick_dropped(const struct deb_list *l, const char *const *drop, size_t n_drop, struct deb_list *out, struct err *e)
{
	out->pins = xcalloc(n_drop, sizeof *out->pins);
	for (size_t i = 0; i < n_drop; i++) {
		const struct deb_pin *pin = find_pin(l, drop[i]);
		if (pin) {
			out->pins[out->count++] = *pin;
			continue;
		}
		const char **names = xcalloc(l->count + 1, sizeof *names);
		for (size_t k = 0; k < l->count; k++)
			names[k] = l->pins[k].name;
		const char *meant = nearest(drop[i], names);
		free(names);
		return err_set(e, 0, "drop: %s is not among the packages that would come along%s%s%s", drop[i],
			       meant ? ": did you mean " : "; take it out of the list", meant ? meant : "", meant ? "?" : "");
	}
	return 0;
}

static int
drop_some(struct apt *a, const char *const *names, size_t n_names, const char *const *drop, size_t n_drop,
	  struct deb_list *l, struct err *e)
{
	struct deb_list dropped = { 0 };
	int r = pick_dropped(l, drop, n_drop, &dropped, e);

	if (r == 0)
		r = write_dropped(a, &dropped, e);
	free(dropped.pins);
	if (r == 0) {
		deb_list_release(l);
		r = simulate(a, names, n_names, "status.drop", l, e);
	}
	return r;
}

/* Every name that was asked for must be in the answer: apt would quietly take a provider instead. */
static int
check_answer(const struct deb_list *l, const char *const *names, size_t n_names, struct err *e)
{
	for (size_t i = 0; i < n_names; i++)
		if (!find_pin(l, names[i]))
			return err_set(e, 0, "apt would install something else for %s: name the package that is meant, and do not "
					     "drop it", names[i]);
	return 0;
}

static int
resolve(struct apt *a, const char *const *names, size_t n_names, const char *const *drop, size_t n_drop,
	struct deb_list *l, struct err *e)
{
	for (size_t i = 0; i < n_names; i++)
		if (check_name(names[i], e))
			return -1;
	if (apt_ready(a, e) || simulate(a, names, n_names, "status", l, e))
		return -1;
	if (n_drop && drop_some(a, names, n_names, drop, n_drop, l, e))
		return -1;
	return check_answer(l, names, n_names, e);
}

int
apt_resolve(struct apt *a, const char *const *names, size_t n_names, const char *const *drop, size_t n_drop,
	    struct deb_list *out, struct err *e)
{
	struct deb_list l = { 0 };

	if (n_names == 0) {
		*out = l;
		return 0;
	}
	if (resolve(a, names, n_names, drop, n_drop, &l, e) || fill_pins(a, &l, e)) {
		deb_list_release(&l);
		return -1;
	}
	*out = l;
	return 0;
}

/* Takes the pins out that are neither the named package nor a kernel's part. */
static void
keep_kernel(struct deb_list *l, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct deb_pin *pin = &l->pins[i];
		if (strcmp(pin->name, name) == 0 || strncmp(pin->name, "linux-image-", 12) == 0 ||
		    strncmp(pin->name, "linux-modules-", 14) == 0) {
			l->pins[n++] = *pin;
			continue;
		}
		free(pin->name);
		free(pin->version);
		free(pin->arch);
	}
	l->count = n;
}

int
apt_resolve_kernel(struct apt *a, const char *name, struct deb_list *out, struct err *e)
{
	struct deb_list l = { 0 };

	if (resolve(a, &name, 1, NULL, 0, &l, e)) {
		deb_list_release(&l);
		return -1;
	}
	keep_kernel(&l, name);
	if (fill_pins(a, &l, e)) {
		deb_list_release(&l);
		return -1;
	}
	*out = l;
	return 0;
}
