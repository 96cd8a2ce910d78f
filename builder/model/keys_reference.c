/* SPDX-License-Identifier: MIT
 *
 * The key tables as the body of a manual page. What is listed is what the parser reads, as it is the same table.
 */
#include <string.h>

#include "keys.h"

#define PREFIX_MAX 128

static const char *const type_names[] = {
	[KEY_TEXT] = "text", [KEY_NAME] = "name", [KEY_PATH] = "path in the image", [KEY_HOSTPATH] = "path on the host",
	[KEY_BOOL] = "true or false", [KEY_WORD] = "word", [KEY_INT] = "number", [KEY_SIZE] = "size", [KEY_TIME] = "time",
	[KEY_PERCENT] = "percentage", [KEY_TENTHS] = "number with a tenth",
	[KEY_OCTAL] = "octal mode", [KEY_IPV4] = "IPv4 address", [KEY_STRUCT] = "mapping",
	[KEY_OPTION] = "mapping", [KEY_TEXTS] = "list of texts", [KEY_NAMES] = "list of names", [KEY_WORDS] = "list of words",
	[KEY_UNITS] = "list of names",
	[KEY_STRUCTS] = "list of mappings", [KEY_NAMED] = "mapping by name", [KEY_PAIRS] = "mapping of texts",
	[KEY_LATER] = "not supported yet",
};

/* troff takes a hyphen for a dash, and a leading dot for a request. */
static void
print_text(FILE *to, const char *text)
{
	for (; *text; text++)
		fputs(*text == '-' ? "\\-" : *text == '\\' ? "\\e" : (char[2]){ *text, '\0' }, to);
}

static void
print_words(FILE *to, const struct key_word *w)
{
	const char *before = " (";

	for (; w->text; w++) {
		if (w->later)
			continue;
		fputs(before, to);
		print_text(to, w->text);
		before = ", ";
	}
	fputc(')', to);
}

static void
print_risk(FILE *to, const char *word, const char *risk)
{
	fputs(".br\nLoosens the default posture", to);
	if (word[0]) {
		fputs(" with ", to);
		print_text(to, word);
	}
	fputs(": ", to);
	print_text(to, risk);
	fputs(".\n", to);
}

static void
print_key(FILE *to, const char *prefix, const struct key *k)
{
	fputs(".TP\n.B ", to);
	print_text(to, prefix);
	print_text(to, k->name);
	fprintf(to, "\n%s", type_names[k->type]);
	if (k->words)
		print_words(to, k->words);
	if (k->flags & KEY_REQUIRED)
		fputs(", required", to);
	if (k->preset) {
		fputs(", preset ", to);
		print_text(to, k->preset);
	}
	fputs(".\n.br\n", to);
	print_text(to, k->doc);
	fputs(".\n", to);
	if (k->risk)
		print_risk(to, "", k->risk);
	for (const struct key_risk *r = k->risks; r && r->word; r++)
		print_risk(to, r->word, r->risk);
}

static void
print_table(FILE *to, const char *prefix, const struct key *table)
{
	for (const struct key *k = table; k->name; k++) {
		char below[PREFIX_MAX];
		print_key(to, prefix, k);
		snprintf(below, sizeof below, "%s%s%s.", prefix, k->name,
			 k->type == KEY_NAMED ? ".NAME" : k->type == KEY_STRUCTS ? "[]" : "");
		/* a source's own keys are listed once, with recipes */
		if (k->sub && !(strcmp(k->name, "sources") == 0 && prefix[0]))
			print_table(to, below, k->sub);
	}
}

void
keys_reference(const struct key *table, FILE *to)
{
	print_table(to, "", table);
}
