/* SPDX-License-Identifier: MIT
 *
 * PID 1's side of the state disk: a child finds and mounts it and tells how that went; the mount's descriptor is taken
 * out of the child, so that one that comes too late never lands anywhere.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fs.h>

#include "cleanup.h"
#include "console.h"
#include "disk.h"
#include "fmt.h"
#include "state_fs.h"
#include "sys.h"
#include "templates.h"

#define MOUNT_MS 60000 /* for reading the superblocks, replaying the journal and making the folders */
#define MAKE_MS  120000
#define MKE2FS   "/sbin/mke2fs"
#define EXT4     0xef53

static const char *
label(const struct init *in)
{
	return tbl_str(&in->table, in->table.machine->disk_label);
}

/* ---- children with a deadline ---- */

void
state_end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	for (int ms = 100; ms > 0 && waitpid(pid, NULL, WNOHANG) == 0; ms -= 10)
		poll(NULL, 0, 10);
}

__attribute__((noreturn)) static void
report_disk(const struct tbl *t, int to)
{
	struct disk_report r;

	console_child();
	disk_take(t, &r);
	(void)!write(to, &r, sizeof r);
	for (;;) /* PID 1 takes the descriptor, then ends this */
		pause();
}

/* Runs disk_take in a child; *r is its report, and r->mount a descriptor of our own. */
static void
take(const struct init *in, struct disk_report *r)
{
	int pair[2];

	*r = (struct disk_report){ .verdict = DISK_UNUSABLE, .mount = -1 };
	if (pipe2(pair, O_CLOEXEC) < 0) {
		fmt(r->why, sizeof r->why, "pipe: %s", err_text(errno));
		return;
	}
	AUTO_FD from = pair[0], to = pair[1];
	pid_t pid = fork();
	if (pid == 0)
		report_disk(&in->table, to);
	struct pollfd p = { .fd = from, .events = POLLIN };
	if (pid < 0)
		fmt(r->why, sizeof r->why, "fork: %s", err_text(errno));
	else if (poll(&p, 1, (int)in->table.machine->disk_wait_ms + MOUNT_MS) != 1)
		fmt(r->why, sizeof r->why, "it has not answered for %u s", MOUNT_MS / 1000);
	else if (read(from, r, sizeof *r) != (ssize_t)sizeof *r)
		*r = (struct disk_report){ .verdict = DISK_UNUSABLE, .mount = -1, .why = "the child that mounts it died" };
	if (pid < 0)
		return;
	if (r->mount >= 0) {
		AUTO_FD child = sys_pidfd_open(pid);
		r->mount = (int)syscall(SYS_pidfd_getfd, child, r->mount, 0);
	}
	state_end_child(pid);
}

/* A new file system on the device; the label is the same. Returns -1 with *e set. */
static int
make_anew(const struct init *in, const char *device, struct err *e)
{
	const char *argv[STATE_FS_ARGS];
	char *envp[] = { STATE_FS_ENV, NULL };
	char path[sizeof "/dev/" + DISK_DEVICE_MAX];
	uint64_t size = 0;
	int status = 0;

	fmt(path, sizeof path, "/dev/%s", device);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
		return err_set(e, errno, "%s", path);
	state_fs_argv(argv, label(in), path, size, false);
	pid_t pid = fork();
	if (pid == 0) {
		sys_sigmask(0, NULL);
		execve(MKE2FS, (char *const *)argv, envp);
		_exit(127);
	}
	AUTO_FD child = pid < 0 ? -1 : sys_pidfd_open(pid);
	struct pollfd p = { .fd = child, .events = POLLIN };
	if (child < 0)
		return err_set(e, errno, "%s", MKE2FS);
	if (poll(&p, 1, MAKE_MS) == 1 && waitpid(pid, &status, 0) == pid && status == 0)
		return 0;
	state_end_child(pid);
	return err_set(e, 0, "%s %s: %s", MKE2FS, path,
		       WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "it cannot be executed" : "it has failed");
}

/* ---- policies ---- */

