# SPDX-License-Identifier: MIT
"""Fixtures of the boot tests. A boot under User Mode Linux takes about a second and a half, under QEMU three."""
import os
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import build  # noqa: E402
import guest  # noqa: E402


@pytest.fixture(scope="session")
def kernel():
    """User Mode Linux as the image has it, made executable; skips where this host cannot run it."""
    path = build.WORK / "linux.uml"
    shutil.copyfile(build.image("end") / "kernel", path)
    path.chmod(0o755)
    try:
        subprocess.run([str(path), "--version"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"User Mode Linux does not run here: {error}")
    return path


@pytest.fixture(scope="session")
def start(kernel):
    """Starts an image by name, or an initramfs by path; whoever calls it must end it (it is a context manager)."""
    folder = build.WORK / "uml"
    shutil.rmtree(folder, ignore_errors=True)  # of machines that were killed
    folder.mkdir()

    def start(what, words="ingot.shell", panic=-1, disk=None):
        initrd = what if os.path.isabs(what) else build.image(what) / "initramfs.cpio.zst"
        return guest.uml(kernel, initrd, folder, words, panic=panic, disk=disk)

    return start


@pytest.fixture(scope="module")
def _shared(request, start):
    machines = []

    def get():
        if machines and machines[-1].lost:
            machines.pop().stop()
        if not machines:
            machines.append(start(request.module.IMAGE))
            machines[-1].connect()
        return machines[-1]

    yield get
    for g in machines:
        g.stop()


@pytest.fixture
def machine(_shared):
    """The machine that the module shares: the image that its IMAGE names, with a shell. A test that lost it, by a
    command that never came back, does not spoil the next ones."""
    return _shared()
