/* SPDX-License-Identifier: MIT
 *
 * Keeps apt's state below the cache folder, so that an ordinary user can resolve and download: the machine's
 * sources, keys, preferences and proxies are read, its lists, locks, hooks and package database are neither read
 * nor touched.
 */
#include "apt_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "progress.h"

#define FRESH_SECONDS 3600 /* lists younger than this are not read anew for a resolution */

#define REASON_MAX 200

/* Of the machine's own configuration: how to reach mirrors, and where sources and keys are. Nothing that runs a
 * program at an event, and nothing that accepts what is not signed. */
static const char *const carried[] = {
	"Acquire::", "Dir::Etc", "Dir::Bin::methods", "APT::Key::", "APT::Default-Release",
};
static const char *const not_carried[] = {
	"Acquire::Allow", "Acquire::Languages", "Acquire::IndexTargets", "Acquire::Gzip", "Acquire::Compression",
	"Acquire::Changelogs", "Acquire::cdrom", "Dir::Etc::main", "Dir::Etc::parts",
};

static bool
has_prefix(const char *s, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncasecmp(s, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* One line of `apt-config dump`: NAME "VALUE"; */
static void
carry_line(FILE *f, const char *line)
{
	const char *value = strstr(line, " \"");
	size_t n = strlen(line);

	if (!has_prefix(line, carried, sizeof carried / sizeof *carried) ||
	    has_prefix(line, not_carried, sizeof not_carried / sizeof *not_carried))
		return;
	if (!value || n < 4 || strcmp(line + n - 2, "\";") != 0)
		return;
	value += 2;
	size_t len = strlen(value) - 2;
	/* an empty value is only a node of apt's tree; a quote inside could not be written back */
	if (len && !memchr(value, '"', len))
		fprintf(f, "%s\n", line);
}

/* The environment that apt's programs get: the user's, where it says how to reach the network. */
static const char *const *
make_env(struct apt *a, const char *conf)
{
	static const char *const kept[] = { "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY",
					    "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "TMPDIR" };
	size_t n_kept = sizeof kept / sizeof *kept, n = 0;
	const char **env = arena_alloc(a->arena, (n_kept + 5) * sizeof *env);
	const char *path = getenv("PATH");

	env[n++] = arena_printf(a->arena, "PATH=%s", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
	env[n++] = "LC_ALL=C";
	env[n++] = "DEBIAN_FRONTEND=noninteractive";
	if (conf)
		env[n++] = arena_printf(a->arena, "APT_CONFIG=%s", conf);
	for (size_t i = 0; i < n_kept; i++)
		if (getenv(kept[i]))
			env[n++] = arena_printf(a->arena, "%s=%s", kept[i], getenv(kept[i]));
	return env;
}

/* What the machine says, read with its own APT_CONFIG if the user has set one. */
static int
carry_machine(struct apt *a, FILE *f, struct err *e)
{
	const char *argv[] = { "apt-config", "dump", NULL }, *theirs = getenv("APT_CONFIG");
	struct process p = { .argv = argv, .env = make_env(a, theirs) };
	char *save = NULL;
	int r = apt_run(a, &p, e);

	if (r == 0 && p.status != 0)
		r = apt_failed(a, &p, "reading the machine's apt configuration", e);
	for (char *line = r ? NULL : strtok_r(p.out, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		carry_line(f, line);
	process_release(&p);
	return r;
}

static void
write_own(struct apt *a, FILE *f)
{
	fprintf(f, "Dir::Etc::Main \"%s/none\";\nDir::Etc::Parts \"%s/empty/\";\n", a->dir, a->dir);
	fprintf(f, "Dir::State \"%s\";\nDir::State::Lists \"%s/lists/\";\n", a->dir, a->dir);
	fprintf(f, "Dir::State::status \"%s/status\";\n", a->dir);
	fprintf(f, "Dir::State::extended_states \"%s/extended_states\";\n", a->dir);
	fprintf(f, "Dir::Cache \"%s/cache\";\nDir::Cache::archives \"%s/cache/archives/\";\n", a->dir, a->dir);
	fprintf(f, "Dir::Log \"%s\";\n", a->dir);
	fprintf(f, "APT::Architecture \"%s\";\nAPT::Architectures { \"%s\"; };\n", a->arch, a->arch);
	fputs("APT::Install-Recommends \"0\";\nAPT::Install-Suggests \"0\";\nAPT::Get::Show-Versions \"0\";\n"
	      "APT::Sandbox::User \"root\";\n" /* root would become _apt, which may not write here */
	      "APT::Update::Error-Mode \"any\";\nAcquire::Languages \"none\";\nAcquire::Retries \"1\";\n"
	      /* our lists outlive a release: its move from stable to oldstable is nobody's attack */
	      "Acquire::AllowReleaseInfoChange::Suite \"1\";\n"
	      "Debug::NoLocking \"1\";\n", /* we hold our own lock, for longer */
	      f);
	if (!a->source)
		fputs("Acquire::IndexTargets::deb-src::Sources::DefaultEnabled \"false\";\n", f);
}

static int
write_config(struct apt *a, const char *path, struct err *e)
{
	char *new_path = arena_printf(a->arena, "%s.new", path);
	FILE *f = fopen(new_path, "we");

	if (!f)
		return err_set(e, errno, "cannot write %s", new_path);
	write_own(a, f);
	int r = carry_machine(a, f, e);
	if (a->source) /* the last word holds */
		fprintf(f, "Dir::Etc::SourceList \"/dev/null\";\nDir::Etc::SourceParts \"%s/sources\";\n", a->dir);
	if (fclose(f) && r == 0)
		r = err_set(e, errno, "cannot write %s", new_path);
	if (r == 0 && rename(new_path, path))
		r = err_set(e, errno, "cannot write %s", path);
	return r;
}

static int
make_folders(struct apt *a, struct err *e)
{
	static const char *const below[] = { "lists", "lists/partial", "cache", "cache/archives", "cache/archives/partial",
					     "download", "empty" };
	char *parent = arena_printf(a->arena, "%s/apt", cache_dir(a->cache));

	if ((mkdir(parent, 0777) && errno != EEXIST) || (mkdir(a->dir, 0777) && errno != EEXIST))
		return err_set(e, errno, "cannot make %s", a->dir);
	for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
		char *path = arena_printf(a->arena, "%s/%s", a->dir, below[i]);
		if (mkdir(path, 0777) && errno != EEXIST)
			return err_set(e, errno, "cannot make %s", path);
	}
	return 0;
}

/* One run at a time uses the private state; it is waited for, and said so. */
static int
take_lock(struct apt *a, struct err *e)
{
	char *path = arena_printf(a->arena, "%s/lock", a->dir);
	AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_set(e, errno, "cannot write %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		progress_note("waiting for another ingot that is resolving packages in %s", a->dir);
		while (flock(fd, LOCK_EX))
			if (errno != EINTR)
				return err_set(e, errno, "cannot lock %s", path);
	}
	a->lock = take_fd(&fd);
	return 0;
}

/* An empty file. One that is empty already is left alone: apt's own cache goes by the times of the files it read. */
static int
make_empty(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size == 0)
		return 0;
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	return fd < 0 ? err_set(e, errno, "cannot write %s", path) : 0;
}

static const char *
stamp(const struct apt *a)
{
	return arena_printf(a->arena, "%s/updated", a->dir);
}

static bool
have_lists(const struct apt *a)
{
	char *path = xprintf("%s/lists", a->dir);
	DIR *d = opendir(path);
	struct dirent *x;
	bool found = false;

	free(path);
	while (d && !found && (x = readdir(d)) != NULL)
		found = strstr(x->d_name, a->source ? "_Sources" : "_Packages") != NULL;
	if (d)
		closedir(d);
	return found;
}

int
apt_ready(struct apt *a, struct err *e)
{
	if (a->ready)
		return 0;
	if (a->dir[strcspn(a->dir, "\"\\\n")])
		return err_set(e, 0, "the cache folder's name holds a quote or a backslash, which apt cannot read: choose another "
				     "one than %s", cache_dir(a->cache));
	char *conf = arena_printf(a->arena, "%s/apt.conf", a->dir);
	if (make_folders(a, e) || (a->lock < 0 && take_lock(a, e)))
		return -1;
	a->env = make_env(a, getenv("APT_CONFIG"));
	if (a->source && apt_write_sources(a, e))
		return -1;
	if (make_empty(a->log, e) || make_empty(arena_printf(a->arena, "%s/status", a->dir), e) ||
	    write_config(a, conf, e))
		return -1;
	a->env = make_env(a, conf);
	a->ready = true;
	if (!have_lists(a) && apt_update(a, e)) {
		a->ready = false;
		return -1;
	}
	return 0;
}

static void
log_run(const struct apt *a, const struct process *p)
{
	FILE *f = fopen(a->log, "ae");

	if (!f)
		return; /* a log is no reason to fail */
	fputs("$", f);
	for (size_t i = 0; p->argv[i]; i++)
		fprintf(f, " %s", p->argv[i]);
	fprintf(f, "\n%s%s(status %d)\n\n", p->out_size < 65536 ? p->out : "(much output)\n", p->err, p->status);
	fclose(f);
}

int
apt_run(struct apt *a, struct process *p, struct err *e)
{
	int r;

	if (!p->env)
		p->env = a->env;
	if (!p->cwd)
		p->cwd = a->dir;
	r = process_run(p, e);
	if (r == 0)
		log_run(a, p);
	else if (e->code == ENOENT)
		err_set(e, 0, "this machine has no apt (%s is not found), which resolving and downloading Debian packages "
			      "needs: install it, or build on a lock file with a filled cache", p->argv[0]);
	return r;
}

static const char *const unreachable[] = {
	"Temporary failure resolving", "Could not resolve", "Something wicked happened resolving", "Could not connect",
	"Unable to connect", "Failed to connect", "Cannot initiate the connection", "Connection failed",
	"Connection timed out", "Connection refused", "Network is unreachable", "No route to host",
	"Proxy connection timed out", NULL };

static const char *const missing[] = { "E: Unable to locate package", "has no installation candidate",
				       "' was not found", "  404  Not Found", "E: No packages found",
				       "E: Couldn't find any package", "unmet dependencies", NULL };

static const char *
find_any(const char *text, const char *const *words)
{
	for (; *words; words++) {
		const char *at = strstr(text, *words);
		if (at)
			return at;
	}
	return NULL;
}

enum apt_failure
apt_classify(const struct process *p)
{
	/* what is missing comes first: apt tries other mirrors on its own */
	if (find_any(p->err, missing) || strstr(p->out, "unmet dependencies"))
		return APT_MISSING;
	return find_any(p->err, unreachable) ? APT_UNREACHABLE : APT_OTHER;
}

/* The line from `at` to its end, without what would not be one line's text. */
static void
copy_line(char *to, size_t cap, const char *at)
{
	size_t n = 0;

	for (; *at && *at != '\n' && n + 1 < cap; at++)
		to[n++] = (unsigned char)*at < 0x20 ? ' ' : *at;
	to[n] = '\0';
}

int
apt_failed(struct apt *a, const struct process *p, const char *doing, struct err *e)
{
	const char *at = find_any(p->err, unreachable);
	char reason[REASON_MAX];

	if (at && apt_classify(p) == APT_UNREACHABLE) {
		copy_line(reason, sizeof reason, at);
		return err_set(e, 0, "cannot reach the package mirror: %s; check the network, or use a filled cache (apt's own "
				     "words: %s)", reason, a->log);
	}
	at = strstr(p->err, "E: ");
	copy_line(reason, sizeof reason, at ? at + 3 : p->err[0] ? p->err : "it says nothing");
	return err_set(e, 0, "%s failed with status %d: %s (apt's own words: %s)", doing, p->status, reason, a->log);
}

/* Bytes of the files in a folder, and how many of them end so. */
static uint64_t
folder_bytes(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *x;
	struct stat st;
	uint64_t bytes = 0;

	while (d && (x = readdir(d)) != NULL)
		if (fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	if (d)
		closedir(d);
	return bytes;
}

static void
update_tick(void *arg)
{
	struct apt *a = arg;
	char *path = xprintf("%s/lists/partial", a->dir);
	uint64_t bytes = folder_bytes(path);

	free(path);
	if (bytes > a->update_bytes) /* finished lists leave the folder: the number must not go back */
		a->update_bytes = bytes;
	progress_update(a->update_bytes);
}

/* The lists themselves bear the mirror's time, not the time they were read at. */
int
apt_refresh(struct apt *a, struct err *e)
{
	struct stat st;

	if (apt_ready(a, e))
		return -1;
	if (stat(stamp(a), &st) == 0 && time(NULL) - st.st_mtime < FRESH_SECONDS)
		return 0;
	return apt_update(a, e);
}

/* A machine may name sources that no longer answer: as long as others do, one line says so and the build goes on. */
int
apt_update(struct apt *a, struct err *e)
{
	const char *argv[] = { "apt-get", "-q", "update", NULL };
	struct process p = { .argv = argv, .tick = update_tick, .arg = a };
	int r = -1;

	if (!a->ready && apt_ready(a, e))
		return -1;
	if (a->updated)
		return 0;
	progress_begin("reading package lists", 0, PROGRESS_BYTES);
	if (apt_run(a, &p, e) == 0) {
		bool some = (strstr(p.out, "Get:") || strstr(p.out, "Hit:")) && have_lists(a);
		r = p.status == 0 || some ? 0 : apt_failed(a, &p, "apt-get update", e);
		if (r == 0 && p.status != 0)
			progress_note("some of this machine's package sources did not answer, see %s", a->log);
		if (r == 0 && !have_lists(a))
			r = err_set(e, 0, "this machine has no package sources for %s (/etc/apt/sources.list, "
					  "/etc/apt/sources.list.d); apt's own words: %s", a->arch, a->log);
	}
	process_release(&p);
	a->updated = r == 0 && make_empty(stamp(a), e) == 0;
	if (r)
		progress_cancel();
	else
		progress_end();
	return r;
}
