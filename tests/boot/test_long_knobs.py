# SPDX-License-Identifier: MIT
"""Limits of processor time and of IO hold within what tests/cases-isolation.md says. What is compared are the kernel's
own counters, over windows of its own clock: never a time on the host."""
import re
import shutil

import pytest

from knobs_machine import PERIOD_US, SVC, boot, keyed

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
SPIN = "while :; do :; done"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with boot(tmp_path_factory.mktemp("state") / "disk") as g:
        yield g


@pytest.fixture
def inside(machine):
    """Starts a command in a service's background; what is left of them is ended behind the test."""
    used = set()

    def start(name, command):
        used.add(name)
        machine.ok(f"(ingotctl exec {name} -- /bin/sh -c '{command}' >/dev/null 2>&1 &)")

    yield start
    for name in used:
        machine.ok(f"ingotctl restart {name}")


def test_processor_time_is_within_two_percent_of_its_quota(machine, inside):
    """isolation case 24, the quota: by the time that the kernel counted over the periods that it counted."""
    inside("quota", SPIN)
    first = keyed(machine.until(f"cat {SVC}/quota/cpu.stat", lambda text: keyed(text)["nr_periods"] > 10))
    last = keyed(machine.until(f"cat {SVC}/quota/cpu.stat",
                               lambda text: keyed(text)["nr_periods"] > first["nr_periods"] + 80))
    share = (last["usage_usec"] - first["usage_usec"]) / (last["nr_periods"] - first["nr_periods"]) / PERIOD_US
    assert abs(share / 0.2 - 1) < 0.02, share


def test_weights_share_the_processor_within_five_percent(machine, inside):
    """isolation case 24, the weights: 100 and 300, on one processor that has no other work."""
    def usage():
        text = machine.ok(f"cat {SVC}/light/cpu.stat {SVC}/heavy/cpu.stat")
        return [int(word) for word in re.findall("(?m)^usage_usec ([0-9]+)$", text)]

    assert machine.ok("nproc") == "1"
    inside("light", SPIN)
    inside("heavy", SPIN)
    machine.until(f"cat {SVC}/heavy/cpu.stat", lambda text: keyed(text)["usage_usec"] > 1000000)
    first = usage()
    machine.until(f"cat {SVC}/heavy/cpu.stat", lambda text: keyed(text)["usage_usec"] > first[1] + 6000000)
    last = usage()
    ratio = (last[1] - first[1]) / (last[0] - first[0])
    assert abs(ratio / 3 - 1) < 0.05, ratio


def test_what_is_written_is_within_ten_percent_of_its_limit(machine, inside):
    """isolation case 25: by what the kernel counted over the time of its own clock; two writers, so that one waits."""
    def written():
        text = machine.ok(f"cat {SVC}/writer/io.stat /proc/uptime")
        return int(re.search("wbytes=([0-9]+)", text)[1]), float(text.splitlines()[-1].split()[0])

    for file in "ab":
        inside("writer", f"while :; do dd if=/dev/zero of=/data/{file} bs=64k count=32 conv=fsync; done")
    machine.until(f"cat {SVC}/writer/io.stat", lambda text: "wbytes=" in text)
    machine.until("echo", lambda _, first=written()[0]: written()[0] > first + (2 << 20))
    first = written()
    machine.until("echo", lambda _: written()[0] > first[0] + (8 << 20))
    last = written()
    rate = (last[0] - first[0]) / (last[1] - first[1])
    assert abs(rate / (1 << 20) - 1) < 0.1, rate
