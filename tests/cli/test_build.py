# SPDX-License-Identifier: MIT
"""`ingot build` and `show` with everything pinned and cached: offline, as anybody, with the same bytes whoever builds
where; all outputs or none; nothing rebuilt without need, and nothing old left; a poisoned cache, a missing one, a
mirror out of reach, a full or unwritable output each say one line that names what, where and the mend."""
import json
import os
import resource
import signal
import subprocess

import pytest

from cli_project import IMAGE

FILES = {"kernel", "initramfs.cpio.zst", "cmdline", "manifest.json", "build-record"}


def build(project, *args, **more):
    result = project.ingot("build", "-q", "t.yml", *args, **more)
    assert result.status == 0, result
    return result


def paths(project):
    manifest = json.loads(project.outputs()["manifest.json"])
    return {entry["path"]: entry for entry in manifest["paths"]}


def test_a_build_needs_neither_network_nor_apt(project):
    project.lock()
    result = build(project, env={"PATH": "/nonexistent"})
    assert result.out == "out/t: built\n" and result.err == ""
    outputs = project.outputs()
    assert set(outputs) == FILES
    assert outputs["kernel"] == b"a kernel\n" and outputs["cmdline"] == b"console=ttyS0\n"
    assert outputs["initramfs.cpio.zst"].startswith(b"\x28\xb5\x2f\xfd")


def test_the_manifest_tells_where_each_path_came_from(project):
    project.lock()
    build(project)
    held = paths(project)
    assert held["/etc/motd"]["origin"] == "t.yml:4"
    assert held["/svc/web/bin"]["type"] == "symlink"
    assert held["/svc/web/usr/bin/prog"]["mode"] == "0755"
    assert held["/svc/web/usr/bin/prog"]["origin"] == "t.yml:8"
    assert held["/init"]["origin"] == "ingot"
    assert all(entry["uid"] == 0 for entry in held.values())


def test_show_prints_the_table(project):
    project.lock()
    result = project.ingot("show", "-q", "t.yml")
    assert result.status == 0 and result.err == ""
    assert "  web:\n    kind: service\n    root: /svc/web\n    command: /bin/prog -x\n" in result.out
    assert not (project.dir / "out" / "t").exists()


def test_without_a_change_nothing_is_written(project):
    project.lock()
    build(project)
    before = {name: os.stat(project.dir / "out" / "t" / name).st_mtime_ns for name in FILES}
    os.utime(project.dir / "prog")
    os.utime(project.dir / "t.yml")
    assert build(project).out == "out/t: up to date\n"
    assert before == {name: os.stat(project.dir / "out" / "t" / name).st_mtime_ns for name in FILES}


def test_what_is_removed_is_gone(project):
    project.lock()
    build(project)
    assert "/etc/motd" in paths(project)
    project.write("t.yml", IMAGE.replace("/etc/motd", "/etc/issue"))
    assert build(project).out == "out/t: built\n"
    assert "/etc/motd" not in paths(project) and "/etc/issue" in paths(project)


def test_a_missing_output_is_made_again(project):
    project.lock()
    build(project)
    before = project.outputs()
    for name in FILES:
        (project.dir / "out" / "t" / name).unlink()
        assert build(project).out == "out/t: built\n", name
        assert project.outputs() == before


def test_a_damaged_output_is_made_again(project):
    project.lock()
    build(project)
    before = project.outputs()
    for name in FILES:
        with open(project.dir / "out" / "t" / name, "ab") as file:
            file.write(b"more")
        assert build(project).out == "out/t: built\n", name
        assert project.outputs() == before


# ---- the same bytes ----

VARIATIONS = {
    "umask": dict(preexec_fn=lambda: os.umask(0o077)),
    "time zone and locale": dict(env={"TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8"}),
    "home and user": dict(env={"HOME": "/tmp", "USER": "somebody", "LOGNAME": "somebody"}),
    "one processor": dict(preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})),
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_same_bytes_with_another(project, name):
    project.lock()
    build(project)
    first = project.outputs()
    build(project, "-o", "other", **VARIATIONS[name])
    (project.dir / "out" / "t").rename(project.dir / "first")
    (project.dir / "other" / "t").rename(project.dir / "out" / "t")
    assert project.outputs() == first


def test_same_bytes_elsewhere_from_younger_files(project, tmp_path):
    from cli_project import Project
    project.lock()
    build(project)
    (tmp_path / "a longer way").mkdir()
    elsewhere = Project(tmp_path / "a longer way")
    elsewhere.lock()
    for file in elsewhere.dir.rglob("*"):
        os.utime(file, (10**9, 10**9))
    (elsewhere.dir / "prog").chmod(0o600)
    build(elsewhere)
    assert elsewhere.outputs() == project.outputs()


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def test_same_bytes_from_another_folder(project):
    project.lock()
    build(project)
    first = project.outputs()
    (project.dir / "out" / "t").rename(project.dir / "first")
    inside = project.dir / "inside"
    inside.mkdir()
    for image in ("../t.yml", str(project.dir / "t.yml")):
        result = project.ingot("build", "-q", image, "-o", "../out", "--cache", "../out/.cache", cwd=inside)
        assert result.status == 0, result
        assert project.outputs() == first
        (project.dir / "out" / "t").rename(project.dir / f"again {len(image)}")


