# SPDX-License-Identifier: MIT
"""A build step with a real toolchain: busybox from Debian's source package comes to the same bytes whoever builds it
on a host in whatever state, and to those of the busybox that `make` builds from the same source."""
import hashlib
import json
import os
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


@pytest.mark.needs_user_step
def test_a_real_toolchain_is_the_same_everywhere(public_folder):
    """case 18: the step is run a second time, elsewhere, as somebody else, by one processor."""
    expected = {name: (build.image(NAME) / name).read_bytes() for name in ("initramfs.cpio.zst", "kernel")}
    folder = public_folder / "elsewhere"
    shutil.copytree(build.tree(), folder / "tree")
    program = build.program(folder)
    build.cold_cache(folder / "cache", build.tree() / "images" / f"{NAME}.lock")
    env = {"PATH": os.environ["PATH"], "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "HOME": str(folder / "home")}
    words = ["build", f"images/{NAME}.yml", "-R", "test-recipes", "-q", "--locked", "--offline",
             "-o", str(folder / "out"), "--cache", str(folder / "cache")]
    done = subprocess.run([str(program), *words], cwd=folder / "tree", env=env, umask=0o077, stdout=subprocess.PIPE,
                          preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
                          stderr=subprocess.PIPE, text=True, timeout=build.BUILD_S, check=False,
                          **build.give_to_nobody(folder))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert list((folder / "cache" / "step").glob("step-*.log")), "it was run"
    assert {name: (folder / "out" / NAME / name).read_bytes() for name in expected} == expected
