# SPDX-License-Identifier: MIT
"""The squashfs: mounted by the kernel and taken apart by unsquashfs, what it holds is the manifest, entry by entry
(cases 15, 20); the bytes are the same on one processor and on all (case 18); and random folders, files of 4 GiB and
holes come back as they were."""
import errno
import hashlib
import json
import os
import pathlib
import random
import shutil
import stat
import subprocess
import tempfile

import pytest

import build

WRITERS = build.ROOT / "build" / "bench" / "bench_writers"


def run(*argv, **how):
    return subprocess.run([str(word) for word in argv], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, **how)


def can_mount():
    """Root, a loop device and squashfs in this kernel; probed with an image that mksquashfs made."""
    if os.geteuid() != 0:
        return "only root mounts"
    folder = build.WORK / "mount-probe"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "in").mkdir(parents=True)
    (folder / "at").mkdir()
    try:
        run("mksquashfs", folder / "in", folder / "image", "-comp", "zstd", "-noappend", "-no-progress")
        run("mount", "-o", "loop,ro", "-t", "squashfs", folder / "image", folder / "at")
        run("umount", folder / "at")
    except (OSError, subprocess.CalledProcessError) as error:
        return f"this host mounts no squashfs: {getattr(error, 'output', error)}"
    return None


CANNOT_MOUNT = can_mount()
needs_mount = pytest.mark.skipif(CANNOT_MOUNT is not None, reason=str(CANNOT_MOUNT))
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


class Mounted:
    def __init__(self, image, folder):
        self.image, self.folder = image, folder

    def __enter__(self):
        self.folder.mkdir()
        run("mount", "-o", "loop,ro", "-t", "squashfs", self.image, self.folder)
        return self.folder

    def __exit__(self, *_):
        run("umount", self.folder)


def digest(path):
    with open(path, "rb") as f:
        h = hashlib.sha256()
        for piece in iter(lambda: f.read(1 << 20), b""):
            h.update(piece)
    return h.hexdigest()


def xattrs(path):
    """A squashfs without any has no table of them, and the kernel says so in its way."""
    try:
        return {name: os.getxattr(path, name, follow_symlinks=False).hex()
                for name in os.listxattr(path, follow_symlinks=False)}
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return {}
        raise


def entries(folder):
    """{path: what is known of it} of a folder; names of one inode carry the first of them."""
    found, inodes = {}, {}
    for base, dirs, files in os.walk(os.fsencode(folder)):
        dirs.sort()
        for name in [b"."] * (base == os.fsencode(folder)) + sorted(dirs + files):
            full = os.path.join(base, name)
            path = b"/" + os.path.relpath(full, os.fsencode(folder))
            path = "/" if name == b"." else os.fsdecode(path)
            st = os.lstat(full)
            kind = {stat.S_IFDIR: "dir", stat.S_IFREG: "file", stat.S_IFLNK: "symlink"}[stat.S_IFMT(st.st_mode)]
            x = {"type": kind, "uid": st.st_uid, "gid": st.st_gid, "mtime": st.st_mtime_ns / 10**9}
            if kind != "symlink":
                x["mode"] = f"{stat.S_IMODE(st.st_mode):04o}"
            if kind == "file":
                x.update(size=st.st_size, sha256=digest(full), nlink=st.st_nlink)
                inodes.setdefault(st.st_ino, []).append(path)
            if kind == "symlink":
                x["target"] = os.fsdecode(os.readlink(full))
            if xattrs(full):
                x["xattrs"] = xattrs(full)
            found[path] = x
    for names in inodes.values():
        for name in names:
            found[name]["names"] = sorted(names)
    return found


def of_manifest(manifest):
    found, inodes = {}, {}
    for entry in manifest["paths"]:
        x = {key: entry[key] for key in ("type", "uid", "gid", "size", "sha256", "target", "xattrs") if key in entry}
        x["mtime"] = entry["mtime"]
        if entry["type"] != "symlink":
            x["mode"] = entry["mode"]
        if entry["type"] == "file":
            inodes.setdefault(entry.get("inode", entry["path"]), []).append(entry["path"])
        found[entry["path"]] = x
    for names in inodes.values():
        for name in names:
            found[name].update(names=sorted(names), nlink=len(names))
    return found


