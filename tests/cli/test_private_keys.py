# SPDX-License-Identifier: MIT
"""What a private network of a service comes to at build time: addresses that follow from names, names for what may be
reached and for nothing else, a program of the machine that makes it, and the kernel's modules."""
import hashlib
import json
import re
import tarfile

from cli_project import IMAGE

DB = """\
  db:
    sources: [{file: {path: prog, to: /bin/prog, mode: 0755}}]
    command: [/bin/prog]
    limits: {memory: 8M}
    network: {mode: private, ports: [{service: 5432}]}
"""
WEB = ("    network: {mode: private, ports: [{machine: 80, service: 8080}], reach: [db], "
       "egress: [{address: 192.0.2.0/24}]}\n")


def shown(project, text):
    project.write("t.yml", text)
    done = project.ingot("show", "--effective", "--json", "t.yml")
    assert done.status == 0, done
    return {v["key"]: v["value"] for v in json.loads(done.out)["derived"]}


def test_addresses_follow_from_names(project):
    values = shown(project, IMAGE + WEB + DB)
    web = values["services.web.network.ipv4"]
    assert re.fullmatch(r"10\.213\.\d+\.\d+", web)
    assert values["services.web.network.ipv6"].startswith("fd69:6e67:6f74::")
    more = shown(project, IMAGE + WEB + DB + DB.replace("db:", "cache:"))
    assert more["services.web.network.ipv4"] == web, "another service moves nobody"
    narrow = shown(project, IMAGE + WEB + DB + "network: {private: {ipv4: 10.9.0.0/29}}\n")
    both = {narrow[f"services.{name}.network.ipv4"] for name in ("web", "db")}
    assert len(both) == 2 and both <= {f"10.9.0.{n}" for n in range(2, 7)}


def test_a_replica_has_an_address_of_its_own(project):
    values = shown(project, IMAGE + WEB + DB.replace("  db:\n", "  db:\n    replicas: 3\n"))
    assert len({values[f"services.db@{n}.network.ipv4"] for n in (1, 2, 3)}) == 3


MODULES = ("ipv6", "veth", "nf_tables", "nft_ct", "nft_chain_nat", "nft_nat", "nft_masq", "nft_fib_inet")
BUILT_IN = "".join(f"kernel/net/{name}.ko\n" for name in MODULES).encode()


def lock(project, builtin=BUILT_IN):
    project.lock(files=[("./lib/modules/1.0-test/modules.builtin", builtin)])


def test_a_kernel_without_what_it_takes_is_refused_by_name(project):
    """isolation case 36"""
    project.write("t.yml", IMAGE + WEB + DB)
    lock(project, BUILT_IN.replace(b"kernel/net/nft_masq.ko\n", b""))
    done = project.ingot("build", "-q", "t.yml")
    assert (done.status, done.lines) == (
        1, ["ingot: ./recipes/kern.yml:2: the kernel 1.0-test has no module nft_masq: did you mean nft_nat?"])


def test_the_table_has_addresses_for_names(project):
    project.write("t.yml", IMAGE + WEB.replace("}]}", "}], masquerade: true}") + DB)
    lock(project)
    done = project.ingot("show", "-q", "t.yml")
    assert done.status == 0, done
    address = dict(re.findall(r"(?m)^  ([a-z-]+):\n(?:    .*\n)*?    network: private, (\S+) and ", done.out))
    own = done.out[done.out.index("  web:"):].split("  db:")[0]
    assert [line.strip() for line in own.splitlines() if "network" in line] == [
        f"network: private, {address['web']} and fd69:6e67:6f74::79ae, masqueraded",
        "network: published tcp port 80 of the machine, inside 8080",
        f"network: reaches {address['db']} tcp port 5432", "network: reaches fd69:6e67:6f74::680f tcp port 5432",
        "network: egress 192.0.2.0/24 tcp"]
    assert "    command: /usr/bin/ingot-net serve -r 3\n" in done.out
    assert done.out.count("needs: net-private\n") == 2


def test_names_are_those_of_what_may_be_reached(project):
    project.write("t.yml", IMAGE + WEB + DB)
    lock(project)
    assert project.ingot("build", "-q", "t.yml").status == 0
    held = {e["path"]: e for e in json.loads(project.outputs()["manifest.json"])["paths"]}
    local = "127.0.0.1 localhost\n::1 localhost\n"
    web, db = ("10.213.121.174 web\nfd69:6e67:6f74::79ae web\n", "10.213.104.15 db\nfd69:6e67:6f74::680f db\n")
    for name, text in (("web", local + web + db), ("db", local + db)):
        assert held[f"/svc/{name}/etc/hosts"]["sha256"] == hashlib.sha256(text.encode()).hexdigest(), name


def test_names_are_not_lost_to_a_file_of_a_source(project):
    own = IMAGE.replace("      - dir:", "      - text: {content: x, to: /etc/hosts}\n      - dir:")
    project.write("t.yml", own + WEB + DB)
    lock(project)
    done = project.ingot("build", "-q", "t.yml")
    assert done.status == 1 and "/etc/hosts" in done.lines[0], done


def test_an_image_for_others_exposes_the_services_own_ports(project):
    ports = "{machine: 80, service: 8080}, {machine: 81, service: 8080}, {service: 9, protocol: udp}"
    project.write("t.yml", IMAGE + f"    network: {{mode: private, ports: [{ports}]}}\noutputs: [oci]\n")
    lock(project)
    done = project.ingot("build", "-q", "t.yml")
    assert done.status == 0, done
    exposed = []
    with tarfile.open(project.dir / "out/t/oci.tar") as t:
        for member in t.getmembers():
            data = t.extractfile(member).read() if member.isfile() else b""
            if b"ExposedPorts" in data:
                exposed.append(json.loads(data)["config"]["ExposedPorts"])
    assert exposed == [{"8080/tcp": {}, "9/udp": {}}]
