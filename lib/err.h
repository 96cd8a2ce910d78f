/* SPDX-License-Identifier: MIT
 *
 * An error as an object: set once where it happens, wrapped with context on the way up, printed in one place per
 * program. It lives on the caller's stack, is the last argument, and is untouched on success.
 */
#ifndef INGOT_ERR_H
#define INGOT_ERR_H

#define ERR_MSG_MAX 512

struct err {
	int code;              /* an errno, or 0 where none applies */
	char msg[ERR_MSG_MAX]; /* what, where, and the mend: one line, no newline */
};

/* Every function that takes a struct err * and returns int returns 0 on success and -1 with *e set on failure. */

/* Sets *e; a code other than 0 is the errno, whose text is appended. Returns -1, so that `return err_set(...)` works.
 */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the message. Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text of an errno; no allocation, no locale. */
const char *err_text(int code);

#endif
