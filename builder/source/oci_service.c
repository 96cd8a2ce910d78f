/* SPDX-License-Identifier: MIT
 *
 * What an OCI image's configuration leaves to be looked up in the service's root, once that is complete: the numbers
 * of a user's name, the program in PATH, the folder to start in.
 */
#include <stdlib.h>
#include <string.h>

#include "assemble.h"
#include "content.h"
#include "oci.h"
#include "progress.h"
#include "value.h"

#define NAMES_MAX (1u << 20) /* bytes of an /etc/passwd */
#define ID_MAX    (UINT32_MAX - 1)

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool
is_default(const struct model_service *s, const char *key)
{
	for (size_t i = 0; i < s->defaults.n; i++)
		if (strcmp(s->defaults.v[i].key, key) == 0)
			return true;
	return false;
}

/* The file's text, malloc'ed; "" where there is none. */
static char *
load_names(struct tree *t, const char *path, struct err *e)
{
	struct tree_entry *x = tree_resolve(t, path);

	if (!x || x->inode->type != TREE_FILE)
		return xstrdup("");
	if (x->inode->content.size <= NAMES_MAX)
		return content_load(&x->inode->content, e);
	err_set(e, 0, "%s has more than %u KiB", path, NAMES_MAX >> 10);
	return NULL;
}

/* A line's field, counted from 0, cut off at its end; "" where there is none. */
static char *
field(struct arena *a, const char *line, unsigned index)
{
	size_t end = strcspn(line, "\n");
	const char *at = line;

	for (; index; index--) {
		size_t n = strcspn(at, ":\n");
		if (at[n] != ':')
			return arena_strdup(a, "");
		at += n + 1;
	}
	size_t n = strcspn(at, ":\n");
	return arena_strndup(a, at, at + n <= line + end ? n : 0);
}

/* The line of passwd or group whose field has that text; NULL where there is none. */
static const char *
find_line(struct arena *a, const char *text, unsigned index, const char *wanted)
{
	for (const char *line = text; *line;) {
		if (strcmp(field(a, line, index), wanted) == 0)
			return line;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return NULL;
}

static bool
number(const char *text, uint32_t *out)
{
	uint64_t v;

	if (!value_int(text, &v) || v > ID_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

/* A name, or a number, by the file's lines, whose third field is the number. */
static int
look_up(struct arena *a, const char *text, const char *who, const char *file, uint32_t *id, const char **line,
	struct err *e)
{
	uint32_t n;

	if (number(who, &n)) {
		*id = n;
		*line = find_line(a, text, 2, who);
		return 0;
	}
	*line = find_line(a, text, 0, who);
	if (!*line || !number(field(a, *line, 2), id))
		return err_set(e, 0, "the image's configuration says user `%.60s`, whom its %s does not hold: write `user`", who,
			       file);
	return 0;
}

static int
find_ids(struct arena *a, const char *spec, const char *passwd, const char *group, uint32_t *uid, uint32_t *gid,
	 struct err *e)
{
	const char *colon = strchr(spec, ':'), *line, *ignored;
	const char *who = arena_strndup(a, spec, colon ? (size_t)(colon - spec) : strlen(spec));

	if (look_up(a, passwd, who, "/etc/passwd", uid, &line, e))
		return -1;
	if (colon)
		return look_up(a, group, colon + 1, "/etc/group", gid, &ignored, e);
	if (!line || !number(field(a, line, 3), gid))
		*gid = *uid;
	return 0;
}

static int
set_user(struct arena *a, struct plan_unit *u, struct tree *t, struct err *e)
{
	const char *spec = u->unit->oci->image->user;
	char *passwd = load_names(t, arena_printf(a, "%s/etc/passwd", u->root.path), e);
	char *group = passwd ? load_names(t, arena_printf(a, "%s/etc/group", u->root.path), e) : NULL;
	uint32_t uid = 0, gid = 0;
	int r = group ? find_ids(a, spec, passwd, group, &uid, &gid, e) : -1;

	free(passwd);
	free(group);
	if (r)
		return -1;
	if (uid == 0) {
		progress_note("%s: its image means to run as root, which no service does: it has uid %u", u->unit->head.name, u->uid);
		return 0;
	}
	if (gid == 0)
		progress_note("%s: its image gives it group 0, which no service has: it has gid %u", u->unit->head.name, uid);
	u->uid = uid;
	u->gid = gid ? gid : uid;
	return 0;
}

static bool
is_program(struct tree *t, const char *path)
{
	struct tree_entry *x = tree_resolve(t, path);

	return x && x->inode->type == TREE_FILE && (x->inode->meta.mode & 0111);
}

/* As execvp would: by PATH where it is a bare name, else from the working folder. */
static void
set_program(struct arena *a, struct plan_unit *u, struct tree *t)
{
	const struct model_service *s = u->unit;
	const char *name = s->command.v[0], *path = DEFAULT_PATH;

	if (name[0] == '/')
		return;
	if (strchr(name, '/')) {
		s->command.v[0] = arena_printf(a, "%s/%s", s->cwd && s->cwd[1] ? s->cwd : "", name);
		return;
	}
	for (size_t i = 0; i < s->env.n; i++)
		if (strncmp(s->env.v[i], "PATH=", 5) == 0)
			path = s->env.v[i] + 5;
	while (*path) {
		size_t n = strcspn(path, ":");
		const char *there = arena_printf(a, "%.*s/%s", (int)n, path, name);
		if (there[0] == '/' && is_program(t, arena_printf(a, "%s%s", u->root.path, there))) {
			s->command.v[0] = there;
			return;
		}
		path += n + (path[n] == ':');
	}
}

/* A folder that an image names and does not hold is made, as whoever runs images does. */
static int
check_cwd(struct arena *a, const struct plan_unit *u, struct tree *t, struct err *e)
{
	static const struct origin own = { "ingot" };
	struct tree_put how = { .meta = { .mode = 0755 }, .origin = &own, .conflict = TREE_KEEP };
	const char *path = arena_printf(a, "%s%s", u->root.path, u->unit->cwd);
	const struct tree_entry *x = tree_resolve(t, path);

	if (x && x->inode->type == TREE_DIR)
		return 0;
	if (!x && is_default(u->unit, "cwd"))
		return tree_put_dir(t, path, &how, e);
	return err_set(e, 0, "%s:%u: no folder %s in the root of `%s`, where it is to start", u->unit->head.node->file,
		       node_place(u->unit->head.node, "cwd")->line, u->unit->cwd, u->unit->head.name);
}

int
put_service(struct arena *a, struct plan_unit *u, struct tree *t, struct err *e)
{
	const struct model_service *s = u->unit;

	if (is_default(s, "user") && set_user(a, u, t, e))
		return err_wrap(e, "%s:%u", s->head.node->file, s->head.node->line);
	if (is_default(s, "command"))
		set_program(a, u, t);
	return s->cwd && s->cwd[1] ? check_cwd(a, u, t, e) : 0;
}
