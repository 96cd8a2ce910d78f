# SPDX-License-Identifier: MIT
"""Inputs that no one here wrote: a Debian tree as an OCI image by umoci and by buildah, and as skopeo hands it on. What
comes of them is held against the files as umoci itself unpacks them."""
import hashlib
import json
import os
import stat

import pytest

import build
import oci_image

pytestmark = pytest.mark.skipif(not oci_image.can(), reason="mmdebstrap, umoci or skopeo is missing")

FORMS = {
    "layout": oci_image.layout,
    "layout with zstd": oci_image.zstd_layout,
    "oci-archive": lambda: oci_image.archive("oci-archive", "oci.tar"),
    "docker-archive": lambda: oci_image.archive("docker-archive", "docker.tar"),
}


def service(project, path, more=""):
    """The manifest's entries of a service that is made of the image, and what ingot said."""
    project.write(f"""\
  app:
    sources:
      - oci: {{path: "{path}"}}
    limits: {{memory: 32M}}
{more}""")
    done = project.build()
    assert done.returncode == 0, done.stderr
    manifest = json.loads((project.out / "small" / "manifest.json").read_text())
    return {entry["path"].removeprefix("/svc/app"): entry for entry in manifest["paths"]
            if entry["path"].startswith("/svc/app/")}


def merged(path):
    """Where a path of a tree that is not usr-merged lies in a root of ours."""
    first = path.split("/")[1]
    return "/usr" + path if first in ("bin", "sbin", "lib", "lib32", "lib64", "libx32") else path


def described(folder):
    """{path: (type, mode, uid, gid, digest)} of the files of a folder; links are looked at elsewhere."""
    found = {}
    for at, dirs, files in os.walk(folder):
        for name in dirs + files:
            full = os.path.join(at, name)
            st = os.lstat(full)
            if stat.S_ISREG(st.st_mode):
                with open(full, "rb") as f:
                    digest = hashlib.sha256(f.read()).hexdigest()
                mode = f"{stat.S_IMODE(st.st_mode):04o}"
                found[merged(full.removeprefix(str(folder)))] = (mode, st.st_uid, st.st_gid, digest)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="owners are unpacked by root alone")
@pytest.mark.parametrize("form", FORMS)
def test_the_root_is_what_umoci_unpacks(project, form):
    """Case 13: names, modes, owners and bytes of each file."""
    expected = described(oci_image.unpacked())
    assert len(expected) > 500
    path = FORMS[form]()
    paths = service(project, path)
    own = {"/etc/group", "/etc/hosts"}  # ours, where the image has none
    found = {p: (e["mode"], e["uid"], e["gid"], e["sha256"]) for p, e in paths.items()
             if e["type"] == "file" and p not in own - set(expected)}
    assert found == expected
    for at, dirs, files in os.walk(oci_image.unpacked()):
        for full in (os.path.join(at, name) for name in dirs + files):
            name = merged(full.removeprefix(str(oci_image.unpacked())))
            if os.path.islink(full):
                assert paths[name]["type"] == "symlink", name
    assert not any(p.startswith("/usr/share/doc") for p in paths), "the last layer takes it away"


def test_all_forms_come_to_the_same_tree(project):
    """And a build from a warm cache to the same again."""
    trees = {}
    for form in list(FORMS) + ["layout"]:
        paths = service(project, FORMS[form]())
        for entry in paths.values():
            del entry["origin"]
        trees[form] = json.dumps(paths, sort_keys=True)
    assert len(set(trees.values())) == 1


def test_what_the_image_wants_is_what_the_service_has(project):
    service(project, oci_image.layout())
    done = build.ingot("show", project.file, "-o", project.out, "--cache", build.CACHE, "-q")
    lines = [line.strip() for line in done.stdout[done.stdout.index("  app:"):].splitlines()]
    assert "command: /usr/bin/python3 server.py 8080" in lines
    assert "cwd: /srv/app" in lines and "user: uid 4711, gid 4712" in lines
    assert any(line.startswith("env: ") and "GREETING=hello" in line for line in lines)


@pytest.mark.skipif(not oci_image.can_buildah(), reason="buildah is missing, or this is not root")
def test_an_image_by_buildah(project):
    """Case 13."""
    paths = service(project, oci_image.by_buildah())
    expected = described(oci_image.FOLDER / "root")
    found = {p: (e["mode"], e["uid"], e["gid"], e["sha256"]) for p, e in paths.items() if e["type"] == "file"}
    assert {p: found[p] for p in expected} == expected
    done = build.ingot("show", project.file, "-o", project.out, "--cache", build.CACHE, "-q")
    assert "command: /usr/bin/python3 server.py 8080" in done.stdout
    assert "user: uid 4711, gid 4712" in done.stdout


def test_the_same_tree_as_an_archive_is_refused_for_its_nodes(project):
    """mmdebstrap's tar itself holds device nodes, which an archive may not bring."""
    oci_image.layout()
    tar = oci_image.FOLDER / "debian.tar"
    digest = hashlib.sha256(tar.read_bytes()).hexdigest()
    project.write(f"""\
      - archive: {{path: "{tar}", sha256: {digest}}}
""")
    done = project.build()
    assert done.returncode == 1
    assert "is a device node, a pipe or a socket: an archive may not bring those" in done.stderr
