# SPDX-License-Identifier: MIT
"""ingot-net in network namespaces of this host, against ingot-net(8): static addresses, routes, VLANs, links that come
late, go, and lose their carrier; what `check` says; what it does not touch. The other end of each cable is a second
namespace."""
import json
import pathlib
import signal
import subprocess

import pytest

from net_space import BY_MAC, NET, Space, link

pytestmark = pytest.mark.needs_namespace


@pytest.fixture
def space(tmp_path):
    s = Space(tmp_path)
    yield s
    s.close()


def test_a_static_link_gets_all_that_is_declared(space):
    space.cable("lan")
    space.plug("lan")
    space.start(link("lan", addresses=["10.9.0.2/24", "fd09::2/64"], gateway="10.9.0.1", gateway6="fd09::1",
                     dns=["10.9.0.53", "fd09::53"], mtu=1400))
    assert space.is_ready(), space.said()
    assert space.addresses("lan") == {"10.9.0.2/24", "fd09::2/64"}
    shown = space.shown("link", "dev", "lan")[0]
    assert shown["mtu"] == 1400 and "LOWER_UP" in shown["flags"]
    assert [(r["gateway"], r["dev"], r["metric"]) for r in space.routes()] == [("10.9.0.1", "lan", 100)]
    assert [(r["gateway"], r["dev"], r["metric"]) for r in space.routes("-6")] == [("fd09::1", "lan", 100)]
    assert "UP" in space.shown("link", "dev", "lo")[0]["flags"]
    assert space.resolv.read_text() == "nameserver 10.9.0.53\nnameserver fd09::53\n"
    assert space.said() == ""
    status, text, _ = space.check()
    assert status == 0
    assert text.splitlines() == [
        "lan: up, carrier, mtu 1400", *sorted(line for line in text.splitlines() if "address" in line),
        "    default route via 10.9.0.1, metric 100", "    default route via fd09::1, metric 100",
        "name server 10.9.0.53", "name server fd09::53"]
    status, text, _ = space.check("--json")
    said = json.loads(text)
    assert status == 0 and said["right"] and said["not_as_declared"] == []
    assert said["nameservers"] == ["10.9.0.53", "fd09::53"]
    assert {"via": "10.9.0.1", "metric": 100} in said["links"][0]["default_routes"]


def test_two_links_and_a_lost_carrier(space):
    """The default route goes to the other link while one has no carrier, and comes back; so do the name servers."""
    for name in ("one", "two"):
        space.cable(name)
        space.plug(name)
    space.start(link("one", addresses=["10.1.0.2/24"], gateway="10.1.0.1", dns=["10.1.0.53"]),
                link("two", addresses=["10.2.0.2/24"], gateway="10.2.0.1", dns=["10.2.0.53"]))
    assert space.is_ready(), space.said()
    assert [r["dev"] for r in space.routes()] == ["one", "two"]
    space.plug("one", False)
    space.until(lambda: [r["dev"] for r in space.routes()] == ["two"])
    assert space.addresses("one") == {"10.1.0.2/24"}, "the address stays"
    space.until(lambda: space.resolv.read_text() == "nameserver 10.2.0.53\n")
    status, text, _ = space.check()
    assert status == 1 and "one: no carrier" in text.splitlines()
    space.plug("one")
    space.until(lambda: [r["dev"] for r in space.routes()] == ["one", "two"])
    assert space.check()[0] == 0


def test_a_link_that_comes_late_goes_and_comes_again(space):
    space.cable("one")
    space.plug("one")
    space.start(link("one", addresses=["10.1.0.2/24"]), link("late", addresses=["10.3.0.2/24"], gateway="10.3.0.1"))
    space.until(lambda: space.addresses("one") == {"10.1.0.2/24"})
    assert not space.is_ready(within=0), "a link that is not optional is missing"
    status, text, _ = space.check()
    assert status == 1 and text.splitlines()[-1] == "late: there is no such link"
    space.cable("late")
    space.plug("late")
    assert space.is_ready()
    assert space.addresses("late") == {"10.3.0.2/24"}
    space.ip("link", "del", "late")
    space.until(lambda: not space.routes())
    space.cable("late")
    space.plug("late")
    space.until(lambda: [r["gateway"] for r in space.routes()] == ["10.3.0.1"])


