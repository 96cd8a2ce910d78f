# SPDX-License-Identifier: MIT
"""`ingot show --effective`: every key of the tables with its value and where it came from, as an image file that is the
same image; and `ingot init`, whose file is right, also with all that its comments offer."""
import json
import re

import jsonschema
import pytest
import yaml

from cli_project import IMAGE

MORE = IMAGE.replace("limits: {memory: 8M}", """\
limits: {memory: 0008M, cpu: 50%}
    env: {A: "x y\\t\\"\\\\ \\u2028 \\x7f é", B: }
    network: {mode: machine, ports: [{machine: 80}]}
    description: |
      two
      lines
  own: {command: [/bin/prog, "true", yes, "-", "#"], limits: {memory: 8M}, user: u, needs: [web], sources: [
    {file: {path: prog, to: /bin/prog, mode: 0755}}, {link: {target: ../a b, to: /x}}], ready: {fd: 3}}
jobs:
  job: {command: [/bin/prog], limits: {memory: 8M}, schedule: {every: 90s}, sources: [
    {file: {path: prog, to: /bin/prog, mode: 0755}}]}
users: [{name: u, uid: 10000}, {name: v, uid: 7, gid: 8}]
network:
  service: {critical: true}
  links: [{address: 10.0.2.15, dns: [10.0.2.3]}, {name: v, vlan: {of: eth0, id: 5}, addresses: ["fd00::2/64"]},
    {mac: "52:54:00:12:34:56", addresses: [10.0.3.15/24], gateway: 10.0.3.1, optional: true}]
state: {absent: tmpfs}
logs: {where: state, size: 2M, forward: syslog, syslog: {address: 10.0.2.2}}
watchdog: {timeout: 20s}
drift: {every: 2h}
""").replace("kernel: {recipe: kern}", "kernel: {recipe: kern, cmdline: [quiet]}")


def effective(project, *args):
    result = project.ingot("show", "--effective", "t.yml", *args, env={"PATH": "/nonexistent"})
    assert result.status == 0 and result.err == "", result
    assert not (project.dir / "out").exists()  # nothing was fetched
    return result.out


def test_each_value_tells_where_it_came_from(project):
    project.write("t.yml", MORE)
    lines = effective(project).splitlines()
    for line in [
        "image: t  # t.yml:1:8",
        "hostname: t  # derived: the image's name",
        "      memory: 0008M  # t.yml:11:22",
        "      pids: 64  # default",
        "    # user: web  # derived: an own user, the first free id from 10000 up",
        "    gid: 10000  # derived: the uid",
        "    # ready:  # absent",
        "outputs: [initramfs]  # default",
        "  level: 15  # default",
        "# kernel command line: \"console=ttyS0 quiet\"  # recipe kern: recipes/kern.yml:2, then kernel.cmdline",
        "# services.web.uid: 10001  # derived: an own user, the first free id from 10000 up",
        "# services.own.uid: 10000  # derived: the user `u`",
        "# net.ipv4.ip_unprivileged_port_start: 80  # derived: the lowest of the services' ports",
        "# shutdown deadline: 20000ms  # derived: the sum of all stop.timeout, a second, and four for the disk",
    ]:
        assert line in lines, line


@pytest.mark.parametrize("text", [IMAGE, MORE])
def test_what_is_printed_is_the_same_image(project, text):
    """Also the second time: what was told is then stated."""
    project.write("t.yml", text)
    printed = effective(project)
    project.lock()
    digests, values = [], []
    for name, content in (("t", text), ("u", printed)):
        project.write("t.yml", content)
        result = project.ingot("build", "-q", "t.yml", "-o", name)
        assert result.status == 0, result
        manifest = json.loads((project.dir / name / "t" / "manifest.json").read_text())
        digests.append((manifest["tree"], manifest["cmdline"]))
        values.append(yaml.safe_load(printed))
    assert digests[0] == digests[1] and values[0] == values[1]


def keys_of(schema, path=""):
    """Every key of the schema, without the sources' kinds, below the names that the image gives."""
    for key, below in schema.get("properties", {}).items():
        here = f"{path}.{key}" if path else key
        yield here
        if key == "sources":
            continue
        if below.get("type") == "array":
            yield from keys_of(below["items"], here + "[0]")
        elif "properties" in below:
            yield from keys_of(below, here)
        elif below.get("type") == "object":
            for name in {"services": ["web", "own"], "jobs": ["job"]}.get(key, []):
                yield from keys_of(below["additionalProperties"], f"{here}.{name}")


def test_every_key_is_told_and_none_twice(project):
    project.write("t.yml", MORE)
    told = json.loads(effective(project, "--json"))
    keys = [value["key"] for value in told["values"]]
    assert len(set(keys)) == len(keys)
    schema = json.loads(project.ingot("schema").out)
    wanted = list(keys_of(schema))
    assert len(wanted) > 120
    for key in wanted:
        item = key[:key.rfind("[0]") + 3]
        absent = ("services.web.ready.", "services.web.health.", "services.own.ready.http.", "services.own.health.",
                  "network.links[0].vlan.")
        if key.startswith(absent) or \
                ("[0]" in key and not any(k.startswith(item) for k in keys)):
            continue  # what would hold it is absent
        assert any(k == key or k.startswith((key + ".", key + "[")) for k in keys), key


