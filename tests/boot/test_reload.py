# SPDX-License-Identifier: MIT
"""Another service table under running services: what is the same in both is not touched, and a wrong one changes
nothing. init case 28."""
import re
import time

import pytest

import build
import test_survive

IMAGE = "reload"

HEAD, FIRST, SECOND, KEEPS, EDITS, TICK = range(6)


def texts():
    """The image file in pieces: what stands before the services, then each service."""
    text = (build.ROOT / "tests" / "boot" / "images" / "reload.yml").read_text()
    parts = re.split(r"(?m)^(?=  (?:first|second|keeps|edits|tick):)", text.replace("\njobs:\n", "\n"))
    assert len(parts) == 6
    return parts


def variants():
    """Other tables by name: each the text of an image file of its own."""
    head, first, second, keeps, edits, tick = texts()

    def join(*services, top=head):
        return top + "".join(services) + "\njobs:\n" + tick

    extra = keeps.replace("keeps:", "extra:").replace("three", "one")
    return {
        "less": join(keeps, edits.replace("before", "after")),
        "extra": join(first, second, keeps, edits, extra),
        "host": join(first, second, keeps, edits, top=head.replace("image: reload", "image: reload\nhostname: other")),
        "zone": join(first, second, keeps, edits, top=head.replace("image: reload", "image: reload\ntimezone: CET-1")),
        "policy": join(first, second.replace("needs: [first]", "restart: {policy: never}"), keeps, edits),
        "state": join(first, second, keeps.replace("64K", "128K"), edits),
    }


@pytest.fixture(scope="module", autouse=True)
def tables():
    build.put_tables(IMAGE, variants())


def seen(g):
    return {name: (s["pid"], s["restarts"], s["state"]) for name, s in g.services().items() if s["kind"] == "service"}


def load(g, path=""):
    mark = g.mark()
    g.ok(f"ingotctl reload {path}")
    return g.wait_line("^ingot: table: loaded anew: (.*)$", since=mark).group(1)


def settled(g):
    """The image's own table, all of it up."""
    if "first" not in g.services():
        load(g)
    for name in ("first", "second", "keeps", "edits"):
        g.until_service(name, lambda s: s["state"] == "up")
    g.until("ingotctl logs first", lambda text: text.endswith("up"))
    g.until("ingotctl logs keeps", lambda text: "up" in text)


def lessened(g):
    """The table that has two services less."""
    if "first" in g.services():
        load(g, "/opt/less")
    for name in ("keeps", "edits"):
        g.until_service(name, lambda s: s["state"] == "up")


def test_a_table_that_did_not_change_touches_nothing(machine):
    settled(machine)
    pid = machine.main_pid("keeps")
    machine.ok(f"kill -9 {pid}")
    machine.until_service("keeps", lambda s: s["state"] == "up" and s["restarts"] == 1)
    before, since = seen(machine), machine.service("keeps")["in_state_ms"]
    count = "ls -l /proc/1/fd | grep -vc net:; wc -l </proc/1/mountinfo"
    machine.ok("ingotctl stop tick")
    assert load(machine) == "5 services run on, 0 start anew, 0 are new, 0 are gone"
    first = machine.ok(count)
    assert load(machine) == "5 services run on, 0 start anew, 0 are new, 0 are gone"
    assert machine.ok(count) == first, "nothing is left of the table before"
    assert seen(machine) == before
    assert machine.service("keeps")["in_state_ms"] > since
    assert machine.service("tick")["state"] == "down", "what was stopped by hand stays so"
    machine.ok("ingotctl start tick")


BOOTED = "is not what this machine was booted with: that takes a reboot$"


@pytest.mark.parametrize("make, why", (
    ("cp /ingot/table /tmp/t; printf x | dd of=/tmp/t bs=1 seek=500 conv=notrunc",
     "service table is damaged: checksum"),
    ("head -c 600 /ingot/table >/tmp/t", "service table says [0-9]+ bytes, the file has 600$"),
    (": >/tmp/t", "it is empty$"),
    ("echo services >/tmp/t", "not a service table$"),
    ("head -c 20000000 /dev/zero >/tmp/t", "no service table has more than 16777216 bytes$"),
    ("rm -f /tmp/t", "No such file or directory$"),
    ("cp /opt/extra /tmp/t", "service extra: its root /svc/extra: No such file or directory$"),
    ("cp /opt/host /tmp/t", f"what it says of the hostname {BOOTED}"),
    ("cp /opt/zone /tmp/t", f"what it says of the timezone {BOOTED}"),
    ("cp /opt/state /tmp/t", "service keeps: its state /data has another size, mode or owner than on this machine: "
                             "that takes a reboot$")))
def test_a_wrong_table_changes_nothing(machine, make, why):
    settled(machine)
    before = seen(machine)
    machine.ok(make)
    done = machine.run("ingotctl reload /tmp/t")
    assert done.status == 1
    assert re.match(f"ingotctl: /tmp/t: {why}", done.out), done.out
    assert "\n" not in done.out
    assert seen(machine) == before
    machine.ok("rm -f /tmp/t")


