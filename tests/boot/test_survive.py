# SPDX-License-Identifier: MIT
"""PID 1 is replaced, refuses a replacement, and crashes, each under running services: none of them is started again, no
end is lost, and nothing that PID 1 knew is forgotten. Of what PID 1 is held against: init cases 51, 52 and 53."""
import re
import subprocess
import time

import pytest

import build

IMAGE = "survive"
MANY = 60  # services, beside a job; PID 1 takes 64 of both

EXE = "readlink /proc/1/exe"


def pids(g):
    return {name: (s["pid"], s["restarts"]) for name, s in g.services().items() if s["kind"] == "service"}


def all_up(g):
    g.until_service("lives", lambda s: s["state"] == "up")
    g.until_service("echo", lambda s: s["state"] == "up")
    g.until_service("stubborn", lambda s: s["state"] == "up")
    g.until("ingotctl logs waits; pgrep -f 'read code'", lambda text: text != "")


def reexec(g, path=""):
    g.ok(f"ingotctl reexec {path}")


# ---- another program: init case 52 ----

def test_another_program_goes_on_with_the_services(machine):
    all_up(machine)
    before, since = pids(machine), machine.service("lives")["in_state_ms"]
    reexec(machine, "/opt/other")
    assert machine.ok(EXE) == "/opt/other"
    assert machine.ok("cat /proc/1/comm") == "init"
    assert pids(machine) == before
    assert machine.service("lives")["in_state_ms"] > since, "since when it is up is known"
    reexec(machine)
    assert machine.ok(EXE) == "/init"
    assert pids(machine) == before


def test_what_a_service_wrote_is_kept_and_goes_on(machine):
    machine.exec_ok("echo", "echo before >/run/in")
    machine.until("ingotctl logs echo", lambda text: text.endswith("before"))
    reexec(machine)
    assert machine.ok("ingotctl logs echo").splitlines()[0] == "up"
    machine.exec_ok("echo", "echo after >/run/in")
    machine.until("ingotctl logs echo", lambda text: text.endswith("before\nafter"))


def test_who_waits_is_answered_by_the_new_program(machine):
    machine.until_service("by-fd", lambda s: s["state"] == "starting")
    machine.ok("(ingotctl start by-fd >/tmp/started 2>&1; echo $? >>/tmp/started) & "
               "ingotctl logs -f echo >/tmp/followed 2>&1 &")
    machine.until("cat /tmp/followed", lambda text: text.startswith("up"))
    reexec(machine)
    assert machine.ok("cat /tmp/started") == ""
    assert machine.service("by-fd")["state"] == "starting"
    machine.exec_ok("by-fd", "echo >/run/go")
    assert machine.until("cat /tmp/started", lambda text: text != "") == "0"
    machine.exec_ok("echo", "echo followed >/run/in")
    machine.until("cat /tmp/followed", lambda text: text.endswith("followed"))
    machine.ok("pkill -f 'logs -f'")


def test_an_end_in_the_very_moment_is_not_lost(machine):
    """The service ends while PID 1 is on its way from one program to the next."""
    for code in (3, 4, 5):
        machine.ok("ingotctl start waits")
        main = machine.main_pid("waits")
        machine.exec_ok("waits", f"(sleep 0.0{code}; echo {code} >/run/end) >/dev/null 2>&1 &")
        machine.ok("for i in 1 2 3 4; do ingotctl reexec; done")
        shown = machine.until_service("waits", lambda s: s["state"] == "backoff")
        assert shown["last"]["text"] == f"exit {code}"
        assert machine.run(f"test -e /proc/{main}").status == 1


def test_a_killed_service_comes_back_by_the_new_program(machine):
    before = machine.until_service("lives", lambda s: s["state"] == "up")
    machine.ok(f"kill -9 {before['pid']}; ingotctl reexec")
    after = machine.until_service("lives", lambda s: s["state"] == "up" and s["pid"] != before["pid"])
    assert after["restarts"] == before["restarts"] + 1


