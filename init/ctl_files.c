/* SPDX-License-Identifier: MIT
 *
 * The kernel's text files, within bounds: what is longer is cut, what is not as expected counts as absent.
 */
#include "ctl_files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"

bool
file_text(int dir, const char *path, char *buf, size_t cap)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t size = 0;

	while (fd >= 0 && size < cap - 1) {
		ssize_t n = read(fd, buf + size, cap - 1 - size);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	buf[size] = '\0';
	return fd >= 0;
}

static bool
digits(const char *p, uint64_t *out)
{
	uint64_t v = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && v < UINT64_MAX / 16; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*out = v;
	return true;
}

bool
keyed_value(const char *text, const char *key, uint64_t *out)
{
	size_t n = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, n) == 0 && strchr(" \t:", line[n]) && line[n])
			return digits(line + n + strspn(line + n, " \t:"), out);
	return false;
}

uint64_t
summed_value(const char *text, const char *key)
{
	size_t n = strlen(key);
	uint64_t sum = 0, v;

	for (const char *at = text; (at = strstr(at, key)) != NULL; at += n)
		if (at[n] == '=' && digits(at + n + 1, &v))
			sum += v;
	return sum;
}

void
size_text(uint64_t bytes, char *buf, size_t cap)
{
	static const char units[] = "KMGT";
	uint64_t tenths = bytes * 10 / 1024;
	size_t u = 0;

	for (; tenths >= 10240 && u + 2 < sizeof units; u++)
		tenths /= 1024;
	if (u == 0 || tenths >= 1000)
		fmt(buf, cap, "%llu%c", (unsigned long long)tenths / 10, units[u]);
	else
		fmt(buf, cap, "%llu.%u%c", (unsigned long long)tenths / 10, (unsigned)(tenths % 10), units[u]);
}
