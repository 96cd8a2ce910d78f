# SPDX-License-Identifier: MIT
"""The source `oci:`: images as folders and tars, how layers add up, which of several images is taken, what its
configuration gives the service, and what is refused. Images that others' programs made are in tests/image."""
import gzip
import json
import re
import shutil
import subprocess

import pytest

from archives import Layout, docker_save, member, named, sha, tar
from cli_project import IMAGE, elf

PROG = member("bin/prog", elf(), mode=0o755)
CONFIG = {"Entrypoint": ["/bin/prog"], "Cmd": ["-x"]}
SERVICE = """\
  web:
    sources:
      - oci: {path: image%s}
    limits: {memory: 8M}
"""


def use(project, image, keys="", more=""):
    """The service is made of the image: a Layout, or the bytes of a tar."""
    project.lock()
    path = project.dir / "image"
    if path.is_dir():
        shutil.rmtree(path)
    if isinstance(image, Layout):
        image.write(path)
    else:
        project.write("image", image)
    project.write("t.yml", IMAGE[:IMAGE.index("  web:")] + SERVICE % keys + more)


def built(project, **more):
    result = project.ingot("build", "t.yml", **more)
    assert result.status == 0, result
    manifest = json.loads((project.dir / "out" / "t" / "manifest.json").read_text())
    paths = {e["path"].removeprefix("/svc/web"): e for e in manifest["paths"] if e["path"].startswith("/svc/web/")}
    shutil.rmtree(project.dir / "out" / "t")
    paths["stderr"] = result.err
    return paths


def shown(project):
    """The service's lines of `show`: {key: text}."""
    result = project.ingot("show", "-q", "t.yml")
    assert result.status == 0, result
    lines = result.out[result.out.index("  web:\n"):].splitlines()[1:]
    return dict(line.strip().split(": ", 1) for line in lines if ": " in line)


def refused(project, what, verb="build"):
    result = project.ingot(verb, "-q", "t.yml")
    assert result.status == 1, result
    assert what in result.lines[0], result
    assert result.lines[0].startswith(("t.yml:8:21: image: ", "ingot: t.yml:8: image: ")), result
    return result


def simple(*layers, config=CONFIG, **more):
    layout = Layout()
    return layout.done(layout.image([tar([PROG, *layer]) for layer in layers or [[]]], config, **more))


# ---- the forms an image comes in ----

def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True, stdout=subprocess.PIPE).stdout