def test_timers_go_on(machine):
    """A back-off, the time limit of a stop, and a job's next run are due when they would have been."""
    machine.ok("ingotctl start waits")
    machine.main_pid("waits")
    mark = machine.mark()
    machine.exec("waits", "echo 7 >/run/end")  # which may end with the service
    machine.wait_line("^ingot: service waits: exit 7; restart in 6000 ms$", since=mark)
    began = time.monotonic()
    machine.ok("ingotctl stop stubborn & ingotctl reexec; ingotctl reexec; wait $!")
    assert 1.5 < time.monotonic() - began < 5, "killed after the two seconds that it is given"
    assert machine.service("waits")["state"] == "backoff"
    machine.ok("ingotctl reexec")
    machine.until_service("waits", lambda s: s["state"] == "up")
    assert 4 < time.monotonic() - began < 9, "neither at once nor anew"
    assert machine.service("waits")["restarts"] > 0
    machine.ok("ingotctl start stubborn")
    ticks = "ingotctl logs tick | wc -l"
    first, began = int(machine.ok(ticks)), time.monotonic()
    machine.until(f"ingotctl reexec; {ticks}", lambda text: int(text) >= first + 3)
    assert 3 < time.monotonic() - began < 12


def test_nothing_is_left_behind_and_nothing_is_inherited(machine):
    all_up(machine)
    machine.ok("ingotctl stop tick")
    reexec(machine)
    count = "ls -l /proc/1/fd | grep -vc net:; wc -l </proc/1/mountinfo; grep -c . /proc/1/maps"
    before = machine.ok(count)
    for _ in range(10):
        reexec(machine)
    assert machine.ok(count) == before
    pid = machine.service("lives")["pid"]
    machine.ok(f"kill -9 {pid}")
    machine.until_service("lives", lambda s: s["state"] == "up" and s["pid"] != pid)
    main = machine.main_pid("lives")
    assert machine.ok(f"ls /proc/{main}/fd") == "0\n1\n2"
    closing = machine.ok("for f in /proc/1/fdinfo/*; do grep -q '^flags:.*[2367]......$' $f || "
                         "[ ! -e $f ] || echo ${f##*/}; done 2>/dev/null")
    assert closing.split() == ["0", "1", "2"], "all others are closed on exec"
    machine.ok("ingotctl start tick")


def test_the_shell_of_the_console_is_still_pid_1s(start):
    with start(IMAGE) as g:
        g.connect()
        reexec(g)
        g.send("exit 3\n")
        g.connect()
        assert g.ok("ingotctl status lives | grep -c lives") == "1"


def test_an_emergency_goes_on_too(start):
    with start(IMAGE, words="ingot.emergency") as g:
        g.connect()
        reexec(g, "/opt/other")
        assert g.ok(EXE) == "/opt/other"
        mark = g.mark()
        g.ok("kill -SEGV 1")
        g.wait_line("^ingot: PID 1 goes on: 0 services kept$", since=mark)


# ---- programs that will not do: init case 53 ----

SCRIPTS = {
    "crashes": "kill -SEGV $$",
    "fails": "exit 3",
    "hangs": "exec sleep 100000",
    "repeats": 'echo "$@"',
    "vanishes": 'echo "ingot-init keeps $2"; rm "$0"',
}


@pytest.fixture
def programs(machine):
    """Scripts as programs, on a file system of their own that allows to execute them."""
    machine.ok("mkdir -p /run/bad; mountpoint -q /run/bad || mount -t tmpfs bad /run/bad")
    for name, text in SCRIPTS.items():
        machine.ok(f"printf '#!/bin/sh\\n%s\\n' '{text}' >/run/bad/{name}; chmod 755 /run/bad/{name}")
    return machine


@pytest.mark.parametrize("path, why", (
    ("/opt/none", "No such file or directory"),
    ("/opt/plain", "Permission denied"),
    ("/opt", "Permission denied"),
    ("/opt/text", "Exec format error"),
    ("/run/bad/crashes", "its check ended by signal 11 .Segmentation fault."),
    ("/run/bad/fails", "it is no ingot-init that can go on with running services"),
    ("/run/bad/repeats", "it is no ingot-init that can go on with running services"),
    ("/bin/busybox", "it is no ingot-init that can go on with running services"),
    ("/run/bad/hangs", "its check did not end within 5000 ms"),
    ("/opt/layout", "it keeps its state in another way than the one that runs: boot it instead"),
    ("/run/bad/vanishes", "it passed its check, but cannot be executed: No such file or directory")))
