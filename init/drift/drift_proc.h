/* SPDX-License-Identifier: MIT
 *
 * What ingot-drift reads of /proc and of cgroups: bounded, and what has gone away meanwhile counts as absent.
 */
#ifndef INGOT_DRIFT_PROC_H
#define INGOT_DRIFT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROC_PIDS_MAX 4096 /* of one service that are looked at */

/* The processes in a service's cgroup; returns how many. */
size_t proc_pids(const char *service, uint32_t pids[PROC_PIDS_MAX]);

/* The target of a link of /proc as a string; false where there is none. */
bool proc_link(const char *path, char *out, size_t cap);

/* Whether the word is one of those between commas. */
bool proc_has_word(const char *list, const char *word);

struct proc_mount {
	const char *point, *options, *type;
};

/* The next line of mountinfo, which is taken to pieces for that; false at its end. */
bool proc_next_mount(char **at, struct proc_mount *out);

#endif
