# SPDX-License-Identifier: MIT
"""How `ingot run` ends where the machine ends by itself, held against ingot(1): its exit status, and one line of
why."""
import os
import shutil
import subprocess

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")


def ended(image, *words):
    """The console, what ingot says itself, and its status."""
    build.image(image)
    done = build.ingot(*build.arguments("run", image), *words, timeout=guest.BOOT_S * 2)
    return done.stdout.replace("\r", ""), done.stderr.splitlines(), done.returncode


def test_a_boot_that_fails_is_status_1(tmp_path):
    damaged = tmp_path / "damaged"
    with open(damaged, "wb") as file:
        file.truncate(64 << 20)
    tools = {"PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"}
    subprocess.run(["mke2fs", "-q", "-F", "-b", "1024", "-L", "ingot-state", damaged], env=tools, check=True)
    with open(damaged, "r+b") as file:
        file.seek(1024)
        file.write(bytes(1024))
    console, said, status = ended("refuses", "--state", damaged)
    assert "ingot: boot failed: state: disk " in console
    assert (said[-1], status) == ("ingot: the machine's boot failed; its last lines are above", 1)


def test_a_service_that_is_given_up_powers_off_with_its_signal_in_the_status():
    console, said, status = ended("gives-up")
    assert console.count("; restart in 20 ms") == 1, "its limit"
    assert said[-1] == "ingot: the machine's exit status is 138: the failure of fatal"
    assert status == 128 + 10


def test_a_host_hears_of_an_end_that_comes_before_a_boot_is_over():
    """Before PID 1 has opened the host's ways, which it puts off until it has launched everything."""
    _, said, status = ended("gone-at-once")
    assert said[-1] == "ingot: the machine's exit status is 1: the failure of fatal"
    assert status == 1
