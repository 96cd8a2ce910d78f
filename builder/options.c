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
	r->n_forwards++;
	return 0;
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
		return err_set(e, 0, "%s %s (see ingot --help)", c == ':' ? "a value is missing behind" : "unknown option",
			       argv[optind - 1]);
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
	return 0;
}
