# SPDX-License-Identifier: MIT
"""The source `archive:`: what is kept of an archive, what is refused, how it is fetched; and that a recipe reads
nothing outside its own folder."""
import http.server
import io
import json
import lzma
import os
import shutil
import subprocess
import tarfile
import threading
import zipfile

import pytest

from archives import member, sha, tar
from cli_project import IMAGE, RECIPE


def use(project, data, name="a.tar", keys="", where="path: a.tar"):
    """The service's root gets the archive."""
    project.lock()
    project.write(name, data)
    source = f"      - archive: {{{where}, sha256: {sha(data)}{keys}}}\n"
    project.write("t.yml", IMAGE.replace("      - dir:", source + "      - dir:"))


def built(project, **more):
    result = project.ingot("build", "-q", "t.yml", **more)
    assert result.status == 0, result
    manifest = json.loads((project.dir / "out" / "t" / "manifest.json").read_text())
    return {e["path"].removeprefix("/svc/web"): e for e in manifest["paths"] if e["path"].startswith("/svc/web/")}


def refused(project, one_line, what):
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert line.startswith("ingot: t.yml:9: a.tar: "), line
    assert what in line, line
    folder = project.dir / "out" / "t"
    assert not folder.exists() or not list(folder.iterdir())
    return line


# ---- what is kept ----

def test_what_an_archive_says_is_kept(project):
    """Case 12: file capabilities, other attributes, pax long names, owners above 65535, hard links."""
    long = "/".join(["a" * 100] * 5) + "/" + "b" * 200
    capability = b"\1\0\0\2\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    use(project, tar([
        member("./", kind="dir"), member("opt/", kind="dir", mode=0o750, uid=70000, gid=4294967294),
        member("opt/ping", b"ping", mode=0o4755, xattrs={"security.capability": capability, "user.note": b"x"}),
        member("opt/ping2", "opt/ping", "hard"), member(long, b"long"), member("opt/caf\xe9", b"name"),
        member("opt/link", "../etc/nothing", "link")]))
    for _ in range(2):  # the second time from the index
        paths = built(project)
        assert (paths["/opt"]["mode"], paths["/opt"]["uid"], paths["/opt"]["gid"]) == ("0750", 70000, 4294967294)
        assert paths["/opt/ping"]["xattrs"] == {"security.capability": capability.hex(), "user.note": "78"}
        assert paths["/opt/ping"]["mode"] == "4755"
        assert paths["/opt/ping2"]["inode"] == paths["/opt/ping"]["inode"]
        assert paths[f"/{long}"]["sha256"] == sha(b"long")
        assert paths["/opt/caf\xe9"]["sha256"] == sha(b"name")
        assert paths["/opt/link"]["target"] == "../etc/nothing"
        assert paths["/opt/ping"]["origin"] == "t.yml:9"
        shutil.rmtree(project.dir / "out" / "t")


@pytest.mark.parametrize("words", (["--format=gnu"], ["--format=pax"], ["--format=pax", "--sparse-version=0.1"],
                                   ["--format=pax", "--sparse-version=0.0"]))
def test_a_sparse_file_has_its_bytes(project, tmp_path, words):
    """Case 12."""
    content = bytearray(3 << 20)
    content[1 << 20:(1 << 20) + 4] = b"data"
    content[-3:] = b"end"
    with open(tmp_path / "sparse", "wb") as f:
        f.seek(1 << 20)
        f.write(b"data")
        f.seek((3 << 20) - 3)
        f.write(b"end")
    data = subprocess.run(["tar", "-cS", *words, "-C", str(tmp_path), "sparse"], check=True,
                          stdout=subprocess.PIPE).stdout
    assert len(data) < 1 << 20, "the holes are in the archive"
    use(project, data)
    assert built(project)["/sparse"]["sha256"] == sha(bytes(content))


def packers():
    """Commands that write an archive of the folder `top` to standard output."""
    yield "tar", ["tar", "-c", "top"]
    for form in ("ustar", "newc", "odc", "7zip", "iso9660", "zip"):
        yield form, ["bsdtar", "-cf", "-", "--format", form, "top"]
    for packer in ("gzip", "xz", "lzma", "lzip", "compress"):
        yield packer, ["bsdtar", "-cf", "-", f"--{packer}", "top"]
    yield "zstd", ["tar", "-c", "--zstd", "top"]
    yield "cpio of GNU", ["sh", "-c", "find top | cpio -o -H newc --quiet"]


