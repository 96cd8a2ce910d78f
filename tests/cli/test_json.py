# SPDX-License-Identifier: MIT
"""--json: the result on standard output, and every line of standard error an object of its own: progress, notes, errors
with their place. --quiet leaves the errors alone."""
import json

import pytest

from cli_project import IMAGE, elf


def objects(result):
    return [json.loads(line) for line in result.lines]


def test_the_result_is_an_object(project):
    project.lock()
    result = project.ingot("build", "--json", "t.yml")
    assert result.status == 0, result
    shown = json.loads(result.out)
    assert (shown["image"], shown["folder"], shown["written"]) == ("t", "out/t", True)
    assert shown["tree"] == json.loads(project.outputs()["manifest.json"])["tree"]
    assert shown["outputs"] == {"initramfs": "out/t/initramfs.cpio.zst"}
    assert json.loads(project.ingot("build", "--json", "t.yml").out)["written"] is False


def test_progress_is_a_line_of_json_each(project):
    project.lock()
    steps = [line for line in objects(project.ingot("build", "--json", "t.yml")) if "progress" in line]
    ends = [step for step in steps if step["progress"] == "compressing" and step["ended"]]
    assert len(ends) == 1 and ends[0]["done"] == ends[0]["total"] > 0 and ends[0]["unit"] == "bytes"


def test_errors_of_the_files_have_their_place(project):
    project.write("t.yml", IMAGE + "colour: red\n")
    result = project.ingot("check", "--json", "t.yml")
    assert result.status == 1 and result.out == ""
    assert objects(result) == [{"error": "unknown key `colour`", "file": "t.yml", "line": 12, "column": 1}]


@pytest.mark.parametrize("words, status", [(["build", "--json", "no.yml"], 1), (["bild", "--json", "t.yml"], 2)])
def test_other_errors_are_objects_too(project, words, status):
    result = project.ingot(*words)
    assert result.status == status
    assert [set(line) >= {"error"} for line in objects(result)] == [True]


def test_quiet_says_errors_alone(project):
    project.lock()
    assert project.ingot("build", "--json", "-q", "t.yml").err == ""
    project.write("prog", elf() + b"changed")
    assert project.ingot("build", "-q", "t.yml").err == ""
