/* SPDX-License-Identifier: MIT
 *
 * `ingot score`: how exposed each service is by what the machine's PID 1 will be told, from an image file or from a
 * table that `ingot table` wrote.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "json_out.h"
#include "score.h"
#include "verbs.h"

/* malloc'ed, or NULL with *e set. */
static void *
read_table(const char *path, size_t *size, struct err *e)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "%s", path), NULL;
	if (st.st_size > TBL_SIZE_MAX)
		return err_set(e, 0, "%s is too large for a service table", path), NULL;
	char *bytes = xcalloc(1, (size_t)st.st_size + 1);
	ssize_t n;
	for (*size = 0; *size < (size_t)st.st_size; *size += (size_t)n)
		if ((n = read(fd, bytes + *size, (size_t)st.st_size - *size)) <= 0) {
			free(bytes);
			return err_set(e, n < 0 ? errno : EIO, "%s", path), NULL;
		}
	return bytes;
}

static bool
is_table(const char *path)
{
	char magic[sizeof TBL_MAGIC - 1];
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic && memcmp(magic, TBL_MAGIC, sizeof magic) == 0;
}

static void
to_stdout(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	fwrite(bytes, 1, size, stdout);
}

static int
print(const struct tbl *t, const char *name, bool as_json, struct err *e)
{
	struct score_facts facts;
	struct score score;
	struct json j;
	bool found = false;

	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		found |= !name || strcmp(tbl_str(t, tbl_svc(t, i)->name), name) == 0;
	if (name && !found)
		return err_set(e, 0, "no service or job is called %s", name);
	if (as_json) {
		json_to_file(&j, stdout);
		json_object(&j);
		json_array_at(&j, "services");
	}
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++) {
		const struct tbl_svc *s = tbl_svc(t, i);
		if (name && strcmp(tbl_str(t, s->name), name) != 0)
			continue;
		score_facts_of(t, s, &facts);
		score_compute(&facts, &score);
		if (as_json)
			score_json(&j, tbl_str(t, s->name), &score);
		else
			score_print(tbl_str(t, s->name), &score, name ? SCORE_ITEMS_MAX : SCORE_SHOWN, to_stdout, NULL);
	}
	if (as_json) {
		json_array_end(&j);
		json_object_end(&j);
		json_end(&j);
	}
	return 0;
}

int
verb_score(const struct options *o, struct build *b, struct err *e)
{
	const char *file = o->build.image_file, *name = o->n_args > 1 ? o->args[1] : NULL;
	void *bytes = NULL;
	size_t size;
	struct tbl t;

	if (is_table(file)) {
		bytes = read_table(file, &size, e);
		if (!bytes)
			return VERB_FAILED;
	} else if (build_load(b, &o->build) || build_prepare(b, &o->build, e)) {
		return VERB_FAILED;
	}
	int r = tbl_open(&t, bytes ? bytes : b->table, bytes ? size : b->table_size, e) || print(&t, name, o->json, e);
	free(bytes);
	return r ? VERB_FAILED : VERB_OK;
}
