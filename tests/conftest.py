# SPDX-License-Identifier: MIT
"""What all tests share: where things are, probes for what this host lacks, and the last line of a run.

The last line is `N passed, N failed, N skipped`, alone; an error counts as failed. A skip is decided by a probe
before the test begins, never by what a test saw, and pytest lists each one with its reason.

`make check` runs the files of tests in two processes (pytest-xdist). What a test must not share with another process it
keeps in a folder of its own: tmp_path, or WORK of boot/build.py. What measures so exactly that other tests would be
seen in it is marked `alone`.
"""
import contextlib
import fcntl
import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = TOP / "build"

# What takes longer than a suite may: `make test-long` has it too.
collect_ignore_glob = [] if os.environ.get("LONG") else ["*/test_long_*.py"]


def can(*argv):
    """Whether the command runs to success here."""
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# The long files stand first and the many quick ones behind them, so that both processes end at about the same time;
# what has the machine to itself stands at the very end, so that it is waited for only once.
ORDER = ["lint", "unit", "fuzz", "image", "boot", "attack", "net", "cli"]


def place(item):
    folder = item.path.relative_to(TOP / "tests").parts[0]
    return item.get_closest_marker("alone") is not None, ORDER.index(folder) if folder in ORDER else len(ORDER)


@contextlib.contextmanager
def the_machine(alone):
    """This computer for one test: beside those of the other processes, or without them. Whoever waits to be alone keeps
    the gate closed meanwhile, so that no other test begins."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "pytest.gate", "w") as gate, open(BUILD / "pytest.machine", "w") as machine:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    if hasattr(item.config, "workerinput"):
        with the_machine(item.get_closest_marker("alone")):
            yield
    else:
        yield


def pytest_collection_modifyitems(items):
    """Sorts by folder. needs_namespace: skipped where no network namespace can be made; needs_mount: where none for
    mounts can; needs_step, needs_user_step: where no build step can run; needs_user: where we cannot become another
    user."""
    probes = {
        "needs_namespace": (["unshare", "-n", "true"], "this host lets us make no network namespace"),
        "needs_mount": (["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], "this host lets us mount nothing"),
        "needs_step": (["unshare", "-Urmpiunf", "--mount-proc", "true"], "this host lets us make no user namespace"),
        "needs_user_step": (["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urmpiunf",
                             "--mount-proc", "true"], "no other user can make a user namespace here"),
        "needs_user": (["setpriv", "--reuid=65534", "--clear-groups", "true"], "only root can become another user"),
    }
    items.sort(key=place)
    for name, (argv, reason) in probes.items():
        marked = [item for item in items if item.get_closest_marker(name)]
        if marked and not can(*argv):
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=f"{reason}: `{' '.join(argv)}` failed"))


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: no other test runs beside it")
    config.addinivalue_line("markers", "needs_namespace: wants a network namespace of its own")
    config.addinivalue_line("markers", "needs_mount: wants to mount something, in a mount namespace of its own")
    config.addinivalue_line("markers", "needs_step: runs a build step")
    config.addinivalue_line("markers", "needs_user_step: runs a build step as another user")
    config.addinivalue_line("markers", "needs_user: wants to run as another user")


@pytest.fixture(scope="session")
def top():
    return TOP


@pytest.fixture(scope="session")
def plain_env():
    """This process's environment without what a make above us would tell a make below us."""
    return {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}


class LastLine:
    """Remembers each test's outcome; a test that failed twice (itself and at its end) failed once."""

    def __init__(self):
        self.outcome = {}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.outcome[report.nodeid] = "failed"
        elif report.skipped:
            self.outcome.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self.outcome.setdefault(report.nodeid, "passed")

    def pytest_collectreport(self, report):
        if report.failed:
            self.outcome[report.nodeid or "collection"] = "failed"

    def text(self, status):
        count = {kind: list(self.outcome.values()).count(kind) for kind in ("passed", "failed", "skipped")}
        if status and not count["failed"]:
            count["failed"] = 1  # pytest itself could not go on
        return "{passed} passed, {failed} failed, {skipped} skipped".format(**count)


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):  # one of two processes reports to the one that counts
        session.config.pluginmanager.register(LastLine(), "last_line")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    yield  # pytest's own last words are printed here
    session.config.last_status = int(session.exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    last = config.pluginmanager.get_plugin("last_line")
    if last:
        print(last.text(getattr(config, "last_status", 1)), flush=True)
