/* SPDX-License-Identifier: MIT
 *
 * FIPS 180-4's compression function with sha256rnds2, sha256msg1 and sha256msg2, as Intel's manual defines them. It
 * holds no state and pads nothing.
 */
#include "sha256_x86.h"

#include "sha256.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

#define BIT_SSSE3 (1u << 9)  /* leaf 1, ecx */
#define BIT_SSE41 (1u << 19)
#define BIT_SHA   (1u << 29) /* leaf 7, ebx */

static bool
ask(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (BIT_SSSE3 | BIT_SSE41)) != (BIT_SSSE3 | BIT_SSE41))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & BIT_SHA;
}

/* Asked once, as cpuid leaves a virtual machine; any thread may be the first. */
bool
sha256_x86_able(void)
{
	static _Atomic int answer; /* 0: not known yet; 1: yes; 2: no */
	int a = answer;

	if (!a)
		answer = a = ask() ? 1 : 2;
	return a == 1;
}

/* Four words at a time are in a register: m[0] to m[3] are the sixteen that the next ones are made of. */
__attribute__((target("sha,sse4.1,ssse3"))) void
sha256_x86(uint32_t s[8], const uint8_t *p, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i abef = _mm_set_epi32((int)s[0], (int)s[1], (int)s[4], (int)s[5]);
	__m128i cdgh = _mm_set_epi32((int)s[2], (int)s[3], (int)s[6], (int)s[7]);

	for (; n; n--, p += SHA256_BLOCK) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		__m128i m[4];
		for (int i = 0; i < 4; i++)
			m[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), swap);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i *w = &m[i & 3], w1 = m[(i + 1) & 3], w2 = m[(i + 2) & 3], w3 = m[(i + 3) & 3];
			__m128i k = _mm_add_epi32(*w, _mm_loadu_si128((const __m128i *)(const void *)(sha256_constants + 4 * i)));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
			if (i < 12) {
				__m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(*w, w1), _mm_alignr_epi8(w3, w2, 4));
				*w = _mm_sha256msg2_epu32(next, w3);
			}
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	s[0] = (uint32_t)_mm_extract_epi32(abef, 3);
	s[1] = (uint32_t)_mm_extract_epi32(abef, 2);
	s[2] = (uint32_t)_mm_extract_epi32(cdgh, 3);
	s[3] = (uint32_t)_mm_extract_epi32(cdgh, 2);
	s[4] = (uint32_t)_mm_extract_epi32(abef, 1);
	s[5] = (uint32_t)_mm_extract_epi32(abef, 0);
	s[6] = (uint32_t)_mm_extract_epi32(cdgh, 1);
	s[7] = (uint32_t)_mm_extract_epi32(cdgh, 0);
}

#else

bool
sha256_x86_able(void)
{
	return false;
}

void
sha256_x86(uint32_t state[8], const uint8_t *p, size_t n)
{
	(void)state;
	(void)p;
	(void)n;
}

#endif
