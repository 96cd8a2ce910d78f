# SPDX-License-Identifier: MIT
"""`ingot why`: what a path is, which line of a recipe or which package brought it, by which dependencies, what shares
its bytes; and of a path that is not there, what is nearest and what left it out."""
import hashlib
import io
import tarfile

import pytest

from cli_project import IMAGE, deb, tar, elf

PACKAGES = {
    "app": (b"Package: app\nDepends: liba (>= 1), virtual | other,\n libz\n", [("./usr/app", b"app\n")]),
    "liba": (b"Package: liba\npre-depends: deep\n", [("./lib/liba", b"a\n"),
                                                     ("./usr/share/doc/liba/copyright", b"c\n")]),
    "real": (b"Package: real\nProvides: x, virtual (= 1)\n", [("./usr/real", b"real\n")]),
    "deep": (b"Package: deep\n\nDepends: stray\n", [("./usr/deep", b"deep\n")]),
    "stray": (b"Package: stray\n", [("./usr/stray", b"stray\n")]),
}


@pytest.fixture
def packed(project):
    """A service of packages: app needs liba and what provides virtual; liba needs deep; nothing needs stray."""
    project.lock()
    text = (project.dir / "t.lock").read_text()
    text += '  - kind: debian\n    packages: ["app"]\n    drop: ["libz"]\n    pins:\n'
    for name, (control, data) in PACKAGES.items():
        body = deb(data, tar([("./md5sums", b"x"), ("./control", control)]))
        sha = hashlib.sha256(body).hexdigest()
        project.write(f"out/.cache/blob/{sha[:2]}/{sha}", body)
        text += (f'      - {{name: "{name}", version: "1", arch: amd64, size: {len(body)},\n'
                 f'         sha256: {sha}}}\n')
    project.write("t.lock", text)
    project.write("t.yml", IMAGE.replace("      - file:", "      - debian: {packages: [app], drop: [libz], "
                                         "exclude: [/usr/share/doc]}\n      - file:"))
    return project


def why(project, path, status=0):
    result = project.ingot("why", "-q", "t.yml", path, env={"PATH": "/nonexistent"})
    assert result.status == status and result.err == "", result
    return result.out.splitlines()


SOURCE = "    t.yml:8: debian {packages: [app], drop: [libz], exclude: [/usr/share/doc]}"


@pytest.mark.parametrize("path, package, chain", [
    ("/svc/web/usr/app", "app", "    asked for by name"),
    ("/svc/web/usr/lib/liba", "liba", "    as a dependency: app -> liba"),
    ("/svc/web/usr/real", "real", "    as a dependency: app -> real"),
    ("/svc/web/usr/deep", "deep", "    as a dependency: app -> liba -> deep"),
    ("/svc/web/usr/stray", "stray", "    no package of the request names it as a dependency"),
])
def test_a_package_is_told_with_its_chain(packed, path, package, chain):
    for _ in range(2):  # from the archive, then from the cache
        lines = why(packed, path)
        assert lines[0] == path and lines[-3:] == [f"  from debian {package} 1", SOURCE, chain], lines
        assert "  in the root of web" in lines


def test_a_file_is_told_whole(project):
    project.lock()
    lines = why(project, "/etc/motd")
    assert lines == ["/etc/motd", "  file, mode 0644, owner 0:0, time 0",
                     f"  6 bytes, sha256 {hashlib.sha256(b'hello' + bytes([10])).hexdigest()}",
                     "  in the root of the machine", "  from t.yml:4",
                     '    t.yml:4: text {content: "hello\\n", to: /etc/motd}'], lines


def test_links_on_the_way_are_told(project):
    project.lock()
    lines = why(project, "/svc/web/bin/prog")
    assert lines[:2] == ["/svc/web/usr/bin/prog", "  by way of /svc/web/bin, a link to usr/bin  # ingot"]
    assert why(project, "/svc/web/bin")[1:3] == ["  symbolic link, mode 0777, owner 0:0, time 0", "  to usr/bin"]


def test_a_path_as_the_service_sees_it_is_found(project):
    project.lock()
    assert why(project, "/bin/prog")[0] == "/svc/web/usr/bin/prog"
    assert why(project, "/srv/data")[0] == "/svc/web/srv/data"


def test_names_of_one_file_are_told(project):
    project.write("t.yml", IMAGE + "  two:\n" + IMAGE.split("  web:\n")[1])
    project.lock()
    lines = why(project, "/svc/web/bin/prog")
    assert "  one file with /svc/two/usr/bin/prog  # t.yml:14" in lines


def test_a_folder_is_summed_up_by_origin(packed):
    lines = why(packed, "/svc/web/usr")
    at = lines.index(next(line for line in lines if line.endswith("their files by origin:")))
    assert lines[at + 1:] == [f"    t.yml:9: 1 file, {len(elf())} bytes", "    debian stray 1: 1 file, 6 bytes",
                              "    debian deep 1: 1 file, 5 bytes", "    debian real 1: 1 file, 5 bytes",
                              "    debian app 1: 1 file, 4 bytes", "    debian liba 1: 1 file, 2 bytes"]


def test_what_was_left_out_is_told(packed):
    for path in ("/svc/web/usr/share/doc/liba/copyright", "/usr/share/doc/liba/copyright"):
        lines = why(packed, path, status=1)
        assert lines[0] == f"{path}: not in the image"
        assert ("  package liba 1 holds /usr/share/doc/liba/copyright, and `exclude: /usr/share/doc` leaves it out: "
                "t.yml:8") in lines, lines
        assert "  dropped, and so not looked into: libz" in lines


def test_the_nearest_name_is_told(project):
    project.lock()
    assert why(project, "/etc/modt", status=1) == [
        "/etc/modt: not in the image", "  /etc is there, and holds no modt; did you mean /etc/motd?"]
    assert why(project, "/etc/motd/x", status=1)[1] == "  /etc/motd is no folder"
    assert why(project, "/zzz/y", status=1)[1].startswith("  / is there, and holds no zzz among its ")


def test_a_path_must_be_one(project, one_line):
    for path in ("etc/motd", "/etc/../x", "/a//b", ""):
        line = one_line(project.ingot("why", "t.yml", path), status=2)
        assert line == f"ingot: why wants an absolute path of the image without `.` and `..`, not {path}"


def bad_control(kind):
    out = io.BytesIO()
    if kind == "none":
        return tar([("./other", b"x")])
    if kind == "large":
        return tar([("./control", b"x" * (1 << 20))])
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        for i in range(1001):
            t.addfile(tarfile.TarInfo(f"./{i}"))
    return out.getvalue()


@pytest.mark.parametrize("kind, says", [
    ("none", "it has no control file"), ("large", "its control file is larger than 1048576 bytes"),
    ("many", "its control archive holds too many files"),
])
def test_a_package_without_a_right_control_file(packed, kind, says):
    body = deb([("./usr/app", b"app\n")], bad_control(kind))
    sha = hashlib.sha256(body).hexdigest()
    packed.write(f"out/.cache/blob/{sha[:2]}/{sha}", body)
    lock = (packed.dir / "t.lock").read_text().split("  - kind: debian")[0]
    packed.write("t.lock", lock + '  - kind: debian\n    packages: ["app"]\n    drop: ["libz"]\n    pins:\n'
                 f'      - {{name: app, version: "1", arch: amd64, size: {len(body)}, sha256: {sha}}}\n')
    result = packed.ingot("why", "-q", "t.yml", "/svc/web/usr/app")
    assert result.status == 1 and len(result.lines) == 1 and says in result.err, result