static enum tbl_policy
policy(const struct init *in, const struct disk_report *r)
{
	const uint32_t *p = in->table.machine->disk_policy;

	switch ((enum disk_verdict)r->verdict) {
	case DISK_ABSENT: return (enum tbl_policy)p[TBL_DISK_ABSENT];
	case DISK_CORRUPT: return (enum tbl_policy)p[TBL_DISK_CORRUPT];
	case DISK_FULL: return (enum tbl_policy)p[TBL_DISK_FULL];
	case DISK_UNUSABLE:
		/* whatever it is, it shall not be written over; where memory may stand in for a damaged one it may here */
		return p[TBL_DISK_CORRUPT] == TBL_POLICY_TMPFS ? TBL_POLICY_TMPFS : TBL_POLICY_REFUSE;
	case DISK_MOUNTED:
	case DISK_VERDICTS: break;
	}
	return TBL_POLICY_REFUSE;
}

/* "vda, labelled ingot-state: WHY" */
static void
describe(const struct init *in, const struct disk_report *r, char *buf, size_t cap)
{
	fmt(buf, cap, "disk %s%slabelled %s: %s", r->device, *r->device ? ", " : "", label(in), r->why);
}

static int
attach(struct init *in, struct disk_report *r, struct err *e)
{
	struct state *s = in->s;

	AUTO_FD mount = r->mount;
	/* the memory that lies there has nothing in it yet, and would be hidden */
	if (umount2(TEMPLATE_STATE, UMOUNT_NOFOLLOW) < 0 ||
	    sys_move_mount(mount, "", AT_FDCWD, TEMPLATE_STATE, MOVE_MOUNT_F_EMPTY_PATH))
		return err_set(e, errno, "state: /dev/%s on %s", r->device, TEMPLATE_STATE);
	s->state_kind = CTL_STATE_DISK;
	fmt(s->state_text, sizeof s->state_text, "disk %s, labelled %s%s%s", r->device, label(in),
	    r->limited ? "" : ", sizes not enforced", r->full ? ", full at boot" : "");
	in->launcher.disk = true;
	say("state: %s: %llu MiB, %llu MiB of them free", s->state_text, (unsigned long long)r->size >> 20,
	    (unsigned long long)r->available >> 20);
	if (!r->limited)
		warn("state: sizes of state are not enforced: a service can fill the whole disk");
	if (r->full)
		warn("state: the disk is full");
	return 0;
}

static int
memory_instead(struct init *in, const struct disk_report *r)
{
	in->s->state_kind = CTL_STATE_INSTEAD;
	describe(in, r, in->s->state_text, sizeof in->s->state_text);
	warn("state: %s", in->s->state_text);
	warn("state: in memory instead: what services write now is lost at the end");
	return 0;
}

int
state_init(struct init *in, struct err *e)
{
	struct disk_report r;
	char text[CTL_STATE_TEXT];

	if (!CFG_STATE_DISK || !in->table.machine->disk_label)
		return 0;
	take(in, &r);
	if (r.verdict == DISK_CORRUPT && policy(in, &r) == TBL_POLICY_RECREATE) {
		describe(in, &r, text, sizeof text);
		warn("state: %s", text);
		warn("state: it is made anew: all that was on it is gone");
		if (make_anew(in, r.device, e))
			return err_wrap(e, "state");
		take(in, &r);
	}
	if (r.verdict == DISK_MOUNTED && r.mount >= 0)
		return attach(in, &r, e);
	fd_cleanup(&r.mount);
	if (policy(in, &r) == TBL_POLICY_TMPFS)
		return memory_instead(in, &r);
	describe(in, &r, text, sizeof text);
	return err_set(e, 0, "state: %s", text);
}

void
state_leave(void)
{
	struct statfs st;

	if (!CFG_STATE_DISK || statfs(TEMPLATE_STATE, &st) < 0 || st.f_type != EXT4)
		return;
	if (umount2(TEMPLATE_STATE, UMOUNT_NOFOLLOW) == 0)
		return;
	int code = errno;
	if (mount(NULL, TEMPLATE_STATE, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		warn("state: neither unmounted (%s) nor made read-only (%s)", err_text(code), err_text(errno));
}
