# SPDX-License-Identifier: MIT
"""`ingot check`: every error of a file in one run, each as path:line:col with the mend (an unknown key with the
nearest one, a duplicate key, a wrong type, names that do not resolve, users and ports that clash, circles, the sum of
memory over the budget, hostile YAML, keys that are not supported yet); and what ships is right."""
import pytest

from cli_project import IMAGE


def refused(project, text):
    """The error lines for this image file, without the closing count, which must be right."""
    project.write("t.yml", text)
    result = project.ingot("check", "t.yml")
    assert result.status == 1 and result.out == "", result
    *errors, last = result.lines
    n = len(errors)
    assert last == f"ingot: {n} error{'' if n == 1 else 's'}; nothing was built", result
    assert errors and all(line.startswith("t.yml:") for line in errors), result
    return errors


def test_a_right_file(project):
    result = project.ingot("check", "t.yml")
    assert result.status == 0 and result.err == "" and result.out == "t.yml: no error found\n"
    assert not (project.dir / "out").exists()  # it reads, and makes nothing


def test_shipped_images_are_right(top, project):
    images = sorted((top / "images").glob("*.yml"))
    assert images
    for image in images:
        result = project.ingot("check", str(image))
        assert result.status == 0, result


@pytest.mark.parametrize("change, error", [
    (("command:", "comand:"), "t.yml:10:5: unknown key `comand`: did you mean `command`?"),
    (("limits: {memory: 8M}", "limits: {memory: 8Q}"),
     "t.yml:11:22: `memory` must be a size such as 512K, 64M or 2G, not `8Q`"),
    (("limits: {memory: 8M}", "limits: [8M]"), "t.yml:11:13: `limits` must be a mapping, not a list"),
    (("image: t\n", "image: t\nimage: u\n"), "t.yml:2:1: the key `image` stands here twice (first on line 1)"),
    (("path: prog", "path: gone"), "t.yml:8:22: no file gone"),
    (("recipe: kern", "recipe: kren"),
     "t.yml:2:18: no recipe `kren`: looked for kren.yml in ./recipes and ./../recipes"),
    (("[/bin/prog, -x]", "[prog]"),
     "t.yml:10:14: `command` must begin with an absolute path, such as [/usr/sbin/nginx, ...]"),
    (("-x]\n", "-x]\n    user: www\n"),
     "t.yml:11:11: no user `www`: declare it under `users: [{name: www, uid: 10001}]`"),
    (("-x]\n", "-x]\n    needs: [web]\n"), "t.yml:11:12: the needs go in a circle: web -> web"),
    (("memory: 8M", "memory: 8G"),
     "t.yml:1:1: the services' memory limits add up to 8388608K, the machine has 262144K (budget.memory)"),
    (("memory: 8M}", "memory: 8M}\n    capabilities: [SYS_ADMIN]"),
     "t.yml:12:20: with SYS_ADMIN the service can leave all that isolates it: take it away, or write "
     "`can-escape-by: [SYS_ADMIN]` as well"),
    (("memory: 8M}", "memory: 8M}\n    devices: [/dev/ttyS1, ttyS2]"),
     "t.yml:12:27: a device is a path below /dev, such as /dev/ttyS1, not `ttyS2`"),
    (("memory: 8M}", "memory: 8M}\n    devices: [/dev/../etc/x]"),
     "t.yml:12:15: a device is a path below /dev, such as /dev/ttyS1, not `/dev/../etc/x`"),
    (("memory: 8M}", "memory: 8M}\n    devices: [/dev/null]"), "t.yml:12:15: every service has /dev/null"),
    (("memory: 8M}", "memory: 8M}\n    devices: [/dev/a, /dev/a]"), "t.yml:12:23: /dev/a stands in `devices` twice"),
    (("memory: 8M}", "memory: 8M}\n    seccomp: {allow: [ptrace, ptrase]}"),
     "t.yml:12:31: x86_64 has no system call `ptrase`: names are those of the man pages' section 2, such as ptrace"),
    (("memory: 8M}", "memory: 8M}\n    seccomp: {allow: [bpf], deny: [bpf]}"),
     "t.yml:12:36: `bpf` is both allowed and denied"),
    (("memory: 8M}", "memory: 8M}\n    seccomp: {deny: [wait4]}"),
     "t.yml:12:22: `wait4` cannot be denied: the stub that starts and reaps the service lives under the same filter"),
    (("memory: 8M}", "memory: 8M}\n    seccomp: {mode: unconfined, sockets: [packet]}"),
     "t.yml:12:21: an unconfined service has no lists: take `mode` or the lists away"),
    (("image: t\n", "image: t\noutputs: [disk]\n"), "t.yml:2:11: `outputs: disk` is not supported yet"),
    (("memory: 8M}", "memory: 8M}\n    unchecked: [srv]"),
     "t.yml:12:16: `unchecked` holds absolute paths, such as /srv/tftp, not `srv`"),
    (("memory: 8M}", "memory: 8M}\n    critical: true"),
     "t.yml:12:15: nothing acts on `critical` without a watchdog: write `watchdog: {device: /dev/watchdog0}`"),
    (("image: t\n", "image: t\nwatchdog: {timeout: 3500ms}\n"),
     "t.yml:2:21: a watchdog's timeout is whole seconds"),
    (("image: t\n", "image: &t t\n"), "t.yml:1:8: anchors are not supported: write the value where it is used"),
    (("image: t\n", "image: !!str t\n"), "t.yml:1:8: tags are not supported: write the plain value"),
])
def test_one_error_is_one_line(project, change, error):
    """cases 1 and 2"""
    lines = refused(project, IMAGE.replace(*change))
    assert error in lines
    assert len(lines) <= 2, lines  # a misspelt key that must be there is also missing


