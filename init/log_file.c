/* SPDX-License-Identifier: MIT
 *
 * Names, lists and heads of the log files. It writes nothing.
 */
#include "log_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fmt.h"
#include "sys.h"
#include "table.h"

#define NUMBER_MAX 99999999u

/* Digits alone, so that each number has one name. */
static bool
take_number(const char **text, uint32_t *out)
{
	const char *p = *text;

	for (*out = 0; *p >= '0' && *p <= '9' && p - *text < 8; p++)
		*out = *out * 10 + (uint32_t)(*p - '0');
	bool whole = p - *text == 8;
	*text = p;
	return whole;
}

bool
log_name_parse(struct log_name *out, const char *text)
{
	if (!take_number(&text, &out->boot) || *text++ != '-' || !take_number(&text, &out->seq))
		return false;
	out->packed = strcmp(text, ".log.zst") == 0;
	return out->packed || strcmp(text, ".log") == 0;
}

void
log_name_text(const struct log_name *n, char out[LOG_NAME_SIZE])
{
	fmt(out, LOG_NAME_SIZE, "%08u-%08u.log%s", n->boot % (NUMBER_MAX + 1), n->seq % (NUMBER_MAX + 1),
	    n->packed ? ".zst" : "");
}

static int
by_age(const void *a, const void *b)
{
	const struct log_name *x = &((const struct log_entry *)a)->name, *y = &((const struct log_entry *)b)->name;

	if (x->boot != y->boot)
		return x->boot < y->boot ? -1 : 1;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (int)y->packed - (int)x->packed;
}

/* A stream of its own, so that the folder's descriptor stays where it is. */
static DIR *
open_stream(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

size_t
log_list(int folder, struct log_entry out[LOG_ENTRIES])
{
	DIR *d = open_stream(folder);
	const struct dirent *entry;
	size_t n = 0, kept = 0;
	struct stat st;

	while (d && n < LOG_ENTRIES && (entry = readdir(d))) {
		struct log_entry e;
		if (!log_name_parse(&e.name, entry->d_name) ||
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		e.size = (uint64_t)st.st_size;
		out[n++] = e;
	}
	if (d)
		closedir(d);
	qsort(out, n, sizeof *out, by_age);
	for (size_t i = 0; i < n; i++)
		if (!kept || out[kept - 1].name.boot != out[i].name.boot || out[kept - 1].name.seq != out[i].name.seq)
			out[kept++] = out[i];
	return kept;
}

int
log_folder(int logs, const char *service)
{
	size_t n = strlen(service);

	if (n == 0 || n > TBL_NAME_MAX || strspn(service, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return -1;
	return openat(logs, service, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
log_open(int folder, const struct log_name *name, struct log_file_head *head)
{
	char text[LOG_NAME_SIZE];

	log_name_text(name, text);
	AUTO_FD fd = openat(folder, text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof *head);
	if (n < 0)
		return -1;
	if (n == (ssize_t)sizeof *head && head->magic == LOG_FILE_MAGIC && head->size == LOG_FILE_SIZE)
		return take_fd(&fd);
	errno = EBADMSG;
	return -1;
}

static bool
is_of_boot(int folder, const struct log_name *n, const char boot_id[LOG_BOOT_ID])
{
	struct log_file_head head;
	AUTO_FD fd = log_open(folder, n, &head);

	return fd >= 0 && memcmp(head.boot_id, boot_id, LOG_BOOT_ID) == 0;
}

uint32_t
log_newest_boot(int logs, const char boot_id[LOG_BOOT_ID], bool *runs)
{
	static struct log_entry entries[LOG_ENTRIES];
	DIR *d = open_stream(logs);
	const struct dirent *entry;
	uint32_t newest = 0;

	*runs = false;
	while (d && (entry = readdir(d))) {
		AUTO_FD folder = log_folder(logs, entry->d_name);
		size_t n = folder < 0 ? 0 : log_list(folder, entries);
		if (n == 0 || entries[n - 1].name.boot < newest)
			continue;
		if (entries[n - 1].name.boot > newest)
			*runs = false;
		newest = entries[n - 1].name.boot;
		*runs = *runs || is_of_boot(folder, &entries[n - 1].name, boot_id);
	}
	if (d)
		closedir(d);
	return newest;
}

bool
log_boot_id(char out[LOG_BOOT_ID])
{
	AUTO_FD fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, out, LOG_BOOT_ID) == LOG_BOOT_ID;
}
