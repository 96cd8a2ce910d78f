# SPDX-License-Identifier: MIT
"""The machine of test_knobs.py and test_long_knobs.py, and how the files of its cgroups are read."""
import contextlib
import re

import build
import guest

IMAGE = "knobs-cloud"
SVC = "/sys/fs/cgroup/svc"
PERIOD_US = 100000  # of cpu.max


@contextlib.contextmanager
def boot(disk):
    build.image(IMAGE)
    with guest.qemu([build.INGOT, *build.arguments("run", IMAGE), "--shell", "--state", disk], IMAGE) as g:
        g.connect()
        g.wait_line("^ingot: service plain: ready in ", timeout=guest.BOOT_S)
        yield g


def keyed(text):
    """A file of "key number" lines."""
    return {key: int(value) for key, value in re.findall("(?m)^([a-z_]+) ([0-9]+)$", text)}
