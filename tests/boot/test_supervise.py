# SPDX-License-Identifier: MIT
"""What happens around a failure: soft dependencies, oneshots, limits, and the actions that a service declares."""

IMAGE = "supervise"


def test_a_oneshot_holds_back_what_needs_it(machine):
    assert machine.service("prepare")["state"] == "starting"
    assert machine.service("prepared")["state"] == "down"
    machine.exec("prepare", "echo >/run/go")  # the end takes the session along
    machine.until_service("prepared", lambda s: s["state"] == "up")
    shown = machine.service("prepare")
    assert (shown["state"], shown["last"]["text"], shown["restarts"]) == ("done", "exit 0", 0)


def test_it_gives_up_after_its_limit(machine):
    """init case 12"""
    shown = machine.until_service("flops", lambda s: s["state"] == "failed")
    assert (shown["restarts"], shown["last"]["text"]) == (2, "exit 3")
    machine.wait_line("^ingot: service flops: exit 3 before it was ready; it stays down$")
    machine.wait_line("^ingot: service strict: it waits for flops, which has failed$")
    assert machine.service("strict")["state"] == "down"


def test_a_soft_dependency_that_fails_keeps_nobody_waiting(machine):
    """init case 4: one that gave up, one that was not ready in time, and one that can never start."""
    machine.until_service("lenient", lambda s: s["state"] == "up")
    assert machine.service("late")["last"]["end"] == "not-ready"


def test_dependents_are_restarted_behind_what_failed(machine):
    """init case 27"""
    before = {name: machine.until_service(name, lambda s: s["state"] == "up") for name in ("base", "upper", "aside")}
    mark = machine.mark()
    machine.ok(f"kill -9 {machine.main_pid('base')}")
    machine.wait_line("^ingot: service upper: restarted, as base has failed$", since=mark)
    machine.wait_line("^ingot: service upper: stopped$", since=mark)
    after = machine.until_service("upper", lambda s: s["state"] == "up" and s["pid"] != before["upper"]["pid"])
    assert after["restarts"] == 0
    assert machine.service("base")["restarts"] == before["base"]["restarts"] + 1
    assert machine.service("aside")["pid"] == before["aside"]["pid"]


def test_ten_thousand_mounts_of_the_machine_cost_a_service_nothing(machine):
    """init case 34: each launch copies them, and PID 1 goes on."""
    before = machine.until_service("aside", lambda s: s["state"] == "up")
    machine.ok("mkdir /tmp/m && mount -t tmpfs many /tmp/m && cd /tmp/m && mkdir $(seq 14) && cd / && "
               "for i in $(seq 14); do mount --rbind /tmp/m /tmp/m/$i || exit 1; done", timeout=60)
    assert int(machine.ok("wc -l </proc/mounts")) > 10000
    machine.ok("ingotctl restart aside", timeout=60)
    machine.ok("umount -l /tmp/m", timeout=60)
    after = machine.service("aside")
    assert (after["state"], after["restarts"]) == ("up", before["restarts"]), "it was not killed for its memory"
    assert machine.exec_ok("aside", "grep -c many /proc/self/mounts || :") == "0"


def test_only_listed_signals_restart_it(machine):
    """init case 13"""
    machine.until_service("picky", lambda s: s["state"] == "up")
    machine.ok(f"kill -SEGV {machine.main_pid('picky')}")
    machine.until_service("picky", lambda s: s["state"] == "up" and s["restarts"] == 1)
    machine.ok(f"kill -KILL {machine.main_pid('picky')}")
    machine.until_service("picky", lambda s: s["state"] == "failed")


def test_what_is_vital_reboots_the_machine_once_it_has_failed(start):
    """init case 12: the action runs once, after the last restart."""
    with start(IMAGE) as g:
        g.connect()
        g.until_service("vital", lambda s: s["state"] == "up")
        mark = g.mark()
        g.ok(f"kill -9 {g.main_pid('vital')}")
        g.until_service("vital", lambda s: s["state"] == "up" and s["restarts"] == 1)
        g.send(f"kill -9 {g.main_pid('vital')}\n")
        g.wait_line("^ingot: service vital: signal 9 .Killed.; it stays down$", since=mark)
        g.wait_line("^ingot: reboot: asked for by the failure of vital$", since=mark)
        g.wait_line("^ingot: supervise: booted in ", since=mark)
        assert sum("failure of vital" in line for line in g.said(mark)) == 1
