# SPDX-License-Identifier: MIT
"""The command line: help, exit statuses (0, 1 failed, 2 not understood), and for each mistake one line on stderr that
says what, where and what to do."""
import re
import subprocess

import pytest

from cli_project import INGOT


def test_help_is_for_stdout(project):
    for args in (["--help"], ["-h"], ["help"], ["build", "--help"]):
        result = project.ingot(*args)
        assert result.status == 0 and result.err == ""
        assert result.out.startswith("usage: ingot VERB")


def test_nothing_at_all_is_a_mistake(project):
    result = project.ingot()
    assert result.status == 2 and result.out == ""
    assert result.err.startswith("usage: ingot VERB")


def test_version(project):
    result = project.ingot("--version")
    assert result.status == 0 and result.out.startswith("ingot ") and result.err == ""


@pytest.mark.parametrize("args, says", [
    (["bild", "t.yml"], "ingot: unknown verb bild: did you mean build? (see ingot --help)"),
    (["frobnicate", "t.yml"], "ingot: unknown verb frobnicate (see ingot --help)"),
    (["build"], "ingot: build wants an image file, such as images/web.yml"),
    (["build", "t.yml", "u.yml"], "ingot: one image file at a time: u.yml is one too many"),
    (["build", "--nope", "t.yml"], "ingot: unknown option --nope (see ingot --help)"),
    (["build", "t.yml", "-qx"], "ingot: unknown option -x (see ingot --help)"),
    (["build", "t.yml", "-o"], "ingot: a value is missing behind -o (see ingot --help)"),
    (["run", "-p", "80", "t.yml"], "ingot: -p wants HOST:GUEST, such as 8080:80 or 5353:53/udp, not 80"),
])
def test_mistakes(project, one_line, args, says):
    assert one_line(project.ingot(*args), status=2) == says


def test_output_that_cannot_be_written_is_a_failure(project):
    with open("/dev/full", "w") as full:
        for args in (["--help"], ["--version"], ["check", "t.yml"]):
            done = subprocess.run([str(INGOT), *args], cwd=project.dir, stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
            assert done.returncode == 1, args
            assert done.stderr == "ingot: cannot write to standard output: No space left on device\n"


def test_help_names_every_verb_and_option_once(project):
    names = re.findall(r"^  (?:-\w, |    )?(--[\w-]+|[a-z]+)", project.ingot("--help").out, re.M)
    assert len(names) > 25 and len(set(names)) == len(names), names
