# SPDX-License-Identifier: MIT
"""`ingot diff`: what differs between two images, told by path and by key, from image files, built folders and
manifests; exit status 0 the same, 1 different, and one line where a side is no manifest."""
import json

import pytest

from cli_project import IMAGE, deb


def build(project, text, out):
    project.write("t.yml", text)
    result = project.ingot("build", "-q", "t.yml", "-o", out)
    assert result.status == 0, result
    return f"{out}/t"


def diff(project, a, b, *args):
    result = project.ingot("diff", "-q", a, b, *args)
    assert result.status in (0, 1) and result.err == "", result
    return result


def test_the_same_is_the_same_whatever_it_is_named_by(project):
    project.lock()
    folder = build(project, IMAGE, "one")
    tree = json.loads((project.dir / folder / "manifest.json").read_text())["tree"]
    for a in ("t.yml", folder, folder + "/manifest.json"):
        for b in ("t.yml", folder, folder + "/manifest.json"):
            result = diff(project, a, b)
            assert result.status == 0 and result.out == f"the same: tree {tree}\n", (a, b, result)
    assert json.loads(diff(project, "t.yml", folder, "--json").out)["same"] is True


def test_each_kind_of_change_is_told(project):
    project.lock()
    one = build(project, IMAGE, "one")
    changed = (IMAGE.replace("hello", "other!").replace("mode: 0755", "mode: 04755")
               .replace("{to: /srv/data}", "{to: /srv/else}")
               .replace("kernel: {recipe: kern}", "kernel: {recipe: kern, cmdline: [quiet]}"))
    two = build(project, changed, "two")
    result = diff(project, one, two)
    assert result.status == 1
    lines = result.out.splitlines()
    assert lines[0] == "image:" and lines[1] == '  cmdline: console=ttyS0 -> console=ttyS0 quiet'
    assert lines[2].startswith("  tree: ")
    assert lines[3] == "paths: 1 added, 1 removed, 2 changed"
    assert [line.split("  ")[0] for line in lines[4:]] == [
        "~ /etc/motd", "- /svc/web/srv/data", "+ /svc/web/srv/else", "~ /svc/web/usr/bin/prog"]
    assert lines[4].startswith("~ /etc/motd  sha256 ") and lines[4].endswith(", size 6 -> 7")
    assert lines[5] == "- /svc/web/srv/data  type dir  mode 0755  # t.yml:9"
    assert lines[7] == "~ /svc/web/usr/bin/prog  mode 0755 -> 4755"
    told = json.loads(diff(project, two, one, "--json").out)
    assert told["same"] is False
    assert {"key": "cmdline", "from": "console=ttyS0 quiet", "to": "console=ttyS0"} in told["image"]
    by_path = {path["path"]: path for path in told["paths"]}
    assert by_path["/svc/web/srv/data"]["change"] == "added" and by_path["/svc/web/srv/data"]["origin"] == "t.yml:9"
    assert by_path["/svc/web/usr/bin/prog"]["changes"] == [{"key": "mode", "from": "4755", "to": "0755"}]


def test_a_name_more_changes_no_other_inode(project):
    """The numbers of inodes move when a path is added; what shares a file does not."""
    same = "  - text: {content: same, to: /x/a}\n  - text: {content: same, to: /x/b}\n"
    twice = IMAGE.replace("services:", same + "services:")
    project.lock()
    one = build(project, twice, "one")
    two = build(project, twice + "  more:\n" + IMAGE.split("  web:\n")[1], "two")
    lines = diff(project, one, two).out.splitlines()
    assert [line for line in lines if line.startswith("~")] != []
    assert not any(line.startswith(("~ /x/", "- ")) for line in lines), lines
    # what the new service shares with the old one is told once, by the first name
    assert "~ /svc/web/usr/bin/prog  shared with (none) -> /svc/more/usr/bin/prog" in lines


def packages(project, *pins):
    """Packages in the lock and in the cache: (name, version, files)."""
    import hashlib
    text = project.dir.joinpath("t.lock").read_text().split("  - kind: debian")[0]
    names = ", ".join(f'"{pin[0]}"' for pin in pins)
    text += f"  - kind: debian\n    packages: [{names}]\n    pins:\n"
    for name, version, files in pins:
        data = deb(files)
        sha = hashlib.sha256(data).hexdigest()
        project.write(f"out/.cache/blob/{sha[:2]}/{sha}", data)
        text += (f'      - {{name: "{name}", version: "{version}", arch: amd64, size: {len(data)},\n'
                 f'         sha256: {sha}}}\n')
    project.write("t.lock", text)
    return IMAGE.replace("services:", f"  - debian: {{packages: [{names}]}}\nservices:")


