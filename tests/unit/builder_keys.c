/* SPDX-License-Identifier: MIT
 *
 * builder/bind.c and the key tables: unknown keys, wrong types, ranges, missing and not-yet keys. Then every key of
 * every table is mutated once in each way: the mutation must be refused, or change the model. A key that could be
 * misspelt, mistyped or changed without anybody noticing fails here, also one that is added later.
 */
#include "support_builder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

/* Binds as image or as recipe; returns what was said. */
static char *
bind(struct arena *a, const struct key *table, const char *yaml, void *into)
{
	struct diags *d = diags_new();
	struct node *n = yaml_parse(a, d, "t.yml", yaml, strlen(yaml));

	if (n)
		keys_bind(a, d, table, n, into);
	char *said = diags_text(d);
	diags_free(d);
	return said;
}

static void
image_says(const char *yaml, const char *message)
{
	struct arena *a = arena_new();
	struct image m = { .image = NULL };
	char *said = bind(a, image_keys, yaml, &m);

	assert_has(said, message);
	free(said);
	arena_free(a);
}

#define HEAD "image: t\nkernel: {recipe: k}\n"
#define SERVICE(rest) HEAD "services:\n  web: {command: [/a], limits: {memory: 8M}, " rest "}\n"

TEST(an_unknown_key_is_refused_with_the_nearest)
{
	image_says(HEAD "hostnam: x\n", "t.yml:3:1: unknown key `hostnam`: did you mean `hostname`?");
	image_says(SERVICE("comand: [x]"), "unknown key `comand`: did you mean `command`?");
	image_says(SERVICE("limts: {memory: 1M}"), "t.yml:4:46: unknown key `limts`: did you mean `limits`?");
	image_says(HEAD "zzzzzzz: 1\n", "t.yml:3:1: unknown key `zzzzzzz`\n");
}

TEST(a_wrong_type_is_refused)
{
	image_says("image: [t]\nkernel: {recipe: k}\n", "t.yml:1:8: `image` must be a single value, not a list");
	image_says(HEAD "users: {name: x}\n", "t.yml:3:8: `users` must be a list, not a mapping");
	image_says(HEAD "services: [a]\n", "`services` must be a mapping, not a list");
	image_says(HEAD "services: {a: 1}\n", "`a` must be a mapping, not a single value");
	image_says(HEAD "recipes: [[a]]\n", "each item of `recipes` must be a single value");
	image_says(HEAD "recipes: [Not_a_name]\n", "`Not_a_name` is not a name");
	image_says(HEAD "users: [1]\n", "each item of `users` must be a mapping, not a single value");
	image_says(SERVICE("env: {A=B: c}"), "each entry of `env` must be NAME: value");
	image_says(SERVICE("env: {A: [c]}"), "each entry of `env` must be NAME: value");
	image_says(HEAD "sources: [{busybox: {applets: \"true\"}}]\n", "`applets` must be true or false");
	image_says(HEAD "sources: [{busybox: {applets: yes}}]\n", "`applets` must be true or false, not `yes`");
	image_says(HEAD "sources: [{dir: {to: relative}}]\n", "`to` must be an absolute path");
	image_says(HEAD "sources: [{dir: {to: /a/../b}}]\n", "`to` must be an absolute path");
	image_says(HEAD "services: {Web: {}}\n", "`Web` is not a name");
}

TEST(ranges_hold)
{
	image_says(SERVICE("ready: {tcp: 0}"), "`tcp` must be between 1 and 65535, not 0");
	image_says(SERVICE("ready: {tcp: 65536}"), "`tcp` must be between 1 and 65535, not 65536");
	image_says(SERVICE("ready: {fd: 2}"), "`fd` must be between 3 and 255, not 2");
	image_says(HEAD "users: [{name: a, uid: 0}]\n", "`uid` must be between 1 and 4294967294, not 0");
	image_says(HEAD "compression: {level: 20}\n", "`level` must be between 1 and 19");
	image_says(HEAD "services: {w: {command: [/a], limits: {memory: 1K}}}\n", "`memory` must be at least 1048576");
}

