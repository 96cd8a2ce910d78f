# SPDX-License-Identifier: MIT
"""Debian's nginx-light, redis-server and python3-minimal as services of one machine: what their packages need is in
their roots, and each of them answers. images/trio.yml under User Mode Linux, where it is asked from inside, and under
QEMU, over its forwarded ports (case 27)."""
import json
import re
import shutil
import signal
import urllib.request

import pytest

import build
import guest
from test_qemu import free_port, page, run

IMAGE = "trio-uml"


@pytest.fixture(scope="module", autouse=True)
def _image():
    """The shipped image with another kernel and without a link: User Mode Linux has none."""
    build.image("end")  # for the kernel's pins
    text = (build.tree() / "images" / "trio.yml").read_text().replace("image: trio", f"image: {IMAGE}")
    text = text.replace("kernel-cloud", "kernel-uml").replace("network:\n  links: [{name: eth0, dhcp: true}]\n", "")
    (build.tree() / "images" / f"{IMAGE}.yml").write_text(text)


def test_nothing_that_a_command_needs_is_missing():
    """The build is what looks; a note would say which other programs lack something."""
    done = build.ingot(*[w for w in build.arguments("build", IMAGE) if w != "-q"])
    assert done.returncode == 0, done.stderr
    assert "lack" not in done.stderr


def test_nginx_serves_its_page(machine):
    machine.until_service("nginx", lambda s: s["state"] == "up")
    assert "<h1>nginx answers</h1>" in machine.ok("wget -qO- http://127.0.0.1/")


def test_redis_answers_a_ping_and_keeps_what_it_is_told(machine):
    machine.until_service("redis", lambda s: s["state"] == "up")
    assert machine.ok("echo PING | nc -w 2 127.0.0.1 6379").strip() == "+PONG"
    assert machine.ok("echo SET a b | nc -w 2 127.0.0.1 6379; echo GET a | nc -w 2 127.0.0.1 6379").split() == \
        ["+OK", "$1", "b"]


def test_redis_writes_into_its_state(machine):
    machine.until_service("redis", lambda s: s["state"] == "up")
    assert machine.ok("echo SAVE | nc -w 5 127.0.0.1 6379").strip() == "+OK"
    assert machine.ok("ls /state/redis/var/lib/redis") == "dump.rdb"


def test_python_counts_its_visitors_in_redis(machine):
    machine.until_service("hello", lambda s: s["state"] == "up")
    first, second = (machine.ok("wget -qO- http://127.0.0.1:8000/") for _ in range(2))
    count = re.fullmatch("hello, visitor ([0-9]+)", first)
    assert count and second == f"hello, visitor {int(count.group(1)) + 1}"


def test_each_is_itself_and_nothing_else(machine):
    for name, uid in (("nginx", "10001"), ("redis", "10002"), ("hello", "10003")):
        machine.until_service(name, lambda s: s["state"] == "up")
        pid = machine.main_pid(name)
        status = dict(line.split(":", 1) for line in machine.ok(f"cat /proc/{pid}/status").splitlines())
        assert status["Uid"].split() == [uid] * 4, name
        assert int(status["CapBnd"], 16) == 0, name


def test_nothing_of_the_posture_is_loosened_but_their_network():
    done = build.ingot(*build.arguments("show", "trio"), "--effective", "--json")
    assert done.returncode == 0, done.stderr
    loosened = {v["key"]: v["value"] for v in json.loads(done.stdout)["values"] if "risk" in v}
    assert loosened == {f"services.{name}.network.mode": "machine" for name in ("nginx", "redis", "hello")}


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
def test_they_answer_over_forwarded_ports_under_the_posture_that_was_built():
    """And isolation case 39 on the shipped kernel; no filter has refused anything that they wanted."""
    build.image("trio")
    told = json.loads(build.ingot(*build.arguments("score", "trio"), "--json").stdout)["services"]
    web, hello = free_port(), free_port()
    with run("trio", "--shell", "-p", f"{web}:80", "-p", f"{hello}:8000") as g:
        g.connect()
        g.wait_line("^ingot: 4 services ready, ", timeout=guest.BOOT_S)
        assert page(web)[0] == 200 and "nginx answers" in page(web)[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{hello}/", timeout=10) as answer:
            assert re.fullmatch("hello, visitor [0-9]+\n", answer.read().decode())
        live = {s["name"]: s for s in json.loads(g.ok("ingotctl score --json"))["services"]}
        for s in told:
            assert live[s["name"]] == s, s["name"]
        assert json.loads(g.ok("ingotctl denied --json"))["denied"] == []
        g.process.send_signal(signal.SIGTERM)
        assert g.wait_end() == 0
