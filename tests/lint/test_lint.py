# SPDX-License-Identifier: MIT
"""What is written is held to the house style: everything compiles without a warning, each file names its licence, no
line is too long."""
import subprocess


def test_lint(top, plain_env):
    programs = [top / "build" / name for name in ("ingot", "ingot-init", "ingot-stub", "ingotctl")]
    before = [program.stat().st_mtime_ns for program in programs]
    done = subprocess.run(["make", "lint"], cwd=top, env=plain_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=900)
    said = [line for line in done.stdout.splitlines() if not line.startswith("  ")]
    assert done.returncode == 0, "\n".join(said)
    assert [program.stat().st_mtime_ns for program in programs] == before, "other tests use them meanwhile"
