/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

enum { OPT_CACHE = 256, OPT_ACCEL, OPT_APPEND, OPT_SHELL, OPT_VERSION };

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },  { "recipes", required_argument, NULL, 'R' },
	{ "port", required_argument, NULL, 'p' },    { "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },          { "cache", required_argument, NULL, OPT_CACHE },
	{ "accel", required_argument, NULL, OPT_ACCEL }, { "append", required_argument, NULL, OPT_APPEND },
	{ "shell", no_argument, NULL, OPT_SHELL },   { "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

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

static bool
is_long_value(int value)
{
	for (const struct option *l = long_options; l->name; l++)
		if (l->val == value)
			return true;
	return false;
}

/* What getopt did not take: `c` as it returned it. In a cluster such as -qx only optopt tells the letter. */
static int
refuse(int c, char **argv, struct err *e)
{
	const char *what = c == ':' ? "a value is missing behind" : "unknown option", *word = argv[optind - 1];

	if (!word) /* musl counts the value that is missing */
		word = "";
	if (strncmp(word, "--", 2) == 0 && (!optopt || is_long_value(optopt)))
		return err_set(e, 0, "%s %s (see ingot --help)", what, word);
	return err_set(e, 0, "%s -%c (see ingot --help)", what, optopt);
}

static int
parse_option(struct options *o, int c, char **argv, struct err *e)
{
	switch (c) {
	case 'o':
		o->build.out_dir = optarg;
		return 0;
	case 'R':
		o->build.recipe_dir = optarg;
		return 0;
	case 'p':
		return parse_forward(&o->run, optarg, e);
	case 'q':
		o->quiet = true;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	case OPT_CACHE:
		o->build.cache_dir = optarg;
		return 0;
	case OPT_ACCEL:
		o->run.accel = optarg;
		return 0;
	case OPT_APPEND:
		o->run.append = optarg;
		return 0;
	case OPT_SHELL:
		o->run.shell = true;
		return 0;
	case OPT_VERSION:
		o->version = true;
		return 0;
	default:
		return refuse(c, argv, e);
	}
}

static void
set_defaults(struct options *o)
{
	const char *cache = getenv("INGOT_CACHE");

	o->build.out_dir = "out";
	o->build.cache_dir = cache && cache[0] ? cache : "out/.cache";
	o->run.append = "";
}

int
options_parse(struct options *o, int argc, char **argv, struct err *e)
{
	int c;

	*o = (struct options){ .verb = NULL };
	set_defaults(o);
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:o:R:p:qh", long_options, NULL)) != -1)
		if (parse_option(o, c, argv, e))
			return -1;
	if (optind < argc)
		o->verb = argv[optind++];
	/* options may stand on either side of the image file */
	while (optind < argc) {
		if ((c = getopt_long(argc, argv, "+:o:R:p:qh", long_options, NULL)) != -1) {
			if (parse_option(o, c, argv, e))
				return -1;
		} else if (optind < argc && o->build.image_file) {
			return err_set(e, 0, "one image file at a time: %s is one too many", argv[optind]);
		} else if (optind < argc) {
			o->build.image_file = argv[optind++];
		}
	}
	bool for_run = o->run.n_forwards || o->run.accel || o->run.append[0] || o->run.shell;
	if (for_run && o->verb && strcmp(o->verb, "run") != 0)
		return err_set(e, 0, "-p, --accel, --append and --shell are options of run, not of %s", o->verb);
	return 0;
}
