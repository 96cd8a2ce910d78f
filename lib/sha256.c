/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <string.h>

#define BLOCK 64u

const uint32_t sha256_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
turned(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t
big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64];
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], last = h[7];

	for (int i = 0; i < 16; i++)
		w[i] = big_endian(p + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + (turned(x, 7) ^ turned(x, 18) ^ x >> 3) + (turned(y, 17) ^ turned(y, 19) ^ y >> 10);
	}
	for (int i = 0; i < 64; i++) {
		uint32_t t = last + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + sha256_constants[i] +
			     w[i];
		uint32_t u = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		last = g;
		g = f;
		f = e;
		e = d + t;
		d = c;
		c = b;
		b = a;
		a = t + u;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
	h[5] += f;
	h[6] += g;
	h[7] += last;
}

void
sha256_c_init(struct sha256_c *s)
{
	static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(s->h, first, sizeof first);
	s->size = 0;
}

void
sha256_c_update(struct sha256_c *s, const void *data, size_t size)
{
	size_t held = s->size % BLOCK;
	const uint8_t *p = data;

	s->size += size;
	if (held) {
		size_t n = size < BLOCK - held ? size : BLOCK - held;
		memcpy(s->part + held, p, n);
		p += n;
		size -= n;
		if (held + n < BLOCK)
			return;
		block(s->h, s->part);
	}
	for (; size >= BLOCK; size -= BLOCK, p += BLOCK)
		block(s->h, p);
	if (size)
		memcpy(s->part, p, size);
}

void
sha256_c_final(struct sha256_c *s, uint8_t out[SHA256_SIZE])
{
	uint8_t end[BLOCK + 8] = { 0x80 };
	uint64_t bits = s->size * 8;
	size_t zeros = (BLOCK * 2 - 9 - s->size % BLOCK) % BLOCK + 1; /* with the byte 0x80 */

	for (int i = 0; i < 8; i++)
		end[zeros + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_c_update(s, end, zeros + 8);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}