TEST(words_are_of_their_list)
{
	image_says(SERVICE("restart: {policy: alwys}"), "`policy` cannot be `alwys`: did you mean `always`?");
	image_says(SERVICE("restart: {policy: sometimes}"), "it is one of never, on-failure, always");
	image_says(HEAD "outputs: [disk]\n", "t.yml:3:11: `outputs: disk` is not supported yet");
	image_says(HEAD "outputs: [initramf]\n", "did you mean `initramfs`?");
	image_says(HEAD "arch: aarch64\n", "`arch: aarch64` is not supported yet");
}

TEST(what_is_required_is_missed)
{
	image_says("description: x\n", "t.yml:1:1: `image` is missing");
	image_says("image: t\n", "`kernel` is missing");
	image_says("image: t\nkernel: {}\n", "t.yml:2:9: `recipe` is missing: the kernel's recipe");
	image_says(HEAD "services:\n  a: {command: [/a]}\n", "`limits` is missing");
	image_says(HEAD "jobs:\n  a: {command: [/a], limits: {memory: 1M}}\n", "`schedule` is missing");
}

TEST(not_built_yet_is_said_so)
{
	static const struct key later[] = { { "soon", KEY_LATER, .doc = "to come" }, { .name = NULL } };
	struct arena *a = arena_new();
	struct key_head head;
	char *said = bind(a, later, "soon: [1]\n", &head);

	assert_string_equal(said, "t.yml:1:7: `soon` is not supported yet\n");
	free(said);
	arena_free(a);
}

TEST(a_job_has_no_readiness_and_a_service_no_schedule)
{
	image_says(SERVICE("schedule: {every: 5m}"), "unknown key `schedule`");
	image_says(HEAD "jobs: {j: {command: [/a], limits: {memory: 1M}, schedule: {every: 5m}, ready: {tcp: 80}}}\n",
		   "unknown key `ready`");
}

TEST(presets_stand_where_a_key_is_absent)
{
	struct arena *a = arena_new();
	struct image m = { .image = NULL };
	char *said = bind(a, image_keys, SERVICE("description: x"), &m);
	const struct model_service *s = &m.services.v[0];

	assert_string_equal(said, "");
	assert_int_equal(s->limits.memory, 8u << 20);
	assert_int_equal(s->limits.pids, 64);
	assert_int_equal(s->limits.cpu, 0);
	assert_int_equal(s->scratch.size, 16u << 20);
	assert_int_equal(s->network.mode, NET_NONE);
	assert_int_equal(s->restart.policy, 2);
	assert_int_equal(s->restart.backoff.first, 100);
	assert_int_equal(s->restart.backoff.max, 30000);
	assert_int_equal(s->stop.timeout, 5000);
	assert_int_equal(s->ready.timeout, 60000);
	assert_int_equal(m.budget.memory, 256u << 20);
	assert_int_equal(m.compression.level, 15);
	assert_null(s->restart.head.node);
	assert_non_null(s->limits.head.node);
	assert_string_equal(s->head.name, "web");
	free(said);
	arena_free(a);
}

TEST(host_paths_are_relative_to_their_file)
{
	struct arena *a = arena_new();
	struct diags *d = diags_new();
	static const char yaml[] = HEAD "sources: [{file: {path: f/x, to: /x}}, {file: {path: /abs, to: /y}}]\n";
	struct node *n = yaml_parse(a, d, "images/sub/t.yml", yaml, strlen(yaml));
	struct image m = { .image = NULL };

	keys_bind(a, d, image_keys, n, &m);
	assert_string_equal(m.sources.v[0].file->path, "images/sub/f/x");
	assert_string_equal(m.sources.v[1].file->path, "/abs");
	diags_free(d);
	arena_free(a);
}

/* ---- every key, in every way ---- */

enum mutation { NONE, REMOVED, RENAMED, TWICE, RETYPED, OTHER, MALFORMED, TOO_LOW, TOO_HIGH, MUTATIONS };
static const char *const mutation_names[] = { "none",  "removed",   "renamed", "twice",   "retyped",
					      "other", "malformed", "too low", "too high" };

struct writer {
	FILE *to;
	const char *path; /* of the key to mutate; NULL: none */
	enum mutation how;
	bool applied;     /* that the mutation can be made to this key, and was */
	size_t keys;      /* seen */
	char paths[1024][96];
};

