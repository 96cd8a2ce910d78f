/* SPDX-License-Identifier: MIT
 *
 * `ingot plan`: what a build would do, from the image file, the lock and a look into the cache. It fetches nothing,
 * resolves nothing and writes nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan_report.h"
#include "verbs.h"

const char *
size_text(struct arena *a, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	uint64_t tenths = bytes * 10 / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return arena_printf(a, "%llu byte%s", (unsigned long long)bytes, bytes == 1 ? "" : "s");
	for (; tenths >= 10240 && unit < 3; unit++)
		tenths /= 1024;
	return arena_printf(a, "%llu.%llu %s", (unsigned long long)tenths / 10, (unsigned long long)tenths % 10, units[unit]);
}

const char *
plan_kind(const struct source *s, const struct node **value)
{
	const struct node *n = s->head.node;
	size_t i = 0;

	while (i + 1 < n->count && strcmp(n->keys[i]->text, "override") == 0)
		i++;
	*value = n->items[i];
	return n->keys[i]->text;
}

bool
plan_request(const struct source *s, struct lock_ask *ask)
{
	const struct src_debian *d = s->debian;

	if (d)
		*ask = (struct lock_ask){ .kind = LOCK_DEBIAN, .packages = d->packages.v, .n_packages = d->packages.n,
					  .drop = d->drop.v, .n_drop = d->drop.n };
	return d != NULL;
}

static bool
is_counted(const struct plan_fetch *f, const uint8_t *sha256)
{
	for (size_t i = 0; i < f->packages; i++)
		if (memcmp(f->missing[i], sha256, DIGEST_SIZE) == 0)
			return true;
	return false;
}

struct plan_pins
plan_ask(struct plan_fetch *f, const struct lock_ask *ask)
{
	struct plan_pins p = { .pins = lock_find(f->lock, ask) };

	f->requests++;
	f->unresolved += !p.pins;
	for (size_t i = 0; p.pins && i < p.pins->count; i++) {
		const struct deb_pin *pin = &p.pins->pins[i];
		struct content held;
		p.bytes += pin->size;
		if (f->cache && cache_lookup(f->cache, pin->sha256, &held) && held.size == pin->size)
			continue;
		p.missing++;
		if (is_counted(f, pin->sha256))
			continue;
		f->missing = grow(f->missing, f->packages, &f->room, sizeof *f->missing);
		f->missing[f->packages++] = pin->sha256;
		f->bytes += pin->size;
	}
	return p;
}

struct lock_ask
plan_kernel_request(const struct plan *p)
{
	return (struct lock_ask){ .kind = LOCK_KERNEL, .packages = &p->kernel->package, .n_packages = 1 };
}

int
verb_plan(const struct options *o, struct build *b, struct err *e)
{
	struct plan_fetch f = { .lock = NULL };

	if (build_load(b, &o->build))
		return VERB_FAILED;
	f.lock = lock_load(b->project.arena, b->project.diags, build_lock_file(b));
	if (!f.lock)
		return VERB_FAILED;
	if (access(o->build.cache_dir, F_OK) == 0) /* opening would make it */
		b->cache = f.cache = cache_open(o->build.cache_dir, e);
	int r = access(o->build.cache_dir, F_OK) == 0 && !f.cache ? VERB_FAILED : VERB_OK;
	if (r == VERB_OK && o->json)
		plan_json(b, &f, stdout);
	else if (r == VERB_OK)
		plan_print(b, &f, stdout);
	free(f.missing);
	lock_release(f.lock);
	return r;
}
