/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

enum opt_type {
	OPT_FLAG, /* bool */
	OPT_TEXT, /* const char * */
	OPT_PORT, /* adds to run.forwards */
};

struct opt {
	const char *name;
	int letter;        /* 0: there is only the long name */
	enum opt_type type;
	size_t offset;     /* in struct options */
	const char *verbs; /* whose it is, with a space between them; NULL: any verb's */
	const char *arg;   /* what its value is called */
	const char *doc;
};

#define AT(member) offsetof(struct options, member)

static const struct opt opts[] = {
	{ "output", 'o', OPT_TEXT, AT(build.out_dir), NULL, "DIR", "images go to DIR/NAME (out)" },
	{ "recipes", 'R', OPT_TEXT, AT(build.recipe_dir), NULL, "DIR", "look for recipes here too" },
	{ "cache", 0, OPT_TEXT, AT(build.cache_dir), NULL, "DIR",
	  "packages and their content (INGOT_CACHE, else out/.cache)" },
	{ "locked", 0, OPT_FLAG, AT(build.fetch.locked), NULL, NULL, "take only what the lock pins, and never write it" },
	{ "offline", 0, OPT_FLAG, AT(build.fetch.offline), NULL, NULL, "run nothing that could use the network" },
	{ "json", 0, OPT_FLAG, AT(json), NULL, NULL, "results, errors and progress as JSON" },
	{ "quiet", 'q', OPT_FLAG, AT(quiet), NULL, NULL, "no progress" },
	{ "help", 'h', OPT_FLAG, AT(help), NULL, NULL, "this text" },
	{ "version", 0, OPT_FLAG, AT(version), NULL, NULL, "the version of ingot" },
	{ "format", 0, OPT_TEXT, AT(format), "sbom", "NAME", "spdx (preset) or cyclonedx" },
	{ "effective", 0, OPT_FLAG, AT(effective), "show", NULL, "every value of the image file, with where it came from" },
	{ "guest", 0, OPT_FLAG, AT(guest), "diff", NULL,
	  "what the machine that runs IMAGE has otherwise than the image; the file has `drift`" },
	{ "update", 0, OPT_FLAG, AT(build.fetch.update), "lock", NULL,
	  "resolve anew, all or what NAME names, and say what changes" },
	{ "port", 'p', OPT_PORT, 0, "run", "HOST:GUEST[/udp]", "forward a port of this host; replaces the file's" },
	{ "accel", 0, OPT_TEXT, AT(run.accel), "run test selftest seccomp trace", "NAME",
	  "kvm or tcg; by itself KVM where the processor offers it" },
	{ "machine", 0, OPT_TEXT, AT(run.machine), "run test selftest seccomp trace", "NAME",
	  "pc, q35 or microvm (pc); selftest: uml too, where the kernel is User Mode Linux" },
	{ "append", 0, OPT_TEXT, AT(run.append), "run test selftest seccomp trace", "WORDS",
	  "more words for the kernel's command line" },
	{ "state", 0, OPT_TEXT, AT(run.state), "run test seccomp trace", "FILE",
	  "the disk that keeps the image's state; made where it is absent" },
	{ "state-size", 0, OPT_TEXT, AT(run.state_size), "run test seccomp trace", "SIZE",
	  "of a FILE that is made (256M, or twice what the services' state may hold)" },
	{ "log", 0, OPT_TEXT, AT(log), "seccomp", "FILE",
	  "read what `ingotctl denied --json` or the kernel's log told elsewhere, and run nothing" },
	{ "seconds", 0, OPT_TEXT, AT(seconds), "seccomp trace", "N",
	  "let the machine run on for so long once its tests are done (2)" },
	{ "apply", 0, OPT_FLAG, AT(apply), "trace", NULL, "write what was found into the image file; comments stay" },
	{ "shell", 0, OPT_FLAG, AT(run.shell), "run", NULL, "the machine's shell on this terminal" },
	{ "watch", 0, OPT_FLAG, AT(run.watch), "run", NULL, "build and start anew when a file changes" },
	{ "keep-days", 0, OPT_TEXT, AT(keep_days), "cache", "N", "prune: keep what was used within N days (30)" },
};

#define N_OPTS (sizeof opts / sizeof *opts)
#define FIRST  256 /* getopt's value of opts[0]; the letters are below */

static bool
parse_port(const char *text, size_t len, uint16_t *out)
{
	char buf[8];
	uint64_t v;

	if (len == 0 || len >= sizeof buf)
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (!value_int(buf, &v) || v < 1 || v > 65535)
		return false;
	*out = (uint16_t)v;
	return true;
}

/* HOST:GUEST, HOST:GUEST/udp */
static int
parse_forward(struct run_options *r, const char *text, struct err *e)
{
	struct forward *f = &r->forwards[r->n_forwards];
	const char *colon = strchr(text, ':'), *slash = strchr(text, '/');
	size_t end = slash ? (size_t)(slash - text) : strlen(text);

	if (r->n_forwards == FORWARDS_MAX)
		return err_set(e, 0, "more than %d ports are forwarded", FORWARDS_MAX);
	*f = (struct forward){ .udp = slash && strcmp(slash, "/udp") == 0 };
	if (!colon || (slash && !f->udp && strcmp(slash, "/tcp") != 0) ||
	    !parse_port(text, (size_t)(colon - text), &f->host) ||
	    !parse_port(colon + 1, end - (size_t)(colon + 1 - text), &f->machine))
		return err_set(e, 0, "-p wants HOST:GUEST, such as 8080:80 or 5353:53/udp, not %s", text);
	for (const struct forward *other = r->forwards; other < f; other++)
		if (other->host == f->host && other->udp == f->udp)
			return err_set(e, 0, "port %u of the host is forwarded twice", f->host);
	r->n_forwards++;
	return 0;
}

