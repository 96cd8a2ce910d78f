# SPDX-License-Identifier: MIT
"""`ingotctl drift`, held against ingotctl(8): a machine that is as its image says has none; each thing that is changed
by hand is one line that says what, where, what was expected and what was found, and goes again with the change."""
import hashlib
import json
import shutil

import pytest

import build
import guest
from test_qemu import run

IMAGE = "drift"
FILE = "file sha256 "


def digest(text):
    return FILE + hashlib.sha256(text.encode()).hexdigest()


def drift(machine, words=""):
    """What `ingotctl drift` found, as (what, service, where, expected, found), by its status too."""
    done = machine.run(f"ingotctl drift {words} --json")
    rows = [tuple(row.values()) for row in json.loads(done.out)["drift"]]
    assert done.status == (1 if rows else 0)
    return rows


@pytest.fixture(autouse=True)
def none_behind(request):
    """Each test undoes what it did, and that is seen; where it has not, the next one gets another machine."""
    machine = request.getfixturevalue("machine") if "machine" in request.fixturenames else None
    for name in ("web", "plain", "able", "quiet") if machine else ():
        machine.until_service(name, lambda s: s["state"] == "up")
    yield
    left = drift(machine) if machine else []
    if left:
        machine.lost = True
    assert left == []


@pytest.fixture
def writable(machine):
    machine.ok("mount -o remount,rw,bind /")
    yield
    machine.ok("mount -o remount,ro,bind,nosuid,nodev /")


def test_no_drift_is_said(machine):
    assert machine.ok("ingotctl drift") == "no drift"
    assert machine.ok("ingotctl drift web") == "no drift"


def test_a_root_that_can_be_written_to(machine, writable):
    assert drift(machine) == [("mount", None, "/", "read-only", "rw,nosuid,nodev")]


def test_files_of_the_roots(machine, writable):
    """isolation case 37: in the machine's root and in a service's, each with its digest."""
    machine.ok("cp -a /etc/passwd /tmp; echo x >>/etc/passwd; rm /usr/bin/env; echo new >/usr/bin/new; "
               "chmod 777 /svc/web/etc; ln -sf /bin/sh /svc/plain/usr/bin/env; mkdir /svc/web/more; "
               "chown 5:6 /svc/plain/etc/group")
    passwd = machine.ok("cat /etc/passwd") + "\n"
    old = machine.ok("cat /tmp/passwd") + "\n"
    assert drift(machine) == [
        ("file", None, "/etc/passwd", digest(old), digest(passwd)),
        ("file", None, "/svc/plain/etc/group", "mode 0644 uid 0 gid 0", "mode 0644 uid 5 gid 6"),
        ("file", None, "/svc/plain/usr/bin/env", "link to /bin/busybox", "link to /bin/sh"),
        ("file", None, "/svc/web/etc", "mode 0755 uid 0 gid 0", "mode 0777 uid 0 gid 0"),
        ("file", None, "/svc/web/more", "nothing", "folder"),
        ("file", None, "/usr/bin/env", "link to /bin/busybox", "nothing"),
        ("file", None, "/usr/bin/new", "nothing", digest("new\n")),
        ("mount", None, "/", "read-only", "rw,nosuid,nodev")]
    assert [row[2] for row in drift(machine, "plain")] == ["/svc/plain/etc/group", "/svc/plain/usr/bin/env"]
    line = f"file /usr/bin/new: expected nothing, found {digest('new' + chr(10))}"
    assert line in machine.run("ingotctl drift").out.splitlines()
    machine.ok("cp /tmp/passwd /etc/passwd; ln -s /bin/busybox /usr/bin/env; rm /usr/bin/new; chmod 755 /svc/web/etc; "
               "ln -sf /bin/busybox /svc/plain/usr/bin/env; rmdir /svc/web/more; chown 0:0 /svc/plain/etc/group")


