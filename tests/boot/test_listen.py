# SPDX-License-Identifier: MIT
"""Sockets that PID 1 binds for services (`listen`), held against ingot.yml(5) and sd_listen_fds(3): each service gets
its own from descriptor 3 on, nobody else does, and who connects while it is away waits for it."""
IMAGE = "listen"
PORTS = range(3001, 3009)


def ask(machine, port, host="127.0.0.1"):
    return machine.run(f"nc -w 20 {host} {port} </dev/null")


def test_a_service_without_a_network_answers_by_what_it_was_given(machine):
    assert machine.exec_ok("given", "cat /proc/self/net/dev | tail -n +3 | cut -d: -f1").split() == ["lo"]
    assert ask(machine, 80).out == "given asked by 127.0.0.1"
    assert ask(machine, 2000).out == "local asked by 127.0.0.1"
    assert machine.ok("(echo x; sleep 0.2) | nc -u -w 5 127.0.0.1 53 | head -n 1") == "datagrams asked by 127.0.0.1"
    assert machine.ok("ingotctl logs given").splitlines()[0] == "given 3 given, blocking"
    environ = machine.ok(f"tr '\\0' '\\n' </proc/{machine.main_pid('given')}/environ")
    assert environ.splitlines() == ["COLOUR=blue", "LISTEN_FDS=4", "LISTEN_PID=2",
                                    "LISTEN_FDNAMES=given:local:six:datagrams"]


def test_descriptors_are_the_declared_ones_and_the_stub_keeps_none(machine):
    """isolation case 3"""
    for name in ("given", "by-fd"):
        pid = machine.main_pid(name)
        fds = machine.ok(f"ls /proc/{pid}/fd").split()
        assert sorted(map(int, fds)) == list(range(3 + (4 if name == "given" else 8))), name
        assert machine.ok(f"ls /proc/{machine.service(name)['pid']}/fd | wc -l") == "1"
        links = machine.ok(f"cd /proc/{pid}/fd && for f in $(seq 3 {2 + len(fds) - 3}); do readlink $f; done").split()
        assert all(link.startswith("socket:") for link in links) and len(set(links)) == len(links)
    inside = machine.exec_ok("given", "cd /proc/self/fd; echo *")
    assert inside in ("0 1 2", "0 1 2 3"), "they are not for what is executed inside later"


def test_a_readiness_pipe_stands_behind_the_sockets(machine):
    assert machine.service("by-fd")["state"] == "up"


def test_who_connects_while_it_is_away_is_answered_by_the_next_run(machine):
    before = machine.main_pid("given")
    machine.ok(f"kill -9 {before}")
    machine.until_service("given", lambda s: s["state"] == "backoff")
    assert ask(machine, 80).out == "given asked by 127.0.0.1"
    assert machine.main_pid("given") != before


def test_sockets_outlive_another_pid_1(machine):
    before = machine.ok("ls -l /proc/1/fd | grep -c socket:")
    machine.ok("ingotctl reexec")
    assert machine.ok("ls -l /proc/1/fd | grep -c socket:") == before
    machine.ok(f"kill -9 {machine.main_pid('given')}")
    machine.until_service("given", lambda s: s["state"] == "up" and s["restarts"] > 1)
    assert ask(machine, 80).out == "given asked by 127.0.0.1"


def test_what_is_stopped_is_refused_and_what_is_started_is_not(machine):
    machine.until_service("done", lambda s: s["state"] in ("down", "done"))
    assert ask(machine, 4000).status != 0, "it has ended for good"
    machine.ok("ingotctl stop given")
    assert ask(machine, 80).status != 0
    machine.ok("ingotctl start given")
    assert ask(machine, 80).out == "given asked by 127.0.0.1"


def test_a_port_that_is_taken_is_named(machine):
    machine.ok("ingotctl stop given")
    machine.ok("(nc -l -p 2000 & echo $! >/tmp/nc) </dev/null >/dev/null 2>&1")
    machine.until("grep -h ':07D0 ' /proc/net/tcp /proc/net/tcp6", lambda text: " 0A " in text)  # it listens
    mark = machine.mark()
    machine.run("ingotctl start given", timeout=60)
    machine.wait_line("ingot: service given: port 2000: Address (already )?in use", since=mark)
    machine.wait_line("ingot: service given: step listen: Address (already )?in use", since=mark)
    machine.ok("kill $(cat /tmp/nc)")
    machine.until_service("given", lambda s: s["state"] == "up")
