/* SPDX-License-Identifier: MIT
 *
 * builder/node.c: YAML taken strictly. Hostile input (anchors that explode, deep nesting, a NUL, broken UTF-8, a value
 * of 1 MB) is refused in bounded time and memory, and every message points at the place.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void
says(const char *yaml, const char *message)
{
	struct parsed p;

	parse(&p, yaml);
	if (!strstr(p.said, message))
		fail_msg("expected `%s`, said:\n%s\nabout:\n%s", message, p.said, yaml);
	parsed_release(&p);
}

TEST(a_file_becomes_nodes_with_places)
{
	static const char yaml[] = "image: web\n"
				   "list: [a, \"b c\"]\n"
				   "deep:\n"
				   "  inner: |\n"
				   "    two\n"
				   "    lines\n";
	struct parsed p;

	parse(&p, yaml);
	assert_string_equal(p.said, "");
	assert_int_equal(p.root->kind, NODE_MAP);
	assert_int_equal(p.root->count, 3);
	const struct node *n = node_get(p.root, "list");
	assert_int_equal(n->kind, NODE_LIST);
	assert_int_equal(n->count, 2);
	assert_false(n->items[0]->quoted);
	assert_true(n->items[1]->quoted);
	assert_string_equal(n->items[1]->text, "b c");
	assert_int_equal(n->items[1]->line, 2);
	assert_int_equal(n->items[1]->col, 11);
	n = node_get(node_get(p.root, "deep"), "inner");
	assert_string_equal(n->text, "two\nlines\n");
	assert_int_equal(p.root->keys[2]->line, 3);
	assert_int_equal(p.root->keys[2]->col, 1);
	assert_string_equal(n->file, "t.yml");
	assert_null(node_get(p.root, "absent"));
	assert_null(node_get(NULL, "x"));
	assert_ptr_equal(node_place(p.root, "absent"), p.root);
	parsed_release(&p);
}

TEST(a_key_stands_once)
{
	says("a: 1\nb: 2\na: 3\n", "t.yml:3:1: the key `a` stands here twice (first on line 1)");
	says("x: {k: 1, \"k\": 2}\n", "t.yml:1:11: the key `k` stands here twice");
}

TEST(anchors_aliases_and_tags_are_refused)
{
	says("a: &x 1\n", "t.yml:1:4: anchors are not supported");
	says("a: &x [1]\nb: 2\n", "t.yml:1:4: anchors");
	says("a: &x 1\nb: *x\n", "t.yml:2:4: aliases are not supported");
	says("a: !!str 1\n", "t.yml:1:4: tags are not supported");
	says("a: !own {b: 1}\n", "tags are not supported");
	says("<<: {a: 1}\n*x : 2\n", "t.yml:2:");
}

TEST(anchors_cannot_explode)
{
	says("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\n",
	     "t.yml:2:8: aliases are not supported");
}

TEST(keys_are_texts)
{
	says("? [a, b]\n: 1\n", "a key must be a plain text");
	says("{{a: 1}: 2}\n", "a key must be a plain text");
}

TEST(one_document_per_file)
{
	says("a: 1\n---\nb: 2\n", "t.yml:2:1: a second document in one file");
	says("", "t.yml:1:1: the file is empty");
	says("# nothing but a comment\n", "the file is empty");
	says("\n\n", "the file is empty");
}

/* libyaml gives empty events for ever after a syntax error below the top: reading went on and on. */
TEST(a_syntax_error_inside_a_list_ends_the_reading)
{
	static const char *const broken[] = { "a: [1\nb: 2\n", "a: {b: [1, 2\n", "- - - \"open\n", "a:\n  - b\n c: 1\n" };

	for (size_t i = 0; i < COUNT(broken); i++) {
		struct parsed p;
		parse(&p, broken[i]);
		assert_has(p.said, ": not valid YAML: ");
		assert_int_equal(diags_count(p.diags), 1);
		parsed_release(&p);
	}
}

TEST(what_is_no_yaml_is_refused_with_its_place)
{
	says("a: \"open\n", "not valid YAML");
	says("a: 1\n\tb: 2\n", "t.yml:2:");
	says("a: b: c\n", "t.yml:1:5: not valid YAML");
	says("}\n", "not valid YAML");
}

TEST(nul_and_broken_utf8_are_refused)
{
	static const char *const broken[] = {
		"a: \xff\n", "a: \xc3\n", "a: \xc0\x80\n", "a: \xed\xa0\x80\n", "a: \xf4\x90\x80\x80\n",
		"a: \x01\n", "a: \x7f\n"
	};
	struct parsed p;

	parse_bytes(&p, "a: b\0c\n", 7);
	assert_null(p.root);
	parsed_release(&p);
	says("a: \"b\\0c\"\n", "t.yml:1:4: a NUL character inside a text");
	says("\"a\\0b\": 1\n", "a NUL character");
	for (size_t i = 0; i < COUNT(broken); i++)
		says(broken[i], "t.yml:");
}

TEST(good_utf8_is_taken)
{
	struct parsed p;

	parse(&p, "name: gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x90\xa7\n");
	assert_string_equal(p.said, "");
	assert_string_equal(node_get(p.root, "name")->text, "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x90\xa7");
	parsed_release(&p);
}

