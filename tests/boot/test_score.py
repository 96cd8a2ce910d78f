# SPDX-License-Identifier: MIT
"""The score of each service by its live process, held against what the builder said of it, for one posture after the
other (isolation case 39); and that it is the process that is looked at. Under QEMU: User Mode Linux has not all of
it."""
import json
import shutil

import pytest

import build
from test_qemu import run

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
IMAGE = "score"
POSTURES = ("plain", "inet", "machine", "audited", "unconfined", "loose", "compiles", "unmapped",
            "speaks")


@pytest.fixture(scope="module")
def told():
    """What the builder says of each, by name."""
    done = build.ingot(*build.arguments("score", IMAGE), "--json")
    assert done.returncode == 0, done.stderr
    return {s["name"]: s for s in json.loads(done.stdout)["services"]}


@pytest.fixture(scope="module")
def machine():
    build.image(IMAGE)
    with run(IMAGE, "--shell") as g:
        yield g.connect()


@pytest.fixture
def live(machine):
    for name in POSTURES:
        machine.until_service(name, lambda s: s["state"] == "up")
    return {s["name"]: s for s in json.loads(machine.ok("ingotctl score --json"))["services"]}


def options(score):
    return {reason["option"] for reason in score["reasons"]}


def test_the_live_score_is_the_builders(told, live):
    """isolation case 39"""
    for name in POSTURES:
        assert live[name] == told[name], name


def test_the_default_is_as_locked_in_as_it_is_said(live):
    assert live["plain"]["score_tenths"] <= 1 and live["inet"]["score_tenths"] <= 4
    assert options(live["inet"]) - options(live["plain"]) == {"RestrictAddressFamilies=~AF_(INET|INET6)"}
    assert options(live["plain"]) <= {"RestrictAddressFamilies=~AF_UNIX"}
    for question in ("limits", "nothing_writable_executable", "user_namespace", "proc_subset", "unknown_calls_refused"):
        assert live["plain"][question] is True, question


def test_each_loosening_is_a_reason(live):
    plain = options(live["plain"])
    assert {"PrivateNetwork=", "IPAddressDeny="} <= options(live["machine"]) - plain
    assert options(live["speaks"]) - plain == {"NotifyAccess="}
    assert options(live["unmapped"]) - plain == {"PrivateUsers="}
    assert options(live["compiles"]) - plain == {"MemoryDenyWriteExecute="}
    assert {"SystemCallFilter=~@mount", "SystemCallFilter=~@privileged", "RestrictNamespaces=~CLONE_NEWUSER",
            "RestrictSUIDSGID=", "LockPersonality=", "RestrictAddressFamilies=~AF_PACKET",
            "RestrictAddressFamilies=~..."} <= options(live["loose"])
    assert "RestrictAddressFamilies=~AF_UNIX" not in options(live["loose"])
    reasons = {reason["option"]: reason for reason in live["loose"]["reasons"]}
    assert reasons["SystemCallFilter=~@mount"]["call"] == "mount"
    assert reasons["SystemCallFilter=~@privileged"]["call"] == "chown"
    assert live["audited"]["score_tenths"] > 25 and not live["audited"]["unknown_calls_refused"]
    assert live["unconfined"]["score_tenths"] > live["audited"]["score_tenths"]


def test_what_does_not_run_has_no_score(machine, live):
    assert live["rests"] == {"name": "rests", "score_tenths": None}
    assert machine.ok("ingotctl score rests") == "rests: does not run"


def test_lines_name_the_score_the_reason_and_the_key(machine, live):
    lines = machine.ok("ingotctl score machine").splitlines()
    assert lines[0] == f"machine: {live['machine']['score_tenths'] / 10}"
    assert "  +0.5  it shares the machine's network (PrivateNetwork=); lowered by network.mode" in lines
    assert "  yes   Landlock holds it" in lines


def test_it_is_the_process_that_is_looked_at(machine, told):
    """What changes on the live service changes its score, whatever the table says."""
    machine.ok("echo max >/sys/fs/cgroup/svc/plain/pids.max; chown 7 /sys/fs/cgroup/svc/plain/cgroup.procs")
    pid = machine.main_pid("plain")
    machine.ok(f"nsenter -t {pid} -m mount -o remount,rw,bind none / && nsenter -t {pid} -m mount -t proc none /proc")
    score = json.loads(machine.ok("ingotctl score plain --json"))["services"][0]
    assert options(score) - options(told["plain"]) == {"Delegate=", "ProtectSystem=", "ProtectProc=", "ProcSubset=",
                                                       "ProtectKernelTunables="}
    assert not score["limits"] and not score["nothing_writable_executable"] and not score["proc_subset"]
    machine.ok("ingotctl restart plain")
    score = json.loads(machine.ok("ingotctl score plain --json"))["services"][0]
    assert score == told["plain"]
