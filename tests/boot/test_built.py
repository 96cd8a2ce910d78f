# SPDX-License-Identifier: MIT
"""A machine whose only programs come out of a build step: they run, and the service that is made of them does."""
import pytest

IMAGE = "built"

pytestmark = pytest.mark.needs_step


def test_the_machine_and_its_service_run_what_the_step_made(machine):
    machine.wait_line("^ingot: 1 services? ready")
    assert machine.service("clock")["state"] == "up"
    assert machine.ok("busybox | head -n 1").startswith("BusyBox v1.")
    assert machine.exec_ok("clock", "readlink /bin/sh").strip() == "/bin/busybox"