/* "[[[[...]]]]", or "a: a: a:" over lines. */
static void
nested(struct parsed *p, size_t depth)
{
	char *text = malloc(2 * depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	parse_bytes(p, text, 2 * depth);
	free(text);
}

TEST(depth_is_bounded)
{
	struct parsed p;

	nested(&p, YAML_DEPTH_MAX);
	assert_string_equal(p.said, "");
	parsed_release(&p);
	nested(&p, YAML_DEPTH_MAX + 1);
	assert_has(p.said, "t.yml:1:17: nested deeper than 16 levels");
	parsed_release(&p);
	nested(&p, 100000);
	assert_has(p.said, "nested deeper than 16 levels");
	assert_int_equal(diags_count(p.diags), 1);
	parsed_release(&p);
}

TEST(size_is_bounded)
{
	struct parsed p;
	char *text = malloc(YAML_SIZE_MAX + 1);

	memset(text, 'x', YAML_SIZE_MAX + 1);
	memcpy(text, "a: ", 3);
	parse_bytes(&p, text, YAML_SIZE_MAX);
	assert_string_equal(p.said, "");
	assert_int_equal(strlen(node_get(p.root, "a")->text), YAML_SIZE_MAX - 3);
	parsed_release(&p);
	parse_bytes(&p, text, YAML_SIZE_MAX + 1);
	assert_string_equal(p.said, "t.yml: larger than 1048576 bytes\n");
	parsed_release(&p);
	free(text);
}

TEST(the_number_of_values_is_bounded)
{
	size_t n = YAML_NODES_MAX + 10;
	char *text = malloc(2 * n + 2);
	struct parsed p;

	text[0] = '[';
	for (size_t i = 0; i < n; i++)
		memcpy(text + 1 + 2 * i, "1,", 2);
	text[2 * n + 1] = ']';
	parse_bytes(&p, text, 2 * n + 2);
	assert_has(p.said, "more than 100000 values in one file");
	assert_int_equal(diags_count(p.diags), 1);
	parsed_release(&p);
	free(text);
}

/* Comparing each key with each other one takes ten times as long as this, of the processor's own time. */
TEST(fifty_thousand_keys_are_compared_in_no_time)
{
	FILE *f;
	char *text;
	size_t size;
	struct parsed p;

	f = open_memstream(&text, &size);
	for (int i = 0; i < 49990; i++)
		fprintf(f, "key-%d: 1\n", i);
	fprintf(f, "key-17: again\n");
	fclose(f);
	clock_t before = clock();
	parse_bytes(&p, text, size);
	assert_true(clock() - before < 3 * CLOCKS_PER_SEC);
	assert_string_equal(p.said, "t.yml:49991:1: the key `key-17` stands here twice (first on line 18)\n");
	parsed_release(&p);
	free(text);
}

TEST(every_error_is_in_one_run)
{
	struct parsed p;

	parse(&p, "a: &x 1\nb: !t 2\na: 3\n");
	assert_int_equal(diags_count(p.diags), 3);
	assert_has(p.said, "t.yml:1:4: anchors");
	assert_has(p.said, "t.yml:2:4: tags");
	assert_has(p.said, "t.yml:3:1: the key `a`");
	parsed_release(&p);
	parse(&p, "a: *x\nb: !t 2\nc: [*y]\nc: 1\n");
	assert_int_equal(diags_count(p.diags), 4);
	assert_has(p.said, "t.yml:4:1: the key `c` stands here twice");
	parsed_release(&p);
}

TEST(files_that_cannot_be_read_are_said)
{
	static const char *const files[] = { "absent.yml", "." };
	struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT(files); i++) {
		struct diags *d = diags_new();
		assert_null(yaml_load(a, d, files[i]));
		char *said = diags_text(d);
		assert_has(said, files[i]);
		assert_has(said, ": cannot read it: ");
		assert_int_equal(diags_count(d), 1);
		free(said);
		diags_free(d);
	}
	arena_free(a);
}

TEST(a_file_is_read_whole)
{
	struct arena *a = arena_new();
	struct diags *d = diags_new();

	write_text("good.yml", "a: {b: c}\n");
	struct node *n = yaml_load(a, d, "good.yml");
	assert_non_null(n);
	assert_string_equal(node_get(node_get(n, "a"), "b")->text, "c");
	assert_string_equal(n->file, "good.yml");
	diags_free(d);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_becomes_nodes_with_places),
		cmocka_unit_test(a_key_stands_once),
		cmocka_unit_test(anchors_aliases_and_tags_are_refused),
		cmocka_unit_test(anchors_cannot_explode),
		cmocka_unit_test(keys_are_texts),
		cmocka_unit_test(one_document_per_file),
		cmocka_unit_test(a_syntax_error_inside_a_list_ends_the_reading),
		cmocka_unit_test(what_is_no_yaml_is_refused_with_its_place),
		cmocka_unit_test(nul_and_broken_utf8_are_refused),
		cmocka_unit_test(good_utf8_is_taken),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(size_is_bounded),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(fifty_thousand_keys_are_compared_in_no_time),
		cmocka_unit_test(every_error_is_in_one_run),
		cmocka_unit_test(files_that_cannot_be_read_are_said),
		cmocka_unit_test(a_file_is_read_whole),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
