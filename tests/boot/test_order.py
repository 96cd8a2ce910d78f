# SPDX-License-Identifier: MIT
"""The order of starts and stops, held against what ingot.yml(5) says of `needs`: a service starts when all that it
needs is ready, stops before any of that stops, and nothing else waits. Told from the order of PID 1's own lines."""
import re

IMAGE = "order"
CHAIN = ("first", "second", "third")


def events(machine, since, pattern):
    """The names in PID 1's lines that match, in their order."""
    matches = (re.fullmatch(pattern, line) for line in machine.said(since))
    return [m.group(1) for m in matches if m]


def test_start_order_is_the_order_of_needs(machine):
    machine.wait_line("^ingot: 4 services ready")
    ready = events(machine, 0, "service ([a-z]+): (?:ready in .*|done)")
    assert [name for name in ready if name in CHAIN] == list(CHAIN)
    assert ready.index("once") < ready.index("second")


def test_a_service_is_not_launched_before_what_it_needs_is_ready(machine):
    machine.wait_line("^ingot: 4 services ready")
    took = {name: int(machine.wait_line(f"^ingot: service {name}: ready in ([0-9]+) ms$").group(1)) for name in CHAIN}
    assert 500 <= took["first"] < 5000 and 300 <= took["second"] < took["first"] + 300
    # its clock starts at its launch: launched with the others, `third` would have waited for longer than `second`
    assert took["third"] < took["second"]


def test_stopping_one_leaves_what_needs_it_running(machine):
    machine.wait_line("^ingot: 4 services ready")
    machine.ok("ingotctl stop first")
    assert machine.service("second")["state"] == "up"
    machine.ok("ingotctl stop third; ingotctl stop second")
    mark = machine.mark()
    machine.ok("ingotctl start third")
    ready = events(machine, mark, "service ([a-z]+): ready in .*")
    assert ready == list(CHAIN), "what it needs is started first"


def test_stop_order_is_the_reverse(start):
    """init case 26"""
    with start(IMAGE) as g:
        g.connect()
        g.wait_line("^ingot: 4 services ready")
        mark = g.mark()
        g.send("ingotctl poweroff\n")
        assert g.wait_end() == 0
        said = g.said(mark)
        assert said == ["power off: asked for by ingotctl", "service third: stopped", "service second: stopped",
                        "service first: stopped", "power off"]


def test_shutdown_while_starting_ends_in_order_and_starts_nothing_more(start):
    """init case 46: `second` waits for `first`, which is never ready, however slow the machine is"""
    with start("starting") as g:
        g.connect()
        g.until_service("first", lambda s: s["state"] == "starting")
        assert g.service("second")["state"] == "down"
        mark = g.mark()
        g.send("kill -TERM 1\n")
        assert g.wait_end() == 0
        assert g.said(mark) == ["power off: asked for by SIGTERM", "service first: stopped", "power off"]
