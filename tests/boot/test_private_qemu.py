# SPDX-License-Identifier: MIT
"""Services with `network: {mode: private}` under QEMU, on the shipped kernel, held against ingot.yml(5) and
ingot-net(8): the published port answers the host, services reach each other by their names as declared, and nothing
else passes. The rules one by one are tested in namespaces of this host (tests/net)."""
import json
import shutil
import socket
import threading

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
HOST = "10.0.2.2"  # of a machine in QEMU: what listens on 127.0.0.1 there


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


PORTS = dict(zip((80, 8080, 8081, 5432), free_ports(4)))


def moved():
    """The image file with another published port, and without one of its services."""
    text = (build.ROOT / "tests" / "boot" / "images" / "private.yml").read_text()
    begin, end = text.index("  mute:"), text.index("  alone:")
    return (text[:begin] + text[end:]).replace("machine: 80, service: 8080", "machine: 8081, service: 8080")


@pytest.fixture(scope="module")
def machine():
    build.put_tables("private", {"moved": moved()})
    build.image("private")
    forwards = [word for inside, outside in PORTS.items() for word in ("-p", f"{outside}:{inside}")]
    with guest.qemu([build.INGOT, *build.arguments("run", "private"), "--shell", *forwards], "private") as g:
        g.connect()
        for name in ("web", "db", "pool@1", "client", "mute"):
            g.until_service(name, lambda s: s["state"] == "up", timeout=guest.BOOT_S)
        yield g


def ask_host(port):
    """What the machine answers at one of its ports, or "" where it does not."""
    try:
        with socket.create_connection(("127.0.0.1", PORTS[port]), timeout=1) as s:
            s.settimeout(1)
            return s.recv(100).decode()
    except OSError:
        return ""


def ask(machine, name, to, port):
    out, status = machine.exec(name, f"nc -w 1 {to} {port} </dev/null")
    return out if status == 0 else None


def test_the_published_port_answers_the_host_and_no_other_does(machine):
    """isolation case 30"""
    assert ask_host(80) == f"8080 asked by ::ffff:{HOST}\n"
    for port in (8080, 8081, 5432):
        assert ask_host(port) == "", port


def test_services_reach_each_other_by_name_and_only_as_declared(machine):
    """isolation case 30"""
    assert ask(machine, "web", "db", 5432).startswith("5432 asked by ")
    assert ask(machine, "web", "pool@2", 7000).startswith("7000 asked by ")
    assert ask(machine, "web", "pool", 7000).startswith("7000 asked by ")
    assert ask(machine, "web", "shared", 2000).startswith("2000 asked by ")
    assert ask(machine, "web", "db", 5433) is None
    assert ask(machine, "web", "shared", 2001) is None
    hosts = machine.exec_ok("web", "cat /etc/hosts").splitlines()
    address = {name: line.split()[0] for line in reversed(hosts) for name in line.split()[1:]}
    assert ask(machine, "db", address["web"], 8080) is None
    for name in ("mute", "shared"):
        assert ask(machine, name, address["db"], 5432) is None, name
    assert set(address) == {"localhost", "web", "db", "pool", "pool@1", "pool@2", "shared"}
    assert machine.exec_ok("mute", "cat /etc/hosts | wc -l") == "4", "a name for what it may not reach is none"


def test_a_job_has_a_network_too(machine):
    machine.ok("ingotctl start report")
    out = machine.until("ingotctl logs report", lambda text: "no web" in text)
    assert out.splitlines()[0].startswith("5432 asked by ")


