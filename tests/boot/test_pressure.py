# SPDX-License-Identifier: MIT
"""Memory pressure, held against ingot-init(8) and ingotctl(8): told when it begins, once in ten seconds while it
lasts, and without a wake-up for each notice of the kernel's."""
import json

IMAGE = "lab"

# How often PID 1 woke while the kernel gave six more notices.
SIX_MORE = r"""
high() { sed -n 's/^high //p' /sys/fs/cgroup/svc/squeezed/memory.events; }
woken() { sed -n 's/^voluntary_ctxt_switches:.//p' /proc/1/status; }
h=$(high); w=$(woken)
until [ $(high) -gt $((h + 5)) ]; do :; done
echo $(($(woken) - w))"""


def pressures(machine):
    events = [json.loads(line) for line in machine.ok("ingotctl events squeezed --json").splitlines()]
    return [e for e in events if "pressure" in e]


def test_pressure_is_an_event_and_does_not_keep_pid_1_awake(machine):
    """init cases 31 and 63: Each megabyte beyond the mark is one more notice of the kernel's."""
    machine.wait_line("^ingot: service nginx: ready in ")
    assert pressures(machine) == [] and machine.service("squeezed")["memory_pressure"] == 0
    mark = machine.mark()
    machine.ok("(ingotctl exec squeezed -- /bin/dd if=/dev/zero of=/tmp/fill bs=64k count=160 >/dev/null 2>&1 &)")
    machine.wait_line("^ingot: service squeezed: memory pressure$", since=mark)
    assert int(machine.ok(SIX_MORE)) <= 1
    told = pressures(machine)
    assert len(told) == 1 and (told[0]["from"], told[0]["to"], told[0]["last"]) == ("up", "up", None)
    assert machine.service("squeezed")["memory_pressure"] == told[0]["pressure"] > 0
    assert "squeezed  up (memory pressure)" in machine.ok("ingotctl status squeezed")
    line = machine.ok("ingotctl events squeezed").splitlines()[-1]
    times = told[0]["pressure"]
    assert line.split()[2:] == f"pressure above its memory-high, {times} times so far".split()
