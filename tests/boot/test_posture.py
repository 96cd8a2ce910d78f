# SPDX-License-Identifier: MIT
"""What surrounds a service on the shipped kernel, which has what User Mode Linux lacks: memory that is never written
and executable, and Landlock. The service's own program and what is executed in it later are held alike."""
import json
import re
import shutil

import pytest

import build
import guest

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
REFUSED = "Permission denied"


@pytest.fixture(scope="module")
def machine():
    build.image("posture")
    with guest.qemu([build.INGOT, *build.arguments("run", "posture"), "--shell"], "posture") as g:
        g.connect()
        g.wait_line("^ingot: 7 services ready, ", timeout=guest.BOOT_S)
        yield g


def gains(text):
    return dict(line.split(" ", 1) for line in text.splitlines())


def left(machine, name, file):
    """What the program of a service has left in its /tmp."""
    path = f"/proc/{machine.main_pid(name)}/root/tmp/{file}"
    return machine.until(f"cat {path}", lambda text: text and "can't" not in text)


def test_what_no_service_needs_comes_after_their_start(machine):
    """The power button's modules. Then PID 1 has the button, the kernel takes no other module, and its grace periods
    are as everywhere."""
    shown = build.ingot(*build.arguments("show", "posture")).stdout.splitlines()
    for name in ("virtio_mmio", "evdev", "button"):
        assert f"module: /ingot/modules/{name}.ko, after the services' start" in shown
    machine.until("cat /proc/sys/kernel/modules_disabled", lambda text: text == "1")
    loaded = {line.split()[0] for line in machine.ok("cat /proc/modules").splitlines()}
    assert {"virtio_mmio", "evdev", "button"} <= loaded
    assert "/dev/input/event" in machine.ok("ls -l /proc/1/fd")
    assert machine.ok("cat /sys/kernel/rcu_expedited") == "0"


def test_none_is_a_batch_process_though_pid_1_was_one_while_it_launched(machine):
    machine.until("cat /sys/kernel/rcu_expedited", lambda text: text == "0")
    policies = machine.ok("sed 's/.*) //' /proc/[0-9]*/stat | cut -d ' ' -f 39")
    assert "3" not in policies.split() and policies.split().count("0") > 10


def test_the_sysctls_are_those_of_the_man_page(machine):
    page = (build.ROOT / "docs" / "ingot-init.8").read_text()
    listed = page.split(".Ss What no service can do")[1].split(".El")[0]
    pairs = re.findall(r"([a-z][a-z_0-9.]+)=([0-9]*)", "\n".join(re.findall(r"^\.It Cm (.*)", listed, re.M)))
    assert len(pairs) > 15
    for name, value in pairs:
        assert machine.ok(f"cat /proc/sys/{name.replace('.', '/')}") == value, name


def test_this_kernel_lacks_nothing(machine):
    assert json.loads(machine.ok("ingotctl status --json"))["lacks"] == []
    assert not [line for line in machine.said() if "lacks" in line]


@pytest.mark.parametrize("name, memory", (("held", REFUSED), ("loose", "ok")))
def test_memory_that_was_written_is_executed_where_jit_says_so_alone(machine, name, memory):
    """isolation case 12"""
    for text in (left(machine, name, "gained"), machine.exec_ok(name, "gain /tmp")):
        done = gains(text)
        assert done["mmap"] == done["mprotect"] == memory
        assert done["memfd"] == ("ok" if memory == "ok" else "Function not implemented")
        assert done["segment"] == ("ok" if memory == "ok" else "Operation not permitted")
        assert done["file"] == "Operation not permitted", "its folder is noexec"


@pytest.mark.parametrize("name, memory", (("held", REFUSED), ("loose", "ok")))
def test_its_own_memory_is_no_file_to_write(machine, name, memory):
    for text in (left(machine, name, "gained"), machine.exec_ok(name, "gain /tmp")):
        assert gains(text)["memory"] == memory
    assert (machine.exec(name, "echo x >/proc/self/comm").status == 0) == (memory == "ok")


