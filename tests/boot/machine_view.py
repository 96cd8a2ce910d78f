# SPDX-License-Identifier: MIT
"""What a machine's kernel says of its processes and cgroups, read by the machine's shell from /proc and /sys/fs/cgroup,
and where that differs from what PID 1 says of its services. PID 1 is not asked for the first part."""
import dataclasses
import json

# a process may end while it is read: grep then says so, and the next look will tell
READ = ("cd /sys/fs/cgroup/svc; echo groups */; cd /proc; grep -H '' [0-9]*/cgroup [0-9]*/stat 2>/dev/null; "
        "echo now $(cat uptime)")
STATUS = "echo; ingotctl status --json"
TICKS = 100  # a second, in /proc/PID/stat
SLACK_MS = 60  # ticks of 10 ms, and clocks that are cut
KEPT_MS = 5000 + 500  # a cgroup is, from one run to the next; and until PID 1 comes to it
LOGGER = "log"  # PID 1's own child, and another one after a reload
RUNNING = ("starting", "up", "stopping")


@dataclasses.dataclass(frozen=True)
class Process:
    pid: int
    name: str
    state: str
    parent: int
    began: int   # ticks since the boot
    group: str   # of a service, or "" for the machine's own


class View:
    """Groups by name, processes by pid, and the machine's uptime in milliseconds."""

    def __init__(self, text):
        self.groups, self.processes = set(), {}
        groups, stats = {}, {}
        for line in text.splitlines():
            if line.startswith("groups"):
                self.groups = {name.rstrip("/") for name in line.split()[1:] if name != "*/"}
            elif line.startswith("now"):
                self.now_ms = float(line.split()[1]) * 1000
            else:
                file, rest = line.split(":", 1)
                pid, kind = file.split("/")
                {"cgroup": groups, "stat": stats}[kind][int(pid)] = rest
        for pid in groups.keys() & stats.keys():
            head, tail = stats[pid].rsplit(")", 1)
            fields, path = tail.split(), groups[pid].split(":", 2)[2]
            self.processes[pid] = Process(pid, head.split("(", 1)[1], fields[0], int(fields[1]), int(fields[19]),
                                          path[len("/svc/"):] if path.startswith("/svc/") else "")

    def stable_part(self):
        """What does not change from one look to the next while nothing happens: all but the reader's own processes."""
        kernel = {p.pid for p in self.processes.values() if p.pid == 2 or p.parent == 2}
        return self.groups, {(p.pid, p.began, p.group, p.state == "Z") for p in self.processes.values()
                             if p.pid not in kernel and (p.group or p.parent == 1)}

    def of(self, group):
        return [p for p in self.processes.values() if p.group == group]


def look(machine):
    return View(machine.ok(READ).rstrip())


def quiet_look(machine, patience=100):
    """What /proc shows and what PID 1 told of each service, at a moment in which neither changed: each is asked twice,
    in turn. None where the machine does not come to rest."""
    for _ in range(patience):
        parts = machine.ok(f"({READ}); {STATUS}; echo; ({READ}); {STATUS}").split("\n\n")
        first, then = View(parts[0]), View(parts[2])
        told, again = json.loads(parts[1]), json.loads(parts[3])
        if first.stable_part() == then.stable_part() and told["seq"] == again["seq"]:
            return then, {s["name"]: s for s in told["services"]}
    return None


def _service(view, s):
    """What is wrong with one service."""
    name, processes = s["name"], view.of(s["name"])
    if s["state"] not in RUNNING:
        if s["pid"] is not None:
            yield f"{name} is {s['state']} and has pid {s['pid']}"
        for p in processes:
            yield f"{name} is {s['state']}, and process {p.pid} ({p.name}) runs in its cgroup"
        for_good = s["state"] in ("done", "failed")
        if name in view.groups and (for_good or s["in_state_ms"] > KEPT_MS):  # otherwise the next run has it again
            yield f"{name} is {s['state']}, and its cgroup is there"
        return
    stub = view.processes.get(s["pid"])
    if stub is None or stub.group != name or stub.parent != 1:
        yield f"{name} is {s['state']} with pid {s['pid']}, which is {stub}"
        return
    others = [p.pid for p in processes if p.parent == 1 and p.pid != stub.pid]
    if others:
        yield f"{name}: processes {others} in its cgroup are PID 1's children beside {stub.pid}"
    if s["state"] == "up" and not any(p.parent == stub.pid for p in processes):
        yield f"{name} is up, and its stub {stub.pid} has no child"
    age = view.now_ms - stub.began * 1000 / TICKS
    if s["in_state_ms"] > age + SLACK_MS:
        yield f"{name} is {s['state']} for {s['in_state_ms']} ms, and its process is {age:.0f} ms old"


def divergences(view, told, mine):
    """Every difference, as a line each. mine: the pids of children of PID 1 that are no services (the shell)."""
    for s in told.values():
        yield from _service(view, s)
    for name in view.groups - told.keys():
        yield f"there is a cgroup {name}, and no such service"
    loggers = [p.pid for p in view.processes.values() if p.parent == 1 and not p.group and p.name == LOGGER]
    if len(loggers) != 1:
        yield f"the loggers are {loggers}, and there is one"
    mine = {*mine, *loggers}
    for p in view.processes.values():
        if p.group and p.group not in told:
            yield f"process {p.pid} ({p.name}) is in the cgroup {p.group} of no service"
        if p.parent == 1 and not p.group and p.pid not in mine:
            yield f"process {p.pid} ({p.name}, {p.state}) is PID 1's child and no service's"
        if p.state == "Z" and (p.parent == 1 or p.group):
            yield f"process {p.pid} ({p.name}) is a zombie"
