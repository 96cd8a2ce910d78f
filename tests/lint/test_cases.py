# SPDX-License-Identifier: MIT
"""Every case of tests/cases.md is named by a test as `case N`, every one of tests/cases-init.md as `init case N`, and
every one of tests/cases-isolation.md as `isolation case N`, but for those that wait for what is not built yet."""
import re

import pytest

LATER = {
    "cases.md": {21},  # dm-verity
    "cases-init.md": set(),
    "cases-isolation.md": set(),
}
BUILDER_HAS = {23, 24, 25}  # circles, missing names, long chains: found at build time, by the builder's tests


def named(top, word):
    """The numbers behind `case` and `cases`, with the word before them or with none, in the tests' own words."""
    numbers = set()
    for path in (top / "tests").rglob("*"):
        if path.suffix in (".py", ".c", ".h") and path.name != "test_cases.py":
            words = re.sub(r"^\s*case [0-9]+:", "", path.read_text(), flags=re.M)  # of a switch
            before = f"{word} " if word else "(?<!init )(?<!isolation )"
            for text in re.findall(before + r"\bcases? ([0-9]+(?:(?:, | and |, and )[0-9]+)*)", words, re.I):
                numbers |= {int(number) for number in re.findall("[0-9]+", text)}
    return numbers


@pytest.mark.parametrize("name,count,word", (("cases.md", 32, ""), ("cases-init.md", 64, "init"),
                                             ("cases-isolation.md", 40, "isolation")))
def test_every_case_has_a_test(top, name, count, word):
    listed = {int(n) for n in re.findall(r"^\| ([0-9]+) \|", (top / "tests" / name).read_text(), re.M)}
    assert listed == set(range(1, count + 1))
    found = named(top, word) | (BUILDER_HAS if word == "init" else set())
    assert not listed - found - LATER[name], "cases without a test"
    assert not found & LATER[name], "cases that have a test by now"
    assert not found - listed, "tests of cases that are not listed"
