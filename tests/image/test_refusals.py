# SPDX-License-Identifier: MIT
"""What a build refuses, in one clear line and with status 1, and what it leaves behind where it is interrupted: the
lock is honoured, mountpoints and commands are checked, no half-written file has its final name."""
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import build


def refused(done, pattern):
    assert done.returncode == 1
    assert re.fullmatch(pattern + "\n", done.stderr), done.stderr
    assert done.stdout == ""


def test_a_digest_that_was_altered_in_the_lock(project):
    text = project.lock.read_text()
    digest = re.search("sha256: ([0-9a-f]{64})", text).group(1)
    project.lock.write_text(text.replace(digest, "0" * 64))
    refused(project.build(), "ingot: .*user-mode-linux.*")
    assert not (project.out / "small").exists() or not os.listdir(project.out / "small")


def test_a_version_that_the_mirror_does_not_have(project):
    text = re.sub('version: "[^"]*"', 'version: "0.0-0"', project.lock.read_text())
    project.lock.write_text(re.sub("sha256: [0-9a-f]{64}", "sha256: " + "1" * 64, text))
    done = project.build()
    refused(done, "ingot: .*user-mode-linux.*0\\.0-0.*")
    assert "`ingot lock --update IMAGE.yml`" in done.stderr, "it says the mend"


def test_a_lock_that_cannot_be_read(project):
    project.lock.write_text("lock: 1\nrequests: [")
    done = project.build()
    assert done.returncode == 1
    assert done.stderr.startswith(f"{project.lock}:")


def test_a_changed_request_is_resolved_anew_and_the_rest_of_the_lock_stays(project):
    before = project.lock.read_text()
    project.built()
    assert project.lock.read_text() == before


def test_a_mountpoint_that_is_a_symbolic_link(project):
    """Case 7 and isolation case 15: nothing is followed or made at run time."""
    project.write("      - link: {target: /elsewhere, to: /data}\n      - dir: {to: /elsewhere}\n"
                  "    state: [{path: /data, size: 64K}]\n")
    refused(project.build(), "ingot: /svc/site/data must be a real folder, .* /svc/site/elsewhere by a symbolic link")


@pytest.mark.parametrize("point", ("proc", "dev", "tmp", "run"))
def test_a_root_whose_own_mountpoint_is_a_symbolic_link(project, point):
    """isolation case 15"""
    project.write(f"      - dir: {{to: /elsewhere}}\n      - link: {{target: elsewhere, to: /{point}}}\n")
    refused(project.build(), f"ingot: /svc/site/{point} must be a real folder, .*")


def test_a_mountpoint_below_a_symbolic_link(project):
    project.write("      - dir: {to: /elsewhere}\n      - link: {target: elsewhere, to: /srv}\n"
                  "    state: [{path: /srv/data, size: 64K}]\n")
    refused(project.build(), "ingot: /svc/site/srv/data must be a real folder, .*")


def test_a_mountpoint_that_is_a_file(project):
    project.write("      - text: {content: x, to: /data}\n    state: [{path: /data, size: 64K}]\n")
    refused(project.build(), "ingot: .*/svc/site/data.*")


def test_a_command_that_is_not_in_the_root(project):
    project.file.write_text(project.file.read_text().replace("/bin/sleep", "/bin/no-such"))
    refused(project.build(), r".*small\.yml:[0-9]+:[0-9]+: no /bin/no-such in the root of `site`: "
            r"which recipe brings it\?"
            "\ningot: 1 error; nothing was built")


def test_a_command_that_is_not_executable(project):
    project.write("      - text: {content: '#!/bin/sh', to: /app}\n")
    project.file.write_text(project.file.read_text().replace("/bin/sleep", "/app"))
    refused(project.build(), ".*: /app in the root of `site` is not executable: give it `mode: 0755`"
            "\ningot: 1 error; nothing was built")


def test_a_library_that_a_recipe_dropped(project):
    """Case 4, with a package that nobody here made: nginx without its PCRE."""
    recipe = project.folder / "recipes" / "nginx" / "recipe.yml"
    recipe.write_text(recipe.read_text().replace("drop: [", "drop: [libpcre2-8-0, "))
    project.file.write_text(project.file.read_text().replace("recipes: [busybox]\n    command: [/bin/sleep, \"1000\"]",
                                                             "recipes: [nginx]\n    command: [/usr/sbin/nginx]"))
    refused(project.build(), r".*small\.yml:[0-9]+:15: /usr/sbin/nginx in the root of `site` needs the library "
            r"libpcre2-8\.so\.0, which is not there: add the package that holds it, or take it out of `drop` or "
            r"`exclude`"
            "\ningot: 1 error; nothing was built")


def test_two_sources_for_one_path(project):
    """case 3"""
    project.write("      - text: {content: other, to: /site/page}\n")
    done = project.build()
    refused(done, "ingot: .*/site/page.*")


def test_an_output_folder_that_cannot_be_written(project):
    (project.folder / "out").write_text("a file where a folder should be")
    refused(project.build(), "ingot: cannot make the folder .*")


def test_an_output_folder_that_is_read_only(project, public_folder):
    """Modes mean nothing to root: as somebody else, who has a copy of the project to himself."""
    mine = public_folder / "mine"
    shutil.copytree(project.folder, mine)
    program = build.program(mine)
    cache = build.cold_cache(mine / "cache", project.lock)
    (mine / "out").mkdir(mode=0o555)
    done = subprocess.run([str(program), "build", "images/small.yml", "-o", "out", "--cache", str(cache), "-q"],
                          cwd=mine, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          **build.give_to_nobody(mine))
    refused(done, "ingot: cannot make the folder out/small: Permission denied")


def test_a_build_that_is_killed_leaves_nothing_half_written_under_its_final_name(project):
    """Killed at places all over its course; what has a final name afterwards is whole, and the next build mends."""
    finished = {f.name: f.read_bytes() for f in project.built().iterdir()}
    began = time.monotonic()
    (project.folder / "site" / "page").write_text("two\n")
    changed = {f.name: f.read_bytes() for f in project.built().iterdir()}
    took = time.monotonic() - began
    argv = [str(build.INGOT), "build", str(project.file), "-o", str(project.out), "--cache", str(build.CACHE), "-q"]
    killed = 0
    for step in range(12):
        (project.folder / "site" / "page").write_text("one\n" if step % 2 == 0 else "two\n")
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(took * (step + 1) / 12)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        for file in (project.out / "small").iterdir():
            if not file.name.endswith(".part"):
                assert file.read_bytes() in (finished[file.name], changed[file.name]), file.name
    assert killed >= 3
    # one of the two is what lies there, and is built no more; the other one writes over all that was left behind
    for page, wanted in (("two\n", changed), ("one\n", finished)):
        (project.folder / "site" / "page").write_text(page)
        assert {f.name: f.read_bytes() for f in project.built().iterdir() if not f.name.endswith(".part")} == wanted
    assert not [f for f in os.listdir(project.out / "small") if f.endswith(".part")]
