# SPDX-License-Identifier: MIT
"""A service with replicas: instances that share a root and nothing else, the commands that mean one of them or all, and
a table with another number of them."""
import re

import pytest

import build

IMAGE = "replicas"
WEB = ["web@1", "web@2", "web@3"]


@pytest.fixture(scope="module", autouse=True)
def tables():
    """Puts the tables of the same image with 2 and 5 replicas into it."""
    tree = build.tree()
    text = (build.ROOT / "tests" / "boot" / "images" / "replicas.yml").read_text()
    assert "sources: []" in text and "replicas: 3" in text
    sources = []
    for number in (2, 5):
        file = tree / "images" / f"replicas-{number}.yml"
        file.write_text(text.replace("replicas: 3", f"replicas: {number}"))
        done = build.ingot("table", file, "-o", build.OUT, "-R", tree / "test-recipes", "--cache", build.CACHE, "-q",
                           text=False)
        assert done.returncode == 0, done.stderr.decode()
        (tree / "files" / f"replicas-{number}").write_bytes(done.stdout)
        sources.append(f"  - {{file: {{path: ../files/replicas-{number}, to: /opt/{number}}}}}\n")
    (tree / "images" / "replicas.yml").write_text(re.sub("sources: \\[\\].*\n", "sources:\n" + "".join(sources), text))


def pids(g):
    return {name: s["pid"] for name, s in g.services().items()}


def all_up(g, names):
    for name in names:
        g.until_service(name, lambda s: s["state"] == "up")


def load(g, path=""):
    mark = g.mark()
    g.ok(f"ingotctl reload {path}")
    return g.wait_line("^ingot: table: loaded anew: (.*)$", since=mark).group(1)


def test_instances_share_a_root_and_nothing_else(machine):
    all_up(machine, [*WEB, "all", "second"])
    assert machine.ok("ls /svc").split() == ["all", "second", "talks", "web"]
    for name in WEB:
        number = name[-1]
        assert machine.ok(f"ingotctl logs {name}") == f"instance {number} of 100%"
        assert machine.ok(f"cat /state/{name}/data/mine") == number
        assert machine.exec_ok(name, "cat /data/mine") == number
        assert machine.exec_ok(name, "ps | grep -c '[s]leep 8810'") == "1"
        pid = machine.main_pid(name)
        assert machine.ok(f"cat /proc/{pid}/cmdline | tr '\\0' ' '").strip() == f"sleep 8810{number}"
        assert machine.ok(f"cut -d: -f3 /proc/{pid}/cgroup").startswith(f"/svc/{name}")
        assert machine.ok(f"cat /sys/fs/cgroup/svc/{name}/memory.max") == str(4 << 20)
    spaces = machine.ok("for n in web@1 web@2 web@3; do "
                        "readlink /proc/$(head -n1 /sys/fs/cgroup/svc/$n/cgroup.procs)/ns/net; done").split()
    assert len(set(spaces)) == 3


def test_all_instances_come_before_what_needs_them(machine):
    for name in ("all", "second"):
        machine.wait_line(f"^ingot: service {name}: ready")
    lines = machine.said()
    ready = {name: lines.index(next(line for line in lines if line.startswith(f"service {name}: ready")))
             for name in [*WEB, "all", "second"]}
    assert ready["all"] > max(ready[name] for name in WEB) and ready["second"] > ready["web@2"]


def test_commands_mean_one_or_all(machine):
    all_up(machine, [*WEB, "all", "second"])
    before = pids(machine)
    shown = machine.ok("ingotctl status web").splitlines()
    assert [line.split()[0] for line in shown] == ["NAME", *WEB]
    machine.ok("ingotctl restart web@2")
    after = pids(machine)
    assert {name for name in before if before[name] != after[name]} == {"web@2"}
    machine.ok("ingotctl stop web")
    assert [machine.service(name)["state"] for name in [*WEB, "all"]] == ["down"] * 3 + ["up"]
    machine.ok("ingotctl start web@3")
    assert [machine.service(name)["state"] for name in WEB] == ["down", "down", "up"]
    mark = machine.services()
    machine.ok("ingotctl start web")
    assert [machine.service(name)["state"] for name in WEB] == ["up"] * 3
    assert machine.service("web@3")["pid"] == mark["web@3"]["pid"]
    text = machine.ok("ingotctl logs web")
    assert [line for line in text.splitlines() if line.startswith("==>")] == [f"==> {name} <==" for name in WEB]
    assert text.count("instance 1 of 100%") == 2
    names = {line.split()[1] for line in machine.ok("ingotctl events web").splitlines()}
    assert names == set(WEB)
    assert {line.split()[1] for line in machine.ok("ingotctl events web@2").splitlines()} == {"web@2"}


@pytest.mark.parametrize("words, why", (
    ("stop we", "ingotctl: service we: no such service (ingotctl status lists them)"),
    ("stop web@4", "ingotctl: service web@4: no such service (ingotctl status lists them)"),
    ("status we", "ingotctl: service we: no such service (ingotctl status lists them)"),
    ("exec web true", "ingotctl: service web has 3 instances: say which, such as web@1"),
    ("logs -f web", "ingotctl: web has several instances: -f follows one, such as web@1"),
    ("events web@", "ingotctl: service web@: no such service (ingotctl status lists them)")))