def test_files_of_state_since_the_baseline(machine):
    """isolation case 37: of what services keep, since somebody said that it is right."""
    machine.exec_ok("web", "cd /data; echo a >a; echo b >b; echo same >same")
    assert drift(machine) == [], "without a baseline nothing is compared"
    machine.ok("ingotctl drift --baseline")
    machine.exec_ok("web", "cd /data; rm a; echo more >>b; ln -s /etc/passwd c; mkfifo d; "
                           "printf 'e\\033' >$(printf 'e\\033')")
    assert drift(machine, "web") == [
        ("state", None, "/state/web/data/a", digest("a\n"), "nothing"),
        ("state", None, "/state/web/data/b", digest("b\n"), digest("b\nmore\n")),
        ("state", None, "/state/web/data/c", "nothing", "link to /etc/passwd"),
        ("state", None, "/state/web/data/d", "nothing", "special file"),
        ("state", None, "/state/web/data/e\x1b", "nothing", digest("e\x1b"))]
    assert "\x1b" not in machine.run("ingotctl drift").out, "a service must not move the reader's cursor"
    assert len(drift(machine)) == 5 and drift(machine, "plain") == []
    machine.ok("ingotctl drift --baseline")


def test_mounts_of_the_machine_and_of_a_service(machine):
    """isolation case 38"""
    machine.ok("mount -t tmpfs hidden /root")
    pid = machine.main_pid("web")
    machine.ok(f"nsenter -t {pid} -m /bin/mount -t tmpfs more /etc && nsenter -t {pid} -m /bin/umount /dev/shm")
    assert drift(machine) == [("mount", None, "/root", "nothing", "tmpfs"),
                              ("mount", "web", "/etc", "nothing", "tmpfs"),
                              ("mount", "web", "/dev/shm", "a mount", "nothing")]
    machine.ok("umount /root; ingotctl restart web")
    machine.until_service("web", lambda s: s["state"] == "up")


def test_limits_of_a_service(machine):
    """isolation case 38: also those that only some services have."""
    machine.ok("cd /sys/fs/cgroup/svc; echo 100 >web/pids.max; echo max >plain/memory.high; echo 0 >plain/memory.low; "
               "echo max >plain/cpu.max")
    assert drift(machine) == [("limit", "web", "pids.max", "16", "100"),
                              ("limit", "plain", "memory.high", str(6 << 20), "max"),
                              ("limit", "plain", "cpu.max", "90000 100000", "max 100000"),
                              ("limit", "plain", "memory.low", str(1 << 20), "0")]
    machine.ok(f"cd /sys/fs/cgroup/svc; echo 16 >web/pids.max; echo {6 << 20} >plain/memory.high; "
               f"echo {1 << 20} >plain/memory.low; echo 90000 >plain/cpu.max; echo 2 >cgroup.max.depth")
    assert drift(machine, "web") == [("limit", "web", "../cgroup.max.depth", "1", "2")]
    machine.ok("echo 1 >/sys/fs/cgroup/svc/cgroup.max.depth")


def test_processes_and_capabilities_in_a_service(machine):
    """isolation case 38: a process that was put there from outside."""
    rows = json.loads(machine.run("echo $$ >/sys/fs/cgroup/svc/plain/cgroup.procs; ingotctl drift plain --json").out)
    found = {(row["what"], row["where"].split(" ", 2)[2]): (row["expected"], row["found"]) for row in rows["drift"]}
    assert found["process", "Uid"] == ("10001 10001 10001 10001", "0 0 0 0")
    assert found["process", "NoNewPrivs"] == ("1", "0") and found["process", "Seccomp"] == ("2", "0")
    assert found["capability", "CapEff"][0] == "0" * 16 and int(found["capability", "CapEff"][1], 16)
    for kind in ("mnt", "pid", "ipc", "uts", "cgroup", "net", "user"):
        assert found["process", f"namespace {kind}"][0] == "one of its own"


