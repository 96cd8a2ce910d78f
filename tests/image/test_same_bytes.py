# SPDX-License-Identifier: MIT
"""Same input, same bytes: builds that differ in folder, user, umask, time zone, locale, home, times of the files, and
in whether the cache is warm, are compared byte by byte, with the shipped web image as the input."""
import hashlib
import os
import shutil
import subprocess

import pytest

import build

OUTPUTS = ("kernel", "initramfs.cpio.zst", "cmdline", "manifest.json", "build-record")
NAME = "web"


def digests(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in OUTPUTS}


WORDS = ("build", f"images/{NAME}.yml", "-R", "test-recipes", "-q", "-o")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Built where the image lies, with the warm cache."""
    build.image(NAME)  # which writes the lock
    out = tmp_path_factory.mktemp("reference").absolute()
    done = build.ingot(*WORDS, out, "--cache", build.CACHE, cwd=build.tree())
    assert done.returncode == 0, done.stderr
    return digests(out / NAME)


def test_the_same_everywhere(reference, public_folder):
    folder = public_folder / "a folder with a longer name"
    shutil.copytree(build.tree(), folder / "tree")
    program = build.program(folder)
    build.cold_cache(folder / "cache", build.tree() / "images" / f"{NAME}.lock")
    for path in [folder, *folder.rglob("*")]:  # other times, and modes that are not for an image
        os.utime(path, (978307200, 978307200))
        path.chmod(0o700 if path.is_dir() or path == program else 0o600)
    env = {"PATH": os.environ["PATH"], "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "HOME": str(folder / "home"),
           "INGOT_CACHE": str(folder / "cache")}
    done = subprocess.run([str(program), *WORDS, str(folder / "out")], cwd=folder / "tree", env=env, umask=0o077,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=build.BUILD_S, check=False,
                          **build.give_to_nobody(folder))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert digests(folder / "out" / NAME) == reference


def test_where_the_output_goes_and_how_files_are_named_changes_no_byte_of_the_image(reference):
    """The manifest alone tells the places as they were given."""
    shown = digests(build.image(NAME))
    assert {name: shown[name] for name in OUTPUTS if name != "manifest.json"} == \
        {name: reference[name] for name in OUTPUTS if name != "manifest.json"}
