# SPDX-License-Identifier: MIT
"""The last line of a run counts truly, in one process and in two: errors are failures, a test that fails twice failed
once, a file that cannot be read is a failure, and the exit status says so too. What asks to be alone is so."""
import importlib.util
import shutil
import subprocess
import sys

import pytest

TWO = ["-n2", "--dist=loadfile", "--max-worker-restart=0"]  # as tests.mk has it
needs_two = pytest.mark.skipif(not importlib.util.find_spec("xdist"), reason="no pytest-xdist: make setup-test")
both = pytest.mark.parametrize("words", [pytest.param([], id="one"), pytest.param(TWO, id="two", marks=needs_two)])
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


def last_line(top, tmp_path, words, **files):
    """Of a run of these files under the project's own conftest; and its exit status."""
    tests = tmp_path / "tests"
    (tests / "unit").mkdir(parents=True)
    shutil.copy(top / "tests" / "conftest.py", tests)
    shutil.copy(top / "tests" / "pytest.ini", tests)
    for name, text in files.items():
        (tests / "unit" / f"{name}.py").write_text(text)
    done = subprocess.run([sys.executable, "-B", "-m", "pytest", "-c", "tests/pytest.ini", *words, "tests"],
                          cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines()[-1], done.returncode, done.stdout


@both
def test_all_kinds(top, tmp_path, words):
    line, status, out = last_line(top, tmp_path, words, test_mixed=MIXED)
    assert line == "2 passed, 4 failed, 1 skipped", out
    assert status == 1
    assert "why not" in out


@both
def test_all_good(top, tmp_path, words):
    line, status, out = last_line(top, tmp_path, words, test_good="def test_good(): pass\n")
    assert (line, status) == ("1 passed, 0 failed, 0 skipped", 0), out


@both
def test_a_file_that_cannot_be_read(top, tmp_path, words):
    line, status, out = last_line(top, tmp_path, words, test_good="def test_good(): pass\n", test_broken="def (\n")
    # two processes go on with what they could read
    assert (line, status) == (f"{1 if words else 0} passed, 1 failed, 0 skipped", 1 if words else 2), out


@both
def test_nothing_to_run_is_a_failure(top, tmp_path, words):
    line, status, out = last_line(top, tmp_path, words)
    assert line == "0 passed, 1 failed, 0 skipped" and status != 0, out


@needs_two
def test_a_process_that_dies_is_a_failure_and_ends_the_run(top, tmp_path):
    line, status, out = last_line(top, tmp_path, TWO, test_dies="import os\ndef test_dies(): os._exit(0)\n")
    assert line == "0 passed, 1 failed, 0 skipped" and status != 0, out
    assert "crashed while running 'unit/test_dies.py::test_dies'" in out


# Each says when it began and when it ended; the marked ones take a while, so that others could begin meanwhile.
BESIDE = """
import pathlib
import time
import pytest

@pytest.mark.parametrize("n", range(40))
def test_beside(n): note(f"beside {n}", 0.005)

@pytest.mark.alone
@pytest.mark.parametrize("n", range(3))
def test_alone(n): note(f"alone {n}", 0.05)

def note(name, seconds):
    with open(pathlib.Path(__file__).parent / "notes", "a", buffering=1) as notes:
        notes.write(f"+{__name__} {name}\\n")
        time.sleep(seconds)
        notes.write(f"-{__name__} {name}\\n")
"""


@needs_two
def test_what_asks_for_it_is_alone(top, tmp_path):
    line, _, out = last_line(top, tmp_path, TWO, test_a=BESIDE, test_b=BESIDE)
    assert line == "86 passed, 0 failed, 0 skipped", out
    notes = (tmp_path / "tests" / "unit" / "notes").read_text().splitlines()
    for at, note in enumerate(notes):
        if note.startswith("+") and " alone " in note:
            assert notes[at + 1] == "-" + note[1:]
    assert any(a[0] == "+" == b[0] for a, b in zip(notes, notes[1:])), "the others ran side by side"
