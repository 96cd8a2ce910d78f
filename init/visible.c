/* SPDX-License-Identifier: MIT */
#include "visible.h"

size_t
visible(unsigned char *before, unsigned char c, char out[2])
{
	unsigned char last = *before;

	*before = c;
	if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
		out[0] = '^';
		out[1] = (char)(c ^ 0x40);
		return 2;
	}
	/* inside a character of UTF-8 such a byte follows another one above 0x7f; after 0xc2 it is the control character */
	out[0] = (char)(c >= 0x80 && c < 0xa0 && (last < 0x80 || last == 0xc2) ? '?' : c);
	return 1;
}
