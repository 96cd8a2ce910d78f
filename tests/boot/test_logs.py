# SPDX-License-Identifier: MIT
"""The services' output on its way through ingot-log: nothing that was written is lost when that is killed or stopped,
nobody waits for it but who writes more than a pipe holds, also where it cannot be kept up."""
import json

IMAGE = "logs"
LOGGER = "cat /sys/fs/cgroup/log/cgroup.procs"
FAILURES = 8  # in a row, until nobody waits for it any more


def numbers(text, word):
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith(word + " ")]


def write(g, word, count):
    """Each line a write of its own."""
    g.exec_ok("echo", f"echo 'i=0; while [ $i -lt {count} ]; do echo {word} $i; i=$((i + 1)); done' >/run/in")


def kill_logger(g):
    mark, pid = g.mark(), g.until(LOGGER, lambda text: text != "")
    g.ok(f"kill -9 {pid}")
    g.wait_line("^ingot: logger: it has ended", since=mark)


def test_a_line_has_its_stream_and_its_time(machine):
    machine.exec_ok("echo", "echo 'echo to out; echo to err >&2' >/run/in")
    text = machine.until("ingotctl logs --json echo", lambda text: "to err" in text)
    lines = [json.loads(line) for line in text.splitlines()]
    now = int(machine.ok("date +%s")) * 1000
    assert [(x["name"], x["stream"], x["text"], x["whole"]) for x in lines] == \
        [("echo", "out", "up", True), ("echo", "out", "to out", True), ("echo", "err", "to err", True)]
    assert all(now - 600_000 < x["wall_ms"] < now + 2000 and 0 < x["ms"] for x in lines)


def test_lines_are_chosen_by_stream_count_and_time(machine):
    machine.until("ingotctl logs echo", lambda text: "to err" in text)
    assert machine.ok("ingotctl logs --stream err echo") == "to err"
    assert machine.ok("ingotctl logs --stream out -n 1 echo") == "to out"
    assert machine.ok("ingotctl logs -n 0 echo") == ""
    assert len(machine.ok("ingotctl logs --since -1h echo").splitlines()) == 3
    assert machine.ok("ingotctl logs --since @99999999999 echo") == ""
    assert machine.run("ingotctl logs --since never echo").status == 2


def test_the_logger_is_locked_in(machine):
    status = machine.ok(f"cat /proc/$({LOGGER})/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["65534"] * 4
    assert (fields["CapEff"], fields["CapBnd"], fields["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1")
    for ns in ("mnt", "net", "ipc", "uts"):
        assert machine.ok(f"readlink /proc/$({LOGGER})/ns/{ns}") != machine.ok(f"readlink /proc/1/ns/{ns}")
    assert int(machine.ok("cat /sys/fs/cgroup/log/memory.max")) < 8 << 20


def test_a_logger_that_is_killed_loses_no_line(machine):
    """init case 39"""
    write(machine, "kept", 1200)
    for _ in range(3):
        kill_logger(machine)
    text = machine.until("ingotctl logs echo", lambda text: "kept 1199" in text)
    assert numbers(text, "kept") == list(range(1200))


def test_a_logger_that_hangs_stalls_who_writes_and_nobody_else(machine):
    """init case 38, and init case 39: what was written meanwhile is there afterwards."""
    pid = machine.until(LOGGER, lambda text: text != "")
    machine.ok(f"kill -STOP {pid}")
    machine.exec_ok("flood", "echo >/run/in")
    machine.exec_ok("echo", "echo 'echo meanwhile; echo done >/run/done' >/run/in")
    machine.until("ingotctl exec echo -- /bin/cat /run/done", lambda text: text == "done")
    assert machine.service("flood")["state"] == "up"
    assert "meanwhile" not in machine.ok("ingotctl logs echo"), "it is in the pipe, and nobody waits long for it"
    machine.ok(f"kill -CONT {pid}")
    machine.until("ingotctl logs echo", lambda text: text.endswith("meanwhile"))


def test_a_flood_stalls_neither_pid_1_nor_another_service(machine):
    """init case 38"""
    machine.until("ingotctl logs -n 1 flood", lambda text: text == "a flood of lines")
    write(machine, "beside", 50)
    text = machine.until("ingotctl logs echo", lambda text: "beside 49" in text)
    assert numbers(text, "beside") == list(range(50))
    machine.ok("ingotctl stop flood")
    whole = machine.ok("ingotctl logs flood 2>/dev/null").splitlines()[:-1]  # it may have been killed within the last
    assert set(whole) == {"a flood of lines"}


def test_junk_and_endless_lines_harm_nothing(machine):
    """init case 40"""
    write = r"printf '\\001\\377\\000x'; head -c 1000000 /dev/zero | tr '\\0' m; echo; echo the end"
    machine.exec_ok("echo", f'echo "{write}" >/run/in')
    assert machine.until("ingotctl logs -n 1 echo 2>/dev/null", lambda text: text == "the end")
    assert json.loads(machine.ok("ingotctl logs -n 1 --json echo 2>/dev/null"))["text"] == "the end"


def test_a_logger_that_cannot_be_kept_up_stalls_nobody_for_good(machine):
    """init case 39: while none stays up what services write is lost, and said to be; one that stays goes on."""
    mark = machine.mark()
    for _ in range(FAILURES):
        pid = machine.until(LOGGER, lambda text: text != "")
        machine.ok(f"kill -9 {pid}")
        machine.until(LOGGER, lambda text, old=pid: text != old)
    machine.wait_line("^ingot: logger: .*: what services write is lost", since=mark)
    machine.exec_ok("echo", "echo 'head -c 200000 /dev/zero; echo; echo >/run/free' >/run/in")
    machine.until("ingotctl exec echo -- /bin/sh -c 'ls /run/free'", lambda text: text == "/run/free")
    machine.until(LOGGER, lambda text: text != "")
    write(machine, "after", 3)
    machine.until("ingotctl logs -n 1 echo", lambda text: text == "after 2")