def test_a_program_that_will_not_do_is_refused(programs, path, why):
    all_up(programs)
    exe, before = programs.ok(EXE), pids(programs)
    mark = programs.mark()
    done = programs.run(f"ingotctl reexec {path}")
    assert done.status == 1
    assert re.fullmatch(f"ingotctl: {path}: {why}", done.out), done.out
    programs.wait_line(f"^ingot: re-exec: {path}: {why}; PID 1 goes on as it is$", since=mark)
    assert (programs.ok(EXE), pids(programs)) == (exe, before)
    assert programs.run("pgrep -f /run/bad").status == 1
    reexec(programs)


def test_a_check_that_hangs_keeps_nobody_waiting(programs):
    programs.ok("ingotctl reexec /run/bad/hangs >/tmp/hangs 2>&1 &")
    programs.until("pgrep -f 'sleep 100000'", lambda text: text != "")
    began = time.monotonic()
    assert programs.run("ingotctl reexec").out == "ingotctl: another program is being checked"
    programs.ok("ingotctl stop lives && ingotctl start lives")
    assert time.monotonic() - began < 4
    programs.until("cat /tmp/hangs", lambda text: "did not end" in text)


def test_a_wrong_path_is_an_error_of_usage(machine):
    done = machine.run("ingotctl reexec opt/other")
    assert done.status == 2 and "the path must be absolute" in done.out


# ---- crashes: init case 51 ----

NAMES = {4: "Illegal instruction", 6: "Aborted", 7: "Bus error", 8: "Arithmetic exception", 11: "Segmentation fault"}


def crash(g, number, count):
    mark = g.mark()
    g.ok(f"kill -{number} 1")
    g.wait_line(fr"^ingot: PID 1 crashed: signal {number} \({NAMES[number]}\), sent by process [0-9]+, "
                fr"instruction [0-9a-f]+(, service \S+)?; crashes {count}; going on$", since=mark)
    g.wait_line("^ingot: PID 1 goes on: [0-9]+ services kept$", since=mark)


@pytest.mark.parametrize("numbers", ((11, 7), (4, 8), (6,)))
def test_a_crash_leaves_a_record_and_the_services(start, numbers):
    with start(IMAGE) as g:
        g.connect()
        all_up(g)
        before, log = pids(g), g.ok("ingotctl logs echo")
        for at, number in enumerate(numbers):
            crash(g, number, at + 1)
            assert (pids(g), g.ok("ingotctl logs echo")) == (before, log)
            assert g.ok(f"dmesg | grep -c 'PID 1 crashed: signal {number} '") == "1"
        g.ok("ingotctl stop lives && ingotctl start lives")
        g.ok("ingotctl stop stubborn; ingotctl reexec /opt/other")
        g.send("ingotctl poweroff\n")
        assert g.wait_end() == 0
        assert g.said()[-1] == "power off"


def break_call(g, number, then="true"):
    """Makes PID 1 crash at its next system call of that number: the instruction that loads it becomes none. The command
    that leads to the call comes at once, before another service's job does."""
    init = build.ROOT / "build" / "ingot-init"
    code = subprocess.run(["objdump", "-d", init], stdout=subprocess.PIPE, text=True, check=True).stdout
    places = re.findall(fr"^ *([0-9a-f]+):.*\bmov +\$0x{number:x},%e(?:ax|di)", code, re.M)
    assert len(places) == 1
    g.ok(fr"printf '\017\013' | dd of=/proc/1/mem bs=1 seek=$((0x{places[0]})) conv=notrunc; {then}")
    return places[0]


def crashed(g, since, place):
    g.wait_line(fr"^ingot: PID 1 crashed: signal 4 \({NAMES[4]}\), address [0-9a-f]+, instruction {place}"
                r"(, service \S+)?; crashes \d; going on$", since=since)
    g.wait_line("^ingot: PID 1 goes on: ", since=since)


@pytest.fixture
def fresh(start):
    with start(IMAGE) as g:
        g.connect()
        all_up(g)
        yield g


