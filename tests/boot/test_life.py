# SPDX-License-Identifier: MIT
"""How services and jobs live and end, held against the cases that PID 1 is made for: exact ends, back-off, readiness,
stopping what resists, schedules, and nothing left behind after a hundred restarts."""
import re
import time

import pytest

IMAGE = "life"


# ---- ends ----

@pytest.mark.parametrize("name,state,last", (
    ("exits-7", "failed", {"end": "exit", "code": 7, "text": "exit 7"}),
    ("exits-143", "failed", {"end": "exit", "code": 143, "text": "exit 143"}),
    ("exits-0", "done", {"end": "exit", "code": 0, "text": "exit 0"}),
    ("aborts", "failed", {"end": "signal", "signal": 6, "text": "ended by SIGABRT"}),
    ("killed", "failed", {"end": "signal", "signal": 9, "text": "ended by SIGKILL"})))
def test_ends_are_exact(machine, name, state, last):
    """init case 22"""
    shown = machine.until_service(name, lambda s: s["state"] in ("failed", "done"))
    assert (shown["state"], shown["last"], shown["pid"], shown["restarts"]) == (state, last, None, 0)


def test_ends_are_said(machine):
    for line in ("service exits-7: exit 7; it stays down", "service exits-143: exit 143; it stays down",
                 r"service aborts: signal 6 \(Aborted\); it stays down", "service exits-0: done"):
        machine.wait_line(f"^ingot: {line}$")


@pytest.mark.parametrize("number,name", ((9, "SIGKILL"), (15, "SIGTERM"), (11, "SIGSEGV"), (10, "SIGUSR1")))
def test_killed_by_hand_it_comes_back_with_the_exact_signal(machine, number, name):
    """init case 22"""
    before = machine.until_service("lives", lambda s: s["state"] == "up")
    mark = machine.mark()
    machine.ok(f"kill -{number} {machine.main_pid('lives')}")
    after = machine.until_service("lives", lambda s: s["state"] == "up" and s["restarts"] == before["restarts"] + 1)
    assert after["last"] == {"end": "signal", "signal": number, "text": f"ended by {name}"}
    assert after["pid"] != before["pid"]
    machine.wait_line(f"^ingot: service lives: signal {number} ", since=mark)


def test_killing_the_stub_takes_the_service_along(machine):
    before = machine.until_service("lives", lambda s: s["state"] == "up")
    main = machine.main_pid("lives")
    machine.ok(f"kill -9 {before['pid']}")
    machine.until_service("lives", lambda s: s["state"] == "up" and s["restarts"] == before["restarts"] + 1)
    assert machine.run(f"test -e /proc/{main}").status == 1


def test_back_off_doubles_up_to_its_maximum(machine):
    """init case 11"""
    pauses = [60, 120, 240, 480, 480, 480]
    for at, pause in enumerate(pauses):
        machine.wait_line(f"^ingot: service flaps: exit 1; restart in {pause} ms$", timeout=10 if at else 30)
    said = [line for line in machine.said() if line.startswith("service flaps: exit")]
    assert [int(re.search("in ([0-9]+) ms", line).group(1)) for line in said[:6]] == pauses


def test_back_off_begins_anew_when_it_is_started_by_hand(machine):
    machine.ok("ingotctl stop flaps")
    mark = machine.mark()
    done = machine.run("ingotctl start flaps; ingotctl stop flaps")
    # executed is ready: whoever asks may see it up before it ends
    assert done.out in ("", "ingotctl: service flaps: exit 1")
    if done.out:
        machine.wait_line("^ingot: service flaps: exit 1; restart in 60 ms$", since=mark)
    assert machine.service("flaps")["state"] == "down"


# ---- nothing is left ----

def test_orphans_are_reaped(machine):
    machine.until_service("lives", lambda s: s["state"] == "up")
    machine.exec_ok("lives", "for i in 1 2 3 4 5; do (true & true & exec true); done; (sleep 0.1 &)")
    machine.until("cat /sys/fs/cgroup/svc/lives/pids.current", lambda text: text == "2")
    machine.until("cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z '", lambda text: text == "0")


def test_grandchildren_in_sessions_of_their_own_are_gone_after_a_stop(machine):
    """init case 17"""
    machine.until("pgrep -f '^sleep 444' | wc -l", lambda text: text == "3")
    began = time.monotonic()
    machine.ok("ingotctl stop family")
    assert time.monotonic() - began < 3
    assert machine.run("pgrep -f '^sleep 444'").status == 1
    assert machine.run("test -e /sys/fs/cgroup/svc/family").status == 1