SECOND = """\
  db:
    sources: [{file: {path: prog, to: /bin/prog, mode: 0755}}]
    command: [/bin/prog]
    limits: {memory: 8M}
"""
NETWORK = "    network: {mode: machine, ports: [{machine: 80}]}\n"


@pytest.mark.parametrize("text, error", [
    (IMAGE + "users: [{name: a, uid: 5000}, {name: a, uid: 5001}]\n", "t.yml:12:38: the user `a` is declared twice"),
    (IMAGE + "users: [{name: a, uid: 5000}, {name: b, uid: 5000}]\n", "t.yml:12:46: uid 5000 is `a`'s already"),
    (IMAGE + "users: [{name: a, uid: 5000, gid: 0}]\n", "t.yml:12:35: `gid` must be between 1 and 4294967294, not 0"),
    (IMAGE + "    user: root\n",
     "t.yml:12:11: no service runs as root: declare a user under `users`, or leave `user` out"),
    (IMAGE + NETWORK + SECOND + NETWORK, "t.yml:17:38: port 80 of the machine is `web`'s already, in line 12"),
    (IMAGE + NETWORK + SECOND + "    listen: [{address: 127.0.0.1, port: 80}]\n",
     "t.yml:17:14: port 80 of the machine is `web`'s already, in line 12"),
    (IMAGE + "    listen: [{address: 127.0.0.1, port: 80}]\n" + SECOND + "    listen: [{port: 80}]\n",
     "t.yml:17:14: port 80 of the machine is `web`'s already, in line 12"),
    (IMAGE + "    listen: [{address: 1.2.3, port: 80}]\n",
     "t.yml:12:24: `address` is one such as 127.0.0.1, 0.0.0.0 or ::, not `1.2.3`"),
    (IMAGE + "    listen: [{port: 80}]\n    ready: {tcp: 80}\n",
     "t.yml:13:18: port 80 accepts as soon as PID 1 has bound it, whatever the service does: take `http`, `fd` or "
     "`notify`"),
    (IMAGE + "    listen: [{port: 80}]\n    ready: {fd: 3}\n",
     "t.yml:13:17: descriptor 3 is a socket of `listen`: take 4 or more"),
    (IMAGE + "    listen: [{port: 80}]\n    env: {LISTEN_FDS: 1}\n",
     "t.yml:13:10: LISTEN_FDS is set by `listen`: take it out of `env`"),
    (IMAGE + "    listen: [{port: 80}]\n    replicas: 2\n",
     "t.yml:12:13: 2 replicas cannot have one socket each at the same port"),
    (IMAGE + "    network: {mode: machine, ports: [{machine: 80, service: 8080}]}\n",
     "t.yml:12:61: in the machine's network a port has one number: leave `service` out, or write `mode: private`"),
    (IMAGE + "    network: {egress: [{address: 192.0.2.0/24}]}\n",
     "t.yml:12:23: `egress` belongs to a network of its own: write `mode: private` beside it"),
    (IMAGE + "    network: {mode: private, ports: [{machine: 80, service: 8080}]}\n" + SECOND + NETWORK,
     "t.yml:17:38: port 80 of the machine is `web`'s already, in line 12"),
    (IMAGE + "    network: {mode: private, egress: [{address: 192.0.2.1/24}]}\n",
     "t.yml:12:49: `192.0.2.1/24` has bits behind its prefix: is /32 meant, one address?"),
    (IMAGE + "    network: {mode: private, egress: [{address: example.org}]}\n",
     "t.yml:12:49: `address` is one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, not `example.org`"),
    (IMAGE + "    network: {mode: private, reach: [bd]}\n" + SECOND,
     "t.yml:12:37: reach `bd`, which is no service: did you mean `db`?"),
    (IMAGE + "    network: {mode: private, reach: [db]}\n" + SECOND,
     "t.yml:12:37: `db` has no network to be reached in"),
    (IMAGE + "    network: {mode: private, reach: [db]}\n" + SECOND + "    network: {mode: private}\n",
     "t.yml:12:37: `db` has no `ports` that could be reached: write `ports: [{service: N}]` there"),
    (IMAGE + "    network: {mode: private, reach: [web]}\n",
     "t.yml:12:37: `web` reaches itself over its loopback"),
    (IMAGE + "    network: {mode: private, ports: [{protocol: tcp}]}\n",
     "t.yml:12:38: a port needs `service`, its number in here, or `machine`, the one it is published as"),
    (IMAGE + "    network: {mode: private, masquerade: true}\n",
     "t.yml:12:42: `masquerade` without `egress`: nothing leaves the machine"),
    (IMAGE + "    network: {mode: private, ports: [{machine: 80}]}\n" + "    replicas: 2\n",
     "t.yml:12:48: 2 replicas cannot be published as one port: leave `machine` out"),
    (IMAGE + "network: {links: [{name: ingot-a, dhcp: true, mtu: 1400}]}\n",
     "t.yml:12:26: names that begin with ingot- are those of private networks' links"),
    (IMAGE + "network: {private: {ipv4: 10.0.0.0/30}}\n",
     "t.yml:12:27: `ipv4` is a network of IPv4, at most a /29, without bits behind its prefix, not `10.0.0.0/30`"),
    (IMAGE + "    network: {mode: private}\n    replicas: 6\nnetwork: {private: {ipv4: 10.0.0.0/29}}\n",
     "t.yml:14:27: 6 private networks, and room for 5"),
    (IMAGE + "    network: {mode: machine}\n    ready: {tcp: 80}\n",
     "t.yml:13:18: no service can bind port 80, as none below 1024 stands in `ports`: add {machine: 80} there"),
    (IMAGE + "    needs: [db]\n" + SECOND + "    needs: [web]\n",
     "t.yml:12:12: the needs go in a circle: web -> db -> web"),
    (IMAGE + "    needs: [bd]\n" + SECOND,
     "t.yml:12:12: needs `bd`, which is no service and no job: did you mean `db`?"),
    (IMAGE.replace("memory: 8M", "memory: 8M, memory-high: 9M"), "t.yml:11:39: `memory-high` is above `memory`"),
    (IMAGE + "purpose: wep\n", "t.yml:12:10: purpose `wep`, which is no service and no job: did you mean `web`?"),
    (IMAGE + "purpose: web\n",
     "t.yml:12:10: `web` never ends: give it `restart: {policy: on-failure}`, or never"),
    (IMAGE.replace("memory: 8M}", "memory: 8M}\n    replicas: 2") + "purpose: web\n",
     "t.yml:13:10: `web` has replicas: a purpose is one service or job without"),
    (IMAGE.replace("8M", "200M") + SECOND.replace("8M", "100M"),
     "t.yml:1:1: the services' memory limits add up to 307200K, the machine has 262144K (budget.memory)"),
    (IMAGE + "run: {forward: [{host: 80, machine: 80}, {host: 80, machine: 81}]}\n",
     "t.yml:12:42: port 80 of the host is forwarded twice"),
    (IMAGE + "    state: [{path: /a, size: 64K}, {path: /a/b, size: 64K}]\n",
     "t.yml:12:43: /a/b and /a lie in each other"),
    (IMAGE + "    state: [{path: /proc/x, size: 64K}]\n",
     "t.yml:12:20: /proc/x cannot be state: /proc is made at each start"),
])
def test_users_ports_needs_mounts_and_sums_that_clash(project, text, error):
    """Case 7, isolation case 31."""
    assert refused(project, text) == [error]


