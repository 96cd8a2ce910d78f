# SPDX-License-Identifier: MIT
"""ingot's squashfs against mksquashfs (and mkfs.erofs, as a reading) on the reference tree: Debian's minbase with
nginx-light and python3-minimal, made once by mmdebstrap below build/bench. Runs are interleaved, so that what else
the machine does falls on all alike; medians of the runs, and of the ratios of runs side by side. Both are given the
same number as level; what ingot makes of the number is its own (docs/design.md), so time and size belong together.
Prints lines `ratio NAME N` and `figure NAME VALUE UNIT`; on standard error, every run."""
import os
import statistics
import subprocess
import sys

from reference import BENCH, TREE, make_tree

LEVEL = os.environ.get("LEVEL", "15")
RUNS = int(os.environ.get("RUNS", "5"))


def measure(argv):
    """Wall time, processor time, peak memory in KiB."""
    with open(os.devnull, "w") as null:
        began = os.times().elapsed
        process = subprocess.Popen([str(word) for word in argv], stdout=null, stderr=null)
        _, status, usage = os.wait4(process.pid, 0)
        took = os.times().elapsed - began
        process.returncode = status
    assert status == 0, argv
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    out = {name: BENCH / f"root.{name}" for name in ("ingot", "mksquashfs", "erofs")}
    commands = {
        "ingot": [BENCH / "bench_writers", "squashfs", LEVEL, TREE, out["ingot"]],
        "mksquashfs": ["mksquashfs", TREE, out["mksquashfs"], "-comp", "zstd", "-Xcompression-level", LEVEL, "-b",
                       "131072", "-noappend", "-no-progress"],
        "erofs": ["mkfs.erofs", "-zlz4hc", out["erofs"], TREE],
    }
    make_tree()
    runs = {name: [] for name in commands}
    for turn in range(RUNS):
        for name, argv in commands.items():
            out[name].unlink(missing_ok=True)
            runs[name].append(measure(argv))
            print(f"{turn + 1} {name}: {runs[name][-1][0]:.2f} s, {runs[name][-1][1]:.2f} s of processors, "
                  f"{runs[name][-1][2]} KiB", file=sys.stderr)
    size = {name: path.stat().st_size for name, path in out.items()}
    for what, column in (("time", 0), ("cpu", 1), ("memory", 2)):
        ratio = statistics.median(a[column] / b[column] for a, b in zip(runs["ingot"], runs["mksquashfs"]))
        print(f"ratio squashfs_vs_mksquashfs_{what} {ratio:.3f}")
    print(f"ratio squashfs_vs_mksquashfs_size {size['ingot'] / size['mksquashfs']:.4f}")
    for name in commands:
        for what, column, unit in (("time", 0, "s"), ("cpu", 1, "s"), ("memory", 2, "KiB")):
            print(f"figure {name}_{what} {statistics.median(run[column] for run in runs[name]):.6g} {unit}")
        print(f"figure {name}_size {size[name]} bytes")


main()
