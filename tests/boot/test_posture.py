# SPDX-License-Identifier: MIT
"""What surrounds a service on the shipped kernel, which has what User Mode Linux lacks: memory that is never written
and executable. The service's own program and what is executed in it later are held alike."""
import shutil

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
REFUSED = "Permission denied"


@pytest.fixture(scope="module")
def machine():
    build.image("posture")
    with guest.qemu([build.INGOT, *build.arguments("run", "posture"), "--shell"], "posture") as g:
        yield g.connect()


def gains(text):
    return dict(line.split(" ", 1) for line in text.splitlines())


def test_memory_that_was_written_is_never_executed(machine):
    done = gains(machine.exec_ok("held", "gain /tmp"))
    assert done["mmap"] == done["mprotect"] == REFUSED
    assert done["file"] == "Operation not permitted", "its folder is noexec"


def test_jit_loosens_memory_alone(machine):
    machine.until(f"cat /proc/{machine.main_pid('loose')}/root/tmp/gained", lambda text: "file" in text)
    for text in (machine.exec_ok("loose", "cat /tmp/gained"), machine.exec_ok("loose", "gain /tmp")):
        done = gains(text)
        assert done["mmap"] == done["mprotect"] == "ok"
        assert done["file"] == "Operation not permitted"
