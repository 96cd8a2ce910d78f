# SPDX-License-Identifier: MIT
"""The shipped images under QEMU by `ingot run`, held against ingot(1): the forwarded port answers, isolation and limits
hold on the shipped kernel, and each way to end has its exit status. Everything finer is tested under User Mode
Linux."""
import json
import math
import os
import re
import shlex
import shutil
import signal
import socket
import time
import urllib.request

import pytest

import build
import guest
import many

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
POWER_OFF_S = 5  # from the signal to the end of `ingot run`
ANSWER = r"^ingot: http://localhost:{}/ answers: HTTP/1\.1 200 OK"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(name, *words, env=None):
    return guest.qemu([build.INGOT, *build.arguments("run", name), *words], name, env)


def with_words(folder, *words):
    """An environment in which `ingot run` finds a QEMU that is given more words."""
    program = folder / "qemu-system-x86_64"
    program.write_text(f"#!/bin/sh\nexec {shutil.which(program.name)} \"$@\" {shlex.join(words)}\n")
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def web(port):
    build.image("web")
    with run("web", "--shell", "-p", f"{port}:80") as g:
        yield g.connect()


def test_says_where_the_page_answers_and_it_does(web, port):
    web.wait_line(ANSWER.format(port), timeout=guest.BOOT_S)
    status, text = page(port)
    assert status == 200 and "nginx answers" in text


def test_the_given_ports_replace_the_files(web, port):
    children = open(f"/proc/{web.process.pid}/task/{web.process.pid}/children").read().split()
    words = open(f"/proc/{children[0]}/cmdline").read().split("\0")
    forwards = [part for word in words for part in word.split(",") if part.startswith("hostfwd=")]
    assert forwards == [f"hostfwd=tcp:127.0.0.1:{port}-:80"]


def test_the_address_comes_by_dhcp(web):
    web.wait_line("^ingot: service dhcp: ready in ", timeout=guest.BOOT_S)
    assert "inet 10.0.2.15/24 " in web.ok("ip -o addr show dev eth0")
    assert "default via 10.0.2.2 " in web.ok("ip route")
    assert "nameserver 10.0.2.3" in web.ok("cat /run/resolv.conf")


def test_exec_is_in_the_namespaces_of_nginx(web):
    web.wait_line("^ingot: service nginx: ready in ", timeout=guest.BOOT_S)
    status = dict(line.split(":", 1) for line in web.shell("nginx", "cat /proc/self/status").splitlines())
    assert status["Uid"].split() == ["10001"] * 4
    assert int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"].strip() == "1"
    kinds = "mnt pid ipc uts cgroup"
    stub = web.service("nginx")["pid"]
    ids = f"for n in {kinds}; do readlink /proc/self/ns/$n; done"
    inside = web.shell("nginx", ids)
    assert inside == web.ok(f"p=$(pgrep -P {stub}); for n in {kinds}; do readlink /proc/$p/ns/$n; done")
    assert not set(inside.split()) & set(web.ok(ids).split())
    assert web.shell("nginx", "cat /proc/self/cgroup") == "0::/"


def test_a_file_made_inside_is_found_outside(web):
    web.shell("nginx", "echo made inside >/var/lib/nginx/note")
    assert web.ok("cat /state/nginx/var/lib/nginx/note") == "made inside"


def test_limits_are_in_force(web):
    for name, value in (("memory.max", 64 << 20), ("pids.max", 32), ("cpu.max", "80000 100000"), ("memory.swap.max", 0),
                        ("memory.oom.group", 1)):
        done = web.run(f"cat /sys/fs/cgroup/svc/nginx/{name}")
        assert done.out == str(value) or (name == "memory.swap.max" and done.status != 0), name


def test_memory_hog_is_ended_as_a_group_while_the_page_is_served(web, port):
    web.until_service("heartbeat", lambda s: s["state"] == "up", timeout=guest.BOOT_S)
    before = web.service("heartbeat")
    mark = web.mark()
    assert web.exec("heartbeat", "dd if=/dev/zero of=/dev/null bs=32M count=1").status == 137
    web.wait_line("^ingot: service heartbeat: out of memory, the limit is 8192 KiB; restart in ", since=mark)
    after = web.until_service("heartbeat", lambda s: s["state"] == "up")
    assert after["last"]["end"] == "oom" and after["pid"] != before["pid"]
    assert page(port)[0] == 200