def test_every_error_in_one_run(project):
    text = (IMAGE.replace("image: t", "image: T").replace("8M", "8X").replace("/etc/motd", "etc/motd")
            .replace("/srv/data", "/srv/../data").replace("prog, to", "gone, to") + "colour: red\n")
    lines = refused(project, text)
    places = [line.split(": ")[0] for line in lines]
    assert places == ["t.yml:1:8", "t.yml:4:36", "t.yml:8:22", "t.yml:9:19", "t.yml:11:22", "t.yml:12:1"]


def test_errors_of_recipes_name_the_recipe(project):
    project.write("recipes/kern.yml", "recipe: kern\nkernel: {pakage: x}\n")
    result = project.ingot("check", "t.yml")
    assert result.status == 1
    assert result.lines[:2] == [
        "./recipes/kern.yml:2:9: `package` is missing: the Debian package that holds the kernel",
        "./recipes/kern.yml:2:10: unknown key `pakage`: did you mean `package`?",
    ]


@pytest.mark.parametrize("data", [
    b"", b"\x00", b"image: t\x00\n", b"image: \xff\xfe\n", b"[" * 100000, b"a: [1\nb: 2\n",
    b"image: t\n---\nimage: u\n",
    b"x: " + b"y" * (2 << 20), b"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n", b"- a\n", b"\xef\xbb\xbf",
    b"".join(b"k%d: 1\n" % i for i in range(40000)) + b"k1: 2\n",
])
def test_hostile_files_end_in_lines(project, data):
    """case 8; more of it in tests/unit/builder_node.c"""
    project.write("t.yml", data)
    result = project.ingot("check", "t.yml")
    assert result.status == 1 and result.out == "", str(result)[:2000]
    assert result.lines[0].startswith("t.yml:")
    assert result.lines[-1].endswith("nothing was built")


