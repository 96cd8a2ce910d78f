# SPDX-License-Identifier: MIT
"""`ingot-net serve` in network namespaces of this host, against ingot-net(8): which packets of and to private networks
pass, in both families, and what becomes of a network when its service starts again, changes or goes."""
import os
import struct
import subprocess
import sys

import pytest

from net_space import TOP
from private_space import EGRESS, HERE, MACHINE, NONE, OUTSIDE, PUBLISH, REACH, Net, PrivateSpace, question, rule

pytestmark = pytest.mark.needs_namespace


@pytest.fixture
def space(tmp_path):
    s = PrivateSpace(tmp_path)
    s.serve()
    yield s
    s.close()


def test_a_network_is_a_link_with_the_addresses_and_nothing_else(space):
    space.tell(Net("web", 2))
    space.start("web")
    shown = space.run("web", "ip", "-o", "addr").stdout
    assert {line.split()[1] + " " + line.split()[3] for line in shown.splitlines()} == {
        "lo 127.0.0.1/8", "lo ::1/128", "eth0 10.213.0.2", "eth0 fd69::2"}
    assert space.run("web", "ip", "route").stdout.splitlines()[0].split()[:5] == [
        "default", "via", "10.213.0.1", "dev", "eth0"]
    for name, value in (("ipv4/ip_unprivileged_port_start", "0"), ("ipv6/conf/eth0/accept_ra", "0"),
                        ("ipv4/conf/eth0/accept_redirects", "0"), ("ipv4/ip_forward", "0")):
        assert space.run("web", "cat", f"/proc/sys/net/{name}").stdout.strip() == value, name
    assert space.run("machine", "cat", f"/proc/sys/net/ipv4/conf/{space.of('web').cable}/rp_filter").stdout == "1\n"
    space.answer("web", 80)
    for here in space.of("web").addresses:
        assert space.ask("machine", here, 80), "the machine looks whether it is ready"


def test_a_published_port_answers_from_outside_and_nothing_else_does(space):
    """isolation case 30"""
    space.tell(Net("web", 2, rule(PUBLISH, 80, 8080)))
    space.start("web")
    space.answer("web", 8080, 81, 80)
    for far, machine in zip(OUTSIDE, ("192.0.2.2", "2001:db8::2")):
        told = space.ask("outside", machine, 80)
        assert told and told.endswith(f"8080 asked by {'::ffff:' if '.' in far else ''}{far}"), "who asks is not hidden"
        for port in (81, 8080):
            assert space.ask("outside", machine, port) is None
    for address, family in zip(space.of("web").addresses, ("-4", "-6")):
        via = {"-4": "192.0.2.2", "-6": "2001:db8::2"}[family]
        space.ip(family, "route", "add", address, "via", via, far=True)
        for port in (80, 81, 8080):
            assert space.ask("outside", address, port) is None, "not even for who knows the way"


UDP_SERVER = """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 5300))
print(flush=True)
while True:
    data, who = s.recvfrom(9)
    s.sendto(b"told " + data, who)
"""
UDP_CLIENT = """
import socket, sys
to, port = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.connect((to, int(port)))
s.send(b"x")
print(s.recv(99))
"""


def ask_udp(space, where, to, port):
    done = space.run(where, sys.executable, "-c", UDP_CLIENT, to, port)
    return done.stdout.strip() == "b'told x'"


def test_datagrams_go_where_datagrams_are_declared(space):
    dns = Net("dns", 3, rule(PUBLISH, 53, 5300, protocol="udp"))
    space.tell(dns, Net("web", 2, *[rule(REACH, 5300, where=a, protocol="udp") for a in dns.addresses]),
               Net("tcp", 4, *dns.reach(5300)))
    for name in ("dns", "web", "tcp"):
        space.start(name)
    server = subprocess.Popen(space.within("dns", sys.executable, "-c", UDP_SERVER), stdout=subprocess.PIPE)
    space.programs.append(server)
    assert server.stdout.readline()
    for own, machine in zip(dns.addresses, ("192.0.2.2", "2001:db8::2")):
        assert ask_udp(space, "outside", machine, 53)
        assert not ask_udp(space, "outside", machine, 5300)
        assert ask_udp(space, "web", own, 5300)
        assert not ask_udp(space, "tcp", own, 5300), "another protocol's port"