def test_what_is_taken_away_by_hand_comes_back(space):
    space.cable("lan")
    space.plug("lan")
    space.start(link("lan", addresses=["10.9.0.2/24", "fd09::2/64"], gateway="10.9.0.1"))
    assert space.is_ready()
    space.ip("addr", "del", "10.9.0.2/24", "dev", "lan")  # the route goes with it, and the kernel says nothing of that
    space.ip("addr", "del", "fd09::2/64", "dev", "lan")
    space.until(lambda: space.addresses("lan") == {"10.9.0.2/24", "fd09::2/64"} and space.routes())
    space.ip("link", "set", "lan", "down")
    space.until(lambda: space.addresses("lan") == {"10.9.0.2/24", "fd09::2/64"} and space.routes())
    space.ip("route", "del", "default")
    space.until(space.routes)


def test_nothing_waits_for_an_optional_link(space):
    space.cable("one")
    space.plug("one")
    space.start(link("one", addresses=["10.1.0.2/24"]), link("two", addresses=["10.3.0.2/24"], optional=True))
    assert space.is_ready()
    status, text, _ = space.check()
    assert status == 0 and text.splitlines()[-1] == "two: there is no such link (nothing waits for it)"
    said = json.loads(space.check("--json")[1])
    assert said["not_as_declared"] == [{"link": "two", "what": "there is no such link", "fault": False}]


def test_what_is_not_declared_stays_and_check_says_it(space):
    space.cable("lan")
    space.cable("other")
    space.plug("lan")
    space.ip("addr", "add", "10.7.0.1/24", "dev", "other")
    space.ip("addr", "add", "10.8.0.1/24", "dev", "lan")
    space.start(link("lan", addresses=["10.9.0.2/24"]))
    assert space.is_ready()
    assert space.addresses("lan") == {"10.8.0.1/24", "10.9.0.2/24"}
    assert space.addresses("other") == {"10.7.0.1/24"}
    assert "UP" not in space.shown("link", "dev", "other")[0]["flags"]
    status, text, _ = space.check()
    assert status == 1 and text.splitlines()[-1] == "lan: address 10.8.0.1/24 is not declared"


def test_a_link_is_found_by_its_address(space):
    mac = "02:00:00:00:00:07"
    space.cable("lan", "address", mac)
    space.cable("other")
    space.plug("lan")
    space.start(link(mac=mac, match=BY_MAC, addresses=["10.9.0.2/24"]))
    assert space.is_ready()
    assert space.addresses("lan") == {"10.9.0.2/24"}


def test_another_computers_address_is_said(space):
    """IPv6 asks the network first: who has an address already keeps it."""
    space.cable("lan")
    space.plug("lan")
    space.ip("addr", "add", "fd09::2/64", "dev", "lan", "nodad", far=True)
    space.start(link("lan", addresses=["fd09::2/64"]))
    space.until(lambda: "lan: address fd09::2/64 is another computer's" in space.check()[1].splitlines())
    assert not space.is_ready(within=0)


def test_a_refusal_is_said_once_and_tried_again(space):
    """IPv6 is not for so small an MTU: what else can be done is done."""
    space.cable("lan", "mtu", "1000")
    space.plug("lan")
    space.start(link("lan", addresses=["10.9.0.2/24", "fd09::2/64"]))
    space.until(lambda: space.addresses("lan") == {"10.9.0.2/24"})
    space.ip("link", "set", "lan", "alias", "x")  # a change, at which it is tried again
    space.until(lambda: space.said().count("lan: address fd09::2/64 is missing: ") == 1)
    space.ip("link", "set", "lan", "mtu", "1500")
    assert space.is_ready()


