# SPDX-License-Identifier: MIT
"""Each fuzzer for FUZZ_SECONDS (3), from its seeds in corpus/NAME and from what earlier runs found in
build/fuzz/corpus. The seeds alone are run first: what was a finding once is among them."""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "fuzz"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "3"))
NAMES = sorted(source.stem for source in HERE.glob("*_*.c"))


def fuzz(name, *args, deadline):
    command = [str(BUILD / name), "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={BUILD}/{name}-", *args]
    words = HERE / f"{name}.dict"
    if words.exists():
        command.append(f"-dict={words}")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=deadline)
    if done.returncode:
        tail = "\n".join(done.stdout.decode("utf-8", "replace").splitlines()[-50:])
        pytest.fail(f"{name} ended with {done.returncode}:\n{tail}", pytrace=False)


@pytest.mark.parametrize("name", NAMES)
def test_seeds(name):
    seeds = sorted((HERE / "corpus" / name).iterdir())
    assert seeds, f"no seeds for {name}"
    fuzz(name, *map(str, seeds), deadline=120)


@pytest.mark.parametrize("name", NAMES)
def test_fuzz(name):
    found = BUILD / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    fuzz(name, f"-max_total_time={SECONDS}", "-verbosity=0", str(found), str(HERE / "corpus" / name),
         deadline=SECONDS + 120)
