# SPDX-License-Identifier: MIT
"""All of busybox, 700 objects, from its source by a build step, twice: the same bytes."""
import pytest
from test_toolchain import NAME, same_elsewhere


@pytest.mark.needs_step
@pytest.mark.needs_user_step
def test_all_of_busybox_is_the_same_everywhere(public_folder):
    """case 18"""
    same_elsewhere(NAME, public_folder / "elsewhere")