def test_a_wrong_file_is_one_line(space):
    space.file.write_bytes(b"INGOTNET" + bytes(16))
    done = subprocess.run([NET, "check", "-c", space.file], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == f"ingot-net: {space.file}: its version is 0, this ingot-net reads 1: they are of two builds\n"


@pytest.mark.parametrize("words", ([], ["walk"], ["run", "-r", "2"], ["run", "--json"], ["check", "-b", "x"],
                                   ["run", "-c"]))
def test_a_wrong_use_is_status_2(words):
    done = subprocess.run([NET, *words], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("usage: ingot-net run ")


# ---- DHCP ----

def leased(space, name):
    return {f"{a['local']}/{a['prefixlen']}" for x in space.shown("addr", "dev", name) for a in x["addr_info"]
            if a["family"] == "inet" and a.get("dynamic")}


def test_a_lease_gives_an_address_with_an_end_a_route_and_name_servers(space):
    """Beside a static link: metrics and name servers in the order of the file."""
    for name in ("lan", "fix"):
        space.cable(name)
        space.plug(name)
    space.serve_dhcp("lan", "10.3.0", "option dns 10.3.0.53 10.3.0.54", "option domain lan.test", "option lease 600")
    space.start(link("fix", addresses=["10.1.0.2/24"], gateway="10.1.0.1", dns=["10.1.0.53"]),
                link("lan", dhcp=True, addresses=["fd03::9/64"]))
    assert space.is_ready(), space.said()
    assert leased(space, "lan") == {"10.3.0.9/24"}
    life = [a["valid_life_time"] for x in space.shown("addr", "dev", "lan") for a in x["addr_info"] if a.get("dynamic")]
    assert 0 < life[0] <= 600
    assert "fd03::9/64" in space.addresses("lan")
    assert [(r["gateway"], r["metric"]) for r in space.routes()] == [("10.1.0.1", 100), ("10.3.0.1", 200)]
    assert space.resolv.read_text() == ("search lan.test\nnameserver 10.1.0.53\nnameserver 10.3.0.53\n"
                                        "nameserver 10.3.0.54\n")
    assert "ingot-net: lan: lease of 10.3.0.9/24\n" in space.said()
    assert space.check()[0] == 0, space.check()


def test_a_client_runs_while_there_is_carrier(space):
    """What a lease gave goes with the carrier, and another network's comes after it; at first the link is down.
    isolation case 32"""
    space.cable("lan")
    space.start(link("lan", dhcp=True))
    space.until(lambda: "UP" in space.shown("link", "dev", "lan")[0]["flags"])
    assert space.clients() == [] and not space.is_ready(within=0)
    space.plug("lan")
    space.serve_dhcp("lan", "10.3.0", "option dns 10.3.0.53")
    assert space.is_ready(), space.said()
    assert space.clients() == ["lan"]
    space.plug("lan", False)
    space.until(lambda: not leased(space, "lan") and not space.routes() and space.resolv.read_text() == "")
    space.until(lambda: space.clients() == [])
    space.servers.pop().kill()
    space.ip("addr", "flush", "dev", "lan", far=True)
    space.plug("lan")
    space.serve_dhcp("lan", "10.4.0")
    space.until(lambda: leased(space, "lan") == {"10.4.0.9/24"} and
                [r["gateway"] for r in space.routes()] == ["10.4.0.1"])


def test_a_client_that_is_killed_is_started_again(space):
    """Its lease stays where the next one gets the same; nobody else's words are taken for it."""
    space.cable("lan")
    space.plug("lan")
    space.serve_dhcp("lan", "10.3.0")
    space.start(link("lan", dhcp=True))
    assert space.is_ready(), space.said()
    child = open(f"/proc/{space.net.pid}/task/{space.net.pid}/children").read().split()[0]
    subprocess.run(["kill", "-9", child], check=True)
    space.until(lambda: space.said().count("lease of 10.3.0.9/24") == 2 and leased(space, "lan") == {"10.3.0.9/24"})
    assert "ended by itself" in space.said()


def test_addresses_stay_when_it_ends_and_are_taken_up_when_it_begins(space):
    for name in ("lan", "fix"):
        space.cable(name)
        space.plug(name)
    space.serve_dhcp("lan", "10.3.0")
    links = link("fix", addresses=["10.1.0.2/24"], gateway="10.1.0.1"), link("lan", dhcp=True)
    space.start(*links)
    assert space.is_ready(), space.said()
    space.stop()
    assert space.addresses("fix") == {"10.1.0.2/24"} and leased(space, "lan") == {"10.3.0.9/24"}
    assert space.check()[0] == 0
    space.start(*links)
    assert space.is_ready(), space.said()
    assert space.addresses("fix") == {"10.1.0.2/24"} and leased(space, "lan") == {"10.3.0.9/24"}
    assert len(space.routes()) == 2


def test_changes_that_were_lost_are_looked_for(space):
    """More of them, while it could not listen, than the kernel keeps: the address that went meanwhile comes back."""
    space.cable("lan")
    space.cable("other")
    space.plug("lan")
    space.start(link("lan", addresses=["10.9.0.2/24"], gateway="10.9.0.1"))
    assert space.is_ready()
    space.net.send_signal(signal.SIGSTOP)
    burst = space.folder / "burst"
    verbs = ("add", "del") * 8
    burst.write_text("".join(f"addr {verb} 10.7.{i}.1/32 dev other\n" for i in range(256) for verb in verbs))
    space.ip("-batch", burst)
    space.ip("addr", "del", "10.9.0.2/24", "dev", "lan")
    sockets = pathlib.Path(f"/proc/{space.net.pid}/net/netlink").read_text().splitlines()[1:]
    assert any(int(line.split()[8]) for line in sockets), "more than the kernel keeps"
    space.net.send_signal(signal.SIGCONT)
    space.until(lambda: space.addresses("lan") == {"10.9.0.2/24"} and space.routes())