def test_json_tells_texts_as_they_are_meant(project):
    project.write("t.yml", MORE)
    values = {v["key"]: (v["value"], v["origin"]) for v in json.loads(effective(project, "--json"))["values"]}
    assert values["services.web.env.A"] == ('x y\t"\\ \u2028 \x7f é', "t.yml:12:14")
    assert values["services.web.description"][0] == "two\nlines\n"
    assert values["services.own.command[1]"] == ("true", "t.yml:17:30")
    assert values["services.web.limits.pids"] == ("64", "default")
    assert values["services.web.ready"] == (None, "absent")
    assert values["users[1].gid"] == ("8", "t.yml:22:55")
    derived = {v["key"]: v["value"] for v in json.loads(effective(project, "--json"))["derived"]}
    assert derived["services.web.uid"] == "10001" and derived["jobs.job.uid"] == "10002"


LOOSE = IMAGE.replace("limits: {memory: 8M}", """\
limits: {memory: 8M, swap: 1M, cgroup: [{file: memory.min, value: 4096}]}
    network: {mode: machine}
    seccomp: {mode: audit, allow: [mount, ptrace], deny: [fork], sockets: [unix, packet]}
    ready: {notify: true}
    health: {notify: 5s}
  shut: {command: [/bin/prog], limits: {memory: 8M}, network: {mode: none}, ready: {fd: 3, notify: false}, sources: [
    {file: {path: prog, to: /bin/prog, mode: 0755}}], seccomp: {mode: enforce, allow: [], sockets: [unix, inet]}}""")


def test_what_loosens_the_posture_is_marked(project):
    project.write("t.yml", LOOSE)
    lines = effective(project).splitlines()
    assert "        - mount  # t.yml:13:36; LOOSENED: a system call that every other service goes without" in lines
    at = lines.index("# What loosens the default posture, and what is risked:")
    loosened = ["services.web.network.mode", "services.web.limits.swap", "services.web.limits.cgroup[0].file",
                "services.web.seccomp.mode", "services.web.seccomp.allow[0]", "services.web.seccomp.allow[1]",
                "services.web.seccomp.sockets[1]", "services.web.ready.notify", "services.web.health.notify"]
    assert [line.split(":")[0][2:] for line in lines[at + 1:]] == loosened
    assert sum("; LOOSENED: " in line for line in lines) == len(loosened)
    told = json.loads(effective(project, "--json"))["values"]
    assert [value["key"] for value in told if "risk" in value] == loosened


def test_what_is_as_by_default_has_no_mark(project):
    assert "oosen" not in effective(project)


def test_json_of_the_table_is_refused(project):
    result = project.ingot("show", "--json", "t.yml")
    assert result.status == 2 and result.out == ""
    assert json.loads(result.err)["error"] == "show prints JSON of the effective values alone: say --effective too"


# ---- init ----

def test_init_writes_a_file_that_is_right(project, top):
    result = project.ingot("init", "images/shop.yml")
    assert result.status == 1  # no folder is made
    (project.dir / "images").mkdir()
    result = project.ingot("init", "images/shop.yml")
    assert result.status == 0 and result.err == ""
    assert result.out == "wrote images/shop.yml; next: ingot check images/shop.yml, ingot run images/shop.yml\n"
    text = (project.dir / "images" / "shop.yml").read_text()
    schema = json.loads(project.ingot("schema").out)
    offered = re.sub(r"^( *)# (?=( *)(- |state:|restart:|jobs:|  ))", r"\1", text, flags=re.M)
    assert offered.count("#") < text.count("#") - 8
    (project.dir / "images" / "www").mkdir()
    for content in (text, offered):
        value = yaml.safe_load(content)
        assert value["image"] == "shop"
        jsonschema.validate(value, schema)
        project.write("images/shop.yml", content)
        result = project.ingot("check", "-R", str(top / "recipes"), "images/shop.yml")
        assert result.status == 0, (result, content)
    assert set(value) > {"jobs"} and len(value["services"]["page"]["sources"]) == 3


def test_init_never_writes_over_a_file(project, one_line):
    before = (project.dir / "t.yml").read_text()
    line = one_line(project.ingot("init", "t.yml"))
    assert line == "ingot: t.yml is there already, and is left as it is: name another file"
    assert (project.dir / "t.yml").read_text() == before
    (project.dir / "link.yml").symlink_to("nowhere")
    assert project.ingot("init", "link.yml").status == 1
    assert not (project.dir / "nowhere").exists()


@pytest.mark.parametrize("name, says", [
    ("shop", "ingot: an image file is called NAME.yml, such as images/shop.yml, not shop"),
    (".yml", "ingot: an image file is called NAME.yml, such as images/shop.yml, not .yml"),
    ("Shop.yml", "ingot: `Shop` cannot be an image's name: small letters, digits and -, at most 31"),
])
def test_init_wants_a_name(project, one_line, name, says):
    assert one_line(project.ingot("init", name), status=2) == says
    assert not (project.dir / name).exists()
