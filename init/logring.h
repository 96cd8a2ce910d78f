/* SPDX-License-Identifier: MIT
 *
 * A service's newest output as a ring of records: when and on which stream, then the bytes as they were read. One
 * process writes, another may read at the same time. Positions are absolute, 64 bits, never reset. The storage is
 * the caller's; nothing here makes a system call.
 */
#ifndef INGOT_LOGRING_H
#define INGOT_LOGRING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RECORD_MAX 2048 /* bytes of output in one record: the oldest record is what a new one takes away */

enum log_stream { LOG_OUT, LOG_ERR, LOG_STREAMS };

/* No output: numbers that stand between records in files, each 8 bytes. */
#define LOG_NOTE_LOST 0x80u /* so many bytes of records are missing here */
#define LOG_NOTE_POS  0x81u /* where in the ring it goes on behind the last record */

#define LOG_MID (1u << 8) /* in log_record.stream: it goes on with a line that an earlier record began */

/* Before the bytes of each record. */
struct log_record {
	uint32_t size;    /* of the bytes that follow, 1 to LOG_RECORD_MAX */
	uint32_t stream;  /* enum log_stream, with LOG_MID or without */
	int64_t wall_ms;  /* when it was read, by the wall clock */
	uint64_t boot_ms; /* the same by the monotonic clock */
};

_Static_assert(sizeof(struct log_record) == 24, "ingotctl reads it too");

struct logring {
	_Atomic uint64_t head; /* bytes ever put in, records' heads included */
	_Atomic uint64_t tail; /* where the oldest whole record begins */
};

/* Puts in one record; the oldest ones make room for it. A writer that dies in it leaves a ring without the record. */
void logring_put(struct logring *r, uint8_t *storage, size_t size, const struct log_record *record, const void *data);

/* Copies at most max bytes that stand at *pos; returns how many, 0 at the head. It does not move *pos but where bytes
 * are lost: then it copies nothing, *lost says how many and *pos is where the oldest record begins. Trusts nothing in
 * the ring: a writer gone wrong gives wrong bytes, and no more. */
size_t logring_get(const struct logring *r, const uint8_t *storage, size_t size, uint64_t *pos, void *out, size_t max,
		   uint64_t *lost);

#endif
