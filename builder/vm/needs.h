/* SPDX-License-Identifier: MIT
 *
 * What a service was seen to need beyond its filter of system calls, as a line for its file.
 */
#ifndef INGOT_NEEDS_H
#define INGOT_NEEDS_H

#include "build.h"
#include "syscalls.h"

#define NEEDS_FAMILIES  64
#define NEEDS_PROTOCOLS 32 /* of netlink */

struct needs {
	bool call[SYSCALLS]; /* that its filter would refuse */
	bool family[NEEDS_FAMILIES][NEEDS_PROTOCOLS]; /* of sockets that it made */
};

/* What of the machine's witness tells of it: a line of the console. */
void needs_line(void *arg, const char *line);
/* From a file that somebody kept: the kernel's log, or what `ingotctl denied --json` printed. name and uid are the
 * service's. */
int needs_read(struct needs *n, const char *file, const char *name, uint32_t uid, struct err *e);

/* Whether it lacks anything. */
bool needs_any(const struct model_service *s, const struct needs *n);
/* "seccomp: {allow: [...], sockets: [...]}", with what the file has already. In the arena. */
const char *needs_seccomp(struct arena *a, const struct model_service *s, const struct needs *n);
/* What the line does not say, as comments for people: NULL where there is nothing. */
const char *needs_remarks(struct arena *a, const struct model_service *s, const struct needs *n);

#endif
