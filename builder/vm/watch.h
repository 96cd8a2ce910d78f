/* SPDX-License-Identifier: MIT
 *
 * The edit loop's eyes: notices when a file that an image is made of changes, and builds anew beside whatever runs.
 */
#ifndef INGOT_WATCH_H
#define INGOT_WATCH_H

#include <stdint.h>

#include "err.h"
#include "project.h"

struct watch;

/* What a rebuild came to: the exit status of the process that it runs in. */
enum { REBUILT = 0, REBUILT_SAME = 3 };

/* Watches the image file, its recipes and all host files and folders that they name. rebuild runs in a child process,
 * some 100 ms after the last of a row of changes, and says itself what is wrong. arg is borrowed. */
struct watch *watch_new(const struct project *p, int (*rebuild)(void *arg), void *arg, struct err *e);
void watch_free(struct watch *w);

/* To be polled for input; -1: nothing to poll. */
int watch_fd(const struct watch *w);
int watch_builder_fd(const struct watch *w);
/* When watch_step wants to be called whatever the descriptors say; UINT64_MAX: never. */
uint64_t watch_due_ms(const struct watch *w);

/* Goes on with it; WATCH_BUILT once there is a new image. */
enum watch_result { WATCH_NOTHING, WATCH_BUILT };
enum watch_result watch_step(struct watch *w, uint64_t now_ms);

#endif
