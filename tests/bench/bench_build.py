#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures ingot's writers beside other programs, on one Debian tree, in one run: interleaved, medians, with sizes and
peak memory. Prints lines for a table, and `ratio NAME VALUE` and `figure NAME VALUE` for scripts.

The tree is made by mmdebstrap into build/bench/tree and kept, with the digests of its files, which a build has from
the index of each package. Each run of ingot's writers begins with a new cache, so that all is compressed.
"""
import os
import statistics
import subprocess
import sys
import time

from reference import BENCH, TOP, TREE, make_tree

TAR = BENCH / "tree.tar"
WRITERS = BENCH / "bench_writers"
LEVEL = "15"
ROUNDS = int(os.environ.get("ROUNDS", "5"))


def say(*words):
    print(*words, flush=True)


def make_tar():
    if not TAR.exists():
        part = TAR.with_suffix(".part")
        subprocess.run(["tar", "--sort=name", "-C", str(TREE), "-cf", str(part), "."], check=True)
        part.rename(TAR)


class Run:
    """A pipeline of programs: how long it took, and the peak memory of all of them together."""

    def __init__(self, *pipeline):
        began, last, children = time.monotonic(), None, []
        for argv in pipeline:
            child = subprocess.Popen([str(word) for word in argv], stdin=last or subprocess.DEVNULL,
                                     stdout=subprocess.PIPE if argv is not pipeline[-1] else subprocess.DEVNULL)
            if last:
                last.close()
            last = child.stdout
            children.append(child)
        self.kib = self.cpu = 0
        for child in children:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode:
                sys.exit(f"bench_build: {child.args}: status {child.returncode}")
            self.kib += used.ru_maxrss
            self.cpu += used.ru_utime + used.ru_stime
        self.seconds = time.monotonic() - began


def zstd(target, *source):
    return ["zstd", "-qf", "-T0", f"-{LEVEL}", *source, "-o", target]


# name: (output, the pipeline)
CONTESTANTS = {
    "ingot cpio": ("ingot.cpio.zst", [[WRITERS, "cpio", LEVEL, TREE, BENCH / "ingot.cpio.zst"]]),
    "ingot tar": ("ingot.tar.zst", [[WRITERS, "tar", LEVEL, TREE, BENCH / "ingot.tar.zst"]]),
    "zstd of a tar": ("zstd.tar.zst", [zstd(BENCH / "zstd.tar.zst", TAR)]),
    "bsdtar newc, zstd": ("bsdtar.cpio.zst", [["bsdtar", "-C", TREE, "--format", "newc", "-cf", "-", "."],
                                              zstd(BENCH / "bsdtar.cpio.zst", "-")]),
}


def size(name):
    return (BENCH / CONTESTANTS[name][0]).stat().st_size


def bench_writers():
    runs = {name: [] for name in CONTESTANTS}
    for _ in range(ROUNDS):
        for name, (_, pipeline) in CONTESTANTS.items():
            runs[name].append(Run(*pipeline))
    median = {name: statistics.median(run.seconds for run in all_) for name, all_ in runs.items()}
    say(f"{'writer':20}{'seconds':>9}{'cpu s':>9}{'bytes':>12}{'peak KiB':>10}")
    for name, all_ in runs.items():
        cpu = statistics.median(run.cpu for run in all_)
        say(f"{name:20}{median[name]:9.2f}{cpu:9.2f}{size(name):12}{max(run.kib for run in all_):10}")
    peak = {name: max(run.kib for run in all_) for name, all_ in runs.items()}
    pairs = [a.seconds / b.seconds for a, b in zip(runs["ingot cpio"], runs["zstd of a tar"])]
    say(f"ratio cpio_zst_vs_zstd {median['ingot cpio'] / median['zstd of a tar']:.3f}")
    say(f"ratio cpio_zst_vs_zstd_median_of_pairs {statistics.median(pairs):.3f}")
    say(f"ratio cpio_zst_vs_bsdtar {median['ingot cpio'] / median['bsdtar newc, zstd']:.3f}")
    say(f"ratio tar_zst_vs_zstd {median['ingot tar'] / median['zstd of a tar']:.3f}")
    say(f"ratio cpio_zst_memory_vs_zstd {peak['ingot cpio'] / peak['zstd of a tar']:.3f}")


def bench_parts():
    """What it costs that the archive is cut into parts."""
    raw, one = BENCH / "raw.cpio", BENCH / "one.zst"
    subprocess.run(["zstd", "-dqf", str(BENCH / "ingot.cpio.zst"), "-o", str(raw)], check=True)
    Run(zstd(one, raw))
    say(f"ratio cpio_zst_parts_vs_one_frame_size {size('ingot cpio') / one.stat().st_size:.4f}")
    raw.unlink()
    one.unlink()


def bench_warm():
    """A build with nothing to do."""
    argv = [TOP / "build" / "ingot", "build", "-q", TOP / "images" / "web.yml", "-o", BENCH / "out"]
    Run(argv)
    say(f"figure warm_rebuild_ms {1000 * statistics.median(Run(argv).seconds for _ in range(ROUNDS)):.0f}")


def main():
    make_tree()
    make_tar()
    say(f"level {LEVEL}, {os.cpu_count()} processors, {ROUNDS} rounds, a tar of {TAR.stat().st_size} bytes")
    bench_writers()
    bench_parts()
    bench_warm()


if __name__ == "__main__":
    main()
