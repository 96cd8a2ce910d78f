/* SPDX-License-Identifier: MIT
 *
 * inotify on folders: an editor replaces a file by renaming another over it, which a watch on the file itself would
 * not see. A file's folder is watched for its name alone, a folder that is a source for every name in it and below.
 */
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"

#define QUIET_MS 100 /* an editor writes several files, and a file in several steps */
#define EVENTS   (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB)

struct item {
	int wd;
	char *name; /* NULL: any name */
};

struct watch {
	int fd;
	struct item *items;
	size_t n_items, room;
	int (*rebuild)(void *arg);
	void *arg;
	uint64_t due_ms; /* 0: nothing has changed */
	pid_t builder;
	int builder_fd;  /* its pidfd; -1: none runs */
};

static int
add(struct watch *w, const char *folder, const char *name, struct err *e)
{
	int wd = inotify_add_watch(w->fd, folder, EVENTS);

	if (wd < 0)
		return err_set(e, errno, "cannot watch %s%s", folder,
			       errno == ENOSPC ? " (more folders than fs.inotify.max_user_watches)" : "");
	w->items = grow(w->items, w->n_items, &w->room, sizeof *w->items);
	w->items[w->n_items++] = (struct item){ wd, name ? xstrdup(name) : NULL };
	return 0;
}

static int
add_file(struct watch *w, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xprintf("%.*s", slash == path ? 1 : (int)(slash - path), path) : xstrdup(".");
	int r = add(w, folder, slash ? slash + 1 : path, e);

	free(folder);
	return r;
}

static int
add_folder(struct watch *w, const char *path, struct err *e)
{
	DIR *d = opendir(path);
	struct dirent *x;
	struct stat st;
	int r = d ? add(w, path, NULL, e) : err_set(e, errno, "cannot watch %s", path);

	while (d && r == 0 && (x = readdir(d)) != NULL) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0 ||
		    fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
			continue;
		char *below = xprintf("%s/%s", path, x->d_name);
		r = add_folder(w, below, e);
		free(below);
	}
	if (d)
		closedir(d);
	return r;
}

static int
add_either(struct watch *w, const char *path, struct err *e)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? add_folder(w, path, e) : add_file(w, path, e);
}

static int
add_sources(struct watch *w, const struct source *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct source *s = &v[i];
		const char *paths[] = { s->file ? s->file->path : NULL, s->folder ? s->folder->path : NULL,
					s->archive ? s->archive->path : NULL, s->oci ? s->oci->path : NULL };
		for (size_t k = 0; k < sizeof paths / sizeof *paths; k++)
			if (paths[k] && add_either(w, paths[k], e))
				return -1;
		if (s->build && add_sources(w, s->build->inputs.v, s->build->inputs.n, e))
			return -1;
	}
	return 0;
}

static int
add_project(struct watch *w, const struct project *p, struct err *e)
{
	if (add_file(w, p->file, e) || add_sources(w, p->image.sources.v, p->image.sources.n, e))
		return -1;
	for (size_t i = 0; i < p->n_recipes; i++)
		if (add_file(w, p->recipes[i]->file, e) ||
		    add_sources(w, p->recipes[i]->sources.v, p->recipes[i]->sources.n, e))
			return -1;
	for (size_t i = 0; i < project_units(p); i++)
		if (add_sources(w, project_unit(p, i)->sources.v, project_unit(p, i)->sources.n, e))
			return -1;
	return 0;
}

struct watch *
watch_new(const struct project *p, int (*rebuild)(void *arg), void *arg, struct err *e)
{
	struct watch *w = xcalloc(1, sizeof *w);

	w->rebuild = rebuild;
	w->arg = arg;
	w->builder_fd = -1;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd >= 0 ? add_project(w, p, e) == 0 : err_set(e, errno, "cannot watch files"))
		return w;
	watch_free(w);
	return NULL;
}

static void
end_builder(struct watch *w, int *status)
{
	*status = -1;
	waitpid(w->builder, status, 0);
	close(w->builder_fd);
	w->builder_fd = -1;
}

void
watch_free(struct watch *w)
{
	int ignored;

	if (!w)
		return;
	if (w->builder_fd >= 0) {
		kill(w->builder, SIGTERM);
		end_builder(w, &ignored);
	}
	fd_cleanup(&w->fd);
	for (size_t i = 0; i < w->n_items; i++)
		free(w->items[i].name);
	free(w->items);
	free(w);
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

int
watch_builder_fd(const struct watch *w)
{
	return w->builder_fd;
}

uint64_t
watch_due_ms(const struct watch *w)
{
	return w->due_ms && w->builder_fd < 0 ? w->due_ms : UINT64_MAX;
}

static bool
concerns(const struct watch *w, const struct inotify_event *ev)
{
	if (ev->mask & IN_Q_OVERFLOW)
		return true;
	for (size_t i = 0; i < w->n_items; i++)
		if (w->items[i].wd == ev->wd &&
		    (!w->items[i].name || (ev->len && strcmp(w->items[i].name, ev->name) == 0)))
			return true;
	return false;
}

static bool
read_events(struct watch *w)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t n;

	while ((n = read(w->fd, buf, sizeof buf)) > 0) {
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *ev = (const void *)at;
			changed |= concerns(w, ev);
			at += sizeof *ev + ev->len;
		}
	}
	return changed;
}

static void
start_builder(struct watch *w)
{
	pid_t self = getpid();
	sigset_t none;

	w->due_ms = 0;
	fflush(NULL); /* or the child would write what waits here once more */
	w->builder = fork();
	if (w->builder == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != self)
			_exit(REBUILT_SAME);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		_exit(w->rebuild(w->arg));
	}
	if (w->builder > 0)
		w->builder_fd = (int)syscall(SYS_pidfd_open, w->builder, 0);
}

static bool
builder_ended(const struct watch *w)
{
	siginfo_t si = { .si_pid = 0 };

	return w->builder_fd >= 0 && waitid(P_PID, (id_t)w->builder, &si, WEXITED | WNOHANG | WNOWAIT) == 0 && si.si_pid;
}

enum watch_result
watch_step(struct watch *w, uint64_t now_ms)
{
	int status;

	if (read_events(w))
		w->due_ms = now_ms + QUIET_MS;
	if (builder_ended(w)) {
		end_builder(w, &status);
		if (WIFEXITED(status) && WEXITSTATUS(status) == REBUILT)
			return WATCH_BUILT;
	}
	if (w->due_ms && now_ms >= w->due_ms && w->builder_fd < 0)
		start_builder(w);
	return WATCH_NOTHING;
}
