/* SPDX-License-Identifier: MIT
 *
 * Where all writers' bytes go.
 */
#include <errno.h>
#include <unistd.h>

#include "output.h"

int
output_put(int fd, const void *data, size_t size, struct err *e)
{
	for (const char *at = data; size;) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot write the image");
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}
