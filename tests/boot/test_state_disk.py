# SPDX-License-Identifier: MIT
"""State on a disk: what services wrote is there after a reboot, and a disk that is absent, damaged, foreign or full
ends as the image says. Damage is done to the file behind the disk, between two boots."""
import json
import os
import re
import subprocess
import time

import pytest

LABEL = "ingot-state"
REFUSED = "boot failed: state: disk ubda, labelled ingot-state: "
MIB = 1 << 20
FEATURES = ("none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,"
            "huge_file,dir_nlink,extra_isize,metadata_csum")
KEEPER = "/state/keeper/data"
HOG = "/state/hog/var/lib/hog"


def tool(*words, **how):
    """One of e2fsprogs, which lies where an ordinary user's PATH does not lead."""
    env = {**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin", "MKE2FS_CONFIG": "/dev/null"}
    return subprocess.run([str(word) for word in words], check=True, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **how).stdout


def make_disk(path, size=64 * MIB, label=LABEL, features=FEATURES + ",quota,project"):
    with open(path, "wb") as file:
        file.truncate(size)
    tool("mke2fs", "-q", "-F", "-b", "1024", "-I", "256", "-O", features, "-L", label, "-E",
         "lazy_itable_init=0,lazy_journal_init=0", path)
    return path


@pytest.fixture
def disk(tmp_path):
    return make_disk(tmp_path / "state")


@pytest.fixture
def boot(start):
    """Starts an image with a disk; a boot that fails powers off. Whoever wants its shell waits for it."""

    def boot(image="disk", disk=None):
        return start(image, panic=0, disk=disk)

    return boot


def power_off(machine):
    machine.send("ingotctl poweroff\n")
    machine.wait_end()
    return machine.said()


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def journal_at(path):
    """Where the journal's first block lies, in bytes."""
    blocks = tool("debugfs", "-R", "blocks <8>", path).split("\n")[1].split()
    return int(blocks[0]) * 1024


# ---- kept ----

def test_what_a_service_wrote_is_there_after_a_reboot(boot, disk):
    with boot(disk=disk) as machine:
        machine.connect()
        machine.until(f"cat {KEEPER}/starts", lambda text: text == "start")
        assert machine.ok(f"stat -c '%u %g %a' {KEEPER}") == "10000 10000 750"
        assert machine.ok("stat -c '%u %a' /state /state/keeper") == "0 711\n0 755"
        assert machine.wait_line("^ingot: state: disk ubda, labelled ingot-state: [0-9]+ MiB, [0-9]+ MiB of them free$")
        power_off(machine)
    with boot(disk=disk) as machine:
        machine.connect()
        machine.until(f"cat {KEEPER}/starts", lambda text: text == "start\nstart")
        assert machine.ok(f"cat {KEEPER}/ends") == "end"
        said = power_off(machine)
    assert not [line for line in said if "sync" in line or line.startswith("state: n")]
    assert "clean" in tool("dumpe2fs", "-h", disk), "it was unmounted in order"
    assert "needs_recovery" not in tool("dumpe2fs", "-h", disk)


def test_nothing_on_the_disk_is_executed_or_a_device(boot, disk):
    with boot(disk=disk) as machine:
        machine.connect()
        flags = machine.ok("grep ' /state ' /proc/mounts").split()[3].split(",")
        assert {"rw", "nosuid", "nodev", "noexec", "noatime", "prjquota", "errors=remount-ro"} <= set(flags)
        seen = machine.exec_ok("keeper", "grep ' /data ' /proc/mounts || cat /proc/self/mounts")
        assert {"nosuid", "nodev", "noexec"} <= set(re.search(r" /data ext4 (\S+)", seen).group(1).split(","))
        machine.exec_ok("keeper", "cp /bin/busybox /data/sh && chmod 755 /data/sh")
        assert machine.exec("keeper", "/data/sh true").status == 126


def test_a_power_cut_leaves_a_disk_that_boots(boot, disk):
    with boot(disk=disk) as machine:
        machine.connect()
        machine.exec_ok("keeper", "echo kept >/data/file && sync")
        machine.exec_ok("keeper", "dd if=/dev/zero of=/data/lost bs=64k count=8")
    assert "needs_recovery" in tool("dumpe2fs", "-h", disk)
    with boot(disk=disk) as machine:
        machine.connect()
        assert machine.ok(f"cat {KEEPER}/file") == "kept"
        assert machine.services()["keeper"]["state"] == "up"


def test_status_says_where_state_is(boot, disk):
    with boot(disk=disk) as machine:
        machine.connect()
        assert json.loads(machine.ok("ingotctl status --json"))["state"] == {
            "kind": "disk", "text": "disk ubda, labelled ingot-state"}
        assert "state: disk ubda, labelled ingot-state" in machine.ok("ingotctl status").split("\n\n")[:2]
        assert "state" not in json.loads(machine.ok("ingotctl status keeper --json"))


# ---- sizes ----

def test_each_state_has_its_own_size(boot, disk):
    """A folder's size holds against its own service; nobody else's room is touched."""
    with boot(disk=disk) as machine:
        machine.connect()
        filled = machine.exec("hog", "dd if=/dev/zero of=/var/lib/hog/small/fill bs=64k count=64")
        assert filled.status != 0 and "Quota exceeded" in filled.out
        assert int(machine.ok(f"stat -c %s {HOG}/small/fill")) <= MIB
        machine.exec_ok("keeper", "dd if=/dev/zero of=/data/fill bs=64k count=24")
        many = machine.exec_ok("hog", "cd /var/lib/hog/small; rm fill; touch $(seq 400) 2>/dev/null; ls | wc -l")
        assert 256 <= int(many) <= 256 + 64, "files are counted too"


def test_a_full_disk_is_seen_by_who_filled_it_and_by_whoever_writes(boot, disk):
    """init case 37: the hog may take more than there is, so all see the end of the space; PID 1 goes on."""
    with boot(disk=disk) as machine:
        machine.connect()
        filled = machine.exec("hog", "dd if=/dev/zero of=/var/lib/hog/large/fill bs=1M count=100")
        assert filled.status != 0 and "No space left on device" in filled.out
        written = machine.exec("keeper", "dd if=/dev/zero of=/data/more bs=64k count=4")
        assert written.status != 0 and "No space left on device" in written.out
        machine.ok("ingotctl restart keeper")
        power_off(machine)
    with boot(disk=disk) as machine:  # `full: use`
        machine.connect()
        assert machine.wait_line("^ingot: state: the disk is full$")
        machine.until_service("hog", lambda s: s["state"] == "up")
        machine.exec_ok("hog", "rm /var/lib/hog/large/fill; sync")
        machine.exec_ok("keeper", "echo again >/data/again")
        machine.exec("hog", "dd if=/dev/zero of=/var/lib/hog/large/fill bs=1M count=100")
        power_off(machine)
    with boot("disk-memory", disk) as machine:
        machine.connect()
        assert json.loads(machine.ok("ingotctl status --json"))["state"] == {
            "kind": "memory-instead", "text": "disk ubda, labelled ingot-state: less than a thousandth of it is free"}
    with boot("disk-anew", disk) as machine:
        machine.wait_end()
        assert f"{REFUSED}less than a thousandth of it is free" in machine.said()


def test_a_disk_without_quotas_is_refused_or_used_without_limits(boot, tmp_path):
    disk = make_disk(tmp_path / "plain", features=FEATURES)
    with boot(disk=disk) as machine:
        machine.wait_end()
        assert f"{REFUSED}it keeps no project quotas, so that no size can be enforced" in machine.said()
    with boot("disk-memory", disk) as machine:  # `quota: wanted`
        machine.connect()
        assert machine.wait_line("^ingot: state: sizes of state are not enforced")
        assert json.loads(machine.ok("ingotctl status --json"))["state"] == {
            "kind": "disk", "text": "disk ubda, labelled ingot-state, sizes not enforced"}
        machine.exec_ok("hog", "dd if=/dev/zero of=/var/lib/hog/small/fill bs=64k count=64")


# ---- absent ----

def test_without_the_disk_the_boot_fails(boot):
    with boot() as machine:
        machine.wait_end()
        assert machine.said()[-2:] == ["boot failed: state: disk labelled ingot-state: no block device has this label",
                                       "power off"]


def test_without_the_disk_memory_stands_in_loudly(boot):
    with boot("disk-memory") as machine:
        machine.connect()
        assert machine.wait_line("^ingot: state: disk labelled ingot-state: no block device has this label$")
        assert machine.wait_line("^ingot: state: in memory instead: what services write now is lost at the end$")
        assert "STATE IS IN MEMORY AND WILL BE LOST: disk labelled ingot-state: no block device has this label" in \
            machine.ok("ingotctl status").split("\n\n")[:2]
        machine.exec_ok("keeper", "echo >/data/x && grep -q ' /data tmpfs ' /proc/self/mounts")
        power_off(machine)


def test_another_label_is_another_disk(boot, tmp_path):
    disk = make_disk(tmp_path / "other", label="other-state")
    before = disk.read_bytes()
    with boot("disk-anew", disk) as machine:
        machine.wait_end()
        assert "boot failed: state: disk labelled ingot-state: no block device has this label" in machine.said()
    assert disk.read_bytes() == before


# ---- damaged ----

def lose_superblock(disk):
    overwrite(disk, 1024, bytes(1024))
    return "its superblock is damaged, a copy of it is not"


def lose_journal(disk):
    overwrite(disk, journal_at(disk), bytes(range(256)) * 16)
    return "mount: "


def set_error_flag(disk):
    tool("debugfs", "-w", "-R", "set_super_value state 2", disk)
    return "the kernel has found errors in it: e2fsck may mend them"


DAMAGES = (lose_superblock, lose_journal, set_error_flag)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_disk_fails_the_boot_and_is_left_alone(boot, disk, damage):
    why = damage(disk)
    before = disk.read_bytes()
    with boot(disk=disk) as machine:
        machine.wait_end()
        assert any(line.startswith(REFUSED + why) for line in machine.said())
    assert disk.read_bytes() == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_memory_stands_in_for_a_damaged_disk(boot, disk, damage):
    why = damage(disk)
    before = disk.read_bytes()
    with boot("disk-memory", disk) as machine:
        machine.connect()
        state = json.loads(machine.ok("ingotctl status --json"))["state"]
        assert state["kind"] == "memory-instead"
        assert state["text"].startswith(f"disk ubda, labelled ingot-state: {why}")
        power_off(machine)
    assert disk.read_bytes() == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_disk_is_made_anew(boot, disk, damage):
    damage(disk)
    with boot("disk-anew", disk) as machine:
        machine.connect()
        machine.wait_line("^ingot: state: it is made anew: all that was on it is gone$")
        assert json.loads(machine.ok("ingotctl status --json"))["state"]["kind"] == "disk"
        machine.exec_ok("keeper", "echo new >/data/file")
        filled = machine.exec("hog", "dd if=/dev/zero of=/var/lib/hog/small/fill bs=64k count=64")
        assert "Quota exceeded" in filled.out, "the new one keeps quotas"
        power_off(machine)
    with boot("disk-anew", disk) as machine:
        machine.connect()
        assert machine.ok(f"cat {KEEPER}/file") == "new"


def test_what_a_newer_kernel_made_is_never_made_anew(boot, disk):
    """An unknown feature is no damage: even `recreate` leaves it alone."""
    tool("debugfs", "-w", "-R", "set_super_value feature_incompat 0x802c2", disk)
    before = disk.read_bytes()
    with boot("disk-anew", disk) as machine:
        machine.wait_end()
        assert f"{REFUSED}its file system has features that this ingot-init does not know" in machine.said()
    assert disk.read_bytes() == before


# ---- left over ----

def test_left_over_and_foreign_things_are_tolerated(boot, disk, tmp_path):
    """init case 55: another version's records, a file where a folder was, a link."""
    (tmp_path / "junk").write_bytes(os.urandom(5000))
    for command in ("mkdir .ingot", "mkdir .ingot/99", f"write {tmp_path}/junk .ingot/99/records",
                    f"write {tmp_path}/junk .ingot/1", "mkdir keeper", "symlink keeper/data /etc", "mkdir gone",
                    f"write {tmp_path}/junk hog"):
        tool("debugfs", "-w", "-R", command, disk)
    with boot(disk=disk) as machine:
        machine.connect()
        machine.wait_line("^ingot: state: /state/.ingot/1: Not a directory: nothing is kept there$")
        machine.wait_line("^ingot: state: /state/keeper/data: Symbolic link loop$")
        machine.wait_line("^ingot: state: /state/hog/var/lib/hog/small: Not a directory$")
        assert machine.service("keeper")["last"]["step"] == "mount"
        assert machine.ok("stat -c %s /state/.ingot/99/records") == "5000"
        power_off(machine)


def test_records_have_a_folder_for_root_alone(boot, disk):
    with boot(disk=disk) as machine:
        machine.connect()
        assert machine.ok("stat -c '%u %a' /state/.ingot/1") == "0 700"


# ---- the end ----

def test_a_frozen_disk_does_not_hold_up_the_end(boot, disk):
    """init case 47: neither sync nor unmounting comes back; the deadline of the shutdown holds all the same."""
    with boot(disk=disk) as machine:
        machine.connect()
        machine.exec_ok("keeper", "echo dirty >/data/dirty")
        machine.ok("fsfreeze --freeze /state")
        mark = machine.mark()
        began = time.monotonic()
        machine.send("ingotctl poweroff\n")
        machine.wait_end()
        assert time.monotonic() - began < 9, "the deadline is 7 s"
        assert machine.said(mark)[-1] == "power off"
