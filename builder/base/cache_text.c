/* SPDX-License-Identifier: MIT
 *
 * The small derived texts of the cache: each file is the digest of the text in hexadecimal, a newline, and the text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache_files.h"
#include "cleanup.h"
#include "mem.h"

#define TEXT_MAX (256u << 20)

static bool
key_ok(const char *key)
{
	return key[0] && key[0] != '.' && key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
}

/* The whole file, malloc'ed, with a NUL behind it; NULL where there is none, or none that could be a text's. */
static char *
read_whole(const struct cache *c, const char *path, size_t *size)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	size_t done = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < DIGEST_HEX || st.st_size > TEXT_MAX)
		return NULL;
	cache_stamp(c, path, &st);
	*size = (size_t)st.st_size;
	char *text = xcalloc(1, *size + 1);
	while (done < *size && n) {
		n = read(fd, text + done, *size - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	if (done == *size)
		return text;
	free(text);
	return NULL;
}

char *
cache_get_text(struct cache *c, const char *key)
{
	uint8_t wanted[DIGEST_SIZE];
	struct content got;
	size_t size = 0;

	if (!key_ok(key))
		return NULL;
	char *path = xprintf("%s/index/%s", c->dir, key);
	char *text = read_whole(c, path, &size);
	free(path);
	if (!text)
		return NULL;
	size -= DIGEST_HEX;
	bool ok = text[DIGEST_HEX - 1] == '\n';
	text[DIGEST_HEX - 1] = '\0';
	ok = ok && digest_parse(text, wanted);
	memmove(text, text + DIGEST_HEX, size + 1);
	content_of_mem(&got, text, size);
	if (ok && memcmp(got.sha256, wanted, DIGEST_SIZE) == 0 && strlen(text) == size)
		return text;
	free(text);
	return NULL;
}

int
cache_put_text(struct cache *c, const char *key, const char *text, struct err *e)
{
	char head[DIGEST_HEX];
	struct content of;

	if (!key_ok(key))
		return err_set(e, 0, "%s is no name for a text of the cache", key);
	content_of_mem(&of, text, strlen(text));
	digest_hex(of.sha256, head);
	head[DIGEST_HEX - 1] = '\n';
	struct blob_writer *w = blob_begin(c, e); /* for its temporary file; it gets another name than a blob's */
	if (!w)
		return -1;
	char *path = xprintf("%s/index/%s", c->dir, key);
	int r = blob_write(w, head, sizeof head, e);
	if (r == 0)
		r = blob_write(w, text, strlen(text), e);
	if (r == 0 && (fchmod(w->fd, 0444) || rename(w->path, path)))
		r = err_set(e, errno, "cannot write to the cache: %s", path);
	free(path);
	if (r)
		blob_abort(w);
	else
		blob_free(w);
	return r;
}
