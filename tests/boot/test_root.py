# SPDX-License-Identifier: MIT
"""`initramfs: {root: squashfs}`: the root stays one compressed file in memory that PID 1 mounts by a loop device. The
services notice nothing; what goes wrong on the way is one clear line and the end that panic= says."""
import shutil
import signal

import pytest

import build
import guest
import newc
from test_qemu import ANSWER, free_port, page, run

IMAGE = "lab-root"


def rooted(name):
    """An image of the tree with a squashfs as its root, under another name."""
    text = (build.tree() / "images" / f"{name}.yml").read_text().replace(f"image: {name}", f"image: {name}-root")
    (build.tree() / "images" / f"{name}-root.yml").write_text(text + "\ninitramfs: {root: squashfs}\n")
    lock = build.tree() / "images" / f"{name}.lock"
    if lock.exists():
        (build.tree() / "images" / f"{name}-root.lock").write_bytes(lock.read_bytes())
    return f"{name}-root"


@pytest.fixture(scope="module", autouse=True)
def _image():
    build.image(rooted("lab"))
    build.image(rooted("end"))


@pytest.fixture
def entries():
    return newc.read(build.image("end-root") / "initramfs.cpio.zst")


def test_the_initramfs_holds_what_comes_before_the_root_and_nothing_else(entries):
    files = sorted(name for name, fields, _ in entries if fields["mode"] >> 12 == 8)
    modules = [name for name in files if name.startswith("ingot/modules/")]
    assert {"ingot/modules/loop.ko", "ingot/modules/squashfs.ko"} <= set(modules)
    assert [name for name in files if name not in modules] == ["ingot/table", "init", "root.squashfs"]


def test_the_root_is_the_squashfs_and_read_only(machine):
    lines = [line.split() for line in machine.ok("cat /proc/mounts").splitlines()]
    roots = [line for line in lines if line[1] == "/"]
    assert [line[2] for line in roots][-1] == "squashfs" and roots[-1][0].startswith("/dev/loop")
    assert {"ro", "nosuid", "nodev"} <= set(roots[-1][3].split(","))
    assert machine.run("touch /x").status != 0
    assert machine.run("ls /root.squashfs /init.d").status != 0, "the initramfs is out of reach"


def test_services_are_up_and_isolated(machine):
    machine.until_service("nginx", lambda s: s["state"] == "up")
    assert "<h1>nginx answers</h1>" in machine.ok("wget -qO- http://127.0.0.1/")
    inside = machine.exec_ok("probe", "echo /*").split()
    assert "/srv" in inside and not {"/svc", "/ingot", "/root.squashfs"} & set(inside), "its own root"
    assert machine.exec("probe", "touch /x").status != 0
    assert machine.exec("probe", "ls /dev | grep loop").out == ""


def test_restarts_and_state_work_on_it(machine):
    machine.until_service("probe", lambda s: s["state"] == "up")
    machine.exec_ok("probe", "echo kept >/var/lib/probe/note")
    machine.ok("ingotctl restart probe")
    assert machine.exec_ok("probe", "cat /var/lib/probe/note") == "kept"


def test_it_ends_in_order(start):
    with start("end-root") as g:
        g.connect()
        g.send("ingotctl poweroff\n")
        assert g.wait_end() == 0
        assert g.said()[-1] == "power off"


def boot(start, tmp_path, entries, words=""):
    path = tmp_path / "initramfs"
    newc.write(path, entries)
    with start(str(path.absolute()), words, panic=0) as g:
        assert g.wait_end(timeout=30) == 0
        return g.said()


def without(entries, name):
    assert name in [n for n, _, _ in entries]
    return [e for e in entries if e[0] != name]


def test_no_root_in_the_initramfs(entries, start, tmp_path):
    assert boot(start, tmp_path, without(entries, "root.squashfs")) == \
        ["boot failed: root: /root.squashfs: No such file or directory", "power off"]


@pytest.mark.parametrize("change", (lambda c: bytes(len(c)), lambda c: c[:4096], lambda c: b"hsqs" + c[:2000]))
def test_a_damaged_root(entries, start, tmp_path, change):
    changed = [(n, f, change(c) if n == "root.squashfs" else c) for n, f, c in entries]
    said = boot(start, tmp_path, changed)
    assert len(said) == 2 and said[1] == "power off", said
    assert said[0].startswith("boot failed: root: mount /root.squashfs from /dev/loop0 as squashfs: "), said


def test_a_missing_module_is_named(entries, start, tmp_path):
    said = boot(start, tmp_path, without(entries, "ingot/modules/loop.ko"))
    assert said == ["module /ingot/modules/loop.ko: No such file or directory",
                    "boot failed: root: /dev/loop-control: No such file or directory", "power off"]


def test_emergency_without_a_root_ends_as_a_failed_boot(entries, start, tmp_path):
    """There is no shell in the initramfs."""
    said = boot(start, tmp_path, without(entries, "root.squashfs"), "ingot.emergency")
    assert said == ["boot failed: root: /root.squashfs: No such file or directory", "power off"]


def test_a_damaged_table_is_said_as_ever(entries, start, tmp_path):
    said = boot(start, tmp_path, [(n, f, b"not a table\n" if n == "ingot/table" else c) for n, f, c in entries])
    assert said == ["boot failed: /ingot/table: not a service table", "power off"]


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
def test_the_page_is_served_from_it_under_the_shipped_kernel():
    build.image("web")  # for its lock
    port = free_port()
    with run(rooted("web"), "-p", f"{port}:80") as g:
        g.wait_line(ANSWER.format(port), timeout=guest.BOOT_S)
        assert "nginx answers" in page(port)[1]
        g.process.send_signal(signal.SIGTERM)
        assert g.wait_end() == 0
