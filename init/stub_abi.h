/* SPDX-License-Identifier: MIT
 *
 * What the launcher hands to the stub: fixed descriptors, and the service's own argv behind one word. The stub knows
 * nothing else of its service.
 *
 * argv[0] is STUB_NAME, or STUB_NAME ":N" where the service wants its readiness pipe as descriptor N; argv[1...] is the
 * service's argv, envp its environment. The signal mask comes full, dispositions come default.
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
#define STUB_FD_END    7 /* the first number that is surely free */

#endif