static const char *
word_at(const struct key *k, int nth, bool *later)
{
	const struct key_word *w = k->words;
	/* the first one must not be the preset: removing the key would change nothing */
	int skip = k->preset && strcmp(w->text, k->preset) == 0 && w[1].text && !w[1].later;

	for (; w->text; w++) {
		int i = (int)(w - k->words);
		int rank = skip ? (i == 0 ? 1 : i == 1 ? 0 : i) : i;
		if (rank == nth) {
			*later = w->later;
			return w->text;
		}
	}
	*later = false;
	return NULL;
}

static void write_map(struct writer *w, const struct key *table, const char *path);

static void
write_number(struct writer *w, const struct key *k, uint64_t v)
{
	static const char *const units[] = { [KEY_INT] = "", [KEY_SIZE] = "", [KEY_TIME] = "ms", [KEY_PERCENT] = "%" };

	if (k->type == KEY_OCTAL)
		fprintf(w->to, "\"0%" PRIo64 "\"", v);
	else if (k->type == KEY_TENTHS)
		fprintf(w->to, "%" PRIu64 ".%" PRIu64, v / 10, v % 10);
	else if (k->type == KEY_IPV4)
		fprintf(w->to, "\"10.0.0.%" PRIu64 "\"", v & 0xff);
	else
		fprintf(w->to, "\"%" PRIu64 "%s\"", v, units[k->type]);
}

/* A good value; another good one where `other`. */
static void
write_value(struct writer *w, const struct key *k, const char *path, bool other)
{
	const char *c = other ? "b" : "a";
	bool later;

	switch (k->type) {
	case KEY_TEXT:
	case KEY_NAME:
	case KEY_HOSTPATH:
		fprintf(w->to, "\"%s%s\"", c, k->name);
		break;
	case KEY_PATH:
		fprintf(w->to, "\"/%s/x\"", c);
		break;
	case KEY_BOOL:
		fputs((k->preset && strcmp(k->preset, "true") == 0) != other ? "false" : "true", w->to);
		break;
	case KEY_WORD:
		fprintf(w->to, "\"%s\"", word_at(k, other, &later));
		break;
	case KEY_WORDS:
		fprintf(w->to, other ? "[]" : "[\"%s\"]", word_at(k, 0, &later));
		break;
	case KEY_TEXTS:
	case KEY_NAMES:
	case KEY_UNITS:
		fprintf(w->to, "[\"%s\", \"c\"]", c);
		break;
	case KEY_PAIRS:
		fprintf(w->to, "{\"N\": \"%s\"}", c);
		break;
	case KEY_STRUCT:
	case KEY_OPTION:
		write_map(w, k->sub, path);
		break;
	case KEY_STRUCTS:
		fputs("[", w->to);
		write_map(w, k->sub, path);
		if (other) {
			fputs(", ", w->to);
			write_map(w, k->sub, "");
		}
		fputs("]", w->to);
		break;
	case KEY_NAMED:
		fprintf(w->to, "{\"name-%s\": ", c);
		write_map(w, k->sub, path);
		fputs("}", w->to);
		break;
	case KEY_LATER:
		fputs("1", w->to);
		break;
	default:
		write_number(w, k, k->min + (other ? 2 : 1));
	}
}

static bool
is_scalar(const struct key *k)
{
	return k->type <= KEY_IPV4;
}

static void
write_mutated(struct writer *w, const struct key *k, const char *path)
{
	w->applied = true;
	fprintf(w->to, "\"%s%s\": ", k->name, w->how == RENAMED ? "-x" : "");
	switch (w->how) {
	case RETYPED:
		fputs(is_scalar(k) ? "[[1]]" : "\"scalar\"", w->to);
		break;
	case OTHER:
		write_value(w, k, path, true);
		break;
	case MALFORMED:
		fputs("\"\\u00e9 %\"", w->to);
		break;
	case TOO_LOW:
		write_number(w, k, k->min - 1);
		break;
	case TOO_HIGH:
		write_number(w, k, k->max + 1);
		break;
	default: /* RENAMED; TWICE: once more, after the good one */
		write_value(w, k, path, false);
	}
}

