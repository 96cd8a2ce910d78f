/* SPDX-License-Identifier: MIT
 *
 * Sources: ld.so(8) of glibc, musl's dynlink.c for its order. As no ldconfig is run, most roots have no
 * etc/ld.so.cache: glibc's loader then looks into its built-in folders alone, and etc/ld.so.conf has no effect.
 */
#include "loader.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"

#define CACHE_MAGIC  "glibc-ld.so.cache1.1"
#define CACHE_HEAD   48u
#define CACHE_ENTRY  24u
#define CACHE_MAX    (16u << 20)
#define FOLDERS_MAX  64

/* Debian's loader and those of most others between them; lib64 is looked into by loaders that know no lib/ARCH. */
static const char *const glibc_folders[] = { "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
					     "/usr/lib64", "/lib", "/usr/lib", NULL };
static const char *const musl_folders[] = { "/lib", "/usr/local/lib", "/usr/lib", NULL };

static uint32_t
little(const char *at)
{
	const unsigned char *p = (const unsigned char *)at;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A string of the cache; NULL where it has no end inside. */
static const char *
cache_text(const char *bytes, size_t size, uint32_t at)
{
	return at < size && memchr(bytes + at, '\0', size - at) ? bytes + at : NULL;
}

/* The format that ldconfig writes by default since glibc 2.32; what is damaged counts as absent, as for the loader. */
static void
take_cache(struct loader *l, const char *bytes, size_t size)
{
	uint32_t n = size >= CACHE_HEAD && memcmp(bytes, CACHE_MAGIC, strlen(CACHE_MAGIC)) == 0 ? little(bytes + 20) : 0;

	if (n > (size - CACHE_HEAD) / CACHE_ENTRY)
		return;
	const char **list = arena_alloc(l->arena, (2 * (size_t)n + 1) * sizeof *list), **next = list;
	for (uint32_t i = 0; i < n; i++) {
		const char *entry = bytes + CACHE_HEAD + (size_t)i * CACHE_ENTRY;
		const char *name = cache_text(bytes, size, little(entry + 4)), *path = cache_text(bytes, size, little(entry + 8));
		if (!name || !path)
			continue;
		*next++ = arena_strdup(l->arena, name);
		*next++ = arena_strdup(l->arena, path);
	}
	l->cached = list;
}

/* A file of the root as malloc'ed bytes, NULL where it is not there. */
static int
load(const struct loader *l, const char *path, char **bytes, size_t *size, struct err *e)
{
	struct tree_entry *x = tree_resolve(l->tree, arena_printf(l->arena, "%s%s", l->root, path));

	*bytes = NULL;
	if (!x || x->inode->type != TREE_FILE)
		return 0;
	if (x->inode->content.size > CACHE_MAX)
		return err_set(e, 0, "%s%s is larger than %u MiB", l->root, path, CACHE_MAX >> 20);
	*bytes = content_load(&x->inode->content, e);
	*size = (size_t)x->inode->content.size;
	return *bytes ? 0 : -1;
}

/* /lib/ld-musl-x86_64.so.1 reads /etc/ld-musl-x86_64.path. */
static const char *
musl_path_file(const struct loader *l)
{
	const char *slash = strrchr(l->interpreter, '/'), *name = slash ? slash + 1 : l->interpreter;

	return arena_printf(l->arena, "/etc/%.*s.path", (int)strcspn(name, "."), name);
}

static void
take_musl_path(struct loader *l, char *text)
{
	const char **list = arena_alloc(l->arena, (FOLDERS_MAX + 1) * sizeof *list);
	size_t n = 0;

	for (char *save, *p = strtok_r(text, ":\n", &save); p && n < FOLDERS_MAX; p = strtok_r(NULL, ":\n", &save))
		list[n++] = arena_strdup(l->arena, p);
	l->folders = list;
}

int
loader_init(struct loader *l, struct err *e)
{
	char *bytes;
	size_t size = 0;

	l->musl = strstr(l->interpreter, "/ld-musl-") != NULL;
	l->folders = l->musl ? musl_folders : glibc_folders;
	l->cached = NULL;
	if (load(l, l->musl ? musl_path_file(l) : "/etc/ld.so.cache", &bytes, &size, e))
		return -1;
	if (bytes && l->musl)
		take_musl_path(l, bytes);
	else if (bytes)
		take_cache(l, bytes, size);
	free(bytes);
	return 0;
}

bool
loader_is_own(const struct loader *l, const char *name)
{
	/* these are parts of musl's one file, under whatever suffix */
	static const char *const parts[] = { "c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet." };
	const char *slash = strrchr(l->interpreter, '/');

	if (strcmp(name, slash ? slash + 1 : l->interpreter) == 0)
		return true;
	for (size_t i = 0; l->musl && strncmp(name, "lib", 3) == 0 && i < sizeof parts / sizeof *parts; i++)
		if (strncmp(name + 3, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

/* ---- the search ---- */

struct search {
	const struct loader *l;
	const char *name;
	bool (*fn)(void *arg, const char *path);
	void *arg;
};

/* A folder of a search path with its tokens put in; NULL where one of them cannot be known at build time. */
static const char *
expand(const struct loader *l, const char *folder, size_t n, const struct loaded *by)
{
	const char *out = "", *p = arena_strndup(l->arena, folder, n);
	const char *slash = by ? strrchr(by->path, '/') : NULL;
	int origin = slash && slash > by->path ? (int)(slash - by->path) : slash != NULL; /* the root itself is "/" */

	while (*p) {
		size_t plain = strcspn(p, "$");
		out = arena_printf(l->arena, "%s%.*s", out, (int)plain, p);
		p += plain;
		if (!*p)
			break;
		bool brace = p[1] == '{';
		const char *word = p + 1 + brace;
		size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (brace && word[len] != '}')
			return NULL;
		if (by && len == 6 && strncmp(word, "ORIGIN", len) == 0)
			out = arena_printf(l->arena, "%s%.*s", out, origin, by->path);
		else if (!l->musl && len == 3 && strncmp(word, "LIB", len) == 0)
			out = arena_printf(l->arena, "%slib/x86_64-linux-gnu", out);
		else
			return NULL;
		p = word + len + brace;
	}
	return out;
}

static bool
try_folder(const struct search *s, const char *folder)
{
	/* a relative one depends on where the service stands: none counts on that */
	return folder && folder[0] == '/' && s->fn(s->arg, arena_printf(s->l->arena, "%s/%s", folder, s->name));
}

static bool
try_list(const struct search *s, const char *list, const struct loaded *origin)
{
	for (const char *p = list; p && *p;) {
		size_t n = strcspn(p, ":;");
		if (n && try_folder(s, expand(s->l, p, n, origin)))
			return true;
		p += n + (p[n] != '\0');
	}
	return false;
}

static bool
find_musl(const struct search *s, const struct loaded *by)
{
	if (try_list(s, s->l->library_path, NULL))
		return true;
	for (const struct loaded *x = by; x; x = x->by)
		if (try_list(s, x->elf->runpath ? x->elf->runpath : x->elf->rpath, x))
			return true;
	return false;
}

static bool
find_glibc(const struct search *s, const struct loaded *by)
{
	/* an object with a RUNPATH has no use for any RPATH, its own or those of what loaded it */
	for (const struct loaded *x = by->elf->runpath ? NULL : by; x; x = x->by)
		if (!x->elf->runpath && try_list(s, x->elf->rpath, x))
			return true;
	if (try_list(s, s->l->library_path, by) || try_list(s, by->elf->runpath, by))
		return true;
	for (const char *const *c = s->l->cached; c && *c; c += 2)
		if (strcmp(c[0], s->name) == 0 && s->fn(s->arg, c[1]))
			return true;
	return false;
}

bool
loader_find(const struct loader *l, const struct loaded *by, const char *name,
	    bool (*fn)(void *arg, const char *path), void *arg)
{
	struct search s = { l, name, fn, arg };

	if (strchr(name, '/'))
		return name[0] == '/' && fn(arg, name);
	if (l->musl ? find_musl(&s, by) : find_glibc(&s, by))
		return true;
	for (const char *const *f = l->folders; *f; f++)
		if (try_folder(&s, *f))
			return true;
	return false;
}
