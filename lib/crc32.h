/* SPDX-License-Identifier: MIT
 *
 * CRC-32 as in IEEE 802.3 (reflected, polynomial 0xedb88320); a 16-entry table, for PID 1's sake.
 */
#ifndef INGOT_CRC32_H
#define INGOT_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *data, size_t size);

#endif
