/* SPDX-License-Identifier: MIT
 *
 * `ingot sbom`: the software bill of materials of an image, on standard output.
 */
#include <string.h>

#include "sbom.h"
#include "verbs.h"

int
verb_sbom(const struct options *o, struct build *b, struct err *e)
{
	const char *format = o->format ? o->format : "spdx";
	bool spdx = strcmp(format, "spdx") == 0;
	struct sbom s;

	if (!spdx && strcmp(format, "cyclonedx") != 0)
		return err_set(e, 0, "--format is spdx or cyclonedx, not %s", format), VERB_USAGE;
	if (build_load(b, &o->build) || build_prepare(b, &o->build, e))
		return VERB_FAILED;
	int r = sbom_collect(&s, b, e);
	if (r == 0 && spdx)
		sbom_spdx(&s, stdout);
	else if (r == 0)
		sbom_cyclonedx(&s, stdout);
	sbom_release(&s);
	return r ? VERB_FAILED : VERB_OK;
}
