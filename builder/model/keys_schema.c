/* SPDX-License-Identifier: MIT
 *
 * The key tables as a JSON Schema, for editors and other programs. What it takes is what the parser takes, as it is the
 * same table; but a schema sees values as YAML reads them, so that a plain 64 is a number and a plain 64M a text.
 * Bounds of values with a unit, and what must hold between keys, stay with `ingot check`.
 */
#include <string.h>

#include "json_out.h"
#include "keys.h"
#include "table.h"
#include "value.h"

#define NAME_PATTERN "^[a-z0-9][a-z0-9-]*$"
#define UNIT_PATTERN "^[a-z0-9][a-z0-9-]*(@[1-9][0-9]*)?$"
#define PATH_PATTERN "^/(?!.*//)(?!.*(^|/)\\.\\.?(/|$))([^\\u0000-\\u001f\\u007f]*[^/\\u0000-\\u001f\\u007f])?$"
#define OCTET        "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"

static void add_table(struct json *j, const struct key *table, bool one_option);

/* A text may be written as anything that is one value: `command: [/bin/sleep, 10]`. */
static void
add_text_types(struct json *j)
{
	static const char *const types[] = { "string", "number", "boolean", "null" };

	json_array_at(j, "type");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		json_string(j, types[i]);
	json_array_end(j);
}

/* Opens one of the alternatives, with the text's pattern; the caller may add to it. */
static void
add_pattern(struct json *j, const char *pattern, const char *hint)
{
	json_text(j, "type", "string");
	json_text(j, "pattern", pattern);
	if (hint)
		json_text(j, "patternErrorMessage", hint); /* what yaml-language-server shows */
}

static void
add_bounds(struct json *j, uint64_t min, uint64_t max)
{
	json_text(j, "type", "integer");
	json_number(j, "minimum", min);
	if (max)
		json_number(j, "maximum", max);
}

/* A text of this form, or a plain number. */
static void
add_pattern_or_number(struct json *j, const char *pattern, const char *hint, uint64_t min, uint64_t max)
{
	json_array_at(j, "anyOf");
	json_object(j);
	add_pattern(j, pattern, hint);
	json_object_end(j);
	json_object(j);
	add_bounds(j, min, max);
	json_object_end(j);
	json_array_end(j);
}

static void
add_name(struct json *j, const char *pattern)
{
	json_text(j, "type", "string");
	json_text(j, "pattern", pattern);
	json_number(j, "maxLength", TBL_NAME_MAX);
}

static void
add_words(struct json *j, const struct key_word *w)
{
	json_array_at(j, "enum");
	for (; w->text; w++)
		if (!w->later)
			json_string(j, w->text);
	json_array_end(j);
}

static void
add_items(struct json *j, const struct key *k)
{
	json_text(j, "type", "array");
	if (k->flags & (KEY_REQUIRED | KEY_FILLED))
		json_number(j, "minItems", 1);
	json_object_at(j, "items");
	if (k->type == KEY_NAMES || k->type == KEY_UNITS)
		add_name(j, k->type == KEY_UNITS ? UNIT_PATTERN : NAME_PATTERN);
	else if (k->type == KEY_WORDS)
		add_words(j, k->words);
	else if (k->type == KEY_STRUCTS)
		add_table(j, k->sub, k->flags & KEY_ONE_OPTION);
	else
		add_text_types(j);
	json_object_end(j);
}

/* A mapping whose keys the author chooses. */
static void
add_mapping(struct json *j, const struct key *k)
{
	json_text(j, "type", "object");
	json_object_at(j, "propertyNames");
	if (k->type == KEY_NAMED)
		add_name(j, NAME_PATTERN);
	else
		add_pattern(j, "^[^=]+$", NULL);
	json_object_end(j);
	json_object_at(j, "additionalProperties");
	if (k->type == KEY_NAMED)
		add_table(j, k->sub, false);
	else
		add_text_types(j);
	json_object_end(j);
}