def test_packages_are_summarised_first(project):
    project.lock()
    old = packages(project, ("a", "1", [("./usr/a", b"1")]), ("a-b", "1", [("./usr/ab", b"1")]),
                   ("gone", "1", [("./usr/gone", b"1")]))
    one = build(project, old, "one")
    new = packages(project, ("a", "2~x", [("./usr/a", b"2")]), ("a-b", "1", [("./usr/ab", b"1")]),
                   ("new", "3", [("./usr/new", b"1")]))
    two = build(project, new, "two")
    lines = diff(project, one, two).out.splitlines()
    assert lines[:4] == ["packages:", '  a: 1 -> 2~x', "  gone: 1 -> (none)", "  new: (none) -> 3"], lines


@pytest.mark.parametrize("data, says", [
    (b"", "not valid JSON"), (b"{", "not valid JSON"), (b"[]", "is no manifest of ingot"), (b"{}", "is no manifest"),
    (b'{"tree": "x", "paths": 1}', "is no manifest"), (b'{"tree": "x", "paths": [1]}', "no absolute path"),
    (b'{"tree": "x", "paths": [{"path": "a"}]}', "no absolute path"),
    (b'{"tree": "x", "paths": [{"path": "/a"}]}', "/a: this entry has no type"),
    (b'{"tree": "x", "paths": [{"path": "/a", "type": "file", "sha256": "12"}]}', "a file no SHA-256"),
    (b'{"tree": "x", "paths": [{"path": "/a", "type": "dir"}, {"path": "/a", "type": "dir"}]}', "stands there twice"),
    (b'{"tree": "x", "paths": [{"path": "/a", "type": "dir", "type": "dir"}]}', "not valid JSON: duplicate"),
    (b'{"tree": "x", "paths": [{"path": "/a", "type": "dir", "x": 1.5}]}', "`x` is of another kind"),
    (b'{"tree": "x", "paths": [], "y": null}', "`y` is of another kind"),
    (b'{"tree": "x", "paths": [], "y": ' + b'{"' + b"k" * 600 + b'": {"' + b"k" * 600 + b'": 1}}}', "a key is longer"),
    (b'{"tree": "\xff", "paths": []}', "not valid JSON"), (b"[" * 100000, "not valid JSON"),
    (b'{"tree": "x", "paths": [{"path": "/a\\u0000", "type": "dir"}]}', "not valid JSON"),
])
def test_what_is_no_manifest_is_one_line(project, one_line, data, says):
    project.write("m.json", data)
    line = one_line(project.ingot("diff", "m.json", "m.json"))
    assert line.startswith("ingot: m.json: ") or line.startswith("ingot: m.json:1:") or "/a: m.json" in line, line
    assert says in line, line


def test_sides_that_are_not_there(project, one_line):
    assert one_line(project.ingot("diff", "gone", "t.yml")) == "ingot: cannot read gone: No such file or directory"
    (project.dir / "empty").mkdir()
    line = one_line(project.ingot("diff", "empty", "empty"))
    assert line == "ingot: cannot read empty/manifest.json: No such file or directory"
    assert one_line(project.ingot("diff", "t.yml"), status=2) == "ingot: usage: ingot diff A B | --guest IMAGE"
    assert one_line(project.ingot("diff", "--guest", "t.yml", "t.yml"), status=2).startswith("ingot: usage: ingot diff")
    assert one_line(project.ingot("diff", "--guest", "t.yml")).startswith("ingot: no machine runs from t.yml: ")


def test_what_a_manifest_says_cannot_steer_the_terminal(project):
    entry = '{"tree": "x", "paths": [{"path": "/a\\u001b[31m\\n", "type": "dir", "origin": "%s"}]}'
    project.write("a.json", entry % "\\u009b")
    project.write("b.json", entry % "b")
    out = diff(project, "a.json", "b.json").out
    assert '~ "/a\\u001b[31m\\n"  origin "\\u009b" -> b\n' in out and "\x1b" not in out and "\x9b" not in out


def test_mistakes_of_an_image_file_are_told_as_ever(project):
    project.write("u.yml", IMAGE.replace("image:", "imag:"))
    result = project.ingot("diff", "u.yml", "u.yml")
    assert result.status == 1 and "u.yml:1:1: unknown key `imag`: did you mean `image`?" in result.lines
