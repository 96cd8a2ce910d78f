# SPDX-License-Identifier: MIT
"""The watchdog is fed while PID 1 and the critical services are well, through a re-exec, a crash and a shutdown;
without that the machine is reset. In User Mode Linux the kernel's own one stands for the hardware. What PID 1 is held
against, init case 50."""
import shutil
import time

import pytest

import build
import guest

IMAGE = "watchdog"
TIMEOUT_S = 3
RESET_S = 20


@pytest.fixture
def dog(start):
    with start(IMAGE) as g:
        g.connect()
        g.wait_line("^ingot: watchdog /dev/watchdog1: resets the machine after 3 s without PID 1 or a critical service",
                    timeout=5)
        yield g


def stays(g, seconds):
    """Nothing resets the machine for so long."""
    until, mark = time.monotonic() + seconds, g.mark()
    g.until("cut -d. -f1 /proc/uptime", lambda text: time.monotonic() > until, timeout=seconds + 10)
    assert not [line for line in g.lines[mark:] if line.startswith("softdog")]


def reset(g, since):
    """User Mode Linux does not always come back from a restart in an interrupt: that it was begun is what counts."""
    g.wait_line("^softdog: Initiating system reboot", since=since, timeout=RESET_S)


def kill_all(name):
    return f"kill -9 $(cat /sys/fs/cgroup/svc/{name}/cgroup.procs)"


def test_a_slow_start_is_no_absence_and_a_plain_service_is_not_waited_for(dog):
    dog.ok("ingotctl stop plain")
    dog.wait_line("^ingot: service slow: ready in ", timeout=20)
    stays(dog, 2 * TIMEOUT_S)
    assert dog.service("plain")["state"] == "down"


def test_a_critical_service_that_stays_away_resets_the_machine(dog):
    began, mark = time.monotonic(), dog.mark()
    dog.ok("ingotctl stop vital")
    dog.wait_line("^ingot: watchdog: service vital is critical and not well: "
                  "the machine is reset unless it comes back$", since=mark)
    reset(dog, mark)
    assert time.monotonic() - began > TIMEOUT_S * 2 / 3, "it had time to come back"


def test_a_critical_service_that_comes_back_in_time_saves_it(dog):
    dog.ok(kill_all("vital"))
    dog.until_service("vital", lambda s: s["restarts"] == 1 and s["state"] == "up")
    stays(dog, 2 * TIMEOUT_S)


def test_a_critical_service_that_falls_again_and_again_is_absent(dog):
    """It is up for most of the time, and never for long."""
    mark = dog.mark()
    dog.send(f"while :; do {kill_all('vital')}; sleep 0.6; done 2>/dev/null\n")
    dog.wait_line("^ingot: service vital: signal 9 ", since=mark)
    reset(dog, mark)


def test_a_re_exec_and_a_crash_go_on_feeding(dog):
    dog.ok("ingotctl reexec && kill -SEGV 1")
    dog.wait_line("^ingot: PID 1 goes on: ")
    stays(dog, 2 * TIMEOUT_S)


def test_pid_1_that_stands_still_resets_the_machine(dog):
    """Its group is frozen, as no signal stops it."""
    mark = dog.mark()
    dog.send("mkdir /sys/fs/cgroup/still && echo 1 >/sys/fs/cgroup/still/cgroup.procs && "
             "echo 1 >/sys/fs/cgroup/still/cgroup.freeze\n")
    reset(dog, mark)


def test_a_shutdown_is_fed_up_to_its_deadline(dog):
    dog.until("ingotctl logs stubborn", lambda text: text == "up")
    began = time.monotonic()
    dog.send("ingotctl poweroff\n")
    assert dog.wait_end() == 0
    assert time.monotonic() - began > TIMEOUT_S + 1
    assert dog.said()[-1] == "power off"


@pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")
def test_a_device_of_the_hardware_resets_the_machine():
    folder = build.image("watchdog-hw")
    words = (folder / "cmdline").read_text().strip()
    with guest.qemu(["qemu-system-x86_64", "-accel", "tcg,thread=single", "-m", "256", "-nodefaults", "-no-user-config",
                     "-display", "none", "-serial", "stdio", "-no-reboot", "-device", "i6300esb", "-kernel",
                     folder / "kernel", "-initrd", folder / "initramfs.cpio.zst", "-append", f"{words} ingot.shell"],
                    "watchdog-hw") as g:
        g.connect()
        g.wait_line("^ingot: watchdog /dev/watchdog0: resets the machine after 5 s without PID 1 ")
        stays(g, 7)
        mark = g.mark()
        g.ok("ingotctl stop vital")
        g.wait_line("^ingot: watchdog: service vital is critical and not well", since=mark)
        assert g.wait_end(timeout=40) == 0, "QEMU ends where the machine is reset"
        assert not [line for line in g.lines[mark:] if "Restarting" in line or "Power down" in line]