@pytest.mark.needs_user
def test_same_bytes_as_an_ordinary_user(open_project):
    open_project.lock()
    build(open_project)
    first = open_project.outputs()
    (open_project.dir / "out" / "t").rename(open_project.dir / "first")
    subprocess.run(["chown", "-R", "65534:65534", str(open_project.dir)], check=True)
    build(open_project, wrap=NOBODY)
    assert open_project.outputs() == first


# ---- failures ----

def refused(project):
    """The lines of a build that must fail, without the closing count, which must be right."""
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 1 and result.out == "", result
    *errors, last = result.lines
    assert last == f"ingot: {len(errors)} error{'' if len(errors) == 1 else 's'}; nothing was built", result
    return errors


def assert_none(project):
    """No output, whole or half, and no temporary file."""
    folder = project.dir / "out" / "t"
    assert not folder.exists() or not list(folder.iterdir())


def test_a_lock_that_is_wrong(project):
    project.lock()
    project.write("t.lock", "lock: 9\n")
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 1 and result.out == ""
    assert "t.lock:1:7: `lock` must be between 1 and 2, not 9" in result.lines
    assert "t.lock: the lock is wrong: mend it, or delete it to resolve anew" in result.lines
    assert_none(project)


def test_a_poisoned_cache_is_seen(project, one_line):
    blob = project.lock()
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(data)
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert "no longer holds the bytes it held" in line or "damaged" in line, line
    assert_none(project)


def test_a_cold_cache_without_apt_says_so(project, one_line):
    project.lock().unlink()
    line = one_line(project.ingot("build", "-q", "t.yml", env={"PATH": "/nonexistent"}))
    assert "this machine has no apt (" in line and "install it" in line, line
    assert_none(project)


@pytest.mark.needs_namespace
def test_no_mirror_in_reach(project, one_line):
    line = one_line(project.ingot("build", "-q", "t.yml", wrap=["unshare", "-n"]))
    assert line.startswith("ingot: ./recipes/kern.yml:2: cannot reach the package mirror: "), line
    assert "check the network" in line
    assert_none(project)
    assert not (project.dir / "t.lock").exists()


def test_two_sources_for_one_path(project, one_line):
    project.lock()
    more = '  - text: {content: other, to: /etc/motd}\n'
    project.write("t.yml", IMAGE.replace("services:", more + "services:"))
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert "/etc/motd: there are two sources for it: t.yml:4 and t.yml:5 (write `override: true`" in line
    assert_none(project)
    project.write("t.yml", IMAGE.replace("services:", more.replace("- ", "- override: true\n    ") + "services:"))
    build(project)
    assert paths(project)["/etc/motd"]["origin"] == "t.yml:5"


def test_a_command_that_is_not_there(project):
    project.lock()
    project.write("t.yml", IMAGE.replace("[/bin/prog", "[/bin/gorp"))
    assert refused(project) == ["t.yml:10:15: no /bin/gorp in the root of `web`: which recipe brings it?"]
    assert_none(project)


def test_a_command_that_cannot_be_executed(project):
    project.lock()
    project.write("t.yml", IMAGE.replace(", mode: 0755", ""))
    assert refused(project) == ["t.yml:10:15: /bin/prog in the root of `web` is not executable: give it `mode: 0755`"]
    assert_none(project)


def test_an_output_that_is_no_folder(project, one_line):
    project.lock()
    project.write("file", "")
    line = one_line(project.ingot("build", "-q", "-o", "file", "t.yml"))
    assert line == "ingot: cannot make the folder file/t: Not a directory"


@pytest.mark.needs_user
def test_an_output_that_cannot_be_written(open_project, one_line):
    open_project.lock()
    open_project.ingot("lock", "-q", "t.yml")  # nothing is left to be written there
    (open_project.dir / "closed").mkdir()
    subprocess.run(["chown", "-R", "65534", str(open_project.dir / "out")], check=True)
    line = one_line(open_project.ingot("build", "-q", "-o", "closed", "t.yml", wrap=NOBODY))
    assert line == "ingot: cannot make the folder closed/t: Permission denied"


def full_disk():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_no_room_leaves_what_was_there(project, one_line):
    project.lock()
    build(project)
    before = project.outputs()
    project.write("t.yml", IMAGE.replace("hello", "other"))
    line = one_line(project.ingot("build", "-q", "t.yml", preexec_fn=full_disk))
    assert "cannot write" in line and "File too large" in line, line
    assert project.outputs() == before


def test_no_room_for_a_first_build_leaves_nothing(project, one_line):
    project.lock()
    project.ingot("show", "-q", "t.yml")  # the cache is filled
    line = one_line(project.ingot("build", "-q", "t.yml", preexec_fn=full_disk))
    assert "cannot write" in line, line
    assert_none(project)


def test_progress_is_lines_without_a_terminal(project):
    project.lock()
    result = project.ingot("build", "t.yml", env={"TERM": "xterm"})
    assert result.status == 0 and "\r" not in result.err and "\x1b" not in result.err
    assert result.err.splitlines()
