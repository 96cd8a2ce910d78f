# SPDX-License-Identifier: MIT
"""A build step with a real toolchain: busybox from Debian's source package comes to the same bytes whoever builds it
on a host in whatever state, and to those of the busybox that `make` builds from the same source."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import time

import pytest

import build

pytestmark = pytest.mark.needs_step
NAME = "built"


def entry(folder, path):
    manifest = json.loads((folder / "manifest.json").read_text())
    return next(entry for entry in manifest["paths"] if entry["path"] == path)


def test_busybox_from_source_is_the_one_that_make_builds():
    """It need not be, but as long as flags and toolchain are the same it is: a difference is worth to be looked at."""
    folder = build.image(NAME)
    made = entry(folder, "/usr/bin/busybox")
    ours = (build.INGOT.parent / "busybox").read_bytes()
    assert abs(made["size"] - len(ours)) < len(ours) // 50
    links = (build.INGOT.parent / "busybox.links").read_text().split()
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {e["path"] for e in manifest["paths"] if e.get("target") == "/bin/busybox"}
    assert {os.path.basename(link) for link in links} == {os.path.basename(path) for path in found}
    assert made["sha256"] == hashlib.sha256(ours).hexdigest()


def test_a_second_build_runs_no_step():
    """case 24"""
    build.image(NAME)
    logs = {log: log.stat().st_mtime_ns for log in (build.CACHE / "step").glob("step-*.log")}
    began = time.monotonic()
    done = build.ingot(*build.arguments("build", NAME), "--locked", "--offline")
    took = time.monotonic() - began
    assert done.returncode == 0 and done.stdout.endswith(": up to date\n"), done.stderr
    assert took < 5, "a step takes tens of seconds"
    assert logs == {log: log.stat().st_mtime_ns for log in (build.CACHE / "step").glob("step-*.log")}


def same_elsewhere(name, folder):
    """The image's step is run a second time, elsewhere, as somebody else, by one processor."""
    expected = {file: (build.image(name) / file).read_bytes() for file in ("initramfs.cpio.zst", "kernel")}
    shutil.copytree(build.tree(), folder / "tree")
    program = build.program(folder)
    build.cold_cache(folder / "cache", build.tree() / "images" / f"{name}.lock")
    env = {"PATH": os.environ["PATH"], "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "HOME": str(folder / "home")}
    words = ["build", f"images/{name}.yml", "-R", "test-recipes", "-q", "--locked", "--offline",
             "-o", str(folder / "out"), "--cache", str(folder / "cache")]
    done = subprocess.run([str(program), *words], cwd=folder / "tree", env=env, umask=0o077, stdout=subprocess.PIPE,
                          preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
                          stderr=subprocess.PIPE, text=True, timeout=build.BUILD_S, check=False,
                          **build.give_to_nobody(folder))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert list((folder / "cache" / "step").glob("step-*.log")), "it was run"
    assert {file: (folder / "out" / name / file).read_bytes() for file in expected} == expected


# A busybox of some forty objects instead of 700, by the same tools from the same source.
APPLETS = "STATIC LFS SLEEP CAT LS CP SED GREP TAR SORT WC GUNZIP FEATURE_SEAMLESS_GZ SHA256SUM VI".split()


@pytest.fixture
def small():
    """The image with a step that takes seconds."""
    image, recipe = build.tree() / "images" / f"{NAME}.yml", build.tree() / "test-recipes" / "busybox-small"
    shutil.rmtree(recipe, ignore_errors=True)
    shutil.copytree(build.tree() / "recipes" / "busybox-source", recipe)
    for file, before, after in ((recipe / "recipe.yml", "recipe: busybox-source", "recipe: busybox-small"),
                                (recipe / "build.sh", "$make defconfig", "$make allnoconfig")):
        text = file.read_text()
        assert text.count(before) == 1
        file.write_text(text.replace(before, after))
    (recipe / "busybox.config").write_text("".join(f"CONFIG_{name}=y\n" for name in APPLETS))
    text = image.read_text().replace("image: built", "image: built-small").replace("busybox-source", "busybox-small")
    text = re.sub("command: .*", "command: [/bin/sleep, \"1000\"]", text)
    image.with_stem("built-small").write_text(text)
    build.image(NAME)  # for its lock
    shutil.copyfile(image.with_suffix(".lock"), image.with_stem("built-small").with_suffix(".lock"))
    return "built-small"


@pytest.mark.needs_user_step
def test_a_real_toolchain_is_the_same_everywhere(small, public_folder):
    """case 18: all of busybox takes a minute, and is done so in test_long_toolchain.py."""
    same_elsewhere(small, public_folder / "elsewhere")
