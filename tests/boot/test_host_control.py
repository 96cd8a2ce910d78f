# SPDX-License-Identifier: MIT
"""`ingot ctl` and the control port under QEMU, held against ingot(1): the VM's host sees and does what ingotctl does
inside, and whatever else comes in by the port, or goes away in the middle, harms nobody. Numbers in brackets are the
cases that PID 1 is held against."""
import itertools
import json
import os
import shutil
import socket
import stat
import struct
import time
import zlib

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
MAGIC = b"\xd7ingot\xd7\xa5"  # as ctl_proto.h has them
STATUS, START, LOGS, PIDFD, EVENTS, VERBS = 0, 1, 4, 5, 8, 64
SVC, DATA, END, STATE, EVENT = 0, 1, 3, 4, 5
FOLLOW = 1


def ctl(*words, **how):
    return build.ingot("ctl", *build.arguments("ctl", "host")[1:], *words, **{"timeout": 60, **how})


def ok(*words):
    done = ctl(*words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.fixture(scope="module")
def vm():
    """Asked at once, while it boots: the first answer comes when it can."""
    build.image("host")
    with guest.qemu([build.INGOT, *build.arguments("run", "host"), "--shell"], "host") as g:
        g.wait_line("^ingot: host: booted in ", timeout=guest.BOOT_S)
        yield g.connect()


@pytest.fixture
def at():
    return str(build.OUT / "host" / "control")


@pytest.fixture
def port(vm, at):
    """Makes connections of the test's own to the port, one at a time: QEMU takes the next when one is closed."""
    opened = []

    def port():
        s = socket.socket(socket.AF_UNIX)
        folder = os.open(os.path.dirname(at), os.O_PATH)
        s.connect(f"/proc/self/fd/{folder}/control")
        os.close(folder)
        s.settimeout(guest.COMMAND_S)
        opened.append(s)
        return s

    yield port
    for s in opened:
        s.close()


def hail(verb, name=b"", flags=0, session=1, version=5):
    body = struct.pack("<IIII32sIQ256s", session, version, verb, flags, name, 0, 0, b"")
    return MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def read_exactly(s, size):
    data = b""
    while len(data) < size:
        more = s.recv(size - len(data))
        assert more, "the port was closed"
        data += more
    return data


def frames(s, session):
    """The (kind, code, data) of each packet of a session, to its end; other sessions' are passed over."""
    while True:
        head = read_exactly(s, 16)
        while head[:8] != MAGIC:
            head = head[1:] + read_exactly(s, 1)
        number, size = struct.unpack("<II", head[8:])
        packet = read_exactly(s, size)
        if number != session or not size:
            continue
        _, kind, code, length = struct.unpack("<IIiI", packet[:16])
        assert length == size - 16
        yield kind, code, packet[16:]
        if kind == END:
            return


# ---- what the host can do ----

def test_the_host_sees_what_the_machine_sees(vm):
    vm.until_service("slow", lambda s: s["state"] == "up")
    inside = json.loads(vm.ok("ingotctl status --json"))
    outside = json.loads(ok("status", "--json"))
    for told in (inside, outside):
        for s in told["services"]:
            del s["in_state_ms"]
    assert outside == inside
    assert ok("status").splitlines()[0].split() == ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "LAST"]
    assert vm.ok("ingotctl timing --json") == ok("timing", "--json").rstrip("\n")


def test_start_and_stop_return_when_it_is_done(vm):
    ok("stop", "slow")
    assert vm.service("slow")["state"] == "down"
    began = time.monotonic()
    ok("start", "slow")
    assert time.monotonic() - began > 0.8
    assert vm.service("slow")["state"] == "up"
    before = vm.service("idle")["pid"]
    ok("restart", "idle")
    assert vm.service("idle")["pid"] not in (before, None)


def test_a_job_runs_at_the_hosts_request_and_is_remembered(vm):
    done = ctl("run", "errand", "--wait")
    assert (done.returncode, done.stdout) == (4, "job errand: started\njob errand: exit 4\n")
    assert ok("run", "errand") == "job errand: started\n"
    vm.until_service("errand", lambda s: s["state"] == "waiting")
    assert ok("history", "errand", "--json").rstrip("\n") == vm.ok("ingotctl history errand --json")
    assert [r["result"]["code"] for r in json.loads(ok("history", "--json"))["runs"]] == [4, 4]


