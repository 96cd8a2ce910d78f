# SPDX-License-Identifier: MIT
"""`ingot plan`: what a build would do, before anything is fetched: units in start order, each root's sources with their
places, what the lock pins, and what would have to be resolved or downloaded. It writes nothing."""
import json

import pytest

from cli_project import IMAGE, RECIPE

MORE = IMAGE.replace("command:", "needs: [first]\n    command:") + """\
  first: {command: [/bin/prog], limits: {memory: 8M}, sources: [{override: true, file: {path: prog, to: /bin/prog}}]}
jobs:
  job: {command: [/bin/prog], limits: {memory: 8M}, schedule: {every: 90s}, sources: [{debian: {packages: [a, b]}}]}
"""


def files(project):
    return sorted(path for path in project.dir.rglob("*") if path.is_file())


def plan(project, *args):
    before = files(project)
    result = project.ingot("plan", "t.yml", *args, env={"PATH": "/nonexistent"})
    assert result.status == 0 and result.err == "", result
    assert files(project) == before
    return result.out


def test_what_is_not_pinned_must_be_resolved(project):
    out = plan(project)
    assert "kernel: linux-image-test  # recipes/kern.yml:2\n       not pinned: to be resolved\n" in out
    assert out.endswith("to fetch: 1 of 1 requests must be resolved first, their sizes are not known\n")


def test_what_is_pinned_and_missing_must_be_downloaded(project):
    blob = project.lock()
    size = blob.stat().st_size
    assert "       pinned: 1 package, " in plan(project) and plan(project).endswith("to fetch: nothing\n")
    blob.write_bytes(blob.read_bytes()[1:])  # one of another size is not the one
    assert plan(project).endswith(f"to fetch: 1 package, {size} bytes\n")
    blob.unlink()
    assert plan(project).endswith(f"to fetch: 1 package, {size} bytes\n")
    fetch = json.loads(plan(project, "--json"))["fetch"]
    assert fetch == {"requests": 1, "unresolved": 0, "packages": 1, "bytes": size}


def test_units_stand_in_start_order_with_their_sources(project):
    project.write("t.yml", MORE)
    out = plan(project)
    assert out.index("  first: service") < out.index("  job: job") < out.index("  web: service")
    assert "  web: service, user web (uid 10000, gid 10000), root /svc/web, needs first\n" in out
    assert '    1. text {content: "hello\\n", to: /etc/motd}  # t.yml:4\n' in out
    assert "    1. file {path: prog, to: /bin/prog}, override  # t.yml:13\n" in out
    assert "    1. debian {packages: [a, b]}  # t.yml:15\n       not pinned: to be resolved\n" in out
    assert "    initramfs: initramfs.cpio.zst, level 15\n" in out


def test_json_tells_the_same(project):
    project.lock()
    project.write("t.yml", MORE.replace("hello", "x" * 100))
    assert '    1. text {content: "' + "x" * 48 + '...", to' in plan(project)  # a long text is cut for people alone
    told = json.loads(plan(project, "--json"))
    assert [unit["name"] for unit in told["units"]] == ["first", "job", "web"]
    assert told["units"][2]["needs"] == ["first"] and told["units"][2]["uid"] == 10000
    assert told["units"][0]["sources"] == [{"kind": "file", "origin": "t.yml:13", "override": True,
                                            "value": {"path": "prog", "to": "/bin/prog"}}]
    assert told["units"][1]["sources"][0]["pins"] is None
    assert told["machine"]["sources"][0]["value"]["content"] == "x" * 100 + "\n"
    pin = told["kernel"]["pins"][0]
    assert pin["name"] == "linux-image-test" and pin["version"] == "1" and pin["cached"] is True
    assert told["outputs"] == [{"kind": "initramfs", "file": "out/t/initramfs.cpio.zst", "level": 15}]


def test_a_file_that_is_wrong_has_no_plan(project):
    project.write("t.lock", "lock: 9\n")
    result = project.ingot("plan", "t.yml")
    assert result.status == 1 and result.out == "" and "t.lock:1:7: " in result.err


@pytest.mark.parametrize("service,image,without", [
    ("", "", True),
    ("seccomp: {sockets: [unix]}", "", True),
    ("network: {mode: machine}", "", False),
    ("network: {mode: private}", "", False),
    ("listen: [{address: 127.0.0.1, port: 80}]", "", False),
    ("seccomp: {sockets: [unix, inet6]}", "", False),
    ("seccomp: {mode: audit}", "", False),
    ("", "network: {links: [{address: 10.0.2.15}]}", False),
])
def test_the_kernel_is_told_that_nothing_has_a_network(project, service, image, without):
    """Before the image's own words, which so may take it back."""
    project.write("recipes/kern.yml", RECIPE.replace("cmdline:", "without-network: [ipv6.disable=1], cmdline:"))
    text = IMAGE.replace("command:", f"{service}\n    command:").replace("kern}", "kern, cmdline: [own]}")
    project.write("t.yml", f"{text}\n{image}\n")
    words = "console=ttyS0 ipv6.disable=1 own" if without else "console=ttyS0 own"
    assert f"command line: {words}\n" in plan(project)
