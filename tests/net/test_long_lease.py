# SPDX-License-Identifier: MIT
"""A lease that ends, as its server is gone: what takes as long as a lease does."""
import pytest

from net_space import Space, link
from test_net import leased

pytestmark = pytest.mark.needs_namespace


def test_a_lease_that_its_server_does_not_renew_ends_and_is_regained(tmp_path):
    """isolation case 32"""
    space = Space(tmp_path)
    try:
        space.cable("lan")
        space.plug("lan")
        space.serve_dhcp("lan", "10.3.0", "option lease 10")
        space.start(link("lan", dhcp=True))
        assert space.is_ready(), space.said()
        space.servers.pop().kill()
        space.until(lambda: not leased(space, "lan") and not space.routes())
        assert space.check()[0] == 1
        space.ip("addr", "flush", "dev", "lan", far=True)
        space.serve_dhcp("lan", "10.3.0")
        space.until(lambda: leased(space, "lan") == {"10.3.0.9/24"} and space.routes())
    finally:
        space.close()
