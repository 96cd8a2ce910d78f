# SPDX-License-Identifier: MIT
"""init case 16: a process that hangs in the kernel, where no signal reaches it: it writes to a frozen file system."""
import time

import test_state_disk


def test_what_hangs_in_the_kernel_holds_up_nobody_and_is_said(start, tmp_path):
    with start("disk", panic=0, disk=test_state_disk.make_disk(tmp_path / "state")) as g:
        g.connect()
        g.until("cat /state/keeper/data/starts", lambda text: text == "start")
        main = g.main_pid("keeper")
        g.ok("fsfreeze --freeze /state")
        g.ok("(ingotctl stop keeper; echo $?) >/tmp/stopped 2>&1 &")
        g.until(f"cat /proc/{main}/stat", lambda text: ") D " in text)
        mark = g.mark()
        g.wait_line("^ingot: service keeper: still there 1[0-9]{3} ms later: killed$")
        for _ in range(3):
            began = time.monotonic()
            assert g.service("keeper")["state"] == "stopping"
            g.ok("ingotctl restart hog")
            assert time.monotonic() - began < 3
        assert g.ok("cat /tmp/stopped") == ""
        assert ") D " in g.ok(f"cat /proc/{main}/stat")
        g.ok("fsfreeze --unfreeze /state")
        g.wait_line("^ingot: service keeper: stopped$", since=mark)
        assert g.until("cat /tmp/stopped", lambda text: text != "") == "0"
        g.ok("ingotctl start keeper")
        test_state_disk.power_off(g)
        assert g.said()[-1] == "power off"
