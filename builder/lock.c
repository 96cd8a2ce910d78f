/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "keys.h"
#include "model.h"

#define LOCK_VERSION 1

struct lock_pin {
	struct key_head head;
	const char *name, *version, *arch, *sha256;
	uint64_t size;
};

struct lock_request {
	struct key_head head;
	int kind;
	LIST_OF(const char *) packages;
	LIST_OF(const char *) drop;
	LIST_OF(struct lock_pin) pins;
};

struct lock_file {
	struct key_head head;
	uint64_t lock;
	LIST_OF(struct lock_request) requests;
};

/* One request with its pins as the rest of the program uses them. */
struct held {
	int kind;
	const char *const *packages, *const *drop;
	size_t n_packages, n_drop;
	struct deb_list pins;
	bool used;
};

struct lock {
	struct arena *arena;
	const char *file;
	struct held **held; /* stable addresses: callers keep &held->pins */
	size_t count, room;
	bool changed;
};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct key pin_keys[] = {
	{ "name", KEY_TEXT, AT(lock_pin, name), .flags = KEY_REQUIRED, .doc = "the package" },
	{ "version", KEY_TEXT, AT(lock_pin, version), .flags = KEY_REQUIRED, .doc = "its version" },
	{ "arch", KEY_TEXT, AT(lock_pin, arch), .flags = KEY_REQUIRED, .doc = "its architecture" },
	{ "size", KEY_INT, AT(lock_pin, size), .flags = KEY_REQUIRED, .doc = "bytes" },
	{ "sha256", KEY_TEXT, AT(lock_pin, sha256), .flags = KEY_REQUIRED, .doc = "its digest" },
	{ .name = NULL }
};

static const struct key_word kind_words[] = { [LOCK_DEBIAN] = { "debian", 0 }, [LOCK_KERNEL] = { "kernel", 0 },
					      { NULL, 0 } };

static const struct key request_keys[] = {
	{ "kind", KEY_WORD, AT(lock_request, kind), .flags = KEY_REQUIRED, .words = kind_words, .doc = "what asked" },
	{ "packages", KEY_TEXTS, AT(lock_request, packages), .flags = KEY_REQUIRED, .doc = "what was asked for" },
	{ "drop", KEY_TEXTS, AT(lock_request, drop), .doc = "what was left out" },
	{ "pins", KEY_STRUCTS, AT(lock_request, pins), .flags = KEY_REQUIRED, .sub = pin_keys, .size = sizeof(struct lock_pin),
	  .doc = "what it came to" },
	{ .name = NULL }
};

static const struct key lock_keys[] = {
	{ "lock", KEY_INT, AT(lock_file, lock), .flags = KEY_REQUIRED, .min = LOCK_VERSION, .max = LOCK_VERSION,
	  .doc = "the version" },
	{ "requests", KEY_STRUCTS, AT(lock_file, requests), .sub = request_keys, .size = sizeof(struct lock_request),
	  .doc = "the pins" },
	{ .name = NULL }
};

static struct held *
add(struct lock *l)
{
	l->held = grow(l->held, l->count, &l->room, sizeof(struct held *));
	return l->held[l->count++] = arena_alloc(l->arena, sizeof(struct held));
}

static bool
of_letters(const char *text, const char *letters)
{
	return text && text[0] && text[strspn(text, letters)] == '\0';
}

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

