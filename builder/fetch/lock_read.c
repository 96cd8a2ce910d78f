/* SPDX-License-Identifier: MIT
 *
 * The lock's file, read as strictly as an image file: people edit it by hand, and what stands in it goes to apt's
 * command line and decides what an image is made of. What is wrong is said with its place; nothing is half taken.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "keys.h"
#include "lock.h"
#include "model.h"

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
	const char *text[LOCK_TEXTS];
	const char *version, *sha256;
	uint64_t size;
};

struct lock_file {
	struct key_head head;
	uint64_t lock;
	LIST_OF(struct lock_request) requests;
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

static const struct key_word kind_words[LOCK_KINDS + 1] = {
	[LOCK_KERNEL] = { "kernel", 0 }, [LOCK_DEBIAN] = { "debian", 0 }, [LOCK_SOURCE] = { "debian-source", 0 },
	[LOCK_ARCHIVE] = { "archive", 0 }, [LOCK_OCI] = { "oci", 0 }, [LOCK_BUSYBOX] = { "busybox", 0 },
	[LOCK_TOOL] = { "tool", 0 }, [LOCK_KINDS] = { NULL, 0 }
};

/* In the order of lock_texts, then the others: fields[] has the same order. */
static const struct key request_keys[] = {
	{ "url", KEY_TEXT, AT(lock_request, text[0]), .doc = "where it was fetched" },
	{ "path", KEY_TEXT, AT(lock_request, text[1]), .doc = "where it lay" },
	{ "ref", KEY_TEXT, AT(lock_request, text[2]), .doc = "which of several" },
	{ "platform", KEY_TEXT, AT(lock_request, text[3]), .doc = "for which machine" },
	{ "packages", KEY_TEXTS, AT(lock_request, packages), .doc = "what was asked for" },
	{ "drop", KEY_TEXTS, AT(lock_request, drop), .doc = "what was left out" },
	{ "pins", KEY_STRUCTS, AT(lock_request, pins), .sub = pin_keys, .size = sizeof(struct lock_pin),
	  .doc = "what it came to" },
	{ "version", KEY_TEXT, AT(lock_request, version), .doc = "its version" },
	{ "size", KEY_INT, AT(lock_request, size), .doc = "bytes" },
	{ "sha256", KEY_TEXT, AT(lock_request, sha256), .doc = "its digest" },
	{ "kind", KEY_WORD, AT(lock_request, kind), .flags = KEY_REQUIRED, .words = kind_words, .doc = "what asked" },
	{ .name = NULL }
};

static const enum lock_field fields[] = { LOCK_F_URL, LOCK_F_PATH, LOCK_F_REF, LOCK_F_PLATFORM, LOCK_F_PACKAGES,
					  LOCK_F_DROP, LOCK_F_PINS, LOCK_F_VERSION, LOCK_F_SIZE, LOCK_F_SHA256 };

static const struct key lock_keys[] = {
	{ "lock", KEY_INT, AT(lock_file, lock), .flags = KEY_REQUIRED, .min = 1, .max = LOCK_VERSION, .doc = "the version" },
	{ "requests", KEY_STRUCTS, AT(lock_file, requests), .sub = request_keys, .size = sizeof(struct lock_request),
	  .doc = "the pins" },
	{ .name = NULL }
};

static bool
of_letters(const char *text, const char *letters)
{
	return text && text[0] && text[strspn(text, letters)] == '\0';
}

#define SMALL_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"
#define ALL_LETTERS   SMALL_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A source package's pins are files: NAME_VERSION.dsc and what it names. */
static bool
name_ok(const char *name, enum lock_kind kind)
{
	if (kind == LOCK_SOURCE)
		return of_letters(name, ALL_LETTERS "+.~_-") && name[0] != '.' && name[0] != '-';
	return of_letters(name, SMALL_LETTERS "+.-") && strchr(SMALL_LETTERS, name[0]);
}

static void
check_digest(struct diags *d, const struct node *node, const char *text, uint8_t digest[DIGEST_SIZE])
{
	if (text && !digest_parse(text, digest))
		diag(d, node_place(node, "sha256"), "not a SHA-256 digest: 64 hexadecimal digits");
}

/* Name, version and architecture go to apt: nothing but what Debian allows in them. */
static void
check_pin(struct diags *d, const struct lock_pin *p, enum lock_kind kind, uint8_t digest[DIGEST_SIZE])
{
	if (p->name && !name_ok(p->name, kind))
		diag(d, node_place(p->head.node, "name"), "not a name that a Debian package can have");
	if (p->version && (!of_letters(p->version, ALL_LETTERS ".+~:-") || p->version[0] == '-'))
		diag(d, node_place(p->head.node, "version"), "not a version that a Debian package can have");
	if (p->arch && !of_letters(p->arch, SMALL_LETTERS "-"))
		diag(d, node_place(p->head.node, "arch"), "not an architecture of Debian");
	check_digest(d, p->head.node, p->sha256, digest);
}

static size_t
pins_named(const struct lock_request *r, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->pins.n; i++)
		n += r->pins.v[i].name && strcmp(r->pins.v[i].name, name) == 0;
	return n;
}

