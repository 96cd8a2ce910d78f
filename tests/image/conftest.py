# SPDX-License-Identifier: MIT
"""Fixtures of the image tests: they share the builds, the copies and the cache of the boot tests."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import build  # noqa: E402


class Project:
    """A small project in a folder of its own, whose one image is built by the shared cache."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "images" / "small.yml"
        self.lock = self.file.with_suffix(".lock")
        self.out = folder / "out"
        shutil.copytree(build.tree() / "recipes", folder / "recipes")
        shutil.copytree(build.tree() / "test-recipes", folder / "recipes", dirs_exist_ok=True)
        (folder / "images").mkdir()
        (folder / "site").mkdir()
        (folder / "site" / "page").write_text("one\n")
        build.image("end")  # so that the kernel is in the cache, and pinned
        shutil.copyfile(build.tree() / "images" / "end.lock", self.lock)
        self.write()

    def write(self, service="", image=""):
        self.file.write_text(f"""\
image: small
kernel: {{recipe: kernel-uml}}
recipes: [busybox]
compression: {{level: 1}}
{image}
services:
  site:
    recipes: [busybox]
    command: [/bin/sleep, "1000"]
    limits: {{memory: 4M}}
    sources:
      - folder: {{path: ../site, to: /site}}
{service}""")

    def build(self, *words, **how):
        return build.ingot("build", self.file, "-o", self.out, "--cache", build.CACHE, "-q", *words, **how)

    def built(self):
        done = self.build()
        assert done.returncode == 0, done.stderr
        return self.out / "small"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path.absolute())


@pytest.fixture
def public_folder():
    """Where any user may go, wherever the checkout is."""
    with tempfile.TemporaryDirectory(prefix="ingot-test-") as folder:
        path = pathlib.Path(folder)
        path.chmod(0o755)
        yield path