FORMS = {
    "a folder": lambda: simple(),
    "a folder with zstd": lambda: simple(packed=zstd, layer_type="+zstd"),
    "a folder with plain tars": lambda: simple(packed=bytes, layer_type=""),
    "an oci-archive": lambda: simple().tar(),
    "docker save, as it was": lambda: docker_save([tar([PROG])], CONFIG),
    "docker save, as it is": lambda: docker_save([tar([PROG])], CONFIG, old=False),
    "docker save with gzip": lambda: docker_save([tar([PROG])], CONFIG, packed=gzip.compress),
    "docker save, the same layer twice": lambda: docker_save([tar([PROG]), tar([PROG])], CONFIG),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_form_gives_the_same(project, name):
    """Case 13."""
    use(project, FORMS[name]())
    for _ in range(2):  # the second time from the indexes
        paths = built(project)
        assert paths["/usr/bin/prog"]["sha256"] == sha(PROG["data"])
        assert paths["/usr/bin/prog"]["origin"] == "t.yml:8"
    assert shown(project)["command"] == "/bin/prog -x"


def test_a_second_build_reads_no_layer(project):
    layout = simple()
    use(project, layout)
    built(project)
    layer = next(name for name, data in layout.files.items() if data.startswith(b"\x1f\x8b"))
    path = project.dir / "image" / layer
    path.write_bytes(b"x" * path.stat().st_size)
    built(project)


# ---- how layers add up ----

def layers(project, *lists, keys=""):
    layout = Layout()
    use(project, layout.done(layout.image([tar(members) for members in lists], CONFIG)), keys)
    paths = built(project)
    return {p: e for p, e in paths.items() if p.startswith("/d") or p.startswith("/e") and not p.startswith("/etc")}


def names(paths):
    return sorted(p for p in paths if paths[p]["type"] != "dir" and p != "/dev")


def test_later_layers_replace_add_and_take_away(project):
    """Case 13."""
    found = layers(project, [PROG, member("d/a", b"1"), member("d/b", b"1"), member("d/sub/x", b"1"),
                             member("e", b"1")],
                   [member("d/a", b"2"), member("d/.wh.b", b""), member("d/c", b"2"), member("d/.wh.sub", b"")],
                   [member("d/b", b"3"), member(".wh.e", b""), member("d/.wh.nothing", b"")])
    assert names(found) == ["/d/a", "/d/b", "/d/c"]
    assert found["/d/a"]["sha256"] == sha(b"2") and found["/d/b"]["sha256"] == sha(b"3")


@pytest.mark.parametrize("first", (True, False))
def test_a_whiteout_takes_away_what_lower_layers_put_and_no_more(project, first):
    """Case 13: wherever it stands in the layer's own tar."""
    mark, own = [member("d/.wh.a", b""), member("d/.wh..wh..opq", b"")], [member("d/a", b"2"), member("d/n", b"2")]
    found = layers(project, [PROG, member("d/a", b"1"), member("d/sub/b", b"1")], mark + own if first else own + mark)
    assert names(found) == ["/d/a", "/d/n"]
    assert found["/d/a"]["sha256"] == sha(b"2") and "/d/sub" not in found


def test_an_opaque_folder_stays_itself(project):
    """Case 13."""
    found = layers(project, [PROG, member("d/", kind="dir", mode=0o700), member("d/a", b"1")],
                   [member("d/", kind="dir", mode=0o711, uid=5), member("d/.wh..wh..opq", b"")])
    assert names(found) == [] and (found["/d"]["mode"], found["/d"]["uid"]) == ("0711", 5)


def test_a_folder_takes_the_later_layers_metadata_and_keeps_what_is_in_it(project):
    found = layers(project, [PROG, member("d/", kind="dir", mode=0o700), member("d/a", b"1")],
                   [member("d/", kind="dir", mode=0o750, gid=7)])
    assert names(found) == ["/d/a"] and (found["/d"]["mode"], found["/d"]["gid"]) == ("0750", 7)


def test_kinds_replace_one_another(project):
    found = layers(project, [PROG, member("d/x/y", b"1"), member("d/f", b"1"), member("d/l", "f", "link")],
                   [member("d/x", b"2"), member("d/f/", kind="dir"), member("d/f/g", b"2"), member("d/l", b"2")])
    assert names(found) == ["/d/f/g", "/d/l", "/d/x"] and found["/d/l"]["sha256"] == sha(b"2")


def test_hard_links_reach_into_lower_layers(project):
    found = layers(project, [PROG, member("d/a", b"1", mode=0o711), member("d/s", "a", "link")],
                   [member("d/b", "d/a", "hard"), member("d/t", "d/s", "hard")], [member("d/a", b"3")])
    assert found["/d/b"]["sha256"] == sha(b"1") and found["/d/b"]["mode"] == "0711"
    assert found["/d/a"]["sha256"] == sha(b"3") and found["/d/t"]["target"] == "a"


def test_hard_links_stay_links(project):
    found = layers(project, [PROG, member("d/a", b"1")], [member("d/b", "d/a", "hard")])
    assert found["/d/a"]["inode"] == found["/d/b"]["inode"]


def test_of_two_entries_in_one_layer_the_later_counts(project):
    found = layers(project, [PROG, member("d/a", b"1"), member("d/b", "d/a", "hard"), member("d/a", b"2")])
    assert found["/d/a"]["sha256"] == sha(b"2") and found["/d/b"]["sha256"] == sha(b"1")


def test_a_layer_never_takes_away_what_another_source_put(project):
    layout = simple([member("d/a", b"1")], [member("d/.wh..wh..opq", b""), member("usr/.wh.note", b"")])
    use(project, layout)
    text = (project.dir / "t.yml").read_text()
    project.write("t.yml", text.replace("      - oci:", "      - text: {content: x, to: /d/mine}\n"
                                        "      - text: {content: x, to: /usr/note}\n      - oci:"))
    paths = built(project)
    assert "/d/mine" in paths and "/usr/note" in paths and "/d/a" not in paths


def test_a_layer_may_end_with_its_last_file(project):
    """umoci writes neither the padding of the last file nor the end of the tar; less than that is still cut."""
    whole = tar([PROG, member("d/a", b"1" * 700)])
    end = whole.rindex(b"1") + 1
    for size, fine in ((end, True), (end - 1, False), (end - 300, False)):
        layout = Layout()
        use(project, layout.done(layout.image([whole[:size]], CONFIG)))
        if fine:
            assert built(project)["/d/a"]["sha256"] == sha(b"1" * 700)
        else:
            refused(project, "layer 0: d/a: the archive cannot be read")


def test_attributes_owners_and_excluded_paths(project):
    """Case 12, in a layer."""
    found = layers(project, [PROG, member("d/a", b"1", uid=70000, xattrs={"security.capability": b"v"}),
                             member("d/doc/x", b"1")], keys=", exclude: [/d/doc]")
    assert found["/d/a"]["uid"] == 70000 and found["/d/a"]["xattrs"] == {"security.capability": "76"}
    assert names(found) == ["/d/a"]


def test_nodes_below_dev_are_left_out_and_told(project):
    """Case 12: a machine has its own /dev."""
    use(project, simple([member("dev/", kind="dir"), member("dev/null", kind="char"), member("dev/p", kind="pipe"),
                         member("dev/fd", "/proc/self/fd", "link")]))
    for _ in range(2):
        paths = built(project)
        assert "2 device nodes below /dev of image are left out: a machine has its own /dev" in paths["stderr"]
        assert "/dev/null" not in paths and "/dev/fd" in paths


def test_a_layer_does_not_leave_the_root_by_a_link(project):
    """Case 12."""
    use(project, simple([member("/", kind="dir"), member("o", "../../../..", "link"), member("o/etc/x", b"1")],
                        [member("o/etc/y", b"2"), member("o/.wh.usr", b"")], [PROG]))
    paths = built(project)
    assert "/etc/x" in paths and "/etc/y" in paths and paths["/usr/bin/prog"]["type"] == "file"


@pytest.mark.parametrize("bad, what", (
    (member("../x", b"1"), 'must not hold ".."'), (member("/x", b"1"), "must not be absolute"),
    (member("sda", kind="block"), "sda is a device node"), (member("x", "../../etc/shadow", "hard"), 'hold ".."'),
    (member("x", "not/there", "hard"), "the file it is a link to is not there"),
    (member("d/.wh...", b""), "is a whiteout of nothing that can be taken away"),
    (member("d/.wh.", b""), "is a whiteout of nothing that can be taken away"),
    (member("x", b"1", xattrs={"odd.name": b"1"}), "extended attribute odd.name")))
def test_hostile_layers(project, bad, what):
    """Case 12: whichever layer it is in."""
    for lists in ([[bad]], [[], [bad]]):
        use(project, simple(*lists))
        refused(project, what)


# ---- which image ----

def test_several_images_by_name_and_platform(project):
    """Case 13: an index in an index, with an image for another machine beside the one that is meant."""
    layout = Layout()

    def one(text, arch):
        return layout.image([tar([PROG, member("d/which", text.encode())])], CONFIG, arch=arch,
                            platform={"os": "linux", "architecture": arch})

    inner = layout.blob(layout.index(one("arm", "arm64"), one("amd", "amd64")),
                        "application/vnd.oci.image.index.v1+json", **named("v1"))
    layout.done(inner, {**one("other", "amd64"), **named("v2")})
    use(project, layout, ", ref: v1")
    assert built(project)["/d/which"]["sha256"] == sha(b"amd")
    use(project, layout, ", ref: v2")
    assert built(project)["/d/which"]["sha256"] == sha(b"other")
    use(project, layout, ", ref: v1, platform: linux/arm64")
    assert built(project)["/d/which"]["sha256"] == sha(b"arm")
    use(project, layout)
    refused(project, "it holds several images, of which one must be meant by `ref`: v1, v2")
    use(project, layout, ", ref: v3")
    refused(project, "no image `v3` for linux/amd64 in it: there is v1, v2", "check")
    use(project, layout, ", ref: v1, platform: linux/s390x")
    refused(project, "no image for linux/s390x in it: there is linux/arm64, linux/amd64")


def test_several_images_of_docker_save(project):
    one = docker_save([tar([PROG])], CONFIG, tags=("app:1", "app:latest"))
    use(project, one, ", ref: latest")
    built(project)
    use(project, one, ", ref: 'app:1'")
    built(project)
    use(project, one, ", ref: 2")
    refused(project, "no image `2` in it: there is app:1")


def test_the_image_of_another_machine(project):
    layout = Layout()
    use(project, layout.done(layout.image([tar([PROG])], CONFIG, arch="arm64")))
    refused(project, "configuration: it is for linux/arm64, not for linux/amd64", "check")


def test_digest_pins_the_image(project):
    """Case 9."""
    layout = Layout()
    descriptor = layout.image([tar([PROG])], CONFIG)
    use(project, layout.done(descriptor), f", digest: '{descriptor['digest']}'")
    built(project)
    other = Layout()
    use(project, other.done(other.image([tar([PROG, member("x", b"1")])], CONFIG)),
        f", digest: '{descriptor['digest']}'")
    refused(project, f"it is another image: {descriptor['digest']} is wanted", "check")


# ---- what is refused ----

def damaged(layout, pick, change):
    for name in [name for name, data in layout.files.items() if pick(name, data)]:
        layout.files[name] = change(layout.files[name])
    return layout


def flip(data):
    return data[:-3] + bytes([data[-3] ^ 1]) + data[-2:]


def is_layer(name, data):
    return data.startswith(b"\x1f\x8b")


def is_config(name, data):
    return b"diff_ids" in data


def is_manifest(name, data):
    return b'"layers": [' in data


@pytest.mark.parametrize("form", (lambda layout: layout, lambda layout: layout.tar()), ids=("folder", "tar"))
@pytest.mark.parametrize("pick, change, what", (
    (is_layer, flip, ("no longer holds the bytes", "the image is damaged")),
    (is_layer, lambda data: data[:-9], ("the manifest says", "the manifest says")),
    (is_config, lambda data: data.replace(b"-x", b"-y"), ("the image is damaged",) * 2),
    (is_manifest, lambda data: data + b" ", ("the image is damaged",) * 2)))
def test_damaged_blobs(project, form, pick, change, what):
    """Cases 9 and 14: every digest and size is held against what names it."""
    use(project, form(damaged(simple(), pick, change)))
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 1 and any(text in result.err for text in what), result


def test_a_layer_that_is_missing(project):
    layout = simple()
    layout.files = {name: data for name, data in layout.files.items() if not is_layer(name, data)}
    for image in (layout, layout.tar()):
        use(project, image)
        refused(project, "layer 0: it holds no blobs/sha256/", "check")


def test_a_layer_that_the_configuration_does_not_know(project):
    layout = Layout()
    layout.image([tar([PROG])], CONFIG)
    damaged(layout, is_config, lambda data: data.replace(sha(tar([PROG])).encode(), b"1" * 64))
    config = next(data for name, data in layout.files.items() if is_config(name, data))
    manifest = json.loads(next(data for name, data in layout.files.items() if is_manifest(name, data)))
    manifest["config"] = layout.blob(config, manifest["config"]["mediaType"])
    use(project, layout.done(layout.blob(manifest, manifest["mediaType"])))
    refused(project, "its tar does not have the digest that the configuration says")


@pytest.mark.parametrize("packed, kind, what", (
    (bytes, "+gzip", "its media type says gzip, but its bytes are of no compression"),
    (gzip.compress, "+zstd", "its media type says zstd, but its bytes are of gzip"),
    (gzip.compress, "", "its media type says no compression, but its bytes are of gzip"),
    (gzip.compress, "+lzma", 'the media type "application/vnd.oci.image.layer.v1.tar+lzma" is not one'),
    (gzip.compress, "+gzip+encrypted", "is not one that a layer can have here")))
def test_wrong_media_types(project, packed, kind, what):
    """Case 13."""
    use(project, simple(packed=packed, layer_type=kind))
    refused(project, what)


def change_json(layout, pick, change):
    """The manifest or the configuration, changed and named anew all the way up."""
    layout.image([tar([PROG])], CONFIG)
    manifest = json.loads(next(data for name, data in layout.files.items() if is_manifest(name, data)))
    config = json.loads(next(data for name, data in layout.files.items() if is_config(name, data)))
    if pick == "config":
        change(config)
        manifest["config"] = layout.blob(config, manifest["config"]["mediaType"])
    else:
        change(manifest)
    return layout.done(layout.blob(manifest, "application/vnd.oci.image.manifest.v1+json"))


@pytest.mark.parametrize("pick, change, what", (
    ("manifest", lambda m: m["config"].update(mediaType="application/vnd.oci.empty.v1+json"),
     "is not the media type of an image's configuration"),
    ("manifest", lambda m: m.update(schemaVersion=1), "the manifest is of version 1, not 2"),
    ("manifest", lambda m: m.update(layers=[]), "the image has 0 layers"),
    ("manifest", lambda m: m.pop("layers"), '"layers" is missing'),
    ("manifest", lambda m: m["layers"][0].update(digest="sha512:00"), "is not a digest that is supported"),
    ("manifest", lambda m: m["layers"][0].update(size=-1), '"size" is below 0'),
    ("manifest", lambda m: m["layers"][0].update(size="1"), '"size" is not a whole number'),
    ("manifest", lambda m: m["layers"][0].update(digest="sha256:../../../../etc/passwd"), "is not a digest"),
    ("config", lambda c: c["rootfs"].update(diff_ids=[]), "it names 0 layers, the manifest 1"),
    ("config", lambda c: c["config"].update(Env=["A"]), '"Env" holds A, which is not NAME=value'),
    ("config", lambda c: c["config"].update(Env="A=1"), '"Env" is not a list of texts'),
    ("config", lambda c: c["config"].update(WorkingDir="/a/../b"), '"WorkingDir" is not an absolute path'),
    ("config", lambda c: c["config"].update(Entrypoint=["/bin/prog", 1]), '"Entrypoint" is not a list of texts'),
    ("config", lambda c: c.update(os="windows"), "it is for windows/amd64")))
def test_json_that_does_not_say_what_it_should(project, pick, change, what):
    use(project, change_json(Layout(), pick, change))
    refused(project, what, "check")


@pytest.mark.parametrize("name, data, what", (
    ("index.json", b"{", "index.json: not valid JSON: line 1"),
    ("index.json", b'{"manifests": [], "manifests": []}', "index.json: not valid JSON: line 1"),
    ("index.json", b'{"manifests": []}', "it holds no image"),
    ("index.json", b"[" * 100, "index.json: it is nested more than 64 deep"),
    ("index.json", b" " * (5 << 20), "index.json has more than 4 MiB"),
    ("oci-layout", b'{"imageLayoutVersion": "2.0.0"}', "its layout is of version 2.0.0, not 1")))
def test_index_files_that_are_wrong(project, name, data, what):
    layout = simple()
    layout.files[name] = data
    for image in (layout, layout.tar()):
        use(project, image)
        refused(project, what, "check")


def test_indexes_in_one_another_without_end(project):
    layout = Layout()
    inner = layout.image([tar([PROG])], CONFIG)
    for _ in range(6):
        inner = layout.blob(layout.index(inner), "application/vnd.oci.image.index.v1+json")
    use(project, layout.done(inner))
    refused(project, "its indexes stand in one another more than 4 deep", "check")


def test_what_is_no_image(project):
    use(project, b"just text")
    refused(project, "it is neither an OCI layout folder nor a tar of one (uncompressed)", "check")
    use(project, gzip.compress(simple().tar()))
    refused(project, "it is neither an OCI layout folder nor a tar of one (uncompressed)", "check")
    use(project, tar([member("x", b"1")]))
    refused(project, "it is no OCI image: it holds neither oci-layout nor", "check")


def test_a_layout_reads_nothing_outside_of_itself(project):
    """Case 32."""
    layout = simple()
    use(project, layout)
    index = project.dir / "image" / "index.json"
    index.rename(project.dir / "elsewhere.json")
    index.symlink_to("../elsewhere.json")
    refused(project, "index.json is not a file of the image's folder", "check")


# ---- what the configuration gives the service ----

FULL = {"User": "app", "Env": ["PATH=/opt/bin:/bin", "A=1", "B=2"], "Entrypoint": ["prog", "-e"], "Cmd": ["-c"],
        "WorkingDir": "/work/"}
PASSWD = member("etc/passwd", b"root:x:0:0:root:/:/bin/sh\napp:x:1234:1235::/:/bin/sh\n")
GROUP = member("etc/group", b"root:x:0:\nstaff:x:50:app\n")


def test_the_configuration_is_what_the_service_has(project):
    use(project, simple([PASSWD, GROUP], config=FULL))
    found = shown(project)
    assert found["command"] == "/bin/prog -e -c", "found by the image's PATH"
    assert found["env"] == "PATH=/opt/bin:/bin A=1 B=2" and found["cwd"] == "/work"
    assert found["user"] == "uid 1234, gid 1235"
    assert built(project)["/work"]["type"] == "dir", "it is made where the image does not hold it"


def test_the_services_own_keys_hold(project):
    use(project, simple([PASSWD, member("own/", kind="dir")], config=FULL),
        more="    command: [/bin/prog, own]\n    env: {B: mine, C: 3}\n    cwd: /own\n    user: me\nusers:\n"
             "  - {name: me, uid: 77}\n")
    found = shown(project)
    assert found["command"] == "/bin/prog own" and found["cwd"] == "/own" and found["user"] == "uid 77, gid 77"
    assert found["env"] == "PATH=/opt/bin:/bin A=1 B=mine C=3"


@pytest.mark.parametrize("user, ids", (
    ("1000", "uid 1000, gid 1000"), ("1000:2000", "uid 1000, gid 2000"), ("1234", "uid 1234, gid 1235"),
    ("app:staff", "uid 1234, gid 50"), ("1000:staff", "uid 1000, gid 50"), ("", "uid 10000, gid 10000"),
    ("0", "uid 10000, gid 10000"), ("root", "uid 10000, gid 10000"), ("1000:0", "uid 1000, gid 1000")))
def test_users_of_images(project, user, ids):
    use(project, simple([PASSWD, GROUP], config={**FULL, "User": user}))
    assert shown(project)["user"] == ids


def test_a_user_that_would_be_root_is_told(project):
    use(project, simple([PASSWD], config={**FULL, "User": "root"}))
    assert "web: its image means to run as root, which no service does: it has uid 10000" in built(project)["stderr"]


def test_two_services_of_one_number_are_told(project):
    use(project, simple([PASSWD], config=FULL), more=SERVICE.replace("web", "twin") % "")
    assert "web and twin both run as uid 1234, as an OCI image says: `user` parts them" in built(project)["stderr"]


def test_a_user_that_the_image_does_not_hold(project, one_line):
    use(project, simple([PASSWD], config={**FULL, "User": "nobody-here"}))
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert "the image's configuration says user `nobody-here`, whom its /etc/passwd does not hold: write `user`" in line


def test_no_command_anywhere(project):
    use(project, simple(config={}))
    result = project.ingot("check", "t.yml")
    assert "`command` is missing: the OCI image has neither an entrypoint nor a command" in result.err
    use(project, simple(config={}), more="    command: [/bin/prog]\n")
    built(project)
    project.write("t.yml", IMAGE.replace("    command: [/bin/prog, -x]\n", ""))
    assert "`command` is missing: the program" in project.ingot("check", "t.yml").err


def test_a_folder_to_start_in_that_is_not_there(project, one_line):
    project.lock()
    project.write("t.yml", IMAGE.replace("    limits", "    cwd: /nowhere\n    limits"))
    line = one_line(project.ingot("build", "-q", "t.yml"))
    assert line == "ingot: t.yml:11: no folder /nowhere in the root of `web`, where it is to start"
    project.write("t.yml", IMAGE.replace("    limits", "    cwd: /tmp/x\n    limits"))
    assert "/tmp/x cannot be where it starts: /tmp is made at each start" in project.ingot("check", "t.yml").err


def test_effective_values_tell_the_image_as_their_origin(project):
    use(project, simple([PASSWD, GROUP], config=FULL))
    result = project.ingot("show", "--effective", "t.yml")
    assert result.status == 0, result
    lines = [line.strip() for line in result.out.splitlines()]
    for key, value in (("command", "prog -e -c"), ("cwd", "/work"), ("user", "app")):
        assert any(re.fullmatch(rf"# (services\.web\.)?{key}: {value}  # oci image image config", line)
                   for line in lines), key
    assert any(re.fullmatch(r"# (services\.web\.)?env\.A: ['\"]?1['\"]?  # oci image image config", line)
               for line in lines)


@pytest.mark.parametrize("form, kind", (("spdx", None), ("cyclonedx", "container")))
def test_the_bill_of_materials_tells_the_image(project, form, kind):
    use(project, simple())
    result = project.ingot("sbom", "--format", form, "-q", "t.yml")
    assert result.status == 0, result
    told = json.loads(result.out)
    found, = [c for c in told.get("packages", told.get("components")) if c["name"] == "image"]
    assert found.get("type") == kind
