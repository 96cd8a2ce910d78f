# SPDX-License-Identifier: MIT
"""`drift` in an image file: the list that the machine is compared with holds the tree as the manifest tells it, and the
image has the program and the job for it; without the key there is none of them."""
import io
import json
import struct
import subprocess
import zlib

import pytest

from cli_project import IMAGE

DRIFT = IMAGE + "drift: {every: 2h}\n"
TYPES = {0: "dir", 1: "file", 2: "symlink"}


def take(file, form):
    return struct.unpack(form, file.read(struct.calcsize(form)))


def entries(data):
    """A list of digests, as lib/digests.h has it, by path."""
    magic, version, count, crc, _ = struct.unpack("<8sIIII", data[:24])
    assert (magic, version, crc) == (b"INGOTDIG", 1, zlib.crc32(data[24:]))
    file, path, out = io.BytesIO(data[24:]), b"", {}
    for _ in range(count):
        same, rest = take(file, "<HH")
        path = path[:same] + file.read(rest)
        kind, mode = take(file, "<BH")
        uid, gid = take(file, "<II") if kind & 0x80 else (0, 0)
        row = {"type": TYPES[kind & 0x7f], "mode": f"{mode:04o}", "uid": uid, "gid": gid}
        if row["type"] == "file":
            row["sha256"] = file.read(32).hex()
        if row["type"] == "symlink":
            row["target"] = file.read(take(file, "<H")[0]).decode()
        out[path.decode() or "/"] = row
    assert not file.read()
    return out


def built(project, text):
    project.lock()
    project.write("t.yml", text)
    assert project.ingot("build", "-q", "t.yml").status == 0
    outputs = project.outputs()
    return {row["path"]: row for row in json.loads(outputs["manifest.json"])["paths"]}, outputs


def test_the_list_is_the_manifest(project):
    manifest, outputs = built(project, DRIFT + "outputs: [initramfs, tar]\n")
    tar = subprocess.run(["zstd", "-dc"], input=outputs["root.tar.zst"], stdout=subprocess.PIPE, check=True).stdout
    data = subprocess.run(["tar", "-xO", "-f", "-", "ingot/digests"], input=tar, stdout=subprocess.PIPE,
                          check=True).stdout
    listed = entries(data)
    assert list(listed) == sorted(listed, key=lambda path: path.encode() if path != "/" else b"")
    assert set(manifest) - set(listed) == {"/ingot/digests"} and not set(listed) - set(manifest)
    for path, row in listed.items():
        assert {key: manifest[path][key] for key in row} == row, path
    shown = project.ingot("show", "-q", "t.yml").out
    assert "  drift:\n    kind: job\n    root: / (a program of the machine)\n    command: /ingot/drift\n" in shown
    assert "    schedule: every 7200000 ms" in shown and "/ingot/drift" in manifest


def test_without_the_key_there_is_nothing_of_it(project):
    manifest, _ = built(project, IMAGE)
    assert not {"/ingot/drift", "/ingot/digests"} & set(manifest)
    assert "drift" not in project.ingot("show", "-q", "t.yml").out


@pytest.mark.parametrize("text,said", [
    (DRIFT.replace("  web:", "  drift:"), "the name `drift` is the machine's own"),
    (DRIFT.replace("every: 2h", "every: 1ms"), "`every`"),
    (DRIFT.replace("every: 2h", "at: 2h"), "unknown key `at`"),
])
def test_what_it_cannot_be(project, text, said):
    project.write("t.yml", text)
    result = project.ingot("check", "t.yml")
    assert result.status == 1 and said in result.err