def test_fork_bomb_stops_at_its_limit_while_the_page_is_served(web, port):
    web.ok("(ingotctl exec heartbeat -- /bin/sh -c 'b() { b | b & }; b; while :; do b 2>/dev/null; done' "
           ">/dev/null 2>&1 &)")
    web.until("cat /sys/fs/cgroup/svc/heartbeat/pids.events", lambda text: text.split()[1] != "0")
    assert int(web.ok("cat /sys/fs/cgroup/svc/heartbeat/pids.current")) <= 8
    assert page(port)[0] == 200
    assert web.service("nginx")["state"] == "up"
    web.ok("ingotctl stop heartbeat", timeout=10)


def test_poweroff_from_inside(web):
    """The last one on this machine."""
    web.send("ingotctl poweroff\n")
    assert web.wait_end() == 0


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
def test_signal_powers_off_in_order(number):
    port = free_port()
    with run("web", "-p", f"{port}:80") as g:
        g.wait_line(ANSWER.format(port), timeout=guest.BOOT_S)
        g.wait_line("^ingot: 3 services ready, ", timeout=guest.BOOT_S)  # the page can be faster than PID 1's own look
        began = time.monotonic()
        g.process.send_signal(number)
        status = g.wait_end()
        took = time.monotonic() - began
        assert status == 0
        assert took < POWER_OFF_S
        said = g.said()
        assert [line for line in said if line.startswith("power off: asked for by ")] == \
            ["power off: asked for by the host"]
        assert said.index("service nginx: stopped") > said.index("service heartbeat: stopped")
        assert said[-1] == "power off"


def assert_panicked(g):
    assert g.wait_end(timeout=guest.BOOT_S) == 1
    said = [line for line in g.said() if "panicked" in line]
    assert said == ["the guest's kernel panicked; its last lines are above"]
    assert any("Kernel panic - not syncing" in line for line in g.lines), "its reason is shown"


def test_a_kernel_without_an_init_is_status_1_and_one_line():
    with run("minimal", "--append", "rdinit=/nonexistent") as g:
        assert_panicked(g)


def test_a_kernel_that_panics_later_is_status_1_and_one_line():
    with run("minimal", "--shell", "--append", "panic=-1") as g:
        g.connect()
        g.send("echo c >/proc/sysrq-trigger\n")
        assert_panicked(g)


def test_minimal_boots():
    with run("minimal") as g:
        g.wait_line("^ingot: minimal: booted in [0-9]+ ms, 1 services", timeout=guest.BOOT_S)
        g.wait_line("^ingot: 1 services ready", timeout=guest.BOOT_S)
        g.process.send_signal(signal.SIGTERM)
        assert g.wait_end() == 0


def test_an_image_without_any_network_has_no_ipv6_and_its_lo_later():
    with run("minimal", "--shell") as g:
        shell = g.connect()
        assert shell.run("ls /proc/sys/net/ipv6").status == 1
        shell.until("cat /sys/class/net/lo/flags", lambda text: text == "0x9")
        assert g.run("ls /proc/sys/net/ipv4").status == 0
        assert g.services()["clock"]["state"] == "up"


def test_boot_waits_for_nothing(tmp_path):
    """By a clock that counts instructions, and jumps over what nobody works in: how busy this host is does not show, a
    wait does. It was 3 ms when this was written."""
    with run("minimal", "--accel", "tcg", env=with_words(tmp_path, "-icount", "shift=0,sleep=off")) as g:
        took = g.wait_line("^ingot: minimal: booted in ([0-9]+) ms, 1 services", timeout=guest.BOOT_S)
    assert int(took.group(1)) < 30


@pytest.mark.parametrize("machine", ("pc", "q35", "microvm"))
def test_the_power_button_is_an_orderly_end(machine, tmp_path):
    """init case 49: pressed on the machine itself; `ingot run` asks over the control port first."""
    at = tmp_path / "monitor"
    words = with_words(tmp_path, "-monitor", f"unix:{at},server=on,wait=off")
    with run("minimal", "--shell", "--machine", machine, env=words) as g:
        g.connect().until("ls -l /proc/1/fd", lambda text: "/dev/input/event" in text)
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(at))
            monitor.sendall(b"system_powerdown\n")
            g.wait_line("^ingot: power off: asked for by power button$")
        g.wait_line("^ingot: service clock: stopped$")
        assert g.wait_end() == 0


