# SPDX-License-Identifier: MIT
"""Logs beyond the newest in memory: on the state disk, whatever becomes of it, and over a reboot; on a console that may
take nothing; and to a collector."""
import json
import re

import pytest

import build
import test_state_disk

FOLDER = "/state/.ingot/1/logs"
LOGGER = "cat /sys/fs/cgroup/log/cgroup.procs"
KEEPER = "head -n 1 /sys/fs/cgroup/log-disk/cgroup.procs"


def numbers(text, word):
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith(word + " ")]


def write(g, word, count, first=0, service="echo"):
    """Each line a write of its own."""
    g.exec_ok(service, f"echo 'i={first}; while [ $i -lt {first + count} ]; do echo {word} $i; i=$((i + 1)); done' "
                       ">/run/in")


def seen(g, service, text):
    return g.until(f"ingotctl logs -n 1 {service}", lambda out: out == text)


def files(g, service="echo"):
    return sorted(g.ok(f"cd {FOLDER}/{service} && ls").split())


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    return test_state_disk.make_disk(tmp_path_factory.mktemp("keep") / "state")


@pytest.fixture(scope="module")
def machine(start, disk):
    with start("keep", disk=disk) as g:
        g.connect()
        g.until("ingotctl logs sent", lambda text: text == "up")
        yield g


def test_the_disk_has_what_the_service_wrote(machine):
    seen(machine, "echo", "up")
    assert files(machine) == ["00000001-00000001.log"]
    assert machine.ok(f"stat -c '%u %a' {FOLDER} {FOLDER}/echo").split() == ["65534", "700"] * 2
    assert files(machine, ".") == ["echo"], "the others are kept in memory"
    status = machine.ok(f"cat /proc/$({KEEPER})/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65534"] * 4
    assert (fields["CapEff"], fields["NoNewPrivs"]) == ("0" * 16, "1")


def test_more_than_the_ring_holds_is_kept_and_packed(machine):
    """init case 37: rotation under a writer."""
    for part in range(4):  # more than the ring
        write(machine, "many", 2000, 2000 * part)
        seen(machine, "echo", f"many {2000 * part + 1999}")
    text = machine.ok("ingotctl logs echo >/tmp/all; grep -c ^many /tmp/all; ingotctl logs --json -n 1 echo; "
                      "wc -l </tmp/all")
    count, last, total = text.splitlines()
    assert (count, total) == ("8000", "8001")
    assert json.loads(last)["text"] == "many 7999"
    assert machine.ok("grep ^many /tmp/all | cut -d' ' -f2 | sort -nc && echo sorted") == "sorted"
    packed = machine.until(f"cd {FOLDER}/echo && ls", lambda text: text.count(".zst") >= 2).split()
    assert sum(not name.endswith(".zst") for name in packed) <= 2
    sizes = [int(n) for n in machine.ok(f"stat -c %s {FOLDER}/echo/*").split()]
    assert sum(sizes) < 256 << 10


def test_a_file_that_was_deleted_is_begun_anew(machine):
    """init case 37"""
    machine.ok(f"rm {FOLDER}/echo/*")
    write(machine, "anew", 1)
    seen(machine, "echo", "anew 0")
    machine.until(f"ls {FOLDER}/echo", lambda text: text.endswith(".log"))
    machine.ok(f"rm -r {FOLDER}/echo")
    write(machine, "again", 1)
    machine.until(f"ls {FOLDER}/echo", lambda text: text.endswith(".log"))
    text = machine.ok("ingotctl logs echo 2>/dev/null")
    assert text.splitlines()[-1] == "again 0"


def test_a_disk_that_cannot_be_written_is_gone_back_to(machine):
    """init case 37: read-only, then full."""
    for spoil, mend, why in ((f"mount -o remount,ro /state", "mount -o remount,rw /state", "Read-only file system"),
                             (f"dd if=/dev/zero of=/state/fill bs=64k 2>/dev/null", "rm /state/fill", "No space left")):
        mark = machine.mark()
        machine.run(spoil)
        machine.run(f"chown 65534 /state/fill; dd if=/dev/zero bs=1 count=100000 >>/state/fill 2>/dev/null")
        write(machine, "blocked", 400)
        machine.wait_line(f"^ingot: logs: {FOLDER} cannot be written: {why}.*kept in memory", since=mark)
        write(machine, "blocked", 100, 400)
        seen(machine, "echo", "blocked 499")
        assert numbers(machine.ok("ingotctl logs echo"), "blocked")[-500:] == list(range(500))
        machine.ok(mend)
        machine.wait_line("^ingot: logs: they are kept on the disk again", since=mark)
        assert len([line for line in machine.said(mark) if line.startswith("logs:")]) == 2, "each is said once"
        last = machine.ok(f"cat {FOLDER}/echo/*.log | tail -n 1")
        assert last.endswith("blocked 499")


def test_a_logger_that_is_killed_loses_and_doubles_nothing_on_the_disk(machine):
    """init case 39"""
    write(machine, "kept", 1500)
    for _ in range(3):
        mark, pid = machine.mark(), machine.until(LOGGER, lambda text: text != "")
        machine.ok(f"kill -9 {pid}")
        machine.wait_line("^ingot: logger: it has ended", since=mark)
    seen(machine, "echo", "kept 1499")
    assert numbers(machine.ok("ingotctl logs echo"), "kept") == list(range(1500))


