# SPDX-License-Identifier: MIT
"""Each system call that PID 1 makes fails once, and PID 1 is right all the same: init case 33.

A machine whose PID 1 is a shell starts ingot-init as PID 1 of namespaces of its own, again and again, under a tracer
(fault.c) that lets one call of it fail. What ingot-init does from its boot to its end is the scenario of
images/fault.yml. A failure may cost what was asked for just then, once, with a line that says so; it may end a boot
where docs say so. It must not cost anything else: each service comes up, each request works when it is made again, the
end comes in order, and no descriptor is left.

`make test` takes a part of the calls, one occurrence of each; with FUZZ_SECONDS=300, as `make test-long` has it, it is
every call, the first occurrences and some of the later ones.
"""
import errno
import os
import re
import shutil

import pytest

import build
import guest

LONG = int(os.environ.get("FUZZ_SECONDS", "3")) >= 300

# x86_64's number of each call that PID 1 makes, and what it may fail with.
CALLS = {
    "read": (0, "EIO EINTR"), "write": (1, "ENOSPC EINTR"), "open": (2, "EMFILE ENOMEM"), "close": (3, "EIO EINTR"),
    "fstat": (5, "EIO"), "poll": (7, "EINTR ENOMEM"), "mmap": (9, "ENOMEM"),
    "mprotect": (10, "ENOMEM"), "munmap": (11, "ENOMEM"), "madvise": (28, "EINVAL"),
    "rt_sigaction": (13, "ENOMEM"), "ioctl": (16, "EIO"), "pread64": (17, "EIO"), "pwrite64": (18, "EIO"),
    "access": (21, "EIO"),
    "socket": (41, "EMFILE ENOBUFS"), "connect": (42, "EAGAIN"), "sendmsg": (46, "ENOBUFS ENOMEM EPIPE"),
    "recvmsg": (47, "ENOMEM EINTR"), "bind": (49, "ENOMEM"), "listen": (50, "ENOMEM"), "getsockname": (51, "ENOBUFS"),
    "getpeername": (52, "ENOBUFS"), "socketpair": (53, "EMFILE ENOBUFS"), "setsockopt": (54, "ENOMEM"),
    "getsockopt": (55, "ENOBUFS"),
    "fork": (57, "EAGAIN ENOMEM"),
    "execve": (59, "ENOMEM"), "wait4": (61, "EINTR ECHILD"), "kill": (62, "EPERM"), "fcntl": (72, "EMFILE ENOMEM"),
    "ftruncate": (77, "ENOSPC"), "chdir": (80, "EIO"), "mkdir": (83, "ENOSPC ENOMEM"), "unlink": (87, "EIO"),
    "chmod": (90, "EIO"), "fchown": (93, "EIO"), "sigaltstack": (131, "ENOMEM"), "prctl": (157, "EIO"),
    "chroot": (161, "ENOMEM"), "mount": (165, "ENOMEM EBUSY"), "reboot": (169, "EPERM"),
    "sethostname": (170, "EPERM"), "epoll_pwait": (281, "EINTR ENOMEM"),
    "epoll_ctl": (233, "ENOMEM ENOSPC"), "waitid": (247, "EINTR ECHILD"), "openat": (257, "EMFILE ENOMEM"),
    "mkdirat": (258, "ENOSPC ENOMEM"), "mknodat": (259, "ENOSPC"), "newfstatat": (262, "EIO"),
    "unlinkat": (263, "EBUSY EIO"), "symlinkat": (266, "ENOSPC"), "fchmodat": (268, "EIO"),
    "timerfd_create": (283, "EMFILE"), "timerfd_settime": (286, "ENOMEM"), "accept4": (288, "EMFILE ENOMEM"),
    "prlimit64": (302, "EPERM"),
    "signalfd4": (289, "EMFILE"), "eventfd2": (290, "EMFILE"), "epoll_create1": (291, "EMFILE"),
    "pipe2": (293, "EMFILE ENFILE"),
    "sched_setattr": (314, "EPERM"), "sched_getaffinity": (204, "EINVAL"),
    "getrandom": (318, "EAGAIN"), "memfd_create": (319, "EMFILE"), "pidfd_send_signal": (424, "ENOMEM"),
    "move_mount": (429, "ENOMEM"), "fsopen": (430, "EMFILE"), "fsconfig": (431, "ENOMEM"), "fsmount": (432, "ENOMEM"),
    "clone3": (435, "EAGAIN ENOMEM"), "openat2": (437, "EMFILE EAGAIN"), "mount_setattr": (442, "ENOMEM"),
    "bpf": (321, "EPERM ENOMEM"), "landlock_create_ruleset": (444, "EOPNOTSUPP"),
}
# As they are called these cannot fail.
NEVER = {14: "rt_sigprocmask", 34: "pause", 39: "getpid", 95: "umask", 158: "arch_prctl", 228: "clock_gettime"}
NETWORKS = 4  # services of the image that have one each
TRIES = 3  # until a call has come that often: how often is a matter of time for some, as probes of a port
AFTER = {"close"}  # done all the same: the kernel closes first

# Which of its calls fails in `make test`: one that a running machine makes, mostly. One call for each of the ways in
# which PID 1 goes on: what the loop waits for and is told, its log, files, timers, clients, and a service's start.
QUICK = {
    "read": 40, "write": 50, "open": 60, "fork": 1, "epoll_pwait": 30, "epoll_ctl": 60, "timerfd_settime": 17,
    "accept4": 9, "pipe2": 9, "clone3": 5,
}


