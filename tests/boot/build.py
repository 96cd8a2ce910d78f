# SPDX-License-Identifier: MIT
"""Builds images for tests with build/ingot, in copies below build/test: no lock and no output lands in the tree.

Packages are fetched once, into INGOT_CACHE or build/test/cache, and locks are kept from one run to the next. Of the
processes that a run of tests may have, each has copies and outputs of its own; they share nothing but that cache, which
is made for it.
"""
import functools
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))

from cli_project import elf  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
INGOT = ROOT / "build" / "ingot"
SHARED = ROOT / "build" / "test"
WORK = SHARED / os.environ.get("PYTEST_XDIST_WORKER", "")
TREE = WORK / "tree"  # images/ and recipes/ of the project, test-recipes/ and files/ beside them
OUT = WORK / "out"
CACHE = pathlib.Path(os.environ.get("INGOT_CACHE") or SHARED / "cache").absolute()
BUILD_S = 600  # the first build fetches packages, and runs build steps


def _copy(source, target):
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        if file.is_dir():
            _copy(file, target / file.name)
        elif file.suffix != ".lock":
            shutil.copyfile(file, target / file.name)


@functools.lru_cache
def tree():
    """The copies; made once in a run."""
    for source, target in (("images", "images"), ("recipes", "recipes"), ("tests/boot/images", "images"),
                           ("tests/attack/images", "images"),
                           ("tests/boot/recipes", "test-recipes")):
        _copy(ROOT / source, TREE / target)
    files = TREE / "files"
    files.mkdir(exist_ok=True)
    (files / "no-interpreter").write_bytes(elf(interpreter="/lib/no-such-interpreter.so"))
    (files / "other-machine").write_bytes(elf(183, "/lib/ld-linux-aarch64.so.1"))
    for program in (ROOT / "build" / "guest").iterdir():
        shutil.copyfile(program, files / program.name)
    init = (ROOT / "build" / "ingot-init").read_bytes()
    (files / "init-other").write_bytes(init + b"\n")
    # what the state means, as its layout has it, raised: see MEANING in init/keep.c
    assert init.count(b"INGOTPID\1\0\0\0") == 1
    (files / "init-layout").write_bytes(init.replace(b"INGOTPID\1", b"INGOTPID\x7f"))
    return TREE


def ingot(*words, **how):
    """Runs build/ingot; returns what subprocess.run does, with text."""
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": BUILD_S, **how}
    return subprocess.run([str(INGOT), *map(str, words)], check=False, **how)


def arguments(verb, name, out=OUT):
    """The words of a run of ingot for an image of the tree."""
    return [verb, tree() / "images" / f"{name}.yml", "-o", out, "-R", tree() / "test-recipes", "--cache", CACHE, "-q"]


def put_tables(name, variants):
    """The image NAME gets /opt/VARIANT for each: the table of the image file that has that text instead."""
    sources = []
    for variant, text in variants.items():
        file = tree() / "images" / f"{name}-{variant}.yml"
        file.write_text(text)
        done = ingot(*arguments("table", file.stem), text=False)
        assert done.returncode == 0, done.stderr.decode()
        (tree() / "files" / f"table-{name}-{variant}").write_bytes(done.stdout)
        sources.append(f"  - {{file: {{path: ../files/table-{name}-{variant}, to: /opt/{variant}}}}}\n")
    text = (ROOT / "tests" / "boot" / "images" / f"{name}.yml").read_text()
    assert re.search("(?m)^sources: \\[\\]", text)
    (tree() / "images" / f"{name}.yml").write_text(
        re.sub("(?m)^sources: \\[\\].*\n", "sources:\n" + "".join(sources), text))


@functools.lru_cache
def image(name):
    """The folder of a built image; fails with what ingot said."""
    done = ingot(*arguments("build", name))
    assert done.returncode == 0, f"ingot build {name}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return OUT / name


def program(target):
    """A copy of ingot and of what it looks for beside itself."""
    for name in ("ingot", "busybox", "busybox.links"):
        shutil.copy(INGOT.parent / name, target / name)
    return target / "ingot"


def give_to_nobody(folder):
    """Where this runs as root: the folder becomes nobody's; returns the words for subprocess that run as him."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def cold_cache(target, lock):
    """A cache that holds the pinned packages and nothing that was made of them."""
    for digest in re.findall("name: .*\n *sha256: ([0-9a-f]{64})", lock.read_text()):
        blob = target / "blob" / digest[:2] / digest
        blob.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CACHE / "blob" / digest[:2] / digest, blob)
    return target