def test_the_least_memory_that_the_builder_takes_boots():
    """Case 17: what it refuses does not fit, and the number that it names is enough."""
    build.image("minimal")  # for its lock
    file = build.tree() / "images" / "tight.yml"
    text = (build.tree() / "images" / "minimal.yml").read_text().replace("image: minimal", "image: tight")
    shutil.copyfile(build.tree() / "images" / "minimal.lock", file.with_suffix(".lock"))
    file.write_text(text.replace("memory: 128M", "memory: 64M"))
    for verb in ("build", "run"):  # whose archive is larger, as it is packed in less time
        done = build.ingot(*build.arguments(verb, "tight"))
        needs = re.search(r"the machine cannot boot with 64.0M .*: it needs ([0-9.]+)M$", done.stderr, re.M)
        assert done.returncode == 1 and needs, done.stderr
    least = math.ceil(float(needs.group(1)))
    file.write_text(text.replace("memory: 128M", f"memory: {least}M"))
    with run("tight") as g:
        g.wait_line("^ingot: 1 services ready", timeout=guest.BOOT_S)
        g.process.send_signal(signal.SIGTERM)
        assert g.wait_end() == 0


def test_a_port_that_is_taken_is_one_line_and_status_1():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = s.getsockname()[1]
        done = build.ingot(*build.arguments("run", "minimal"), "-p", f"{port}:80")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"ingot: port {port} of this host is taken: ")


# ---- ingot test ----

def outcomes(done):
    """(ok, name) of each line of TAP; the last line counts them."""
    lines = done.stdout.splitlines()
    shown = [re.fullmatch(r"(not )?ok [0-9]+ - (.*)", line) for line in lines[1:-1]]
    assert all(shown) and lines[0] == f"1..{len(shown)}", done.stdout
    good = sum(not match[1] for match in shown)
    assert lines[-1] == f"# {good} passed, {len(shown) - good} failed"
    return [(not match[1], match[2]) for match in shown]


@pytest.mark.parametrize("machine", ("pc", "q35", "microvm"))
def test_the_shipped_image_passes_its_own_tests_on_each_machine(machine):
    """cases 6, 27 and 28: pages, not banners, over a forwarded port."""
    done = build.ingot(*build.arguments("test", "web"), "--machine", machine)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [re.sub(r" \([0-9]+ ms\)$", "", name) for good, name in outcomes(done) if good]
    assert names == ["every service becomes ready", "the page is served", "what is not there is not found",
                     "the machine powers off in order"]


def test_the_smallest_shipped_image_passes_its_own_tests():
    """case 6"""
    done = build.ingot(*build.arguments("test", "minimal"))
    assert done.returncode == 0 and all(good for good, _ in outcomes(done)), done.stdout + done.stderr


def test_a_test_that_fails_is_status_1_and_says_what_came(tmp_path):
    """cases 6 and 29: a wrong page, a port that never answers, a boot over its budget."""
    folder = tmp_path.absolute()
    shutil.copytree(build.tree() / "recipes", folder / "recipes")
    text = (build.tree() / "images" / "web.yml").read_text()
    text = text[:text.index("\ntests:")].replace("budget: {memory: 256M}", "budget: {memory: 256M, ready: 1ms}")
    text = text.replace("ports: [{machine: 80}]", "ports: [{machine: 80}, {machine: 81}]")
    (folder / "t.yml").write_text(text + """
tests:
  - {name: wrong, http: {port: 80, contains: apache}, timeout: 8s}
  - {name: closed, tcp: {port: 81, expect: x}, timeout: 8s}
""")
    shutil.copy(build.tree() / "images" / "web.lock", folder / "t.lock")
    done = build.ingot("test", folder / "t.yml", "-o", folder / "out", "--cache", build.CACHE, "-q")
    assert done.returncode == 1
    outcome = outcomes(done)
    assert [good for good, _ in outcome] == [False, False, False, True]
    assert re.fullmatch(r"every service becomes ready: [0-9]+ ms after the kernel began, budget.ready is 1 ms",
                        outcome[0][1])
    assert outcome[1][1] == "wrong: not within 8000 ms; the last answer began with: HTTP/1.1 200 OK"
    assert outcome[2][1].startswith("closed: not within 8000 ms; there was no answer")
    assert "services ready" in done.stderr, "the console is shown where a test failed"


@pytest.mark.parametrize("processors", (1, 2))
def test_as_many_are_launched_at_a_time_as_there_are_processors(tmp_path, processors):
    """init case 62: side by side. How many were launched before the one before them ran its program."""
    count = 60
    many.image("crowd", count, kernel="kernel-cloud", memory="1G")
    with run("crowd", "--shell", env=with_words(tmp_path, "-smp", str(processors))) as g:
        g.connect()
        assert g.ok("nproc") == str(processors)
        g.wait_line(f"^ingot: {count} services ready")
        times = {s["name"]: s for s in json.loads(g.ok("ingotctl timing --json"))["services"]}
    overlaps = sum(times[f"s{i}"]["ready_ms"] > times[f"s{i + 1}"]["launched_ms"] for i in range(count - 1))
    assert overlaps < count / 3 if processors == 1 else overlaps > count / 2
