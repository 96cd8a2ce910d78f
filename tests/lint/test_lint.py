# SPDX-License-Identifier: MIT
"""What is written is held to the house style: everything compiles without a warning, each file names its licence, no
line is too long."""
import subprocess


def test_lint(top, plain_env):
    done = subprocess.run(["make", "lint"], cwd=top, env=plain_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=900)
    said = [line for line in done.stdout.splitlines() if not line.startswith("  ")]
    assert done.returncode == 0, "\n".join(said)
