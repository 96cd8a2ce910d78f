# SPDX-License-Identifier: MIT
"""The cache: a damaged file in it is seen, said and made anew; builds share it at the same time, and may be killed at
any moment; a full disk leaves nothing half; `ingot cache` tells its size and makes it smaller. Cases 25 and 26."""
import os
import random
import signal
import subprocess

import pytest

from cli_project import INGOT

BLOB = "out/.cache/blob"
SIX_BITS = bytes(range(64)) * 4  # a table: what is left can be compressed, but not to nothing


def build(project, *args, **more):
    result = project.ingot("build", "t.yml", *args, **more)
    assert result.status == 0, result
    return result


def grow(project, megabytes=12, name="t"):
    """Gives the image so many bytes that compressing them takes a while, and a part of their own."""
    (project.dir / "site").mkdir(exist_ok=True)
    words = random.Random(7)
    for i in range(megabytes * 4):
        project.write(f"site/{i}", words.randbytes(1 << 18).translate(SIX_BITS))
    text = (project.dir / "t.yml").read_text().replace("image: t\n", f"image: {name}\ncompression: {{level: 9}}\n")
    project.write(f"{name}.yml", text.replace("services:", "  - folder: {path: site, to: /site}\nservices:", 1))


def blobs(project):
    return {path.name: path for path in (project.dir / BLOB).rglob("*") if path.is_file()}


