# SPDX-License-Identifier: MIT
"""Jobs, held against the cases that PID 1 is made for: overlap, retries, calendars when the clock is set."""
import json
import re

IMAGE = "jobs"
BEFORE = 1774742400  # 2026-03-29 00:00 UTC: an hour before summer time begins in the image's zone
HOUR = 3600


def set_clock(machine, seconds):
    mark = machine.mark()
    machine.ok(f"date -u -s @{seconds} >/dev/null")
    machine.wait_line("^ingot: the clock was set$", since=mark)


def runs(machine, name):
    return [int(line) for line in machine.run(f"cat /state/{name}/data/runs").out.split()]


def test_retries_come_before_the_next_run(machine):
    """init case 60"""
    shown = machine.until_service("retried", lambda s: s["state"] == "waiting")
    assert (shown["restarts"], shown["last"]["text"]) == (2, "exit 0")
    shown = machine.until_service("hopeless", lambda s: s["state"] == "waiting")
    assert (shown["restarts"], shown["last"]["text"]) == (2, "exit 9")


def jobs(machine):
    return {job["name"]: job for job in json.loads(machine.ok("ingotctl jobs --json"))["jobs"]}


def test_jobs_tell_what_comes_and_what_became_of_the_last_run(machine):
    machine.until_service("hopeless", lambda s: s["state"] == "waiting")
    told = jobs(machine)
    assert set(told) == set(machine.services())
    job = told["hopeless"]
    assert (job["runs"], job["retries"], job["skipped"], job["why"]) == (3, 2, 0, "retry")
    assert job["last"]["text"] == "exit 9"
    assert 3500000 < job["next_in_ms"] <= 3600000
    assert (told["held-1"]["runs"], told["held-1"]["why"], told["held-1"]["last"]) == (0, None, None)
    lines = machine.ok("ingotctl jobs").splitlines()
    assert lines[0].split() == ["NAME", "STATE", "NEXT", "IN", "RUNS", "SKIPPED", "WHY", "LAST"]
    assert re.search(r"^hopeless +waiting +59m [0-9]{2}s +3 +0 +retry +exit 9$", "\n".join(lines), re.M)
    assert machine.run("ingotctl jobs x").status == 2
    history = json.loads(machine.ok("ingotctl history hopeless --json"))["runs"]  # in memory: there is no disk
    assert [(r["attempt"], r["why"]) for r in history] == [(1, "schedule"), (2, "retry"), (3, "retry")]


def test_overlap_queue_runs_one_after_the_other(machine):
    """init case 56"""
    log = machine.until("ingotctl logs queued", lambda text: text.count("begin") >= 3).split()
    assert log[:5] == ["begin", "end", "begin", "end", "begin"]
    # it is never between two runs: who starts it by hand waits for the end of the run all the same
    machine.ok("ingotctl start queued", timeout=10)
    machine.ok("ingotctl stop queued")


def test_overlap_replace_stops_the_old_run(machine):
    """init case 56"""
    log = machine.until("ingotctl logs replaced", lambda text: text.count("begin") >= 3).split()
    assert log[:5] == ["begin", "replaced", "begin", "replaced", "begin"]
    machine.ok("ingotctl stop replaced")


def test_a_calendar_waits_for_its_time(machine):
    """init case 58: at the beginning of summer time 02:30 does not exist; the job runs at 03:00, once."""
    set_clock(machine, BEFORE + HOUR - 2)
    machine.until("ingotctl logs night", lambda text: text == "night")
    at = runs(machine, "night")
    assert len(at) == 1 and at[0] - BEFORE - HOUR in (0, 1)


def test_a_clock_set_back_runs_nothing_twice(machine):
    """init case 58"""
    count = len(runs(machine, "night"))
    assert count
    set_clock(machine, BEFORE + HOUR - 1)
    machine.ok("ingotctl start retried")  # time passes while another job runs
    machine.until("date +%s", lambda text: int(text) >= BEFORE + HOUR + 1)
    assert len(runs(machine, "night")) == count


def test_a_clock_set_forward_catches_up_once_or_not_at_all(machine):
    """init case 57: ten days later, ten runs were due."""
    night, caught = len(runs(machine, "night")), len(runs(machine, "catch-up"))
    set_clock(machine, BEFORE + 10 * 24 * HOUR + 12 * HOUR)
    machine.until("wc -l </state/catch-up/data/runs", lambda text: int(text) == caught + 1)
    assert len(runs(machine, "night")) == night
    assert len(runs(machine, "catch-up")) == caught + 1


def test_no_more_jobs_at_once_than_allowed(machine):
    """Three may run; a fourth waits until one of them has ended."""
    for name in ("queued", "replaced"):
        machine.ok(f"ingotctl stop {name}")
    for n in range(1, 5):
        machine.ok(f"(ingotctl start held-{n} >/dev/null 2>&1 &)")
        if n < 4:
            machine.until_service(f"held-{n}", lambda s: s["state"] == "up")
    machine.until_service("held-4", lambda s: s["state"] == "down")  # wanted, as a job that waits for its time is not
    assert machine.service("held-3")["state"] == "up"
    machine.ok("ingotctl stop held-2")
    machine.until_service("held-4", lambda s: s["state"] == "up")
