/* SPDX-License-Identifier: MIT
 *
 * The lock's file as it is written: sorted, so that the same requests give the same bytes, and on the disk before it
 * has its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "lock.h"

/* The code point at s, and its length; what no YAML file can have held comes out as some code point. */
static uint32_t
code_point(const unsigned char *s, size_t *n)
{
	uint32_t c = s[0] < 0x80 ? s[0] : s[0] < 0xe0 ? s[0] & 0x1f : s[0] < 0xf0 ? s[0] & 0x0f : s[0] & 0x07;
	size_t more = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;

	*n = 1;
	for (; more && (s[*n] & 0xc0) == 0x80; more--, ++*n)
		c = c << 6 | (s[*n] & 0x3f);
	return c;
}

/* What YAML does not take as it stands, or folds as a line's end. */
static bool
is_special(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || (c & 0xfffe) == 0xfffe;
}

/* In double quotes, as YAML escapes them: names from files may hold anything. */
static void
print_quoted(FILE *f, const char *text)
{
	size_t n;

	fputc('"', f);
	for (; *text; text += n) {
		uint32_t c = code_point((const unsigned char *)text, &n);
		if (is_special(c))
			fprintf(f, "\\U%08x", (unsigned)c);
		else if (c == '"' || c == '\\')
			fprintf(f, "\\%c", (char)c);
		else
			fprintf(f, "%.*s", (int)n, text);
	}
	fputc('"', f);
}

static void
print_names(FILE *f, const char *key, const char *const *v, size_t n)
{
	if (!n)
		return;
	fprintf(f, "    %s: [", key);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", f);
		print_quoted(f, v[i]);
	}
	fputs("]\n", f);
}

static void
print_pins(FILE *f, const struct deb_list *l)
{
	fprintf(f, "    pins:%s\n", l->count ? "" : " []");
	for (size_t i = 0; i < l->count; i++) {
		const struct deb_pin *p = &l->pins[i];
		char hex[DIGEST_HEX];
		digest_hex(p->sha256, hex);
		fprintf(f, "      - {name: \"%s\", version: \"%s\", arch: %s, size: %llu,\n         sha256: %s}\n", p->name,
			p->version, p->arch, (unsigned long long)p->size, hex);
	}
}

static void
print_held(FILE *f, const struct lock_held *h)
{
	unsigned has = lock_kinds[h->ask.kind].needs | lock_kinds[h->ask.kind].may;
	char hex[DIGEST_HEX];

	fprintf(f, "  - kind: %s\n", lock_kinds[h->ask.kind].word);
	if (has & LOCK_F_PACKAGES && !h->ask.n_packages)
		fputs("    packages: []\n", f);
	print_names(f, "packages", h->ask.packages, h->ask.n_packages);
	print_names(f, "drop", h->ask.drop, h->ask.n_drop);
	for (size_t i = 0; i < LOCK_TEXTS; i++) {
		if (!lock_ask_field(&h->ask, i))
			continue;
		fprintf(f, "    %s: ", lock_texts[i].key);
		print_quoted(f, lock_ask_field(&h->ask, i));
		fputc('\n', f);
	}
	if (has & LOCK_F_PINS)
		print_pins(f, &h->pins);
	if (has & LOCK_F_VERSION) {
		fputs("    version: ", f);
		print_quoted(f, h->one.version);
		fputc('\n', f);
	}
	if (has & LOCK_F_SIZE)
		fprintf(f, "    size: %llu\n", (unsigned long long)h->one.size);
	if (has & LOCK_F_SHA256) {
		digest_hex(h->one.sha256, hex);
		fprintf(f, "    sha256: %s\n", hex);
	}
}

static int
by_ask(const void *a, const void *b)
{
	return lock_compare(&(*(struct lock_held *const *)a)->ask, &(*(struct lock_held *const *)b)->ask);
}

/* Returns how many stay; they are sorted, in front of those that do not. */
static size_t
keep_used(struct lock *l)
{
	size_t used = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct lock_held *h = l->held[i];
		if (!h->used)
			continue;
		l->held[i] = l->held[used];
		l->held[used++] = h;
	}
	if (used)
		qsort(l->held, used, sizeof *l->held, by_ask);
	return used;
}

void
lock_print(struct lock *l, FILE *f)
{
	size_t used = keep_used(l);

	fprintf(f,
		"# What each request of this image came to; written by ingot, to be kept under version control.\n"
		"# `ingot lock --update` moves to the present versions.\nlock: %d\nrequests:%s\n",
		LOCK_VERSION, used ? "" : " []");
	for (size_t i = 0; i < used; i++)
		print_held(f, l->held[i]);
}

/* A rename outlives a power cut only once its folder is on the disk; a file system that cannot say so is no failure. */
static void
sync_folder(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *dir = xprintf("%.*s", slash ? (int)(slash - file + 1) : 1, slash ? file : ".");
	AUTO_FD fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(dir);
	if (fd >= 0)
		fsync(fd);
}

static int
write_file(struct lock *l, struct err *e)
{
	const char *temp = arena_printf(l->arena, "%s.%ld", l->file, (long)getpid());
	FILE *f = fopen(temp, "we");

	if (!f)
		return err_set(e, errno, "cannot write %s", temp);
	lock_print(l, f);
	int code = fflush(f) || fsync(fileno(f)) ? errno : 0;
	if (fclose(f) != 0 && !code)
		code = errno;
	if (!code && rename(temp, l->file) != 0)
		code = errno;
	if (code) {
		unlink(temp);
		return err_set(e, code, "cannot write %s", l->file);
	}
	sync_folder(l->file);
	return 0;
}

int
lock_save(struct lock *l, bool *changed, struct err *e)
{
	for (size_t i = 0; i < l->count; i++)
		l->changed |= !l->held[i]->used;
	*changed = l->changed;
	return l->changed ? write_file(l, e) : 0;
}
