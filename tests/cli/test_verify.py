# SPDX-License-Identifier: MIT
"""`ingot verify`: the image built once more from the lock, beside the one that is there; the first difference is named
by file, byte, and where it can be by path. It refuses where nothing says what to build, and touches nothing."""
import json
import os
import subprocess

import pytest

from cli_project import IMAGE, elf


@pytest.fixture
def built(project):
    project.lock()
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 0, result
    return project


def file(project, name):
    return project.dir / "out" / "t" / name


def verify(project):
    """Nothing but the named difference may be left behind."""
    before = {path: path.stat().st_mtime_ns for path in (project.dir / "out").rglob("*") if path.is_file()}
    result = project.ingot("verify", "-q", "t.yml", env={"PATH": "/nonexistent"})
    after = {path: path.stat().st_mtime_ns for path in (project.dir / "out").rglob("*") if path.is_file()}
    assert {path: t for path, t in after.items() if "/index/" not in str(path)} == {
        path: t for path, t in before.items() if "/index/" not in str(path)}
    assert not list((project.dir / "out").glob(".verify*"))
    return result


def differs(project):
    result = verify(project)
    assert result.status == 1 and result.err == "", result
    return result.out.splitlines()


def test_what_was_built_is_built_again(built):
    tree = json.loads(file(built, "manifest.json").read_text())["tree"]
    result = verify(built)
    assert result.status == 0 and result.out == f"out/t: the same again, tree {tree}\n" and result.err == ""


@pytest.mark.parametrize("name", ["kernel", "cmdline"])
def test_a_byte_is_named(built, name):
    data = bytearray(file(built, name).read_bytes())
    data[4] ^= 1
    file(built, name).write_bytes(data)
    assert differs(built) == [f"out/t/{name}: differs at byte 4"]
    file(built, name).write_bytes(data[:3])
    assert f"out/t/{name}: differs at byte 3" in differs(built)
    data[4] ^= 1
    file(built, name).write_bytes(data + b"x")
    assert f"out/t/{name}: differs at byte {len(data)}" in differs(built)


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout


def pack(project, data):
    packed = subprocess.run(["zstd", "-cq"], input=data, capture_output=True, check=True).stdout
    file(project, "initramfs.cpio.zst").write_bytes(packed)


@pytest.mark.parametrize("where, change, says", [
    (b"hello\n", 2, "byte 2 of etc/motd"),
    (elf(), 2, "byte 2 of svc/web/usr/bin/prog"),
    (b"svc/web/srv/data\0", -100, "at svc/web/srv/data"),  # its header: the mode or what stands near it
    (b"etc/motd\0", 1, "at etc/motd"),
])
def test_a_byte_inside_the_archive_is_named_by_its_path(built, where, change, says):
    data = bytearray(unpacked(file(built, "initramfs.cpio.zst")))
    at = data.rindex(where) + change
    data[at] ^= 1
    pack(built, bytes(data))
    lines = differs(built)
    assert len(lines) <= 2 and lines[-1].startswith("out/t/initramfs.cpio.zst: differs at byte "), lines
    assert f"; that is byte {at} of what it unpacks to, {says}" in lines[-1], lines


def test_the_same_archive_compressed_otherwise_differs(built):
    pack(built, unpacked(file(built, "initramfs.cpio.zst")))
    assert differs(built)[-1].endswith("; it unpacks to the same, and was compressed otherwise")


def test_an_archive_that_is_damaged_differs(built):
    data = bytearray(file(built, "initramfs.cpio.zst").read_bytes())
    data[len(data) // 2] ^= 0x55
    file(built, "initramfs.cpio.zst").write_bytes(data)
    line, = differs(built)
    assert line.startswith(f"out/t/initramfs.cpio.zst: differs at byte {len(data) // 2}; "), line
    file(built, "initramfs.cpio.zst").write_bytes(b"nothing")
    assert "differs at byte 0; it cannot be unpacked beyond byte 0 of what it unpacks to" in differs(built)[-1]


def edited(project, change):
    manifest = json.loads(file(project, "manifest.json").read_text())
    change(manifest, {entry["path"]: entry for entry in manifest["paths"]})
    file(project, "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    line, = [line for line in differs(project) if "manifest.json" in line]
    assert line.startswith("out/t/manifest.json: differs at byte "), line
    return line.split("; ", 1)[1]


def test_a_manifest_edited_by_hand_is_seen(built):
    digest = "0" * 64
    for change, says in [
        (lambda m, p: p["/etc/motd"].update(mode="0666"), "/etc/motd: mode is 0666, and must be 0644"),
        (lambda m, p: p["/init"].update(sha256=digest), f"/init: sha256 is {digest}, and must be "),
        (lambda m, p: p["/init"].update(mtime=1), "/init: mtime is 1, and must be 0"),
        (lambda m, p: m["paths"].remove(p["/etc/motd"]), "/etc/motd is missing"),
        (lambda m, p: m["paths"].append(dict(p["/etc/motd"], path="/zz")), "/zz must not be there"),
        (lambda m, p: m.update(cmdline="init=/bin/sh"), "cmdline is init=/bin/sh, and must be console=ttyS0"),
        (lambda m, p: p["/etc/motd"].update(suid="1"), "/etc/motd: suid is 1, and must be absent"),
    ]:
        assert edited(built, change).startswith(says)
        file(built, "build-record").unlink()
        assert built.ingot("build", "-q", "t.yml").out == "out/t: built\n"
    file(built, "manifest.json").write_text("{")
    assert "it cannot be read: " in [line for line in differs(built) if "manifest" in line][0]


def test_a_file_too_few_and_one_too_many(built):
    file(built, "cmdline").unlink()
    file(built, "extra").write_text("x")
    assert differs(built) == ["out/t/cmdline: is missing", "out/t/extra: is not of this image"]
    file(built, "cmdline").symlink_to("kernel")
    assert differs(built)[0] == "out/t/cmdline: is missing"


def test_a_source_that_changed_is_named_in_the_archive(built):
    built.write("prog", elf()[:-1] + b"x")
    assert any(f"byte {len(elf()) - 1} of svc/web/usr/bin/prog" in line for line in differs(built))


def test_nothing_is_resolved_anew(built, one_line):
    os.rename(built.dir / "t.lock", built.dir / "other")
    assert one_line(verify(built)).startswith("ingot: there is no t.lock, ")
    assert not (built.dir / "t.lock").exists()
    os.rename(built.dir / "other", built.dir / "t.lock")
    built.write("t.yml", IMAGE.replace("services:", "  - debian: {packages: [more]}\nservices:"))
    lines = verify(built).lines
    assert any("debian more" in line and "ingot lock t.yml" in line for line in lines), lines


def test_a_poisoned_cache_is_seen(built, one_line):
    blob = next(path for path in (built.dir / "out/.cache/blob").rglob("*")
                if path.is_file() and path.read_bytes() == b"a kernel\n")
    blob.chmod(0o644)
    blob.write_bytes(b"A kernel\n")
    assert "was damaged, and is removed from the cache: build again" in one_line(built.ingot("verify", "-q", "t.yml"))


def test_there_must_be_something_to_verify(project, one_line):
    project.lock()
    line = one_line(project.ingot("verify", "t.yml"))
    assert line == "ingot: nothing was built to out/t yet: No such file or directory"
