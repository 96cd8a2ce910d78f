# SPDX-License-Identifier: MIT
"""What surrounds a service, held against ingot-init(8) and read back from the kernel: namespaces, root, writable
places, devices, environment, descriptors, ids, and the limits of its cgroup."""
import json
import os
import re

import pytest

IMAGE = "lab"
STARTS = 10000 if os.environ.get("LONG") else 100
WRITABLE = ("/tmp", "/run", "/dev/shm", "/var/lib/probe", "/srv/deep/er")


def status_of(machine, pid):
    return dict(line.split(":", 1) for line in machine.ok(f"cat /proc/{pid}/status").splitlines())


@pytest.mark.parametrize("kind", ("mnt", "pid", "ipc", "uts", "cgroup", "net", "user"))
def test_namespaces_differ_from_the_machines_and_from_each_other(machine, kind):
    """isolation case 7"""
    seen = [machine.ok(f"readlink /proc/1/ns/{kind}")]
    for name in ("probe", "sibling", "bare", "squeezed"):
        seen.append(machine.ok(f"readlink /proc/{machine.main_pid(name)}/ns/{kind}"))
    assert len(set(seen)) == len(seen), seen


def test_network_namespace_of_a_service_is_its_own_again_at_the_next_run(machine):
    def net():
        return machine.ok(f"readlink /proc/{machine.main_pid('held')}/ns/net")

    kept = "ls -l /proc/1/fd | grep -o 'net:.*'"
    first = net()
    machine.ok("ingotctl restart held")
    assert net() == first and machine.ok(kept).split().count(first) == 1
    assert machine.exec_ok("held", "cat /proc/self/net/dev | tail -n +3 | cut -d: -f1").split() == ["lo"]
    machine.ok("ingotctl stop held")
    machine.until(kept, lambda out: first not in out)
    machine.ok("ingotctl start held")
    again = net()
    assert again != machine.ok("readlink /proc/1/ns/net")
    assert machine.until(kept, lambda out: again in out)


def test_user_namespace_holds_its_own_ids_alone(machine):
    pid = machine.main_pid("probe")
    assert machine.ok(f"cat /proc/{pid}/uid_map").split() == ["10002", "10002", "1"]
    assert machine.ok(f"cat /proc/{pid}/gid_map").split() == ["10102", "10102", "1"]
    assert machine.ok(f"readlink /proc/{machine.service('probe')['pid']}/ns/user") == machine.ok(
        f"readlink /proc/{pid}/ns/user"), "the stub's is the same"
    assert machine.exec_ok("probe", "id -u; id -g; stat -c '%u %g' /bin /tmp").split() == [
        "10002", "10102", "65534", "65534", "10002", "10102"]
    assert machine.exec_ok("probe", "readlink /proc/self/ns/user") == machine.ok(f"readlink /proc/{pid}/ns/user")
    machine.ok("ingotctl restart probe")
    assert machine.ok(f"cat /proc/{machine.main_pid('probe')}/uid_map").split() == ["10002", "10002", "1"]


def test_nobody_makes_a_user_namespace(machine):
    """Neither on the machine, nor, with every capability there, in a service's own."""
    pid = machine.main_pid("probe")
    assert machine.ok("cat /proc/sys/user/max_user_namespaces") == "0"
    assert machine.ok(f"nsenter -t {pid} -U --preserve-credentials cat /proc/sys/user/max_user_namespaces") == "0"
    for where in ("", f"nsenter -t {pid} -U --preserve-credentials "):
        assert "No space left on device" in machine.run(f"{where}unshare -U true").out
    machine.ok("echo 100 >/proc/sys/user/max_user_namespaces")
    assert machine.run("unshare -U true").status == 0
    assert "No space left on device" in machine.run(f"nsenter -t {pid} -U --preserve-credentials unshare -U true").out
    machine.ok("echo 0 >/proc/sys/user/max_user_namespaces")


def test_ids_of_the_machine_only_where_declared(machine):
    pid = machine.main_pid("echo")
    assert machine.ok(f"readlink /proc/{pid}/ns/user") == machine.ok("readlink /proc/1/ns/user")
    assert machine.exec_ok("echo", "stat -c %u /bin") == "0"


