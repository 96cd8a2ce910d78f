/* SPDX-License-Identifier: MIT
 *
 * The functions of <string.h>, for ingot-init alone: small ones, as PID 1 looks at names and lines. The compiler calls
 * some of them by itself, so this file is compiled apart (see init.mk), and knows none of them as the compiler's own.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

void *
memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *d = to;
	size_t words = n / 8;

	__asm__ volatile("rep movsq\n	mov %3, %%ecx\n	rep movsb"
			 : "+D"(d), "+S"(from), "+c"(words) : "r"((uint32_t)n & 7) : "memory");
	return to;
}

void *
memset(void *to, int c, size_t n)
{
	void *d = to;
	size_t words = n / 8;

	__asm__ volatile("rep stosq\n	mov %2, %%ecx\n	rep stosb"
			 : "+D"(d), "+c"(words) : "r"((uint32_t)n & 7), "a"((uint8_t)c * 0x0101010101010101u) : "memory");
	return to;
}

#else
#error "libc: no way to copy for this architecture yet"
#endif

void *
memmove(void *to, const void *from, size_t n)
{
	if ((uintptr_t)to - (uintptr_t)from >= n)
		return memcpy(to, from, n);
	while (n) {
		n--;
		((uint8_t *)to)[n] = ((const uint8_t *)from)[n];
	}
	return to;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n; x++, y++, n--)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *
memchr(const void *s, int c, size_t n)
{
	const uint8_t *p = s;

	for (; n; p++, n--)
		if (*p == (uint8_t)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t
strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	for (; n; a++, b++, n--)
		if (*a != *b || !*a)
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

int
strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

/* Where c is in s, or s's end. */
char *
strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)(uintptr_t)s;
}

char *
strchr(const char *s, int c)
{
	char *at = strchrnul(s, c);

	return *at == (char)c ? at : NULL;
}

char *
strrchr(const char *s, int c)
{
	const char *at = s + strlen(s) + 1;

	while (at-- > s)
		if (*at == (char)c)
			return (char *)(uintptr_t)at;
	return NULL;
}

/* How many bytes at the beginning of s are of the set, or are not. */
static size_t
span(const char *s, const char *set, int of)
{
	size_t n = 0;

	while (s[n] && !!strchr(set, s[n]) == of)
		n++;
	return n;
}

size_t
strspn(const char *s, const char *set)
{
	return span(s, set, 1);
}

size_t
strcspn(const char *s, const char *set)
{
	return span(s, set, 0);
}
