# SPDX-License-Identifier: MIT
"""The reference tree: Debian's minbase with nginx-light and python3-minimal, made once by mmdebstrap below build/bench,
with the digests of its files beside it, which a build has from the index of each package."""
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
BENCH = TOP / "build" / "bench"
TREE = BENCH / "tree"


def make_tree():
    """What a tree cannot hold (devices) goes, so that all are given the same."""
    if not TREE.exists():
        new = BENCH / "tree.new"
        subprocess.run(["rm", "-rf", new], check=True)
        BENCH.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--include=nginx-light,python3-minimal",
                        "bookworm", new], check=True)
        subprocess.run(["find", new, "(", "-type", "b", "-o", "-type", "c", ")", "-delete"], check=True)
        new.rename(TREE)
    if not (BENCH / "tree.sha256").exists():
        listed = subprocess.run("find . -type f -exec sha256sum {} +", shell=True, cwd=TREE, check=True,
                                stdout=subprocess.PIPE).stdout
        (BENCH / "tree.sha256").write_bytes(listed)
