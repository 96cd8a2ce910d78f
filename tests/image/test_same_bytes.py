# SPDX-License-Identifier: MIT
"""Cases 18 and 22: same input, same bytes, for every output. Two builds of the shipped web image are compared whose
user, umask, time zone, locale, home, host name, processors, path, order of folders, times and modes of the files,
environment and cache differ; the second runs as an ordinary user without network."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

import build

NAME = "every"
OUTPUTS = {"initramfs": "initramfs.cpio.zst", "squashfs": "root.squashfs", "tar": "root.tar.zst", "oci": "oci.tar"}
FILES = {"kernel", "cmdline", "manifest.json", "build-record", *OUTPUTS.values()}


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def image():
    """The web image with every output, beside the shipped ones; its lock."""
    build.image("web")  # which writes the lock
    folder = build.tree() / "images"
    text = (folder / "web.yml").read_text().replace("image: web", f"image: {NAME}")
    text = text.replace("outputs: [initramfs]", f"outputs: [{', '.join(OUTPUTS)}]\ncompression: {{level: 3}}")
    (folder / f"{NAME}.yml").write_text(text)
    shutil.copyfile(folder / "web.lock", folder / f"{NAME}.lock")
    return folder / f"{NAME}.yml"


@pytest.fixture(scope="module")
def reference(image, tmp_path_factory):
    """Built where the image lies, by whoever runs the tests, with the warm cache."""
    out = tmp_path_factory.mktemp("reference").absolute()
    done = build.ingot("build", image, "-q", "-o", out, "--cache", build.CACHE)
    assert done.returncode == 0, done.stderr
    shown = digests(out / NAME)
    assert set(shown) == FILES
    shown["sbom spdx"], shown["sbom cyclonedx"] = (sbom(image, kind, "--cache", build.CACHE) for kind in SBOMS)
    return shown


SBOMS = ("spdx", "cyclonedx")


def sbom(image, kind, *words, **how):
    done = build.ingot("sbom", image, "--format", kind, "-q", *words, **how)
    assert done.returncode == 0, done.stderr
    return hashlib.sha256(done.stdout.encode()).hexdigest()


def copy_shuffled(source, target):
    """The same files, made in another order: on tmpfs that is the order in which a folder is read."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir(), key=lambda path: hashlib.md5(path.name.encode()).digest()):
        if path.is_dir():
            copy_shuffled(path, target / path.name)
        else:
            shutil.copyfile(path, target / path.name)


@pytest.fixture
def elsewhere():
    """A folder that any user may enter, on tmpfs where there is one: another file system than the checkout's."""
    shm = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="ingot-test-", dir=shm) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder / "a folder with a longer name"


def wrapped(argv):
    """On one processor; where we may arrange that, without a network and on a host of another name."""
    argv = ["taskset", "-c", "0", *argv]
    if os.geteuid() != 0:
        return argv
    return ["unshare", "-n", "-u", "sh", "-c", "hostname elsewhere; exec \"$@\"", "sh", *argv]


def test_the_same_everywhere(image, reference, elsewhere):
    began = int(time.time())
    copy_shuffled(build.tree(), elsewhere / "tree")
    program = build.program(elsewhere)
    build.cold_cache(elsewhere / "cache", image.with_suffix(".lock"))
    for path in [elsewhere, *elsewhere.rglob("*")]:  # other times, and modes that are not for an image
        os.utime(path, (978307200, 978307200))
        path.chmod(0o700 if path.is_dir() or path == program else 0o600)
    for name in ("busybox", "busybox.links"):
        (elsewhere / name).chmod(0o400)
    env = {"PATH": os.environ["PATH"], "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8",
           "HOME": str(elsewhere / "home"),
           "INGOT_CACHE": str(elsewhere / "cache"), "SOURCE_DATE_EPOCH": "1", "USER": "somebody", "HOSTNAME": "other"}
    build.give_to_nobody(elsewhere)
    step = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    words = [str(program), "-R", "test-recipes", "-q"]

    def run(*more):
        argv = wrapped([*step, "sh", "-c", "umask 077; exec \"$@\"", "sh", *words, *more])
        done = subprocess.run(argv, cwd=elsewhere / "tree", env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=build.BUILD_S, check=False)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout

    run("build", "-o", str(elsewhere / "out"), f"images/{NAME}.yml")
    shown = digests(elsewhere / "out" / NAME)
    assert set(shown) == FILES
    for kind in SBOMS:
        text = run("sbom", "--format", kind, f"images/{NAME}.yml")
        shown[f"sbom {kind}"] = hashlib.sha256(text.encode()).hexdigest()
    assert shown == reference
    assert int(time.time()) > began, "the clock went on between the two"


def test_all_outputs_hold_the_tree_that_the_manifest_names(reference, image):
    """One digest across all of them: every output of one build states it, or is read back elsewhere against it."""
    done = build.ingot("build", image, "-q", "--json", "-o", build.OUT, "--cache", build.CACHE)
    shown = json.loads(done.stdout)
    assert set(shown["outputs"]) == set(OUTPUTS)
    assert json.loads((build.OUT / NAME / "manifest.json").read_text())["tree"] == shown["tree"]
