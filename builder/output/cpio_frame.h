/* SPDX-License-Identifier: MIT
 *
 * One part of an initramfs as a zstd frame in the cache: found there, or compressed into it.
 */
#ifndef INGOT_CPIO_FRAME_H
#define INGOT_CPIO_FRAME_H

#include <stdatomic.h>

#include "cache.h"
#include "cpio_parts.h"

struct cpio_frame {
	const struct cpio_part *part;
	struct cache *cache;
	int level;
	char *key;             /* malloc'ed: of the cache's text that names the frame */
	struct content frame;  /* once it is there */
	bool found;            /* it was in the cache */
	/* Between cpio_frame_pack and cpio_frame_keep. */
	struct blob_writer *blob;
	struct err err;
	bool failed;
	/* Shared by all frames: raw bytes done, and whether another failed, so that this one need not go on. */
	_Atomic uint64_t *done;
	_Atomic bool *stop;
};

/* Looks into the cache. The key is a digest over all that decides the frame's bytes: every header, every content's
 * digest, the level, the version of libzstd. */
void cpio_frame_find(struct cpio_frame *f);
/* Compresses; may run in any thread. */
void cpio_frame_pack(struct cpio_frame *f);
/* Puts what was packed under its name in the cache, or says why that failed. In the thread that owns the cache. */
int cpio_frame_keep(struct cpio_frame *f, struct err *e);
void cpio_frame_release(struct cpio_frame *f);

#endif