def test_what_no_instance_is_meant_by_is_said(machine, words, why):
    done = machine.run(f"ingotctl {words}")
    assert (done.out, done.status != 0) == (why, True)


def test_another_number_of_them_starts_and_stops_the_difference(machine):
    all_up(machine, [*WEB, "all", "second"])
    before = pids(machine)
    assert load(machine, "/opt/5") == "6 services run on, 0 start anew, 2 are new, 0 are gone"
    all_up(machine, [*WEB, "web@4", "web@5"])
    assert machine.ok("ingotctl logs web@5") == "instance 5 of 100%"
    assert machine.ok("cat /state/web@5/data/mine") == "5"
    after = pids(machine)
    assert {name: after[name] for name in before} == before
    assert load(machine, "/opt/2") == "5 services run on, 0 start anew, 0 are new, 3 are gone"
    assert pids(machine) == {name: pid for name, pid in before.items() if name != "web@3"}
    assert machine.ok("ls /sys/fs/cgroup/svc | grep web").split() == ["web@1", "web@2"]
    assert load(machine) == "5 services run on, 0 start anew, 1 are new, 0 are gone"
    all_up(machine, WEB)
    assert machine.ok("cat /state/web@3/data/mine").split()[-1] == "3", "its state was kept"


# ---- what a service says by sd_notify ----


def says(g, words):
    g.exec_ok("talks", f"say '{words}'")


def talking(g):
    """The service, ready and well."""
    if g.service("talks")["state"] != "up":
        g.run("ingotctl restart talks &")
        g.until_service("talks", lambda s: s["state"] == "starting" and s["status"] == "waits")
        says(g, "READY=1")
    g.until_service("talks", lambda s: s["state"] == "up")


def test_it_may_take_longer_to_start(machine):
    """Its time limit is a second."""
    shown = machine.until_service("talks", lambda s: s["in_state_ms"] > 1200)
    assert (shown["state"], shown["restarts"], shown["status"]) == ("starting", 0, "waits")
    says(machine, "READY=1")
    machine.until_service("talks", lambda s: s["state"] == "up" and s["health"] == {"well": True})


def test_its_status_is_kept_cut_and_made_visible(machine):
    talking(machine)
    says(machine, "STATUS=serves 7 of \t\\é\x1b[31m \"all\"")
    shown = machine.until_service("talks", lambda s: s["status"] != "waits")
    assert shown["status"] == "serves 7 of \t\\é\x1b[31m \"all\""
    assert machine.ok("ingotctl status talks").splitlines()[-1] == "talks says: serves 7 of  \\é^[[31m \"all\""
    assert "says" not in machine.ok("ingotctl status")
    says(machine, "STATUS=" + "x" * 200)
    machine.until_service("talks", lambda s: s["status"] == "x" * 63)
    machine.ok("ingotctl reexec")
    assert machine.service("talks")["status"] == "x" * 63, "another PID 1 knows it too"
    assert machine.service("web@1")["status"] is None
    says(machine, "STATUS=")
    machine.until_service("talks", lambda s: s["status"] is None)


def test_it_may_set_its_own_watchdog(machine):
    talking(machine)
    says(machine, "RELOADING=1+MONOTONIC_USEC=1+MAINPID=1+EXTEND_TIMEOUT_USEC=1+WATCHDOG_USEC=1x+WATCHDOG_USEC=")
    says(machine, "READY=1")
    assert machine.service("talks")["health"] == {"well": True}
    says(machine, "WATCHDOG_USEC=100000")
    machine.until_service("talks", lambda s: s["health"] == {"well": False, "text": "the watchdog was not fed"})
    says(machine, "WATCHDOG_USEC=50000000+WATCHDOG=1")
    machine.until_service("talks", lambda s: s["health"] == {"well": True})
    assert machine.service("talks")["restarts"] == 0


def test_it_may_take_longer_to_stop(machine):
    """Its time limit is a second, and it needs more."""
    talking(machine)
    mark = machine.mark()
    machine.ok("ingotctl stop talks")
    shown = machine.service("talks")
    assert (shown["state"], shown["last"]["text"]) == ("down", "exit 4")
    machine.wait_line("^ingot: service talks: stopped$", since=mark)


def test_one_that_says_that_it_ends_is_not_ended(machine):
    talking(machine)
    before, pid = machine.service("talks"), machine.main_pid("talks")
    says(machine, "WATCHDOG_USEC=100000+STOPPING=1")
    shown = machine.until_service("talks", lambda s: s["state"] == "stopping")
    assert shown["pid"] == before["pid"]
    machine.ok(f"echo >/proc/{pid}/root/run/f")
    shown = machine.until_service("talks", lambda s: s["restarts"] == before["restarts"] + 1)
    assert shown["last"]["text"] == "exit 5"
    machine.until_service("talks", lambda s: s["status"] == "waits")
