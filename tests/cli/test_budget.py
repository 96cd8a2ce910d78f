# SPDX-License-Identifier: MIT
"""`budget`: an image that comes out too large is refused with the sizes, and nothing of it is written (case 29); so is
one that the machine's memory cannot hold, before anybody boots it (case 17)."""
import json
import re
import struct
import subprocess

import pytest

from cli_project import IMAGE, INGOT

MIB = 1 << 20


def bzimage(memory):
    """The head of a kernel that says how much memory it needs."""
    head = bytearray(4096)
    head[0x202:0x208] = b"HdrS" + struct.pack("<H", 0x20f)
    head[0x260:0x264] = struct.pack("<I", memory)
    return bytes(head)


def build(project, budget="", big=0, kernel=b"a kernel\n"):
    """An image with a file of so many random-looking bytes, so that they do not compress."""
    project.lock(kernel=kernel)
    project.write("big", bytes((i * 2654435761 >> 13) & 0xff for i in range(4096)) * (big // 4096))
    image = IMAGE + (f"budget: {{{budget}}}\n" if budget else "")
    project.write("t.yml", image.replace("services:", "  - file: {path: big, to: /big}\nservices:"))
    return project.ingot("build", "-q", "t.yml")


def refused(result):
    assert result.status == 1 and result.out == "", result
    *errors, last = result.lines
    assert last.endswith("; nothing was built") and all(line.startswith("t.yml:13:") for line in errors), result
    return errors


def test_an_image_above_its_budget_is_not_written(project):
    lines = refused(build(project, "image: 32K"))
    assert len(lines) == 1
    assert lines[0].startswith("t.yml:13:17: the kernel (0.1M) and initramfs.cpio.zst (0.")
    assert "more than budget.image; the largest parts, unpacked: ingot 0." in lines[0]
    assert not list((project.dir / "out" / "t").iterdir())


def test_an_image_within_its_budget(project):
    assert build(project, "image: 2M").status == 0


def test_what_is_there_already_is_held_against_a_new_budget(project):
    assert build(project).status == 0
    before = project.outputs()
    assert len(refused(build(project, "image: 32K"))) == 1
    assert project.outputs() == before, "the build before is still whole"


def test_a_kernel_that_does_not_fit_into_the_memory(project):
    lines = refused(build(project, "memory: 64M", kernel=bzimage(56 * MIB)))
    assert len(lines) == 1
    assert lines[0].startswith("t.yml:13:18: the machine cannot boot with 64.0M (budget.memory): the kernel takes "
                               "50.4M, the initramfs 0.")
    assert lines[0].endswith(": it needs 72.4M") or lines[0].endswith(": it needs 72.3M"), lines
    assert not list((project.dir / "out" / "t").iterdir())
    assert build(project, "memory: 73M", kernel=bzimage(56 * MIB)).status == 0


def test_files_that_do_not_fit_while_they_are_unpacked(project):
    """They may fill half of what is left beside the kernel; the archive of zeros takes next to nothing."""
    kernel = bzimage(40 * MIB)
    lines = refused(build(project, "memory: 72M", big=20 * MIB, kernel=kernel))
    assert len(lines) == 1 and "and its 20." in lines[0] and ": it needs 7" in lines[0], lines
    assert build(project, "memory: 80M", big=20 * MIB, kernel=kernel).status == 0


def test_the_limits_must_fit_beside_the_kernel_and_the_files(project):
    kernel = bzimage(40 * MIB)
    assert build(project, "memory: 68M", big=15 * MIB, kernel=kernel).status == 0
    image = (project.dir / "t.yml").read_text().replace("memory: 8M", "memory: 24M")
    project.write("t.yml", image)
    lines = refused(project.ingot("build", "-q", "t.yml"))
    assert len(lines) == 1
    assert lines[0].startswith("t.yml:13:18: the kernel (36.0M), the image's files in memory (15.")
    assert "and the services' memory limits (24.0M) come to 7" in lines[0]
    assert lines[0].endswith("M, the machine has 68.0M (budget.memory)")


@pytest.mark.parametrize("links, status", [("", 0), ("network: {links: [{dhcp: true}]}\n", 1)])
def test_the_dhcp_client_counts(project, links, status):
    text = IMAGE.replace("memory: 8M", "memory: 24M") + "budget: {memory: 32M}\n" + links
    project.write("t.yml", text)
    result = project.ingot("check", "t.yml")
    assert result.status == status, result
    if status:
        assert result.lines[0] == ("t.yml:12:18: the services' memory limits with the DHCP client's 16M add up to "
                                   "40960K, the machine has 32768K (budget.memory)")


def test_a_service_that_is_more_exposed_than_the_budget(project):
    text = IMAGE.replace("limits: {memory: 8M}", """limits: {memory: 8M}
    network: {mode: machine}
    seccomp: {allow: [mount]}""") + "budget: {score: 0.7}\n"
    text = text.replace("services:\n", """services:
  shut:
    sources: [{file: {path: prog, to: /bin/prog, mode: 0755}}]
    command: [/bin/prog]
    limits: {memory: 8M}
    replicas: 3
""")
    project.write("t.yml", text)
    project.lock()
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 1 and len(result.lines) == 2, result
    assert re.fullmatch(r"t.yml:19:17: `web` scores 1\.[0-9], more than budget.score: it shares the machine's network: "
                        r"network.mode \+0.5, it may make Internet sockets: seccomp.sockets \+0.3, .*", result.lines[0])
    scores = {s["name"]: s for s in json.loads(project.ingot("score", "-q", "--json", "t.yml").out)["services"]}
    web, shut = scores["web"]["score_tenths"], scores["shut@2"]["score_tenths"]
    project.write("t.yml", text.replace("0.7", f"{web // 10}.{web % 10}"))
    assert project.ingot("build", "-q", "t.yml").status == 0
    project.write("t.yml", text.replace("0.7", "0.0"))
    told = project.ingot("build", "-q", "t.yml").lines
    assert len(told) == (3 if shut else 2) and not any("shut@2" in line for line in told), "one for all replicas"


def test_a_score_is_told_of_a_table_as_of_its_image(project):
    project.lock()
    (project.dir / "table").write_bytes(subprocess.run(
        [str(INGOT), "table", "-q", "t.yml", "--cache", "out/.cache"], cwd=project.dir, stdout=subprocess.PIPE,
        check=True).stdout)
    of_image = project.ingot("score", "-q", "t.yml", "web").out
    assert of_image.startswith("web: 0.") and "  yes   memory and processes are limited\n" in of_image
    assert project.ingot("score", "table").out == of_image


@pytest.mark.parametrize("args, says", [
    (["score", "-q", "t.yml", "wbe"], "ingot: no service or job is called wbe"),
    (["score", "-q", "short"], "ingot: not a service table"),
])
def test_what_has_no_score(project, one_line, args, says):
    project.lock()
    project.write("short", b"INGOTTBL")
    assert one_line(project.ingot(*args)).startswith(says)
