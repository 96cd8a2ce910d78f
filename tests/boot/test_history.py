# SPDX-License-Identifier: MIT
"""Runs of jobs, by hand and by the clock, and what is remembered of them: in memory, and on the state disk over a
reboot. Damage is done to the file of records between two boots."""
import json
import os
import struct
import time
import zlib

import build
from test_state_disk import disk, make_disk, tool  # noqa: F401 (disk is a fixture)

FILE = ".ingot/1/runs"
RECORD = struct.Struct("<32sQQqqQQQIIHHHHIIIIII")  # struct run_record of init/runs.h
NAME, START_WALL, WHAT = 0, 3, 10
DAY_MS = 24 * 3600 * 1000
KEPT = 256  # CFG_RUNS_KEPT
# How many fill PID 1's rings, and how many are counted behind them; the long tier takes five minutes for it.
FIRST_RUNS, SHORT_RUNS = (80, 10000) if int(os.environ.get("FUZZ_SECONDS", "3")) >= 300 else (20, 20)


def history(machine, *words):
    return json.loads(machine.ok(" ".join(("ingotctl history --json",) + words)))["runs"]


def run(machine, name, *words):
    return tuple(machine.run(" ".join(("ingotctl run", name) + words)))


def read_records(path):
    tool("debugfs", "-R", f"dump /{FILE} {path.parent}/runs", path)
    data = (path.parent / "runs").read_bytes()
    assert len(data) % RECORD.size == 0
    # a writer that the end of the machine has killed may have written already what is written once more then
    return list({r[1]: r for r in (RECORD.unpack_from(data, at) for at in range(0, len(data), RECORD.size))}.values())


def seal(record):
    data = RECORD.pack(*record[:-2], 0, 0)
    return data[:-8] + struct.pack("<II", zlib.crc32(data[:-8]), 0)


def write_file(path, data):
    (path.parent / "runs").write_bytes(data)
    tool("debugfs", "-w", "-R", f"rm /{FILE}", path)
    tool("debugfs", "-w", "-R", f"write {path.parent}/runs {FILE}", path)


def power_off(machine):
    machine.send("ingotctl poweroff\n")
    machine.wait_end()


def ends_in_every_way(machine):
    """A run's exit status is the job's own; 125 where it has none."""
    for name, status, text in (("well", 0, "exit 0"), ("badly", 7, "exit 7"), ("killed", 139, "ended by SIGSEGV"),
                               ("hungry", 137, "out of memory"), ("slow", 125, "ran too long"),
                               ("absent", 127, "exit 127")):
        assert run(machine, name, "--wait") == (f"job {name}: started\njob {name}: {text}", status)


def overlap_holds_by_hand_too(machine):
    assert run(machine, "held") == ("job held: started", 0)
    assert run(machine, "held") == (
        "ingotctl: service held: it runs already, and its runs do not overlap", 1)
    machine.ok("ingotctl stop held")
    assert history(machine, "held")[-1]["result"]["signal"] == 15
    assert run(machine, "queued") == ("job queued: started", 0)
    assert run(machine, "queued") == ("job queued: it runs already: once more behind this run", 0)
    assert run(machine, "queued") == ("ingotctl: service queued: it runs already, and the next run waits", 1)
    machine.ok("touch /state/queued/data/go")
    machine.until("ingotctl history queued --json", lambda text: len(json.loads(text)["runs"]) == 1)
    machine.ok("touch /state/queued/data/go")
    machine.until("ingotctl history queued --json",
                  lambda text: [r["why"] for r in json.loads(text)["runs"]] == ["hand", "queue"])


def what_is_refused(machine):
    assert run(machine, "idle") == ("ingotctl: service idle: it is no job: ingotctl start starts a service", 1)
    assert machine.run("ingotctl run nobody").status == 1
    assert machine.run("ingotctl history idle").status == 1
    for words in ("run", "run well badly", "run -x well", "history -n x", "history well badly", "history --what"):
        assert machine.run(f"ingotctl {words}").status == 2


def records_hold(machine):
    machine.until("ingotctl history badly --json", lambda text: len(json.loads(text)["runs"]) == 2)
    assert [(r["attempt"], r["why"], r["result"]["code"]) for r in history(machine, "badly")] == [
        (1, "hand", 7), (2, "retry", 7)]
    slow, = history(machine, "slow")
    assert 200 <= slow["duration_ms"] < 5000 and slow["result"]["end"] == "timeout"
    hungry, = history(machine, "hungry")
    assert 3 << 20 < hungry["memory_peak"] <= 4 << 20
    well, = history(machine, "well")
    assert well["cpu_us"] > 0 and well["boot"] == 1 and well["start"].endswith("Z")
    assert 0 < well["memory_peak"] < 4 << 20
    everything = history(machine)
    assert [r["seq"] for r in everything] == sorted(r["seq"] for r in everything)
    assert history(machine, "-n", "2") == everything[-2:]
    lines = machine.ok("ingotctl history -n 3").splitlines()
    assert lines[0].split() == ["JOB", "START", "TOOK", "WHY", "TRY", "MEMORY", "CPU", "RESULT"] and len(lines) == 4
    return everything


