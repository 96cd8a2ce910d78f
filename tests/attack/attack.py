#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`make attack`: ingot-probe in each service of the images beside this file, under QEMU (6.12) and under User Mode
Linux (6.1).

Prints the tables of `ingot selftest`, and at last the sum of their counts.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "boot"))

import build  # noqa: E402

RUNS = (("default", "pc"), ("loosened", "pc"), ("default", "uml"), ("loosened", "uml"))
KERNELS = {"pc": "kernel-cloud", "uml": "kernel-uml"}
SELFTEST_S = 400  # more than ingot itself gives its machine


def selftest(name, machine, *words):
    """`ingot selftest` of tests/attack/images/NAME.yml with the kernel of that machine; what subprocess.run returns."""
    text = (build.ROOT / "tests" / "attack" / "images" / f"{name}.yml").read_text()
    variant = f"{name}-{machine}"
    text = re.sub("(?m)^image: .*", f"image: {variant}", text)
    text = re.sub("(?m)^kernel: .*", f"kernel: {{recipe: {KERNELS[machine]}}}", text)
    (build.tree() / "images" / f"{variant}.yml").write_text(text)
    return build.ingot(*build.arguments("selftest", variant), "--machine", machine, *words, timeout=SELFTEST_S)


def main():
    total = [0, 0, 0]
    for name, machine in RUNS:
        print(f"==== {name}.yml, {'QEMU' if machine == 'pc' else 'User Mode Linux'}\n", flush=True)
        done = selftest(name, machine)
        print(done.stdout, flush=True)
        last = done.stdout.splitlines()[-1] if done.stdout else ""
        counts = re.fullmatch("([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped", last)
        if not counts or done.returncode not in (0, 1):
            print(done.stderr, file=sys.stderr)
        counts = [int(n) for n in counts.groups()] if counts else [0, 1, 0]
        total = [a + b for a, b in zip(total, counts)]
    print("{} passed, {} failed, {} skipped".format(*total))
    return total[1] > 0


if __name__ == "__main__":
    sys.exit(main())
