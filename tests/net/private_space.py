# SPDX-License-Identifier: MIT
"""Private networks of services made by `ingot-net serve` in namespaces of this host: what is asked for, packed as
lib/net_table.h and init/net_ask.h have it, and programs within each network, on the machine and outside of it."""
import os
import socket
import struct
import subprocess

from net_space import DEADLINE_S, NET, TOP, Space, address

ANSWER = TOP / "build" / "guest" / "answer"
MAGIC, NONE = 0x746e6769, 0xffffffff
PUBLISH, REACH, MACHINE, EGRESS = range(4)
PROTOCOLS = {"tcp": 6, "udp": 17}
HERE = ("10.213.0.1", "fd69::1")  # the machine, in all of them
OUTSIDE = ("192.0.2.1", "2001:db8::1")  # the other end of the machine's own cable


def rule(kind, port=0, to=0, where="", protocol="tcp"):
    return struct.pack("<HHHH", kind, PROTOCOLS[protocol], port, to) + address(where)


class Net:
    """A service's network: its number is the last part of its addresses."""

    def __init__(self, name, number, *rules, masquerade=False):
        self.name = name
        self.addresses = (f"10.213.0.{number}", f"fd69::{number:x}")
        self.cable = f"ingot-0ad500{number:02x}"
        self.rules = rules
        self.masquerade = masquerade

    def reach(self, port):
        return [rule(REACH, port, where=a) for a in self.addresses]


def question(nets, which=NONE):
    head, rules = b"", b""
    for n in nets:
        head += struct.pack("<32s", n.name.encode()) + b"".join(address(a) for a in (*n.addresses, *HERE))
        head += struct.pack("<IIII", n.masquerade, len(rules) // 28, len(n.rules), 0)
        rules += b"".join(n.rules)
    return struct.pack("<IIII", MAGIC, which, len(nets), len(rules) // 28) + head + rules


class PrivateSpace(Space):
    """The machine is a namespace, with a link to another one, which stands for all that is outside."""

    def __init__(self, folder):
        super().__init__(folder)
        self.socket = str(folder / "asked")
        self.nets = []
        self.spaces = {}
        self.programs = []
        self.cable("lan")
        for far in (False, True):
            here = 1 if far else 2
            for address_of in (f"192.0.2.{here}/24", f"2001:db8::{here}/64"):
                self.ip("addr", "add", address_of, "dev", "lan", *(["nodad"] if ":" in address_of else []), far=far)
            self.ip("link", "set", "lan", "up", far=far)
            self.ip("link", "set", "lo", "up", far=far)

    def serve(self):
        self.net = subprocess.Popen(
            self.argv(False, "sh", "-c", 'exec "$@" 3>&1', "sh", NET, "serve", "-s", self.socket, "-r", 3),
            stdout=subprocess.PIPE, stderr=open(self.folder / "said", "a"), text=True)
        assert self.is_ready(), self.said()

    def ask_raw(self, packet):
        """The errno that is answered, and the namespace's descriptor or None."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(DEADLINE_S)
            s.connect(self.socket)
            s.send(packet)
            answer, fds, _, _ = socket.recv_fds(s, 16, 1)
        return struct.unpack("<i", answer)[0], (fds[0] if fds else None)

    def tell(self, *nets):
        self.nets = nets
        assert self.ask_raw(question(nets)) == (0, None), self.said()

    def start(self, name):
        """What a launch does; returns which namespace it is."""
        which = [n.name for n in self.nets].index(name)
        code, fd = self.ask_raw(question(self.nets, which))
        assert code == 0 and fd is not None, (code, self.said())
        if name in self.spaces:
            os.close(self.spaces[name])
        self.spaces[name] = fd
        return os.fstat(fd).st_ino

    def forget(self, name):
        os.close(self.spaces.pop(name))

    def of(self, name):
        return next(n for n in self.nets if n.name == name)

    def within(self, where, *words):
        """The words of a program there: in a service's network, on the "machine", or "outside"."""
        if where in self.spaces:
            return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self.spaces[where]}", *map(str, words)]
        return self.argv(where == "outside", *words)

    def run(self, where, *words):
        return subprocess.run(self.within(where, *words), capture_output=True, text=True, timeout=DEADLINE_S)

    def answer(self, where, *ports):
        """Something that answers at these ports there."""
        p = subprocess.Popen(self.within(where, ANSWER, *ports), stdout=subprocess.PIPE)
        self.programs.append(p)
        for port in ports:
            self.until_listens(where, port)

    def until_listens(self, where, port):
        wanted = f":{port:04X} "
        for _ in range(400):
            if wanted in self.run(where, "cat", "/proc/net/tcp6").stdout:
                return
        raise AssertionError(f"nothing listens on {port} in {where}")

    def ask(self, where, to, port, patience=1):
        """What is answered, or None: nothing came in time, or it was refused."""
        done = self.run(where, TOP / "build" / "busybox", "nc", "-w", patience, to, port)
        return done.stdout.strip() or None

    def close(self):
        for p in self.programs:
            p.kill()
            p.communicate()
        for fd in self.spaces.values():
            os.close(fd)
        super().close()
