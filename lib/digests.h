/* SPDX-License-Identifier: MIT
 *
 * A list of paths with what each is: type, permissions, owner, and the digest or target. The builder puts that of the
 * whole tree into an image with `drift`, ingot-drift keeps that of /state as a baseline. In the file paths are sorted
 * and each is told by what it has in common with the one before; no text is parsed. Little-endian.
 */
#ifndef INGOT_DIGESTS_H
#define INGOT_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "sha256.h"

#define DIGESTS_PATH     "/ingot/digests" /* where the image has its own, which is not in it */
#define DIGESTS_MAX      (1u << 20) /* entries */
#define DIGESTS_SIZE_MAX (128u << 20)
#define DIGESTS_TEXT_MAX 4095 /* bytes of a path or a target, without the NUL */

enum digests_type {
	DIGESTS_DIR,
	DIGESTS_FILE,
	DIGESTS_SYMLINK,
	DIGESTS_OTHER, /* a device, a pipe, a socket */
	DIGESTS_TYPES
};

struct digests_entry {
	const char *path; /* absolute, or "" for the top */
	uint32_t type;    /* enum digests_type */
	uint32_t mode;    /* permission bits: 07777 */
	uint32_t uid, gid;
	uint8_t sha256[SHA256_SIZE]; /* DIGESTS_FILE */
	const char *target;          /* DIGESTS_SYMLINK */
};

struct digests {
	struct digests_entry *v; /* sorted by path, as strcmp does; no path twice */
	size_t n;
	char *texts; /* owns what v points to */
};

/* Sorts the n entries, and makes a file of them: malloc'ed. */
int digests_encode(struct digests_entry *v, size_t n, void **out, size_t *size, struct err *e);
/* Checks all of it; digests_release frees what d has then. */
int digests_decode(struct digests *d, const void *data, size_t size, struct err *e);
void digests_release(struct digests *d);

#endif