def same(got, wanted):
    assert sorted(got) == sorted(wanted)
    for path, x in wanted.items():
        assert got[path] == x, path


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab image's tree as a squashfs: nginx from Debian's packages among it."""
    build.image("lab")  # writes the lock
    out = tmp_path_factory.mktemp("lab")
    shutil.copytree(build.tree(), out / "tree")
    file = out / "tree" / "images" / "lab.yml"
    text = file.read_text()
    assert "outputs: [initramfs]" in text
    file.write_text(text.replace("outputs: [initramfs]", "outputs: [squashfs]"))
    words = ("build", file, "-R", out / "tree" / "test-recipes", "-o", out / "out", "--cache", build.CACHE, "-q")
    done = build.ingot(*words)
    assert done.returncode == 0, done.stderr
    return words, out / "out" / "lab"


@needs_mount
def test_the_kernel_mounts_it_and_sees_the_manifest(lab, tmp_path):
    with Mounted(lab[1] / "root.squashfs", tmp_path / "at") as at:
        same(entries(at), of_manifest(json.loads((lab[1] / "manifest.json").read_text())))


@needs_root
def test_unsquashfs_sees_the_manifest(lab, tmp_path):
    run("unsquashfs", "-no-progress", "-d", tmp_path / "out", lab[1] / "root.squashfs")
    same(entries(tmp_path / "out"), of_manifest(json.loads((lab[1] / "manifest.json").read_text())))


def test_no_initramfs_is_written_where_none_is_asked_for(lab):
    assert sorted(f.name for f in lab[1].iterdir()) == ["build-record", "cmdline", "kernel", "manifest.json",
                                                        "root.squashfs"]


def test_one_processor_writes_the_same_bytes(lab, tmp_path):
    words = [str(word) for word in lab[0]]
    words[words.index("-o") + 1] = str(tmp_path)
    first = min(os.sched_getaffinity(0))
    run("taskset", "-c", first, build.INGOT, *words)
    assert digest(tmp_path / "lab" / "root.squashfs") == digest(lab[1] / "root.squashfs")


# ---- folders that no recipe makes ----

def random_bytes(rng, size):
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(size)
    if kind == 1:
        return rng.randbytes(size)
    text = (rng.choice([b"ingot ", b"abc", b"\x00\x01\x02\x03"]) * (size // 3 + 1))[:size]
    if kind == 3 and size > 200000:
        return text[:150000] + bytes(size - 150000)
    return text


def random_folder(rng, folder):
    """Files of all sizes, links, owners, times and attributes."""
    sizes = [0, 1, 100, 5000, 131071, 131072, 131073, 262144, 400000]
    dirs, files = [folder], []
    folder.mkdir()
    for number in range(rng.randrange(1, 60)):
        at = rng.choice(dirs)
        name = rng.choice(["x", "lib.so", "lib.so.6", "copyright", "a b", "é", "n" * 250, "t.py"]) + str(number)
        path = at / name
        kind = rng.randrange(10)
        if kind < 2:
            path.mkdir()
            dirs.append(path)
        elif kind == 2:
            path.symlink_to(rng.choice(["/etc/passwd", "..", "t" * 200]))
        elif kind == 3 and files:
            os.link(rng.choice(files), path)
        else:
            path.write_bytes(random_bytes(rng, rng.choice(sizes)))
            files.append(path)
            for attribute in ("user.one", "trusted.two", "security.three")[:rng.randrange(12)]:
                if rng.randrange(3) == 0:
                    os.setxattr(path, attribute, rng.randbytes(rng.choice([0, 5, 40, 900])))
    for path in [*folder.rglob("*"), folder]:
        os.chown(path, rng.choice([0, 7, 4294967294]), rng.choice([0, 100000]), follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(rng.choice([0o755, 0o644, 0o4711, 0o1777, 0]))
        os.utime(path, (0, rng.choice([0, 1700000000, 4294967295])), follow_symlinks=False)


@needs_root
@pytest.mark.parametrize("seed", range(10))
def test_random_folders_come_back_from_unsquashfs(seed, tmp_path):
    """Case 20. Ten folders for each seed."""
    rng = random.Random(seed)
    for turn in range(10):
        folder = tmp_path / f"in{turn}"
        random_folder(rng, folder)
        run(WRITERS, "squashfs", rng.choice([1, 3, 15]), folder, tmp_path / "image")
        run("unsquashfs", "-no-progress", "-d", tmp_path / "out", tmp_path / "image")
        same(entries(tmp_path / "out"), entries(folder))
        shutil.rmtree(tmp_path / "out")
        shutil.rmtree(folder)


@pytest.fixture
def holes():
    """A folder on tmpfs where there is one: to read a hole there takes no page of memory, and a tenth of the time."""
    shm = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="ingot-test-", dir=shm) as folder:
        yield pathlib.Path(folder)


@needs_mount
def test_a_file_of_more_than_4_gib(holes, tmp_path):
    """Mostly a hole, so that it takes seconds: its size, its end, and what lies past 4 GiB."""
    with open(holes / "large", "wb") as f:
        f.truncate((4 << 30) + 200000)
        f.seek(4 << 30)
        f.write(b"past 4 GiB")
        f.seek((4 << 30) + 199990)
        f.write(b"at its end")
    run(WRITERS, "squashfs", 1, holes, tmp_path / "image")
    assert (tmp_path / "image").stat().st_size < 1 << 20
    with Mounted(tmp_path / "image", tmp_path / "at") as at:
        st = (at / "large").stat()
        assert st.st_size == (4 << 30) + 200000 and st.st_blocks * 512 < 1 << 20
        with open(at / "large", "rb") as f:
            assert f.read(10) == bytes(10)
            f.seek(4 << 30)
            assert f.read(10) == b"past 4 GiB"
            f.seek((4 << 30) + 199980)
            assert f.read() == bytes(10) + b"at its end"


@needs_mount
def test_the_kernel_finds_every_name_of_a_large_folder(tmp_path):
    """Through the folder's index; and not those that are not there."""
    many = tmp_path / "in" / "many"
    many.mkdir(parents=True)
    names = [f"{i:05}-{'x' * (i % 40)}" for i in range(20000)]
    for name in names:
        (many / name).symlink_to("t")
    run(WRITERS, "squashfs", 3, tmp_path / "in", tmp_path / "image")
    with Mounted(tmp_path / "image", tmp_path / "at") as at:
        for name in names:
            assert os.readlink(at / "many" / name) == "t"
        for name in ("", "0", "00000", "10000-y", "99999", "zzz"):
            assert not os.path.lexists(at / "many" / (name + "~"))
        assert sorted(os.listdir(at / "many")) == names
