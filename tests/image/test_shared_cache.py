# SPDX-License-Identifier: MIT
"""Builds of real packages that share a cold cache, at the same time: the outputs are those of a build that had it to
itself."""
import hashlib
import shutil
import subprocess

import build

IMAGES = ("web", "end")


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_builds_at_once_with_one_cold_cache(tmp_path):
    """Of two images, and of one of them twice."""
    for name in IMAGES:
        build.image(name)
        build.cold_cache(tmp_path / "cache", build.tree() / "images" / f"{name}.lock")
    running = []
    for out, name in ("a", "web"), ("a", "end"), ("b", "web"):
        words = ["build", f"images/{name}.yml", "-o", tmp_path / out, "-R", "test-recipes", "-q", "--cache",
                 tmp_path / "cache"]
        running.append(subprocess.Popen([str(build.INGOT), *map(str, words)], cwd=build.tree(), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    for process in running:
        out, err = process.communicate(timeout=build.BUILD_S)
        assert (process.returncode, err) == (0, ""), out
    assert digests(tmp_path / "a" / "web") == digests(tmp_path / "b" / "web")
    shutil.rmtree(tmp_path / "cache")
    for name in IMAGES:
        build.cold_cache(tmp_path / "cache", build.tree() / "images" / f"{name}.lock")
        done = build.ingot("build", f"images/{name}.yml", "-o", tmp_path / "alone", "-R", "test-recipes", "-q",
                           "--cache", tmp_path / "cache", cwd=build.tree())
        assert done.returncode == 0, done.stderr
        assert digests(tmp_path / "alone" / name) == digests(tmp_path / "a" / name)
    assert list((tmp_path / "cache" / "tmp").iterdir()) == []
