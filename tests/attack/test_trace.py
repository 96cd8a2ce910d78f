# SPDX-License-Identifier: MIT
"""`ingot trace`: what a service used in one run under QEMU, as lines for its file; --apply writes them there, and
nothing else of the file changes."""
import os
import re
import shutil
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import build  # noqa: E402

TRACED = """\
  wants:
    recipes: [busybox]
    # it reaches nobody, tries to, keeps a file that it cannot, and waits for good
    command: [/bin/sh, -c, "cat /etc/hosts; unshare -m true; touch /etc/x; wget -T 1 192.0.2.7:81; exec nc -l -p 8000"]
    network: {mode: machine}
    limits: {memory: 16M}   # of which it needs little
    seccomp: {allow: [ptrace], sockets: [unix, inet6]}
"""


@pytest.fixture(scope="module")
def traced():
    """The image file before and after, and what was printed."""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no QEMU on this host")
    text = (build.ROOT / "tests" / "attack" / "images" / "lacks.yml").read_text()
    text = text.replace("image: lacks", "image: traced")
    text = re.sub(r"(?ms)^  wants:.*?(?=^  beside:)", lambda _: TRACED, text)
    file = build.tree() / "images" / "traced.yml"
    file.write_text(text)
    file.chmod(0o640)
    done = build.ingot(*build.arguments("trace", "traced"), "wants", "--apply")
    assert done.returncode == 0, done.stderr
    return text, file, done.stdout


def test_what_a_service_used_is_printed(traced):
    out = traced[2]
    assert re.search("(?m)^limits: {memory: [1-8]M, pids: [2-4]}$", out)
    assert "\nseccomp: {allow: [ptrace], sockets: [unix, inet6, inet]}\n" in out, out
    assert "\n#   {address: 192.0.2.7, port: 81, protocol: tcp}\n" in out
    calls = out.split("# system calls that it made")[1].split("# refused")[0].split()
    assert {"openat", "execve", "listen", "accept"} & set(calls) >= {"execve", "listen"}
    assert re.search(r"(?m)^# refused for want of a privilege, whatever the filter \([0-9]+\):\n#   .*\bunshare\b", out)
    assert re.search(r"(?m)^#   r   /etc/hosts$", out)
    assert re.search(r"(?m)^#   x   /usr/bin/busybox$", out)
    assert re.search(r"(?m)^#   !   /etc/x: the root is read-only; ", out)
    assert ".ingot-probe" not in out and "/proc" not in out


def test_apply_writes_it_and_leaves_all_else(traced):
    before, file, out = traced
    limits = re.search("(?m)^limits: (.*)$", out).group(1)
    wanted = before.replace("limits: {memory: 16M}   # of", f"limits: {limits}   # of").replace(
        "[unix, inet6]", "[unix, inet6, inet]")
    assert file.read_text() == wanted
    assert file.stat().st_mode & 0o777 == 0o640
    assert not list(file.parent.glob("*.new"))
    assert build.ingot(*build.arguments("check", "traced")).returncode == 0


def test_a_service_that_does_not_start_is_said_so(traced):
    """Nothing is written of a run in which nothing was seen."""
    file = build.tree() / "images" / "traced-not.yml"
    file.write_text(traced[0].replace("image: traced", "image: traced-not").replace("[/bin/sh, -c", "[/usr/bin/id, -c")
                    .replace("recipes: [busybox]\n    # it", "replicas: 2\n    recipes: [busybox]\n    # it"))
    before = file.read_text()
    done = build.ingot(*build.arguments("trace", "traced-not"), "wants", "--apply")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "ingot: wants has replicas, and a trace is of one: write `replicas: 1` for it\n"
    assert file.read_text() == before
