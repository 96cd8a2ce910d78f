/* SPDX-License-Identifier: MIT
 *
 * A score as lines and as JSON, for both programs. Where it goes is the caller's: nothing is printed here.
 */
#include <string.h>

#include "fmt.h"
#include "score.h"

static const struct {
	const char *key, *text;
} questions[SCORE_EXTRAS] = {
	[EXTRA_LIMITS] = { "limits", "memory and processes are limited" },
	[EXTRA_WX] = { "nothing_writable_executable", "nothing that it can write to is mounted executable" },
	[EXTRA_LANDLOCK] = { "landlock", "Landlock holds it" },
	[EXTRA_USER_NS] = { "user_namespace", "it has a user namespace" },
	[EXTRA_PROC_SUBSET] = { "proc_subset", "its /proc shows processes alone" },
	[EXTRA_UNKNOWN_CALLS] = { "unknown_calls_refused", "calls that its filter does not know are refused" },
};

struct sink {
	void (*put)(void *ctx, const char *bytes, size_t size);
	void *ctx;
};

__attribute__((format(printf, 2, 3))) static void
line(const struct sink *to, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	size_t n = fmt_v(text, sizeof text, format, ap);
	va_end(ap);
	to->put(to->ctx, text, n);
}

void
score_print(const char *name, const struct score *s, size_t most,
	    void (*put)(void *ctx, const char *bytes, size_t size), void *ctx)
{
	const struct sink to = { put, ctx };

	line(&to, "%s: %u.%u\n", name, s->tenths / 10, s->tenths % 10);
	for (size_t i = 0; i < s->n && i < most; i++) {
		const struct score_item *x = &s->items[i];
		line(&to, "  +%u.%u  %s%s%s (%s); %s%s\n", x->tenths / 10, x->tenths % 10, x->why,
		     x->detail ? ", such as " : "", x->detail ? x->detail : "", x->option,
		     x->key ? "lowered by " : "no key lowers it", x->key ? x->key : "");
	}
	if (s->n > most)
		line(&to, "  and %zu more: name the service\n", s->n - most);
	for (size_t i = 0; i < SCORE_EXTRAS; i++)
		line(&to, "  %s  %s\n", s->extra[i] ? "yes " : "no  ", questions[i].text);
}

static void
text_at(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	if (text)
		json_string(j, text);
	else
		json_null(j);
}

void
score_json(struct json *j, const char *name, const struct score *s)
{
	json_object(j);
	text_at(j, "name", name);
	json_key(j, "score_tenths");
	json_uint(j, s->tenths);
	json_key(j, "reasons");
	json_array(j);
	for (size_t i = 0; i < s->n; i++) {
		json_object(j);
		text_at(j, "option", s->items[i].option);
		text_at(j, "why", s->items[i].why);
		text_at(j, "call", s->items[i].detail);
		text_at(j, "key", s->items[i].key);
		json_key(j, "tenths");
		json_uint(j, s->items[i].tenths);
		json_object_end(j);
	}
	json_array_end(j);
	for (size_t i = 0; i < SCORE_EXTRAS; i++) {
		json_key(j, questions[i].key);
		json_bool(j, s->extra[i]);
	}
	json_object_end(j);
}
