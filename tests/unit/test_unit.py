# SPDX-License-Identifier: MIT
"""The C unit tests, one item for each cmocka test. The programs are built by make, with the sanitizers; each is run
once, when the first of its tests is asked for. A test that its program did not report (a crash, a sanitizer's
finding, a leak at the end) has failed."""
import os
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
PROGRAMS = HERE.parent.parent / "build" / "unit"
DEADLINE_S = 300
AT_END = "at_its_end"  # an item of each program: it ended well, and leaked nothing


def names(source):
    """What the list in main holds, in its order; by cmocka's own macros or by one that the file defines over them."""
    text = source.read_text()
    macros = re.findall(r"^#define (\w+)\(\w+\)\s+cmocka_unit_test", text, re.M)
    listed = "|".join(macros + [r"cmocka_unit_test(?:_\w+)?"])
    return re.findall(rf"^[ \t].*?\b(?:{listed})\(\s*(\w+)", re.sub(r"\),(?=\s*\w)", "),\n\t", text), re.M)


def items():
    for source in sorted(HERE.glob("*_*.c")):
        if re.match(r"(lib|init|net|builder)_", source.name):
            for name in names(source) + [AT_END]:
                yield pytest.param(source.stem, name, id=f"{source.stem}:{name}")


class Run:
    """A program's results: {test: (passed, what was said)}."""

    def __init__(self, program):
        env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", ASAN_OPTIONS="detect_leaks=1", LC_ALL="C.UTF-8")
        try:
            done = subprocess.run([str(PROGRAMS / program)], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=DEADLINE_S)
            self.status, self.output = done.returncode, done.stdout.decode("utf-8", "replace")
        except subprocess.TimeoutExpired as late:
            self.status = f"still running after {DEADLINE_S} s"
            self.output = (late.stdout or b"").decode("utf-8", "replace")
        self.results = {}
        said = []
        for line in self.output.splitlines():
            result = re.match(r"(ok|not ok) [0-9]+ - (\w+)", line)
            if result:
                # what a test prints comes before its result, cmocka's own reason after it
                name = result[2]
                self.results[name] = [result[1] == "ok", said]
                said = self.results[name][1]
            else:
                said.append(line)


@pytest.fixture(scope="session")
def run_of():
    runs = {}

    def run_of(program):
        if program not in runs:
            runs[program] = Run(program)
        return runs[program]

    return run_of


@pytest.mark.parametrize("program, test", items())
def test_unit(run_of, program, test):
    run = run_of(program)
    tail = "\n".join(run.output.splitlines()[-60:])
    if test == AT_END:
        failures = [name for name, (passed, _) in run.results.items() if not passed]
        if not failures and run.status != 0:
            pytest.fail(f"{program} ended with {run.status}:\n{tail}", pytrace=False)
        return
    if test not in run.results:
        pytest.fail(f"{program} did not get to {test} (it ended with {run.status}):\n{tail}", pytrace=False)
    passed, said = run.results[test]
    if not passed:
        pytest.fail("\n".join(said), pytrace=False)


def test_no_program_without_items():
    """Each source is collected, and each of its test functions is in its list: none is forgotten."""
    for source in HERE.glob("*_*.c"):
        if source.name.startswith("support"):
            continue
        listed = set(names(source))
        assert listed, f"{source.name} is no test of lib, init, net or builder"
        written = set(re.findall(r"^TEST\((\w+)\)", source.read_text(), re.M))
        assert written <= listed, f"{source.name}: not in its list: {sorted(written - listed)}"