def test_writes_go_where_they_are_declared(machine):
    machine.exec_ok("held", "for d in /tmp /run /dev/shm /var/lib/held; do "
                            "cd $d && mkdir -p a/b c && echo x >a/b/f && mv a/b/f c/f && ln c/f g && "
                            "ln -s g h && mkfifo i && : >>g && rm -r a c g h i || exit 1; done")
    machine.exec_ok("held", "echo x >/dev/null && head -c 1 /dev/urandom >/dev/null")
    assert "No space left on device" in machine.exec("held", "echo x >/dev/full").out
    assert machine.ok("ingotctl logs held").endswith("said by name"), "its pipes are nobody's folder"


def test_nothing_writable_is_executed_even_where_its_mount_would_let_it(machine):
    for name, status in (("held", 126), ("loose", 0)):
        pid = machine.main_pid(name)
        machine.exec_ok(name, "cp /bin/busybox /tmp/true && chmod 755 /tmp/true")
        assert machine.exec(name, "/tmp/true").status == 126
        machine.ok(f"nsenter -t {pid} -m mount -o remount,bind,exec,nosuid,nodev none /tmp")
        assert machine.exec(name, "/tmp/true").status == status
        machine.ok(f"nsenter -t {pid} -m mount -o remount,bind,noexec,nosuid,nodev none /tmp")


def test_capabilities_are_the_declared_ones_in_every_set(machine):
    """isolation cases 2 and 33"""
    for name, caps in (("able", 1 << 5 | 1 << 40), ("held", 0)):
        of_the_program = machine.ok(f"grep -E '^(Cap|NoNew)' /proc/{machine.main_pid(name)}/status")
        assert machine.exec_ok(name, "grep -E '^(Cap|NoNew)' /proc/self/status") == of_the_program
        found = dict(line.split(":\t") for line in of_the_program.splitlines())
        assert found.pop("NoNewPrivs") == "1"
        assert {key: int(value, 16) for key, value in found.items()} == dict.fromkeys(
            ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), caps)


def test_limits_of_resources_are_the_declared_ones(machine):
    wanted = {"Max open files": ["20000"] * 2, "Max core file size": [str(1 << 20)] * 2,
              "Max realtime priority": ["5"] * 2, "Max locked memory": ["65536"] * 2}
    for text in (machine.ok(f"cat /proc/{machine.main_pid('able')}/limits"),
                 machine.exec_ok("able", "cat /proc/self/limits")):
        rows = {line[:26].strip(): line[26:].split()[:2] for line in text.splitlines()[1:]}
        assert {key: rows[key] for key in wanted} == wanted
    rows = machine.exec_ok("held", "grep 'Max open' /proc/self/limits").split()
    assert rows[3:5] == ["1024", "4096"], "another service has the posture's own"


def test_a_shell_is_lent_to_what_has_none(machine):
    assert "app" in machine.shell("bare", "ls /")
    assert machine.run("ingotctl exec bare -- /bin/sh").status == 127


def test_abstract_sockets_of_others_are_out_of_reach(machine):
    assert left(machine, "asks", "asked") == "Operation not permitted"
    assert machine.exec_ok("asks", "abstract connect secret") == "Operation not permitted"
    assert machine.exec_ok("asks", "abstract connect other") == "Connection refused"


def test_ports_beside_the_declared_ones_are_not_bound(machine):
    assert REFUSED in left(machine, "asks", "refused")
    machine.until("wget -qO- http://127.0.0.1:8001/ 2>&1", lambda text: "404" in text)
    assert REFUSED in machine.exec("asks", "httpd -f -p 8003").out, "what is executed later binds none"


def test_services_are_signalled_and_stop_as_ever(machine):
    machine.exec_ok("held", "kill -0 $$")
    pid = machine.main_pid("asks")
    machine.ok("ingotctl restart asks")
    assert machine.main_pid("asks") != pid


def test_devices_beside_the_listed_ones_open_for_nobody_in_its_group(machine):
    """isolation case 13, of nodes that come in by another way: even for the machine's root"""
    inside = "echo $$ >/sys/fs/cgroup/svc/held/cgroup.procs && "
    for node in ("null", "zero", "full", "random", "urandom"):
        machine.ok(f"{inside} : </dev/{node}")
    for node in ("mem", "ttyS0"):
        machine.ok(f": </dev/{node}")
        assert "Operation not permitted" in machine.run(f"{inside} : </dev/{node}").out, node
    for node in ("c 1 3", "b 7 0"):
        assert "Operation not permitted" in machine.run(f"{inside} mknod /run/node {node}").out
    machine.ok("mknod /run/node c 1 3 && rm /run/node")


