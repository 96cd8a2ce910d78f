/* SPDX-License-Identifier: MIT
 *
 * `ingot schema [image|recipe]`: the JSON Schema of a kind of file, from its key table.
 */
#include <string.h>

#include "model.h"
#include "verbs.h"

int
verb_schema(const struct options *o, struct build *b, struct err *e)
{
	const char *of = o->n_args ? o->args[0] : "image";

	(void)b;
	if (strcmp(of, "image") == 0)
		keys_schema(image_keys, "An image file of ingot " INGOT_VERSION, stdout);
	else if (strcmp(of, "recipe") == 0)
		keys_schema(recipe_keys, "A recipe of ingot " INGOT_VERSION, stdout);
	else
		return err_set(e, 0, "there is a schema of `image` and of `recipe`, not of `%s`", of), VERB_USAGE;
	return VERB_OK;
}
