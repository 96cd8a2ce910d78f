/* SPDX-License-Identifier: MIT */
#include "host_path.h"

#include <stdlib.h>
#include <string.h>

bool
host_path_leaves(const char *path)
{
	if (path[0] == '/')
		return true;
	while (*path) {
		size_t n = strcspn(path, "/");
		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n + (path[n] == '/');
	}
	return false;
}

bool
host_path_beneath(const char *folder, const char *path)
{
	char *outer = realpath(folder, NULL), *inner = realpath(path, NULL);
	size_t n = outer ? strlen(outer) : 0;
	/* of "/" alone the slash is the end */
	bool in = outer && inner && (n == 1 || (strncmp(inner, outer, n) == 0 && (inner[n] == '\0' || inner[n] == '/')));

	free(outer);
	free(inner);
	return in;
}
