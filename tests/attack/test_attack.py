# SPDX-License-Identifier: MIT
"""What an attacker inside a service would try, by `ingot selftest`: ingot-probe stands in each service's place, in its
root and posture, and what it finds is held against the image file. `make attack` prints the whole tables.

The default posture is tried under QEMU, whose kernel has all that the posture uses; what a file loosens under User Mode
Linux."""
import json
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import attack  # noqa: E402

# By a process inside, with the machine's witness; 15 is the builder's, see test_refusals.py.
CASES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 23, 28, 29, 33}


def results(name, machine):
    done = attack.selftest(name, machine, "--json")
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    units = {unit["name"]: unit["checks"] for unit in report["units"]}
    failed = [(name, check) for name, checks in units.items() for check in checks if check["result"] == "failed"]
    assert not failed, f"{failed}\n{done.stderr}"
    assert done.returncode == 0 and report["failed"] == 0
    return report, units


@pytest.fixture(scope="module")
def default():
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no QEMU on this host")
    return results("default", "pc")


def test_the_default_posture_holds(default):
    """isolation cases 1, 2, 3, 4, 7, 8, 11, 13, 14, 16, 19, 20, 23, 28, 29 and 33, tried from inside"""
    report, units = default
    assert set(units) == {"machine", "plain", "other"}
    assert report["loosened"] == 0
    for name in ("plain", "other"):
        assert {check["case"] for check in units[name] if check["result"] == "ok"} >= CASES, name


def rows(units, name, case):
    return {check["what"]: (check["found"], check["result"]) for check in units[name] if check["case"] == case}


def test_no_process_of_the_machine_can_be_signalled_or_traced(default):
    """isolation case 9"""
    assert rows(default[1], "plain", 9) == {
        "a signal to processes that are not its own": ("ESRCH", "ok"),
        "ptrace of its stub": ("ENOSYS", "ok"), "memory of its stub": ("ENOSYS", "ok")}


def test_processors_are_all_there_though_pid_1_is_bound_to_one(default):
    """isolation case 6: the witness has bound PID 1, and services are its children"""
    assert rows(default[1], "plain", 6) == {"every processor that it may use": ("2", "ok")}


def test_nothing_writable_is_executable_by_any_way(default):
    """isolation case 12"""
    tried = rows(default[1], "plain", 12)
    for folder in ("/tmp", "/run", "/dev/shm", "/var/lib/plain"):
        assert tried[f"a file in {folder}, executed"] == ("EACCES", "ok")
        assert tried[f"a file in {folder}, mapped to be executed"] == ("EPERM", "ok")
    memfds = {what: result for what, (_, result) in tried.items() if "memfd" in what}
    assert memfds and set(memfds.values()) == {"ok"}, "made by nobody, or executed by nobody"


def test_a_setuid_file_of_roots_gains_nothing(default):
    """isolation case 17"""
    assert rows(default[1], "plain", 17)["a setuid file of root's gains nothing"] == ("holds", "ok")


def test_each_denied_call_has_its_error_and_threads_are_made(default):
    """isolation case 18: what is denied comes from the policy itself; that what must be denied is in it, from here"""
    tried = rows(default[1], "plain", 18)
    for call in ("mount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
                 "mount_setattr", "setns", "unshare", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
                 "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
                 "add_key", "request_key", "keyctl", "kexec_load", "kexec_file_load", "init_module", "finit_module",
                 "delete_module", "open_by_handle_at", "reboot", "swapon", "swapoff", "clock_settime", "settimeofday",
                 "clone3", "chroot", "acct", "iopl", "ioperm", "syslog"):
        assert tried[call] == ("ENOSYS", "ok"), call
    for what in ("clone, CLONE_NEWUSER", "ioctl, TIOCSTI", "ioctl, TIOCLINUX", "chmod, setuid", "openat, setgid"):
        assert tried[what] == ("EPERM", "ok"), what
    assert tried["a thread"] == ("works", "ok")


def test_what_a_file_loosens_is_shown_by_its_key(kernel):
    """and isolation case 5: a service that may ask finds a session keyring that is nobody else's"""
    report, units = results("loosened", "uml")
    loosened = {name: {check["key"] for check in checks if check["result"] == "loosened"}
                for name, checks in units.items()}
    assert loosened == {"machine": set(), "named": {"capabilities"}, "calls": {"seccomp.allow", "seccomp.sockets"},
                        "watched": {"seccomp.mode: audit"},
                        "open": {"network.mode: machine", "seccomp.mode: unconfined"},
                        "given": {"machine-ids"}}, "`jit` is nothing to this kernel"
    assert rows(units, "given", 3)["descriptors"] == ("0 1 2 3 4", "ok")
    for name in ("calls", "watched"):
        assert rows(units, name, 5)["session keyring"] == ("_ses", "ok")
        assert rows(units, name, 5)["session keyring, by its number"][1] == "ok"
    assert rows(units, "calls", 18)["mount"] == ("ENOSYS", "ok"), "what it did not ask for"
    assert rows(units, "calls", 18)["ptrace"] == ("works", "loosened")
    assert rows(units, "open", 7)["net namespace"] == ("that of the machine", "loosened")