def test_logs_are_whole_though_they_are_more_than_the_port_holds(vm):
    vm.until("ingotctl logs talks 2>/dev/null | tail -n 1", lambda text: text == "the last")
    outside = ctl("logs", "talks").stdout
    assert outside.rstrip("\n") == vm.ok("ingotctl logs talks 2>/dev/null")
    assert len(outside) > 60000


def test_events_since_a_status_have_no_gap(vm):
    """init case 44"""
    seq = json.loads(ok("status", "--json"))["seq"]
    ok("restart", "idle")
    told = [json.loads(line) for line in ok("events", "--json", "--since", str(seq)).splitlines()]
    assert [(e["seq"], e["to"]) for e in told] == [
        (seq + 1, "stopping"), (seq + 2, "down"), (seq + 3, "starting"), (seq + 4, "up")]


def test_errors_are_those_of_ingotctl(vm):
    for words, status, text in (
            (("stop", "nothing"), 1, "ingotctl: service nothing: no such service (ingotctl status lists them)"),
            (("frobnicate",), 2, "ingotctl: unknown command frobnicate (ingotctl --help lists what there is)"),
            (("start",), 2, "ingotctl: start: which service? (usage: ingotctl start NAME)")):
        done = ctl(*words)
        assert (done.returncode, done.stderr, done.stdout) == (status, text + "\n", "")
    for word in ("exec", "top", "tree"):
        done = ctl(word, "idle")
        assert done.returncode == 2 and "works inside the machine only" in done.stderr


def test_the_socket_is_this_users_alone(vm, at):
    mode = os.stat(at).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_without_a_machine_it_is_one_line(tmp_path):
    (tmp_path / "folder").mkdir()
    done = build.ingot("ctl", tmp_path / "folder", "status")
    assert done.returncode == 1
    assert done.stderr == f"ingot: no machine runs from {tmp_path}/folder: `ingot run {tmp_path}/folder` boots one\n"
    done = build.ingot("ctl", tmp_path / "folder")
    assert done.returncode == 1 and "ctl wants a command of ingotctl" in done.stderr


def test_a_second_machine_leaves_the_first_its_socket(vm, at):
    """Its own words say that it cannot be asked."""
    with guest.qemu([build.INGOT, *build.arguments("run", "host")][:-1], "host") as second:
        second.wait_line("`ingot ctl` cannot ask this machine: .*/control: another running VM has it$",
                         timeout=guest.BOOT_S)
        second.wait_line("^ingot: host: booted in ", timeout=guest.BOOT_S)
    assert len(json.loads(ok("status", "--json"))["services"]) == 5


# ---- what else comes in by the port ----

def statuses(s, session):
    told = list(frames(s, session))
    assert [kind for kind, _, _ in told] == [STATE, SVC, SVC, SVC, SVC, SVC, END] and told[-1][1] == 0
    return [data[:32].rstrip(b"\0") for kind, _, data in told if kind == SVC]


def test_two_clients_one_after_the_other(vm, port):
    """init case 42"""
    for session in (11, 12):
        s = port()
        s.sendall(hail(STATUS, session=session))
        assert sorted(statuses(s, session)) == [b"errand", b"idle", b"last", b"slow", b"talks"]
        s.close()


@pytest.mark.parametrize("junk", (b"\0" * 1000, bytes(range(256)) * 300, MAGIC * 500, b"x"),
                         ids=("zeros", "all-bytes", "beginnings", "one"))
def test_junk_before_a_request_is_passed_over(vm, port, junk):
    """init case 42"""
    s = port()
    s.sendall(junk + hail(STATUS, session=21))
    statuses(s, 21)


@pytest.mark.parametrize("part", (1, 8, 15, 40, 79))
def test_half_a_request_does_not_swallow_the_next(vm, port, part):
    """init case 42: Its sender is gone, or still there."""
    s = port()
    s.sendall(hail(START, b"idle", session=31)[:part])
    s.close()
    s = port()
    s.sendall(hail(STATUS, session=32))
    statuses(s, 32)
    s.sendall(hail(START, b"idle", session=33)[:part])
    s.sendall(hail(STATUS, session=34))
    statuses(s, 34)


def test_a_client_that_dies_in_mid_reply(vm, port):
    """init case 42: What it did not read is not told to the next one."""
    for n in range(30):
        s = port()
        s.sendall(hail(LOGS, b"talks", FOLLOW, session=100 + n))
        s.recv(1 + 1000 * (n % 5))
        s.close()
    s = port()
    s.sendall(hail(STATUS, session=41))
    statuses(s, 41)


