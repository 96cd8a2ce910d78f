# SPDX-License-Identifier: MIT
"""`ingot seccomp`: what a service's filter would have refused, from a run under QEMU or from what a machine told, as
the line of YAML that allows it."""
import json
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import build  # noqa: E402

RECORD = ("<5>[    4.1] audit: type=1326 audit(1.0:5): auid=4294967295 uid={uid} gid=10000 ses=4294967295 pid=80 "
          "comm=\"sh\" exe=\"/usr/bin/busybox\" sig=0 arch=c000003e syscall={call} compat=0 ip=0x1 code=0x7ffc0000\n")


def seccomp(service, *words):
    return build.ingot(*build.arguments("seccomp", "lacks"), service, *words)


def test_a_run_tells_what_the_filter_lacks():
    """isolation case 21: what is refused or would be is named"""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no QEMU on this host")
    done = seccomp("wants")
    assert done.returncode == 0, done.stderr
    *remarks, line = done.stdout.splitlines()
    assert line.startswith("seccomp: {allow: [ptrace, chroot, unshare], sockets: [unix, ")
    assert "inet6" in line  # of the socket that it listens at, without a network
    assert all(remark.startswith("# ") for remark in remarks)


@pytest.fixture
def log(tmp_path):
    def write(text):
        (tmp_path / "log").write_text(text)
        return "--log", tmp_path / "log"
    return write


def test_the_kernels_log_is_read_for_the_services_own_user(log):
    words = log("junk\n" + RECORD.format(uid=10001, call=170) + RECORD.format(uid=10000, call=41) +
                RECORD.format(uid=10001, call=9999))
    done = seccomp("beside", *words)
    assert (done.returncode, done.stdout) == (0, "seccomp: {allow: [sethostname]}\n"), done.stderr
    done = seccomp("wants", *words)
    assert done.stdout.splitlines()[-1] == "seccomp: {allow: [ptrace]}"
    assert "another family may be missing" in done.stdout


def test_what_ingotctl_told_is_read(log):
    rows = [{"name": "wants", "call": "openat", "times": 1, "what": "made"},
            {"name": "wants", "call": "467", "times": 1, "what": "made"},
            {"name": "beside", "call": "chroot", "times": 2, "what": "made"}]
    done = seccomp("wants", *log(json.dumps({"denied": rows})))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "seccomp: {allow: [ptrace, openat]}"
    assert "# openat: it was its arguments that are refused; `allow` lifts that check as a whole" in done.stdout
    assert "# call 467 has no name here: this ingot is older than the machine's kernel" in done.stdout


@pytest.mark.parametrize("text, why", (
    ('{"denied": 3}', "denied"), ('{"denied": [{"name": "wants"}]}', "call"), ('{"denied": [', "")))
def test_a_log_that_is_no_list_is_refused(log, text, why):
    done = seccomp("wants", *log(text))
    assert done.returncode == 1 and done.stdout == "" and "log: " in done.stderr and why in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_that_was_refused_is_no_line(log):
    assert seccomp("beside", *log("")).stdout == "# beside asked for nothing that its filter refuses\n"


def test_a_service_that_is_not_there():
    done = seccomp("want")
    assert done.returncode == 1 and done.stderr.endswith("did you mean `wants`?\n")
