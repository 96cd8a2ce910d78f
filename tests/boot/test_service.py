# SPDX-License-Identifier: MIT
"""Services at work and ingotctl, held against ingotctl(8) and ingot-init(8): the page is served, status tells the truth
in both its forms, start, stop and restart return when they say, logs are whole, exec is inside and hands its status on,
state is found where the manual says."""
import re

IMAGE = "lab"


def test_nginx_serves_its_page(machine):
    machine.wait_line("ingot: service nginx: ready in [0-9]+ ms$")
    page = machine.ok("wget -qO- http://127.0.0.1/")
    assert "<title>nginx in an Ingot service</title>" in page
    assert machine.service("nginx")["state"] == "up"


def test_nginx_binds_its_low_port_as_an_ordinary_user(machine):
    assert machine.ok("cat /proc/sys/net/ipv4/ip_unprivileged_port_start") == "80"
    stub = machine.service("nginx")["pid"]
    uids = machine.ok(f"for p in $(pgrep -P {stub}); do grep Uid: /proc/$p/status; done")
    assert uids.split() == ["Uid:", "10001", "10001", "10001", "10001"]


def test_boot_is_summed_up(machine):
    assert machine.wait_line("ingot: lab: booted in [0-9]+ ms, 9 services$")
    assert machine.wait_line("ingot: 9 services ready, [0-9]+ ms after PID 1 began, [0-9]+ after the kernel$")


def test_machine_has_its_name(machine):
    assert machine.ok("hostname") == "lab"


def test_status_table(machine):
    head, _, table = machine.ok("ingotctl status").rpartition("\n\n")
    assert head in ("", "the kernel lacks: landlock, mdwe, memfd-noexec")
    lines = table.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "LAST"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert list(rows) == ["nginx", "probe", "sibling", "bare", "echo", "hog", "squeezed", "bomb", "held"]
    state, pid, uptime, restarts, last = rows["bare"]
    assert (state, restarts, last) == ("up", "0", "-")
    assert re.fullmatch("[0-9]+s|[0-9]+m [0-9]+s", uptime)
    assert machine.ok(f"cat /proc/{pid}/cmdline").startswith("ingot-stub")
    assert lines[0].index("STATE") == lines[1].index("up"), "columns are aligned"


def test_status_of_one_service(machine):
    lines = machine.ok("ingotctl status probe").splitlines()
    assert len(lines) == 2
    assert lines[1].split()[:2] == ["probe", "up"]


def test_status_json(machine):
    probe = machine.services()["probe"]
    pid = probe.pop("pid")
    assert probe.pop("in_state_ms") > 0
    assert probe == {"name": "probe", "kind": "service", "state": "up", "uid": 10002, "gid": 10102, "restarts": 0,
                     "last": None, "health": None, "status": None, "memory_pressure": 0}
    assert machine.ok(f"cat /proc/{pid}/comm") == "ingot-stub"


def test_stop_keeps_it_stopped_and_start_returns_when_it_is_ready(machine):
    mark = machine.mark()
    machine.ok("ingotctl stop nginx")
    stopped = machine.service("nginx")
    assert (stopped["state"], stopped["pid"]) == ("down", None)
    assert machine.run("pgrep nginx").status == 1
    assert machine.run("wget -qO- http://127.0.0.1/").status != 0
    machine.ok("ingotctl start nginx && wget -qO- http://127.0.0.1/ | grep -q 'nginx answers'")
    assert machine.service("nginx")["restarts"] == 0, "what was asked for is not a restart"
    said = machine.said(mark)
    assert said[0] == "service nginx: stopped"
    assert re.fullmatch("service nginx: ready in [0-9]+ ms", said[1])


def test_stop_of_what_is_stopped_and_start_of_what_runs(machine):
    machine.ok("ingotctl stop sibling && ingotctl stop sibling && ingotctl start sibling")
    pid = machine.service("sibling")["pid"]
    machine.ok("ingotctl start sibling")
    assert machine.service("sibling")["pid"] == pid


def test_restart(machine):
    before = machine.service("sibling")["pid"]
    machine.ok("ingotctl restart sibling")
    after = machine.service("sibling")
    assert after["state"] == "up" and after["pid"] != before
    assert machine.run(f"test -e /proc/{before}").status == 1


