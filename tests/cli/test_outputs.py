# SPDX-License-Identifier: MIT
"""The outputs of one image hold one tree: each is read back by a reader of its own, and the digest over what came out
is the manifest's `tree`. OCI images are read by skopeo and umoci as well. Case 20."""
import hashlib
import io
import json
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "boot"))

import newc  # noqa: E402

FAR = "/".join(["a-folder-with-a-rather-long-name"] * 10)  # more than a ustar header holds
IMAGE = f"""\
image: t
kernel: {{recipe: kern}}
outputs: [initramfs, tar, oci]
sources:
  - text: {{content: "hello\\n", to: /etc/motd}}
  - file: {{path: prog, to: /usr/bin/own, mode: 0755}}
  - text: {{content: "", to: /etc/empty-1}}
  - text: {{content: "", to: /etc/empty-2}}
  - folder: {{path: site, to: /site}}
services:
  web:
    sources:
      - file: {{path: prog, to: /bin/prog, mode: 0755}}
      - file: {{path: prog, to: /bin/prog-2, mode: 0755}}
      - dir: {{to: /srv/data, mode: 01777}}
      - text: {{content: "name \\u00e9\\n", to: "/srv/\\u00e9"}}
    command: [/bin/prog, -x, "two words"]
    env: {{LEVEL: "3"}}
    network: {{mode: machine, ports: [{{machine: 8080}}, {{machine: 5353, protocol: udp}}]}}
    state: [{{path: /srv/state, size: 64K}}]
    stop: {{signal: QUIT}}
    limits: {{memory: 8M}}
jobs:
  tick:
    sources:
      - file: {{path: prog, to: /bin/prog, mode: 0755}}
    command: [/bin/prog]
    schedule: {{every: 1h}}
    limits: {{memory: 8M}}
"""
WITHOUT_FOLDER = IMAGE.replace("  - folder: {path: site, to: /site}\n", "")


@pytest.fixture
def built(project):
    project.write("t.yml", IMAGE)
    project.write(f"site/{FAR}/{'f' * 120}", "far\n")
    (project.dir / "site" / FAR / "link").symlink_to(f"/site/{FAR}/{'f' * 120}")
    project.lock()
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 0, result
    return project.dir / "out" / "t"


# ---- the digest over a tree, as builder/tree_digest.c has it ----

class Entry:
    def __init__(self, kind, mode, uid, gid, mtime, data=b"", link=None, xattrs=()):
        self.kind, self.mode, self.uid, self.gid, self.mtime = kind, mode, uid, gid, mtime
        self.data, self.link, self.xattrs = data, link, sorted(xattrs)  # link: the path of a file's first name


def number(value):
    return (value % 2**64).to_bytes(8, "little")


def text(value):
    return number(len(value)) + value


def digest(entries):
    """entries: {path: Entry}."""
    h, ids = hashlib.sha256(), {}
    for path in sorted(entries, key=lambda p: [part.encode() for part in p.split("/")] if p != "/" else []):
        e = entries[path]
        first = e.link or path
        new = first not in ids
        ids.setdefault(first, len(ids) + 1)
        h.update(text(path.encode()) + number(ids[first]))
        if not new:
            continue
        e = entries[first]
        for value in ("dir", "file", "symlink").index(e.kind), e.mode, e.uid, e.gid, e.mtime, len(e.xattrs):
            h.update(number(value))
        for name, value in e.xattrs:
            h.update(text(name) + text(value))
        if e.kind == "symlink":
            h.update(text(e.data))
        if e.kind == "file":
            h.update(hashlib.sha256(e.data).digest())
    return h.hexdigest()


ROOT = Entry("dir", 0o755, 0, 0, 0)  # cpio has no entry for it


def from_cpio(raw):
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink"}
    found, firsts = {"/": ROOT}, {}
    for name, f, content in newc.unpack(raw):
        kind = kinds[stat.S_IFMT(f["mode"])]
        link = firsts.setdefault(f["ino"], "/" + name)
        found["/" + name] = Entry(kind, stat.S_IMODE(f["mode"]), f["uid"], f["gid"], f["mtime"], content,
                                  link if link != "/" + name else None)
    return found


