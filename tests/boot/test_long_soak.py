# SPDX-License-Identifier: MIT
"""Random starts, stops, restarts, kills, reloads and re-executions, several at one time, for ten minutes
(SOAK_SECONDS), from a seed (SOAK_SEED, else drawn and printed). In between, at quiet points, what PID 1 tells is held
against what /proc and the cgroup tree show (machine_view.py). Every divergence is printed with what was done before
it."""
import os
import random
import time

import build
import guest
import machine_view
import pytest

IMAGE = "soak"
SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
SEED = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(1 << 32))
SERVICES = ("base", "middle", "top", "shakes", "shaken", "slow", "stubborn", "family", "falls", "fails", "once",
            "keeps")
JOBS = ("short", "long")
NEEDS = {"middle": ["base"], "top": ["middle", "base"], "shaken": ["shakes"]}
STAYS = {"base", "middle", "top", "shakes", "shaken", "slow", "stubborn", "family", "keeps"}  # up unless it is stopped
RECENT = 40
PATIENCE_S = 20  # for those of one round


# ---- what is done: each returns a shell command, which may fail ----

def start(dice, model):
    name = dice.choice(SERVICES + JOBS)
    model.started(name)
    return f"ingotctl start {name}"


def stop(dice, model):
    name = dice.choice(SERVICES + JOBS)
    model.stopped(name)
    return f"ingotctl stop {name}"


def restart(dice, model):
    name = dice.choice(SERVICES)
    model.started(name)
    return f"ingotctl restart {name}"


def kill_some(dice, model):
    """From outside, by what the cgroup says: any of its processes, or all."""
    name, number = dice.choice(SERVICES + JOBS), dice.choice((9, 9, 15, 11, 6, 1, 10))
    which = dice.choice(("head -n 1", "tail -n 1", "cat"))
    return f"kill -{number} $({which} /sys/fs/cgroup/svc/{name}/cgroup.procs)"


def kill_group(dice, model):
    return f"echo 1 >/sys/fs/cgroup/svc/{dice.choice(SERVICES)}/cgroup.kill"


def freeze(dice, model):
    """For a moment; a stop meanwhile waits for it, or kills."""
    group = f"/sys/fs/cgroup/svc/{dice.choice(SERVICES)}"
    return f"echo 1 >{group}/cgroup.freeze; sleep 0.{dice.randrange(1, 5)}; echo 0 >{group}/cgroup.freeze"


def reexec(dice, model):
    return "ingotctl reexec"


def reload(dice, model):
    """The image's own table, the other one, or what is none."""
    return f"ingotctl reload {dice.choice(('', '/opt/other', '/etc/passwd'))}"


def pause(dice, model):
    return f"sleep 0.{dice.randrange(1, 9)}"


ACTIONS = ((start, 6), (stop, 5), (restart, 3), (kill_some, 6), (kill_group, 1), (freeze, 1), (reexec, 2), (reload, 2),
           (pause, 3))


class Model:
    """What was asked for: of those that were told to at one time in two ways, nothing is known."""

    def __init__(self):
        self.wanted = dict.fromkeys(SERVICES, True)

    def begin(self):
        self.now_on, self.now_off = set(), set()

    def started(self, name):
        self.now_on |= {name, *NEEDS.get(name, ())}

    def stopped(self, name):
        self.now_off.add(name)

    def end(self):
        for name in self.now_on | self.now_off:
            self.wanted[name] = None if name in self.now_on and name in self.now_off else name in self.now_on

    def divergences(self, told):
        for name in STAYS:
            state, wanted = told[name]["state"], self.wanted[name]
            if wanted and state == "down" and all(told[n]["state"] == "up" for n in NEEDS.get(name, ())):
                yield f"{name} was started, all that it needs is up, and it is down"
            if wanted is False and state != "down":
                yield f"{name} was stopped, and it is {state}"
            if state in ("done", "failed"):
                yield f"{name} is {state}, and is restarted always"


@pytest.fixture(scope="module", autouse=True)
def tables():
    """The other table: one service is new in it, one has another command, one stops otherwise."""
    text = (build.ROOT / "tests" / "boot" / "images" / "soak.yml").read_text()
    new = """  comes:
    recipes: [busybox]
    command: [/bin/sleep, "100000"]
    needs: [base]
    limits: {memory: 4M, pids: 8}

jobs:
"""
    for old, other in (("jobs:\n", new), ("exec sleep 4444", "exec sleep 4445"), ("timeout: 300ms", "timeout: 200ms")):
        assert text.count(old) == 1
        text = text.replace(old, other)
    build.put_tables(IMAGE, {"other": text})


def test_what_pid_1_tells_is_what_the_kernel_shows(machine):
    """init case 64"""
    dice, model, done, wrong, rounds = random.Random(SEED), Model(), [], [], 0
    print(f"SOAK_SEED={SEED} SOAK_SECONDS={SECONDS}")
    machine.wait_line("^ingot: service keeps: ready")
    mine = {p.pid for p in machine_view.look(machine).processes.values() if p.parent == 1 and not p.group}
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and len(wrong) < 10:
        model.begin()
        count = dice.choice((1, 1, 2, 3, 5))
        some = dice.choices([f for f, _ in ACTIONS], [w for _, w in ACTIONS], k=count)
        commands = [f(dice, model) for f in some]
        model.end()
        done.append(" & ".join(commands))
        rounds += 1
        try:
            machine.run(" & ".join(f"({c}) >/dev/null 2>&1" for c in commands) + " & wait", timeout=PATIENCE_S)
        except guest.GuestError as error:
            wrong.append(f"round {rounds}: no end within {PATIENCE_S} s\n{error}")
            break
        seen = machine_view.quiet_look(machine)
        if seen is None:
            wrong.append(f"round {rounds}: the machine does not come to rest")
            continue
        view, told = seen
        wrong += [f"round {rounds}: {line}" for line in (*machine_view.divergences(view, told, mine),
                                                         *model.divergences(told))]
    loads = sum("table: loaded anew" in line for line in machine.said())
    print(f"{rounds} rounds, {sum(len(c.split(' & ')) for c in done)} actions, {loads} tables loaded")
    bugs = [line for line in machine.said() if "inconsistent" in line or "in state" in line and "event" in line]
    assert not wrong and not bugs, "\n".join([f"SOAK_SEED={SEED}", *wrong, *bugs, "the last that was done:",
                                             *done[-RECENT:]])
