# SPDX-License-Identifier: MIT
"""`ingot table`: the very table that the image holds, on standard output."""
import hashlib
import json
import os
import pty
import subprocess

from cli_project import INGOT


def table(project, **how):
    """The same as project.ingot, in bytes and with any standard output."""
    return subprocess.run([INGOT, "table", "-q", "t.yml"], cwd=project.dir, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]}, timeout=120, **how)


def test_the_table_is_the_one_in_the_image(project):
    project.lock()
    assert project.ingot("build", "-q", "t.yml").status == 0
    done = table(project, stdout=subprocess.PIPE)
    assert done.returncode == 0 and done.stderr == b""
    assert done.stdout.startswith(b"INGOTTBL")
    held = {entry["path"]: entry for entry in json.loads(project.outputs()["manifest.json"])["paths"]}
    assert hashlib.sha256(done.stdout).hexdigest() == held["/ingot/table"]["sha256"]


def test_a_terminal_gets_no_table(project):
    project.lock()
    ours, theirs = pty.openpty()
    done = table(project, stdout=theirs)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert done.stderr == b"ingot: a table is no text: say where it shall go, as in ingot table t.yml >FILE\n"


def test_a_full_disk_is_said(project):
    project.lock()
    with open("/dev/full", "wb") as full:
        done = table(project, stdout=full)
    assert done.returncode == 1 and b"No space left on device" in done.stderr