/* Name, version and architecture go to apt: nothing but what Debian allows in them. */
static void
check_pin(struct diags *d, const struct lock_pin *p, uint8_t digest[DIGEST_SIZE])
{
	if (p->name && (!of_letters(p->name, NAME_LETTERS "+.-") || !strchr(NAME_LETTERS, p->name[0])))
		diag(d, node_place(p->head.node, "name"), "not a name that a Debian package can have");
	if (p->version && (!of_letters(p->version, NAME_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+~:-") || p->version[0] == '-'))
		diag(d, node_place(p->head.node, "version"), "not a version that a Debian package can have");
	if (p->arch && !of_letters(p->arch, NAME_LETTERS "-"))
		diag(d, node_place(p->head.node, "arch"), "not an architecture of Debian");
	if (p->sha256 && !digest_parse(p->sha256, digest))
		diag(d, node_place(p->head.node, "sha256"), "not a SHA-256 digest: 64 hexadecimal digits");
}

static size_t
pins_named(const struct lock_request *r, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->pins.n; i++)
		n += r->pins.v[i].name && strcmp(r->pins.v[i].name, name) == 0;
	return n;
}

/* Pins that do not answer the request would make an image that silently lacks what it asks for. */
static void
check_answer(struct diags *d, const struct lock_request *r)
{
	for (size_t i = 0; i < r->packages.n; i++)
		if (pins_named(r, r->packages.v[i]) == 0)
			diag(d, node_place(r->head.node, "pins"), "%s was asked for, and no pin is for it", r->packages.v[i]);
	for (size_t i = 0; i < r->pins.n; i++)
		if (r->pins.v[i].name && pins_named(r, r->pins.v[i].name) > 1)
			diag(d, r->pins.v[i].head.node, "%s is pinned more than once", r->pins.v[i].name);
}

static void
take_request(struct lock *l, struct diags *d, const struct lock_request *r)
{
	struct held *h = add(l);

	*h = (struct held){ .kind = r->kind, .packages = (void *)r->packages.v, .n_packages = r->packages.n,
			    .drop = (void *)r->drop.v, .n_drop = r->drop.n };
	h->pins.pins = arena_alloc(l->arena, r->pins.n * sizeof(struct deb_pin) + 1);
	h->pins.count = r->pins.n;
	for (size_t i = 0; i < r->pins.n; i++) {
		const struct lock_pin *p = &r->pins.v[i];
		struct deb_pin *pin = &h->pins.pins[i];
		*pin = (struct deb_pin){ .name = (char *)p->name, .version = (char *)p->version,
					 .arch = (char *)p->arch, .size = p->size };
		check_pin(d, p, pin->sha256);
	}
	check_answer(d, r);
}

struct lock *
lock_load(struct arena *a, struct diags *d, const char *file)
{
	struct lock *l = arena_alloc(a, sizeof *l);
	struct lock_file content = { .lock = 0 };
	size_t said = diags_count(d);

	l->arena = a;
	l->file = arena_strdup(a, file);
	if (access(file, F_OK) != 0)
		return l;
	struct node *n = yaml_load(a, d, file);
	if (n && n->kind == NODE_MAP)
		keys_bind(a, d, lock_keys, n, &content);
	else if (n)
		diag(d, n, "a lock must be a mapping");
	for (size_t i = 0; i < content.requests.n && diags_count(d) == said; i++)
		take_request(l, d, &content.requests.v[i]);
	if (diags_count(d) == said)
		return l;
	diag_at(d, l->file, 0, 0, "the lock is wrong: mend it, or delete it to resolve anew");
	lock_release(l);
	return NULL;
}

void
lock_release(struct lock *l)
{
	if (l)
		free(l->held);
}

static bool
same_list(const char *const *a, size_t n, const char *const *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

const struct deb_list *
lock_find(struct lock *l, const struct lock_ask *ask)
{
	for (size_t i = 0; i < l->count; i++) {
		struct held *h = l->held[i];
		if (h->kind == (int)ask->kind && same_list(h->packages, h->n_packages, ask->packages, ask->n_packages) &&
		    same_list(h->drop, h->n_drop, ask->drop, ask->n_drop)) {
			h->used = true;
			return &h->pins;
		}
	}
	return NULL;
}

const struct deb_list *
lock_put(struct lock *l, const struct lock_ask *ask, const struct deb_list *pins)
{
	struct held *h = add(l);

	*h = (struct held){ ask->kind, ask->packages, ask->drop, ask->n_packages, ask->n_drop, *pins, true };
	h->pins.pins = arena_alloc(l->arena, pins->count * sizeof *pins->pins + 1);
	for (size_t i = 0; i < pins->count; i++) {
		struct deb_pin *to = &h->pins.pins[i];
		*to = pins->pins[i];
		to->name = arena_strdup(l->arena, to->name);
		to->version = arena_strdup(l->arena, to->version);
		to->arch = arena_strdup(l->arena, to->arch);
	}
	l->changed = true;
	return &h->pins;
}

static void
print_names(FILE *f, const char *key, const char *const *v, size_t n)
{
	if (!n)
		return;
	fprintf(f, "    %s: [", key);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s\"%s\"", i ? ", " : "", v[i]);
	fprintf(f, "]\n");
}

static void
print_held(FILE *f, const struct held *h)
{
	fprintf(f, "  - kind: %s\n", kind_words[h->kind].text);
	print_names(f, "packages", h->packages, h->n_packages);
	print_names(f, "drop", h->drop, h->n_drop);
	fprintf(f, "    pins:\n");
	for (size_t i = 0; i < h->pins.count; i++) {
		const struct deb_pin *p = &h->pins.pins[i];
		char hex[DIGEST_HEX];
		digest_hex(p->sha256, hex);
		fprintf(f, "      - {name: \"%s\", version: \"%s\", arch: %s, size: %llu,\n         sha256: %s}\n",
			p->name, p->version, p->arch, (unsigned long long)p->size, hex);
	}
}

int
lock_save(struct lock *l, bool *changed, struct err *e)
{
	size_t used = 0;

	for (size_t i = 0; i < l->count; i++)
		used += l->held[i]->used;
	l->changed |= used < l->count;
	*changed = l->changed;
	if (!l->changed)
		return 0;
	const char *temp = arena_printf(l->arena, "%s.%ld", l->file, (long)getpid());
	FILE *f = fopen(temp, "we");
	if (!f)
		return err_set(e, errno, "cannot write %s", temp);
	fprintf(f,
		"# What the packages that this image asks for came to; written by ingot, to be kept under\n"
		"# version control. To move to newer versions, delete it and build again.\nlock: %d\nrequests:%s\n",
		LOCK_VERSION, used ? "" : " []");
	for (size_t i = 0; i < l->count; i++)
		if (l->held[i]->used)
			print_held(f, l->held[i]);
	bool bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad || rename(temp, l->file) != 0) {
		int code = errno;
		unlink(temp);
		return err_set(e, code, "cannot write %s", l->file);
	}
	return 0;
}