def test_rights_and_ids_of_the_machine_are_expected_where_they_are_declared(machine):
    """A shell of the machine and a process of another service, put into it from outside: the one is in the right user
    namespace, the other is not."""
    def seen():
        return {(row[2].split(" ", 2)[2], row[3]) for row in drift(machine, "able")}

    rows = json.loads(machine.run("echo $$ >/sys/fs/cgroup/svc/able/cgroup.procs; ingotctl drift able --json").out)
    found = {row["where"].split(" ", 2)[2]: (row["expected"], row["found"]) for row in rows["drift"]}
    assert found["CapEff"][0] == "0000000000000020" and found["namespace net"][0] == "one of its own"
    assert "namespace user" not in found
    machine.ok("(ingotctl exec plain -- /bin/sleep 8881 >/dev/null 2>&1 &)")
    machine.until("pgrep -f '^/bin/sleep 8881'", lambda text: text != "")
    machine.ok("echo $(pgrep -f '^/bin/sleep 8881') >/sys/fs/cgroup/svc/able/cgroup.procs")
    assert {("CapBnd", "0000000000000020"), ("namespace user", "the machine's")} <= seen()
    machine.ok("pkill -9 -f '^/bin/sleep 8881'")
    machine.until("ingotctl drift able", lambda text: text == "no drift")


def test_a_service_that_is_down(machine):
    """isolation case 38"""
    machine.ok("ingotctl stop plain")
    assert ("process", "plain", "the service", "up", "down") in drift(machine)
    machine.ok("ingotctl start plain")


def test_ports_of_a_service(machine):
    """isolation case 38: TCP and UDP, by what its own processes hold."""
    machine.ok("(ingotctl exec web -- /bin/nc -l -p 9000 >/dev/null 2>&1 &); (nc -l -p 9001 >/dev/null 2>&1 &)")
    machine.until("cat /proc/net/tcp /proc/net/tcp6", lambda text: ":2328 " in text and ":2329 " in text)
    assert drift(machine) == [("port", "web", "tcp 9000", "closed", "listening")]
    machine.ok("pkill -f 'nc -l -p 900'")
    machine.until("ingotctl drift", lambda text: text == "no drift")


def test_a_declared_port_that_nothing_listens_at(machine):
    """isolation case 38"""
    machine.ok("pkill -USR1 -f 'trap .killall'")
    machine.until("cat /proc/net/tcp", lambda text: ":1B58 00000000:0000 0A " not in text)
    assert drift(machine) == [("port", "quiet", "tcp 7000", "listening", "closed")]
    machine.ok("ingotctl restart quiet")


def test_what_cannot_be_asked_is_an_error_of_its_own(machine):
    for words, said in (("nobody", "service nobody: no such service (ingotctl status lists them)"),
                        ("--all", "drift: wrong arguments (usage: ingotctl drift [NAME] [--json] | --baseline)"),
                        ("web --baseline",
                         "drift: the baseline is that of all that services keep: --baseline stands alone")):
        done = machine.run(f"ingotctl drift {words}")
        assert (done.out, done.status) == (f"ingotctl: {said}", 2)


def test_an_image_without_a_list_says_so(start):
    with start("end") as other:
        done = other.connect().run("ingotctl drift")
        assert done.status == 2 and done.out.endswith(": write `drift: {}` into its file")


@pytest.fixture(scope="module")
def cloud():
    """The same image by the shipped kernel, its root a squashfs."""
    if not shutil.which("qemu-system-x86_64"):
        pytest.skip("no qemu-system-x86_64")
    text = (build.tree() / "images" / "drift.yml").read_text()
    for old, new in (("image: drift", "image: drift-cloud"), ("kernel-uml", "kernel-cloud"),
                     ("every: 1h", "every: 1d")):
        text = text.replace(old, new)
    (build.tree() / "images" / "drift-cloud.yml").write_text(text + "initramfs: {root: squashfs}\n")
    build.image("drift-cloud")
    with run("drift-cloud", "--shell") as g:
        g.connect()
        g.wait_line("^ingot: service web: ready in ", timeout=guest.BOOT_S)
        yield g


def test_the_host_asks_and_a_squashfs_is_compared(cloud):
    """The job of the machine does it, at boot, by the clock, and when it is asked."""
    cloud.until_service("drift", lambda s: s["state"] == "waiting" and s["last"]["end"] == "exit", timeout=guest.BOOT_S)
    assert cloud.ok("ingotctl logs drift") == "no drift"
    cloud.ok("mount -t tmpfs hidden /root")
    done = build.ingot(*build.arguments("diff", "drift-cloud"), "--guest")
    assert done.returncode == 1 and done.stdout.endswith("mount /root: expected nothing, found tmpfs\n"), done.stdout
    assert cloud.service("drift")["last"]["text"] == "exit 1"