def spread(total):
    """The first occurrences, and some of the later ones."""
    return sorted({n for n in (1, 2, 3, 4, 5, 6) if n <= total} | {total * part // 9 for part in range(1, 10)} - {0})


class Tracer:
    def __init__(self, kernel):
        folder = build.WORK / "uml-fault"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        initrd = build.image("fault") / "initramfs.cpio.zst"
        self.g = guest.uml(kernel, initrd, folder, words="rdinit=/bin/sh")
        self.g.send("mount -t proc proc /proc; mount -t devtmpfs dev /dev\n")
        self.g.connect()
        self.g.ok("mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp; mount -t cgroup2 cgroup /sys/fs/cgroup")
        self.out, self.said = self.run("")
        self.totals = {int(call): int(n) for call, n in re.findall("fault: call ([0-9]+) ([0-9]+)", self.out)}
        self.descriptors = self.number("descriptors ([0-9]+)")

    def run(self, words):
        mark = self.g.mark()
        self.out = self.g.run(f"/opt/fault /opt/scenario {words}", timeout=90).out
        self.said = self.g.said(mark)
        return self.out, self.said

    def number(self, pattern):
        match = re.search(pattern, self.out)
        return int(match.group(1)) if match else None

    def judge(self):
        """What is not right after a run with a failure in it: a list of words."""
        said = "\n".join(self.said)
        end = re.search("^fault: ended by (.*)$", self.out, re.M).group(1)
        booted = ": booted in " in said
        wrong = [] if "fault: here" in self.out else ["the call did not come"]
        if re.search("^boot failed: .+: .+$", said, re.M) and not booted:
            return wrong + ([] if end in ("signal 1", "signal 2") else [f"boot failed, and ended by {end}"])
        if self.number("verdict ([0-9]+)") != 0:
            wrong.append("something did not work twice")
        if self.number("descriptors ([0-9]+)") != self.descriptors:
            wrong.append("descriptors are left")
        if (self.number("networks ([0-9]+)") or 0) > NETWORKS:
            wrong.append("network namespaces are left")
        if end != "signal 2":
            wrong.append(f"ended by {end}")
        # a wait that fails without memory is said as what PID 1 cannot know; anything else so is a mistake of its own
        return wrong + [line for line in self.said if re.search("crashed|inconsistent(?!.*epoll_wait)", line)]


@pytest.fixture(scope="module")
def tracer(kernel):
    files = build.tree() / "files"
    shutil.copyfile(build.ROOT / "build" / "boot" / "fault", files / "fault")
    t = Tracer(kernel)
    yield t
    t.g.stop()


def test_without_a_failure_all_is_well(tracer):
    out, said = tracer.run("")
    assert tracer.number("verdict ([0-9]+)") == 0, out
    assert not [line for line in said if "inconsistent" in line or "crashed" in line]
    assert "once: " not in out and out.endswith("fault: ended by signal 2")


def test_every_call_that_pid_1_makes_is_listed(tracer):
    listed = {number for number, _ in CALLS.values()} | set(NEVER)
    assert sorted(set(tracer.totals) - listed) == []


def test_limits_hold_before_there_is_a_process(tracer):
    """init case 35: at each clone its group has all of them."""
    out, _ = tracer.run("435 1 0 look")
    seen = re.findall(r"^fault: limits (\S+) memory.max=(.*) pids.max=(.*) cpu.max=(.*)$", out, re.M)
    assert {name for name, *_ in seen} == {"by-fd", "by-tcp", "web", "once", "tick"}
    for name, *limits in seen:
        assert limits == ["4194304", "8", "50000 100000" if name == "web" else "max 100000"]


def test_a_launch_that_is_killed_at_any_step_leaves_nothing(tracer):
    """isolation case 35: the first process that PID 1 clones is killed at its first call, the next ones each some calls
    later, until one has come to its program; what is there in the end is what is there without that."""
    def left(words):
        out = tracer.g.run(f"/opt/fault /opt/steps {words}", timeout=90).out
        return out, re.findall("^left (.*)$", out, re.M)

    (calm, wanted), (out, found) = left(""), left(f"kill {1 if LONG else 5}")
    assert len(wanted) == 4 and "groups by-fd by-tcp web" in wanted, calm
    assert found == wanted, out
    assert int(re.search("^fault: steps ([0-9]+)$", out, re.M).group(1)) > 40, "a launch has more steps"


@pytest.mark.parametrize("call", CALLS if LONG else QUICK)
def test_a_call_that_fails_once(tracer, call):
    number, codes = CALLS[call]
    wrong = []
    for at, code in enumerate(codes.split() if LONG else codes.split()[:1]):
        total = tracer.totals.get(number, 0)
        for n in (spread(total)[:None if at == 0 else 4] if LONG else [min(QUICK[call], total)]):
            how = "after" if call in AFTER else "instead"
            for _ in range(TRIES if n <= total // 2 else 1):
                out, said = tracer.run(f"{number} {n} {getattr(errno, code)} {how}")
                bad = tracer.judge()
                if bad != ["the call did not come"]:
                    break
            if bad == ["the call did not come"] and n > total // 2:
                continue  # as many as in the first run there are not in each
            if bad:
                wrong.append("\n".join([f"{call} {n} {code}: {', '.join(bad)}", out, *said]))
    assert not wrong, "\n\n".join(wrong)