/* A source package's answer is files: one of them is its description. */
static void
check_source_answer(struct diags *d, const struct lock_request *r)
{
	size_t described = 0;

	for (size_t i = 0; i < r->pins.n; i++) {
		size_t n = r->pins.v[i].name ? strlen(r->pins.v[i].name) : 0;
		described += n > 4 && strcmp(r->pins.v[i].name + n - 4, ".dsc") == 0;
	}
	if (described != 1)
		diag(d, node_place(r->head.node, "pins"), "a source package has exactly one .dsc file, not %zu", described);
	if (r->packages.n != 1)
		diag(d, node_place(r->head.node, "packages"), "a request for a source package names one, not %zu", r->packages.n);
}

/* Pins that do not answer the request would make an image that silently lacks what it asks for. */
static void
check_answer(struct diags *d, const struct lock_request *r)
{
	if (r->kind == LOCK_SOURCE)
		check_source_answer(d, r);
	for (size_t i = 0; i < r->packages.n && r->kind != LOCK_SOURCE; i++)
		if (pins_named(r, r->packages.v[i]) == 0)
			diag(d, node_place(r->head.node, "pins"), "%s was asked for, and no pin is for it", r->packages.v[i]);
	for (size_t i = 0; i < r->pins.n; i++)
		if (r->pins.v[i].name && pins_named(r, r->pins.v[i].name) > 1)
			diag(d, r->pins.v[i].head.node, "%s is pinned more than once", r->pins.v[i].name);
}

/* Each kind has fields of its own: what it lacks, and what it cannot have. */
static void
check_fields(struct diags *d, const struct lock_request *r)
{
	const struct lock_kind_form *form = &lock_kinds[r->kind];

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *key = request_keys[i].name;
		bool there = node_get(r->head.node, key) != NULL;
		if (!there && form->needs & fields[i])
			diag(d, r->head.node, "`%s` is missing: %s", key, request_keys[i].doc);
		if (there && !((form->needs | form->may) & fields[i]))
			diag(d, node_place(r->head.node, key), "a request of kind %s has no `%s`", form->word, key);
	}
	if (r->kind == LOCK_ARCHIVE && !r->text[0] == !r->text[1])
		diag(d, r->head.node, "a request of kind archive has either `url` or `path`");
}

static void
take_pins(struct lock *l, struct diags *d, const struct lock_request *r, struct deb_list *to)
{
	to->pins = arena_alloc(l->arena, r->pins.n * sizeof *to->pins + 1);
	to->count = r->pins.n;
	for (size_t i = 0; i < r->pins.n; i++) {
		const struct lock_pin *p = &r->pins.v[i];
		struct deb_pin *pin = &to->pins[i];
		*pin = (struct deb_pin){ .name = (char *)p->name, .version = (char *)p->version, .arch = (char *)p->arch,
					 .size = p->size };
		check_pin(d, p, (enum lock_kind)r->kind, pin->sha256);
	}
}

static void
take_request(struct lock *l, struct diags *d, const struct lock_request *r)
{
	struct lock_held *h = arena_alloc(l->arena, sizeof *h);
	struct lock_ask *ask = &h->ask;

	*ask = (struct lock_ask){ .kind = (enum lock_kind)r->kind, .packages = (void *)r->packages.v,
				  .n_packages = r->packages.n, .drop = (void *)r->drop.v, .n_drop = r->drop.n };
	for (size_t i = 0; i < LOCK_TEXTS; i++)
		*(const char **)((char *)ask + lock_texts[i].offset) = r->text[i];
	h->node = r->head.node;
	h->one = (struct lock_one){ .version = r->version, .size = r->size };
	check_fields(d, r);
	check_digest(d, r->head.node, r->sha256, h->one.sha256);
	take_pins(l, d, r, &h->pins);
	check_answer(d, r);
	if (lock_find(l, ask))
		diag(d, r->head.node, "%s stands here twice", lock_ask_text(l->arena, ask));
	l->held = grow(l->held, l->count, &l->room, sizeof(struct lock_held *));
	l->held[l->count++] = h;
}

static struct lock *
take_file(struct arena *a, struct diags *d, const char *file, const struct node *n, size_t said)
{
	struct lock *l = arena_alloc(a, sizeof *l);
	struct lock_file content = { .lock = 0 };

	l->arena = a;
	l->file = arena_strdup(a, file);
	if (n && n->kind == NODE_MAP)
		keys_bind(a, d, lock_keys, n, &content);
	else if (n)
		diag(d, n, "a lock must be a mapping");
	for (size_t i = 0; i < content.requests.n && diags_count(d) == said; i++)
		take_request(l, d, &content.requests.v[i]);
	for (size_t i = 0; i < l->count; i++)
		l->held[i]->used = false; /* the search for doubles set it */
	l->version = content.lock;
	l->changed = n && content.lock != LOCK_VERSION;
	if (diags_count(d) == said)
		return l;
	diag_at(d, l->file, 0, 0, "the lock is wrong: mend it, or delete it to resolve anew");
	lock_release(l);
	return NULL;
}

struct lock *
lock_parse(struct arena *a, struct diags *d, const char *file, const void *data, size_t size)
{
	size_t said = diags_count(d);

	return take_file(a, d, file, yaml_parse(a, d, file, data, size), said);
}

struct lock *
lock_load(struct arena *a, struct diags *d, const char *file)
{
	size_t said = diags_count(d);

	return take_file(a, d, file, access(file, F_OK) == 0 ? yaml_load(a, d, file) : NULL, said);
}
