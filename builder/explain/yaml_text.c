/* SPDX-License-Identifier: MIT
 *
 * Texts as YAML scalars: plain, or in double quotes with everything escaped that would not come back as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "effective.h"

/* Begins like a word, a path or a number, and holds nothing that YAML gives a meaning to. */
static bool
is_plain(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!text[0] || !strchr(letters, text[0]))
		return false;
	for (const char *p = text + 1; *p; p++)
		if (!strchr(letters, *p) && !strchr("_./+%=@-", *p))
			return false;
	return true;
}

/* The bytes of the character at p, and its code point; 1 and the byte itself where it is no UTF-8. */
static size_t
decode(const unsigned char *p, unsigned *point)
{
	size_t n = *p < 0xc0 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	*point = n == 1 ? *p : *p & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return *point = *p, 1;
		*point = *point << 6 | (p[i] & 0x3f);
	}
	return n;
}

/* What a reader would refuse, or take for an end of line or a byte order mark. */
static bool
needs_escape(unsigned point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029 || point == 0xfeff ||
	       point == 0xfffe || point == 0xffff;
}

const char *
yaml_scalar(struct arena *a, const char *text, bool quoted)
{
	char *buf, *to;
	unsigned point;

	if (!quoted && (is_plain(text) || (text[0] == '/' && (!text[1] || is_plain(text + 1)))))
		return text;
	to = buf = arena_alloc(a, 6 * strlen(text) + 3);
	*to++ = '"';
	for (size_t n; *text; text += n) {
		n = decode((const unsigned char *)text, &point);
		if (point == '"' || point == '\\')
			to += sprintf(to, "\\%c", (char)point);
		else if (point == '\n')
			to += sprintf(to, "\\n");
		else if (needs_escape(point))
			to += sprintf(to, "\\u%04x", point);
		else
			to = (char *)memcpy(to, text, n) + n;
	}
	*to++ = '"';
	return buf;
}

const char *
safe_text(struct arena *a, const char *text)
{
	unsigned point;

	for (const char *p = text; *p; p += decode((const unsigned char *)p, &point))
		if (decode((const unsigned char *)p, &point) && needs_escape(point))
			return yaml_scalar(a, text, true);
	return text[0] ? text : "\"\"";
}

static const char *
cut(struct arena *a, const char *text, size_t max)
{
	size_t n = strlen(text);

	if (n <= max)
		return text;
	while (max && ((unsigned char)text[max] & 0xc0) == 0x80) /* never inside a character */
		max--;
	return arena_printf(a, "%.*s...", (int)max, text);
}

const char *
yaml_flow(struct arena *a, const struct node *n, size_t text_max)
{
	const char *text = n->kind == NODE_MAP ? "{" : "[";

	if (n->kind == NODE_SCALAR)
		return yaml_scalar(a, cut(a, n->text, text_max), n->quoted);
	for (size_t i = 0; i < n->count; i++) {
		const char *key = n->kind == NODE_MAP ? yaml_scalar(a, n->keys[i]->text, false) : "";
		text = arena_printf(a, "%s%s%s%s%s", text, i ? ", " : "", key, key[0] ? ": " : "",
				    yaml_flow(a, n->items[i], text_max));
	}
	return arena_printf(a, "%s%s", text, n->kind == NODE_MAP ? "}" : "]");
}
