/* SPDX-License-Identifier: MIT
 *
 * A kernel out of its packages: which file is the image, which modules there are, and in which order the wanted
 * ones with their dependencies are loaded. It decides from names first and opens a module only when it is wanted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "deb_index.h"
#include "diag.h"
#include "kmod.h"

#define DEPTH_MAX 64

enum module_state { MODULE_UNSEEN, MODULE_OPEN, MODULE_DONE }; /* open: its dependencies are being loaded */

struct module {
	char *name;
	const struct content *packed;
	enum module_state state;
};

struct opening {
	struct cache *cache;
	struct arena *arena;
	const struct deb_list *packages;
	struct unpacked *indexes; /* as many as packages */
	const char *release;       /* NULL: not known yet */
	struct module *modules;    /* sorted by name */
	size_t n_modules, room_modules;
	char **builtins;           /* sorted */
	size_t n_builtins, room_builtins;
	char *aliases;             /* "alias module\n" lines; NULL until somebody needs them */
	struct kernel *out;
	size_t room_out;
};

void
kernel_release(struct kernel *k)
{
	for (size_t i = 0; i < k->n_modules; i++)
		free(k->modules[i].name);
	free(k->modules);
	free(k->release);
	*k = (struct kernel){ 0 };
}

static int
open_indexes(struct opening *o, struct err *e)
{
	o->indexes = xcalloc(o->packages->count, sizeof *o->indexes);
	for (size_t i = 0; i < o->packages->count; i++)
		if (deb_index_open(o->cache, &o->packages->pins[i], &o->indexes[i], e))
			return -1;
	return 0;
}

static bool
is_image(const char *path, const char *image_path)
{
	if (image_path)
		return strcmp(path, image_path + strspn(image_path, "/")) == 0;
	return strncmp(path, "boot/vmlinuz-", strlen("boot/vmlinuz-")) == 0;
}

static int
find_image(struct opening *o, const char *image_path, struct err *e)
{
	const char *first = NULL;

	for (size_t i = 0; i < o->packages->count; i++) {
		for (size_t k = 0; k < o->indexes[i].count; k++) {
			const struct unpacked_entry *x = &o->indexes[i].entries[k];
			const struct content *c = unpacked_bytes(&o->indexes[i], x);
			if (!c || !is_image(x->path, image_path))
				continue;
			if (first)
				return err_set(e, 0, "there are two kernels in the packages, /%s and /%s: say which one by its path",
					       first, x->path);
			first = x->path;
			o->out->image = *c;
			if (!image_path)
				o->release = x->path + strlen("boot/vmlinuz-");
		}
	}
	const char *name = o->packages->count ? o->packages->pins[0].name : "(none)";
	if (!first && image_path)
		return err_set(e, 0, "the kernel package %s holds no file %s", name, image_path);
	if (!first)
		return err_set(e, 0, "the package %s holds no /boot/vmlinuz-*: name a kernel package, or say where in it the "
				     "kernel is", name);
	return 0;
}

/* What the kernel was configured with: the file at config_path, or the one of its release; there may be none. */
static int
find_config(struct opening *o, const char *config_path, struct err *e)
{
	const char *wanted = config_path ? config_path + strspn(config_path, "/") : NULL;

	if (!wanted && o->release)
		wanted = arena_printf(o->arena, "boot/config-%s", o->release);
	for (size_t i = 0; wanted && i < o->packages->count; i++) {
		for (size_t k = 0; k < o->indexes[i].count; k++) {
			const struct content *c = unpacked_bytes(&o->indexes[i], &o->indexes[i].entries[k]);
			if (!c || strcmp(o->indexes[i].entries[k].path, wanted) != 0)
				continue;
			o->out->config = *c;
			o->out->has_config = true;
			return 0;
		}
	}
	if (config_path)
		return err_set(e, 0, "the kernel package %s holds no file %s",
			       o->packages->count ? o->packages->pins[0].name : "(none)", config_path);
	return 0;
}

/* "lib/modules/REL/kernel/x.ko" gives REL's start and length; 0 where the path is not below such a folder. */
static size_t
release_in(const char *path, const char **release)
{
	const char *at = strncmp(path, "usr/", 4) == 0 ? path + 4 : path;

	/* User Mode Linux keeps its own beside the machine's */
	if (strncmp(at, "lib/uml/modules/", 16) == 0)
		at += 16;
	else if (strncmp(at, "lib/modules/", 12) == 0)
		at += 12;
	else
		return 0;
	size_t n = strcspn(at, "/");
	*release = at;
	return at[n] == '/' ? n : 0;
}

