# SPDX-License-Identifier: MIT
"""ingot-net in a booted machine, held against ingot-net(8): the builder's file of links, DHCP in QEMU's network, a
VLAN, and a service that waits for all of it. Everything finer is tested in network namespaces (tests/net)."""
import json
import shutil

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
IMAGE = "links"


@pytest.fixture(scope="module")
def links():
    build.image(IMAGE)
    with guest.qemu([build.INGOT, *build.arguments("run", IMAGE), "--shell"], IMAGE) as g:
        yield g.connect()


def assert_as_declared(links):
    eth0, lan = json.loads(links.ok("ingot-net check --json"))["links"]
    assert (eth0["name"], eth0["mtu"]) == ("eth0", 1400)
    assert {"via": "10.0.2.2", "metric": 100} in eth0["default_routes"]  # beside one of QEMU's IPv6 router
    assert {"10.0.2.15/24", "fd09::2/64"} <= set(eth0["addresses"])
    assert (lan["name"], lan["vlan"]) == ("lan.5", 5) and "10.5.0.2/24" in lan["addresses"]


def test_the_links_are_as_declared_before_what_needs_them_starts(links):
    links.wait_line("^ingot: 2 services ready, ", timeout=guest.BOOT_S)
    assert_as_declared(links)
    said = links.said()
    ready = [next(i for i, line in enumerate(said) if line.startswith(f"service {name}: ready in "))
             for name in ("net", "after")]
    assert ready == sorted(ready)
    assert links.ok("cat /run/resolv.conf") == "nameserver 10.0.2.3\nnameserver 10.5.0.53"
    done = links.run("ingot-net check")
    assert done.status == 0, done.out
    assert done.out.splitlines()[-1] == "mac 52:54:00:99:99:99: there is no such link (nothing waits for it)"


def test_when_it_is_killed_the_addresses_stay_and_it_takes_them_up(links):
    before = links.service("net")
    mark = links.mark()
    links.ok(f"kill -9 {before['pid']}")
    assert "inet 10.0.2.15/24 " in links.ok("ip -o addr show dev eth0"), "nothing was cut off"
    links.wait_line("^ingot: service net: ready in ", since=mark)
    assert_as_declared(links)
    assert links.service("net")["pid"] != before["pid"]
    assert links.ok("ps | grep -c '[u]dhcpc -f'") == "1", "its clients ended with it"


def test_a_link_that_is_taken_down_comes_up_again(links):
    """The last one on this machine."""
    links.ok("ip link set eth0 down")
    links.until("ingot-net check >/dev/null; echo $?", lambda text: text == "0")
    links.send("ingotctl poweroff\n")
    assert links.wait_end() == 0
