# SPDX-License-Identifier: MIT
"""Services that misbehave, held against ingot-init(8): what exceeds its limit is ended as a group and told by its
reason, and neither PID 1 nor the services beside it notice."""
import contextlib
import time

import pytest

IMAGE = "lab"
ANSWER_S = 5  # for one command of ingotctl while a service runs wild; it takes 0.1 s


@pytest.fixture(autouse=True)
def nginx_answers(machine):
    """Before and after each of these."""
    machine.until("wget -qO- http://127.0.0.1/ 2>&1", lambda text: "nginx answers" in text)
    before = machine.service("nginx")["pid"]
    yield
    assert "nginx answers" in machine.ok("wget -qO- http://127.0.0.1/")
    assert machine.service("nginx")["pid"] == before


def test_memory_hog_is_killed_as_a_group_and_said_to_be_out_of_memory(machine):
    """init case 30"""
    mark = machine.mark()
    stub = machine.service("hog")["pid"]
    machine.ok("(ingotctl exec hog -- /bin/sleep 8881 &)")
    machine.until("pgrep -f '^/bin/sleep 8881'", lambda text: text != "")
    done = machine.exec("hog", "dd if=/dev/zero of=/dev/null bs=12M count=1")
    assert done.status == 137
    machine.wait_line("^ingot: service hog: out of memory, the limit is 6144 KiB; restart in 50 ms$", since=mark)
    hog = machine.until_service("hog", lambda s: s["state"] == "up" and s["restarts"] == 1)
    assert hog["last"] == {"end": "oom", "text": "out of memory"}
    assert hog["pid"] != stub
    assert machine.run("pgrep -f '^/bin/sleep 8881'").status == 1, "all of the group goes"


def test_what_is_written_to_scratch_counts_as_memory(machine):
    mark = machine.mark()
    machine.exec("hog", "dd if=/dev/zero of=/tmp/fill bs=1M count=12")
    machine.wait_line("^ingot: service hog: out of memory", since=mark)
    machine.until_service("hog", lambda s: s["state"] == "up")


def test_sigkill_by_hand_is_not_taken_for_out_of_memory(machine):
    pid = machine.main_pid("hog")
    before = machine.service("hog")["restarts"]
    machine.ok(f"kill -9 {pid}")
    hog = machine.until_service("hog", lambda s: s["state"] == "up" and s["restarts"] == before + 1)
    assert hog["last"] == {"end": "signal", "signal": 9, "text": "ended by SIGKILL"}


def test_fork_bomb_stops_at_its_limit_and_can_be_stopped(machine):
    """init case 18 and isolation case 23"""
    machine.ok("(ingotctl exec bomb -- /bin/sh -c 'b() { b | b & }; b; while :; do b 2>/dev/null; done' "
               ">/dev/null 2>&1 &)")
    machine.until("cat /sys/fs/cgroup/svc/bomb/pids.events", lambda text: text.split()[1] != "0")
    assert int(machine.ok("cat /sys/fs/cgroup/svc/bomb/pids.current")) <= 24
    began = time.monotonic()
    assert machine.service("bomb")["state"] == "up"
    assert time.monotonic() - began < ANSWER_S
    began = time.monotonic()
    machine.ok("ingotctl stop bomb", timeout=2 * ANSWER_S)
    assert time.monotonic() - began < ANSWER_S
    assert machine.run("test -e /sys/fs/cgroup/svc/bomb").status == 1
    machine.ok("ingotctl start bomb")
    assert machine.ok("cat /sys/fs/cgroup/svc/bomb/pids.current") == "2"


def test_exec_counts_against_the_limit_of_processes(machine):
    machine.ok("for i in 1 2 3 4 5 6; do ingotctl exec hog -- /bin/sleep 8882 >/dev/null 2>&1 & done; echo")
    machine.until("cat /sys/fs/cgroup/svc/hog/pids.current", lambda text: text == "8")
    done = machine.run("ingotctl exec hog -- /bin/true")
    assert done.status == 125
    assert done.out.startswith("ingotctl: service hog: ") and "\n" not in done.out
    machine.ok("pkill -f '^/bin/sleep 8882'; ingotctl restart hog")


def test_a_flood_of_output_stalls_nobody(machine):
    """init case 38"""
    machine.exec_ok("echo", "(yes >/run/in &)")
    for _ in range(5):
        began = time.monotonic()
        assert machine.service("echo")["state"] == "up"
        assert time.monotonic() - began < ANSWER_S
    machine.ok("ingotctl restart echo")


def test_stopped_exec_client_does_not_keep_its_service_from_stopping_for_good(machine):
    """Its command, a child from outside, holds the namespace as long as nobody reaps it."""
    machine.ok("ingotctl exec held -- /bin/sleep 8883 >/dev/null 2>&1 & echo $! >/tmp/client")
    machine.until("pgrep -f '^/bin/sleep 8883'", lambda text: text != "")
    machine.ok("kill -STOP $(cat /tmp/client); (ingotctl stop held; echo $? >/tmp/stopped) & :")
    machine.until("ingotctl status held", lambda text: " stopping " in text)
    assert machine.service("probe")["state"] == "up", "PID 1 goes on"
    machine.ok("kill -CONT $(cat /tmp/client)")
    assert machine.until("cat /tmp/stopped", lambda text: text != "") == "0"
    machine.ok("ingotctl start held")


# ---- launches that fail, each named by its step ----

@contextlib.contextmanager
def spoiled(machine, spoil, mend):
    """The service `held` stopped and something about it spoilt; afterwards it starts again."""
    machine.ok(f"ingotctl stop held && {spoil}")
    yield
    machine.ok(f"{mend} && ingotctl start held")


def assert_fails(machine, step, errno, text):
    """A start fails at the step, in one line for who asked, in status, and on the console."""
    mark = machine.mark()
    done = machine.run("ingotctl start held")
    assert done.status == 1
    assert done.out.startswith(f"ingotctl: service held: step {step}: ") and "\n" not in done.out
    machine.wait_line(f"^ingot: service held: {text}", since=mark, timeout=5)
    last = machine.service("held")["last"]
    assert (last["end"], last["step"], last["errno"]) == ("launch", step, errno)


def test_state_that_cannot_be_mounted(machine):
    with spoiled(machine, "umount /state/held/data/own && rm -r /state/held/data && : >/state/held/data",
                 "rm /state/held/data"):
        assert_fails(machine, "state", 20, "step state: /state/held/data/own: Not a directory")


def test_state_behind_a_symbolic_link(machine):
    with spoiled(machine, "umount /state/held/data/own && rm -r /state/held/data && ln -s /run /state/held/data",
                 "rm /state/held/data"):
        assert_fails(machine, "state", 40, "step state: /state/held/data/own: ")


def test_cgroup_that_cannot_be_made(machine):
    knob = "/sys/fs/cgroup/svc/cgroup.max.descendants"
    with spoiled(machine, f"echo 0 >{knob}", f"echo max >{knob}"):
        assert_fails(machine, "cgroup", 11, "step cgroup: /sys/fs/cgroup/svc/held: Resource temporarily unavailable")


@pytest.mark.parametrize("kind,step", (("uts", "clone"), ("net", "namespaces"), ("pid", "clone"),
                                       ("mnt", "root"), ("cgroup", "namespaces")))
def test_namespace_that_cannot_be_made(machine, kind, step):
    """init case 32"""
    knob = f"/proc/sys/user/max_{kind}_namespaces"
    with spoiled(machine, f"echo 0 >{knob}", f"echo 1000 >{knob}"):
        assert_fails(machine, step, 28, f"step {step}: No space left on device")