def test_network_of_the_machine_is_shared_only_where_declared(machine):
    """isolation case 29"""
    pid = machine.service("nginx")["pid"]
    assert machine.ok(f"readlink /proc/{pid}/ns/net") == machine.ok("readlink /proc/1/ns/net")
    assert machine.exec_ok("probe", "cat /proc/self/net/dev | tail -n +3 | cut -d: -f1").split() == ["lo"]
    assert machine.exec("probe", "wget -T 2 -qO- http://127.0.0.1/").status != 0


def test_cgroup_is_the_root_of_what_it_sees_and_its_files_are_out_of_reach(machine):
    """isolation case 28"""
    assert machine.exec_ok("probe", "cat /proc/self/cgroup") == "0::/"
    assert machine.exec("probe", "ls /sys/fs/cgroup").status != 0
    assert "cgroup" not in machine.exec_ok("probe", "cat /proc/self/mountinfo").replace("/proc/cgroups", "")
    assert machine.exec_ok("probe", "find / -xdev -name 'cgroup.*' -o -name 'memory.max'") == ""
    assert "Function not implemented" in machine.exec("probe", "mount -t cgroup2 cgroup /tmp").out


def test_sees_its_own_processes_only(machine):
    """isolation case 8"""
    shown = machine.exec_ok("probe", "cd /proc; for p in [0-9]*; do cat $p/comm; done").split()
    assert sorted(shown) == ["sh", "sleep"], "the program and this shell; the stub is not for the service to see"
    assert machine.exec_ok("probe", "hostname") == "probe"


def test_proc_tells_nothing_of_the_machine(machine):
    """isolation case 14"""
    for name in ("kcore", "kmsg", "sysrq-trigger", "sys", "kallsyms", "cpuinfo", "meminfo", "cmdline", "mounts"):
        if name != "mounts":  # a link into the process's own folder
            assert machine.exec("probe", f"cat /proc/{name}").status != 0, name
    assert machine.exec("probe", "ls /proc/1/root/").status != 0, "the stub is not for the service to look into"
    assert machine.exec("probe", "cat /proc/1/environ").status != 0


def test_root_is_read_only(machine):
    """isolation case 11"""
    for path in ("/x", "/usr/bin/x", "/etc/x", "/dev/x", "/var/x", "/srv/deep/x"):
        done = machine.exec("probe", f": >>{path}")
        assert done.status != 0 and "Read-only file system" in done.out, path


def test_root_is_read_only_by_itself(machine):
    """isolation case 11: the machine's root may be opened for a repair; a service's stays as it is."""
    machine.ok("mount -o remount,rw,bind / && touch /svc/held/usr/of-the-machine")
    try:
        machine.ok("ingotctl restart held")
        done = machine.run("ingotctl exec --privileged held -- /bin/busybox touch /usr/x")
        assert done.status != 0 and "Read-only file system" in done.out
    finally:
        machine.ok("rm /svc/held/usr/of-the-machine && mount -o remount,ro,bind /")


def test_nothing_lies_above_a_root(machine):
    """Not even for who has all rights in its mount namespace, and leaves its root by one more chroot."""
    found = set(machine.ok(f"/opt/climb {machine.main_pid('probe')}").split())
    assert found == set(machine.exec_ok("probe", "ls /").split()) and "ingot" not in found


def test_mounts_are_exactly_the_declared_ones(machine):
    """isolation case 16"""
    rows = [line.split() for line in machine.exec_ok("probe", "cat /proc/self/mountinfo").splitlines()]
    points = {row[4]: row[5].split(",") for row in rows}
    assert sorted(points) == sorted(["/", "/proc", "/dev", *WRITABLE])
    for point, options in points.items():
        assert "nosuid" in options, point
        assert ("ro" in options) == (point in ("/", "/dev")), point
        assert point == "/dev" or "nodev" in options, point
        assert point == "/" or "noexec" in options, point
    assert not any("shared" in word or "master" in word for row in rows for word in row[6:row.index("-")])


@pytest.mark.parametrize("place", WRITABLE)
def test_nothing_writable_is_executable(machine, place):
    done = machine.exec("probe", f"cp /bin/true {place}/program 2>/dev/null || echo '#!/bin/sh' >{place}/program; "
                                 f"chmod 755 {place}/program && {place}/program")
    assert done.status == 126 and "Permission denied" in done.out
    machine.exec_ok("probe", f"rm {place}/program")