def test_unknown_names_and_wrong_usage(machine):
    for command, status, text in (
            ("stop nothing", 1, "ingotctl: service nothing: no such service (ingotctl status lists them)"),
            ("exec nothing -- true", 125, "ingotctl: service nothing: no such service (ingotctl status lists them)"),
            ("start", 2, "ingotctl: start: which service? (usage: ingotctl start NAME)"),
            ("frobnicate", 2, "ingotctl: unknown command frobnicate (ingotctl --help lists what there is)"),
            ("status --yaml", 2,
             "ingotctl: status: unknown option --yaml (usage: ingotctl status [NAME] [--json])")):
        assert machine.run(f"ingotctl {command}").__dict__ == {"out": text, "status": status}


def test_only_root_is_answered(machine):
    done = machine.run("setuidgid visitor ingotctl status")
    assert done.status == 1
    assert re.fullmatch("ingotctl: .*only root.*", done.out)


# ---- logs ----

def test_logs_hold_both_streams(machine):
    assert machine.until("ingotctl logs echo", lambda text: "to stderr" in text).splitlines()[:2] == \
        ["to stdout", "to stderr"]


def test_logs_of_nginx_name_the_request(machine):
    machine.ok("wget -qO- http://127.0.0.1/index.html")
    machine.until("ingotctl logs nginx", lambda text: "GET /index.html" in text)


def test_logs_follow(machine):
    machine.ok("(ingotctl logs -f echo >/tmp/follow 2>&1 & echo $! >/tmp/follow.pid)")
    machine.until("cat /tmp/follow", lambda text: "to stderr" in text)
    machine.exec_ok("echo", "echo one more line >/run/in")
    machine.until("cat /tmp/follow", lambda text: text.endswith("one more line"))
    machine.ok("kill $(cat /tmp/follow.pid)")


def test_logs_are_whole_bytes_and_old_lines_go_first(machine):
    machine.exec_ok("echo", "{ seq -w 10000 | sed 's/^/line /'; echo the last; } >/run/in")
    machine.until("ingotctl logs echo 2>/dev/null | tail -n 1", lambda text: text == "the last")
    lines = machine.ok("ingotctl logs echo 2>/dev/null | head -n 3; "
                       "ingotctl logs echo 2>/dev/null | wc -lc").splitlines()
    first = int(lines[0].split()[1])
    assert lines[:3] == [f"line {first + i:05d}" for i in range(3)], "it begins with a whole line"
    count, size = map(int, lines[3].split())
    assert 60000 < size <= 65536
    assert count == 10000 - first + 2


def test_more_clients_than_places_are_refused_in_words_and_none_stays(machine):
    machine.ok("for i in $(seq 8); do ingotctl logs -f echo >/dev/null 2>&1 & done")
    try:
        refused = machine.until("ingotctl status", lambda text: text.startswith("ingotctl: "))
        assert refused == "ingotctl: too many clients"
        for _ in range(20):  # whichever of the two comes first, the request or the refusal
            assert machine.run("ingotctl status").out == "ingotctl: too many clients"
    finally:
        machine.ok("killall ingotctl")
    machine.until("ingotctl status", lambda text: "NAME " in text)


# ---- exec ----

def test_exec_has_the_identity_of_the_service(machine):
    status = dict(line.split(":", 1) for line in machine.shell("nginx", "cat /proc/self/status").splitlines())
    assert status["Uid"].split() == ["10001"] * 4
    assert status["Gid"].split() == ["10001"] * 4
    assert status["Groups"].split() == []
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"].strip() == "1"


def test_exec_is_in_all_namespaces_and_the_cgroup_of_the_service(machine):
    stub = machine.service("nginx")["pid"]
    kinds = "mnt pid ipc uts cgroup net"
    inside = machine.shell("nginx", f"for n in {kinds}; do readlink /proc/self/ns/$n; done")
    of_service = machine.ok(f"p=$(pgrep -P {stub}); for n in {kinds}; do readlink /proc/$p/ns/$n; done")
    assert inside == of_service
    machine.ok("(echo sleep 7771 | ingotctl exec nginx &)")
    machine.until("pgrep -f 'sleep 7771' | while read p; do cat /proc/$p/cgroup; done",
                  lambda text: "0::/svc/nginx" in text.splitlines())
    assert machine.shell("nginx", "cat /proc/self/cgroup") == "0::/"
    machine.ok("pkill -f 'sleep 7771'")


