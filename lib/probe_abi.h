/* SPDX-License-Identifier: MIT
 *
 * What the builder and ingot-probe agree on: paths in a service's root, the words of the file of expectations, and how
 * a line of the console begins.
 */
#ifndef INGOT_PROBE_ABI_H
#define INGOT_PROBE_ABI_H

#define PROBE_DIR    "/.ingot-probe"
#define PROBE_FILE   PROBE_DIR "/probe"
#define PROBE_SETUID PROBE_DIR "/setuid" /* the same program, setuid and setgid root */
#define PROBE_MACHINE "/ingot/probe" /* in the machine's root: the witness */
#define PROBE_EXPECT PROBE_DIR "/expect" /* lines: a word, a space, its value */

/* A line of the console: PROBE_MARK, the service's name, a tab, what its probe said. */
#define PROBE_MARK "@ingot-probe "
#define PROBE_LINE_MAX 240
/* What a probe says, with tabs between: a case's number, what, expected, found, verdict, note; or PROBE_FACT, name,
 * value; or PROBE_END and the number of lines before it. */
#define PROBE_FACT "fact"
#define PROBE_END  "end"
#define PROBE_WITNESS "ingot-witness" /* the machine's side, as a service */
#define PROBE_ALL  "." /* as a service's name: the machine itself; its end is the end of all */

/* Of the machine, where it reads the kernel's log: the number of a call that a filter would refuse; and a family of
 * sockets with its protocol, of a socket that such a call has made. */
#define PROBE_CALL   "call"
#define PROBE_FAMILY "family"

/* And where it hands on what a tracer in a service has seen: a call with what came of it; a path with
 * how it was used (r, w, x, s: read, written, executed, looked at); */
enum probe_call { PROBE_CALL_MADE, PROBE_CALL_DONE, PROBE_CALL_FAILED };
#define PROBE_PATH   "path"
#define PROBE_FAILED "failed" /* a path that could not be written, as its file system cannot be; */
#define PROBE_PEER   "peer"   /* tcp or udp, an address, a port; */
#define PROBE_EPERM  "eperm"  /* a call that was refused for want of a privilege; */
#define PROBE_PEAK   "peak"   /* memory or pids, and the most that was in use. */

/* What the tracer keeps in memory for the machine's side, which finds it by the descriptor's number and name. */
#define PROBE_TRACE_FD   200
#define PROBE_TRACE_NAME "ingot-trace"
#define PROBE_TRACE_SIZE (1u << 20)

struct probe_trace {
	unsigned written, taken; /* bytes of lines: by the tracer, and by the machine's side */
	char lines[PROBE_TRACE_SIZE - 8];
};

#define PROBE_READY_FD 3
#define PROBE_PORT     1907           /* the witness listens there, on the machine's loopback */
#define PROBE_ABSTRACT "ingot-witness" /* and at this abstract socket */
#define PROBE_IPC_KEY  0x1907         /* and has this segment of shared memory */

/* What a file may loosen. */
enum probe_loose {
	LOOSE_NETWORK, /* network.mode */
	LOOSE_CALLS,   /* seccomp.mode: any system call */
	LOOSE_JIT,     /* memory that is writable and executable */
	LOOSE_CAPS,    /* capabilities that are kept */
	LOOSE_KEYS
};

#endif
