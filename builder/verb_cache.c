/* SPDX-License-Identifier: MIT
 *
 * ingot cache: how large the cache is, and `ingot cache prune`. It needs no image file.
 */
#include <string.h>

#include "cache_prune.h"
#include "value.h"
#include "verbs.h"

#define KEEP_DAYS 30u
#define DAYS_MAX  36500u

static double
megabytes(uint64_t bytes)
{
	return (double)bytes / 1e6;
}

static void
print_size(const char *dir, const struct cache_sum *s)
{
	printf("%s: %.1f MB in %llu files\n", dir, megabytes(s->bytes), (unsigned long long)s->files);
}

static int
parse_days(const char *text, uint64_t *days, struct err *e)
{
	*days = KEEP_DAYS;
	if (text && (!value_int(text, days) || *days > DAYS_MAX))
		return err_set(e, 0, "--keep-days wants a number of days up to %u, not %s", DAYS_MAX, text);
	return 0;
}

static int
print_pruned(struct cache *c, uint64_t days, struct err *e)
{
	struct cache_sums s;

	if (cache_prune(c, (unsigned)days, &s, e))
		return VERB_FAILED;
	printf("freed %.1f MB in %llu files", megabytes(s.freed.bytes), (unsigned long long)s.freed.files);
	if (s.living)
		printf("; what %zu build%s at work may use was kept", s.living, s.living == 1 ? "" : "s");
	putchar('\n');
	print_size(cache_dir(c), &s.kept);
	return VERB_OK;
}

int
verb_cache(const struct options *o, struct build *b, struct err *e)
{
	bool prune = o->n_args && strcmp(o->args[0], "prune") == 0;
	struct cache_sums s;
	uint64_t days;

	if (o->n_args && !prune && strcmp(o->args[0], "size") != 0)
		return err_set(e, 0, "ingot cache wants size or prune, not %s", o->args[0]);
	if (o->keep_days && !prune)
		return err_set(e, 0, "--keep-days is an option of `ingot cache prune`");
	if (parse_days(o->keep_days, &days, e))
		return VERB_FAILED;
	b->cache = cache_open(o->build.cache_dir, e);
	if (!b->cache)
		return VERB_FAILED;
	if (prune)
		return print_pruned(b->cache, days, e);
	if (cache_size(b->cache, &s, e))
		return VERB_FAILED;
	print_size(cache_dir(b->cache), &s.kept);
	return VERB_OK;
}
