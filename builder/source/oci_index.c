/* SPDX-License-Identifier: MIT */
#include "oci_index.h"

#include <stdio.h>
#include <string.h>

#include "content.h"

#define MANIFESTS_MAX 1000

bool
oci_is_index(const char *t)
{
	return strcmp(t, "application/vnd.oci.image.index.v1+json") == 0 ||
	       strcmp(t, "application/vnd.docker.distribution.manifest.list.v2+json") == 0;
}

bool
oci_is_manifest(const char *t)
{
	return strcmp(t, "application/vnd.oci.image.manifest.v1+json") == 0 ||
	       strcmp(t, "application/vnd.docker.distribution.manifest.v2+json") == 0;
}

static int
take_text(struct arena *a, const struct json_t *o, const char *key, const char **out, struct err *e)
{
	const char *text = "";

	if (json_get_text(o, key, &text, e))
		return -1;
	*out = arena_strdup(a, text);
	return 0;
}

int
oci_descriptor(struct arena *a, const struct json_t *o, struct oci_descriptor *d, struct err *e)
{
	const struct json_t *platform = NULL, *notes = NULL;
	const char *type, *digest;

	*d = (struct oci_descriptor){ .os = "", .arch = "", .variant = "", .ref = "", .name = "" };
	if (json_need_text(o, "mediaType", &type, e) || json_need_text(o, "digest", &digest, e) ||
	    json_need_number(o, "size", &d->size, e) || json_get_object(o, "platform", &platform, e) ||
	    json_get_object(o, "annotations", &notes, e))
		return -1;
	d->media_type = arena_strdup(a, type);
	if (strncmp(digest, "sha256:", 7) != 0 || !digest_parse(digest + 7, d->sha256))
		return err_set(e, 0, "\"%.80s\" is not a digest that is supported: sha256: and 64 hexadecimal digits", digest);
	if (platform && (take_text(a, platform, "os", &d->os, e) || take_text(a, platform, "architecture", &d->arch, e) ||
			 take_text(a, platform, "variant", &d->variant, e)))
		return -1;
	if (notes && (take_text(a, notes, "org.opencontainers.image.ref.name", &d->ref, e) ||
		      take_text(a, notes, "io.containerd.image.name", &d->name, e)))
		return -1;
	return 0;
}

/* The next part of a platform: its length. */
static size_t
part(const char **text)
{
	size_t n = strcspn(*text, "/");

	*text += n + ((*text)[n] == '/');
	return n;
}

bool
oci_platform_ok(const char *p)
{
	const char *at = p;
	size_t os = part(&at), arch = part(&at), variant = part(&at);

	return os && arch && !*at && p[strlen(p) - 1] != '/' && variant < 32;
}

static bool
same_part(const char *text, size_t n, const char *of)
{
	return strlen(of) == n && memcmp(text, of, n) == 0;
}

bool
oci_platform_fits(const char *platform, const char *os, const char *arch, const char *variant)
{
	const char *at = platform, *second, *third;
	size_t n = part(&at);

	second = at;
	size_t m = part(&at);
	third = at;
	return same_part(platform, n, os) && same_part(second, m, arch) && (!*third || strcmp(third, variant) == 0);
}

static bool
named(const struct oci_descriptor *d, const char *ref)
{
	const char *tag = strrchr(d->name, ':');

	return strcmp(d->ref, ref) == 0 || strcmp(d->name, ref) == 0 || (tag && strcmp(tag + 1, ref) == 0);
}

/* What stands in an index, for a message: names, or platforms. */
static const char *
list(struct arena *a, const struct oci_descriptor *d, size_t n, bool names)
{
	const char *text = "";

	for (size_t i = 0; i < n && strlen(text) < 200; i++) {
		const char *one = d[i].name[0] ? d[i].name : d[i].ref;
		if (!names)
			one = !d[i].os[0] ? "unnamed" : arena_printf(a, "%s/%s%s%s", d[i].os, d[i].arch, d[i].variant[0] ? "/" : "",
								      d[i].variant);
		text = arena_printf(a, "%s%s%.100s", text, text[0] ? ", " : "", one[0] ? one : "one without a name");
	}
	return text;
}

/* The first that fits, and how many more there are that are not the same. */
static size_t
choose(const struct oci_descriptor *d, size_t n, const struct oci_ask *ask, bool top, size_t *first)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		if (top && ask->ref && !named(&d[i], ask->ref))
			continue;
		if (d[i].os[0] && !oci_platform_fits(ask->platform, d[i].os, d[i].arch, d[i].variant))
			continue;
		if (!found)
			*first = i;
		found += !found || memcmp(d[*first].sha256, d[i].sha256, DIGEST_SIZE) != 0;
	}
	return found;
}

int
oci_choose(struct arena *a, const struct json_t *index, const struct oci_ask *ask, bool top,
	   struct oci_descriptor *out, struct err *e)
{
	const struct json_t *manifests;
	size_t first = 0;

	if (json_need_array(index, "manifests", &manifests, e))
		return -1;
	size_t n = json_count(manifests);
	if (n > MANIFESTS_MAX)
		return err_set(e, 0, "its index names more than %d images", MANIFESTS_MAX);
	struct oci_descriptor *d = arena_alloc(a, (n + 1) * sizeof *d);
	for (size_t i = 0; i < n; i++)
		if (oci_descriptor(a, json_item(manifests, i), &d[i], e))
			return err_wrap(e, "index: manifest %zu", i);
	size_t found = choose(d, n, ask, top, &first);
	if (found == 0 && n == 0)
		return err_set(e, 0, "it holds no image");
	if (found == 0 && top && ask->ref)
		return err_set(e, 0, "no image `%.100s` for %s in it: there is %s", ask->ref, ask->platform, list(a, d, n, true));
	if (found == 0)
		return err_set(e, 0, "no image for %s in it: there is %s", ask->platform, list(a, d, n, false));
	if (found > 1 && top)
		return err_set(e, 0, "it holds several images%s, of which one must be meant by `ref`: %s",
			       ask->ref ? " of that name" : "", list(a, d, n, true));
	*out = d[first];
	return 0;
}