static int
read_builtins(struct opening *o, const struct content *c, struct err *e)
{
	char *text = content_load(c, e), *save;

	if (!text)
		return err_wrap(e, "modules.builtin");
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *name = kmod_name(line, o->arena);
		if (!name)
			continue;
		o->builtins = grow(o->builtins, o->n_builtins, &o->room_builtins, sizeof *o->builtins);
		o->builtins[o->n_builtins++] = name;
	}
	free(text);
	return 0;
}

static int
take_path(struct opening *o, const struct unpacked *ix, const struct unpacked_entry *x, struct err *e)
{
	const struct content *c = unpacked_bytes(ix, x);
	const char *release, *slash = strrchr(x->path, '/');
	size_t n = c ? release_in(x->path, &release) : 0;

	if (!n)
		return 0;
	if (!o->release)
		o->release = arena_strndup(o->arena, release, n);
	if (strlen(o->release) != n || memcmp(o->release, release, n) != 0)
		return err_set(e, 0, "the packages hold modules of another release than the kernel's, %s: /%s", o->release,
			       x->path);
	if (slash && strcmp(slash + 1, "modules.builtin") == 0)
		return read_builtins(o, c, e);
	char *name = kmod_name(x->path, o->arena);
	if (!name)
		return 0;
	o->modules = grow(o->modules, o->n_modules, &o->room_modules, sizeof *o->modules);
	o->modules[o->n_modules++] = (struct module){ .name = name, .packed = c };
	return 0;
}

static int
by_module_name(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

static int
by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
find_modules(struct opening *o, struct err *e)
{
	for (size_t i = 0; i < o->packages->count; i++)
		for (size_t k = 0; k < o->indexes[i].count; k++)
			if (take_path(o, &o->indexes[i], &o->indexes[i].entries[k], e))
				return -1;
	if (o->n_modules)
		qsort(o->modules, o->n_modules, sizeof *o->modules, by_module_name);
	if (o->n_builtins)
		qsort(o->builtins, o->n_builtins, sizeof *o->builtins, by_string);
	for (size_t i = 1; i < o->n_modules; i++)
		if (strcmp(o->modules[i - 1].name, o->modules[i].name) == 0)
			return err_set(e, 0, "the packages hold two modules called %s", o->modules[i].name);
	return 0;
}

static struct module *
find_module(struct opening *o, const char *name)
{
	struct module key = { .name = (char *)name };

	return o->n_modules ? bsearch(&key, o->modules, o->n_modules, sizeof key, by_module_name) : NULL;
}

static bool
is_builtin(struct opening *o, const char *name)
{
	return o->n_builtins && bsearch(&name, o->builtins, o->n_builtins, sizeof name, by_string);
}

/* A softdep may name an alias ("crc32c"), and only the modules themselves know theirs: all of them are looked
 * into, once for a set of packages; the answer stays in the cache. Those built in need no loading, so that their
 * aliases do not matter. */
static int
load_aliases(struct opening *o, struct err *e)
{
	struct sha256 h;
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX], *text = NULL;
	size_t size;

	sha256_init(&h);
	for (size_t i = 0; i < o->packages->count; i++)
		sha256_update(&h, o->packages->pins[i].sha256, DIGEST_SIZE);
	sha256_final(&h, digest);
	digest_hex(digest, hex);
	char *key = arena_printf(o->arena, "kalias-1-%s", hex);
	o->aliases = cache_get_text(o->cache, key);
	if (o->aliases)
		return 0;
	FILE *f = open_memstream(&text, &size);
	if (!f)
		return err_set(e, 0, "no memory for the modules' aliases");
	int r = 0;
	for (size_t i = 0; i < o->n_modules && r == 0; i++) {
		char *list, *word;
		r = kmod_aliases(o->modules[i].packed, o->arena, &list, e);
		if (r)
			err_wrap(e, "kernel module %s", o->modules[i].name);
		while (r == 0 && (word = strsep(&list, " ")) != NULL)
			if (word[0])
				fprintf(f, "%s %s\n", word, o->modules[i].name);
	}
	fclose(f);
	o->aliases = text;
	return r ? r : cache_put_text(o->cache, key, text, e);
}

static int visit(struct opening *o, struct module *m, unsigned depth, struct err *e);

static int
visit_alias(struct opening *o, const char *alias, unsigned depth, struct err *e)
{
	size_t n = strlen(alias);

	if (!o->aliases && load_aliases(o, e))
		return -1;
	for (const char *p = o->aliases; *p; p += strcspn(p, "\n") + 1) {
		if (strncmp(p, alias, n) != 0 || p[n] != ' ')
			continue;
		char *name = arena_strndup(o->arena, p + n + 1, strcspn(p + n + 1, "\n"));
		struct module *m = find_module(o, name);
		if (m && m->state == MODULE_UNSEEN && visit(o, m, depth + 1, e))
			return -1;
	}
	return 0;
}

