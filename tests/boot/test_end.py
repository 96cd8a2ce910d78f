# SPDX-License-Identifier: MIT
"""How a machine ends, held against ingot-init(8): each request stops everything in order and switches off; nothing that
a service does holds it up beyond the deadline."""
import re
import time

import pytest

IMAGE = "end"
DEADLINE_S = 3  # the image's: a second, and the services' timeouts
SLACK_S = 2


def end_after(g, keys):
    """Waits until all is up, sends the keys; returns PID 1's lines from then on and the seconds until the end."""
    g.wait_line("^ingot: 2 services ready")
    g.until("ingotctl logs deaf", lambda text: text == "up")
    mark = g.mark()
    began = time.monotonic()
    g.send(keys)
    assert g.wait_end(timeout=20) == 0
    return g.said(mark), time.monotonic() - began


@pytest.mark.parametrize("keys,by", (("ingotctl poweroff\n", "ingotctl"), ("kill -TERM 1\n", "SIGTERM"),
                                     ("kill -PWR 1\n", "SIGPWR"), ("kill -USR2 1\n", "SIGUSR2"),
                                     ("kill -38 1\n", "signal 38")))
def test_power_off(start, keys, by):
    """init case 49"""
    with start(IMAGE) as g:
        said, took = end_after(g.connect(), keys)
        assert said[0] == f"power off: asked for by {by}"
        assert sorted(said[1:-1])[1:] == ["service deaf: stopped", "service plain: stopped"]
        assert said.index("service plain: stopped") < said.index("service deaf: stopped"), "at the same time"
        assert said[-1] == "power off"
        assert took < DEADLINE_S


def test_what_ignores_the_request_is_killed_after_its_timeout(start):
    with start(IMAGE) as g:
        said, took = end_after(g.connect(), "ingotctl poweroff\n")
        assert any(re.fullmatch("service deaf: still there 1[0-9]{3} ms later: killed", line) for line in said)
        assert 1 <= took < DEADLINE_S


def test_what_never_dies_does_not_hold_the_shutdown_beyond_its_deadline(start):
    """init case 48: a child from outside that nobody reaps keeps the namespace from ending, and with it the service."""
    with start(IMAGE) as g:
        g.connect()
        g.ok("ingotctl exec plain -- /bin/sleep 9991 >/dev/null 2>&1 & echo $! >/tmp/client")
        g.until("pgrep -f '^/bin/sleep 9991'", lambda text: text != "")
        g.ok("kill -STOP $(cat /tmp/client)")
        said, took = end_after(g, "ingotctl poweroff\n")
        assert "service plain: still there at the deadline: killed" in said
        assert said[-1] == "power off"
        assert took < DEADLINE_S + SLACK_S


def test_requests_during_a_shutdown(start):
    """init case 43"""
    with start(IMAGE) as g:
        g.connect()
        g.wait_line("^ingot: 2 services ready")
        g.until("ingotctl logs deaf", lambda text: text == "up")
        mark = g.mark()
        g.send("ingotctl poweroff; ingotctl poweroff; kill -INT 1; ingotctl start plain\n")
        g.wait_line("^ingotctl: service plain: the machine is going down$", since=mark, timeout=10)
        assert g.wait_end() == 0
        assert g.said(mark).count("power off: asked for by ingotctl") == 1
        assert g.said(mark)[-1] == "power off", "the first request counts"


def test_reboot_boots_anew(start):
    with start(IMAGE) as g:
        g.connect()
        mark = g.mark()
        g.send("ingotctl reboot\n")
        g.wait_line("^ingot: reboot: asked for by ingotctl$", since=mark)
        g.wait_line("^ingot: reboot$", since=mark)
        g.wait_line("^ingot: end: booted in ", since=mark)


def test_the_shell_comes_back(start):
    with start(IMAGE) as g:
        g.connect()
        g.send("exit 3\n")
        g.connect()
        assert g.ok("cat /proc/1/comm") == "init"
