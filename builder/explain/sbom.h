/* SPDX-License-Identifier: MIT
 *
 * What an image is made of, as a list of components that two writers print: SPDX 2.3 and CycloneDX 1.6. It is a pure
 * function of the build. A licence is stated where this project knows it, and never guessed.
 */
#ifndef INGOT_SBOM_H
#define INGOT_SBOM_H

#include "build.h"

enum sbom_kind {
	SBOM_PACKAGE, /* of a distribution */
	SBOM_PROGRAM, /* built with ingot */
	SBOM_ARCHIVE, /* an archive that was unpacked, a file of a source package that was built */
	SBOM_CONTAINER, /* an OCI image */
	SBOM_FILE,    /* that a source of the image file or a recipe put there; CycloneDX alone lists them */
};

struct sbom_component {
	enum sbom_kind kind;
	const char *name, *version; /* version: "" where there is none */
	const char *purl;           /* "" where there is none */
	const char *source;         /* the source package with its version, or the line that put it there; "" */
	const char *licence;        /* SPDX's identifier, NULL: not known */
	const char *where;          /* the roots that hold it: "nginx, machine"; "kernel" for the kernel's package */
	uint8_t sha256[DIGEST_SIZE];
};

struct sbom {
	struct arena *arena;
	const char *image;
	const char *tree;     /* its digest, in hexadecimal */
	const char *uuid;     /* over everything that the image is made of: another image has another one */
	const char *created;  /* the newest time in the tree, as 1970-01-01T00:00:00Z: never the clock's */
	struct sbom_component *v; /* sorted by kind, name, version and digest */
	size_t n, room;
};

/* sbom.c. Release in both cases. */
int sbom_collect(struct sbom *s, struct build *b, struct err *e);
void sbom_release(struct sbom *s);

void sbom_spdx(const struct sbom *s, FILE *to);      /* sbom_spdx.c */
void sbom_cyclonedx(const struct sbom *s, FILE *to); /* sbom_cyclonedx.c */

/* pkg:deb/debian/NAME@VERSION?arch=ARCH, percent-encoded, in the arena. */
const char *sbom_purl(struct arena *a, const char *name, const char *version, const char *arch);

#endif
