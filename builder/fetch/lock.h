/* SPDX-License-Identifier: MIT
 *
 * The lock: NAME.lock beside NAME.yml pins what each request came to: packages by version and SHA-256, everything else
 * by one digest. A request that stands there is never resolved again; one that nothing makes any more is dropped when
 * the lock is saved. What a difference means is the caller's to judge: see fetch.c.
 */
#ifndef INGOT_LOCK_H
#define INGOT_LOCK_H

#include "diag.h"
#include "err.h"
#include "mem.h"
#include "sources.h"

/* A new kind is a word here, a line in lock_kinds and one in lock_read.c's kind_words; where its request has a field of
 * its own, a line in lock_texts. */
enum lock_kind {
	LOCK_KERNEL,  /* a kernel's package */
	LOCK_DEBIAN,  /* packages with their dependencies */
	LOCK_SOURCE,  /* one source package: each of its files is a pin */
	LOCK_ARCHIVE, /* one file, by url or path */
	LOCK_OCI,     /* the manifest of an OCI image */
	LOCK_BUSYBOX, /* a file beside ingot, by path */
	LOCK_TOOL,    /* ingot itself: its version, and the programs that it carries */
	LOCK_KINDS
};

/* What was asked for: the key that pins are found by. Borrowed. Paths are as the file has them, never the host's. */
struct lock_ask {
	enum lock_kind kind;
	const char *const *packages;
	size_t n_packages;
	const char *const *drop;
	size_t n_drop;
	const char *url, *path, *ref, *platform;
};

/* What a request that is no package's came to. */
struct lock_one {
	const char *version; /* LOCK_TOOL */
	uint64_t size;
	uint8_t sha256[DIGEST_SIZE];
};

/* One request with what it came to. */
struct lock_held {
	struct lock_ask ask;
	struct deb_list pins;    /* of packages */
	struct lock_one one;     /* of anything else */
	const struct node *node; /* where the file has it, or NULL */
	bool used;               /* asked for in this run */
};

struct lock {
	struct arena *arena;
	const char *file;
	struct lock_held **held; /* stable addresses: callers keep &held->pins */
	size_t count, room;
	uint64_t version; /* as the file has it; 0: there is no file */
	bool changed;
};

#define LOCK_VERSION 2

/* lock_read.c: a file that is absent makes an empty lock; one that is wrong is said to d and gives NULL. A version 1
 * is read, and saved as the present one. */
struct lock *lock_load(struct arena *a, struct diags *d, const char *file);
struct lock *lock_parse(struct arena *a, struct diags *d, const char *file, const void *data, size_t size);
/* What was found stays in the arena; NULL is fine. */
void lock_release(struct lock *l);

/* NULL where it was not asked for before. The answer belongs to the lock. */
const struct deb_list *lock_find(struct lock *l, const struct lock_ask *ask);
const struct lock_one *lock_find_one(struct lock *l, const struct lock_ask *ask);
/* Copies the answer, in the place of what the lock held of this request; returns the lock's own. */
const struct deb_list *lock_put(struct lock *l, const struct lock_ask *ask, const struct deb_list *pins);
const struct lock_one *lock_put_one(struct lock *l, const struct lock_ask *ask, const struct lock_one *one);

/* Where the file has the request; NULL where it has not. */
const struct node *lock_place(const struct lock *l, const struct lock_ask *ask);
/* Says to d each request that was neither found nor put in this run. */
void lock_say_unused(const struct lock *l, struct diags *d, const char *mend);
/* The request for messages: "debian nginx-light, zlib1g". In the arena. */
const char *lock_ask_text(struct arena *a, const struct lock_ask *ask);

/* By kind, then by what is asked for; 0 where both ask the same. */
int lock_compare(const struct lock_ask *a, const struct lock_ask *b);
/* The i-th of lock_texts; NULL where it has none. */
const char *lock_ask_field(const struct lock_ask *ask, size_t i);

/* lock_write.c: writes the file if anything changed: a temporary one, on the disk before it is renamed; *changed tells.
 * Requests that were not used in this run are left out, the others sorted. */
int lock_save(struct lock *l, bool *changed, struct err *e);
void lock_print(struct lock *l, FILE *to); /* what lock_save writes */

/* What a lock holds in all, each package once. */
struct lock_sum {
	size_t packages, others;
	uint64_t bytes;
};

/* lock_diff.c: only what was used counts. lock_changes prints a line for each thing that differs and returns their
 * number; `before` counts whole. */
struct lock_sum lock_sum(const struct lock *l);
size_t lock_changes(const struct lock *before, const struct lock *after, FILE *to);
/* 80 bytes, 612 KiB, 12.1 MiB. */
void lock_size_text(uint64_t bytes, char out[24]);

/* Which fields a kind's request has, for the reader and the writer: masks of enum lock_field. */
enum lock_field {
	LOCK_F_PACKAGES = 1, LOCK_F_DROP = 2, LOCK_F_URL = 4, LOCK_F_PATH = 8, LOCK_F_REF = 16, LOCK_F_PLATFORM = 32,
	LOCK_F_PINS = 64, LOCK_F_VERSION = 128, LOCK_F_SIZE = 256, LOCK_F_SHA256 = 512,
};

struct lock_kind_form {
	const char *word;
	unsigned needs, may;
};

extern const struct lock_kind_form lock_kinds[LOCK_KINDS];

/* The texts that are part of a request's key. */
struct lock_text {
	enum lock_field field;
	const char *key;
	size_t offset; /* in struct lock_ask */
};

#define LOCK_TEXTS 4
extern const struct lock_text lock_texts[LOCK_TEXTS];

#endif
