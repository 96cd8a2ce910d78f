# SPDX-License-Identifier: MIT
"""Where User Mode Linux runs here, for the tests beside this file."""
import subprocess

import pytest


@pytest.fixture(scope="session")
def kernel():
    """Skips where this host cannot run User Mode Linux."""
    try:
        subprocess.run(["linux.uml", "--version"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"User Mode Linux does not run here: {error}")