def poison(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def leftovers(project):
    return [path for path in (project.dir / "out" / ".cache" / "tmp").rglob("*")]


# ---- damage ----

def test_a_poisoned_file_of_a_package_is_said_and_unpacked_again(project, one_line):
    """Case 25."""
    package = project.lock()
    build(project)
    good = project.outputs()
    kernel = next(path for path in blobs(project).values() if path.read_bytes() == b"a kernel\n")
    poison(kernel)
    project.write("t.yml", (project.dir / "t.yml").read_text().replace("hello", "other"))
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert line == f"ingot: {kernel} was damaged, and is removed from the cache: build again"
    assert project.outputs() == good, "what was there stays"
    build(project)
    assert project.outputs()["kernel"] == b"a kernel\n" and package.exists()


def test_a_poisoned_part_is_said_and_compressed_again(project):
    """Case 25."""
    project.lock()
    build(project)
    good = project.outputs()
    parts = [path for path in blobs(project).values() if path.read_bytes().startswith(b"\x28\xb5\x2f\xfd")]
    assert len(parts) == 2
    for part in parts:
        poison(part)
        (project.dir / "out" / "t" / "build-record").unlink()
        result = build(project)
        assert f"{part} was damaged, and is removed from the cache: " in result.err
        assert project.outputs() == good
        (project.dir / "out" / "t" / "build-record").unlink()
        assert "damaged" not in build(project).err, "it is whole again"


@pytest.mark.parametrize("what", ("blob", "index"))
@pytest.mark.parametrize("how", ("empty", "gone"))
def test_what_a_crash_of_the_machine_leaves_is_made_again(project, how, what):
    """Names without bytes, as a file system may leave them that was not synced. The package itself is kept: it would
    be fetched again."""
    package = project.lock()
    build(project)
    good = project.outputs()
    for path in (project.dir / "out" / ".cache" / what).rglob("*"):
        if path.is_dir() or path == package:
            continue
        path.unlink()
        if how == "empty":
            path.write_bytes(b"")
    (project.dir / "out" / "t" / "build-record").unlink()
    build(project)
    assert project.outputs() == good


# ---- several builds at once, and builds that are killed ----

def start(project, image, out):
    argv = [str(INGOT), "build", "-q", f"{image}.yml", "-o", out, "--cache", "out/.cache"]
    return subprocess.Popen(argv, cwd=project.dir, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(processes):
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_builds_of_the_same_image_and_of_another_share_a_cold_cache(project):
    project.lock()
    grow(project, 4, "u")
    project.write("u.lock", (project.dir / "t.lock").read_bytes())
    finish([start(project, image, out) for image, out in (("t", "a"), ("u", "a"), ("t", "b"), ("u", "b"))])
    for image in "t", "u":
        assert files(project.dir / "a" / image) == files(project.dir / "b" / image)
    assert leftovers(project) == []


def test_two_builds_into_one_folder(project):
    project.lock()
    grow(project, 4)
    finish([start(project, "t", "out") for _ in range(3)])
    assert build(project).out == "out/t: up to date\n"


def test_builds_that_are_killed_leave_a_cache_that_is_right(project):
    """Case 26."""
    project.lock()
    grow(project, 8)
    for step in range(12):
        process = start(project, "t", "killed")
        try:
            process.wait(0.02 + step * 0.05)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
    build(project)
    with_leftovers = project.outputs()
    assert leftovers(project) == [], "a later build removes what dead ones left"
    (project.dir / "out" / ".cache").rename(project.dir / "old")
    (project.dir / "out" / "t").rename(project.dir / "first")
    project.lock()
    build(project)
    assert project.outputs() == with_leftovers


def test_prune_beside_a_build(project):
    project.lock()
    grow(project)
    building, pruned = start(project, "t", "out"), 0
    while building.poll() is None and not list((project.dir / "out/.cache/tmp").glob("build-*")):
        pass  # before it is at work the kernel in the cache is nobody's, and may go
    while building.poll() is None:
        result = project.ingot("cache", "prune", "--keep-days", "0")
        assert result.status == 0, result
        pruned += "; what 1 build at work may use was kept" in result.out
    finish([building])
    assert pruned, "it was at work meanwhile"
    subprocess.run(["zstd", "-tq", str(project.dir / "out" / "t" / "initramfs.cpio.zst")], check=True)


# ---- a full disk ----

SMALL = 'mount -t tmpfs -o size=1m tmpfs "$0" && { [ ! -d seed ] || cp -r seed/. "$0"; } && exec "$@"'


def on_small_disk(folder):
    return ["unshare", "-m", "sh", "-ec", SMALL, str(folder)]


@pytest.mark.needs_mount
def test_a_full_disk_below_the_cache(project, one_line):
    """Case 26."""
    project.lock()
    grow(project, 4)
    (project.dir / "out" / ".cache").rename(project.dir / "seed")
    (project.dir / "cache").mkdir()
    line = one_line(project.ingot("build", "-q", "t.yml", "--cache", "cache", wrap=on_small_disk("cache")))
    assert line.startswith("ingot: cannot write to the cache folder ") and line.endswith(": No space left on device")
    assert project.outputs() == {}


@pytest.mark.needs_mount
def test_a_full_disk_below_the_output(project, one_line):
    """Case 26."""
    project.lock()
    grow(project, 4)
    (project.dir / "full").mkdir()
    script = SMALL.replace('exec "$@"', '"$@" && exit 9; [ $? = 1 ] && find full/t -type f >left')
    wrap = ["unshare", "-m", "sh", "-c", script, "full"]
    result = project.ingot("build", "-q", "t.yml", "-o", "full", "--cache", "out/.cache", wrap=wrap)
    assert result.lines == ["ingot: cannot write the image: No space left on device"], result
    assert (project.dir / "left").read_text() == "", "nothing is left of it, under any name"


# ---- the verb ----

def test_size_and_prune(project):
    project.lock()
    build(project)
    cache = project.dir / "out" / ".cache"
    held = [path for path in cache.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in held) / 1e6
    says = f"{cache}: {megabytes:.1f} MB in {len(held)} files\n"
    assert project.ingot("cache").out == says and project.ingot("cache", "size").out == says
    assert project.ingot("cache", "prune").out == "freed 0.0 MB in 0 files\n" + says
    for path in held:
        os.utime(path, (10**9, 10**9))
    build(project)  # up to date; but the package and what is read of it are in use
    result = project.ingot("cache", "prune", "--keep-days", "3")
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert 0 < len(kept) < len(held)
    assert result.out.splitlines()[0].endswith(f" MB in {len(held) - len(kept)} files")
    project.write("t.yml", (project.dir / "t.yml").read_text().replace("hello", "other"))
    build(project)


def test_prune_of_nothing_that_is_there(project):
    result = project.ingot("cache", "prune", "--cache", "new/folder")
    assert result.status == 0 and result.out.startswith("freed 0.0 MB in 0 files\n")


@pytest.mark.parametrize("args,line", (
    (["cache", "prun"], "ingot: ingot cache wants size or prune, not prun"),
    (["cache", "size", "--keep-days", "3"], "ingot: --keep-days is an option of `ingot cache prune`"),
    (["cache", "prune", "--keep-days", "-1"], "ingot: --keep-days wants a number of days up to 36500, not -1"),
    (["cache", "prune", "--keep-days", "36501"], "ingot: --keep-days wants a number of days up to 36500, not 36501")))
def test_what_the_verb_refuses(project, one_line, args, line):
    assert one_line(project.ingot(*args)) == line


def test_keep_days_is_of_cache_alone(project, one_line):
    line = one_line(project.ingot("build", "t.yml", "--keep-days", "3"), status=2)
    assert line == "ingot: --keep-days is an option of cache, not of build"
