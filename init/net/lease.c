/* SPDX-License-Identifier: MIT
 *
 * Reading a lease from udhcpc's environment, and addresses from and to text. What a server has sent is not trusted:
 * what is no address and no name is left out.
 */
#include "lease.h"

#include <string.h>

#include "fmt.h"

static const char *
value_of(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return *env + n + 1;
	return "";
}

/* At most `max`; returns where it ends, NULL where it is no number. */
static const char *
number(const char *p, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;
	const char *from = p;

	for (; *p >= '0' && *p <= '9' && p - from < 10; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == from || v > max)
		return NULL;
	*out = (uint32_t)v;
	return p;
}

const char *
addr_read4(const char *text, struct netf_addr *out)
{
	struct netf_addr a = { .family = 4, .prefix = 32 };
	uint32_t v;

	for (int i = 0; i < 4; i++) {
		if (i && *text++ != '.')
			return NULL;
		text = number(text, 255, &v);
		if (!text)
			return NULL;
		a.bytes[i] = (uint8_t)v;
	}
	if (*text != '\0' && *text != ' ')
		return NULL;
	*out = a;
	return text;
}

/* One that a host can have. */
static bool
is_host(const struct netf_addr *a)
{
	return a->bytes[0] != 0 && a->bytes[0] != 127 && a->bytes[0] < 224;
}

static void
read_dns(const char *p, struct lease *l)
{
	while (p && l->n_dns < NETF_DNS) {
		while (*p == ' ')
			p++;
		p = *p ? addr_read4(p, &l->dns[l->n_dns]) : NULL;
		l->n_dns += p != NULL;
	}
}

static void
read_domain(const char *p, struct lease *l)
{
	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

	if (n < LEASE_DOMAIN && (p[n] == '\0' || p[n] == ' '))
		memcpy(l->domain, p, n);
}

bool
lease_read(const char *event, char *const *env, struct lease *out)
{
	uint32_t prefix;

	*out = (struct lease){ 0 };
	if (strcmp(event, "deconfig") == 0)
		return true;
	if ((strcmp(event, "bound") != 0 && strcmp(event, "renew") != 0) || !addr_read4(value_of(env, "ip"), &out->addr) ||
	    !is_host(&out->addr))
		return false;
	out->addr.prefix = number(value_of(env, "mask"), 32, &prefix) && prefix ? (uint8_t)prefix : 24;
	if (!addr_read4(value_of(env, "router"), &out->gateway) || !is_host(&out->gateway))
		out->gateway = (struct netf_addr){ 0 };
	if (!number(value_of(env, "lease"), UINT32_MAX, &out->seconds) || out->seconds == UINT32_MAX)
		out->seconds = 0;
	read_dns(value_of(env, "dns"), out);
	read_domain(value_of(env, "domain"), out);
	return true;
}

/* ---- texts ---- */

static uint16_t
group(const struct netf_addr *a, int i)
{
	return (uint16_t)(a->bytes[2 * i] << 8 | a->bytes[2 * i + 1]);
}

/* The first of the longest rows of zero groups; its length is at least two, or 0. */
static int
zeros(const struct netf_addr *a, int *length)
{
	int best = 0;

	*length = 0;
	for (int i = 0, n = 0; i < 8; i++) {
		n = group(a, i) ? 0 : n + 1;
		if (n > *length && n > 1) {
			*length = n;
			best = i - n + 1;
		}
	}
	return best;
}

void
addr_text(const struct netf_addr *a, char out[ADDR_TEXT])
{
	int length, from;
	size_t n = 0;

	if (a->family == 4) {
		fmt(out, ADDR_TEXT, "%u.%u.%u.%u", a->bytes[0], a->bytes[1], a->bytes[2], a->bytes[3]);
		return;
	}
	from = zeros(a, &length);
	out[0] = '\0';
	for (int i = 0; i < 8; i++) {
		if (length && i == from) {
			n += fmt(out + n, ADDR_TEXT - n, "::");
			i += length - 1;
		} else {
			n += fmt(out + n, ADDR_TEXT - n, "%s%x", n && out[n - 1] != ':' ? ":" : "", group(a, i));
		}
	}
}

void
addr_text_prefix(const struct netf_addr *a, char out[ADDR_TEXT])
{
	addr_text(a, out);
	size_t n = strlen(out);
	fmt(out + n, ADDR_TEXT - n, "/%u", a->prefix);
}
