/* SPDX-License-Identifier: MIT
 *
 * What the launcher hands to the stub: fixed descriptors, and the service's own argv behind one word. The stub knows
 * nothing else of its service.
 *
 * argv[0] is STUB_NAME ":N:R:H:L:M". N is the descriptor that the service wants as its readiness pipe, 0 for none.
 * argv[1...] is the service's argv; behind it, each after one empty word, stand its probes: from argv[R] on that for
 * readiness, from argv[H] on that for health, 0 for none. L is the number of its listeners. M is 1 where
 * what was written shall not become executable. envp is its environment. The signal mask comes full, dispositions come
 * default.
 *
 * A probe is a program's argv, or the two words AGE, in ms, and PATH: a file. It is asked for by STUB_ASK with a value
 * of STUB_ASK_WORD, and runs as the service does: same namespaces, ids and limits. One runs at a time; to ask for the
 * next, or for none, ends it.
 */
#ifndef INGOT_STUB_ABI_H
#define INGOT_STUB_ABI_H

#define STUB_PATH "/ingot/stub"
#define STUB_NAME "ingot-stub"

/* 0, 1 and 2 are the service's own */
#define STUB_FD_ERROR  3 /* struct launch_error, if fork or execve fails; closed by both sides otherwise */
#define STUB_FD_STATUS 4 /* struct stub_status, when the main process ends; the stub alone keeps it */
#define STUB_FD_READY  5 /* only with ":N" */
#define STUB_FD_EXE    6 /* close-on-exec: gone before the stub's first instruction */
#define STUB_FD_NOTIFY 7 /* the same */
#define STUB_FD_USER   8 /* the same */
#define STUB_FD_MOUNTS 9 /* the same */
#define STUB_FD_END    10 /* the first number that is surely free; with ":L", the first of the listeners */

/* A signal from PID 1, by sigqueue. The service could send it too: all it gains is a run of its own check. */
#define STUB_ASK 64
#define STUB_ASK_MAGIC 0x1a000000
#define STUB_ASK_WORD(which, seq) ((int)(STUB_ASK_MAGIC | (unsigned)(which) << 16 | (seq)))
enum stub_which { STUB_PROBE_READY, STUB_PROBE_HEALTH, STUB_PROBE_NONE };

/* How the probe of a file exits. */
#define STUB_FILE_ABSENT 1
#define STUB_FILE_OLD    2

#endif
