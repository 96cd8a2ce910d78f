# SPDX-License-Identifier: MIT
"""Thousands of ends and restarts: each is counted right, PID 1 spends little on one, and nothing is left of any. How
often is what some minutes hold (RESTARTS, 5000); a hundred thousand and more are the simulation's."""
import os
import pathlib
import re
import subprocess

import machine_view
import pytest

pytestmark = pytest.mark.alone  # for its figures
IMAGE = "restarts"
RESTARTS = int(os.environ.get("RESTARTS", "5000"))
KILLS = 1000
TICK_MS = 10
SIM = pathlib.Path(__file__).parents[2] / "build" / "sim" / "supervisor"


def cpu_ms(machine):
    """What PID 1 has used, by itself and in the kernel."""
    fields = machine.ok("cat /proc/1/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_MS


def now_ms(machine):
    return float(machine.ok("cut -d' ' -f1 /proc/uptime")) * 1000


def left(machine):
    """Descriptors but for network namespaces, which are kept for some seconds; mounts, cgroups, and PID 1's memory in
    KiB."""
    out = machine.ok("ls -l /proc/1/fd | grep -vc net:; wc -l </proc/1/mountinfo; find /sys/fs/cgroup -type d | wc -l; "
                     "grep -c . /proc/mounts; grep VmRSS /proc/1/status; grep nr_dying /sys/fs/cgroup/cgroup.stat")
    *counts, memory, dying = out.splitlines()
    return counts, int(memory.split()[1]), int(dying.split()[1])


def test_a_service_that_dies_at_once_costs_little_each_time(machine):
    """init cases 9 and 36"""
    machine.until_service("dies", lambda s: s["restarts"] >= 100, timeout=60)
    machine.ok("ingotctl stop dies; ingotctl stop patient")
    before, memory, _ = left(machine)
    first, used, began, mark = machine.service("dies")["restarts"], cpu_ms(machine), now_ms(machine), machine.mark()
    machine.run("ingotctl start dies")
    machine.until_service("dies", lambda s: s["restarts"] - first >= RESTARTS, timeout=RESTARTS / 5)
    machine.ok("ingotctl stop dies")
    deaths, ms = machine.service("dies")["restarts"] - first, now_ms(machine) - began
    each = (cpu_ms(machine) - used) / deaths
    lines = sum(line.startswith("service dies: ") for line in machine.said(mark))
    print(f"figure restarts_a_second {deaths / ms * 1000:.1f}\nfigure cpu_of_pid_1_for_a_restart {each:.2f} ms")
    assert deaths / ms * 1000 <= 100, "the pause is 10 ms at least, whatever the image says"
    assert each < 20
    assert deaths <= lines <= 3 * deaths + 10, "a few lines for each end, and no more"
    after, grown, dying = left(machine)
    assert after == before
    assert grown - memory < 64, f"PID 1 grew by {grown - memory} KiB"
    assert dying < 50, f"{dying} cgroups are removed and not gone"


def test_the_pauses_of_the_presets_keep_the_rate_low(machine):
    """init case 9"""
    mark, began, first = machine.mark(), now_ms(machine), machine.service("patient")["restarts"]
    machine.run("ingotctl start patient; sleep 5; ingotctl stop patient")
    deaths = machine.service("patient")["restarts"] - first
    assert 1 <= deaths <= 8
    assert sum(line.startswith("service patient: ") for line in machine.said(mark)) <= 3 * deaths + 6
    assert now_ms(machine) - began >= 5000


def test_a_thousand_kills_from_outside_are_counted_right(machine):
    """init case 10: which process it is, the cgroup says; PID 1 is asked afterwards what it made of it."""
    machine.until_service("lives", lambda s: s["state"] == "up")
    script = ("cd /sys/fs/cgroup/svc/lives; n=0; while [ $n -lt 50 ]; do "
              "set -- $(cat cgroup.procs 2>/dev/null); "
              "if [ $# = 2 ] && [ $2 != \"$old\" ]; then kill -9 $2 && old=$2 n=$((n + 1)); fi; "
              "cd /sys/fs/cgroup/svc/lives 2>/dev/null; done; echo $n")
    for kills in range(50, KILLS + 1, 50):
        assert machine.ok(script, timeout=60) == "50"
        shown = machine.until_service("lives", lambda s: s["state"] == "up" and s["restarts"] >= kills)
        assert (shown["restarts"], shown["last"]["text"]) == (kills, "ended by SIGKILL")
        view, told = machine_view.quiet_look(machine)
        mine = {p.pid for p in view.processes.values() if p.parent == 1 and not p.group}
        assert list(machine_view.divergences(view, told, mine)) == []
    assert len(re.findall("service lives: signal 9", "\n".join(machine.said()))) == KILLS


def test_a_hundred_thousand_and_more_in_one_simulated_world():
    """init case 36: a million events in each of three worlds."""
    done = subprocess.run([SIM, "1", "3", "1000000"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith(": nothing wrong\n"), done.stdout
