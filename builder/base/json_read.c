/* SPDX-License-Identifier: MIT */
#include "json_read.h"

#include <jansson.h>
#include <stdbool.h>

/* jansson's own bound is 2048, and deep trees are freed by recursion. */
static int
check_depth(const char *s, size_t size, struct err *e)
{
	unsigned depth = 0;
	bool text = false;

	for (size_t i = 0; i < size; i++) {
		if (text && s[i] == '\\') {
			i++;
		} else if (text) {
			text = s[i] != '"';
		} else if (s[i] == '"') {
			text = true;
		} else if (s[i] == '[' || s[i] == '{') {
			if (++depth > JSON_READ_DEPTH)
				return err_set(e, 0, "it is nested more than %d deep", JSON_READ_DEPTH);
		} else if ((s[i] == ']' || s[i] == '}') && depth) {
			depth--;
		}
	}
	return 0;
}

struct json_t *
json_read(const void *bytes, size_t size, struct err *e)
{
	json_error_t why;

	if (size > JSON_READ_MAX) {
		err_set(e, 0, "it has more than %u MiB", JSON_READ_MAX >> 20);
		return NULL;
	}
	if (check_depth(bytes, size, e))
		return NULL;
	json_t *j = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &why);
	if (!j)
		err_set(e, 0, "not valid JSON: line %d, column %d: %.100s", why.line, why.column, why.text);
	return j;
}

void
json_read_free(struct json_t *j)
{
	json_decref(j);
}

/* The member if it is there and not null; 0 or 1, -1 where it is of another type. */
static int
member(const json_t *o, const char *key, json_type type, const char *form, const json_t **out,
       struct err *e)
{
	if (!json_is_object(o))
		return err_set(e, 0, "an object is missing around \"%s\"", key);
	const json_t *v = json_object_get(o, key);
	if (!v || json_is_null(v))
		return 0;
	if (json_typeof(v) != type)
		return err_set(e, 0, "\"%s\" is not %s", key, form);
	*out = v;
	return 1;
}

static int
needed(int found, const char *key, struct err *e)
{
	return found == 0 ? err_set(e, 0, "\"%s\" is missing", key) : found < 0 ? -1 : 0;
}

static int
find_text(const json_t *o, const char *key, const char **out, struct err *e)
{
	const json_t *v = NULL;
	int r = member(o, key, JSON_STRING, "a text", &v, e);

	if (r > 0)
		*out = json_string_value(v);
	return r;
}

static int
find_number(const json_t *o, const char *key, uint64_t *out, struct err *e)
{
	const json_t *v = NULL;
	int r = member(o, key, JSON_INTEGER, "a whole number", &v, e);

	if (r > 0 && json_integer_value(v) < 0)
		return err_set(e, 0, "\"%s\" is below 0", key);
	if (r > 0)
		*out = (uint64_t)json_integer_value(v);
	return r;
}

int
json_get_text(const json_t *o, const char *key, const char **out, struct err *e)
{
	return find_text(o, key, out, e) < 0 ? -1 : 0;
}

int
json_need_text(const json_t *o, const char *key, const char **out, struct err *e)
{
	return needed(find_text(o, key, out, e), key, e);
}

int
json_get_number(const json_t *o, const char *key, uint64_t *out, struct err *e)
{
	return find_number(o, key, out, e) < 0 ? -1 : 0;
}

int
json_need_number(const json_t *o, const char *key, uint64_t *out, struct err *e)
{
	return needed(find_number(o, key, out, e), key, e);
}

int
json_get_object(const json_t *o, const char *key, const json_t **out, struct err *e)
{
	return member(o, key, JSON_OBJECT, "an object", out, e) < 0 ? -1 : 0;
}

int
json_need_object(const json_t *o, const char *key, const json_t **out, struct err *e)
{
	return needed(member(o, key, JSON_OBJECT, "an object", out, e), key, e);
}

int
json_get_array(const json_t *o, const char *key, const json_t **out, struct err *e)
{
	return member(o, key, JSON_ARRAY, "a list", out, e) < 0 ? -1 : 0;
}

int
json_need_array(const json_t *o, const char *key, const json_t **out, struct err *e)
{
	return needed(member(o, key, JSON_ARRAY, "a list", out, e), key, e);
}

int
json_get_texts(const json_t *o, const char *key, struct arena *a, const char *const **v, size_t *n, struct err *e)
{
	const json_t *list = NULL;
	int r = member(o, key, JSON_ARRAY, "a list of texts", &list, e);

	if (r <= 0)
		return r;
	size_t count = json_array_size(list);
	const char **texts = arena_alloc(a, (count + 1) * sizeof *texts);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text)
			return err_set(e, 0, "\"%s\" is not a list of texts", key);
		texts[i] = arena_strdup(a, text);
	}
	*v = texts;
	*n = count;
	return 0;
}

size_t
json_count(const json_t *array)
{
	return json_array_size(array);
}

const json_t *
json_item(const json_t *array, size_t i)
{
	return json_array_get(array, i);
}