def test_sigterm_ignored_is_killed_after_the_timeout(machine):
    """init case 15"""
    machine.until("ingotctl logs stubborn", lambda text: text == "up")
    mark = machine.mark()
    began = time.monotonic()
    machine.ok("ingotctl stop stubborn")
    assert 0.6 < time.monotonic() - began < 5
    waited = machine.wait_line("^ingot: service stubborn: still there ([0-9]+) ms later: killed$", since=mark)
    assert 700 <= int(waited.group(1)) < 1500
    assert [line for line in machine.said(mark) if "stubborn" in line][-1] == "service stubborn: stopped"
    assert machine.service("stubborn")["last"]["text"] == "ended by SIGKILL"


def test_the_declared_signal_stops_it(machine):
    machine.until("ingotctl logs gentle", lambda text: text == "up")
    began = time.monotonic()
    machine.ok("ingotctl stop gentle")
    assert time.monotonic() - began < 5
    assert machine.ok("ingotctl logs gentle") == "up\nbye"
    assert machine.service("gentle")["last"] == {"end": "exit", "code": 0, "text": "exit 0"}


def test_a_frozen_service_is_killed_after_the_timeout(machine):
    """init case 19"""
    machine.ok("ingotctl start stubborn && echo 1 >/sys/fs/cgroup/svc/stubborn/cgroup.freeze")
    machine.ok("ingotctl stop stubborn", timeout=10)


def test_a_stopped_service_is_killed_after_the_timeout(machine):
    """init case 19"""
    machine.ok("ingotctl start stubborn")
    machine.ok(f"kill -STOP {machine.main_pid('stubborn')} && ingotctl stop stubborn", timeout=10)


def test_stop_twice_at_once(machine):
    """init case 20"""
    machine.ok("ingotctl start stubborn")
    machine.ok("ingotctl stop stubborn & ingotctl stop stubborn && wait $!")
    assert machine.service("stubborn")["state"] == "down"


def test_who_stops_it_is_told_when_another_starts_it_again(machine):
    """Also where it waits for its turn, as the machine launches one at a time and `again` is launched all the time."""
    ups = machine.ok("ingotctl stop deaf; ingotctl logs deaf").count("up")
    machine.ok("ingotctl start deaf")
    machine.until("ingotctl logs deaf", lambda text: text.count("up") > ups)
    done = machine.run("ingotctl stop deaf & until ingotctl status deaf --json | grep -q '\"stopping\"'; do :; done; "
                       "ingotctl start deaf; wait $!", timeout=10)
    assert (done.status, done.out) == (1, "ingotctl: service deaf: it was started again meanwhile")


def test_a_hundred_restarts_leave_nothing_behind(machine):
    """Thousands are in test_long_restarts.py. The network namespace of what is down is kept for some seconds, and a
    job's group: those are gone at first. What a boot puts off is done then: it ends with no more modules."""
    count = "ls -l /proc/1/fd | grep -vc net:; wc -l </proc/1/mountinfo; find /sys/fs/cgroup -type d | sort; " \
            "grep -c . /proc/mounts"
    memory = "sed -n 's/^Rss\\(Anon\\|Shmem\\):[^0-9]*\\([0-9]*\\) kB/\\2/p' /proc/1/status"
    machine.ok("ingotctl stop again && ingotctl stop tick && ingotctl stop slow && ingotctl stop flaps")
    for name in ("never-ready", "no-listener", "closes-fd", "no-interpreter", "other-machine"):
        machine.until_service(name, lambda s: s["state"] == "failed")
    jobs = {"tick", "fails", "overlong", "slow"}
    machine.until("ls /sys/fs/cgroup/svc", lambda text: not jobs & set(text.split()))
    machine.until("cat /proc/sys/kernel/modules_disabled", lambda text: text == "1")
    before, held = machine.ok(count), sum(map(int, machine.ok(memory).split()))
    start = machine.service("again")["restarts"]
    machine.ok("ingotctl start again || :")
    machine.until_service("again", lambda s: s["restarts"] - start >= 100, timeout=60)
    machine.ok("ingotctl stop again")
    assert machine.ok(count) == before
    grown = sum(map(int, machine.ok(memory).split())) - held
    assert held > 0 and grown <= 20, f"PID 1 grew by {grown} KiB"


# ---- readiness ----

def test_ready_by_descriptor_and_what_needs_it_starts_behind_it(machine):
    assert machine.service("by-fd")["state"] == "starting"
    assert machine.service("after-fd")["state"] == "down"
    machine.exec_ok("by-fd", "echo >/run/half")
    assert machine.service("by-fd")["state"] == "starting", "half a line is not a line"
    machine.exec_ok("by-fd", "echo >/run/go")
    machine.wait_line("^ingot: service by-fd: ready in [0-9]+ ms$")
    machine.wait_line("^ingot: service after-fd: ready in ")
    said = machine.said()
    order = [next(i for i, line in enumerate(said) if line.startswith(f"service {name}: ready"))
             for name in ("by-fd", "after-fd")]
    assert order == sorted(order)