/* Which ways there are for a key of this type. */
static bool
can(const struct key *k, enum mutation how)
{
	bool number = is_scalar(k) && k->type >= KEY_INT;

	if (k->type == KEY_LATER)
		return how == OTHER; /* put in at all */
	if (how == REMOVED && k->type == KEY_WORD && k->preset) /* only where another word than the preset is there */
		return strcmp(k->words[0].text, k->preset) != 0 || (k->words[1].text && !k->words[1].later);
	if (how == MALFORMED)
		return is_scalar(k) && k->type != KEY_TEXT && k->type != KEY_HOSTPATH;
	if (how == TOO_LOW)
		return number && k->min > 0;
	if (how == TOO_HIGH)
		return number && k->max > 0;
	if (how == OTHER)
		return k->type != KEY_STRUCT && k->type != KEY_OPTION; /* what is in them is mutated by itself */
	return true;
}

static void
write_map(struct writer *w, const struct key *table, const char *path)
{
	const char *comma = "";

	fputs("{", w->to);
	for (const struct key *k = table; k->name; k++) {
		char here[96];
		snprintf(here, sizeof here, "%s.%s", path, k->name);
		if (!w->path && w->keys < COUNT(w->paths))
			strcpy(w->paths[w->keys++], here);
		bool mutate = w->path && strcmp(w->path, here) == 0 && can(k, w->how);
		if (k->type == KEY_LATER && !mutate)
			continue;
		if (mutate && w->how == REMOVED) {
			w->applied = true;
			continue;
		}
		fputs(comma, w->to);
		comma = ", ";
		if (!mutate || w->how == TWICE) {
			fprintf(w->to, "\"%s\": ", k->name);
			write_value(w, k, here, false);
		}
		if (mutate && w->how == TWICE)
			fputs(", ", w->to);
		if (mutate)
			write_mutated(w, k, here);
	}
	fputs("}", w->to);
}

/* ---- the model as a text ---- */

static void print_struct(FILE *to, const struct key *table, const void *from);

static void
print_list(FILE *to, const struct key *k, const struct key_list *list)
{
	fprintf(to, "[%zu:", list->n);
	for (size_t i = 0; i < list->n; i++) {
		if (k->type == KEY_STRUCTS || k->type == KEY_NAMED) {
			const struct key_head *head = (const void *)((const char *)list->v + i * k->size);
			fprintf(to, "%s ", k->type == KEY_NAMED ? head->name : "");
			print_struct(to, k->sub, head);
		} else {
			fprintf(to, "%s,", ((const char *const *)list->v)[i]);
		}
	}
	fputs("]", to);
}

static void
print_field(FILE *to, const struct key *k, const void *field)
{
	switch (k->type) {
	case KEY_TEXT:
	case KEY_NAME:
	case KEY_PATH:
	case KEY_HOSTPATH: {
		const char *text = *(const char *const *)field;
		fprintf(to, "%s", text ? text : "(none)");
		break;
	}
	case KEY_BOOL:
	case KEY_WORD:
		fprintf(to, "%d", *(const int *)field);
		break;
	case KEY_STRUCT:
		print_struct(to, k->sub, field);
		break;
	case KEY_OPTION:
		if (*(void *const *)field)
			print_struct(to, k->sub, *(void *const *)field);
		break;
	case KEY_LATER:
		break;
	default:
		if (is_scalar(k))
			fprintf(to, "%" PRIu64, *(const uint64_t *)field);
		else
			print_list(to, k, field);
	}
}

static void
print_struct(FILE *to, const struct key *table, const void *from)
{
	fputs("{", to);
	for (const struct key *k = table; k->name; k++) {
		fprintf(to, "%s=", k->name);
		print_field(to, k, (const char *)from + k->offset);
		fputs(" ", to);
	}
	fputs("}", to);
}

/* The model that the yaml gives, as a text; what was said about it to *said. Both malloc'ed. */
static char *
model_of(const struct key *table, const char *yaml, char **said)
{
	struct arena *a = arena_new();
	union {
		struct image image;
		struct recipe recipe;
	} model;
	char *text;
	size_t size;

	memset(&model, 0, sizeof model);
	*said = bind(a, table, yaml, &model);
	FILE *f = open_memstream(&text, &size);
	print_struct(f, table, &model);
	fclose(f);
	arena_free(a);
	return text;
}

