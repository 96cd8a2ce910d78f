# SPDX-License-Identifier: MIT
"""The disk of `ingot run --state`: made once, never written over, refused where it is something else. QEMU is a
program that only tells how it was called."""
import os
import re
import subprocess

import pytest

from cli_project import IMAGE

STATE = IMAGE.replace("    limits", "    state: [{path: /srv/data, size: 4M}]\n    limits") + "state: {}\n"
MIB = 1 << 20
TOOLS = os.environ["PATH"] + ":/sbin:/usr/sbin"


@pytest.fixture
def run(project):
    """ingot run, with what QEMU was called with; mke2fs is not in its PATH, as it is not in an ordinary user's."""
    project.lock()
    project.write("t.yml", STATE)
    tell = f'#!/bin/sh\nfor word; do echo "$word" >>{project.dir}/called; done\nexit 1\n'
    tool = project.write("bin/qemu-system-x86_64", tell)
    tool.chmod(0o755)

    def run(*words, verb="run"):
        called = project.dir / "called"
        called.unlink(missing_ok=True)
        result = project.ingot(verb, "-q", *words, "t.yml", env={"PATH": f"{tool.parent}:/usr/bin:/bin"})
        result.qemu = called.read_text().split("\n") if called.exists() else []
        return result

    return run


