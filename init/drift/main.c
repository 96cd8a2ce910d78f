/* SPDX-License-Identifier: MIT
 *
 * ingot-drift: whether a running machine is still what its image says: files, mounts, processes, capabilities, limits
 * and listening ports. It changes nothing but the baseline of /state, where it is told to. `ingotctl drift` executes
 * it, and so does the job that an image with `drift` has.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl.h"
#include "drift.h"
#include "fmt.h"

struct wish {
	const char *name; /* "": all */
	bool json, baseline;
};

static int
complain(const char *line)
{
	char text[ERR_MSG_MAX + 32];
	size_t n = fmt(text, sizeof text, "ingotctl: %s\n", line);

	(void)!write(STDERR_FILENO, text, n); /* there is nobody else to tell */
	return DRIFT_ERROR;
}

static int
open_table(struct tbl *t, struct err *e)
{
	AUTO_FD fd = open(TBL_PATH, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_set(e, errno, "%s", TBL_PATH);
	void *data = st.st_size > 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	if (data == MAP_FAILED)
		return err_set(e, errno, "%s", TBL_PATH);
	return tbl_open(t, data, (size_t)st.st_size, e) ? err_wrap(e, "%s", TBL_PATH) : 0;
}

static const struct tbl_svc *
service_of(const struct tbl *t, const char *name)
{
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		if (strcmp(tbl_str(t, tbl_svc(t, i)->name), name) == 0)
			return tbl_svc(t, i);
	return NULL;
}

static int
check_files(const struct tbl *t, const struct wish *w, const struct ctl_svc *v, size_t n, struct err *e)
{
	if (!*w->name)
		return drift_files(t, NULL, e) || drift_state(t, NULL, e) ? -1 : 0;
	for (size_t i = 0; i < n; i++) {
		const struct tbl_svc *s = service_of(t, v[i].name);
		/* instances have one root */
		if (s && ((i == 0 && drift_files(t, s, e)) || drift_state(t, s, e)))
			return -1;
	}
	return 0;
}

/* A service that the image has not came by a reload; one that it has and PID 1 has not went by one. */
static void
check_services(const struct tbl *t, const struct wish *w, const struct ctl_svc *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct tbl_svc *s = service_of(t, v[i].name);
		if (!s) {
			finding("process", v[i].name, "the service", "none", "one of another table");
			continue;
		}
		drift_service(t, s, &v[i]);
		drift_limits(t, s);
		drift_ports(t, s, &v[i]);
	}
	for (uint32_t k = 0; k < tbl_count(t, TBL_SVCS) && !*w->name; k++) {
		const char *name = tbl_str(t, tbl_svc(t, k)->name);
		bool found = false;
		for (size_t i = 0; i < n && !found; i++)
			found = strcmp(v[i].name, name) == 0;
		if (!found)
			finding("process", name, "the service", "one", "none: another table was loaded");
	}
}

static int
check(const struct wish *w)
{
	struct err e = { .msg = "" };
	const struct ctl_svc *v;
	struct tbl t;
	size_t n;

	/* asked before anything is printed, as a name may be wrong */
	if (open_table(&t, &e) || ctl_services(w->name, &v, &n, &e))
		return complain(e.msg);
	report_open(w->json);
	int r = check_files(&t, w, v, n, &e);
	if (r == 0 && !*w->name)
		r = drift_mounts(&e);
	check_services(&t, w, v, n);
	int code = report_close(&e);
	return code == DRIFT_ERROR ? complain(e.msg) : code;
}

int
main(int argc, char **argv)
{
	struct wish w = { .name = "" };
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			w.json = true;
		else if (strcmp(argv[i], "--baseline") == 0)
			w.baseline = true;
		else if (argv[i][0] == '-' || *w.name)
			return complain("drift: wrong arguments (usage: ingotctl drift [NAME] [--json] | --baseline)");
		else
			w.name = argv[i];
	}
	if (!w.baseline)
		return check(&w);
	if (*w.name || w.json)
		return complain("drift: the baseline is that of all that services keep: --baseline stands alone");
	return drift_keep(&e) ? complain(e.msg) : DRIFT_NONE;
}