/* What makes a value right, without what is said about it. */
static void
add_form(struct json *j, const struct key *k)
{
	switch (k->type) {
	case KEY_TEXT:
		add_text_types(j);
		break;
	case KEY_HOSTPATH:
		json_text(j, "type", "string");
		json_number(j, "minLength", 1);
		break;
	case KEY_NAME:
		add_name(j, NAME_PATTERN);
		break;
	case KEY_PATH:
		add_pattern(j, PATH_PATTERN, "an absolute path without . and ..");
		json_number(j, "maxLength", TBL_PATH_MAX);
		break;
	case KEY_BOOL:
		json_text(j, "type", "boolean");
		break;
	case KEY_WORD:
		add_words(j, k->words);
		break;
	case KEY_INT:
		add_bounds(j, k->min, k->max);
		break;
	case KEY_SIZE:
		add_pattern_or_number(j, "^[0-9]+[KMG]?$", "a size such as 512K, 64M or 2G", k->min, k->max);
		break;
	case KEY_TIME:
		add_pattern(j, "^[0-9]+(ms|s|m|h|d)$", "a time such as 100ms, 30s, 5m, 2h or 1d");
		break;
	case KEY_PERCENT:
		add_pattern(j, "^[0-9]+%$", "a percentage such as 50%");
		break;
	case KEY_TENTHS:
		json_text(j, "type", "number");
		json_number(j, "minimum", k->min / 10);
		json_number(j, "maximum", k->max / 10);
		break;
	case KEY_OCTAL:
		/* a plain 0644 is the number 420 in YAML 1.1, and 644 in YAML 1.2 */
		add_pattern_or_number(j, "^0+[0-7]{0,4}$", "an octal mode such as 0644", 0, 7777);
		break;
	case KEY_IPV4:
		add_pattern(j, "^" OCTET "(\\." OCTET "){3}$", "an IPv4 address such as 10.0.2.15");
		break;
	case KEY_STRUCT:
	case KEY_OPTION:
		add_table(j, k->sub, false);
		break;
	case KEY_TEXTS:
	case KEY_NAMES:
	case KEY_UNITS:
	case KEY_WORDS:
	case KEY_STRUCTS:
		add_items(j, k);
		break;
	case KEY_NAMED:
	case KEY_PAIRS:
		add_mapping(j, k);
		break;
	case KEY_LATER:
		break;
	}
}

/* The preset as the value that YAML would read. */
static void
add_preset(struct json *j, const struct key *k)
{
	uint64_t number;
	int yes;

	json_key(j, "default");
	if (k->type == KEY_BOOL && value_bool(k->preset, &yes))
		json_bool(j, yes);
	else if (k->type == KEY_INT && value_int(k->preset, &number))
		json_uint(j, number);
	else
		json_string(j, k->preset);
}

static void
add_required(struct json *j, const struct key *table)
{
	const struct key *k = table;

	while (k->name && !(k->flags & KEY_REQUIRED))
		k++;
	if (!k->name)
		return;
	json_array_at(j, "required");
	for (; k->name; k++)
		if (k->flags & KEY_REQUIRED)
			json_string(j, k->name);
	json_array_end(j);
}

static void
add_one_option(struct json *j, const struct key *table)
{
	json_array_at(j, "oneOf");
	for (const struct key *k = table; k->name; k++) {
		if (k->type != KEY_OPTION)
			continue;
		json_object(j);
		json_array_at(j, "required");
		json_string(j, k->name);
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
add_table(struct json *j, const struct key *table, bool one_option)
{
	json_text(j, "type", "object");
	json_flag(j, "additionalProperties", false);
	add_required(j, table);
	if (one_option)
		add_one_option(j, table);
	json_object_at(j, "properties");
	for (const struct key *k = table; k->name; k++) {
		if (k->type == KEY_LATER)
			continue;
		json_object_at(j, k->name);
		json_text(j, "description", k->doc);
		if (k->preset)
			add_preset(j, k);
		add_form(j, k);
		json_object_end(j);
	}
	json_object_end(j);
}

void
keys_schema(const struct key *table, const char *title, FILE *to)
{
	struct json j;

	json_to_file(&j, to);
	json_object(&j);
	json_text(&j, "$schema", "http://json-schema.org/draft-07/schema#");
	json_text(&j, "title", title);
	add_table(&j, table, false);
	json_object_end(&j);
	json_end(&j);
}