@pytest.mark.parametrize("pack", [pytest.param(pack, id=name) for name, pack in packers()])
def test_archives_of_each_kind_that_others_made(project, tmp_path, pack):
    folder = tmp_path / "content"
    (folder / "top").mkdir(parents=True)
    (folder / "top" / "run").write_text("#!/bin/sh\n")
    (folder / "top" / "run").chmod(0o755)
    os.link(folder / "top" / "run", folder / "top" / "again")
    (folder / "top" / "big").write_bytes(bytes(range(256)) * 1000)
    (folder / "top" / "link").symlink_to("big")
    data = subprocess.run(pack, cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    use(project, data, keys=", to: /opt/x, strip: 1")
    paths = built(project)
    assert paths["/opt/x/big"]["sha256"] == sha(bytes(range(256)) * 1000)
    for name in ("run", "again"):
        assert paths[f"/opt/x/{name}"]["sha256"] == sha(b"#!/bin/sh\n"), name
        assert paths[f"/opt/x/{name}"]["mode"] in ("0755", "0555"), "an ISO 9660 is never writable"
    assert paths["/opt/x/link"]["target"] == "big"


def test_a_zip_made_by_python(project):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("d/file", b"text" * 1000)
        link = zipfile.ZipInfo("d/link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        z.writestr(link, "file")
    use(project, out.getvalue())
    paths = built(project)
    assert paths["/d/file"]["sha256"] == sha(b"text" * 1000)
    assert paths["/d/link"]["target"] == "file"


def test_to_strip_and_exclude(project):
    use(project, tar([member("app-1/", kind="dir"), member("app-1/bin/x", b"x"), member("app-1/doc/y", b"y"),
                      member("app-1/lib/z", b"z")]), keys=", to: /opt, strip: 1, exclude: [/opt/doc]")
    paths = built(project)
    assert {p for p in paths if p.startswith("/opt")} == {"/opt", "/opt/bin", "/opt/bin/x", "/opt/lib", "/opt/lib/z"}


def test_bin_and_lib_are_merged(project):
    use(project, tar([member("bin/", kind="dir"), member("bin/x", b"x"), member("lib/y", b"y"),
                      member("bin/up", "../etc/z", "link")]))
    paths = built(project)
    assert paths["/usr/bin/x"]["type"] == "file" and paths["/bin"]["target"] == "usr/bin"
    assert paths["/usr/bin/up"]["target"] == "../../etc/z"


def test_a_later_entry_does_not_leave_the_root_by_an_earlier_link(project):
    """Case 12: the link is followed as it would be from inside the root."""
    use(project, tar([member("out", "../../../../../../../../tmp", "link"), member("out/x", b"x"),
                      member("abs", "/etc", "link"), member("abs/y", b"y"),
                      member("deep/up", "../../../..", "link"), member("deep/up/z", b"z")]))
    paths = built(project)
    assert paths["/tmp/x"]["sha256"] == sha(b"x") and paths["/etc/y"]["sha256"] == sha(b"y")
    assert paths["/z"]["sha256"] == sha(b"z")
    manifest = json.loads((project.dir / "out" / "t" / "manifest.json").read_text())
    assert not {"/tmp/x", "/etc/y", "/z"} & {e["path"] for e in manifest["paths"]}


# ---- what is refused ----

HOSTILE = {
    "dots": ([member("../x", b"x")], 'must not hold ".."'),
    "dots inside": ([member("a/../../x", b"x")], 'must not hold ".."'),
    "absolute": ([member("/etc/passwd", b"x")], "must not be absolute"),
    "hard link by dots": ([member("x", "../../etc/shadow", "hard")], 'must not hold ".."'),
    "hard link by an absolute name": ([member("x", "/etc/shadow", "hard")], "must not be absolute"),
    "hard link to what is not there": ([member("x", "etc/shadow", "hard")], "does not hold before it"),
    "character device": ([member("dev/null", kind="char")], "dev/null is a device node"),
    "block device": ([member("sda", kind="block")], "sda is a device node"),
    "pipe": ([member("run/pipe", kind="pipe")], "run/pipe is a device node, a pipe or a socket"),
    "twice": ([member("x", b"1"), member("./x", b"2")], "x is in the archive twice"),
    "a link in a circle": ([member("a", "b", "link"), member("b", "a", "link"), member("a/x", b"1")],
                           "too many symbolic links"),
    "a file as a folder": ([member("a", b"1"), member("a/b", b"2")], "is a file, not a folder"),
    "an attribute with a line end": ([member("x", b"1", xattrs={"odd\nname": b"1"})],
                                     "x has an extended attribute with a control character in its name"),
    "an attribute with an escape": ([member("x", b"1", xattrs={"user.\x1b[2J": b"1"})],
                                    "x has an extended attribute with a control character in its name"),
    "an unknown attribute": ([member("x", b"1", xattrs={"com.apple.quarantine": b"1"})],
                             "x has the extended attribute com.apple.quarantine"),
    "an access control list": ([member("x", b"1", pax={"SCHILY.acl.access": "user::rw-,user:7:r--:7,group::r--,"
                                                       "mask::r--,other::r--"})], "x has an access control list"),
    "a control character": ([member("a\nb", b"1")], "control character"),
    "a long component": ([member("c" * 256, b"1")], "more than 255 bytes"),
    "an owner below 0": ([member("x", b"1", pax={"uid": "-5"})], "user or group number that does not exist"),
    "an owner too high": ([member("x", b"1", pax={"uid": "4294967295"})], "user or group number that does not exist"),
    "too large a file": ([member("x", b"1", pax={"size": str(1 << 60)})], "more than is sensible (16 GiB)"),
    "a sparse file that is too large": ([member("x", b"0\n1\n0\n" + b"\0" * 506 + b"1", pax={
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x",
        "GNU.sparse.realsize": str(1 << 60)})], "more than is sensible (16 GiB)"),
    "strip": ([member("a/x", b"1"), member("y", b"1")], "y has no more than 1 components: `strip: 1` would lose it"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(project, one_line, name):
    """Case 12, each by one clear line that names the path."""
    members, why = HOSTILE[name]
    use(project, tar(members), keys=", strip: 1" if name == "strip" else "")
    refused(project, one_line, why)


def test_nothing_left_is_an_error(project, one_line):
    use(project, tar([member("usr/share/doc/x", b"1")]), keys=", exclude: [/usr/share]")
    refused(project, one_line, "nothing of it is put into the root")


def test_cut_anywhere(project, one_line):
    """Case 14: a compressed archive that is cut is never a smaller archive."""
    whole = lzma.compress(tar([member("x", os.urandom(3000)), member("y", b"2")]))
    for size in (1, 7, 40, 1000, len(whole) - 30, len(whole) - 1):
        use(project, whole[:size])
        refused(project, one_line, "")


def test_cut_behind_the_end_of_the_tar(project, one_line):
    """Case 14: what a tar's reader no longer looks at is read all the same."""
    whole = lzma.compress(tar([member("x", b"1")]) + os.urandom(400_000))
    use(project, whole[:-100])
    refused(project, one_line, "")


def test_damaged_anywhere(project, one_line):
    """Case 14: a flipped bit in the compressed bytes is found by the check sum that is behind them."""
    whole = lzma.compress(tar([member("x", os.urandom(3000))]))
    for at in range(0, len(whole), len(whole) // 9):
        use(project, whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:])
        refused(project, one_line, "")


def peak(project, limit):
    """Builds with so much address space; what it said."""
    import resource
    return project.ingot("build", "-q", "t.yml", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                                                      (limit, limit)))


def zeros(name, size):
    """A tar whose only file is made of zeros, as a stream of pieces."""
    info = tarfile.TarInfo(name)
    info.size = size
    yield info.tobuf(tarfile.GNU_FORMAT)
    for _ in range(size >> 20):
        yield bytes(1 << 20)
    yield bytes(10240)


def test_a_bomb_is_refused_with_little_memory(project, one_line):
    """Case 14."""
    packer = subprocess.Popen(["zstd", "-1", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    writer = threading.Thread(target=lambda: (packer.stdin.writelines(zeros("bomb", 300 << 20)), packer.stdin.close()))
    writer.start()
    data = packer.stdout.read()
    writer.join()
    assert packer.wait() == 0
    use(project, data)
    line = one_line(peak(project, 512 << 20))
    assert "it unpacks to more than 200 times its size: a decompression bomb?" in line


def test_a_map_of_holes_without_end_is_refused_with_little_memory(project, one_line):
    """Case 14: libarchive keeps it whole, so it must not be large."""
    numbers = b"50000000\n" + b"1\n0\n" * 12_000_000
    data = lzma.compress(tar([member("x", numbers, pax={
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x", "GNU.sparse.realsize": "9"})]),
        preset=0)
    use(project, data)
    line = one_line(peak(project, 2 << 30))
    assert "the headers of one entry take more than 32 MiB" in line


@pytest.mark.parametrize("data, what", (
    (b"", "it is no archive of a kind that is read"), (b"just text\n" * 100, "it is no archive of a kind that is read"),
    (b"BZh91AY&SY" + b"x" * 100, "it is compressed by bzip2, which is not read"),
    (b"#mtree\nx type=file contents=/etc/passwd\n", "it is no archive of a kind that is read")))
def test_what_is_no_archive_that_is_read(project, one_line, data, what):
    use(project, data)
    refused(project, one_line, what)


# ---- digests and fetching ----

def test_another_digest_than_stated(project, one_line):
    """Case 9: both are named, and nothing is cached."""
    data = tar([member("x", b"1")])
    use(project, data)
    text = (project.dir / "t.yml").read_text()
    project.write("t.yml", text.replace(sha(data), "0" * 64))
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert f"a.tar is not what was asked for: sha256 {'0' * 64} is wanted, {sha(data)} was found" in line
    assert not list((project.dir / "out" / ".cache" / "blob").rglob(sha(data)))


def test_a_changed_archive_is_seen_with_a_warm_cache(project, one_line):
    use(project, tar([member("x", b"1")]))
    built(project)
    project.write("a.tar", tar([member("x", b"2")]))
    assert "is not what was asked for" in one_line(project.ingot("build", "-q", "t.yml"))


class Server(http.server.BaseHTTPRequestHandler):
    files, asked = {}, []

    def do_GET(self):
        self.asked.append(self.path)
        data = self.files.get(self.path)
        if isinstance(data, str):
            self.send_response(302)
            self.send_header("Location", data)
        else:
            self.send_response(404 if data is None else 200)
        self.end_headers()
        self.wfile.write(data if isinstance(data, bytes) else b"")

    def log_message(self, *unused):
        pass


@pytest.fixture
def server():
    Server.files, Server.asked = {}, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as s:
        thread = threading.Thread(target=s.serve_forever, args=(0.02,))
        thread.start()
        s.url = f"http://127.0.0.1:{s.server_address[1]}"
        yield s
        s.shutdown()
        thread.join()


def test_a_url_is_fetched_once(project, server):
    """Case 11: from then on the cache is enough."""
    data = tar([member("x", b"1")])
    Server.files.update({"/a.tar": data, "/moved": "/a.tar"})
    use(project, data, name="unused", where=f'url: "{server.url}/moved"')
    assert built(project)["/x"]["sha256"] == sha(b"1")
    assert Server.asked == ["/moved", "/a.tar"]
    shutil.rmtree(project.dir / "out" / "t")
    built(project, env={"PATH": "/nonexistent"})
    assert Server.asked == ["/moved", "/a.tar"]


def test_a_url_with_other_bytes(project, server, one_line):
    """Case 9."""
    Server.files["/a.tar"] = b"something else"
    use(project, tar([member("x", b"1")]), name="unused", where=f'url: "{server.url}/a.tar"')
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert f"{server.url}/a.tar is not what was asked for" in line and sha(b"something else") in line
    assert not list((project.dir / "out" / ".cache" / "blob").rglob(sha(b"something else")))
    assert not list((project.dir / "out" / ".cache" / "tmp").iterdir())


def test_a_url_that_is_not_there(project, server, one_line):
    use(project, tar([member("x", b"1")]), name="unused", where=f'url: "{server.url}/gone"')
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert line.startswith(f"ingot: t.yml:9: cannot fetch {server.url}/gone: ") and "404" in line, line


def test_a_url_may_not_be_redirected_to_a_file(project, server, one_line):
    data = tar([member("x", b"1")])
    use(project, data)
    Server.files["/a.tar"] = f"file://{project.dir}/a.tar"
    text = (project.dir / "t.yml").read_text()
    project.write("t.yml", text.replace("path: a.tar", f'url: "{server.url}/a.tar"'))
    assert "cannot fetch" in one_line(project.ingot("build", "-q", "t.yml"))


def test_a_url_of_a_file(project):
    data = tar([member("x", b"1")])
    use(project, data, name="b.tar", where=f"url: 'file://{project.dir}/b.tar'")
    assert built(project)["/x"]["sha256"] == sha(b"1")


def test_a_url_without_curl(project, one_line):
    use(project, tar([member("x", b"1")]), name="unused", where='url: "https://example.invalid/a.tar"')
    line = one_line(project.ingot("build", "-q", "t.yml", env={"PATH": "/nonexistent"}))
    assert "this machine has no curl: install it, or fetch the archive yourself and write `path` for `url`" in line


@pytest.mark.parametrize("where, what", (
    ("path: a.tar, url: 'https://x/y'", "an archive has either a `url` or a `path`"),
    ("to: /x", "an archive has either a `url` or a `path`"),
    ("url: 'ftp://x/y'", "`url` begins with https://, http:// or file:///, not `ftp://x/y`"),
    ("url: '-o/etc/passwd'", "`url` begins with https://"),
    ("url: 'https://x/a b'", "a URL is of ASCII without blanks"), ("path: none.tar", "no file none.tar")))
def test_check_says_what_is_wrong_with_an_archive(project, where, what):
    use(project, b"x", where=where)
    result = project.ingot("check", "t.yml")
    assert result.status == 1 and what in result.err, result


# ---- case 32: a recipe reads nothing outside its own folder ----

def recipe(project, source, name="mine/recipe.yml"):
    """A recipe of somebody else's, and an image that uses it."""
    project.lock()
    project.write("secret", "secret\n")
    (project.dir / "secrets").mkdir(exist_ok=True)
    project.write("secrets/s.tar", tar([member("x", b"secret")]))
    project.write(f"recipes/{name}", f"recipe: mine\nsources:\n  - {source}\n")
    project.write("recipes/kern.yml", RECIPE)
    project.write("t.yml", IMAGE.replace("  web:\n", "  web:\n    recipes: [mine]\n"))
    return project.ingot("check", "t.yml")


S = sha(tar([member("x", b"secret")]))


@pytest.mark.parametrize("name", ("mine/recipe.yml", "mine.yml"))
@pytest.mark.parametrize("source", (
    "file: {path: ../../secret, to: /x}", "file: {path: /etc/passwd, to: /x}", "file: {path: sub/../../x, to: /x}",
    "folder: {path: .., to: /x}", "folder: {path: /etc, to: /x}",
    f"archive: {{path: ../../secrets/s.tar, sha256: {S}}}", f"archive: {{url: 'file:///etc/passwd', sha256: {S}}}",
    "oci: {path: ../..}"))
def test_a_recipe_does_not_name_what_is_outside(project, source, name):
    """Case 32."""
    result = recipe(project, source, name)
    assert result.status == 1, result
    assert "a recipe reads nothing outside its own folder" in result.err, result


@pytest.mark.parametrize("source", (
    "file: {path: link, to: /x}", "folder: {path: links, to: /x}", "file: {path: links/s.tar, to: /x}",
    f"archive: {{path: links/s.tar, sha256: {S}}}", "oci: {path: links}"))
def test_a_recipe_does_not_reach_outside_by_a_symbolic_link(project, source):
    """Case 32."""
    (project.dir / "recipes" / "mine").mkdir(parents=True)
    (project.dir / "recipes" / "mine" / "link").symlink_to("../../secret")
    (project.dir / "recipes" / "mine" / "links").symlink_to("../../secrets")
    result = recipe(project, source)
    assert result.status == 1, result
    assert "leads out of it by a symbolic link" in result.err, result


def test_a_recipe_uses_what_lies_beside_it(project):
    (project.dir / "recipes" / "mine" / "sub").mkdir(parents=True)
    project.write("recipes/mine/sub/x", "x")
    (project.dir / "recipes" / "mine" / "in").symlink_to("sub/x")
    (project.dir / "recipes" / "mine" / "sub" / "out").symlink_to("/etc/passwd")
    assert recipe(project, "file: {path: in, to: /x}").status == 0
    assert recipe(project, "folder: {path: sub, to: /x}").status == 0
    assert built(project)["/x/out"]["target"] == "/etc/passwd", "a link of a folder is put, not followed"


def test_an_image_file_may_name_any_path(project):
    project.lock()
    project.write("deep/t.yml", IMAGE.replace("path: prog", "path: ../prog"))
    assert project.ingot("check", "deep/t.yml").status == 0