def test_what_the_file_says_cannot_steer_the_terminal(project):
    lines = refused(project, IMAGE + '"a\\nb\\e[31m": 1\n')
    assert lines == ["t.yml:12:1: unknown key `a?b?[31m`"]


@pytest.mark.parametrize("name", ["gone.yml", "."])
def test_files_that_cannot_be_read(project, name):
    result = project.ingot("check", name)
    assert result.status == 1 and len(result.lines) == 2
    assert result.lines[0].startswith(f"{name}: cannot read it: ")


def test_recipes_are_looked_for_elsewhere_too(project):
    (project.dir / "recipes").rename(project.dir / "more")
    assert project.ingot("check", "t.yml").status == 1
    assert project.ingot("check", "-R", "more", "t.yml").status == 0


@pytest.mark.parametrize("line, says", [
    ("{name: a}", "t.yml:13:5: a test is exactly one of http and tcp"),
    ("{name: a, http: {port: 80}}", "t.yml:13:28: no service has port 80: write it under `network: {ports}`"),
    ("{name: a, http: {port: 80, path: x}}", "t.yml:13:38: `path` begins with / and holds no space"),
    ("{name: a, tcp: {port: 80}}", "t.yml:13:20: `expect` is missing: a text in the answer"),
])
def test_wrong_tests_are_refused(project, line, says):
    project.write("t.yml", IMAGE + f"tests:\n  - {line}\n")
    result = project.ingot("check", "t.yml")
    assert result.status == 1
    assert says in result.lines, result
