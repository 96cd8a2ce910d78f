# SPDX-License-Identifier: MIT
"""PID 1's own sources on a simulated kernel and clock (sim.h): three thousand random worlds, each from its seed; with
FUZZ_SECONDS=300 as many as those take, about."""
import os
import pathlib
import subprocess

import pytest

SIM = pathlib.Path(__file__).parents[2] / "build" / "sim" / "supervisor"
WORLDS = max(3000, 600 * int(os.environ.get("FUZZ_SECONDS", "3")))


def worlds(*words):
    done = subprocess.run([SIM, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-20:]) + f"\nall of it: {SIM} -v SEED"
    assert done.stdout.endswith(": nothing wrong\n")


def test_nothing_is_wrong_in_any_world():
    """init case 21 among others: a group is empty before its process is reaped, in that moment, or long after it."""
    worlds(1, WORLDS)


@pytest.mark.parametrize("seed,what", (
    (343, "during a shutdown a job's next run replaced the one that ran, out of its turn"),
    (1186, "during a shutdown a failure restarted what depended on it, out of its turn"),
    (3550, "during a shutdown an unhealthy service was stopped, out of its turn"),
    (29736, "the model had what a service says of its watchdog count during a shutdown")))
def test_what_was_found_once(seed, what):
    worlds(seed)
