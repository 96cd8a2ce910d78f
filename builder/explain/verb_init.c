/* SPDX-License-Identifier: MIT
 *
 * `ingot init [NAME.yml]`: a first image file with a comment for each thing that one may want to change. It is made of
 * the recipes that ship with ingot, and never writes over a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "value.h"
#include "verbs.h"

/* The image's name goes in between. */
static const char head[] =
	"# An image for ingot; see ingot.yml(5) for every key, `ingot show --effective` for what is preset.\n"
	"#\n"
	"# yaml-language-server: $schema=ingot.schema.json\n"
	"# (`ingot schema >ingot.schema.json` beside this file: editors then complete and check it)\n"
	"image: ";

static const char body[] =
	"\n"
	"description: a page on port 8000\n"
	"\n"
	"kernel: {recipe: kernel-cloud}      # Debian's kernel for virtual machines; see recipes/\n"
	"recipes: [busybox]                  # the machine's own root: a shell for people, the DHCP client\n"
	"\n"
	"network:\n"
	"  links: [{name: eth0, dhcp: true}]\n"
	"\n"
	"services:\n"
	"  page:                             # each service has a root, namespaces and a cgroup of its own\n"
	"    recipes: [busybox]              # what its root is made of, in order\n"
	"    sources:                        # and more for it: files, folders, texts, packages\n"
	"      - text: {to: /www/index.html, content: \"hello\\n\"}\n"
	"      # - folder: {path: www, to: /www}          # a folder beside this file\n"
	"      # - debian: {packages: [redis-server]}     # Debian packages, with what they depend on\n"
	"    command: [/usr/sbin/httpd, -f, -p, \"8000\", -h, /www]   # no shell reads it\n"
	"    network: {mode: machine, ports: [{machine: 8000}]}     # none, unless it is stated\n"
	"    limits: {memory: 16M, pids: 16}                        # memory must be stated\n"
	"    ready: {tcp: 8000}              # what needs it waits for this port to answer\n"
	"    # state: [{path: /var/lib/page, size: 4M}]   # the only place where it may write for good\n"
	"    # restart: {policy: always}     # always, on-failure or never\n"
	"\n"
	"# jobs:\n"
	"#   report:                         # runs by the clock\n"
	"#     recipes: [busybox]\n"
	"#     command: [/bin/sh, -c, \"date; uptime\"]\n"
	"#     schedule: {every: 5m}\n"
	"#     limits: {memory: 8M}\n"
	"\n"
	"budget: {memory: 256M}              # of the machine; the limits above must fit into it\n"
	"run:\n"
	"  forward: [{host: 8000, machine: 8000}]   # `ingot run`: http://localhost:8000/\n";

/* images/shop.yml is the image `shop`. */
static const char *
name_of(struct arena *a, const char *file, struct err *e)
{
	const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
	size_t n = strlen(base);

	if (n < 5 || strcmp(base + n - 4, ".yml") != 0) {
		err_set(e, 0, "an image file is called NAME.yml, such as images/shop.yml, not %s", file);
		return NULL;
	}
	const char *name = arena_strndup(a, base, n - 4);
	if (value_is_name(name))
		return name;
	err_set(e, 0, "`%s` cannot be an image's name: small letters, digits and -, at most 31", name);
	return NULL;
}

static int
write_text(int fd, const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	return 0;
}

int
verb_init(const struct options *o, struct build *b, struct err *e)
{
	const char *file = o->n_args ? o->args[0] : "image.yml";

	b->project.arena = arena_new();
	const char *name = name_of(b->project.arena, file, e);
	if (!name)
		return VERB_USAGE;
	AUTO_FD fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return err_set(e, 0, "%s is there already, and is left as it is: name another file", file);
	if (fd < 0)
		return err_set(e, errno, "cannot write %s", file);
	if (write_text(fd, head) || write_text(fd, name) || write_text(fd, body)) {
		err_set(e, errno, "cannot write %s", file);
		unlink(file);
		return VERB_FAILED;
	}
	printf("wrote %s; next: ingot check %s, ingot run %s\n", file, file, file);
	return VERB_OK;
}