/* What getopt wants: the long options, and the letters in `letters`. */
static void
fill_getopt(struct option longs[N_OPTS + 1], char letters[2 * N_OPTS + 3])
{
	char *to = letters;

	*to++ = '+';
	*to++ = ':';
	for (size_t i = 0; i < N_OPTS; i++) {
		longs[i] = (struct option){ opts[i].name, opts[i].type == OPT_FLAG ? no_argument : required_argument, NULL,
					    FIRST + (int)i };
		if (opts[i].letter)
			*to++ = (char)opts[i].letter;
		if (opts[i].letter && opts[i].type != OPT_FLAG)
			*to++ = ':';
	}
	longs[N_OPTS] = (struct option){ NULL, 0, NULL, 0 };
	*to = '\0';
}

static const struct opt *
find_opt(int c)
{
	for (size_t i = 0; i < N_OPTS; i++)
		if (c == FIRST + (int)i || (c && c == opts[i].letter))
			return &opts[i];
	return NULL;
}

/* What getopt did not take: `c` as it returned it. In a cluster such as -qx only optopt tells the letter. */
static int
refuse(int c, char **argv, struct err *e)
{
	const char *what = c == ':' ? "a value is missing behind" : "unknown option", *word = argv[optind - 1];

	if (!word) /* musl counts the value that is missing */
		word = "";
	if (strncmp(word, "--", 2) == 0 && (optopt == 0 || optopt >= FIRST))
		return err_set(e, 0, "%s %s (see ingot --help)", what, word);
	return err_set(e, 0, "%s -%c (see ingot --help)", what, optopt);
}

static int
take(struct options *o, const struct opt *x, bool given[N_OPTS], struct err *e)
{
	char *at = (char *)o + x->offset;

	given[x - opts] = true;
	switch (x->type) {
	case OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_TEXT:
		*(const char **)at = optarg;
		return 0;
	case OPT_PORT:
		return parse_forward(&o->run, optarg, e);
	}
	return 0;
}

static bool
holds_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

/* "run test" as people write it: "run, test". */
static const char *
spelled(const char *verbs, char *buf, size_t cap)
{
	size_t n = 0;

	for (; *verbs && n + 3 < cap; verbs++) {
		if (*verbs == ' ')
			buf[n++] = ',';
		buf[n++] = *verbs;
	}
	buf[n] = '\0';
	return buf;
}

static int
check_verb(const struct options *o, const bool given[N_OPTS], struct err *e)
{
	char verbs[128];

	for (size_t i = 0; i < N_OPTS; i++)
		if (given[i] && opts[i].verbs && o->verb && !o->help && !holds_word(opts[i].verbs, o->verb))
			return err_set(e, 0, "--%s is an option of %s, not of %s", opts[i].name,
				       spelled(opts[i].verbs, verbs, sizeof verbs), o->verb);
	return 0;
}

static void
set_defaults(struct options *o)
{
	const char *cache = getenv("INGOT_CACHE");

	o->build.out_dir = "out";
	o->build.cache_dir = cache && cache[0] ? cache : "out/.cache";
	o->run.append = "";
	o->run.machine = "pc";
}

int
options_parse(struct options *o, int argc, char **argv, struct err *e)
{
	struct option longs[N_OPTS + 1];
	char letters[2 * N_OPTS + 3];
	bool given[N_OPTS] = { false };
	int c;

	*o = (struct options){ .verb = NULL };
	set_defaults(o);
	fill_getopt(longs, letters);
	opterr = 0;
	do { /* options may stand anywhere: getopt stops at each other word */
		while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
			const struct opt *x = find_opt(c);
			if (x ? take(o, x, given, e) : refuse(c, argv, e))
				return -1;
		}
		if (optind < argc && !o->verb)
			o->verb = argv[optind++];
		else if (optind < argc && o->n_args == 1 && strcmp(o->verb, "ctl") == 0)
			break;
		else if (optind < argc && o->n_args == VERB_ARGS_MAX)
			return err_set(e, 0, "%s is one word too many (see ingot --help)", argv[optind]);
		else if (optind < argc)
			o->args[o->n_args++] = argv[optind++];
	} while (optind < argc);
	o->build.image_file = o->args[0];
	if (optind < argc) /* a command of ingotctl, with options of its own */
		o->rest = argv + optind;
	o->n_rest = (size_t)(argc - optind);
	return check_verb(o, given, e);
}

void
options_print(FILE *to)
{
	const char *of = NULL;

	for (size_t i = 0; i < N_OPTS; i++) {
		const struct opt *x = &opts[i];
		char left[64], verbs[128];
		if (x->verbs && (!of || strcmp(x->verbs, of) != 0))
			fprintf(to, "%s:\n", spelled(x->verbs, verbs, sizeof verbs));
		of = x->verbs;
		snprintf(left, sizeof left, "%c%c%s --%s%s%s", x->letter ? '-' : ' ', x->letter ? x->letter : ' ',
			 x->letter ? "," : " ", x->name, x->arg ? " " : "", x->arg ? x->arg : "");
		fprintf(to, "  %-30s %s\n", left, x->doc);
	}
}
