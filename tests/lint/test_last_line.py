# SPDX-License-Identifier: MIT
"""The last line of a run counts truly: errors are failures, a test that fails twice failed once, a file that cannot be
read is a failure, and the exit status says so too."""
import shutil
import subprocess
import sys

MIXED = """
import pytest

@pytest.fixture
def bad_start():
    raise OSError

@pytest.fixture
def bad_end():
    yield
    raise OSError

def test_good(): pass
def test_also_good(): pass
def test_bad(): assert False
def test_error(bad_start): pass
def test_error_behind(bad_end): pass
def test_fails_twice(bad_end): assert False
@pytest.mark.skip(reason="why not")
def test_skipped(): assert False
"""


def last_line(top, tmp_path, **files):
    """Of a run of these files under the project's own conftest; and its exit status."""
    tests = tmp_path / "tests"
    (tests / "unit").mkdir(parents=True)
    shutil.copy(top / "tests" / "conftest.py", tests)
    shutil.copy(top / "tests" / "pytest.ini", tests)
    for name, text in files.items():
        (tests / "unit" / f"{name}.py").write_text(text)
    done = subprocess.run([sys.executable, "-B", "-m", "pytest", "-c", "tests/pytest.ini", "tests"], cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()[-1], done.returncode, done.stdout


def test_all_kinds(top, tmp_path):
    line, status, out = last_line(top, tmp_path, test_mixed=MIXED)
    assert line == "2 passed, 4 failed, 1 skipped", out
    assert status == 1
    assert "why not" in out


def test_all_good(top, tmp_path):
    line, status, out = last_line(top, tmp_path, test_good="def test_good(): pass\n")
    assert (line, status) == ("1 passed, 0 failed, 0 skipped", 0), out


def test_a_file_that_cannot_be_read(top, tmp_path):
    line, status, out = last_line(top, tmp_path, test_good="def test_good(): pass\n", test_broken="def (\n")
    assert (line, status) == ("0 passed, 1 failed, 0 skipped", 2), out


def test_nothing_to_run_is_a_failure(top, tmp_path):
    line, status, out = last_line(top, tmp_path)
    assert line == "0 passed, 1 failed, 0 skipped" and status != 0, out