def test_ready_by_tcp(machine):
    assert machine.service("by-tcp")["state"] == "starting"
    mark = machine.mark()
    machine.exec_ok("by-tcp", "echo >/run/go")
    machine.wait_line("^ingot: service by-tcp: ready in [0-9]+ ms$", since=mark)
    assert machine.ok("echo back | nc 127.0.0.1 8000") == "back"


@pytest.mark.parametrize("name,process", (("never-ready", "sleep 5551"), ("no-listener", "sleep 5552")))
def test_readiness_has_a_time_limit(machine, name, process):
    """init case 3"""
    machine.wait_line(f"^ingot: service {name}: not ready within 400 ms; it stays down$")
    shown = machine.until_service(name, lambda s: s["state"] == "failed")
    assert shown["last"] == {"end": "not-ready", "text": "never ready"}
    assert machine.run(f"pgrep -f {process}").status in (0, 1)
    assert machine.run(f"pgrep -f '^/bin/{process}'").status == 1


def test_a_readiness_descriptor_closed_without_a_word(machine):
    machine.wait_line("^ingot: service closes-fd: not ready: descriptor 4 was closed without a word; it stays down$")


def test_start_by_hand_says_why_it_failed(machine):
    done = machine.run("ingotctl start never-ready")
    assert (done.status, done.out) == (1, "ingotctl: service never-ready: not ready within 400 ms")


# ---- programs that cannot be executed ----

@pytest.mark.parametrize("name,errno,text", (("no-interpreter", 2, "No such file or directory"),
                                             ("other-machine", 8, "Exec format error")))
def test_a_program_that_cannot_be_executed_names_the_step(machine, name, errno, text):
    """init case 1"""
    machine.wait_line(f"^ingot: service {name}: step exec /app/program: {text}; it stays down$")
    assert machine.service(name)["last"] == {"end": "launch", "step": "exec", "errno": errno,
                                             "text": f"step exec: {text}"}


# ---- jobs ----

def test_a_job_runs_on_its_schedule(machine):
    machine.ok("ingotctl start tick")
    runs = "wc -l </state/tick/data/runs"
    first = int(machine.ok(runs))
    began = time.monotonic()
    machine.until(runs, lambda text: int(text) >= first + 3)
    assert 1.5 < time.monotonic() - began < 6, "once a second"
    shown = machine.until_service("tick", lambda s: s["state"] == "waiting")
    assert (shown["kind"], shown["last"]["code"], shown["restarts"]) == ("job", 0, 0)
    assert machine.wait_line("^ingot: job tick: done in [0-9]+ ms$")
    assert "tick" in machine.ok("ingotctl logs tick").splitlines()


def test_a_job_that_fails_says_so_and_waits_for_its_next_time(machine):
    machine.wait_line("^ingot: job fails: exit 9$")
    shown = machine.service("fails")
    assert (shown["state"], shown["last"]) == ("waiting", {"end": "exit", "code": 9, "text": "exit 9"})
    done = machine.run("ingotctl start fails")
    assert (done.status, done.out) == (1, "ingotctl: service fails: exit 9")


def test_a_job_that_runs_too_long_is_ended(machine):
    machine.wait_line("^ingot: job overlong: ran longer than 400 ms$")
    shown = machine.until_service("overlong", lambda s: s["state"] == "waiting")
    assert shown["last"] == {"end": "timeout", "text": "ran too long"}
    assert machine.run("pgrep -f '^/bin/sleep 6661'").status == 1


def test_runs_of_a_job_never_overlap(machine):
    machine.ok("ingotctl start slow")
    lines = machine.until("ingotctl logs slow", lambda text: text.count("ran") >= 3).splitlines()
    assert set(lines) == {"ran"}


def test_a_job_that_is_stopped_stays_so(machine):
    machine.ok("ingotctl stop tick")
    shown = machine.service("tick")
    assert shown["state"] == "down"
    before = machine.ok("wc -l </state/tick/data/runs")
    machine.ok("ingotctl stop lives && ingotctl start lives")
    machine.until("cut -d. -f1 /proc/uptime", lambda text: True)
    assert machine.ok("wc -l </state/tick/data/runs") == before
    machine.ok("ingotctl start tick")
    assert int(machine.ok("wc -l </state/tick/data/runs")) > int(before)
