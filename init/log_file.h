/* SPDX-License-Identifier: MIT
 *
 * The files that logs are kept in on the state disk: one folder for each service, files by boot and number, each with
 * records as they stand in the ring behind a head that tells where in it they stood. What is in them is trusted by
 * nobody.
 */
#ifndef INGOT_LOG_FILE_H
#define INGOT_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FOLDER    "logs"  /* below STATE_OWN */
#define LOG_PACK      "/ingot/pack"
#define LOG_NAME_SIZE 32
#define LOG_ENTRIES   1024    /* of one service that are looked at */
#define LOG_BOOT_ID   36

/* To zstd it is a frame that is skipped: packed, it stands in front as it is. */
struct log_file_head {
	uint32_t magic; /* LOG_FILE_MAGIC */
	uint32_t size;  /* of what follows this */
	char boot_id[LOG_BOOT_ID];
	uint32_t boot;
	uint64_t since; /* when the ring began: its positions mean nothing in another one */
	uint64_t pos;   /* of the first record, in the ring */
};

#define LOG_FILE_MAGIC 0x184d2a5du
#define LOG_FILE_SIZE  ((uint32_t)sizeof(struct log_file_head) - 8)

/* "BOOT-SEQ.log", with ".zst" once it is packed. */
struct log_name {
	uint32_t boot, seq;
	bool packed;
};

struct log_entry {
	struct log_name name;
	uint64_t size;
};

bool log_name_parse(struct log_name *out, const char *text);
void log_name_text(const struct log_name *n, char out[LOG_NAME_SIZE]);

/* A folder's log files, oldest first; of one that is there packed and not, the packed one. Returns how many, never more
 * than LOG_ENTRIES. The folder stays the caller's. */
size_t log_list(int folder, struct log_entry out[LOG_ENTRIES]);

/* The folder of the service below that of all logs, or -1. */
int log_folder(int logs, const char *service);

/* The newest boot that any service has a file of, or 0; and whether it is the one that runs. */
uint32_t log_newest_boot(int logs, const char boot_id[LOG_BOOT_ID], bool *runs);

/* Opens a file and reads its head; the descriptor stands behind it. -1 with errno, which is EBADMSG where the head is
 * none. */
int log_open(int folder, const struct log_name *name, struct log_file_head *head);

/* The kernel's name for this boot. False where it has none. */
bool log_boot_id(char out[LOG_BOOT_ID]);

#endif
