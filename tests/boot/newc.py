# SPDX-License-Identifier: MIT
"""Reads and writes initramfs archives (newc), independently of the program under test, to look into images and to
damage them. An initramfs may be several archives, one behind the other: the kernel unpacks all of them, and forgets the
inode numbers at the end of each."""
import subprocess

FIELDS = ("ino", "mode", "uid", "gid", "nlink", "mtime", "size", "devmajor", "devminor", "rdevmajor", "rdevminor",
          "namesize", "check")


def _pad(n):
    return -n % 4


def _archive(data, at):
    """The entries of the archive at an offset, and where it ends."""
    entries = []
    while True:
        assert data[at:at + 6] == b"070701", f"no newc header at {at}"
        fields = {f: int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i, f in enumerate(FIELDS)}
        at += 110
        name = data[at:at + fields["namesize"] - 1].decode()
        at += fields["namesize"] + _pad(110 + fields["namesize"])
        if name == "TRAILER!!!":
            return entries, at
        entries.append((name, fields, data[at:at + fields["size"]]))
        at += fields["size"] + _pad(fields["size"])


def archives(data):
    """The bytes of each archive."""
    found, at = [], 0
    while at < len(data):
        _, end = _archive(data, at)
        found.append(data[at:end])
        at = end
    return found


def unpack(data):
    """A list of (name, fields, content) in the archives' order; an archive's inode numbers begin where those of the
    one before ended, so that the whole can be written as one."""
    entries, at, highest = [], 0, 0
    while at < len(data):
        found, at = _archive(data, at)
        assert at % 4 == 0
        entries += [(name, {**fields, "ino": fields["ino"] + highest}, content) for name, fields, content in found]
        highest = max((fields["ino"] for _, fields, _ in entries), default=0)
    return entries


def pack(entries):
    out = []
    for name, fields, content in [*entries, ("TRAILER!!!", {"nlink": 1}, b"")]:
        raw = name.encode() + b"\0"
        fields = {**dict.fromkeys(FIELDS, 0), **fields, "namesize": len(raw), "size": len(content)}
        head = b"070701" + b"".join(b"%08X" % fields[f] for f in FIELDS) + raw
        out += [head, b"\0" * _pad(len(head)), content, b"\0" * _pad(len(content))]
    return b"".join(out)


def decompress(path):
    return subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout


def read(path):
    return unpack(decompress(path))


def write(path, entries):
    """Without compression, which the kernel takes as well."""
    path.write_bytes(pack(entries))