def test_what_goes_to_the_console_has_its_name(machine):
    mark = machine.mark()
    write(machine, "hello", 2, service="shown")
    machine.wait_line("^shown: hello 1$", since=mark)
    assert not [line for line in machine.lines[mark:] if line.startswith("echo: ")]


# a console that takes nothing, as long as $! runs
BLOCKED = ("/opt/block /tmp/blocked & until [ -e /tmp/blocked ]; do usleep 10000; done; "
           "ingotctl exec shown -- /bin/sh -c \"echo 'yes it is far more than it takes | head -n 3000; echo done' "
           ">/run/in\"; until [ \"$(ingotctl logs -n 1 shown)\" = done ]; do usleep 10000; done; rm /tmp/blocked; ")
FREED = "kill $!; wait; umount /tmp/pts; "


def test_what_a_console_did_not_take_is_said_when_it_does(machine):
    """init case 41: and what is too much for that is counted."""
    one = ["service sent: stopped", "service sent: ready"]

    def said(since):
        return [line.split(" in ")[0] for line in machine.said(since) if not line.startswith("logger: ")]

    def restarts(n):
        mark = machine.mark()
        machine.ok(f"{BLOCKED} i=0; while [ $((i += 1)) -le {n} ]; do ingotctl restart sent; done; {FREED}", timeout=60)
        machine.ok("ingotctl restart sent")
        return mark

    mark = restarts(4)
    machine.until("", lambda _: said(mark) == one * 5)
    mark = restarts(90)
    lost = int(machine.wait_line("^ingot: ([0-9]+) lines did not fit here$", since=mark).group(1))
    machine.until("", lambda _: said(mark)[-3:] == [f"{lost} lines did not fit here"] + one)
    kept = said(mark)[:-3]
    assert len(kept) == 180 - lost > 40
    assert kept == (one * 90)[:len(kept)]


def test_a_console_that_takes_nothing_holds_nobody_up(machine):
    """init case 41: nor one that is not there."""
    mark = machine.mark()
    status = "ingotctl restart sent && ingotctl status --json >/tmp/status; "
    assert machine.run(BLOCKED + status + FREED + "wc -l </tmp/status").status == 0
    write(machine, "after", 1, service="shown")
    machine.wait_line("^ingot: logger: [0-9]+ lines did not fit here", since=mark)
    machine.wait_line("^shown: after 0", since=mark)
    before, mark = mark, machine.mark()
    machine.ok(f"kill -9 $({LOGGER})")
    machine.wait_line("^ingot: logger: it has ended", since=mark)
    # PID 1 tries for some seconds, and then with its next line, as that was
    machine.wait_line("^ingot: service sent: ready", since=before)
    machine.until(LOGGER, lambda text: text != "")
    mark = machine.mark()
    machine.ok(f"mv /dev/console /dev/away; kill -9 $({LOGGER})")
    machine.wait_line("^ingot: logger: it has ended", since=mark)
    write(machine, "nowhere", 1, service="shown")
    seen(machine, "shown", "nowhere 0")
    machine.ok(f"mv /dev/away /dev/console; kill -9 $({LOGGER})")
    write(machine, "there", 1, service="shown")
    machine.wait_line("^shown: there 0", since=mark)


def test_a_collector_gets_each_line(machine):
    machine.ok("udpsvd 127.0.0.1 5514 sh -c 'cat >>/tmp/syslog' >/dev/null 2>&1 & :")
    machine.until("cat /proc/net/udp", lambda text: ":158A " in text)
    machine.exec_ok("sent", "echo 'echo to out; echo to err >&2' >/run/in")
    text = machine.until("cat /tmp/syslog", lambda text: "to err" in text)
    when = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z"
    assert re.search(f"<30>1 {when} keep sent - - - to out", text), text
    assert re.search(f"<28>1 {when} keep sent - - - to err", text), text
    assert "echo" not in text.replace("to ", "")


def test_the_boot_before_is_there_after_a_reboot(machine, start, disk):
    """What was written last before the end is on the disk too."""
    write(machine, "last", 50)
    machine.send("ingotctl poweroff\n")
    machine.wait_end()
    with start("keep", panic=0, disk=disk) as g:
        g.connect()
        seen(g, "echo", "up")
        assert g.ok("ingotctl logs echo") == "up"
        before = g.ok("ingotctl logs --boot -1 echo")
        assert numbers(before, "last") == list(range(50))
        assert before == g.ok("ingotctl logs --boot 1 echo")
        assert g.ok("ingotctl logs --boot 2 echo") == "up"
        assert g.run("ingotctl logs --boot -1 shown").out == \
            "ingotctl: logs of shown: the disk has nothing of boot -1"
        packed = g.until(f"ls {FOLDER}/echo", lambda text: "00000001-" in text and
                         not re.search(r"00000001-\d+\.log$", text, re.M))
        assert packed
        assert numbers(g.ok("ingotctl logs --boot -1 echo"), "last") == list(range(50))
