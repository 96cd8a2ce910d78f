/* SPDX-License-Identifier: MIT
 *
 * Archives into the cache: from the host, or from a URL by the host's curl. Under a digest that the cache holds nothing
 * is fetched, and what has another digest than was asked for is not kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "fetch.h"
#include "process.h"
#include "progress.h"

#define URL_SIZE_MAX "17179869184" /* 16 GiB, what an archive may unpack to */

/* The variables that curl knows of proxies and certificates; nothing else of the environment. */
static const char *const passed[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy",
				      "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE" };

static void
show_size(void *arg)
{
	struct stat st;

	if (stat(arg, &st) == 0)
		progress_update((uint64_t)st.st_size);
}

/* curl's own words without what stands before them; its last line. */
static const char *
last_line(char *text)
{
	size_t n = strlen(text);

	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	const char *line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	return line[0] ? line : "curl says nothing";
}

static int
run_curl(const char *url, const char *to, struct err *e)
{
	const char *env[sizeof passed / sizeof *passed + 1];
	char *vars[sizeof passed / sizeof *passed];
	size_t n = 0;
	/* -q: no curlrc of the user's; a redirect may not lead to a file */
	const char *const argv[] = { "curl", "-q", "--fail", "--silent", "--show-error", "--location", "--max-redirs", "10",
				     "--proto", "=https,http,file", "--proto-redir", "=https,http", "--globoff",
				     "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60",
				     "--max-filesize", URL_SIZE_MAX, "--output", to, "--", url, NULL };
	struct process p = { .argv = argv, .env = env, .tick = show_size, .arg = (void *)to };
	struct rlimit old, size;
	int r;

	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		if (getenv(passed[i]))
			vars[n++] = xprintf("%s=%s", passed[i], getenv(passed[i]));
	for (size_t i = 0; i <= n; i++)
		env[i] = i < n ? vars[i] : NULL;
	/* curl goes by the size that a server states, if it states one: the file's own bound holds for the others */
	getrlimit(RLIMIT_FSIZE, &old);
	size = old;
	if (size.rlim_cur > strtoull(URL_SIZE_MAX, NULL, 10))
		size.rlim_cur = strtoull(URL_SIZE_MAX, NULL, 10);
	setrlimit(RLIMIT_FSIZE, &size);
	r = process_run(&p, e);
	setrlimit(RLIMIT_FSIZE, &old);
	if (r && e->code == ENOENT)
		err_set(e, 0, "%.300s cannot be fetched, as this machine has no curl: install it, or fetch the archive yourself "
			      "and write `path` for `url`", url);
	else if (r == 0 && p.status)
		r = err_set(e, 0, "cannot fetch %.200s: %.150s; check the address and the network", url, last_line(p.err));
	process_release(&p);
	while (n)
		free(vars[--n]);
	return r;
}

static int
other_digest(const char *name, const uint8_t wanted[DIGEST_SIZE], const uint8_t found[DIGEST_SIZE], struct err *e)
{
	char want[DIGEST_HEX], have[DIGEST_HEX];

	digest_hex(wanted, want);
	digest_hex(found, have);
	return err_set(e, 0, "%.200s is not what was asked for: sha256 %s is wanted, %s was found; where the new one is "
			     "meant, write it", name, want, have);
}

/* Takes a file into the cache if it has the digest; `name` is what messages call it. */
static int
take_file(struct cache *c, const char *path, const char *name, const uint8_t sha256[DIGEST_SIZE], struct content *out,
	  struct err *e)
{
	struct content found;

	if (content_of_file(&found, path, e))
		return -1;
	if (memcmp(found.sha256, sha256, DIGEST_SIZE) != 0)
		return other_digest(name, sha256, found.sha256, e);
	return cache_lookup(c, sha256, out) ? 0 : cache_import(c, path, sha256, out, e);
}

int
fetch_url(struct cache *c, const char *url, const uint8_t sha256[DIGEST_SIZE], struct content *out, struct err *e)
{
	const char *slash = strrchr(url, '/');
	char *label, *temp;
	int r;

	if (cache_lookup(c, sha256, out))
		return 0;
	temp = xprintf("%s/tmp/url-XXXXXX", cache_dir(c));
	int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		free(temp);
		return err_set(e, errno, "cannot write to the cache folder %s/tmp", cache_dir(c));
	}
	close(fd);
	label = xprintf("fetching %.40s", slash && slash[1] ? slash + 1 : url);
	progress_begin(label, 0, PROGRESS_BYTES);
	r = run_curl(url, temp, e);
	if (r)
		progress_cancel();
	else
		progress_end();
	if (r == 0)
		r = take_file(c, temp, url, sha256, out, e);
	unlink(temp);
	free(temp);
	free(label);
	return r;
}

int
fetch_archive(struct cache *c, struct plan_source *s, struct err *e)
{
	const struct src_archive *a = s->source->archive;
	uint8_t sha256[DIGEST_SIZE];

	digest_parse(a->sha256, sha256); /* check.c has seen to its form */
	int r = a->url ? fetch_url(c, a->url, sha256, &s->archive, e) :
			 take_file(c, a->path, a->path, sha256, &s->archive, e);
	return r ? err_wrap(e, "%s", s->origin->text) : 0;
}
