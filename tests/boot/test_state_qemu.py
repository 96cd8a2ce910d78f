# SPDX-License-Identifier: MIT
"""`ingot run --state` and `ingot test` with the shipped kernel: its modules bring the disk, a power cut costs nothing
that was synced, and two machines never have one file. Everything finer is tested under User Mode Linux."""
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
IMAGE = "disk-cloud"
TOOLS = {"PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"}


def run(disk, *words):
    return guest.qemu([build.INGOT, *build.arguments("run", IMAGE), "--shell", "--state", disk, *words], IMAGE)


def children(pid):
    return [int(word) for word in open(f"/proc/{pid}/task/{pid}/children").read().split()]


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    build.image(IMAGE)
    return tmp_path_factory.mktemp("state") / "disk"


def test_it_is_made_and_survives_a_power_cut(disk):
    with run(disk) as machine:
        machine.connect()
        assert json.loads(machine.ok("ingotctl status --json"))["state"]["text"] == "disk vda, labelled ingot-state"
        machine.exec_ok("keeper", "echo synced >/data/file && sync")
        second = build.ingot(*build.arguments("run", IMAGE), "--state", disk)
        assert (second.returncode, second.stderr) == (1, f"ingot: {disk} is the disk of another machine that runs\n")
        for pid in children(machine.process.pid):
            os.kill(pid, signal.SIGKILL)
        assert machine.wait_end() == 1
    with run(disk) as machine:
        machine.connect()
        machine.wait_line("^ingot: service keeper: ready in ")
        assert machine.ok("cat /state/keeper/data/file /state/keeper/data/starts") == "synced\nstart\nstart"
        filled = machine.exec("keeper", "dd if=/dev/zero of=/data/fill bs=64k count=64")
        assert "Quota exceeded" in filled.out, "sizes are enforced on the shipped kernel"
        machine.send("ingotctl poweroff\n")
        assert machine.wait_end() == 0
    subprocess.run(["e2fsck", "-fn", disk], env=TOOLS, check=True, stdout=subprocess.DEVNULL)


def test_a_damaged_one_is_made_anew(disk, tmp_path):
    damaged = tmp_path / "damaged"
    with open(damaged, "wb") as file:
        file.truncate(64 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-b", "1024", "-L", "ingot-state", damaged], env=TOOLS, check=True)
    with open(damaged, "r+b") as file:
        file.seek(1024)
        file.write(bytes(1024))
    with run(damaged, "--machine", "microvm") as machine:
        machine.connect()
        machine.wait_line("^ingot: state: it is made anew: all that was on it is gone$")
        machine.wait_line("^ingot: service keeper: ready in ")
        assert machine.ok("cat /state/keeper/data/starts; ls /state/keeper/data") == "start\nstarts"
        # the kernel of this machine has nothing to measure it with while the host is busy, and would wait for ever
        told, = re.findall("tsc_early_khz=([0-9]+)", machine.ok("cat /proc/cmdline"))
        found = re.search(r"tsc: Fast TSC.*\n.*tsc: Detected ([0-9.]+) MHz processor", machine.ok("dmesg"))
        assert not found or abs(float(found[1]) * 1000 / int(told) - 1) < 0.01


def test_the_tests_of_an_image_have_a_disk(disk):
    done = build.ingot(*build.arguments("test", IMAGE), timeout=guest.BOOT_S * 2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok 2 - what was written is served" in done.stdout