def test_runs_are_remembered_over_reexec_damage_and_reboot(start, disk):
    """init cases 57 and 60. One machine through two boots; the nightly job was off for ten days between them."""
    file = build.tree() / "images" / "history.yml"
    hour = (time.gmtime().tm_hour + 12) % 24  # far from now: the nightly job shall not come up meanwhile
    file.write_text(file.read_text().replace("30 2 * * *", f"30 {hour} * * *"))
    with start("history", panic=0, disk=disk) as machine:
        machine.connect()
        ends_in_every_way(machine)
        overlap_holds_by_hand_too(machine)
        what_is_refused(machine)
        before = records_hold(machine)
        machine.ok("ingotctl reexec")
        assert history(machine) == before
        assert run(machine, "well", "--wait")[1] == 0
        before = history(machine)
        power_off(machine)  # at once: the last record is not on the disk yet

    records = read_records(disk)
    names = [record[NAME].rstrip(b"\0").decode() for record in records]
    assert names[-1] == "well" and names.count("well") == 2
    first = names.index("killed")
    data = bytearray()
    for i, record in enumerate(records):
        if names[i] == "nightly":
            assert record[WHAT] == 2  # it has not run: from here on its misses count
            record = record[:START_WALL] + (record[START_WALL] - 10 * DAY_MS,) + record[START_WALL + 1:]
        data += seal(record)
    data[first * RECORD.size + 50] ^= 1
    write_file(disk, bytes(data) + b"half a record")

    with start("history", panic=0, disk=disk) as machine:
        machine.connect()
        machine.wait_line("^ingot: history: 1 damaged records are left out$")
        machine.until_service("nightly", lambda s: s["last"])
        after = history(machine)
        nightly = [r for r in after if r["name"] == "nightly"]
        assert [r["why"] for r in nightly] == ["clock", "catch-up"] and nightly[0]["skipped"] in (8, 9, 10)
        assert nightly[1]["boot"] == 2
        assert [r for r in after if r["boot"] == 1] == [r for r in before if r["name"] != "killed"]
        a_hung_disk_holds_up_nobody(machine, len(records) + 1)
        power_off(machine)
    with start("history", panic=0, disk=disk) as machine:
        machine.connect()
        assert [r["why"] for r in history(machine, "nightly")] == ["clock", "catch-up"], "it was run once"
        assert machine.service("nightly")["state"] == "waiting"
        short_jobs_leak_nothing(machine)


def what_pid1_holds(machine):
    """Descriptors but for network namespaces, which are kept for a while; memory in KiB, processes, cgroups with those
    that are dying."""
    descriptors = machine.ok("ls -l /proc/1/fd | grep -vc net:")
    memory = machine.ok("sed -n 's/^Rss\\(Anon\\|Shmem\\):[^0-9]*\\([0-9]*\\) kB/\\2/p' /proc/1/status")
    children = machine.ok("pgrep -P 1 | wc -l")
    groups = machine.until("cat /sys/fs/cgroup/svc/cgroup.stat", lambda text: "dying_descendants 0" in text)
    return int(descriptors), sum(map(int, memory.split())), children, groups


def short_jobs_leak_nothing(machine):
    """Ten thousand in the long tier, one after the other. The first ones fill PID 1's rings."""
    def some(count):
        machine.ok(f"i=0; while [ $i -lt {count} ]; do i=$((i+1)); ingotctl run short --wait || exit; done >/dev/null",
                   timeout=30 + count / 10)

    some(FIRST_RUNS)
    before = what_pid1_holds(machine)
    some(SHORT_RUNS)
    after = what_pid1_holds(machine)
    assert (after[0], after[2], after[3]) == (before[0], before[2], before[3])
    assert before[1] > 0 and after[1] <= before[1] + 8
    assert history(machine, "short")[-1]["run"] == FIRST_RUNS + SHORT_RUNS
    assert int(machine.ok(f"stat -c %s /state/{FILE}")) <= (4 * KEPT + KEPT) * RECORD.size


def a_hung_disk_holds_up_nobody(machine, least):
    """What comes while the disk hangs is in memory, and on the disk once that goes on."""
    machine.until(f"stat -c %s /state/{FILE}", lambda size: int(size) >= least * RECORD.size)
    size = int(machine.ok(f"stat -c %s /state/{FILE}"))
    assert size % RECORD.size == 0
    machine.ok("fsfreeze --freeze /state")
    assert run(machine, "well", "--wait")[1] == 0
    machine.until("cat /proc/[0-9]*/stat | grep -c '(init) D 1 '", lambda text: int(text) == 1)
    assert run(machine, "well", "--wait")[1] == 0
    assert len(history(machine, "well")) == 4
    machine.ok("fsfreeze --unfreeze /state")
    machine.until(f"stat -c %s /state/{FILE}", lambda text: int(text) == size + 2 * RECORD.size)
