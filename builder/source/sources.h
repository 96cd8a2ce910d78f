/* SPDX-License-Identifier: MIT
 *
 * What brings files into a tree. Each source takes its bytes by way of the cache and puts entries below a folder of the
 * tree ("root", "" for the machine's own); none of them knows the image file's model beyond its own struct.
 */
#ifndef INGOT_SOURCES_H
#define INGOT_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "err.h"
#include "tree.h"

/* A package as the lock pins it. Strings are owned by the list's owner. */
struct deb_pin {
	char *name;
	char *version;
	char *arch;
	uint64_t size;
	uint8_t sha256[DIGEST_SIZE];
};

struct deb_list {
	struct deb_pin *pins; /* sorted by name */
	size_t count;
};

void deb_list_release(struct deb_list *l);

/* apt as an ordinary user with private state below the cache folder. */
struct apt;

/* Opens apt for the machine's own sources. Nothing is run before something is asked of it: `apt-get update` where there
 * are no lists yet, and once more where a package or version is not found. arch is Debian's name (amd64) or the
 * kernel's (x86_64). */
struct apt *apt_new(struct cache *c, const char *arch, struct err *e);
void apt_free(struct apt *a);

/* Reads the mirrors' lists anew, at most once in a run. */
int apt_update(struct apt *a, struct err *e);
/* The same unless they were read within the last hour: what is resolved anew comes to the present versions. */
int apt_refresh(struct apt *a, struct err *e);

/* Resolves names with their dependencies (no Recommends) against an empty system, leaving out the `drop`ped ones and
 * what only they need. Downloads nothing: sizes and digests are those of the signed lists. A name in `drop` that would
 * not come along is an error. Fills *out, which the caller releases. */
int apt_resolve(struct apt *a, const char *const *names, size_t n_names, const char *const *drop, size_t n_drop,
		struct deb_list *out, struct err *e);

/* Resolves one kernel package: itself, and of its dependencies those named linux-image-* or linux-modules-* alone. */
int apt_resolve_kernel(struct apt *a, const char *name, struct deb_list *out, struct err *e);

/* Sees to it that every pinned package is in the cache under its digest: those missing are downloaded at exactly the
 * pinned version. A version that is gone, or another digest, is an error that names the package and the mend. */
int apt_fetch(struct apt *a, const struct deb_list *l, struct err *e);

/* Source packages, with a private state of their own. A pin is a file of the package, its name the file's. */
struct apt *apt_new_source(struct cache *c, const char *arch, struct err *e);
int apt_resolve_source(struct apt *a, const char *name, struct deb_list *out, struct err *e);
int apt_fetch_source(struct apt *a, const char *name, const struct deb_list *l, struct err *e);

/* Puts the files of a cached .deb below root. /bin, /sbin, /lib and /lib64 land in /usr (the links are made), docs and
 * the like listed in `exclude` (path prefixes) are left out. Nothing is run. Untrusted: names with "..", absolute
 * links outside, devices and oversize members are errors. The unpacked content goes to the cache once, with an index,
 * so that a second build reads the index alone. *scripts (may be NULL) is NULL where the package has none. */
int deb_put(struct cache *c, const struct deb_pin *pin, struct tree *t, const char *root, const char *const *exclude,
	    size_t n_exclude, enum tree_conflict conflict, char **scripts, struct err *e);

/* A kernel out of its package: the image itself and the modules that are wanted. */
struct kernel_module {
	char *name;             /* as modprobe knows it, with underscores */
	struct content content; /* uncompressed */
};

struct kernel {
	char *release;             /* 6.12.x+deb12-cloud-amd64, or as the package says */
	struct content image;      /* vmlinuz */
	struct content config;     /* CONFIG_ lines, with has_config */
	bool has_config;
	struct kernel_module *modules; /* in load order: each stands behind what it depends on */
	size_t n_modules;
	size_t n_early; /* of them: what the first of the wanted ones came to */
	size_t n_late;  /* of them: what the last of the wanted ones came to */
};

/* Names of modules: the first n_early, and the last n_late, are what struct kernel counts apart. */
struct kernel_wanted {
	const char *const *names;
	size_t n, n_early, n_late;
};

/* Finds the image (boot/vmlinuz-*, or the file at image_path where that is not NULL), its configuration (boot/config-*
 * of the same release, or the file at config_path; absent is fine where that is NULL) and the wanted modules with all
 * that they depend on (from each .ko's own modinfo: depends, softdep pre; a wanted name that is built in is fine). An
 * unknown module is an error with the nearest name; one of the first wanted->n_early is taken to be built in. */
int kernel_open(struct cache *c, const struct deb_list *packages, const char *image_path, const char *config_path,
		const struct kernel_wanted *wanted, struct kernel *out, struct err *e);
void kernel_release(struct kernel *k);

#endif
