/* SPDX-License-Identifier: MIT
 *
 * SHA-256 (FIPS 180-4) in plain C, for programs of the guest: no library, no state but the caller's. The builder has a
 * faster one in content.c.
 */
#ifndef INGOT_SHA256_H
#define INGOT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

extern const uint32_t sha256_constants[64]; /* of the rounds */

struct sha256_c {
	uint32_t h[8];
	uint64_t size;    /* bytes so far */
	uint8_t part[64]; /* of a block that is not full yet */
};

void sha256_c_init(struct sha256_c *s);
void sha256_c_update(struct sha256_c *s, const void *data, size_t size);
void sha256_c_final(struct sha256_c *s, uint8_t out[SHA256_SIZE]);

#endif
