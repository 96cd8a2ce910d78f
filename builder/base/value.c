/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <arpa/inet.h>
#include <string.h>

#include "table.h"

/* Digits of the base at the start; *rest is behind them. */
static bool
digits(const char *text, unsigned base, uint64_t *out, const char **rest)
{
	uint64_t v = 0;
	const char *p = text;

	for (; *p >= '0' && (unsigned)(*p - '0') < base; p++)
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	*out = v;
	*rest = p;
	return p != text;
}

struct unit {
	const char *text;
	uint64_t factor;
};

static bool
with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	const char *rest;
	uint64_t v;

	if (!digits(text, 10, &v, &rest))
		return false;
	for (; units->text; units++)
		if (strcmp(rest, units->text) == 0)
			return !__builtin_mul_overflow(v, units->factor, out);
	return false;
}

bool
value_int(const char *text, uint64_t *out)
{
	static const struct unit none[] = { { "", 1 }, { NULL, 0 } };
	uint64_t v;

	if (text[0] == '0' && text[1]) /* 010: eight or ten? */
		return false;
	if (!with_unit(text, none, &v))
		return false;
	*out = v;
	return true;
}

bool
value_size(const char *text, uint64_t *out)
{
	static const struct unit units[] = { { "", 1 }, { "K", 1u << 10 }, { "M", 1u << 20 }, { "G", 1u << 30 }, { NULL, 0 } };
	uint64_t v;

	if (!with_unit(text, units, &v))
		return false;
	*out = v;
	return true;
}

bool
value_time(const char *text, uint64_t *out)
{
	static const struct unit units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
					     { "d", 86400000 }, { NULL, 0 } };
	uint64_t v;

	if (!with_unit(text, units, &v) || v > UINT32_MAX)
		return false;
	*out = v;
	return true;
}

bool
value_percent(const char *text, uint64_t *out)
{
	static const struct unit units[] = { { "%", 1 }, { NULL, 0 } };
	uint64_t v;

	if (!with_unit(text, units, &v))
		return false;
	*out = v;
	return true;
}

bool
value_tenths(const char *text, uint64_t *out)
{
	const char *rest;
	uint64_t v;

	if (!digits(text, 10, &v, &rest) || v > UINT32_MAX)
		return false;
	v *= 10;
	if (*rest == '.' && rest[1] >= '0' && rest[1] <= '9') {
		v += (uint64_t)(rest[1] - '0');
		rest += 2;
	}
	if (*rest)
		return false;
	*out = v;
	return true;
}

bool
value_octal(const char *text, uint64_t *out)
{
	const char *rest;
	uint64_t v;

	if (text[0] != '0' || !digits(text, 8, &v, &rest) || *rest || v > 07777)
		return false;
	*out = v;
	return true;
}

bool
value_ipv4(const char *text, uint64_t *out)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		return false;
	*out = a.s_addr;
	return true;
}

bool
value_bool(const char *text, int *out)
{
	bool yes = strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "false") != 0)
		return false;
	*out = yes;
	return true;
}

bool
value_is_name(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= TBL_NAME_MAX && text[0] != '-' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

bool
value_is_unit(const char *text)
{
	char name[TBL_NAME_MAX + 1];
	size_t n = strcspn(text, "@");
	uint64_t instance;

	if (strlen(text) > TBL_NAME_MAX)
		return false;
	memcpy(name, text, n);
	name[n] = '\0';
	return value_is_name(name) && (!text[n] || (value_int(text + n + 1, &instance) && instance));
}

bool
value_is_path(const char *text)
{
	if (*text != '/' || strlen(text) > TBL_PATH_MAX)
		return false;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			return false;
	if (!text[1])
		return true;
	while (*text) {
		const char *part = ++text;
		size_t n = strcspn(part, "/");
		if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		text = part + n;
	}
	return true;
}