def test_a_crash_over_a_client_answers_him(fresh):
    before, mark, place = pids(fresh), fresh.mark(), break_call(fresh, 288)  # accept4
    assert "stubborn" in fresh.ok("ingotctl status")
    crashed(fresh, mark, place)
    assert pids(fresh) == before


def test_a_crash_over_the_end_of_a_service_keeps_how_it_ended(fresh):
    """Its process is reaped already, and nothing but PID 1's own notes tells of it."""
    before, mark, place = pids(fresh), fresh.mark(), break_call(fresh, 263)  # unlinkat
    fresh.exec("waits", "echo 9 >/run/end")
    crashed(fresh, mark, place)
    fresh.wait_line("^ingot: service waits: exit 9; restart in 6000 ms$", since=mark)
    said = fresh.said(mark)
    crash, = (i for i, line in enumerate(said) if line.startswith("PID 1 crashed: "))
    assert said.index("service waits: exit 9; restart in 6000 ms") > crash
    after = pids(fresh)
    assert after.pop("waits") == (None, 0)
    assert after == {name: what for name, what in before.items() if name != "waits"}


def test_a_crash_over_the_start_of_a_service_starts_it_again(fresh):
    fresh.ok("ingotctl stop lives")  # a restart would have its cgroup again
    mark, place = fresh.mark(), break_call(fresh, 258, "ingotctl start lives || true")  # mkdirat
    crashed(fresh, mark, place)
    fresh.wait_line(r"^ingot: service lives: signal 9 \(Killed\) before it was ready; restart in ", since=mark)
    fresh.until_service("lives", lambda s: s["state"] == "up")


def test_a_crash_over_a_start_with_the_cgroup_of_the_last_run_makes_it_anew(fresh):
    number = fresh.ok("stat -c %i /sys/fs/cgroup/svc/lives")
    pid, mark = fresh.main_pid("lives"), fresh.mark()
    place = break_call(fresh, 293, f"kill -9 {pid}")  # pipe2
    crashed(fresh, mark, place)
    fresh.wait_line(r"^ingot: service lives: signal 9 \(Killed\) before it was ready; restart in ", since=mark)
    fresh.until_service("lives", lambda s: s["state"] == "up")
    assert fresh.ok("stat -c %i /sys/fs/cgroup/svc/lives") != number


def test_a_crash_during_a_shutdown_does_not_stop_it(start):
    with start(IMAGE) as g:
        g.connect()
        all_up(g)
        g.until("ingotctl logs stubborn", lambda text: text == "up")
        g.ok("ingotctl poweroff")
        crash(g, 11, 1)
        done = g.run("ingotctl reexec")
        assert done.out == "ingotctl: the machine is going down"
        assert g.wait_end() == 0
        assert g.said()[-1] == "power off"


def test_three_crashes_within_a_minute_boot_anew(start):
    with start(IMAGE) as g:
        g.connect()
        all_up(g)
        crash(g, 11, 1)
        crash(g, 11, 2)
        mark = g.mark()
        g.send("kill -SEGV 1\n")
        g.wait_line("; crashes 3; the third within a minute: reboot$", since=mark)
        g.wait_line("^ingot: survive: booted in ", since=mark)


# ---- many ----

@pytest.fixture(scope="module")
def many():
    """An image with as many services as PID 1 takes."""
    text = (build.tree() / "images" / "survive.yml").read_text()
    head = text[:text.index("\nsources:")].replace("image: survive", "image: survive-many")
    body = "".join(f"  s{i}:\n    recipes: [busybox]\n    command: [/bin/sleep, \"100000\"]\n"
                   f"    limits: {{memory: 2M, pids: 4}}\n" for i in range(MANY))
    (build.tree() / "images" / "survive-many.yml").write_text(f"{head}\nservices:\n{body}")
    return "survive-many"


def test_sixty_services_do_not_notice(start, many):
    with start(many) as g:
        g.connect()
        g.wait_line(f"^ingot: {MANY} services ready", timeout=120)
        before = pids(g)
        assert len({pid for pid, _ in before.values()}) == MANY
        for _ in range(3):
            reexec(g)
        g.ok("kill -SEGV 1")
        assert pids(g) == before
        assert g.ok("ls -d /sys/fs/cgroup/svc/*/ | wc -l") == str(MANY)
