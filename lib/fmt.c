/* SPDX-License-Identifier: MIT */
#include "fmt.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct out {
	char *buf;
	size_t cap; /* room without the closing NUL */
	size_t len;
};

struct spec {
	bool zero;
	int width;
	int precision; /* -1: none given */
	int length;    /* 0 int, 1 long, 2 long long, 3 size_t */
};

static void
put(struct out *o, char c)
{
	if (o->len < o->cap)
		o->buf[o->len++] = c;
}

static void
put_number(struct out *o, const struct spec *s, uint64_t v, unsigned base, bool negative)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	int pad = s->width - n - negative;
	if (negative && s->zero)
		put(o, '-');
	for (; pad > 0; pad--)
		put(o, s->zero ? '0' : ' ');
	if (negative && !s->zero)
		put(o, '-');
	while (n)
		put(o, digits[--n]);
}

static void
put_string(struct out *o, const struct spec *s, const char *str)
{
	size_t max = s->precision < 0 ? SIZE_MAX : (size_t)s->precision, n = 0;

	if (!str)
		str = "(null)";
	while (n < max && str[n])
		put(o, str[n++]);
	for (; n < (size_t)s->width; n++) /* left-justified, as tables want it */
		put(o, ' ');
}

static const char *
parse_spec(const char *f, struct spec *s, va_list *ap)
{
	*s = (struct spec){ .precision = -1 };
	if (*f == '-') /* strings are left-justified anyway */
		f++;
	if (*f == '0') {
		s->zero = true;
		f++;
	}
	if (*f == '*') {
		s->width = va_arg(*ap, int);
		if (s->width < 0) /* left-justified, as C has it */
			s->width = s->width == INT_MIN ? INT_MAX : -s->width;
		f++;
	}
	while (*f >= '0' && *f <= '9')
		s->width = s->width * 10 + (*f++ - '0');
	if (*f == '.') {
		f++;
		s->precision = 0;
		if (*f == '*') {
			s->precision = va_arg(*ap, int);
			f++;
		}
		while (*f >= '0' && *f <= '9')
			s->precision = s->precision * 10 + (*f++ - '0');
	}
	if (*f == 'z') {
		s->length = 3;
		f++;
	}
	while (*f == 'l' && s->length < 2) {
		s->length++;
		f++;
	}
	return f;
}

static int64_t
arg_signed(const struct spec *s, va_list *ap)
{
	switch (s->length) {
	case 0: return va_arg(*ap, int);
	case 1: return va_arg(*ap, long);
	case 2: return va_arg(*ap, long long);
	default: return va_arg(*ap, ssize_t);
	}
}

static uint64_t
arg_unsigned(const struct spec *s, va_list *ap)
{
	switch (s->length) {
	case 0: return va_arg(*ap, unsigned);
	case 1: return va_arg(*ap, unsigned long);
	case 2: return va_arg(*ap, unsigned long long);
	default: return va_arg(*ap, size_t);
	}
}

static void
put_conversion(struct out *o, char conv, const struct spec *s, va_list *ap)
{
	switch (conv) {
	case 's':
		put_string(o, s, va_arg(*ap, const char *));
		break;
	case 'c':
		put(o, (char)va_arg(*ap, int));
		break;
	case 'd':
	case 'i': {
		int64_t v = arg_signed(s, ap);
		put_number(o, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0);
		break;
	}
	case 'u':
		put_number(o, s, arg_unsigned(s, ap), 10, false);
		break;
	case 'x':
		put_number(o, s, arg_unsigned(s, ap), 16, false);
		break;
	default:
		put(o, '%');
		if (conv && conv != '%')
			put(o, conv);
	}
}

size_t
fmt_v(char *buf, size_t cap, const char *f, va_list args)
{
	struct out o = { .buf = buf, .cap = cap - 1 };
	va_list ap;

	va_copy(ap, args);
	while (*f) {
		struct spec s;
		if (*f != '%') {
			put(&o, *f++);
			continue;
		}
		f = parse_spec(f + 1, &s, &ap);
		put_conversion(&o, *f, &s, &ap);
		if (*f)
			f++;
	}
	va_end(ap);
	buf[o.len] = '\0';
	return o.len;
}

size_t
fmt(char *buf, size_t cap, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	size_t n = fmt_v(buf, cap, f, ap);
	va_end(ap);
	return n;
}
