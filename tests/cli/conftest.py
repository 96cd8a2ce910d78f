# SPDX-License-Identifier: MIT
"""A project folder for each test, and what a failure must look like."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from cli_project import INGOT, Project  # noqa: E402


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def open_project():
    """One that any user may enter, with an ingot of its own: the checkout may be closed to others."""
    with tempfile.TemporaryDirectory(prefix="ingot-cli.") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        project = Project(folder)
        project.program = folder / "ingot"
        shutil.copy(INGOT, project.program)
        yield project


@pytest.fixture
def one_line():
    """Asserts a failure that is one line of the form `ingot: ...`, and returns it."""

    def check(result, status=1):
        assert result.status == status, result
        assert result.out == "", result
        assert len(result.lines) == 1, result
        assert result.lines[0].startswith("ingot: "), result
        return result.lines[0]

    return check
