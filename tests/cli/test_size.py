# SPDX-License-Identifier: MIT
"""`ingot size`: where an image's bytes go, by recipe, origin, root and folder; each sum is the whole, what is shared
counts once, and the estimates of compressed sizes add up to the output's real size once it is built."""
import json

from cli_project import IMAGE, elf

BIG = "x" * 50000
MORE = IMAGE + "  two:\n" + IMAGE.split("  web:\n")[1]


def size(project, *args):
    result = project.ingot("size", "-q", "t.yml", *args)
    assert result.status == 0 and result.err == "", result
    return result.out


def told(project):
    return json.loads(size(project, "--json"))


def test_every_list_adds_up_to_the_whole(project):
    project.lock()
    project.write("t.yml", MORE)
    project.write("prog", elf() + BIG.encode())
    project.ingot("build", "-q", "t.yml")
    held = told(project)
    manifest = json.loads((project.dir / "out/t/manifest.json").read_text())
    files = [path for path in manifest["paths"] if path["type"] == "file"]
    once = {path.get("inode", path["path"]): path["size"] for path in files}
    assert held["bytes"] == sum(once.values()) and held["files"] == len(once)
    assert held["shared_bytes"] == sum(path["size"] for path in files) - held["bytes"] >= len(BIG)
    assert held["shared_names"] == len(files) - len(once) > 0
    for by in ("by_recipe", "by_origin", "by_root", "by_folder"):
        assert sum(group["bytes"] for group in held[by]) == held["bytes"], by
        assert sum(group["files"] for group in held[by]) == held["files"], by
        assert [group["bytes"] for group in held[by]] == sorted((g["bytes"] for g in held[by]), reverse=True)


def test_groups_are_named(project):
    project.lock()
    held = told(project)
    origins = {group["name"]: group for group in held["by_origin"]}
    assert origins["t.yml:4"] == {"name": "t.yml:4", "files": 1, "bytes": 6,
                                  "compressed_estimate": origins["t.yml:4"]["compressed_estimate"]}
    assert {group["name"] for group in held["by_recipe"]} == {"ingot", "t.yml"}
    assert {group["name"] for group in held["by_root"]} == {"machine", "web"}
    assert {group["name"] for group in held["by_folder"]} >= {"/", "/etc", "/usr", "/ingot"}


def test_estimates_are_scaled_to_what_was_built(project):
    project.lock()
    assert told(project)["scaled"] is False and "the image is not built" in size(project)
    project.ingot("build", "-q", "t.yml")
    held = told(project)
    real = (project.dir / "out/t/initramfs.cpio.zst").stat().st_size
    assert held["scaled"] is True and held["output_bytes"] == real
    assert "scaled to the size of the output" in size(project)
    for by in ("by_recipe", "by_origin", "by_root", "by_folder"):
        total = sum(group["compressed_estimate"] for group in held[by])
        assert real - len(held[by]) <= total <= real, by
    project.write("prog", elf() + b"other\n")  # what is built is of another tree now
    assert told(project)["scaled"] is False


def test_the_second_run_compresses_nothing_and_says_the_same(project):
    project.lock()
    first = size(project)
    text = project.dir / "out/.cache/index/size-t"
    before = text.stat().st_mtime_ns
    assert size(project) == first and text.stat().st_mtime_ns == before
    text.chmod(0o644)
    text.write_bytes(text.read_bytes()[:-2])  # damaged: computed again
    assert size(project) == first and text.stat().st_mtime_ns != before
    project.write("prog", elf() + b"other\n")
    assert size(project) != first
