/* SPDX-License-Identifier: MIT
 *
 * Why a path is not in the image: a package holds it but `exclude` left it out, a dependency was dropped; and what is
 * there instead, as far as the path leads.
 */
#include <stdlib.h>
#include <string.h>

#include "deb_index.h"
#include "effective.h"
#include "why.h"

/* The two places where a package may hold what stands in the image below /usr, and the reverse. */
static bool
is_same_place(const char *held, const char *path)
{
	static const char *const merged[] = { "bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/" };

	if (strcmp(held, path) == 0)
		return true;
	for (size_t i = 0; i < sizeof merged / sizeof *merged; i++) {
		size_t n = strlen(merged[i]);
		if (strncmp(held, merged[i], n) == 0 && strncmp(path, "usr/", 4) == 0 && strcmp(path + 4, held) == 0)
			return true;
		if (strncmp(path, merged[i], n) == 0 && strncmp(held, "usr/", 4) == 0 && strcmp(held + 4, path) == 0)
			return true;
	}
	return false;
}

/* Whether the package holds the path (without a leading slash) in its archive. */
static int
package_holds(struct build *b, const struct deb_pin *pin, const char *path, bool *holds, struct err *e)
{
	struct unpacked ix;

	*holds = false;
	if (deb_index_open(b->cache, pin, &ix, e))
		return -1;
	for (size_t i = 0; i < ix.count && !*holds; i++)
		*holds = is_same_place(ix.entries[i].path, path);
	unpacked_release(&ix);
	return 0;
}

static bool
is_below(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/' || prefix[n - 1] == '/');
}

static void
print_left_out(const struct plan_source *s, const struct deb_pin *pin, const char *path, FILE *to)
{
	const struct src_debian *d = s->source->debian;
	const char *usr = strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;

	fprintf(to, "  package %s %s holds %s", pin->name, pin->version, path);
	for (size_t i = 0; i < d->exclude.n; i++) {
		if (!is_below(path, d->exclude.v[i]) && !is_below(usr, d->exclude.v[i]))
			continue;
		fprintf(to, ", and `exclude: %s` leaves it out: %s\n", d->exclude.v[i], s->origin->text);
		return;
	}
	fprintf(to, ", and a later source took its place: %s\n", s->origin->text);
}

static int
ask_packages(struct build *b, const struct plan_root *root, const char *path, FILE *to, struct err *e)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *s = &root->sources[i];
		const struct src_debian *d = s->source->debian;
		for (size_t k = 0; s->pins && k < s->pins->count; k++) {
			bool holds;
			if (package_holds(b, &s->pins->pins[k], path + 1, &holds, e))
				return -1;
			if (holds)
				print_left_out(s, &s->pins->pins[k], path, to);
		}
		for (size_t k = 0; d && k < d->drop.n; k++)
			fprintf(to, "%s%s%s", k ? ", " : "  dropped, and so not looked into: ", d->drop.v[k],
				k + 1 == d->drop.n ? "\n" : "");
	}
	return 0;
}

/* The deepest folder on the way that is there, and the name in it that is nearest to the one that is not. */
static void
print_nearest(struct build *b, const char *path, FILE *to)
{
	struct arena *a = b->project.arena;
	struct tree_entry *x = tree_root(b->tree);
	const char *at = path, *name = "";

	while (*at) {
		size_t n = strcspn(at + 1, "/") + 1;
		struct tree_entry *next = tree_resolve(b->tree, arena_strndup(a, path, (size_t)(at - path) + n));
		name = arena_strndup(a, at + 1, n - 1);
		if (!next)
			break;
		x = next;
		at += n;
	}
	const char *folder = arena_strndup(a, path, (size_t)(at - path));
	if (x->inode->type != TREE_DIR) {
		fprintf(to, "  %s is no folder\n", folder);
		return;
	}
	const char **names = xcalloc(x->n_children + 1, sizeof *names);
	for (size_t i = 0; i < x->n_children; i++)
		names[i] = x->children[i]->name;
	const char *meant = nearest(name, names);
	fprintf(to, "  %s is there, and holds no %s", folder[0] ? folder : "/", name);
	if (meant)
		fprintf(to, "; did you mean %s/%s?\n", folder, safe_text(a, meant));
	else
		fprintf(to, " among its %zu entries\n", x->n_children);
	free(names);
}

int
why_missing(struct build *b, const char *path, FILE *to, struct err *e)
{
	const struct plan_root *root = why_root_of(b, path);
	const char *in_root = path + strlen(root->path);

	fprintf(to, "%s: not in the image\n", safe_text(b->project.arena, path));
	print_nearest(b, path, to);
	if (root->path[0])
		return in_root[0] ? ask_packages(b, root, in_root, to, e) : 0;
	/* it may be meant as a service sees it */
	for (size_t i = 0; (root = why_root(b, i)) != NULL; i++)
		if (ask_packages(b, root, path, to, e))
			return -1;
	return 0;
}