def test_a_client_that_does_not_read_holds_nobody_up(vm, port):
    """init case 42: It follows a log that fills all that lies between; then it reads, and gets what is kept."""
    s = port()
    s.sendall(hail(LOGS, b"talks", FOLLOW, session=51))
    for _ in range(40):
        vm.exec_ok("talks", "seq 20000 >/run/in")
    vm.exec_ok("talks", "echo behind all that >/run/in")
    assert vm.service("idle")["state"] == "up"
    data = b""
    for kind, _, piece in frames(s, 51):
        data = (data + piece)[-100:] if kind == DATA else data
        if data.endswith(b"behind all that\n"):
            break


def test_wrong_requests_are_refused_in_words(vm, port):
    """init case 42"""
    s = port()
    for session, request, text in (
            (61, {"verb": STATUS, "version": 99}, b"another version"), (62, {"verb": VERBS}, b"no such request"),
            (63, {"verb": STATUS, "name": b"a" * 32}, b"no such request"), (64, {"verb": START}, b"a service's name"),
            (65, {"verb": STATUS, "name": b"nobody"}, b"no service of this name"),
            (66, {"verb": PIDFD, "name": b"idle"}, b"for the machine itself")):
        s.sendall(hail(session=session, **request))
        told = list(frames(s, session))
        assert len(told) == 1 and told[0][1] != 0 and text in told[0][2]


def test_a_new_request_ends_the_one_before(vm, port):
    """The stream has one session: `logs -f` is over, and tells nothing more."""
    s = port()
    s.sendall(hail(LOGS, b"talks", FOLLOW, session=71) + hail(STATUS, session=72))
    statuses(s, 72)
    vm.exec_ok("talks", "echo one more >/run/in")
    s.sendall(hail(STATUS, session=73))
    head = read_exactly(s, 16)
    assert struct.unpack("<I", head[8:12]) == (73,)


def test_a_thousand_connections(vm, port):
    """init case 42"""
    vm.until_service("slow", lambda s: s["state"] == "up")
    fds = vm.ok("ls -l /proc/1/fd | grep -vc net:")
    for n in range(1000):
        s = port()
        if n % 3 == 0:
            s.sendall(hail(STATUS, session=n)[:n % 81])
        s.close()
    s = port()
    s.sendall(hail(STATUS, session=5000))
    assert len(statuses(s, 5000)) == 5
    s.close()
    vm.until("ls -l /proc/1/fd | grep -vc net:", lambda text: text == fds)


def test_who_follows_something_keeps_his_turn_and_the_next_is_told_at_once(vm, port):
    """init case 42"""
    s = port()
    s.sendall(hail(EVENTS, flags=FOLLOW, session=81))
    told = frames(s, 81)
    assert next(told)[0] == EVENT
    began = time.monotonic()
    done = ctl("status")
    assert (done.returncode, done.stderr) == (
        1, "ingotctl: another `ingot ctl` is at the machine's port, which serves one at a time: end that first\n")
    assert time.monotonic() - began < 5
    vm.ok("ingotctl restart idle")
    assert any(data.startswith(b"idle\0") for _, _, data in itertools.islice(told, 100))
    s.close()
    assert len(json.loads(ok("status", "--json"))["services"]) == 5


def test_an_unused_port_does_not_wake_pid_1(vm):
    """init case 63"""
    vm.until_service("slow", lambda s: s["state"] == "up")
    switches = "grep ^voluntary /proc/1/status"
    before, after = vm.ok(f"{switches}; sleep 3; {switches}").splitlines()
    assert int(after.split()[1]) - int(before.split()[1]) <= 1


def test_the_host_powers_it_off_over_the_port(vm, at):
    """init cases 49 and 54: With a status, which `ingot run` ends with. The last one on this machine."""
    ok("poweroff", "--status", "3")
    vm.wait_line("^ingot: power off: asked for by the host$")
    assert vm.wait_end() == 3
    assert vm.lines[-1] == "ingot: the machine's exit status is 3: the host"
    assert not os.path.exists(at), "the socket went with the machine"


@pytest.mark.parametrize("machine", ("q35", "microvm"))
def test_it_works_on_the_other_machines_too(machine):
    """init case 54: The image's purpose is a job, whose exit code is the machine's."""
    build.image("host")
    with guest.qemu([build.INGOT, *build.arguments("run", "host"), "--machine", machine], "host") as g:
        g.wait_line("^ingot: 3 services ready", timeout=guest.BOOT_S)
        assert len(json.loads(ok("status", "--json"))["services"]) == 5
        ok("run", "last")
        assert g.wait_end() == 7
        assert g.lines[-1] == "ingot: the machine's exit status is 7: the end of last"
