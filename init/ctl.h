/* SPDX-License-Identifier: MIT
 *
 * What the files of ingotctl share: its commands, its exit codes, its output, and the connection to PID 1.
 */
#ifndef INGOT_CTL_H
#define INGOT_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl_proto.h"
#include "err.h"
#include "runs.h"

/* Exit codes of ingotctl; `exec` has these three and the command's own. */
enum ctl_exit { CTL_OK, CTL_FAILED, CTL_USAGE, CTL_EXEC_FAILED = 125, CTL_EXEC_CANNOT = 126, CTL_EXEC_NOT_FOUND = 127 };

#define CTL_FDS_MAX 4

struct ctl_packet {
	struct ctl_reply reply;
	union {
		struct ctl_svc svc;
		struct ctl_state state;
		struct ctl_event event;
		struct run_record run;
		char data[CTL_DATA_MAX + 1]; /* closed by a NUL behind reply.size bytes */
	} u;
	int fds[CTL_FDS_MAX]; /* owned by the receiver; -1 where there is none */
};

/* ctl_client.c: sends one request and hands each packet but the last to `each` (which may be NULL, and ends the call by
 * returning -1 with *e set). Descriptors that `each` leaves in the packet are closed. An error of PID 1 is *e. */
int ctl_call(enum ctl_verb verb, uint32_t flags, const char *name,
	     int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx, struct err *e);
int ctl_call_since(enum ctl_verb verb, uint32_t flags, const char *name, uint64_t since,
		   int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx, struct err *e);

/* From here on PID 1 is asked over AF_VSOCK: of the machine with that context id. */
void ctl_vsock_use(uint32_t cid);
/* Whether it is asked from afar, by a port or by AF_VSOCK: then nothing of this computer is the machine's. */
bool ctl_is_far(void);

/* How long the next packets are waited for; else e->code is ETIMEDOUT. -1, as at the start: as long as it takes. */
void ctl_patience(int ms);

/* The named service, each instance of the one with replicas, or each where the name is empty. *out is good until the
 * next call. */
int ctl_services(const char *name, const struct ctl_svc **out, size_t *n, struct err *e);
/* What /state is, as the last call of ctl_services was told; NULL: it asked for one service. */
const struct ctl_state *ctl_state(void);

/* Whether it is NAME@N. */
bool ctl_is_instance(const char *instance, const char *name);
/* Calls act for the service, or, where that fails as there is none of the name, for one instance of it after the other;
 * a failure does not keep it from the next ones, and *e is the first. */
int ctl_each(const char *name, int (*act)(void *ctx, const char *name, struct err *e), void *ctx, struct err *e);

/* The same as ctl_call for a request of the caller's own, whose version is CTL_VERSION. */
int ctl_ask(const struct ctl_request *request, int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx,
	    struct err *e);

/* The same with a descriptor, which stays the caller's. */
int ctl_ask_giving(const struct ctl_request *request, int given,
		   int (*each)(void *ctx, struct ctl_packet *p, struct err *e), void *ctx, struct err *e);

/* ctl_main.c */
int ctl_fail(const struct err *e);                   /* prints the one line, returns CTL_FAILED */
int ctl_usage(const char *command, const char *what, const char *word); /* the same, returns CTL_USAGE */
/* Takes --json and one name, or none where name is NULL; what else is there is told of, and is CTL_USAGE. */
int ctl_arguments(int argc, char **argv, const char **name, bool *json);

/* ctl_out.c: standard output, buffered. */
void out_bytes(const char *bytes, size_t size);
void out_fmt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int out_flush(struct err *e); /* fails if any write before it failed */

/* The commands with a file of their own: argv[0] is the command's name. Each returns an exit code. */
int ctl_status(int argc, char **argv);
int ctl_logs(int argc, char **argv);
int ctl_exec(int argc, char **argv);
int ctl_events(int argc, char **argv);
int ctl_timing(int argc, char **argv);
int ctl_jobs(int argc, char **argv);
int ctl_history(int argc, char **argv);
int ctl_run(int argc, char **argv);
int ctl_denied(int argc, char **argv);
int ctl_score(int argc, char **argv);
int ctl_top(int argc, char **argv);
int ctl_tree(int argc, char **argv);
int ctl_reexec(int argc, char **argv);
int ctl_reload(int argc, char **argv);
int ctl_poweroff(int argc, char **argv);
int ctl_drift(int argc, char **argv);

#endif
