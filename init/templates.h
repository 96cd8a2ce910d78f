/* SPDX-License-Identifier: MIT
 *
 * The mounts that PID 1 keeps in its own namespace for its services to clone: the template of /dev and declared state.
 */
#ifndef INGOT_TEMPLATES_H
#define INGOT_TEMPLATES_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "table.h"

#define TEMPLATE_DEV   "/run/ingot/dev"
#define TEMPLATE_DEVICES "/run/ingot/devices" /* holds a /dev for each service that has devices of its own */
#define TEMPLATE_STATE "/state" /* the state of a service at PATH is /state/NAME/PATH */
#define TEMPLATE_PATH_MAX (sizeof TEMPLATE_STATE + 1 + TBL_NAME_MAX + TBL_PATH_MAX + 1)

/* The options of a tmpfs, as mount takes them. */
#define TEMPLATE_OPTIONS 128
void template_options(char out[TEMPLATE_OPTIONS], uint64_t size, uint32_t mode, uid_t uid, gid_t gid);

/* A detached tmpfs, nosuid nodev noexec; the caller owns the descriptor. Returns -1 with errno. */
int template_tmpfs(uint64_t size, uint32_t mode, uid_t uid, gid_t gid);

/* Attaches the template of /dev at TEMPLATE_DEV; once. */
int template_dev(struct err *e);

/* Makes the /dev of a service that has devices, anew, at TEMPLATE_DEVICES/NAME, and fills numbers with those of the
 * devices, in order. */
int template_devices(const struct tbl *t, const struct tbl_svc *s, dev_t numbers[TBL_DEVICES_MAX], struct err *e);

/* Takes that away, for a service that is none any more. */
void template_devices_gone(const char *name);

/* How many files a tmpfs of that size may hold. */
uint64_t template_inodes(uint64_t size);

/* Leaves *dir at the folder above the path's last component, with all before it made, and returns that component, or
 * NULL with errno. No symlink is followed and no other file system entered. */
const char *template_walk(int *dir, char *path);

/* Mounts the service's state m, unless it is mounted already. */
int template_state(const struct tbl *t, const struct tbl_svc *s, const struct tbl_mount *m, struct err *e);

#endif