def test_what_is_declared_leaves_the_machine_and_nothing_else_does(machine):
    """isolation case 30"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve():
            with server.accept()[0] as s:
                s.sendall(b"from the host\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        for name in ("mute", "web", "alone"):
            assert ask(machine, name, HOST, port) is None, name
        assert ask(machine, "client", HOST, port) == "from the host"
        thread.join(5)
    assert machine.exec("client", "nslookup localhost 10.0.2.3").status != 0


def test_the_machine_and_its_sockets_are_out_of_reach(machine):
    """isolation case 10"""
    machine.ok("(nc -lk -p 3000 -e echo open </dev/null >/dev/null 2>&1 &)")
    machine.until("nc 127.0.0.1 3000 </dev/null", lambda text: text == "open")
    gateway = machine.exec_ok("mute", "ip route | grep default | cut -d' ' -f3")
    for name in ("mute", "alone"):
        for to in ("127.0.0.1", gateway, "10.0.2.15", "::1"):
            assert ask(machine, name, to, 3000) is None, (name, to)
            assert ask(machine, name, to, 2000) is None, (name, to)
    abstract = machine.ok("grep -c @ /proc/net/unix; true")
    assert machine.exec_ok("mute", "grep -c @ /proc/self/net/unix; true") == "0", abstract


def test_a_service_has_a_link_and_no_way_to_change_it(machine):
    pid = machine.main_pid("db")
    shown = machine.exec_ok("db", "cat /proc/self/net/dev | tail -n +3 | cut -d: -f1").split()
    assert sorted(shown) == ["eth0", "lo"]
    for command in ("ip link set eth0 down", "ip addr add 10.213.9.9 dev eth0", "ip route del default"):
        assert machine.exec("db", command).status != 0, command
    assert machine.ok(f"nsenter -t {pid} -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start") == "0"


def test_a_restart_keeps_the_link(machine):
    before, was = machine.ok("ip -o link | grep ingot- | sort"), machine.main_pid("db")
    space = machine.ok(f"readlink /proc/{was}/ns/net")
    machine.ok(f"kill -9 {was}")
    machine.until_service("db", lambda s: s["restarts"] > 0 and s["state"] == "up")
    assert machine.ok(f"readlink /proc/{machine.main_pid('db')}/ns/net") == space
    assert machine.ok("ip -o link | grep ingot- | sort") == before
    assert ask(machine, "web", "db", 5432)


def test_without_ingot_net_a_start_is_refused_by_name(machine):
    pid = machine.service("net-private")["pid"]
    machine.ok(f"ingotctl stop mute; kill -STOP {pid}")
    mark = machine.mark()
    machine.send("ingotctl start mute >/dev/null 2>&1 &\n")
    machine.wait_line("ingot: service mute: step network: .*timed out", since=mark, timeout=guest.BOOT_S)
    assert ask_host(80), "what runs is not touched"
    machine.ok(f"kill -CONT {pid}")
    machine.until_service("mute", lambda s: s["state"] == "up")


def test_launches_that_hang_hold_up_nobody(machine):
    pid, crowd = machine.service("net-private")["pid"], [f"crowd@{i}" for i in range(1, 10)]

    def states_of(text):
        return {s["name"]: s["state"] for s in json.loads(text)["services"] if s["name"] in crowd}

    for name in crowd:
        machine.until_service(name, lambda s: s["state"] == "up")
    stubs = [str(machine.service(name)["pid"]) for name in crowd]
    machine.ok(f"ingotctl stop alone; kill -STOP {pid}; kill -KILL {' '.join(stubs)}")
    machine.until("ingotctl status --json", lambda text: set(states_of(text).values()) == {"starting"})
    machine.ok("ingotctl start alone")
    states = states_of(machine.ok("ingotctl status --json"))
    machine.ok(f"kill -CONT {pid}")
    assert machine.service("alone")["state"] == "up" and set(states.values()) == {"starting"}
    for name in crowd:
        machine.until_service(name, lambda s: s["state"] == "up")


def test_ingot_net_takes_little(machine):
    """Of the 24 MiB that the builder gives it."""
    used = int(machine.ok("cat /sys/fs/cgroup/svc/net-private/memory.peak"))
    assert used < 4 << 20


def test_another_table_changes_rules_under_what_runs_and_takes_away_what_is_gone(machine):
    pid, links = machine.main_pid("web"), machine.ok("ip -o link | grep -c ingot-")
    assert ask_host(80) and not ask_host(8081)
    machine.ok("ingotctl reload /opt/moved")
    assert ask_host(8081) and not ask_host(80)
    assert machine.main_pid("web") == pid
    assert int(machine.ok("ip -o link | grep -c ingot-")) == int(links) - 1
    machine.ok("ingotctl reload")
    machine.until_service("mute", lambda s: s["state"] == "up")
    assert ask_host(80) and not ask_host(8081)
