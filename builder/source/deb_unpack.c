/* SPDX-License-Identifier: MIT
 *
 * Reads a .deb: the ar container, in it control.tar (which scripts there are) and data.tar (the files), each as a
 * stream within a stream.
 */
#include <string.h>

#include "mem.h"
#include "unpacker.h"

/* The order in which they are named, whatever the package's own. */
static const char *const script_names[] = { "preinst", "postinst", "prerm", "postrm", "config", "triggers" };
#define N_SCRIPTS (sizeof script_names / sizeof *script_names)

static int
read_control(struct unpacker *u, struct err *e)
{
	struct archive_entry *x;
	bool found[N_SCRIPTS] = { false };
	unsigned members = 0;
	char list[80] = "";
	int r;

	while ((r = unpack_header(u, &x, e)) > 0) {
		const char *name = unpack_name(x);
		if (++members > 1000)
			return err_set(e, 0, "its control archive holds too many files");
		if (name && strncmp(name, "./", 2) == 0)
			name += 2;
		for (size_t i = 0; name && i < N_SCRIPTS; i++)
			if (strcmp(name, script_names[i]) == 0)
				found[i] = true;
	}
	if (r)
		return -1;
	for (size_t i = 0; i < N_SCRIPTS; i++) {
		if (!found[i])
			continue;
		if (list[0])
			strcat(list, ", "); /* all six with their commas fit */
		strcat(list, script_names[i]);
	}
	u->to->note = list[0] ? arena_strdup(u->to->arena, list) : NULL;
	return 0;
}

static void
tar_format(struct archive *a)
{
	archive_read_support_format_tar(a);
}

static int
read_tar(struct unpacker *u, int (*read)(struct unpacker *u, struct err *e), struct err *e)
{
	static const int filters[] = { ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD, -1 };

	return unpack_plain(u, filters, tar_format, read, e);
}

/* debian-binary says "2.0": another major number is another format. */
static int
read_version(struct unpacker *u, struct err *e)
{
	char text[16] = "";
	la_ssize_t n = archive_read_data(u->pipe.container, text, sizeof text - 1);

	if (n < 0)
		return pipe_failed(&u->pipe, u->pipe.container, e);
	if (strncmp(text, "2.", 2) != 0)
		return err_set(e, 0, "its format is %.*s, not 2.0: not supported", (int)strcspn(text, "\n"), text);
	return 0;
}

static bool
is_tar(const char *name, const char *stem)
{
	size_t n = strlen(stem);

	return strncmp(name, stem, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

static int
read_members(struct unpacker *u, struct err *e)
{
	struct archive_entry *x;
	bool version = false, control = false, data = false;
	int r, failed = 0;

	while ((r = archive_read_next_header(u->pipe.container, &x)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(x);
		if (!name)
			return err_set(e, 0, "it is not a Debian package: a member has no name");
		if (!version && strcmp(name, "debian-binary") != 0)
			return err_set(e, 0, "it is not a Debian package: debian-binary is not its first member");
		if (!version) {
			failed = read_version(u, e);
			version = true;
		} else if (!control && is_tar(name, "control.tar")) {
			failed = read_tar(u, read_control, e);
			control = true;
		} else if (!data && is_tar(name, "data.tar")) {
			failed = read_tar(u, unpack_entries, e);
			data = true;
		}
		if (failed)
			return -1;
	}
	if (r != ARCHIVE_EOF)
		return pipe_failed(&u->pipe, u->pipe.container, e);
	if (!data || !control)
		return err_set(e, 0, "it is not a whole Debian package: %s.tar is missing", data ? "control" : "data");
	return 0;
}

static int
read_deb(struct unpacker *u, struct err *e)
{
	struct archive *a = archive_read_new();
	int r;

	u->pipe.container = a;
	archive_read_support_format_ar(a);
	if (archive_read_open2(a, &u->pipe, NULL, pipe_read_packed, NULL, NULL) != ARCHIVE_OK)
		r = pipe_failed(&u->pipe, a, e);
	else
		r = read_members(u, e);
	archive_read_free(a);
	u->pipe.container = NULL;
	return r;
}

const struct unpack_format format_deb = { "unpacked-deb", "package", false, 0, read_deb };
