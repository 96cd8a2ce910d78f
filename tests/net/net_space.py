# SPDX-License-Identifier: MIT
"""A network namespace with ingot-net in it, and its file of links, written here as lib/net_file.h has it."""
import ipaddress
import json
import os
import pathlib
import select
import signal
import struct
import subprocess
import time
import zlib

TOP = pathlib.Path(__file__).resolve().parents[2]
NET = TOP / "build" / "ingot-net"
BUSYBOX = TOP / "build" / "busybox"
DEADLINE_S = 20
BY_NAME, BY_MAC, BY_DRIVER, BY_ANY = range(4)


def address(text):
    if not text:
        return bytes(20)
    i = ipaddress.ip_interface(text)
    return struct.pack("<BBxx16s", i.version, i.network.prefixlen, i.ip.packed)


def link(name="", mac="", match=BY_NAME, dhcp=False, optional=False, addresses=(), gateway="", gateway6="", dns=(),
         mtu=0, vlan=0, of=""):
    fill = [bytes(20)]
    return (struct.pack("<II16s32s6sH16sIII", match, dhcp | optional << 1, name.encode(), b"",
                        bytes.fromhex(mac.replace(":", "")), vlan, of.encode(), mtu, len(addresses), len(dns))
            + b"".join(([address(a) for a in addresses] + fill * 8)[:8])
            + address(gateway) + address(gateway6) + b"".join(([address(a) for a in dns] + fill * 4)[:4]))


def links_file(*links):
    body = struct.pack("<II", len(links), 0) + b"".join(links)
    return b"INGOTNET" + struct.pack("<II", 1, zlib.crc32(body)) + body


class Space:
    """Two namespaces: ours, where ingot-net runs, and the other end of its cables."""

    def __init__(self, folder):
        self.folder = folder
        self.resolv = folder / "resolv.conf"
        self.file = folder / "links"
        self.holders = [subprocess.Popen(["unshare", "-n", "--kill-child", "sh", "-c", "echo; exec cat"],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
        for holder in self.holders:
            holder.stdout.readline()  # it is in its namespace
        self.net = None
        self.servers = []

    def argv(self, far, *words):
        return ["nsenter", "-t", str(self.holders[far].pid), "-n", *map(str, words)]

    def ip(self, *words, far=False):
        return subprocess.run(self.argv(far, "ip", *words), check=True, capture_output=True, text=True).stdout

    def shown(self, what, *words):
        return json.loads(self.ip("-j", what, "show", *words) or "[]")

    def cable(self, name, *words):
        """A veth whose other end has the same name over there; both are down."""
        self.ip("link", "add", name, *words, "type", "veth", "peer", "name", name, "netns", self.holders[1].pid)

    def plug(self, name, plugged=True):
        self.ip("link", "set", name, "up" if plugged else "down", far=True)

    def addresses(self, name):
        return {f"{a['local']}/{a['prefixlen']}" for x in self.shown("addr", "dev", name) for a in x["addr_info"]
                if a["scope"] == "global"}

    def routes(self, family="-4"):
        return json.loads(self.ip("-j", family, "route", "show", "default") or "[]")

    def start(self, *links):
        self.file.write_bytes(links_file(*links))
        self.net = subprocess.Popen(
            self.argv(False, "sh", "-c", 'exec "$@" 3>&1', "sh", NET, "run", "-c", self.file, "-o", self.resolv, "-b",
                      BUSYBOX, "-r", 3), stdout=subprocess.PIPE, stderr=open(self.folder / "said", "a"), text=True)

    def said(self):
        return (self.folder / "said").read_text()

    def is_ready(self, within=DEADLINE_S):
        return bool(select.select([self.net.stdout], [], [], within)[0]) and self.net.stdout.readline() == "\n"

    def until(self, right):
        """Waits for what `right` tells of; the kernel's own events wake us."""
        end = time.monotonic() + DEADLINE_S
        changes = self.argv(False, "ip", "monitor", "link", "address", "route")
        with subprocess.Popen(changes, stdout=subprocess.PIPE) as m:
            try:
                while not right():
                    left = end - time.monotonic()
                    assert left > 0, f"{right} does not come true\n{self.said()}\n{self.ip('addr')}{self.ip('route')}"
                    if select.select([m.stdout], [], [], min(left, 0.5))[0]:
                        m.stdout.read1()
            finally:
                m.kill()

    def check(self, *words):
        done = subprocess.run(self.argv(False, NET, "check", "-c", self.file, "-o", self.resolv, *words),
                              capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def serve_dhcp(self, name, network, *options):
        """A DHCP server at the other end of a cable, for one address: .9 of a network such as 10.3.0."""
        self.ip("addr", "add", f"{network}.1/24", "dev", name, far=True)
        config = self.folder / f"udhcpd-{name}"
        config.write_text("\n".join([
            f"start {network}.9", f"end {network}.9", f"interface {name}", f"lease_file {config}.leases",
            f"pidfile {config}.pid", "option subnet 255.255.255.0", f"option router {network}.1", *options, ""]))
        self.servers.append(subprocess.Popen(self.argv(True, BUSYBOX, "udhcpd", "-f", config),
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def clients(self):
        """The links that a DHCP client of ours runs on."""
        children = pathlib.Path(f"/proc/{self.net.pid}/task/{self.net.pid}/children").read_text().split()
        words = [pathlib.Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0") for child in children]
        return sorted(w[w.index(b"-i") + 1].decode() for w in words if b"-i" in w)

    def stop(self):
        if self.net:
            self.net.terminate()
            self.net.wait(DEADLINE_S)
            self.net.stdout.close()
            self.net = None

    def inhabitants(self):
        """What runs in our namespaces besides their holders: clients whose keeper was killed, which its cgroup would
        have taken along."""
        spaces = {os.readlink(f"/proc/{holder.pid}/ns/net") for holder in self.holders}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "ns/net") in spaces:
                    yield int(process.name)
            except OSError:
                pass  # it ended meanwhile

    def close(self):
        self.stop()
        for pid in set(self.inhabitants()) - {process.pid for process in self.servers + self.holders}:
            os.kill(pid, signal.SIGKILL)
        for process in self.servers + self.holders:
            process.kill()
            process.communicate()
