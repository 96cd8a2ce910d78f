# SPDX-License-Identifier: MIT
"""Readiness and health by page, port, file, program and sd_notify, in one machine."""

IMAGE = "health"


def test_ready_once_the_page_is_served_and_restarted_once_it_is_not(machine):
    assert machine.service("page")["state"] == "starting"
    machine.exec_ok("page", "echo ok >/run/www/health; echo ok >/run/www/ready")
    up = machine.until_service("page", lambda s: s["state"] == "up")
    assert up["health"] == {"well": True}
    mark = machine.mark()
    machine.exec("page", "rm /run/www/health")
    machine.wait_line("^ingot: service page: unhealthy: HTTP status 404; it is stopped$", since=mark)
    again = machine.until_service("page", lambda s: s["state"] == "starting" and s["restarts"] == 1)
    assert again["last"] == {"end": "unhealthy", "text": "unhealthy: HTTP status 404"}
    assert again["health"] is None


def test_a_port_that_does_not_answer_is_told_and_nothing_else(machine):
    before = machine.until_service("port", lambda s: s["state"] == "up")
    mark = machine.mark()
    machine.ok("ip link set lo down")
    machine.wait_line("^ingot: service port: unhealthy: Operation timed out$", since=mark)
    shown = machine.service("port")
    assert (shown["state"], shown["pid"], shown["restarts"]) == ("up", before["pid"], 0)
    assert shown["health"] == {"well": False, "text": "Operation timed out"}
    assert "up (unhealthy)" in machine.ok("ingotctl status port")
    machine.ok("ip link set lo up")
    machine.wait_line("^ingot: service port: healthy again$", since=mark)


def test_an_answer_that_never_comes_is_a_failure(machine):
    machine.until_service("mute", lambda s: s["health"] == {"well": True})
    main = machine.main_pid("mute")
    machine.ok(f"kill -STOP {main}")  # the kernel takes connections in its stead
    machine.until_service("mute", lambda s: s["health"] == {"well": False, "text": "Operation timed out"})
    machine.ok(f"kill -CONT {main}")
    machine.until_service("mute", lambda s: s["health"] == {"well": True})


def test_a_file_is_there_and_fresh(machine):
    assert machine.service("file")["state"] == "starting"
    machine.exec_ok("file", "touch /run/beat /run/up")
    machine.until_service("file", lambda s: s["state"] == "up")
    machine.until_service("file", lambda s: s["health"] == {"well": False, "text": "the file is too old"})
    machine.exec_ok("file", "touch /run/beat")
    machine.until_service("file", lambda s: s["health"] == {"well": True})
    machine.exec_ok("file", "rm /run/beat")
    machine.until_service("file", lambda s: s["health"] == {"well": False, "text": "the file is not there"})


def test_a_program_looks_from_within(machine):
    assert machine.service("check")["state"] == "starting"
    machine.exec_ok("check", "echo 0 >/run/code; touch /run/up")
    machine.until_service("check", lambda s: s["health"] == {"well": True})
    uid = machine.service("check")["uid"]
    machine.until("ingotctl logs check", lambda text: f"looks as {uid}" in text)
    machine.exec_ok("check", "echo 3 >/run/code")
    machine.until_service("check", lambda s: s["health"] == {"well": False, "text": "the check exited with 3"})
    machine.exec_ok("check", "echo 0 >/run/code")
    machine.until_service("check", lambda s: s["health"] == {"well": True})


def test_a_check_that_hangs_is_ended_and_leaves_nothing(machine):
    machine.until_service("check", lambda s: s["state"] == "up")
    machine.exec_ok("check", "echo 0 >/run/code; touch /run/hang")
    machine.until_service("check", lambda s: s["health"] and "timed out" in s["health"].get("text", "").lower())
    machine.exec_ok("check", "rm /run/hang")
    machine.until_service("check", lambda s: s["health"] == {"well": True})
    assert machine.run("pgrep -f '^sleep 7793'").status == 1
    assert machine.service("check")["restarts"] == 0


def test_sd_notify(machine):
    """init case 6: what is oversized, empty or half a word is left alone, and a flood costs nobody else anything."""
    assert machine.service("said")["state"] == "starting"
    machine.exec_ok("said", "say READY=1+ 1 5000; say READY=10; say XREADY=1; say READY=1X; say WATCHDOG=trigger")
    assert machine.service("said")["state"] == "starting"
    machine.exec_ok("said", "say STATUS=soon+READY=1+MAINPID=1")
    machine.until_service("said", lambda s: s["state"] == "up" and s["health"] == {"well": True})
    mark = machine.mark()
    machine.exec_ok("said", "say A=1 400; say WATCHDOG=1")
    machine.wait_line("^ingot: service said: unhealthy: the watchdog was not fed; it is stopped$", since=mark)
    machine.until_service("said", lambda s: s["restarts"] == 1 and s["state"] == "starting")
    machine.exec_ok("said", "say READY=1")
    machine.until_service("said", lambda s: s["state"] == "up")
    machine.exec("said", "say WATCHDOG=trigger")
    shown = machine.until_service("said", lambda s: s["restarts"] == 2)
    assert shown["last"]["text"] == "unhealthy: it says so itself"


def test_a_stranger_reaches_no_socket(machine):
    """init case 6"""
    assert machine.exec("check", "test -e /run/notify").status == 1
    assert machine.run("test -e /run/notify").status == 1


def test_a_word_before_the_end_is_heard(machine):
    """init case 6: it was ready, and has ended well."""
    shown = machine.until_service("brief", lambda s: s["state"] == "done")
    assert shown["last"]["text"] == "exit 0"
    machine.wait_line("^ingot: service brief: ready in ")
    assert machine.ok("ingotctl logs brief").strip() == "/run/notify"
