# SPDX-License-Identifier: MIT
"""What ingotctl tells of a machine while it changes, held against ingotctl(8): the stream of events has no gap and
agrees with status, the chart of the boot agrees with what the services did, the processes and figures of each service
are those of its cgroup. Numbers in brackets are the cases that PID 1 is held against."""
import json

IMAGE = "life"


def events(machine, *words):
    out = machine.ok(" ".join(("ingotctl events --json", *words)))
    return [json.loads(line) for line in out.splitlines()]


def whole(told, first):
    """Every number from `first` on, and each service's changes a chain."""
    assert [e["seq"] for e in told] == list(range(first, first + len(told)))
    states = {}
    for e in told:
        assert e["from"] != e["to"]
        assert states.get(e["name"], e["from"]) == e["from"], e
        states[e["name"]] = e["to"]
    return states


def test_nothing_is_missed_between_status_and_the_events(machine):
    """init case 44: What status says, and the events since its number, come to what a later status says."""
    machine.ok("ingotctl stop again && ingotctl stop flaps && ingotctl stop tick && ingotctl stop slow")
    machine.until_service("lives", lambda s: s["state"] == "up")
    first = json.loads(machine.ok("ingotctl status --json"))
    machine.ok("ingotctl restart lives && ingotctl stop lives && ingotctl start lives")
    told = events(machine, "--since", str(first["seq"]))
    states = {s["name"]: s["state"] for s in first["services"]}
    later = whole(told, first["seq"] + 1)
    assert [(e["from"], e["to"]) for e in told if e["name"] == "lives"] == [
        ("up", "stopping"), ("stopping", "down"), ("down", "starting"), ("starting", "up"), ("up", "stopping"),
        ("stopping", "down"), ("down", "starting"), ("starting", "up")]
    last = json.loads(machine.ok("ingotctl status --json"))
    told += events(machine, "--since", str(told[-1]["seq"]))
    told = [e for e in told if e["seq"] <= last["seq"]]  # jobs go on meanwhile
    later = whole(told, first["seq"] + 1)
    assert {**states, **later} == {s["name"]: s["state"] for s in last["services"]}


def test_an_event_says_how_the_run_ended(machine):
    told = events(machine, "exits-7")
    assert {e["name"] for e in told} == {"exits-7"}
    assert told[-1]["to"] == "failed" and told[-1]["last"] == {"end": "exit", "code": 7, "text": "exit 7"}
    assert all(e["last"] is None for e in told if e["to"] in ("starting", "up"))
    lines = machine.ok("ingotctl events exits-7").splitlines()
    assert len(lines) == len(told)
    assert lines[-1].split()[1:] == ["exits-7", told[-1]["from"], "->", "failed", "exit", "7"]


def test_events_are_followed(machine):
    seq = json.loads(machine.ok("ingotctl status --json"))["seq"]
    machine.ok(f"(ingotctl events -f --json --since {seq} >/tmp/events & echo $! >/tmp/events.pid)")
    machine.ok("for i in 1 2 3 4 5 6 7 8; do ingotctl restart lives; done")
    out = machine.until("cat /tmp/events", lambda text: text.count('"to": "up"') + text.count('"to":"up"') >= 8)
    machine.ok("kill $(cat /tmp/events.pid)")
    whole([json.loads(line) for line in out.splitlines()], seq + 1)


def test_who_is_overrun_is_told_how_much_is_lost(machine):
    """init case 44: The ring is of fixed size: the count of what is lost closes the gap in the numbers."""
    seq = json.loads(machine.ok("ingotctl status --json"))["seq"]
    machine.ok("ingotctl start again || :")
    machine.until("ingotctl status --json", lambda text: json.loads(text)["seq"] > seq + 600, timeout=60)
    machine.ok("ingotctl stop again")
    told = events(machine, "--since", str(seq))
    assert list(told[0]) == ["lost"]
    assert told[1]["seq"] == seq + told[0]["lost"] + 1
    whole(told[1:], told[1]["seq"])
    assert len(told) == 257
    assert machine.ok(f"ingotctl events --since {seq}").splitlines()[0].split() == \
        f"{told[0]['lost']} changes that stood here are lost".split()
    assert len(events(machine)) == 256, "who asks for no number misses nothing"


def test_a_number_of_another_boot_is_the_newest(machine):
    assert machine.ok("ingotctl events --since 123456789012") == ""
    done = machine.run("ingotctl events --since x")
    assert done.status == 2 and "--since wants the number of a change" in done.out


def test_who_does_not_read_events_holds_nobody_up(machine):
    """init case 42"""
    machine.ok("mkfifo /tmp/held; (exec ingotctl events -f --json >/tmp/held & echo $! >/tmp/held.pid); "
               "(exec sleep 1000 </tmp/held & echo $! >/tmp/sleep.pid)")
    before = machine.service("again")["restarts"]
    machine.ok("ingotctl start again || :")
    machine.until_service("again", lambda s: s["restarts"] > before + 200, timeout=60)
    machine.ok("ingotctl stop again; kill $(cat /tmp/held.pid) $(cat /tmp/sleep.pid); rm /tmp/held")
    assert machine.service("lives")["state"] == "up"