def test_exec_hands_the_status_on(machine):
    for command, status in (("exit 42", 42), ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("true", 0)):
        assert machine.exec("probe", command).status == status, command
    assert machine.run("ingotctl exec probe -- /no/such/program").status == 127
    assert machine.run("ingotctl exec probe -- /etc/passwd").status == 126


def test_exec_without_a_service_running(machine):
    machine.ok("ingotctl stop sibling")
    done = machine.run("ingotctl exec sibling -- /bin/true")
    assert done.status == 125
    assert done.out.startswith("ingotctl: service sibling: ") and "\n" not in done.out
    machine.ok("ingotctl start sibling")


def test_exec_passes_pipes_through(machine):
    assert machine.ok("echo through | ingotctl exec probe -- /bin/cat") == "through"
    assert machine.ok("ingotctl exec probe -- /bin/sh -c 'echo out; echo err >&2' 2>/dev/null") == "out"


def test_exec_passes_signals_on(machine):
    machine.ok("(ingotctl exec probe -- /bin/sh -c 'trap \"echo got it; exit 5\" USR1; mkfifo /run/f; echo up; "
               "read x <>/run/f' >/tmp/sig 2>&1 & echo $! >/tmp/sig.pid; wait $!; echo status $? >>/tmp/sig) "
               ">/dev/null & :")
    machine.until("cat /tmp/sig", lambda text: text == "up")
    machine.ok("kill -USR1 $(cat /tmp/sig.pid)")
    machine.until("cat /tmp/sig", lambda text: text == "up\ngot it\nstatus 5")


def test_exec_without_a_command_is_a_shell(machine):
    done = machine.run("printf 'id -u\\nexit 6\\n' | ingotctl exec probe")
    assert (done.out, done.status) == ("10002", 6)


def test_exec_brings_a_shell_where_the_root_has_none(machine):
    uid = machine.service("bare")["uid"]
    done = machine.run("printf 'id -u; echo /*; exit 7\\n' | ingotctl exec bare")
    lines = done.out.splitlines()
    assert done.status == 7
    assert lines[0] == str(uid)
    assert "/app" in lines[1].split() and not {"/svc", "/ingot"} & set(lines[1].split()), "its own root"


def test_exec_privileged_is_root_in_the_same_namespaces_and_limits(machine):
    """isolation case 33: what the service is held by, and what root lays down on demand"""
    mark = machine.mark()
    status = dict(line.split(":", 1) for line in machine.ok(
        "ingotctl exec --privileged probe -- /bin/cat /proc/self/status").splitlines())
    assert status["Uid"].split() == ["0"] * 4 and status["Seccomp"].strip() == "0"
    assert status["CapEff"] == status["CapPrm"] and int(status["CapEff"], 16) >> 21 & 1
    assert status["NoNewPrivs"].strip() == "0"
    machine.wait_line("^ingot: service probe: entered as root, with all privileges and no filter$", since=mark)
    kinds = "mnt pid ipc uts cgroup net"
    pid = machine.main_pid("probe")
    assert machine.ok(f"ingotctl exec --privileged probe -- /bin/sh -c 'for n in {kinds}; do readlink "
                      "/proc/self/ns/$n; done; cat /proc/self/cgroup'") == \
        machine.ok(f"for n in {kinds}; do readlink /proc/{pid}/ns/$n; done") + "\n0::/"
    limit = machine.ok("cat /sys/fs/cgroup/svc/probe/memory.max")
    machine.ok("(ingotctl exec --privileged probe -- /bin/sleep 7773 &)")
    inside = machine.until("pgrep -f '^/bin/sleep 7773'", lambda text: text.isdigit())
    assert machine.ok(f"cat /proc/{inside}/cgroup") == "0::/svc/probe" and limit == str(16 << 20)
    machine.ok(f"kill {inside}")
    mark = machine.mark()
    assert machine.exec_ok("probe", "id -u") == "10002"
    assert not any("entered" in line for line in machine.said(mark)), "the ordinary way is not told"


