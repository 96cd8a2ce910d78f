# SPDX-License-Identifier: MIT
"""Boots that go wrong and the kernel command line's words, held against ingot-init(8): one clear line and power-off, a
shell where it is asked for and nowhere else. The images are damaged here, entry by entry."""
import json
import stat

import pytest

import build
import newc

TABLE = "ingot/table"


@pytest.fixture
def entries():
    return newc.read(build.image("end") / "initramfs.cpio.zst")


@pytest.fixture
def boot(start, tmp_path):
    """Boots changed entries without a shell; returns PID 1's lines after the machine's end."""
    def boot(changed, words=""):
        path = tmp_path / "initramfs"
        newc.write(path, changed)
        with start(str(path.absolute()), words, panic=0) as g:
            assert g.wait_end(timeout=30) == 0
            return g.said()

    return boot


def replace(entries, name, change):
    """The same entries with one content changed, or without it where change gives None."""
    assert [n for n, _, _ in entries].count(name) == 1
    changed = [(n, f, change(c) if n == name else c) for n, f, c in entries]
    return [e for e in changed if e[2] is not None]


def test_a_missing_table_is_one_line_and_power_off(entries, boot):
    assert boot(replace(entries, TABLE, lambda _: None)) == \
        ["boot failed: /ingot/table: No such file or directory", "power off"]


@pytest.mark.parametrize("what,change", (
    ("one letter of a path, which only the checksum tells", lambda c: c.replace(b"\0/data\0", b"\0/tata\0")),
    ("one bit", lambda c: c[:len(c) // 2] + bytes([c[len(c) // 2] ^ 1]) + c[len(c) // 2 + 1:]),
    ("cut short", lambda c: c[:-8]),
    ("a header alone", lambda c: c[:16]),
    ("zeros", lambda c: bytes(len(c))),
    ("text", lambda c: b"not a table\n")))
def test_a_damaged_table_is_one_line_and_power_off(entries, boot, what, change):
    """init case 45"""
    said = boot(replace(entries, TABLE, change))
    assert len(said) == 2 and said[1] == "power off", what
    assert said[0].startswith("boot failed: /ingot/table: ")


def test_an_empty_table(entries, boot):
    assert boot(replace(entries, TABLE, lambda _: b"")) == ["boot failed: /ingot/table: it has 0 bytes", "power off"]


def test_a_missing_stub(entries, boot):
    said = boot(replace(entries, "ingot/stub", lambda _: None))
    assert said == ["boot failed: /ingot/stub: No such file or directory", "power off"]


def test_no_shell_without_the_word(start):
    """What is typed comes back as the terminal's echo and changes nothing."""
    with start("end", words="") as g:
        g.wait_line("^ingot: 2 services ready")
        mark = g.mark()
        g.send("\n\necho here-i-am\n\nkill -TERM 1\n")
        with pytest.raises(AssertionError, match="no line"):
            g.wait_line("^ingot: power off|^here-i-am$|# ", since=mark, timeout=1)


def test_emergency_is_a_shell_and_no_services(start):
    with start("end", "ingot.emergency") as g:
        g.connect()
        g.wait_line("^ingot: emergency: a shell, no services$")
        assert g.ok("cat /proc/1/comm") == "init"
        assert g.run("pgrep ingot-stub").status == 1
        g.send("kill -TERM 1\n")
        assert g.wait_end() == 0
        assert g.said()[-1] == "power off"


def test_emergency_with_a_damaged_table(entries, start, tmp_path):
    path = tmp_path / "initramfs"
    newc.write(path, replace(entries, TABLE, lambda _: b"not a table\n"))
    with start(str(path.absolute()), "ingot.emergency") as g:
        g.connect()
        g.wait_line("^ingot: /ingot/table: ")
        g.send("ingotctl poweroff\n")
        assert g.wait_end() == 0


def test_quiet_says_failures_only(start):
    with start("end", "ingot.shell ingot.quiet") as g:
        g.connect()
        g.until_service("plain", lambda s: s["state"] == "up")
        assert g.said() == []
        g.ok("kill -9 $(pgrep -P $(ingotctl status plain --json | sed -n 's/.*\"pid\": \\([0-9]*\\).*/\\1/p'))")
        g.wait_line("^ingot: service plain: signal 9 ")


def test_log_on_the_console(start):
    with start("end", "ingot.log=console") as g:
        g.wait_line("^deaf: up$")


def test_what_was_written_before_a_boot_is_over_is_not_lost_with_it(start):
    """ingot-log begins once nothing is launched any more; an end that comes before begins it too."""
    with start("last-words", "ingot.log=console") as g:
        assert g.wait_end() == 0
        assert "fatal: last words" in g.lines


def test_unknown_word_is_said(start):
    with start("end", "ingot.shel") as g:
        g.wait_line("^ingot: kernel command line: no such word: ingot.shel$")
        g.wait_line("^ingot: 2 services ready")


def test_a_missing_mountpoint_names_the_step_and_the_path(entries, start, tmp_path):
    path = tmp_path / "initramfs"
    newc.write(path, [e for e in entries if e[0] != "svc/plain/data"])
    with start(str(path.absolute())) as g:
        g.wait_line("^ingot: service plain: step mount /data: No such file or directory; restart in [0-9]+ ms$")


def test_a_mountpoint_that_is_a_symbolic_link_is_not_followed(entries, start, tmp_path):
    path = tmp_path / "initramfs"
    changed = [e if e[0] != "svc/plain/data" else
               (e[0], {**e[1], "mode": stat.S_IFLNK | 0o777, "nlink": 1}, b"/tmp") for e in entries]
    newc.write(path, changed)
    with start(str(path.absolute())) as g:
        g.wait_line("^ingot: service plain: step mount /data: ")


def test_a_program_that_is_gone(entries, start, tmp_path):
    """init case 1"""
    path = tmp_path / "initramfs"
    names = [e for e in entries if e[0] == "svc/plain/bin/sleep" or e[0] == "svc/plain/usr/bin/sleep"]
    assert len(names) == 1
    newc.write(path, [e for e in entries if e is not names[0]])
    with start(str(path.absolute())) as g:
        g.wait_line("^ingot: service plain: step exec /bin/sleep: No such file or directory; restart in [0-9]+ ms$")


def test_a_program_that_may_not_be_executed(entries, start, tmp_path):
    """init case 1"""
    path = tmp_path / "initramfs"
    fields = {"mode": stat.S_IFREG | 0o644, "nlink": 1, "ino": 999999}
    newc.write(path, [e if not e[0].endswith("svc/plain/usr/bin/sleep") else (e[0], fields, b"#!/bin/sh\n")
                      for e in entries])
    with start(str(path.absolute())) as g:
        g.wait_line("^ingot: service plain: step exec /bin/sleep: Permission denied; restart in [0-9]+ ms$")


def test_a_kernel_without_what_the_image_requires_is_refused_by_name(start):
    """isolation case 36"""
    with start("lacking", "", panic=0) as g:
        assert g.wait_end(timeout=30) == 0
        assert g.said() == ["boot failed: the image requires what this kernel lacks: landlock", "power off"]


def test_what_a_kernel_lacks_of_the_best_is_said_and_shown(start):
    """isolation case 36, of what is not required"""
    with start("end") as g:
        g.connect()
        lacks = json.loads(g.ok("ingotctl status --json"))["lacks"]
        assert {"landlock", "mdwe", "memfd-noexec"} <= set(lacks)
        assert g.ok("ingotctl status").startswith(f"the kernel lacks: {', '.join(lacks)}\n\n")
        assert f"this kernel lacks {', '.join(lacks)}: services are held without" in g.said()