def fields(path):
    said = subprocess.run(["dumpe2fs", "-h", path], env={"PATH": TOOLS}, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    return dict(re.findall(r"^([A-Z][^:]*):\s+(.*)$", said, re.M))


def test_a_disk_is_made_and_kept(project, run):
    disk = project.dir / "disk.img"
    result = run("--state", "disk.img")
    assert "if=none,id=state,format=raw,discard=unmap,file=disk.img" in result.qemu, result
    assert "virtio-blk-pci,drive=state" in result.qemu
    made = fields(disk)
    assert made["Filesystem volume name"] == "ingot-state"
    assert {"project", "quota", "has_journal", "metadata_csum", "extent"} <= set(made["Filesystem features"].split())
    assert made["Filesystem state"] == "clean" and made["Errors behavior"] == "Remount read-only"
    assert "orphan_file" not in made["Filesystem features"], "no kernel before 5.15 takes it"
    stat = disk.stat()
    assert stat.st_size == 256 * MIB and stat.st_blocks * 512 < 4 * MIB, "it is sparse"
    assert stat.st_mode & 0o777 == 0o600
    before = disk.read_bytes()
    run("--state", "disk.img", "--machine", "microvm")
    assert disk.read_bytes() == before
    assert sorted(p.name for p in project.dir.glob("disk*")) == ["disk.img"]
    assert "UUID" in str(made) and made["Filesystem UUID"] != "<none>"


def test_two_disks_are_two(project, run):
    run("--state", "one")
    run("--state", "two")
    assert fields(project.dir / "one")["Filesystem UUID"] != fields(project.dir / "two")["Filesystem UUID"]


def test_the_file_system_is_whole(project, run):
    for name, size in (("small", "16M"), ("mid", "255M"), ("large", "300M")):
        run("--state", name, "--state-size", size)
        subprocess.run(["e2fsck", "-fn", project.dir / name], env={"PATH": TOOLS}, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_comma_in_the_name(project, run):
    assert "if=none,id=state,format=raw,discard=unmap,file=a,,b,,c" in run("--state", "a,b,c").qemu
    assert (project.dir / "a,b,c").exists()


def test_what_is_something_else_is_left_alone(project, run, one_line):
    disk = project.write("disk", "letters to somebody\n" * 1000)
    line = one_line(run("--state", "disk"))
    assert line == ("ingot: disk is no ext4 file system labelled ingot-state, and nothing is written over: take "
                    "another name, or remove it")
    assert disk.read_text() == "letters to somebody\n" * 1000
    assert not (project.dir / "out" / ".run").exists(), "it is said before anything is built"


def test_another_label_is_refused(project, run, one_line):
    run("--state", "disk")
    project.write("t.yml", STATE.replace("state: {}", "state: {label: other}"))
    assert one_line(run("--state", "disk")).startswith("ingot: disk is no ext4 file system labelled other, ")


def test_an_empty_file_and_a_folder_are_refused(project, run, one_line):
    project.write("empty", "")
    assert "is no ext4 file system" in one_line(run("--state", "empty"))
    (project.dir / "folder").mkdir()
    assert one_line(run("--state", "folder")) == "ingot: folder: Is a directory"
    assert "no-such/disk" in run("--state", "no-such/disk").err


def test_a_damaged_one_is_booted_for_the_image_to_decide(project, run):
    run("--state", "disk")
    with open(project.dir / "disk", "r+b") as file:
        file.seek(1024)
        file.write(bytes(1024))
    assert run("--state", "disk").qemu


def test_an_image_whose_state_is_in_memory_takes_no_disk(project, run, one_line):
    project.write("t.yml", IMAGE)
    assert one_line(run("--state", "disk")) == \
        "ingot: --state: t.yml keeps no state on a disk: write `state: {}` in it"
    assert not (project.dir / "disk").exists()


def test_an_image_that_wants_a_disk_is_not_booted_without(project, run, one_line):
    line = one_line(run())
    assert line == ("ingot: t.yml:13: this image does not boot without its disk: say --state FILE, which is made where "
                    "there is none")
    project.write("t.yml", STATE.replace("state: {}", "state: {absent: tmpfs}"))
    assert not [word for word in run().qemu if "id=state" in word]


@pytest.mark.parametrize("size", ["1M", "12", "much", "16MB", "-5M"])
def test_a_size_that_is_none(run, one_line, size):
    line = one_line(run("--state", "disk", f"--state-size={size}"))
    assert line == f"ingot: --state-size must be a size from 16M up, such as 256M or 2G, not `{size}`"


def test_a_size_that_does_not_hold_the_services_state(project, run, one_line):
    project.write("t.yml", STATE.replace("size: 4M", "size: 100M"))
    line = one_line(run("--state", "disk", "--state-size", "64M"))
    assert line == ("ingot: the services' state may come to 100 MiB, which a disk of 64 MiB does not hold: say "
                    "--state-size 201M")
    project.write("t.yml", STATE.replace("size: 4M", "size: 200M"))
    run("--state", "disk")
    assert (project.dir / "disk").stat().st_size == 400 * MIB


def test_a_size_for_what_is_there_already(run, one_line):
    run("--state", "disk", "--state-size", "32M")
    assert run("--state", "disk", "--state-size", "32M").qemu
    assert one_line(run("--state", "disk", "--state-size", "64M")) == \
        "ingot: disk is there and has 32 MiB: --state-size is for one that is made"


def test_tests_have_a_disk_of_their_own(project, run):
    result = run(verb="test")
    drive = next(word for word in result.qemu if "id=state" in word)
    assert re.search(r",file=/proc/[0-9]+/fd/[0-9]+$", drive)
    assert not [p for p in (project.dir / "out").rglob("*") if ".state" in p.name], "it goes with the run"


def test_a_mke2fs_that_fails_leaves_nothing(project, one_line):
    project.lock()
    project.write("t.yml", STATE)
    tool = project.write("bin/qemu-system-x86_64", "#!/bin/sh\nexit 1\n")
    tool.chmod(0o755)
    bad = project.write("bin/mke2fs", "#!/bin/sh\necho no space >&2\nexit 3\n")
    bad.chmod(0o755)
    path = {"PATH": f"{tool.parent}:/usr/bin:/bin"}
    line = project.ingot("run", "-q", "--state", "disk", "t.yml", env=path).lines[-1]
    assert line.startswith("ingot: making disk: mke2fs ended with status 3: no space")
    assert sorted(p.name for p in project.dir.glob("disk*")) == [], "nothing half-made is left"


# ---- the image file ----

@pytest.mark.parametrize("state, said", [
    ("{absent: recreate}", "`absent` cannot be"), ("{corrupt: use}", "`corrupt` cannot be"),
    ("{full: recreate}", "`full` cannot be"),
    ("{label: a b}", "a label has"), ("{label: much-too-long-a-label}", "a label has"), ("{label: -x}", "a label has"),
    ("{wait: 11m}", "`wait`"), ("{quota: maybe}", "`quota` cannot be"), ("{disk: vda}", "unknown key"),
])
def test_what_state_cannot_say(project, state, said):
    project.write("t.yml", STATE.replace("state: {}", f"state: {state}"))
    result = project.ingot("check", "t.yml")
    assert result.status == 1
    assert any(line.startswith("t.yml:13:") and said in line for line in result.lines), result


def test_recreate_wants_a_mke2fs_that_makes_a_journal(project, one_line):
    project.lock()
    project.write("t.yml", STATE.replace("state: {}", "state: {corrupt: recreate}"))
    wanted = ("ingot: t.yml:{}: `corrupt: recreate` needs e2fsprogs' /sbin/mke2fs in the machine's root: write "
              "`recipes: [mke2fs]`")
    assert one_line(project.ingot("build", "-q", "t.yml")) == wanted.format(13)
    project.write("t.yml", STATE.replace("state: {}", "state: {corrupt: recreate}").replace(
        "sources:\n  - text", "sources:\n  - busybox: {}\n  - text", 1))
    assert one_line(project.ingot("build", "-q", "t.yml")) == wanted.format(14)
