# SPDX-License-Identifier: MIT
"""PID 1 allocates nothing, prints by no stdio, runs no shell, asks no name service and never aborts: none of these is
called by any object that ingot-init is linked from."""
import functools
import pathlib
import re
import subprocess

FORBIDDEN = re.compile(r"^(malloc|calloc|realloc|free|strdup|\w*printf|system|popen|getpw\w*|getgr\w*|abort|exit)$")


def test_pid1_calls_no_allocator_no_stdio_and_no_abort(top):
    objects = [o for o in sorted((top / "build/init").glob("*.o"))
               if not o.name.startswith(("ctl_", "log_")) and o.name not in ("stub.o", "pack.o")]
    objects += [top / f"build/lib/{name}.o" for name in ("err", "fmt", "table", "crc32", "state_fs", "superblock")]
    objects += sorted((top / "build/init/libc").glob("*.o"))
    assert len(objects) > 20
    said = subprocess.run(["nm", "-u", *objects], stdout=subprocess.PIPE, text=True, check=True).stdout
    called = {line.split()[-1] for line in said.splitlines() if line.strip().startswith("U ")}
    assert "open" in called  # nm's answer is read as it should be
    assert not {name for name in called if FORBIDDEN.match(name)}


NET_MAX = 48000  # bytes of ingot-net
DRIFT_MAX = 80000  # bytes of ingot-drift


def test_ingot_net_is_small_allocates_nothing_and_uses_no_stdio(top):
    objects = sorted((top / "build/init/net").glob("*.o"))
    assert len(objects) > 8
    said = subprocess.run(["nm", "-u", *objects], stdout=subprocess.PIPE, text=True, check=True).stdout
    called = {line.split()[-1] for line in said.splitlines() if line.strip().startswith("U ")}
    assert "open" in called and not {name for name in called if FORBIDDEN.match(name)}
    assert (top / "build/ingot-net").stat().st_size <= NET_MAX


def test_ingot_drift_is_small(top):
    assert (top / "build/ingot-drift").stat().st_size <= DRIFT_MAX


# Progress, waiting threads, VMs and build steps are watched by the clock; package lists and blobs of the cache have an
# age; the bill of materials writes a time of its packages as a date.
CLOCK = {"progress", "pool", "run_loop", "tsc", "step_run", "apt_run", "cache", "sbom"}
OTHERS = {"step_sandbox"}  # to choose the ids that a step sees, and to fix its umask


@functools.lru_cache
def called(top):
    """{object of the builder: what it calls}, all from one nm."""
    found = {}
    objects = sorted((top / "build/builder").rglob("*.o"))
    said = subprocess.run(["nm", "-A", "-u", *objects], stdout=subprocess.PIPE, text=True, check=True).stdout
    for file, name in re.findall(r"^(.*\.o): +U (\S+)$", said, re.M):
        found.setdefault(pathlib.Path(file).stem, set()).add(name)
    return found


def callers(top, names):
    """The builder's objects that call one of these."""
    return {file: calls & names for file, calls in called(top).items() if calls & names}


def test_nothing_that_decides_an_output_knows_the_clock_the_user_or_the_host(top):
    """case 18: what a build comes to can hold none of them, as nobody asks."""
    clock = {"time", "gettimeofday", "clock_gettime", "localtime", "gmtime", "localtime_r", "gmtime_r", "mktime"}
    assert set(callers(top, clock)) <= CLOCK, "a clock's reading could land in an output"
    others = {"gethostname", "uname", "getuid", "geteuid", "getlogin", "getpwuid", "umask", "setlocale", "random",
              "rand", "getrandom"}
    assert set(callers(top, others)) <= OTHERS
    assert callers(top, {"tree_digest"}), "nm's answer is read as it should be"
