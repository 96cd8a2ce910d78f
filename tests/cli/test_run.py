# SPDX-License-Identifier: MIT
"""`ingot run` before anything boots: what cannot work is said at once, in one line, and nothing is built for it."""
import socket

import pytest

from cli_project import IMAGE


@pytest.fixture
def taken():
    """A TCP port of the loopback where somebody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        yield s.getsockname()[1]


@pytest.fixture
def qemu(project):
    """A PATH whose QEMU is there and is never started."""
    tool = project.write("bin/qemu-system-x86_64", "#!/bin/sh\nexit 1\n")
    tool.chmod(0o755)
    return {"PATH": str(tool.parent)}


def nothing_built(project):
    assert not (project.dir / "out").exists()
    assert not (project.dir / "t.lock").exists()


@pytest.mark.parametrize("path", ["", "/nonexistent", ":", "relative"])
def test_no_qemu(project, one_line, path):
    line = one_line(project.ingot("run", "t.yml", env={"PATH": path}))
    assert line == "ingot: no qemu-system-x86_64 on this host: install it (Debian: apt-get install qemu-system-x86)"
    nothing_built(project)


def test_a_port_that_is_taken(project, one_line, qemu, taken):
    line = one_line(project.ingot("run", "-p", f"{taken}:80", "t.yml", env=qemu))
    assert line.startswith(f"ingot: port {taken} of this host is taken: end what listens there, or choose another")
    assert " such as -p " in line
    nothing_built(project)


def test_a_port_of_the_file_that_is_taken(project, one_line, qemu, taken):
    """It was only said when everything had been built."""
    project.write("t.yml", IMAGE + f"run: {{forward: [{{host: {taken}, machine: 80}}]}}\n")
    line = one_line(project.ingot("run", "t.yml", env=qemu))
    assert line.startswith(f"ingot: port {taken} of this host is taken")
    nothing_built(project)


def test_a_udp_port_is_another_port(project, qemu, taken):
    result = project.ingot("run", "-p", f"{taken}:80/udp", "t.yml", env={"PATH": qemu["PATH"]})
    assert result.status == 1 and "is taken" not in result.err


def test_an_accelerator_that_is_none(project, one_line, qemu):
    line = one_line(project.ingot("run", "--accel", "warp", "t.yml", env=qemu))
    assert line == "ingot: --accel is kvm or tcg, not warp"
    nothing_built(project)


def test_errors_of_the_file_come_first(project):
    project.write("t.yml", IMAGE + "colour: red\n")
    result = project.ingot("run", "t.yml", env={"PATH": ""})
    assert result.status == 1
    assert result.lines == ["t.yml:12:1: unknown key `colour`", "ingot: 1 error; nothing was built"]


def test_a_qemu_that_fails_is_said(project, qemu):
    project.lock()
    result = project.ingot("run", "-q", "t.yml", env=qemu)
    assert result.status == 1
    assert result.lines[-1].startswith("ingot: qemu-system-x86_64 ended with status 1"), result
