/* SPDX-License-Identifier: MIT
 *
 * SPDX 2.3 as JSON (SPDX specification 2.3, annex on RDF and JSON). Packages only: a file would need a SHA-1, which
 * ingot computes of nothing, so that filesAnalyzed is false throughout.
 */
#include <string.h>

#include "json_out.h"
#include "sbom.h"

/* Letters, digits, points and hyphens; the number makes it the only one. */
static const char *
id_of(const struct sbom *s, size_t i)
{
	char *id = arena_printf(s->arena, "SPDXRef-Package-%zu-%s", i, s->v[i].name);

	for (char *p = id; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *p))
			*p = '-';
	return id;
}

/* Opens a package with what every package has. */
static void
begin_package(struct json *j, const char *id, const char *name, const char *version, const char *licence)
{
	json_object(j);
	json_text(j, "SPDXID", id);
	json_text(j, "name", name);
	if (version[0])
		json_text(j, "versionInfo", version);
	json_text(j, "downloadLocation", "NOASSERTION");
	json_flag(j, "filesAnalyzed", false);
	json_text(j, "licenseConcluded", "NOASSERTION");
	json_text(j, "licenseDeclared", licence ? licence : "NOASSERTION");
	json_text(j, "copyrightText", "NOASSERTION");
}

static void
add_package(struct json *j, const struct sbom *s, size_t i)
{
	const struct sbom_component *c = &s->v[i];

	begin_package(j, id_of(s, i), c->name, c->version, c->licence);
	json_array_at(j, "checksums");
	json_object(j);
	json_text(j, "algorithm", "SHA256");
	json_digest(j, "checksumValue", c->sha256);
	json_object_end(j);
	json_array_end(j);
	if (c->kind == SBOM_PACKAGE)
		json_text(j, "sourceInfo", arena_printf(s->arena, "built from the source package %s", c->source));
	if (c->purl[0]) {
		json_array_at(j, "externalRefs");
		json_object(j);
		json_text(j, "referenceCategory", "PACKAGE-MANAGER");
		json_text(j, "referenceType", "purl");
		json_text(j, "referenceLocator", c->purl);
		json_object_end(j);
		json_array_end(j);
	}
	json_text(j, "comment", arena_printf(s->arena, "in the roots of: %s", c->where));
	json_object_end(j);
}

static void
add_relationship(struct json *j, const char *from, const char *what, const char *to)
{
	json_object(j);
	json_text(j, "spdxElementId", from);
	json_text(j, "relationshipType", what);
	json_text(j, "relatedSpdxElement", to);
	json_object_end(j);
}

static void
add_creation(struct json *j, const struct sbom *s)
{
	json_object_at(j, "creationInfo");
	json_text(j, "created", s->created);
	json_array_at(j, "creators");
	json_string(j, "Tool: ingot-" INGOT_VERSION);
	json_array_end(j);
	json_object_end(j);
}

void
sbom_spdx(const struct sbom *s, FILE *to)
{
	static const char image[] = "SPDXRef-Image";
	struct json j;

	json_to_file(&j, to);
	json_object(&j);
	json_text(&j, "spdxVersion", "SPDX-2.3");
	json_text(&j, "dataLicense", "CC0-1.0");
	json_text(&j, "SPDXID", "SPDXRef-DOCUMENT");
	json_text(&j, "name", s->image);
	json_text(&j, "documentNamespace", arena_printf(s->arena, "https://spdx.org/spdxdocs/%s-%s", s->image, s->uuid));
	add_creation(&j, s);
	json_array_at(&j, "packages");
	begin_package(&j, image, s->image, "", NULL);
	json_text(&j, "primaryPackagePurpose", "OPERATING-SYSTEM");
	json_text(&j, "comment", arena_printf(s->arena, "an image of ingot; digest of its tree: sha256 %s", s->tree));
	json_object_end(&j);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].kind != SBOM_FILE)
			add_package(&j, s, i);
	json_array_end(&j);
	json_array_at(&j, "relationships");
	add_relationship(&j, "SPDXRef-DOCUMENT", "DESCRIBES", image);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].kind != SBOM_FILE)
			add_relationship(&j, image, "CONTAINS", id_of(s, i));
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}
