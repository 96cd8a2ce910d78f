/* SPDX-License-Identifier: MIT
 *
 * The programs for the guest that ingot carries inside itself, so that one file can be copied to any host; and busybox,
 * which has its own licence and so lies beside ingot as a file of its own.
 */
#ifndef INGOT_GUEST_H
#define INGOT_GUEST_H

#include "err.h"
#include "mem.h"
#include "tree.h"

enum guest_program {
	GUEST_INIT, GUEST_STUB, GUEST_CTL, GUEST_DHCP_SCRIPT, GUEST_LOG, GUEST_PACK, GUEST_NET, GUEST_PROBE, GUEST_DRIFT,
	GUEST_PROGRAMS
};

/* Where it goes in the machine's root. */
const char *guest_path(enum guest_program g);
void guest_content(enum guest_program g, struct content *out);

/* Over all of them: what tells one ingot's machine from another's. */
void guest_digest(uint8_t out[DIGEST_SIZE]);

/* The files beside ingot that the busybox source takes: the program, and the list of its applets' paths. */
#define GUEST_BUSYBOX_FILES 2
extern const char *const guest_busybox_names[GUEST_BUSYBOX_FILES];
int guest_busybox_files(struct arena *a, struct content out[GUEST_BUSYBOX_FILES], struct err *e);

/* The busybox beside ingot; *links are its applets' paths, n of them, in the arena. */
int guest_busybox(struct arena *a, struct content *out, const char *const **links, size_t *n, struct err *e);

#endif