static int
visit_dependencies(struct opening *o, const struct module *m, const struct kmod *k, unsigned depth, struct err *e)
{
	char *word, *list = arena_strdup(o->arena, k->softdeps);

	while ((word = strsep(&list, " ")) != NULL) {
		struct module *x = find_module(o, word);
		if (!word[0] || is_builtin(o, word) || (x && x->state == MODULE_OPEN))
			continue; /* a soft one that is being loaded already is no cycle worth an error */
		if (x ? visit(o, x, depth + 1, e) : visit_alias(o, word, depth, e))
			return -1;
	}
	list = arena_strdup(o->arena, k->depends);
	while ((word = strsep(&list, " ")) != NULL) {
		struct module *x = find_module(o, word);
		if (!word[0] || is_builtin(o, word))
			continue;
		if (!x)
			return err_set(e, 0, "kernel module %s depends on %s, which no package holds", m->name, word);
		if (visit(o, x, depth + 1, e))
			return -1;
	}
	return 0;
}

/* Depth first: a module is added behind all that it depends on. */
static int
visit(struct opening *o, struct module *m, unsigned depth, struct err *e)
{
	struct kernel *out = o->out;
	struct kmod k;

	if (m->state == MODULE_DONE)
		return 0;
	if (m->state == MODULE_OPEN || depth > DEPTH_MAX)
		return err_set(e, 0, "kernel module %s depends on itself by way of others", m->name);
	m->state = MODULE_OPEN;
	if (kmod_read(o->cache, m->packed, o->arena, &k, e))
		return err_wrap(e, "kernel module %s", m->name);
	if (visit_dependencies(o, m, &k, depth, e))
		return -1;
	m->state = MODULE_DONE;
	out->modules = grow(out->modules, out->n_modules, &o->room_out, sizeof *out->modules);
	out->modules[out->n_modules++] = (struct kernel_module){ .name = xstrdup(m->name), .content = k.content };
	return 0;
}

static int
unknown_module(struct opening *o, const char *name, struct err *e)
{
	const char **all = arena_alloc(o->arena, (o->n_modules + o->n_builtins + 1) * sizeof *all);
	size_t n = 0;

	for (size_t i = 0; i < o->n_modules; i++)
		all[n++] = o->modules[i].name;
	for (size_t i = 0; i < o->n_builtins; i++)
		all[n++] = o->builtins[i];
	const char *meant = nearest(name, all);
	return err_set(e, 0, "the kernel %s has no module %s%s%s%s", o->release ? o->release : "(no modules at all)", name,
		       meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static int
visit_wanted(struct opening *o, const struct kernel_wanted *w, struct err *e)
{
	size_t behind = 0; /* modules before the late ones */

	for (size_t i = 0; i < w->n; i++) {
		if (i == w->n_early)
			o->out->n_early = o->out->n_modules;
		if (i == w->n - w->n_late)
			behind = o->out->n_modules;
		char *name = arena_strdup(o->arena, w->names[i]);
		for (char *p = name; *p; p++)
			if (*p == '-')
				*p = '_';
		struct module *m = find_module(o, name);
		if (is_builtin(o, name) || (!m && i < w->n_early))
			continue;
		if (!m)
			return unknown_module(o, name, e);
		if (visit(o, m, 0, e))
			return -1;
	}
	if (w->n_early == w->n)
		o->out->n_early = o->out->n_modules;
	o->out->n_late = w->n_late ? o->out->n_modules - behind : 0;
	return 0;
}

/* Where neither the image's name nor a module's folder tells: the package's own version. */
static char *
release_text(const struct opening *o)
{
	if (o->release)
		return xstrdup(o->release);
	return xstrdup(o->packages->count ? o->packages->pins[0].version : "");
}

static void
close_opening(struct opening *o)
{
	for (size_t i = 0; o->indexes && i < o->packages->count; i++)
		if (o->indexes[i].arena)
			unpacked_release(&o->indexes[i]);
	free(o->indexes);
	free(o->modules);
	free(o->builtins);
	free(o->aliases);
	arena_free(o->arena);
}

int
kernel_open(struct cache *c, const struct deb_list *packages, const char *image_path, const char *config_path,
	    const struct kernel_wanted *wanted, struct kernel *out, struct err *e)
{
	struct kernel made = { 0 };
	struct opening o = { .cache = c, .packages = packages, .out = &made };
	int r;

	o.arena = arena_new();
	r = open_indexes(&o, e);
	if (r == 0)
		r = find_image(&o, image_path, e);
	if (r == 0)
		r = find_modules(&o, e);
	if (r == 0)
		r = find_config(&o, config_path, e);
	if (r == 0)
		r = visit_wanted(&o, wanted, e);
	if (r == 0)
		made.release = release_text(&o);
	close_opening(&o);
	if (r)
		kernel_release(&made);
	else
		*out = made;
	return r;
}