def test_what_is_gone_stops_in_order_and_what_stays_moves_untouched(machine):
    settled(machine)
    before = seen(machine)
    machine.ok("(ingotctl logs -f keeps >/tmp/keeps; echo ended >>/tmp/keeps) & "
               "(ingotctl logs -f first >/tmp/first 2>&1; echo $? >>/tmp/first) & ingotctl events -f >/tmp/events &")
    machine.until("cat /tmp/keeps", lambda text: text.startswith("up"))
    machine.until("cat /tmp/events", lambda text: text != "")
    mark = machine.mark()
    assert load(machine, "/opt/less") == "2 services run on, 1 start anew, 0 are new, 2 are gone"
    said = [line for line in machine.said(mark) if line.endswith(": stopped")]
    assert said[:3] in (["service edits: stopped", "service second: stopped", "service first: stopped"],
                        ["service second: stopped", "service edits: stopped", "service first: stopped"])
    shown = machine.services()
    assert sorted(shown) == ["edits", "keeps", "tick"]
    assert seen(machine)["keeps"] == before["keeps"]
    machine.until_service("edits", lambda s: s["state"] == "up" and s["pid"] != before["edits"][0])
    machine.until("ingotctl logs edits", lambda text: text.endswith("as before\nas after"))
    machine.exec_ok("keeps", "echo moved >/run/in")
    machine.until("cat /tmp/keeps", lambda text: text.endswith("moved"))
    assert machine.until("cat /tmp/first", lambda text: "ingotctl" in text).endswith(
        "ingotctl: service first: no such service (ingotctl status lists them)\n1")
    machine.until("cat /tmp/events", lambda text: re.search("(?m)edits .*up$", text))
    assert "lost" not in machine.ok("cat /tmp/events")
    assert machine.run("ingotctl status first").status == 1
    assert "are lost" in machine.ok("ingotctl events"), "who begins now cannot be told of what has no name any more"
    assert "are lost" not in machine.ok("ingotctl events keeps")
    assert machine.run("test -e /sys/fs/cgroup/svc/first").status == 1
    machine.ok("pkill ingotctl")
    # an end reaches the service in its new place
    machine.ok(f"kill -9 {machine.main_pid('keeps')}")
    machine.until_service("keeps", lambda s: s["state"] == "up" and s["restarts"] == before["keeps"][1] + 1)


def test_the_table_outlives_pid_1s_own_exec_and_crash(machine):
    lessened(machine)
    assert sorted(machine.services()) == ["edits", "keeps", "tick"]
    before = seen(machine)
    machine.ok("ingotctl reexec")
    assert seen(machine) == before
    mark = machine.mark()
    machine.ok("kill -SEGV 1")
    machine.wait_line("^ingot: PID 1 goes on: 3 services kept$", since=mark)
    assert seen(machine) == before


def test_jobs_keep_their_time(machine):
    lessened(machine)
    ticks = "ingotctl logs tick | wc -l"
    first, began = int(machine.ok(ticks)), time.monotonic()
    for path in ("/opt/less", "/opt/less", "/opt/less"):
        load(machine, path)
    machine.until(ticks, lambda text: int(text) >= first + 2)
    assert 1.5 < time.monotonic() - began < 8, "neither at once nor put off"


def test_what_is_new_is_started(machine):
    lessened(machine)
    before = seen(machine)
    assert load(machine) == "2 services run on, 1 start anew, 2 are new, 0 are gone"
    settled(machine)
    after = seen(machine)
    assert after["keeps"] == before["keeps"]
    assert machine.ok("ingotctl logs first") == "up", "its log is its own"
    machine.until("ingotctl logs edits", lambda text: text.endswith("as after\nas before"))


def test_what_follows_an_end_changes_without_one(machine):
    """Restarts, stops and dependencies are looked at when they are due: a service need not end for them."""
    settled(machine)
    before = seen(machine)
    assert load(machine, "/opt/policy") == "5 services run on, 0 start anew, 0 are new, 0 are gone"
    assert seen(machine) == before
    machine.ok(f"kill -9 {machine.main_pid('second')}")
    machine.until_service("second", lambda s: s["state"] == "failed")
    assert load(machine) == "5 services run on, 0 start anew, 0 are new, 0 are gone"
    machine.ok("ingotctl start second")


def test_a_reload_goes_on_under_another_program(machine):
    settled(machine)
    before = seen(machine)
    machine.ok("(ingotctl reload /opt/less >/tmp/done 2>&1; echo $? >>/tmp/done) &")
    machine.until_service("first", lambda s: s["state"] == "stopping")
    machine.ok("ingotctl reexec")
    assert machine.run("ingotctl reload").out == "ingotctl: /ingot/table: another table is being loaded"
    assert machine.until("cat /tmp/done", lambda text: text != "") == "0"
    assert sorted(machine.services()) == ["edits", "keeps", "tick"]
    assert seen(machine)["keeps"] == before["keeps"]
    load(machine)


def test_a_shutdown_ends_a_reload(machine):
    settled(machine)
    machine.ok("(ingotctl reload /opt/less >/tmp/done 2>&1; echo $? >>/tmp/done) &")
    machine.until_service("first", lambda s: s["state"] == "stopping")
    machine.send("ingotctl poweroff\n")
    assert machine.wait_end() == 0
    assert machine.said()[-1] == "power off"


def test_a_crash_in_the_very_change_boots_anew(start):
    """What is half in the old places and half in the new ones is no state to go on with."""
    with start(IMAGE) as g:
        g.connect()
        settled(g)
        place = test_survive.break_call(g, 11)  # munmap: of the old table
        mark = g.mark()
        g.send("ingotctl reload /opt/less\n")
        g.wait_line(f"^ingot: PID 1 crashed: signal 4 .*, instruction {place}; crashes 1; going on$", since=mark)
        g.wait_line("^ingot: PID 1 cannot go on: it crashed while the table changed$", since=mark)
        g.wait_line("^ingot: reload: booted in ", since=mark)
