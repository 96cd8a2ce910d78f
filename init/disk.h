/* SPDX-License-Identifier: MIT
 *
 * The disk that is /state: finding it, mounting it, making the services' folders on it. Each of these may hang on a bad
 * disk, so that all of it runs in a child of PID 1, which reports once and then waits to be killed.
 */
#ifndef INGOT_DISK_H
#define INGOT_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

enum disk_verdict {
	DISK_MOUNTED,
	DISK_ABSENT,
	DISK_CORRUPT,  /* damaged, as its superblock or the kernel says: to make it anew loses nothing that is whole */
	DISK_UNUSABLE, /* nothing says that it is damaged: no policy covers it */
	DISK_FULL,     /* next to no block is free; the folders were not made */
	DISK_VERDICTS
};

#define DISK_DEVICE_MAX 32
#define DISK_WHY_MAX    96

struct disk_report {
	uint32_t verdict;       /* enum disk_verdict */
	int32_t mount;          /* DISK_MOUNTED: descriptor of the detached mount, in the child */
	bool limited;           /* DISK_MOUNTED: the services' sizes are enforced */
	bool full;              /* DISK_MOUNTED: next to no block is free for services */
	uint64_t size, available; /* DISK_MOUNTED: bytes, for services */
	char device[DISK_DEVICE_MAX]; /* as in /dev; "" while unknown */
	char why[DISK_WHY_MAX]; /* for people; "" where there is nothing to say */
};

/* Looks for the disk that the table names, for as long as it says; mounts it, with its folders, unless that is refused
 * by the table's policy for a full one. */
void disk_take(const struct tbl *t, struct disk_report *r);

/* Makes every state folder of the table's services, and PID 1's own, on the mount. False where a size cannot be
 * enforced; a folder that cannot be made is said. */
bool disk_folders(const struct tbl *t, int mount, bool limited);

#endif
