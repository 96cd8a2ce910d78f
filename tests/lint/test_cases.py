# SPDX-License-Identifier: MIT
"""Every case of tests/cases.md is named by a test; 21 waits for the disk output."""
import re

LATER = {21}


def named(top):
    """The numbers behind `case` and `cases` in the tests' own words."""
    numbers = set()
    for path in (top / "tests").rglob("*"):
        if path.suffix in (".py", ".c", ".h") and path.name != "test_cases.py":
            words = re.sub(r"^\s*case [0-9]+:", "", path.read_text(), flags=re.M)  # of a switch
            for text in re.findall(r"\bcases? ([0-9]+(?:(?:, | and |, and )[0-9]+)*)", words, re.I):
                numbers |= {int(number) for number in re.findall("[0-9]+", text)}
    return numbers


def test_every_case_has_a_test(top):
    listed = {int(n) for n in re.findall(r"^\| ([0-9]+) \|", (top / "tests" / "cases.md").read_text(), re.M)}
    assert listed == set(range(1, 33))
    found = named(top)
    assert not listed - found - LATER, "cases without a test"
    assert not found - listed, "tests of cases that are not listed"
