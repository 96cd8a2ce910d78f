/* SPDX-License-Identifier: MIT
 *
 * ingot-net: keeps the machine's own links as the image file declares them (run), says how they are (check), or makes
 * the private networks of services (serve). It allocates nothing and uses no library but libc.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "net.h"
#include "net_ask.h"

extern char **environ;

static struct netf file;

static const char usage[] =
	"usage: ingot-net run [-c FILE] [-o FILE] [-b BUSYBOX] [-r FD]\n"
	"       ingot-net check [--json] [-c FILE] [-o FILE]\n"
	"       ingot-net serve [-s SOCKET] [-r FD]\n";

static int
read_file(const char *path, struct err *e)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return err_set(e, errno, "%s", path);
	for (; n > 0 && have < sizeof file; have += n > 0 ? (size_t)n : 0)
		n = read(fd, (char *)&file + have, sizeof file - have);
	if (n < 0)
		return err_set(e, errno, "%s", path);
	return netf_check(&file, have, e) ? err_wrap(e, "%s", path) : 0;
}

/* A descriptor that only a service is given: 3 to 255. */
static bool
read_fd(const char *text, int *out)
{
	int v = 0;

	for (; *text >= '0' && *text <= '9' && v < 1000; text++)
		v = v * 10 + (*text - '0');
	*out = v;
	return !*text && v >= 3 && v <= 255;
}

static bool
read_options(int argc, char **argv, bool run, struct options *o)
{
	for (int i = 2; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (!run && strcmp(argv[i], "--json") == 0) {
			o->json = true;
			continue;
		}
		if (!value)
			return false;
		if (strcmp(argv[i], "-c") == 0)
			o->file = value;
		else if (strcmp(argv[i], "-o") == 0)
			o->resolv = value;
		else if (run && strcmp(argv[i], "-b") == 0)
			o->busybox = value;
		else if (!run || strcmp(argv[i], "-r") != 0 || !read_fd(value, &o->ready_fd))
			return false;
		i++;
	}
	return true;
}

/* Its networks are told by who asks for them: it reads no file. */
static int
main_serve(int argc, char **argv)
{
	struct options o = { .socket = NET_ASK_PATH, .ready_fd = -1 };
	bool right = argc % 2 == 0;
	struct err e;

	for (int i = 2; i + 1 < argc && right; i += 2)
		if (strcmp(argv[i], "-s") == 0)
			o.socket = argv[i + 1];
		else
			right = strcmp(argv[i], "-r") == 0 && read_fd(argv[i + 1], &o.ready_fd);
	if (!right) {
		write(STDERR_FILENO, usage, sizeof usage - 1);
		return 2;
	}
	if (serve(&o, &e) == 0)
		return 0;
	note("%s", e.msg);
	return 1;
}

/* udhcpc's own: it calls its script with one word, and says in the environment which link it is for. */
static bool
is_event(int argc, char **argv)
{
	static const char *const events[] = { "deconfig", "bound", "renew", "leasefail", "nak" };

	for (size_t i = 0; argc == 2 && i < sizeof events / sizeof *events; i++)
		if (strcmp(argv[1], events[i]) == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	struct options o = { .file = NETF_PATH, .resolv = NETF_RESOLV, .busybox = "/bin/busybox", .ready_fd = -1 };
	bool run = argc > 1 && strcmp(argv[1], "run") == 0, right = false;
	struct err e;

	if (is_event(argc, argv))
		return dhcp_hand_over(argv[1], environ);
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return main_serve(argc, argv);
	if (argc < 2 || (!run && strcmp(argv[1], "check") != 0) || !read_options(argc, argv, run, &o)) {
		write(STDERR_FILENO, usage, sizeof usage - 1);
		return 2;
	}
	if (read_file(o.file, &e) == 0 && (run ? keep(&o, &file, &e) : check(&o, &file, &right, &e)) == 0)
		return run || right ? 0 : 1;
	note("%s", e.msg);
	return run ? 1 : 2;
}
