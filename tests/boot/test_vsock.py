# SPDX-License-Identifier: MIT
"""PID 1 over AF_VSOCK, held against ingotctl(8). The kernel's loopback stands for the host of a VM: none can be reached
by AF_VSOCK from where these tests run."""
import json

IMAGE = "vsock"
FAR = "ingotctl --vsock 1"


def test_it_tells_and_does_what_the_socket_does(machine):
    machine.wait_line("^ingot: 2 services ready")
    near, far = (json.loads(machine.ok(f"{ctl} status --json"))["services"] for ctl in ("ingotctl", FAR))
    for s in (*near, *far):
        s.pop("in_state_ms")
    assert near == far
    assert machine.until(f"{FAR} logs idle", lambda text: text == "something")
    before = machine.main_pid("idle")
    machine.ok(f"{FAR} restart idle")
    assert machine.main_pid("idle") != before
    machine.ok(f"{FAR} stop idle")
    assert machine.service("idle")["state"] == "down"
    assert "ingotctl: service none: no such service" in machine.run(f"{FAR} start none").out
    machine.ok(f"{FAR} start idle")


def test_what_needs_the_machine_itself_is_refused(machine):
    for command in ("exec idle -- true", "tree", "top", "reload", "denied"):
        done = machine.run(f"{FAR} {command}")
        assert done.status == 2 and "works inside the machine only" in done.out, done.out


def test_a_machine_that_is_none(machine):
    for word in ("", "x", "0", "1x"):
        done = machine.run(f"ingotctl --vsock '{word}' status")
        assert done.status == 2 and done.out == "ingotctl: --vsock wants the context id of a machine: 1 is this one " \
                                                "(ingotctl --help lists what there is)", done.out
    done = machine.run("ingotctl --vsock 77 status")
    assert done.status == 1 and "nothing answers at the machine with context id 77: " in done.out, done.out


def test_who_has_no_port_that_takes_a_capability_is_not_served(machine):
    """init case 42: strangers"""
    assert machine.exec_ok("stranger", "/bin/stranger") == "only root is served"
    assert machine.exec("idle", "true").status == 0
    machine.ok(f"{FAR} status")


def test_it_outlives_a_new_pid_1(machine):
    machine.ok(f"{FAR} reexec")
    machine.ok(f"{FAR} status")
    machine.ok("ingotctl status")
