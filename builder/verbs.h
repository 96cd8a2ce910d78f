/* SPDX-License-Identifier: MIT
 *
 * What ingot can be asked to do: each verb a function that the table below names, with the words that it wants.
 */
#ifndef INGOT_VERBS_H
#define INGOT_VERBS_H

#include "options.h"

/* What a verb returns. Errors are in *e, or in b->project.diags where the files are wrong. VERB_DIFFERS is an answer
 * that is "no": exit status 1, with nothing more to say. VERB_USAGE is a word that the verb does not know: status 2. */
enum { VERB_OK = 0, VERB_FAILED = -1, VERB_DIFFERS = 1, VERB_USAGE = -2 };
/* VERB_ENDED + n: a machine ended with exit status n, from 1 to 255. */
enum { VERB_ENDED = 256 };

struct verb {
	const char *name;
	const char *args;        /* as the usage shows them: "IMAGE.yml [PATH]" */
	size_t min_args, max_args;
	int (*run)(const struct options *o, struct build *b, struct err *e);
	const char *doc;
};

/* Each in a file of its own, verb_NAME.c. */
int verb_ctl(const struct options *o, struct build *b, struct err *e);
int verb_diff(const struct options *o, struct build *b, struct err *e);
int verb_init(const struct options *o, struct build *b, struct err *e);
int verb_lock(const struct options *o, struct build *b, struct err *e);
int verb_plan(const struct options *o, struct build *b, struct err *e);
int verb_run(const struct options *o, struct build *b, struct err *e);
int verb_score(const struct options *o, struct build *b, struct err *e);
int verb_show(const struct options *o, struct build *b, struct err *e);
int verb_sbom(const struct options *o, struct build *b, struct err *e);
int verb_schema(const struct options *o, struct build *b, struct err *e);
int verb_show(const struct options *o, struct build *b, struct err *e);
int verb_table(const struct options *o, struct build *b, struct err *e);
int verb_seccomp(const struct options *o, struct build *b, struct err *e);
int verb_selftest(const struct options *o, struct build *b, struct err *e);
int verb_test(const struct options *o, struct build *b, struct err *e);
int verb_size(const struct options *o, struct build *b, struct err *e);
int verb_trace(const struct options *o, struct build *b, struct err *e);
int verb_verify(const struct options *o, struct build *b, struct err *e);
int verb_why(const struct options *o, struct build *b, struct err *e);
/* Those with files of their own. */
int verb_cache(const struct options *o, struct build *b, struct err *e);

/* Ends with a verb without a name. */
extern const struct verb verbs[];

/* NULL with *e set where there is none of that name, or the words do not fit it. */
const struct verb *verb_find(const struct options *o, struct err *e);

#endif
