# SPDX-License-Identifier: MIT
"""docs/walk.md, command by command as it stands there, on the shipped image under QEMU."""
import os
import re
import shutil
import subprocess
import time

import pytest

import build
import guest
from test_qemu import free_port

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
PROMPTS = ("$ ", "# ", "/ $ ")
RETRY_S = 60  # what changes by itself is asked for again for so long


def steps(text):
    """(prompt, command, the lines that it is said to print), in their order."""
    found = []
    for line in text.splitlines():
        if not line.startswith("    "):
            continue
        prompt = next((p for p in PROMPTS if line[4:].startswith(p)), None)
        # some commands print comments
        if prompt and not re.match(r"# (What loosens|services\.)", line[4:]):
            found.append((prompt, line[4 + len(prompt):], []))
        else:
            found[-1][2].append(line[4:])
    return found


def pattern(line):
    return re.escape(line).replace(r"\.\.\.", ".*")


def missing(wanted, said):
    """The first line that is not said behind the one before it."""
    left = iter(said)
    for line in wanted:
        if not any(re.fullmatch(pattern(line), seen.rstrip()) for seen in left):
            return line
    return None


class Walker:
    def __init__(self, port, folder):
        self.port, self.folder, self.machine = port, folder, None
        self.env = {**os.environ, "INGOT_CACHE": str(build.CACHE)}

    def begin(self, command, wanted):
        self.machine = guest.Guest(["/bin/sh", "-c", f"cd {self.folder} && exec {command}"], "web", env=self.env)
        for line in wanted:
            self.machine.wait_line(f"^{pattern(line)}$", timeout=build.BUILD_S)
        self.machine.connect()

    def host(self, command):
        done = subprocess.run(command, shell=True, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
        return done.stdout.splitlines()

    def ask(self, run, command, wanted):
        deadline = time.monotonic() + RETRY_S
        while True:
            said = run(command)
            if missing(wanted, said) is None:
                return
            assert time.monotonic() < deadline and wanted, f"{command}\nwanted: {missing(wanted, said)}\nsaid: {said}"


def test_the_walk(top):
    """isolation case 40"""
    port = str(free_port())
    folder = build.tree()
    if not (folder / "build").exists():
        (folder / "build").symlink_to(build.ROOT / "build")
    walk = Walker(port, folder)
    todo = steps((top / "docs" / "walk.md").read_text().replace("8080", port))
    assert len(todo) > 25 and todo[0][1].startswith("build/ingot run images/web.yml ")
    try:
        walk.begin(todo[0][1], todo[0][2])
        m = walk.machine
        at = 1
        while at < len(todo):
            prompt, command, wanted = todo[at]
            at += 1
            if prompt == "$ ":
                walk.ask(walk.host, command, wanted)
            elif command == "ingotctl poweroff":
                m.send(command + "\n")
                assert m.wait_end() == 0
            elif command.startswith("ingotctl exec") and at < len(todo) and todo[at][0] == "/ $ ":
                typed = []
                while at < len(todo) and todo[at][0] == "/ $ ":
                    typed.append(todo[at][1])
                    wanted = wanted + todo[at][2]
                    at += 1
                keys = "\n".join(typed).replace("'", "'\\''")
                walk.ask(lambda c: m.run(f"printf '%s\\n' '{keys}' | {c}").out.splitlines(), command, wanted)
            else:
                walk.ask(lambda c: m.run(c).out.splitlines(), command, wanted)
    finally:
        if walk.machine:
            walk.machine.stop()
