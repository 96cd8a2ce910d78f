/* SPDX-License-Identifier: MIT
 *
 * What a build step is shut into: namespaces, mounts, an environment, limits. Each is fixed, so that the command sees
 * the same whoever builds where. An ordinary user becomes root of a user namespace; root needs none, and the command
 * holds no capability either way.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "mem.h"
#include "step.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

static int
write_once(const char *path, const char *text, struct err *e)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return err_set(e, errno, "cannot set up a user namespace: %s", path);
	return 0;
}

static int
map_ids(uid_t uid, gid_t gid, struct err *e)
{
	char text[64];

	if (write_once("/proc/self/setgroups", "deny", e))
		return -1;
	snprintf(text, sizeof text, "0 %u 1", uid);
	if (write_once("/proc/self/uid_map", text, e))
		return -1;
	snprintf(text, sizeof text, "0 %u 1", gid);
	return write_once("/proc/self/gid_map", text, e);
}

static int
refused(int code, struct err *e)
{
	return err_set(e, code, "a build step needs a user namespace, and this host lets you make none: allow it "
				"(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
				"kernel.apparmor_restrict_unprivileged_userns), build as root, or use a cache that holds the "
				"step's result");
}

/* The pid namespace is the next child's. */
int
step_enter_namespaces(struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && unshare(NAMESPACES) == 0)
		return setgroups(0, NULL) && errno != EPERM ? err_set(e, errno, "cannot leave the groups") : 0;
	if (unshare(NAMESPACES | CLONE_NEWUSER))
		return refused(errno, e);
	return map_ids(uid, gid, e);
}

/* ---- mounts ---- */

struct target {
	const char *folder;
	struct err *err;
	bool failed;
};

static void
mount_at(struct target *t, const char *what, const char *type, const char *path, unsigned long flags, const char *data)
{
	char *at = xprintf("%s%s", t->folder, path);

	if (!t->failed && mount(what, at, type, flags, data)) {
		t->failed = true;
		if (errno == EPERM || errno == EACCES)
			refused(errno, t->err);
		else
			err_set(t->err, errno, "cannot mount %s in a build step", path[0] ? path : "its root");
	}
	free(at);
}

/* Read-only and by itself: its mode and owner are the host's, what is written to a device is not held up by that. */
static void
bind_device(struct target *t, const char *path)
{
	mount_at(t, path, NULL, path, MS_BIND, NULL);
	mount_at(t, NULL, NULL, path, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL);
}

/* The root lies in memory and is seen by nobody else: nothing has to be removed, however this ends. */
int
step_make_root(const struct src_build *b, struct tree *root, const char *folder, struct err *e)
{
	static const char *const writable[] = { STEP_HOME, STEP_OUT, STEP_TMP, "/dev/shm" };
	static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
	struct target t = { folder, e, false };
	char size[64];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return err_set(e, errno, "cannot make the mounts of a build step private");
	mount_at(&t, "ingot", "tmpfs", "", MS_NOSUID | MS_NODEV, "mode=0755,size=100%,nr_inodes=0");
	if (t.failed || step_write_root(root, folder, e))
		return -1;
	snprintf(size, sizeof size, "mode=0755,size=%llu", (unsigned long long)b->space);
	for (size_t i = 0; i < sizeof writable / sizeof *writable; i++)
		mount_at(&t, "ingot", "tmpfs", writable[i], MS_NOSUID | MS_NODEV, size);
	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
		bind_device(&t, devices[i]);
	/* neither the machine's memory, processors and settings, nor the step's first process, which still has ingot's root,
	 * words and environment: Linux 5.8 */
	mount_at(&t, "proc", "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "hidepid=ptraceable,subset=pid");
	mount_at(&t, NULL, NULL, "", MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
	return t.failed ? -1 : 0;
}

/* ---- the command ---- */

static int
enter_root(const char *folder, struct err *e)
{
	if (unshare(CLONE_NEWNS) || chdir(folder) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) ||
	    chdir(STEP_HOME))
		return err_set(e, errno, "cannot enter the root of a build step");
	if (sethostname("ingot", 5) || setdomainname("", 0))
		return err_set(e, errno, "cannot name the host of a build step");
	return 0;
}

static int
set_limits(const struct src_build *b, struct err *e)
{
	const struct rlimit files = { 1024, 1024 }, core = { 0, 0 }, memory = { b->memory, b->memory };
	struct rlimit stack;

	if (setrlimit(RLIMIT_CORE, &core) || setrlimit(RLIMIT_NOFILE, &files) ||
	    (b->memory && setrlimit(RLIMIT_AS, &memory)) || getrlimit(RLIMIT_STACK, &stack))
		return err_set(e, errno, "cannot set the limits of a build step");
	stack.rlim_cur = 8u << 20;
	if (stack.rlim_max < stack.rlim_cur || setrlimit(RLIMIT_STACK, &stack))
		return err_set(e, errno, "cannot set the stack of a build step to 8 MiB");
	return 0;
}

/* Also of the bounding set: a program executed as root would have them back. */
static int
drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
			return err_set(e, errno, "cannot drop a capability");
	if (syscall(SYS_capset, &head, none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set(e, errno, "cannot drop the capabilities");
	return 0;
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL); /* ingot may have been started with some ignored */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static const char *const fixed_env[] = { "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" STEP_HOME,
					 "LC_ALL=C", "TZ=UTC", "SOURCE_DATE_EPOCH=0", "TMPDIR=" STEP_TMP };
#define FIXED (sizeof fixed_env / sizeof *fixed_env)

static char **
make_env(const struct src_build *b)
{
	char **env = xcalloc(FIXED + b->env.n + 1, sizeof *env);
	size_t n = 0;

	for (size_t i = 0; i < b->env.n; i++)
		env[n++] = (char *)b->env.v[i];
	for (size_t i = 0; i < FIXED; i++) {
		size_t len = strcspn(fixed_env[i], "=") + 1, k = 0;
		while (k < b->env.n && strncmp(b->env.v[k], fixed_env[i], len) != 0)
			k++;
		if (k == b->env.n)
			env[n++] = (char *)fixed_env[i];
	}
	return env;
}

int
step_exec(const struct src_build *b, const char *folder, int log, struct err *e)
{
	char **argv = xcalloc(b->command.n + 1, sizeof *argv);

	for (size_t i = 0; i < b->command.n; i++)
		argv[i] = (char *)b->command.v[i];
	if (enter_root(folder, e))
		return -1;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		return err_set(e, errno, "cannot open the files of a build step");
	setsid();
	umask(022);
	reset_signals();
	/* addresses at random make some compilers order their tables by chance; a host that refuses this is left as it is */
	personality(ADDR_NO_RANDOMIZE);
	if (set_limits(b, e) || drop_capabilities(e))
		return -1;
	execve(argv[0], argv, make_env(b));
	return err_set(e, errno, "cannot start %s in the step's root: which of the tools brings it?", argv[0]);
}
