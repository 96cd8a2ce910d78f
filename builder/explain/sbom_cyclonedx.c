/* SPDX-License-Identifier: MIT
 *
 * CycloneDX 1.6 as JSON (ECMA-424).
 */
#include "json_out.h"
#include "sbom.h"

static const char *
ref_of(const struct sbom *s, size_t i)
{
	return s->v[i].purl[0] ? s->v[i].purl : arena_printf(s->arena, "ingot:%s", s->v[i].name);
}

static void
add_property(struct json *j, const char *name, const char *value)
{
	json_object(j);
	json_text(j, "name", name);
	json_text(j, "value", value);
	json_object_end(j);
}

static void
add_licence(struct json *j, const char *licence)
{
	if (!licence)
		return;
	json_array_at(j, "licenses");
	json_object(j);
	json_object_at(j, "license");
	json_text(j, "id", licence);
	json_object_end(j);
	json_object_end(j);
	json_array_end(j);
}

static void
add_component(struct json *j, const struct sbom *s, size_t i)
{
	static const char *const types[] = { [SBOM_PACKAGE] = "library", [SBOM_PROGRAM] = "application",
					     [SBOM_ARCHIVE] = "file", [SBOM_CONTAINER] = "container",
					     [SBOM_FILE] = "file" };
	const struct sbom_component *c = &s->v[i];

	json_object(j);
	json_text(j, "type", types[c->kind]);
	json_text(j, "bom-ref", ref_of(s, i));
	json_text(j, "name", c->name);
	if (c->version[0])
		json_text(j, "version", c->version);
	json_array_at(j, "hashes");
	json_object(j);
	json_text(j, "alg", "SHA-256");
	json_digest(j, "content", c->sha256);
	json_object_end(j);
	json_array_end(j);
	add_licence(j, c->licence);
	if (c->purl[0])
		json_text(j, "purl", c->purl);
	json_array_at(j, "properties");
	add_property(j, "ingot:roots", c->where);
	if (c->source[0])
		add_property(j, c->kind == SBOM_PACKAGE ? "ingot:source" : "ingot:origin", c->source);
	json_array_end(j);
	json_object_end(j);
}

static void
add_metadata(struct json *j, const struct sbom *s)
{
	json_object_at(j, "metadata");
	json_text(j, "timestamp", s->created);
	json_object_at(j, "tools");
	json_array_at(j, "components");
	json_object(j);
	json_text(j, "type", "application");
	json_text(j, "name", "ingot");
	json_text(j, "version", INGOT_VERSION);
	json_object_end(j);
	json_array_end(j);
	json_object_end(j);
	json_object_at(j, "component");
	json_text(j, "type", "operating-system");
	json_text(j, "bom-ref", "ingot:image");
	json_text(j, "name", s->image);
	json_array_at(j, "properties");
	add_property(j, "ingot:tree", s->tree);
	json_array_end(j);
	json_object_end(j);
	json_object_end(j);
}

void
sbom_cyclonedx(const struct sbom *s, FILE *to)
{
	struct json j;

	json_to_file(&j, to);
	json_object(&j);
	json_text(&j, "bomFormat", "CycloneDX");
	json_text(&j, "specVersion", "1.6");
	json_text(&j, "serialNumber", arena_printf(s->arena, "urn:uuid:%s", s->uuid));
	json_number(&j, "version", 1);
	add_metadata(&j, s);
	json_array_at(&j, "components");
	for (size_t i = 0; i < s->n; i++)
		add_component(&j, s, i);
	json_array_end(&j);
	json_array_at(&j, "dependencies");
	json_object(&j);
	json_text(&j, "ref", "ingot:image");
	json_array_at(&j, "dependsOn");
	for (size_t i = 0; i < s->n; i++)
		json_string(&j, ref_of(s, i));
	json_array_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}
