# SPDX-License-Identifier: MIT
"""What `limits` states beyond memory, processes and processor time, held against the kernel that has all of it: each
file reads as asked, a start fails by the name of what is otherwise, and memory is held. What takes a while to be
counted is in test_long_knobs.py."""
import shutil

import pytest

from knobs_machine import PERIOD_US, SVC, boot, keyed

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with boot(tmp_path_factory.mktemp("state") / "disk") as g:
        yield g


def test_each_written_file_reads_as_asked(machine):
    """isolation case 27"""
    disk = machine.ok("cat /sys/block/vda/dev")
    want = {
        "memory.max": 16 << 20, "memory.high": 12 << 20, "memory.low": 4 << 20, "memory.swap.max": 8 << 20,
        "memory.min": 1 << 20, "pids.max": 16, "cpu.max": f"30000 {PERIOD_US}", "cpu.max.burst": 1000, "cpu.weight": 50,
        "cpuset.cpus": 0, "cpuset.cpus.effective": 0, "hugetlb.2MB.max": 4 << 20, "hugetlb.2MB.rsvd.max": 4 << 20,
        "io.max": f"{disk} rbps={4 << 20} wbps=max riops=max wiops=500", "io.weight": f"default 100\n{disk} 70",
    }
    for name, value in want.items():
        assert machine.ok(f"cat {SVC}/all/{name}") == str(value), name
    assert machine.ok(f"cat {SVC}/memory.low {SVC}/memory.min") == "max\nmax", "it holds through the folder above"
    assert f"{disk} enable=1 " in machine.ok("cat /sys/fs/cgroup/io.cost.qos")


def test_what_is_not_stated_is_as_the_kernel_has_it(machine):
    want = {"memory.low": 0, "cpu.weight": 100, "cpuset.cpus": "", "hugetlb.2MB.max": "max", "io.max": "",
            "io.weight": "default 100", "memory.high": "max", "cpu.max": f"max {PERIOD_US}"}
    for name, value in want.items():
        assert machine.ok(f"cat {SVC}/plain/{name}") == str(value), name


def test_what_the_machine_has_not_fails_the_start_by_name(machine):
    machine.wait_line("^ingot: service elsewhere: step limits: cpuset.cpus: writing 0,7: Out of range$")
    machine.wait_line("^ingot: service otherwise: step limits: cpu.max.burst: it should read 5, the kernel keeps 0$")
    machine.wait_line("^ingot: service missing: step limits: cpu.uclamp.max: missing in this kernel$")
    machine.wait_line("^ingot: service nowhere: step limits: io.max: /dev/vdz: No such file or directory$")


def test_a_memory_hog_ends_as_a_group_and_its_sibling_does_not_notice(machine):
    """isolation case 22: by what the kernel counts of the sibling: it was not stalled for memory, nothing of it was
    taken, and it answers."""
    def counters():
        pressure = machine.ok(f"cat {SVC}/plain/memory.pressure")
        events = keyed(machine.ok(f"cat {SVC}/plain/memory.events"))
        stat = keyed(machine.ok(f"cat {SVC}/plain/memory.stat"))
        refaults = {key: value for key, value in stat.items() if key.startswith("workingset_refault")}
        return pressure.split("total=")[1:], events, refaults

    before, mark, pid = counters(), machine.mark(), machine.service("plain")["pid"]
    machine.ok("(ingotctl exec hog -- /bin/sleep 8881 >/dev/null 2>&1 &)")
    machine.until("pgrep -f '^/bin/sleep 8881'", lambda text: text != "")
    assert machine.exec("hog", "dd if=/dev/zero of=/dev/null bs=16M count=1").status == 137
    machine.wait_line("^ingot: service hog: out of memory, the limit is 6144 KiB; ", since=mark)
    assert machine.run("pgrep -f '^/bin/sleep 8881'").status == 1
    assert "ten" == machine.ok("wget -qO- http://127.0.0.1:8000/note")
    assert machine.service("plain")["pid"] == pid
    assert [float(part.split()[0]) for part in counters()[0]] == [float(part.split()[0]) for part in before[0]]
    assert counters()[1:] == before[1:]


def test_nothing_is_swapped_but_what_may_be(machine):
    """isolation case 26"""
    machine.ok("dd if=/dev/zero of=/state/swap bs=64k count=512 && mkswap /state/swap && swapon /state/swap")
    machine.until_service("hog", lambda s: s["state"] == "up")
    mark = machine.mark()
    assert machine.ok(f"cat {SVC}/hog/memory.swap.max") == "0"
    machine.exec("hog", "dd if=/dev/zero of=/tmp/fill bs=64k count=256")
    machine.wait_line("^ingot: service hog: out of memory", since=mark)
    machine.exec_ok("swapper", "dd if=/dev/zero of=/tmp/fill bs=64k count=160")
    assert int(machine.ok(f"cat {SVC}/swapper/memory.swap.current")) > 4 << 20
    used = machine.ok(f"cd {SVC}; for s in plain quota light heavy hog; do cat $s/memory.swap.current; done")
    assert set(used.split()) == {"0"}
    machine.ok("ingotctl stop swapper; swapoff /state/swap; rm /state/swap")