def test_timing_agrees_with_what_was_said(machine):
    told = json.loads(machine.ok("ingotctl timing --json"))
    times = {s["name"]: s for s in told["services"]}
    took = machine.wait_line("^ingot: service lives: ready in ([0-9]+) ms$")
    assert times["lives"]["ready_ms"] - times["lives"]["launched_ms"] == int(took.group(1))
    assert times["never-ready"]["ready_ms"] is None and times["never-ready"]["launched_ms"] is not None
    assert 0 < told["boot_ms"] < 60000
    assert times["after-fd"]["launched_ms"] is None, "what it needs is not ready"


def test_the_chart_fits_into_80_columns(machine):
    lines = machine.ok("ingotctl timing").splitlines()
    assert max(map(len, lines)) <= 80
    names = [line.split()[0] for line in lines[1:lines.index("")]]
    assert names == list(machine.services())
    assert "=" in next(line for line in lines if line.startswith("lives "))
    assert "-" in next(line for line in lines if line.startswith("never-ready ")).rstrip()[-1]


# ---- processes and figures, read by ingotctl itself ----

def test_the_tree_holds_the_processes_of_each_cgroup(machine):
    """Held against the cgroup files and /proc, as busybox reads them."""
    machine.until("ingotctl tree family", lambda text: len(text.splitlines()) == 7)
    told = {s["name"]: s for s in json.loads(machine.ok("ingotctl tree --json"))["services"]}
    assert list(told) == list(machine.services())
    for name in ("lives", "family", "stubborn"):
        pids = machine.ok(f"cat /sys/fs/cgroup/svc/{name}/cgroup.procs").split()
        assert sorted(str(p["pid"]) for p in told[name]["processes"]) == sorted(pids)
    family = told["family"]["processes"]
    uid = machine.service("family")["uid"]
    assert {p["uid"] for p in family} == {uid}
    for p in family:
        assert machine.ok(f"grep PPid: /proc/{p['pid']}/status").split()[1] == str(p["ppid"])
    assert {"sleep 4441", "sleep 4442", "sleep 4444"} <= {p["command"] for p in family}
    assert told["exits-7"]["processes"] == []


def test_the_tree_shows_who_is_below_whom(machine):
    lines = machine.until("ingotctl tree family", lambda text: len(text.splitlines()) == 7).splitlines()
    assert lines[1] == "family, up"
    depth = {line[26:].strip(): len(line[26:]) - len(line[26:].lstrip()) for line in lines[2:]}
    assert depth["sleep 4444"] == 2 and depth["sleep 4442"] == 4
    assert machine.run("ingotctl tree nothing").status == 1


def test_a_name_with_control_characters_is_shown_and_not_obeyed(machine):
    machine.until_service("lives", lambda s: s["state"] == "up")
    machine.ok("(ingotctl exec lives -- /bin/sh -c 'sleep 3331; :' \"$(printf 'a\\033[2Jb\\nc')\" >/tmp/exec 2>&1 &)")
    shown = machine.until("cat /tmp/exec; ingotctl tree lives", lambda text: text.count("3331") == 2)
    machine.ok("ingotctl restart lives")
    assert "/bin/sh -c sleep 3331; : a^[[2Jb c" in shown


def test_top_tells_what_the_cgroup_files_tell(machine):
    machine.ok("(ingotctl exec lives -- /bin/sh -c 'while :; do :; done' >/dev/null 2>&1 & echo $! >/tmp/burner)")
    machine.until("ingotctl tree lives", lambda text: "while :" in text)
    looks = [json.loads(line) for line in machine.ok("ingotctl top -n 2 --json").splitlines()]
    machine.ok("ingotctl restart lives")
    assert len(looks) == 2
    first, second = ({s["name"]: s for s in look["services"]} for look in looks)
    assert list(first) == list(machine.services())
    lives = second["lives"]
    assert lives["cpu_us"] > first["lives"]["cpu_us"] and 300 < lives["cpu_permille"] < 1200
    assert second["family"]["cpu_permille"] < 100
    assert lives["memory_max"] == 4 << 20 and 0 < lives["memory"] < 4 << 20
    assert second["family"]["pids"] == len(machine.ok("cat /sys/fs/cgroup/svc/family/cgroup.procs").split())
    assert second["exits-7"]["memory"] is None


def test_top_prints_lines_that_fit_into_80_columns(machine):
    lines = machine.ok("ingotctl top --once").splitlines()
    assert max(map(len, lines)) <= 80 and "\033" not in "".join(lines)
    names = [line.split()[0] for line in lines[3:]]
    running = [name for name, s in machine.services().items() if s["pid"]]
    assert set(names) >= {"lives", "family"} and len(names) <= len(running) + 4


def test_the_live_view_gives_the_terminal_back(machine):
    settings = machine.ok("stty -g </dev/console")
    for command, key in (("ingotctl top", "q"), ("timeout -s INT 2 ingotctl top", "")):
        mark = machine.mark()
        machine.send(f"{command}; echo over\n")
        machine.wait_line("services run; memory ", since=mark)
        machine.wait_line("services run; memory ", since=machine.mark())  # drawn anew while nothing is typed
        machine.send(key)
        assert machine.wait_line("over$", since=mark).string.endswith("\033[?25hover"), "the cursor is shown again"
        assert machine.ok("stty -g </dev/console") == settings
