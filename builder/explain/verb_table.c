/* SPDX-License-Identifier: MIT
 *
 * `ingot table`: the service table of an image alone, on standard output, as `ingotctl reload` takes it.
 */
#include <unistd.h>

#include "verbs.h"

int
verb_table(const struct options *o, struct build *b, struct err *e)
{
	if (isatty(STDOUT_FILENO))
		return err_set(e, 0, "a table is no text: say where it shall go, as in ingot table %s >FILE",
			       o->build.image_file),
		       VERB_USAGE;
	if (build_load(b, &o->build) || build_prepare(b, &o->build, e))
		return VERB_FAILED;
	fwrite(b->table, 1, b->table_size, stdout);
	return VERB_OK;
}