def test_no_device_can_be_made_and_only_harmless_ones_are_there(machine):
    """isolation case 13"""
    for place in WRITABLE:
        assert machine.exec("probe", f"mknod {place}/null c 1 3").status != 0, place
    found = machine.exec_ok("probe", "find /dev ! -type d ! -type l | sort")
    assert found.split() == [f"/dev/{n}" for n in ("full", "null", "random", "tty", "urandom", "zero")]
    assert machine.exec_ok("probe", "head -c 4 /dev/zero | wc -c; echo x >/dev/null") == "4"


@pytest.mark.parametrize("place,kib", (("/tmp", 1024), ("/run", 1024), ("/dev/shm", 1024), ("/var/lib/probe", 256),
                                       ("/srv/deep/er", 64)))
def test_sizes_hold(machine, place, kib):
    done = machine.exec("probe", f"dd if=/dev/zero of={place}/fill bs=4096 count={kib // 2}")
    assert done.status != 0 and "No space left on device" in done.out
    assert machine.exec_ok("probe", f"stat -c %s {place}/fill; rm {place}/fill") == str(kib * 1024)


def test_state_has_the_mode_and_the_owner_that_are_declared(machine):
    shown = machine.exec_ok("probe", "stat -c '%a %u %g' /var/lib/probe /srv/deep/er")
    assert shown == "750 10002 10102\n700 10002 10102"


def test_environment_is_the_declared_one(machine):
    environ = machine.ok(f"tr '\\0' '\\n' </proc/{machine.main_pid('probe')}/environ | sort")
    assert environ.splitlines() == ["GREETING=hello, world", "PATH=/usr/bin"]
    assert machine.ok(f"tr '\\0' '\\n' </proc/{machine.main_pid('sibling')}/environ") == ""
    inside = machine.ok("ingotctl exec probe -- /usr/bin/env").splitlines()
    assert set(inside) - {"TERM=linux"} == {"GREETING=hello, world", "PATH=/usr/bin"}


def test_descriptors_are_0_to_2(machine):
    """isolation case 3"""
    pid = machine.main_pid("probe")
    links = machine.ok(f"cd /proc/{pid}/fd && for f in *; do echo $f $(readlink $f); done").splitlines()
    assert [link.split()[0] for link in links] == ["0", "1", "2"]
    assert links[0].split()[1].endswith("/null")
    assert "pipe:" in links[1] and "pipe:" in links[2] and links[1].split()[1] != links[2].split()[1]
    # 3 is the shell's own, for this very folder
    assert machine.exec_ok("probe", "cd /proc/self/fd; echo *") in ("0 1 2", "0 1 2 3")


def test_stub_holds_one_descriptor(machine):
    assert machine.ok(f"ls /proc/{machine.service('probe')['pid']}/fd | wc -l") == "1"


def test_identity_of_the_program(machine):
    """isolation cases 1 and 4"""
    status = status_of(machine, machine.main_pid("probe"))
    assert status["Uid"].split() == ["10002"] * 4
    assert status["Gid"].split() == ["10102"] * 4
    assert status["Groups"].split() == []
    assert status["Umask"].strip() == "0077"
    assert status["NoNewPrivs"].strip() == "1"
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    for name in ("SigBlk", "SigIgn"):
        assert int(status[name], 16) == 0, name


def test_limits_of_resources(machine):
    limits = machine.ok(f"cat /proc/{machine.main_pid('probe')}/limits")
    rows = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()[1:]}
    assert rows["Max open files"] == ["1024", "4096"]
    assert rows["Max core file size"] == ["0", "0"]
    assert rows["Max locked memory"] == ["65536", "65536"]
    assert rows["Max msgqueue size"] == ["0", "0"]
    assert rows["Max realtime priority"] == ["0", "0"]
    assert rows["Max nice priority"] == ["0", "0"]


def test_limits_of_the_cgroup(machine):
    """isolation case 27"""
    want = {"memory.max": 16 << 20, "memory.oom.group": 1, "pids.max": 16, "cpu.max": "150000 100000"}
    for name, value in want.items():
        assert machine.ok(f"cat /sys/fs/cgroup/svc/probe/{name}") == str(value), name
    assert machine.ok("cat /sys/fs/cgroup/svc/nginx/cpu.max") == "80000 100000"
    assert machine.ok("cat /sys/fs/cgroup/svc/sibling/pids.max") == "64", "the preset"
    assert machine.ok("cat /sys/fs/cgroup/svc/sibling/cpu.max") == "max 100000"
    done = machine.run("mkdir /sys/fs/cgroup/svc/probe/more")
    assert done.status and "Resource temporarily unavailable" in done.out, "no group within a service's"