def test_exec_privileged_does_what_the_service_may_not(machine):
    """isolation case 33"""
    assert machine.exec("probe", "hostname other").status != 0
    assert machine.run("ingotctl exec --privileged probe -- /bin/sh -c 'hostname other; hostname'").out == "other"
    machine.ok("ingotctl exec --privileged probe -- /bin/hostname probe")
    # a shell for a root that has none, as root too: applets by their names, not those of the root
    done = machine.run("printf 'id -u; ls /app | head -n 1; sh -c \"exit 9\"\n' | ingotctl exec --privileged bare")
    assert (done.out, done.status) == ("0\nsleep", 9)


def test_exec_privileged_is_for_root_alone(machine):
    done = machine.run("cp /bin/busybox /tmp/su; su visitor -c 'ingotctl exec --privileged probe -- /bin/id'")
    assert done.status == 125 and "only root may ask" in done.out
    assert machine.run("ingotctl exec --privilege probe").status == 2
    assert machine.run("ingotctl exec --privileged").status == 2


def test_exec_on_a_terminal_has_its_size_its_keys_and_jobs(machine):
    """isolation case 33: a terminal of its own, whose size follows, whose keys signal, and whose jobs stop and go on"""
    machine.ok("stty -F /dev/console rows 33 cols 99; rm -f /state/probe/var/lib/probe/go; "
               "mkfifo -m 666 /state/probe/var/lib/probe/go")
    machine.ok("(read x </state/probe/var/lib/probe/go; stty -F /dev/console rows 44 cols 111; pkill -WINCH ingotctl) "
               ">/dev/null 2>&1 &")
    since = machine.mark()
    machine.send("ingotctl exec probe; echo left $?\n")
    for keys, answer in (("echo size $(stty size)\n", "^size 33 99$"), ("echo of $(id -u)\n", "^of 10002$"),
                         ("echo x >/var/lib/probe/go; while [ \"$(stty size)\" != '44 111' ]; do :; done; echo grown\n",
                          "^grown$"),
                         ("sh -c 'echo up; while read x; do echo got $x; done'\n", "^up$"),
                         ("\x1a", r"\[1\]\+  Stopped"), ("jobs\n", r"\[1\]\+  Stopped"),
                         ("fg\n", "^sh -c"), ("more\n", "^got more$"), ("\x03", r"^\^C$"),
                         ("echo was $?\n", "^was 130$"), ("exit 11\n", "^left 11$")):
        machine.send(keys)
        machine.wait_line(answer, since=since)
        since = machine.mark()
    assert machine.ok("stty -F /dev/console size; rm /state/probe/var/lib/probe/go") == "44 111"
    machine.ok("stty -F /dev/console cols 10000")


def test_exec_ends_with_the_service(machine):
    machine.ok("(ingotctl exec sibling -- /bin/sleep 7772; echo $? >/tmp/ended) & :")
    machine.until("pgrep -f '^/bin/sleep 7772'", lambda text: text != "")
    machine.ok("ingotctl stop sibling")
    assert machine.until("cat /tmp/ended", lambda text: text != "") in ("137", "129")
    machine.ok("ingotctl start sibling")


# ---- state ----

def test_state_is_found_on_the_machine_and_lives_over_a_restart(machine):
    machine.shell("nginx", "echo made inside >/var/lib/nginx/note")
    path = "/state/nginx/var/lib/nginx/note"
    assert machine.ok(f"cat {path}; stat -c '%u %g %a' {path}") == "made inside\n10001 10001 600"
    machine.ok("ingotctl restart nginx")
    assert machine.shell("nginx", "cat /var/lib/nginx/note") == "made inside"


def test_scratch_is_empty_at_each_start(machine):
    machine.exec_ok("sibling", "echo x >/tmp/x; echo x >/run/x; echo x >/dev/shm/x")
    machine.ok("ingotctl restart sibling")
    assert machine.exec_ok("sibling", "ls -A /tmp /run /dev/shm") == "/dev/shm:\n\n/run:\n\n/tmp:"