def test_services_reach_each_other_only_as_declared(space):
    """isolation case 30"""
    db = Net("db", 3)
    space.tell(Net("web", 2, *db.reach(5432), rule(EGRESS, where="0.0.0.0/0"), rule(EGRESS, where="::/0")), db)
    for name in ("web", "db"):
        space.start(name)
        space.answer(name, 5432, 5433)
    for own, other in zip(space.of("web").addresses, db.addresses):
        assert space.ask("web", other, 5432)
        assert space.ask("web", other, 5433) is None, "an egress to everywhere is none to another service"
        assert space.ask("db", own, 5432) is None


def test_what_is_not_declared_does_not_leave_the_machine(space):
    """isolation case 30"""
    space.ip("addr", "add", "192.0.2.9/24", "dev", "lan", far=True)
    out = (rule(EGRESS, 443, where="192.0.2.1"), rule(EGRESS, where="2001:db8::/126"))
    space.tell(Net("web", 2, *out, masquerade=True), Net("mute", 3, masquerade=True))
    space.answer("outside", 443, 444)
    for name in ("web", "mute"):
        space.start(name)
    assert space.ask("web", "192.0.2.1", 443).endswith(":192.0.2.2"), "by the machine's address"
    assert space.ask("web", "2001:db8::1", 444).endswith(" 2001:db8::2"), "any port of a whole network"
    assert space.ask("web", "192.0.2.1", 444) is None
    assert space.ask("web", "192.0.2.9", 443) is None
    for to in OUTSIDE:
        assert space.ask("mute", to, 443) is None


def test_without_masquerade_the_service_has_its_own_address(space):
    space.tell(Net("web", 2, rule(EGRESS, 443, where="192.0.2.1")))
    space.start("web")
    space.answer("outside", 443)
    space.ip("route", "add", "10.213.0.0/16", "via", "192.0.2.2", far=True)
    assert space.ask("web", "192.0.2.1", 443).endswith("10.213.0.2")


def test_the_machine_is_reached_on_declared_ports_alone(space):
    """isolation case 10"""
    space.tell(Net("web", 2, rule(MACHINE, 2000), rule(PUBLISH, 80, 8080)), Net("mute", 3))
    space.answer("machine", 2000, 2001)
    for name in ("web", "mute"):
        space.start(name)
    space.answer("web", 8080)
    for here in HERE:
        assert space.ask("web", here, 2000)
        assert space.ask("web", here, 2001) is None
        assert space.ask("mute", here, 2000) is None
    for here in ("192.0.2.2", "2001:db8::2"):
        assert space.ask("web", here, 2000) is None, "by its one address alone"
        assert space.ask("mute", here, 80) is None, "a published port is for those outside"
    assert space.run("web", "ping", "-c", "1", "-W", "1", HERE[0]).returncode != 0


def segments(space, name):
    """TCP segments that came to it."""
    heads, numbers = [line.split() for line in space.run(name, "cat", "/proc/net/snmp").stdout.splitlines()
                      if line.startswith("Tcp:")]
    return int(numbers[heads.index("InSegs")])


def test_of_the_machine_root_alone_opens_what_is_not_published(space):
    """A service in the machine's network is nobody to those of private ones. isolation case 30"""
    space.tell(Net("web", 2, rule(PUBLISH, 80, 8080)))
    space.start("web")
    space.answer("web", 8080)
    for to in space.of("web").addresses:
        nc = ("nc", "-w", 1, to, 8080)
        assert space.ask("machine", to, 8080)
        done = space.run("machine", "setpriv", "--reuid=65534", "--clear-groups", "sh", "-c", 'id -u; exec "$@"', "sh",
                         TOP / "build" / "busybox", *nc)
        assert done.stdout == "65534\n", done


def test_nobody_speaks_in_anothers_name(space):
    db = Net("db", 3)
    space.tell(Net("web", 2), db, Net("bad", 4, *db.reach(5432)))
    for name in ("web", "db", "bad"):
        space.start(name)
    space.answer("db", 5432)
    assert space.ask("bad", db.addresses[0], 5432).endswith("10.213.0.4")
    for theirs, here, to in zip(space.of("web").addresses, HERE, db.addresses):
        family = "-6" if ":" in to else "-4"
        assert space.ask("bad", to, 5432)
        space.run("bad", "ip", family, "addr", "add", theirs, "dev", "eth0", *(["nodad"] if ":" in to else []))
        done = space.run("bad", "ip", family, "route", "replace", "default", "via", here, "dev", "eth0", "src", theirs)
        assert done.returncode == 0, done.stderr
        before = segments(space, "db")
        assert space.ask("bad", to, 5432) is None
        assert segments(space, "db") == before, "not even the first packet of it"