def test_a_device_that_is_declared_is_there_and_its_own(machine):
    """The node is the service's own: the machine's keeps its owner. The kernel's rules let it open these, no other
    service this one, and it none of the machine's, whatever node it is given."""
    machine.until_service("opens", lambda s: s["state"] == "up")  # once evdev is loaded
    shown = machine.exec_ok("opens", "stat -c '%A %u %t:%T %n' /dev/ttyS1 /dev/input/event0").splitlines()
    uid = machine.service("opens")["uid"]
    assert [line.split()[:2] for line in shown] == [["crw-------", str(uid)]] * 2
    assert machine.ok("stat -c '%u %t:%T' /dev/ttyS1") == "0 4:41" and shown[0].split()[2] == "4:41"
    machine.exec_ok("opens", ": </dev/input/event0 && : </dev/null && : </dev/urandom")
    for what in ("touch /dev/x", "mknod /dev/x c 4 65"):
        assert "Read-only file system" in machine.exec("opens", what).out
    for group, node, opens in (("opens", "ttyS1", True), ("opens", "ttyS0", False), ("opens", "kmsg", False),
                               ("opens", "null", True), ("held", "ttyS1", False)):
        done = machine.run(f"echo $$ >/sys/fs/cgroup/svc/{group}/cgroup.procs && : </dev/{node}")
        assert (done.status == 0) == opens, (group, node, done.out)


def test_devices_count_in_the_score(machine):
    """As systemd counts them; the live process and the image agree."""
    shown = json.loads(machine.ok("ingotctl score opens --json"))
    assert "DeviceAllow=" in json.dumps(shown)
    assert "DeviceAllow=" not in machine.ok("ingotctl score held --json")


def test_after_a_reexec_a_start_has_its_devices(machine):
    machine.until_service("opens", lambda s: s["state"] == "up")
    machine.ok("ingotctl reexec && ingotctl restart opens")
    machine.exec_ok("opens", ": </dev/input/event0")
    assert machine.run("echo $$ >/sys/fs/cgroup/svc/opens/cgroup.procs && : </dev/ttyS0").status != 0


GROUP = "/sys/fs/cgroup/svc/again"


def use(megabytes, turns):
    """One run that uses so much, and the number of the cgroup that it leaves. Its first start makes its folder."""
    return (f"test -e /state/again/data || ingotctl run again --wait >/dev/null 2>&1; "
            f"echo {megabytes} {turns} >/state/again/data/use; ingotctl run again --wait >/dev/null 2>&1; "
            f"stat -c %i {GROUP} 2>/dev/null || echo none")


def runs_again(machine, *commands):
    """The lines that they print, in one command, as the machine's time goes on; and the records of all runs."""
    lines = machine.ok("; ".join(commands)).split()
    return lines, json.loads(machine.ok("ingotctl history again --json"))["runs"]


def test_a_job_that_runs_again_has_its_group_again_and_is_counted_anew(machine):
    lines, runs = runs_again(machine, use(10, 30000), f"echo 99 >{GROUP}/pids.max; echo 1M >{GROUP}/memory.max",
                             use(1, 0), f"cat {GROUP}/pids.max {GROUP}/memory.max")
    first, second = runs[-2:]
    assert lines[0] == lines[1] != "none"
    assert lines[2:] == ["8", str(16 << 20)], "its limits are written anew"
    assert first["memory_peak"] > 10 << 20 and 0 < second["memory_peak"] < 6 << 20
    assert second["result"]["code"] == 0 and 0 < second["cpu_us"] < first["cpu_us"] / 2


def test_a_group_that_was_killed_for_memory_is_not_kept(machine):
    lines, runs = runs_again(machine, use(20, 0), use(1, 0))
    assert lines[0] == "none" != lines[1]
    assert (runs[-2]["result"]["end"], runs[-1]["result"]["code"]) == ("oom", 0)


def test_a_group_is_not_kept_for_long(machine):
    assert runs_again(machine, use(1, 0))[0] != ["none"]
    machine.until("test -e /sys/fs/cgroup/svc/again; echo $?", lambda text: text == "1")
