# SPDX-License-Identifier: MIT
"""`replicas`: what plan, show and the outputs tell of a service's instances, which share one root in the image."""
import json
import os
import tarfile

import pytest

from cli_project import IMAGE


def image(number):
    return IMAGE.replace("[/bin/prog, -x]", "[/bin/prog, '%i', 100%%]").replace(
        "  web:\n", f"  web:\n    replicas: {number}\n") + "budget: {memory: 2G}\n"


@pytest.fixture
def scaled(project):
    project.write("t.yml", image(3) + "outputs: [initramfs, tar, oci]\n")
    project.lock()
    return project


def told(project, *words):
    result = project.ingot(*words)
    assert result.status == 0, result
    return result.out


def test_the_plan_names_them(scaled):
    assert "  web: service as web@1 to web@3, user web (uid 10000, gid 10000), root /svc/web\n" in told(
        scaled, "plan", "t.yml")
    units = json.loads(told(scaled, "plan", "--json", "t.yml"))["units"]
    assert [(u["name"], u["instances"]) for u in units] == [("web", ["web@1", "web@2", "web@3"])]
    scaled.write("t.yml", IMAGE)
    units = json.loads(told(scaled, "plan", "--json", "t.yml"))["units"]
    assert [(u["name"], u["instances"]) for u in units] == [("web", ["web"])]


def test_effective_tells_where_they_come_from(scaled):
    lines = told(scaled, "show", "--effective", "t.yml").splitlines()
    assert "    replicas: 3  # t.yml:7:15" in lines
    assert "# services.web.instances: \"web@1 to web@3\"  # derived: the replicas" in lines


def test_the_table_has_a_record_for_each(scaled):
    shown = told(scaled, "show", "t.yml")
    for number in 1, 2, 3:
        head = f"  web@{number}:\n    kind: service\n    root: /svc/web\n"
        assert f"{head}    command: /bin/prog {number} 100%\n" in shown
    assert "  web:\n" not in shown


def test_the_outputs_hold_one_root(scaled):
    told(scaled, "build", "t.yml")
    folder = scaled.dir / "out" / "t"
    paths = [entry["path"] for entry in json.loads((folder / "manifest.json").read_text())["paths"]]
    roots = {path.split("/")[2] for path in paths if path.startswith("/svc/")}
    assert roots == {"web"}
    with tarfile.open(folder / "oci.tar") as tar:
        def member(path):
            return tar.extractfile(path).read()

        index = json.loads(member("index.json"))["manifests"]
        assert [m["annotations"]["org.opencontainers.image.ref.name"] for m in index] == ["web"]
        blob = "blobs/sha256/{}".format
        config = json.loads(member(blob(index[0]["digest"][7:])))["config"]["digest"][7:]
        assert json.loads(member(blob(config)))["config"]["Entrypoint"] == ["/bin/prog", "1", "100%"]
    told(scaled, "why", "t.yml", "/svc/web/bin/prog")


def test_a_hundred_cost_their_records_alone(project):
    """The program does not compress: a second copy of it would be seen."""
    project.write("prog", (project.dir / "prog").read_bytes() + os.urandom(200000))
    project.lock()
    sizes = []
    for number in 1, 100:
        project.write("t.yml", image(number))
        told(project, "build", "t.yml")
        sizes.append((project.dir / "out" / "t" / "initramfs.cpio.zst").stat().st_size)
    print(f"1: {sizes[0]}, 100: {sizes[1]} bytes")
    assert sizes[0] > 200000 and sizes[1] - sizes[0] < 4096
