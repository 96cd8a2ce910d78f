/* SPDX-License-Identifier: MIT */
#include "setting.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

int
setting_write(int folder, const char *path, const char *value)
{
	AUTO_FD fd = openat(folder, path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, value, strlen(value)) < 0 ? -1 : 0;
}
