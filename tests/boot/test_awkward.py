# SPDX-License-Identifier: MIT
"""Services that become ready in odd ways, leave or hang; steps before a start; names that are none."""
import shlex

import pytest

IMAGE = "awkward"


def none_of(g, *seconds):
    for n in seconds:
        assert g.run(f"pgrep -f 'sleep {n}$'").status == 1


# ---- readiness ----

def test_what_ends_before_it_is_ready_has_failed_whatever_its_code(machine):
    """init case 2"""
    shown = machine.until_service("early", lambda s: s["state"] == "failed")
    assert (shown["restarts"], shown["last"]["text"]) == (1, "exit 0")
    machine.wait_line("^ingot: service early: exit 0 before it was ready; restart in 20 ms$")
    machine.wait_line("^ingot: service early: exit 0 before it was ready; it stays down$")
    machine.wait_line("^ingot: service after-early: it waits for early, which has failed$")
    done = machine.run("ingotctl start early")
    assert (done.status, done.out) == (1, "ingotctl: service early: exit 0")


def test_an_end_says_more_than_the_closed_descriptor_that_came_before_it(machine):
    """init case 2"""
    machine.wait_line("^ingot: service slow-to-end: exit 3 before it was ready; it stays down$")


def test_a_line_in_pieces_counts_once_it_is_whole(machine):
    """init case 5"""
    assert machine.service("pieces")["state"] == "starting"
    machine.exec_ok("pieces", "echo >/run/go")
    assert machine.service("pieces")["state"] == "starting"
    machine.exec_ok("pieces", "echo >/run/on")
    machine.until_service("pieces", lambda s: s["state"] == "up")


def test_a_grandchild_may_say_it(machine):
    """init case 5"""
    assert machine.service("grandchild")["state"] == "starting", "it is open as long as anybody has it"
    machine.exec_ok("grandchild", "echo >/run/go")
    machine.until_service("grandchild", lambda s: s["state"] == "up")


def test_the_last_who_has_it_leaves_without_a_word(machine):
    """init case 5"""
    assert machine.service("orphaned")["state"] == "starting"
    mark = machine.mark()
    machine.exec("orphaned", "echo >/run/go")  # the end takes the session along
    machine.wait_line("^ingot: service orphaned: not ready: descriptor 4 was closed without a word; it stays down$",
                      since=mark)
    none_of(machine, 7006)


def test_what_is_restarted_has_its_group_again_and_what_is_stopped_has_none(machine):
    group = "/sys/fs/cgroup/svc/lives"
    before, number = machine.service("lives"), machine.ok(f"stat -c %i {group}")
    machine.ok(f"kill -KILL {machine.main_pid('lives')}")
    machine.until_service("lives", lambda s: s["state"] == "up" and s["pid"] != before["pid"])
    assert machine.ok(f"stat -c %i {group}") == number
    machine.ok(f"echo 1 >{group}/cgroup.kill")  # which would kill whatever came into it later
    machine.until(f"stat -c %i {group}", lambda text: text.isdigit() and text != number)
    machine.until_service("lives", lambda s: s["state"] == "up")
    machine.ok(f"echo 1 >{group}/cgroup.freeze; kill -KILL {machine.service('lives')['pid']}")
    machine.until(f"cat {group}/cgroup.freeze", lambda text: text == "0")  # another one
    machine.until_service("lives", lambda s: s["state"] == "up")
    machine.ok("ingotctl stop lives")
    assert machine.run(f"test -e {group}").status == 1
    machine.ok("ingotctl start lives")


def test_what_puts_itself_into_the_background_has_ended(machine):
    """init case 7: and takes along what it left there."""
    shown = machine.until_service("leaves", lambda s: s["state"] == "done")
    assert shown["last"]["text"] == "exit 0"
    none_of(machine, 7002)
    assert machine.run("test -e /sys/fs/cgroup/svc/leaves").status == 1


# ---- steps before a start ----

def test_a_step_that_hangs_is_killed_and_said(machine):
    """init case 8"""
    machine.wait_line("^ingot: service hanging-step: not ready within 400 ms; it stays down$")
    machine.wait_line("^ingot: service behind-hanging: it waits for hanging-step, which has failed$")
    machine.until_service("hanging-step", lambda s: s["state"] == "failed")
    none_of(machine, 7007, 7008, 7009)


def test_a_step_that_fails_is_said(machine):
    """init case 8"""
    machine.wait_line("^ingot: service failing-step: exit 6 before it was ready; it stays down$")
    machine.wait_line("^ingot: service behind-failing: it waits for failing-step, which has failed$")
    assert machine.ok("ingotctl logs failing-step") == "no"
    none_of(machine, 7010)


# ---- control ----

def test_who_asks_may_be_part_of_what_is_restarted(machine):
    """init case 14: no service reaches the control socket from its root, so one is asked from inside its group."""
    before = machine.until_service("lives", lambda s: s["state"] == "up")
    assert machine.shell("lives", "ls /run/ingot /run/ingot/control 2>&1 || :").count("No such file") == 2
    machine.ok("(echo 0 >/sys/fs/cgroup/svc/lives/cgroup.procs; exec ingotctl restart lives) >/tmp/own 2>&1 &")
    after = machine.until_service("lives", lambda s: s["state"] == "up" and s["pid"] != before["pid"])
    assert after["restarts"] <= before["restarts"] + 1
    assert machine.ok("cat /sys/fs/cgroup/svc/lives/cgroup.procs | wc -l") == "2", "its stub and its program alone"


HOSTILE = ["../lives", "/lives", ".", "lives/", "lives/cgroup.procs", "LIVES", "l", "lives ", " lives", "-", "%s%n",
           "lives\nup", "é", "\x01\x1b[2J", "x" * 31, "x" * 32, "x" * 1000, "''", "$(id)"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_no_service(machine, name):
    """init case 29"""
    word = shlex.quote(name)
    for command in ("status", "stop", "logs"):
        done = machine.run(f"ingotctl {command} {word}")
        assert done.status in (1, 2) and done.out.startswith("ingotctl: "), done.out
    assert machine.service("lives")["state"] == "up"
