# SPDX-License-Identifier: MIT
"""The initramfs read back by other programs, held against the manifest and ingot.yml(5): names, types, modes, owners
and contents; what the kernel's decoder takes; and what follows a change of the input."""
import hashlib
import json
import os
import shutil
import stat
import subprocess

import pytest

import build
import newc

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink"}


@pytest.fixture(scope="module")
def manifest():
    return json.loads((build.image("lab") / "manifest.json").read_text())


@pytest.fixture(scope="module")
def archive():
    return newc.read(build.image("lab") / "initramfs.cpio.zst")


def contents(entries):
    """Of a hard link's names one carries the data."""
    return {f["ino"]: c for _, f, c in entries if c}


def test_manifest_and_archive_name_the_same(manifest, archive):
    assert sorted("/" + name.removeprefix("./").removeprefix("/") for name, _, _ in archive if name != ".") == \
        sorted(entry["path"] for entry in manifest["paths"] if entry["path"] != "/")


def test_types_modes_owners_and_digests_are_the_manifests(manifest, archive):
    entries = {"/" + name: fields for name, fields, _ in archive}
    data = contents(archive)
    for entry in manifest["paths"]:
        if entry["path"] == "/":
            continue
        fields = entries[entry["path"]]
        assert KINDS[stat.S_IFMT(fields["mode"])] == entry["type"], entry
        assert (fields["uid"], fields["gid"]) == (entry["uid"], entry["gid"]), entry
        if entry["type"] != "symlink":
            assert f"{stat.S_IMODE(fields['mode']):04o}" == entry["mode"], entry
        if entry["type"] == "file":
            assert hashlib.sha256(data.get(fields["ino"], b"")).hexdigest() == entry["sha256"], entry
        if entry["type"] == "symlink":
            assert data[fields["ino"]].decode() == entry["target"], entry


def test_no_writable_place_and_no_privilege_in_any_root(archive):
    for name, fields, _ in archive:
        mode = fields["mode"]
        assert not mode & (stat.S_ISUID | stat.S_ISGID), name
        assert stat.S_ISLNK(mode) or not mode & 0o002, name
        assert stat.S_IFMT(mode) in KINDS, f"{name}: a device or the like"


READERS = {"bsdtar": ["bsdtar", "-tf", "-"], "cpio": ["cpio", "-it", "--quiet"]}


@pytest.mark.parametrize("reader", READERS)
def test_other_readers_list_the_same_names(archive, reader):
    """Case 20. They end at the first trailer, so each archive is given to them by itself."""
    if not shutil.which(reader):
        pytest.skip(f"there is no {reader}")
    listed = []
    for raw in newc.archives(newc.decompress(build.image("lab") / "initramfs.cpio.zst")):
        done = subprocess.run(READERS[reader], input=raw, stdout=subprocess.PIPE, check=True)
        listed += done.stdout.decode().splitlines()
    assert [line.rstrip("/") for line in listed] == [name for name, _, _ in archive]


def test_folders_come_before_what_is_in_them(archive):
    seen = {"."}
    for name, fields, _ in archive:
        parent = os.path.dirname(name)
        assert parent in seen or parent == "", name
        if stat.S_ISDIR(fields["mode"]):
            seen.add(name)


def test_numbers_that_a_host_could_leak_are_fixed(archive):
    assert {f["devmajor"] for _, f, _ in archive} == {0} and {f["devminor"] for _, f, _ in archive} == {0}
    inodes = [f["ino"] for _, f, _ in archive]
    assert max(inodes) <= len(inodes) + 1


def test_hard_links_carry_their_data_once(archive):
    """case 15"""
    holders = {}
    for name, fields, content in archive:
        if stat.S_ISREG(fields["mode"]):
            holders.setdefault(fields["ino"], []).append((name, fields["nlink"], len(content)))
    for names in holders.values():
        assert {nlink for _, nlink, _ in names} == {len(names)}
        assert sum(1 for _, _, size in names if size) <= 1


def test_each_archive_is_a_frame_whose_window_the_kernel_takes():
    """Case 16: as many frames as archives, nothing between them, and a window of at most 2^27."""
    path = build.image("lab") / "initramfs.cpio.zst"
    shown = subprocess.run(["zstd", "-lv", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=True).stdout
    rows = dict(line.split(":", 1) for line in shown.splitlines() if ":" in line)
    rows = {key.strip().removeprefix("# "): value.strip() for key, value in rows.items()}
    frames = int(rows.get("Zstandard Frames", rows.get("Number of Frames")))
    assert frames == len(newc.archives(newc.decompress(path))) >= 2
    window = rows["Window Size"]
    amount = int(window[window.index("(") + 1:window.index(" B)")])
    assert amount <= 1 << 27


# ---- what follows a change ----

def stamps(folder):
    return {f.name: (f.stat().st_mtime_ns, f.stat().st_ino) for f in folder.iterdir()}


def test_nothing_changed_nothing_written(project):
    folder = project.built()
    before = stamps(folder), project.lock.stat().st_mtime_ns
    done = project.build()
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, f"{folder}: up to date", "")
    assert (stamps(folder), project.lock.stat().st_mtime_ns) == before


def test_touched_but_not_changed_nothing_written(project):
    """case 24"""
    before = stamps(project.built())
    os.utime(project.folder / "site" / "page", (1, 1))
    os.utime(project.file, (1, 1))
    assert stamps(project.built()) == before


def names(folder):
    return {name: content for name, _, content in newc.read(folder / "initramfs.cpio.zst")}


def test_a_changed_file_changes_the_image_and_nothing_else_in_it(project):
    before = names(project.built())
    (project.folder / "site" / "page").write_text("two\n")
    after = names(project.built())
    assert {name for name in before if before[name] != after[name]} == {"svc/site/site/page"}
    assert after["svc/site/site/page"] == b"two\n"


def test_a_removed_file_is_gone_and_a_new_one_is_there(project):
    """case 23"""
    before = names(project.built())
    (project.folder / "site" / "page").unlink()
    (project.folder / "site" / "other").write_text("x")
    after = names(project.built())
    assert set(before) - set(after) == {"svc/site/site/page"}
    assert set(after) - set(before) == {"svc/site/site/other"}


def test_a_file_that_became_executable_changes_the_image(project):
    first = project.built() / "build-record"
    key = first.read_text()
    (project.folder / "site" / "page").chmod(0o755)
    assert (project.built() / "build-record").read_text() != key


def test_a_missing_output_is_written_anew(project):
    folder = project.built()
    size = (folder / "kernel").stat().st_size
    (folder / "kernel").unlink()
    assert (project.built() / "kernel").stat().st_size == size