def from_tar(raw):
    kinds = {tarfile.REGTYPE: "file", tarfile.LNKTYPE: "file", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink"}
    found = {}
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        assert archive.pax_headers == {}, "there is nothing to say of the whole archive"
        for m in archive:
            path = "/" if m.name == "." else "/" + m.name
            data = archive.extractfile(m).read() if m.isreg() else m.linkname.encode()
            found[path] = Entry(kinds[m.type], m.mode, m.uid, m.gid, int(m.mtime), data,
                                "/" + m.linkname if m.islnk() else None)
            assert (m.uname, m.gname) == ("", ""), "numbers alone"
            assert not set(m.pax_headers) & {"atime", "ctime"}
    return found


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, check=True).stdout


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_the_initramfs_holds_the_tree(built):
    found = from_cpio(unpacked(built / "initramfs.cpio.zst"))
    assert digest(found) == manifest(built)["tree"]


def test_the_tar_holds_the_tree(built):
    found = from_tar(unpacked(built / "root.tar.zst"))
    assert set(found) == {entry["path"] for entry in manifest(built)["paths"]}
    assert digest(found) == manifest(built)["tree"]


@pytest.mark.parametrize("reader", (["tar", "-tf", "-"], ["bsdtar", "-tf", "-"]), ids=lambda words: words[0])
def test_other_readers_list_the_same_names(built, reader):
    if not shutil.which(reader[0]):
        pytest.skip(f"there is no {reader[0]}")
    done = subprocess.run(reader, input=unpacked(built / "root.tar.zst"), capture_output=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    assert done.stderr == b"", "no reader has a word to say"
    listed = done.stdout.decode("unicode_escape").encode("latin-1").decode() if reader[0] == "tar" else \
        done.stdout.decode()
    names = {"/" + line.removeprefix("./").rstrip("/") for line in listed.splitlines()}
    assert names == {entry["path"] for entry in manifest(built)["paths"]}


# ---- oci ----

def layout(folder):
    """{name: bytes} of the archive."""
    with tarfile.open(folder / "oci.tar") as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isreg()}


def blob(files, descriptor):
    data = files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")]
    assert len(data) == descriptor["size"]
    return data


def images(files):
    """{name: (manifest, config, layer)}"""
    found = {}
    for descriptor in json.loads(files["index.json"])["manifests"]:
        name = descriptor["annotations"]["org.opencontainers.image.ref.name"]
        m = json.loads(blob(files, descriptor))
        assert len(m["layers"]) == 1
        found[name] = m, json.loads(blob(files, m["config"])), blob(files, m["layers"][0])
    return found


def subtree(folder, root):
    """The manifest's entries below a root, by their path in it."""
    entries = {}
    for entry in manifest(folder)["paths"]:
        if entry["path"] == root or entry["path"].startswith(root + "/"):
            entries[entry["path"][len(root):] or "/"] = entry
    return entries


def assert_same(found, entries):
    """found: {path: Entry} read back; entries: the manifest's."""
    assert set(found) == set(entries)
    inodes = {}
    for path, entry in entries.items():
        e = found[path]
        assert (e.kind, e.uid, e.gid) == (entry["type"], entry["uid"], entry["gid"]), path
        data = found[e.link].data if e.link else e.data
        if entry["type"] == "file":
            assert hashlib.sha256(data).hexdigest() == entry["sha256"], path
        if entry["type"] == "symlink":
            assert data.decode() == entry["target"], path
        else:
            assert f"{e.mode:04o}" == entry["mode"], path
        if "inode" in entry:
            inodes.setdefault(entry["inode"], set()).add(e.link or path)
    assert all(len(firsts) == 1 for firsts in inodes.values()), "hard links are kept within a root"