def test_a_service_that_starts_again_has_its_link_again(space):
    space.tell(Net("web", 2, rule(PUBLISH, 80, 80)), Net("db", 3))
    first, link = space.start("web"), space.ip("-o", "link", "show", "dev", space.of("web").cable)
    assert space.start("db") != first
    assert space.start("web") == first
    assert space.ip("-o", "link", "show", "dev", space.of("web").cable) == link


def test_a_successor_leaves_what_runs_alone(space):
    space.tell(Net("web", 2, rule(PUBLISH, 80, 8080)), Net("db", 3))
    first = space.start("web")
    space.answer("web", 8080)
    space.stop()
    assert space.ask("outside", "192.0.2.2", 80), "neither rules nor links are its own"
    space.serve()
    assert space.ask("outside", "192.0.2.2", 80)
    assert space.start("db")
    assert space.ask("outside", "192.0.2.2", 80), "what another one asks for is nothing to it"
    assert space.start("web") != first, "at its next start it gets another one"
    space.answer("web", 8080)
    assert space.ask("outside", "192.0.2.2", 80)


def test_what_changes_is_changed_and_what_is_gone_goes(space):
    web = Net("web", 2, rule(PUBLISH, 80, 8080))
    space.tell(web, Net("db", 3))
    first = space.start("web")
    space.start("db")
    space.answer("web", 8080)
    space.tell(Net("web", 2, rule(PUBLISH, 81, 8080)))
    assert space.ask("outside", "192.0.2.2", 80) is None
    assert space.ask("outside", "192.0.2.2", 81), "while it runs"
    links = space.ip("-o", "link")
    assert "ingot-0ad50002" in links and "ingot-0ad50003" not in links
    assert space.start("web") == first
    space.tell(Net("web", 7, rule(PUBLISH, 81, 8080)))
    assert space.start("web") != first, "another address is another network"
    assert "ingot-0ad50002" not in space.ip("-o", "link")


def test_a_link_that_was_taken_away_is_made_again(space):
    space.tell(Net("web", 2, rule(PUBLISH, 80, 8080)))
    first = space.start("web")
    space.ip("link", "del", space.of("web").cable)
    assert space.start("web") != first
    space.answer("web", 8080)
    assert space.ask("outside", "192.0.2.2", 80)


def test_what_is_no_question_is_refused_and_changes_nothing(space):
    space.tell(Net("web", 2, rule(PUBLISH, 80, 8080)))
    whole = question(space.nets, 0)
    wrong = [b"x", whole[:-1], whole + b"x", b"\0" * 16, struct.pack("<IIII", 0x746e6769, NONE, 513, 0) + whole[16:],
             whole[:4] + struct.pack("<I", 1) + whole[8:], whole[:16] + bytes(32) + whole[48:],
             whole[:-28] + struct.pack("<H", 4) + whole[-26:]]
    for packet in wrong:
        code, fd = space.ask_raw(packet)
        assert code != 0 and fd is None, packet
    space.start("web")
    space.answer("web", 8080)
    assert space.ask("outside", "192.0.2.2", 80)


def test_a_link_that_hears_a_router_goes_on_hearing_it(space):
    for name, value in (("lan", "2"), ("default", "2"), ("all", "1")):
        assert space.run("machine", "cat", f"/proc/sys/net/ipv6/conf/{name}/accept_ra").stdout.strip() == value, name
    assert space.run("machine", "cat", "/proc/sys/net/ipv6/conf/all/forwarding").stdout.strip() == "1"


def test_nobody_but_root_is_heard(space):
    assert os.stat(space.socket).st_mode & 0o777 == 0o700


def test_many_networks_at_once(space):
    """As many rules as a table may hold."""
    nets = [Net(f"s{i}", 2 + i) for i in range(40)]
    for n in nets:
        n.rules = [r for other in nets if other is not n for r in other.reach(80)]
    space.tell(*nets)
    space.start("s0")
    space.start("s39")
    space.answer("s39", 80)
    assert space.ask("s0", nets[39].addresses[1], 80)
