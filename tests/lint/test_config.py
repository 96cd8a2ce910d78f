# SPDX-License-Identifier: MIT
"""Every configuration of the programs compiles without a warning and links: all off, all on, and two by chance (their
seeds are fixed, so that a failure can be had again). ingot-init stays within its size in all of them."""
import os
import shutil
import subprocess

import pytest

INIT_MAX = 100 * 1000  # bytes, design.md's bound for ingot-init


@pytest.fixture(scope="module")
def copy(top, plain_env, tmp_path_factory):
    """The sources and the built libraries in a folder of their own: a configuration belongs to its build folder."""
    to = tmp_path_factory.mktemp("config")
    for name in ("lib", "init", "builder", "tests", "docs"):
        shutil.copytree(top / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "Kconfig"):
        shutil.copy(top / name, to)
    (to / "build").mkdir()
    os.symlink(top / "build/deps", to / "build/deps")
    for name in ("busybox", "busybox.links"):
        shutil.copy(top / "build" / name, to / "build")
    return to


def make(copy, env, *words):
    done = subprocess.run(["make", *words], cwd=copy, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("config, seed", (("allnoconfig", 0), ("allyesconfig", 0), ("randconfig", 1),
                                          ("randconfig", 2)))
def test_configuration_builds_without_a_warning(copy, plain_env, config, seed):
    env = plain_env | {"KCONFIG_SEED": str(seed)}
    make(copy, env, config)
    make(copy, env, "DEV=1", "build/ingot-init", "build/ingotctl", "build/builder/model/check.o",
         "build/builder/main.o")
    assert (copy / "build/ingot-init").stat().st_size <= INIT_MAX
