/* SPDX-License-Identifier: MIT
 *
 * The file of name servers: those of all links with carrier, in the order of the file, each once. A link's declared
 * ones come before those that its DHCP server names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "net.h"

struct list {
	struct netf_addr v[16];
	size_t n;
	const char *domain; /* the first one */
};

static void
add(struct list *l, const struct netf_addr *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < l->n && memcmp(&l->v[k].bytes, &v[i].bytes, sizeof v[i].bytes) != 0)
			k++;
		if (k == l->n && l->n < sizeof l->v / sizeof *l->v)
			l->v[l->n++] = v[i];
	}
}

void
resolv_text(const struct netf *f, const struct seen *s, const struct leases *leases, char *out, size_t cap)
{
	struct list l = { .n = 0 };
	size_t n = 0;

	for (uint32_t i = 0; i < f->n_links; i++)
		for (size_t k = 0; k < SEEN_LINKS; k++) {
			const struct seen_link *x = &s->links[k];
			if (!x->index || !seen_has_carrier(x) || gap_entry(f, s, x) != (int)i)
				continue;
			add(&l, f->links[i].dns, f->links[i].n_dns);
			const struct held *h = gap_held(leases, x->index);
			if (!h)
				continue;
			add(&l, h->lease.dns, h->lease.n_dns);
			if (!l.domain && h->lease.domain[0])
				l.domain = h->lease.domain;
		}
	out[0] = '\0';
	if (l.domain)
		n += fmt(out, cap, "search %s\n", l.domain);
	for (size_t i = 0; i < l.n; i++) {
		char addr[ADDR_TEXT];
		addr_text(&l.v[i], addr);
		n += fmt(out + n, cap - n, "nameserver %s\n", addr);
	}
}

static int
write_all(const char *path, const char *text, struct err *e)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t size = strlen(text);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		return err_set(e, errno, "%s", path);
	return 0;
}

int
resolv_write(struct resolv *r, const char *path, const char *text, struct err *e)
{
	char fresh[256];

	if (strcmp(text, r->text) == 0 && (r->written || !text[0]))
		return 0;
	fmt(fresh, sizeof fresh, "%s.new", path);
	if (write_all(fresh, text, e))
		return -1;
	if (rename(fresh, path) < 0)
		return err_set(e, errno, "%s", path);
	fmt(r->text, sizeof r->text, "%s", text);
	r->written = true;
	return 0;
}