def test_cgroup_holds_the_stub_and_the_program(machine):
    stub = machine.service("probe")["pid"]
    procs = machine.ok("cat /sys/fs/cgroup/svc/probe/cgroup.procs").split()
    assert procs == [str(stub), machine.main_pid("probe")]


def test_a_service_reaches_neither_pid_1_nor_the_control_socket(machine):
    assert machine.exec("nginx", "kill -9 $PPID 1 2>&1; ls /run/ingot").status != 0
    assert machine.service("nginx")["state"] == "up"


def test_sibling_is_out_of_reach(machine):
    pid = machine.main_pid("sibling")
    assert machine.exec("probe", f"kill -0 {pid}").status != 0
    assert machine.exec("probe", "ls /svc /state /ingot").status != 0


def test_system_calls_go_through_a_filter(machine):
    """isolation cases 2 and 20, and isolation case 33 for what is executed later"""
    status = status_of(machine, machine.main_pid("probe"))
    assert status["Seccomp"].strip() == "2" and status["Seccomp_filters"].strip() == "1"
    inside = machine.exec_ok("probe", "grep Seccomp: /proc/self/status").split()
    assert inside == ["Seccomp:", "2"]
    assert "Function not implemented" in machine.exec("probe", "unshare -m true").out
    assert "Function not implemented" in machine.exec("probe", "mount -t tmpfs none /tmp").out
    assert "Function not implemented" in machine.exec("probe", "date -s 2020-01-01; hostname other").out
    assert "Address family not supported" in machine.exec("probe", "nc 127.0.0.1 1 </dev/null").out
    assert "Operation not permitted" in machine.exec("probe", ": >/run/t; chmod u+s /run/t").out
    machine.exec_ok("probe", "rm /run/t")


def test_what_a_filter_refused_is_told_by_name(machine):
    """isolation case 21: all that it refuses, but for what C libraries try at each thread, which it answers as a tracer
    would."""
    assert {"errno", "log", "trace"} & set(machine.ok("cat /proc/sys/kernel/seccomp/actions_logged").split()) == {
        "errno", "log"}
    machine.exec("sibling", "unshare -m true; chroot / true")
    rows = json.loads(machine.ok("ingotctl denied sibling --json"))["denied"]
    told = {(row["name"], row["call"]): row for row in rows}
    for call in ("unshare", "chroot"):
        assert told["sibling", call]["times"] >= 1 and told["sibling", call]["what"] == "refused"
    assert all(name == "sibling" for name, _ in told)
    assert re.search("(?m)^sibling +unshare +[0-9]+ +refused$", machine.ok("ingotctl denied"))


def left(machine):
    """PID 1's descriptors, its mounts, all cgroups, all namespaces that a process is in, stubs."""
    return machine.ok("ls /proc/1/fd | wc -l; wc -l </proc/1/mountinfo; find /sys/fs/cgroup -type d | wc -l; "
                      "ls -l /proc/[0-9]*/ns 2>/dev/null | grep -o '[a-z_]*:.[0-9]*.$' | sort -u | wc -l; "
                      "cat /proc/[0-9]*/comm | grep -c ingot-stub")


def kernel_kib(machine):
    """What the kernel has taken for itself."""
    return int(machine.ok("sync; echo 3 >/proc/sys/vm/drop_caches; "
                          "awk '/^(Slab|KernelStack|PageTables|Percpu):/ { n += $2 } END { print n }' /proc/meminfo"))


def test_starts_and_stops_leave_nothing(machine):
    """isolation case 34: ten thousand of them in the long tier"""
    def again(n):
        assert machine.ok(f"for i in $(seq {n}); do ingotctl restart held || echo $i; done", timeout=n) == ""

    again(20)
    before, kib = left(machine), kernel_kib(machine)
    for _ in range(STARTS // 100):
        again(100)
    machine.until("true", lambda _: left(machine) == before)
    assert kernel_kib(machine) - kib < 512
    assert int(machine.ok("sed -n 's/^nr_dying_descendants //p' /sys/fs/cgroup/svc/cgroup.stat")) < 50
