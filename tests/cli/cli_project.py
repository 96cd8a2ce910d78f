# SPDX-License-Identifier: MIT
"""A project folder for each test, the ingot that was built, and a kernel package made by hand: with it in the lock
and in the cache a build needs neither the network nor apt, and takes a fraction of a second."""
import hashlib
import io
import os
import pathlib
import struct
import subprocess
import tarfile

INGOT = pathlib.Path(__file__).resolve().parents[2] / "build" / "ingot"
KERNEL = "linux-image-test"

IMAGE = """\
image: t
kernel: {recipe: kern}
sources:
  - text: {content: "hello\\n", to: /etc/motd}
services:
  web:
    sources:
      - file: {path: prog, to: /bin/prog, mode: 0755}
      - dir: {to: /srv/data}
    command: [/bin/prog, -x]
    limits: {memory: 8M}
"""
RECIPE = f"""\
recipe: kern
kernel: {{package: {KERNEL}, cmdline: [console=ttyS0]}}
"""


def elf(machine=62, interpreter="", needed=()):
    """A program for a processor (62 is x86_64), with the loader and the libraries that it names."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in needed)
    offsets = [1 + sum(len(name) + 1 for name in needed[:i]) for i in range(len(needed))]
    n_segments = 1 + bool(interpreter) + bool(needed)
    at = 64 + 56 * n_segments
    loader = interpreter.encode() + b"\0"
    strings_at = at + len(loader)
    dynamic_at = strings_at + len(strings)
    entries = [(1, o) for o in offsets] + [(5, 0x400000 + strings_at), (10, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries) if needed else b""
    size = dynamic_at + len(dynamic)

    def segment(kind, offset, length):
        return struct.pack("<IIQQQQQQ", kind, 5, offset, 0x400000 + offset, 0, length, length, 4096)

    segments = segment(1, 0, size)
    if interpreter:
        segments += segment(3, at, len(loader))
    if needed:
        segments += segment(2, dynamic_at, len(dynamic))
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, 0x400000 + at, 64, 0, 0, 64, 56,
                         n_segments, 64, 0, 0)
    return header + segments + loader + strings + dynamic


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as t:
        for name, data, *mode in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode[0] if mode else 0o644
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def deb(data, control=tar([("./control", b"Package: x\n")])):
    """The bytes of a package with these files, [(name, bytes)] or [(name, bytes, mode)], and this control archive."""
    members = [("debian-binary", b"2.0\n"), ("control.tar.gz", control), ("data.tar.gz", tar(data))]
    out = b"!<arch>\n"
    for name, body in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(body):<10}`\n".encode() + body + b"\n" * (len(body) % 2)
    return out


class Result:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"exit {self.status}\nstdout: {self.out}\nstderr: {self.err}"

    @property
    def lines(self):
        """What stderr says, without the plain progress lines."""
        return [line for line in self.err.splitlines() if line]


class Project:
    """A folder with an image file, a recipe and a program."""

    def __init__(self, folder):
        self.dir = folder
        self.program = INGOT
        self.write("t.yml", IMAGE)
        self.write("recipes/kern.yml", RECIPE)
        self.write("prog", elf())

    def write(self, name, text):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def ingot(self, *args, env=None, wrap=(), **more):
        """Runs it here, without what the environment says of caches, in no locale."""
        full = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C"}
        full.update(env or {})
        more = dict(cwd=self.dir, timeout=120, **more) if "cwd" not in more else dict(timeout=120, **more)
        return Result(subprocess.run([*wrap, str(self.program), *args], env=full, text=True, stdin=subprocess.DEVNULL,
                                     capture_output=True, **more))

    def lock(self, kernel=b"a kernel\n", files=()):
        """Pins a kernel package, with more files in it, and puts it into the cache."""
        data = deb([("./boot/vmlinuz-1.0-test", kernel), *files])
        sha = hashlib.sha256(data).hexdigest()
        self.write("t.lock", f'lock: 1\nrequests:\n  - kind: kernel\n    packages: ["{KERNEL}"]\n    pins:\n'
                   f'      - {{name: {KERNEL}, version: "1", arch: amd64, size: {len(data)}, sha256: {sha}}}\n')
        return self.write(f"out/.cache/blob/{sha[:2]}/{sha}", data)

    def outputs(self):
        folder = self.dir / "out" / "t"
        return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