def test_every_blob_has_the_digest_that_names_it(built):
    files = layout(built)
    assert json.loads(files.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
    files.pop("index.json")
    for name, data in files.items():
        assert name == "blobs/sha256/" + hashlib.sha256(data).hexdigest()


def test_each_unit_is_an_image_that_holds_its_root(built):
    found = images(layout(built))
    assert set(found) == {"web", "tick"}
    for name, (m, config, layer) in found.items():
        assert layer[:8] == b"\x1f\x8b\x08\x00" + bytes(4), "neither a name nor a time in gzip's header"
        raw = subprocess.run(["gzip", "-dc"], input=layer, stdout=subprocess.PIPE, check=True).stdout
        assert config["rootfs"] == {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(raw).hexdigest()]}
        assert m["annotations"]["ingot.tree"] == manifest(built)["tree"]
        assert_same(from_tar(raw), subtree(built, f"/svc/{name}"))


def test_the_configuration_is_the_units(built):
    found = images(layout(built))
    _, config, _ = found["web"]
    assert config["created"] == "1970-01-01T00:00:00Z"
    assert (config["architecture"], config["os"]) == ("amd64", "linux")
    run = config["config"]
    assert run["Entrypoint"] == ["/bin/prog", "-x", "two words"] and run["Env"] == ["LEVEL=3"]
    assert run["WorkingDir"] == "/" and run["StopSignal"] == "SIGQUIT"
    assert run["ExposedPorts"] == {"8080/tcp": {}, "5353/udp": {}} and run["Volumes"] == {"/srv/state": {}}
    uid, gid = run["User"].split(":")
    assert int(uid) >= 10000 and int(gid) >= 10000
    assert found["tick"][1]["config"]["User"] != run["User"]


def test_skopeo_reads_every_image(built):
    if not shutil.which("skopeo"):
        pytest.skip("there is no skopeo")
    for name in "web", "tick":
        done = subprocess.run(["skopeo", "inspect", "--config", f"oci-archive:{built}/oci.tar:{name}"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["config"]["WorkingDir"] == "/"


def test_umoci_unpacks_what_the_manifest_lists(built, tmp_path):
    if not shutil.which("umoci"):
        pytest.skip("there is no umoci")
    where = tmp_path / "layout"
    where.mkdir()
    subprocess.run(["tar", "-C", str(where), "-xf", str(built / "oci.tar")], check=True)
    for name in "web", "tick":
        bundle = tmp_path / name
        subprocess.run(["umoci", "unpack", "--rootless", "--image", f"{where}:{name}", str(bundle)], check=True,
                       capture_output=True)
        root, found = bundle / "rootfs", {}
        for path in [root, *root.rglob("*")]:
            st = path.lstat()
            kind = "symlink" if path.is_symlink() else "dir" if path.is_dir() else "file"
            data = path.read_bytes() if kind == "file" else str(path.readlink()).encode() if kind == "symlink" else b""
            at = "/" + str(path.relative_to(root)).removeprefix(".")
            found[at] = Entry(kind, stat.S_IMODE(st.st_mode), 0, 0, 0, data)  # without root every owner is ours
        entries = subtree(built, f"/svc/{name}")
        for entry in entries.values():
            entry.pop("inode", None)
        assert_same(found, entries)


# ---- all of them ----

def test_same_bytes_with_a_cold_cache_and_with_a_warm_one(project, built):
    first = project.outputs()
    shutil.rmtree(built)
    assert project.ingot("build", "-q", "t.yml").status == 0
    assert project.outputs() == first
    shutil.rmtree(project.dir / "out")
    project.lock()
    assert project.ingot("build", "-q", "t.yml").status == 0
    assert project.outputs() == first


def test_an_output_that_is_no_longer_asked_for_is_gone(project, built):
    project.write("t.yml", IMAGE.replace("[initramfs, tar, oci]", "[tar]"))
    assert project.ingot("build", "-q", "t.yml").status == 0
    assert set(project.outputs()) == {"root.tar.zst", "kernel", "cmdline", "manifest.json", "build-record"}


def test_oci_without_a_service(project):
    project.lock()
    project.write("t.yml", WITHOUT_FOLDER[:WITHOUT_FOLDER.index("services:")])
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 1
    assert result.lines[0] == "t.yml:3:10: `oci` holds the services and jobs, and this image has none"
