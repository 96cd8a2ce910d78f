# SPDX-License-Identifier: MIT
"""What `ingot selftest` refuses before a machine boots, and that its variant lies beside what a build writes."""
import os
import sys

from cli_project import IMAGE

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import newc  # noqa: E402


def test_a_kernel_that_is_no_program_of_the_host(project):
    project.lock()
    result = project.ingot("selftest", "t.yml", "--machine", "uml", "-q")
    assert result.status == 1
    assert "kernel is no User Mode Linux: --machine uml is for images whose kernel recipe names one" in result.out
    assert (project.dir / "out/.selftest/t/initramfs.cpio.zst").exists()
    assert not (project.dir / "out/t").exists()


def test_what_a_probe_is_to_find_is_what_the_filter_decides(project):
    """Each call by its number and errno; what the file allows beyond the usual is told apart."""
    project.lock()
    more = 'seccomp: {allow: [ptrace], deny: [flock], sockets: [unix, packet]}\n    env: {A: "b\\nc"}\n    '
    project.write("t.yml", IMAGE.replace("limits:", more + "limits:"))
    project.ingot("selftest", "t.yml", "--machine", "uml", "-q")
    files = {name: (f["mode"], data) for name, f, data in newc.read(project.dir / "out/.selftest/t/initramfs.cpio.zst")}
    assert files["svc/web/.ingot-probe/setuid"][0] == 0o106555
    text = files["svc/web/.ingot-probe/expect"][1].decode().splitlines()
    assert {"granted 101 38", "denied 73 38", "denied 165 38", "denied 435 38", "denied 511 38"} <= set(text)
    assert not {"denied 101 38", "denied 0 38", "denied 1 38"} & set(text)
    assert {"families 20002", "usual-families 2", "route 0", "seccomp enforced", "env A=b?c"} <= set(text)


def test_an_image_with_nothing_to_test(project):
    project.write("t.yml", IMAGE.split("services:")[0])
    result = project.ingot("selftest", "t.yml", "--machine", "uml")
    assert result.status == 1 and result.out == ""
    assert result.lines == ["ingot: t.yml has no service and no job that could be tested"]


def test_what_run_and_test_have_no_such_machine(project):
    for verb in ("run", "test", "trace", "seccomp"):
        words = ("t.yml", "web") if verb in ("trace", "seccomp") else ("t.yml",)
        result = project.ingot(verb, *words, "--machine", "uml")
        assert result.status == 1 and "--machine is pc, q35 or microvm, not uml" in result.err, (verb, result)