static char *
write_yaml(struct writer *w, const struct key *table)
{
	char *text;
	size_t size;

	w->to = open_memstream(&text, &size);
	w->applied = false;
	write_map(w, table, "");
	fclose(w->to);
	return text;
}

/* What must be refused, and with which words; NULL: may be taken, if the model changes. */
static const char *
must_say(enum mutation how)
{
	static const char *const words[MUTATIONS] = {
		[RENAMED] = "unknown key `", [TWICE] = "stands here twice", [RETYPED] = " must be ",
		[MALFORMED] = "`",           [TOO_LOW] = "must be ",        [TOO_HIGH] = "must be between",
	};

	return words[how];
}

static void
mutate(const struct key *table, struct writer *w, const char *base_model, size_t *made)
{
	char *yaml = write_yaml(w, table), *said, *model = model_of(table, yaml, &said);
	const char *words = must_say(w->how);

	if (w->applied) {
		++*made;
		if (words && !strstr(said, words))
			fail_msg("%s, %s: nothing like `%s` was said, but: %s\n%s", w->path, mutation_names[w->how], words, said, yaml);
		if (!words && !said[0] && strcmp(model, base_model) == 0)
			fail_msg("%s, %s: taken without any effect\n%s", w->path, mutation_names[w->how], yaml);
	}
	free(model);
	free(said);
	free(yaml);
}

/* Returns the number of mutations made. */
static size_t
mutate_all(const struct key *table)
{
	struct writer base = { .path = NULL };
	char *yaml = write_yaml(&base, table), *said, *model = model_of(table, yaml, &said);
	size_t made = 0;

	assert_string_equal(said, ""); /* with every key there, all is right */
	assert_true(base.keys < COUNT(base.paths));
	for (size_t i = 0; i < base.keys; i++) {
		size_t before = made;
		for (enum mutation how = REMOVED; how < MUTATIONS; how++) {
			struct writer w = { .path = base.paths[i], .how = how };
			mutate(table, &w, model, &made);
		}
		if (made == before)
			fail_msg("%s was mutated in no way", base.paths[i]);
	}
	free(model);
	free(said);
	free(yaml);
	return made;
}

TEST(every_key_of_an_image_matters)
{
	assert_true(mutate_all(image_keys) > 900);
}

TEST(every_key_of_a_recipe_matters)
{
	assert_true(mutate_all(recipe_keys) > 150);
}

/* ---- the tables themselves ---- */

static void
check_table(const struct key *table, size_t *n)
{
	for (const struct key *k = table; k->name; k++) {
		++*n;
		if (!k->doc || !k->doc[0])
			fail_msg("`%s` has no line for the reference page", k->name);
		for (const struct key *other = table; other < k; other++)
			assert_string_not_equal(k->name, other->name);
		bool has_sub = k->type == KEY_STRUCT || k->type == KEY_OPTION || k->type == KEY_STRUCTS || k->type == KEY_NAMED;
		assert_true((k->sub != NULL) == has_sub);
		assert_true((k->words != NULL) == (k->type == KEY_WORD || k->type == KEY_WORDS));
		assert_false(k->flags & KEY_REQUIRED && k->preset);
		if (has_sub) {
			assert_true(k->size >= sizeof(struct key_head));
			check_table(k->sub, n);
		}
	}
}

TEST(the_tables_are_sound)
{
	size_t n = 0;

	check_table(image_keys, &n);
	check_table(recipe_keys, &n);
	assert_true(n > 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest),
		cmocka_unit_test(a_wrong_type_is_refused),
		cmocka_unit_test(ranges_hold),
		cmocka_unit_test(words_are_of_their_list),
		cmocka_unit_test(what_is_required_is_missed),
		cmocka_unit_test(not_built_yet_is_said_so),
		cmocka_unit_test(a_job_has_no_readiness_and_a_service_no_schedule),
		cmocka_unit_test(presets_stand_where_a_key_is_absent),
		cmocka_unit_test(host_paths_are_relative_to_their_file),
		cmocka_unit_test(every_key_of_an_image_matters),
		cmocka_unit_test(every_key_of_a_recipe_matters),
		cmocka_unit_test(the_tables_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
