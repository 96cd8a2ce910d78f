# SPDX-License-Identifier: MIT
"""`ingot lock`, --locked, --offline and --update: what a lock pins, that nothing else is taken with --locked, that
nothing is run with --offline, and that every difference is one line with its mend."""
import re

import pytest

from cli_project import IMAGE, KERNEL, Project
from fake_apt import Mirror

WEB = IMAGE.replace("  web:\n", "  web:\n    recipes: [site]\n") + """\
  other:
    recipes: [site]
    sources:
      - file: {path: prog, to: /bin/prog, mode: 0755}
    command: [/bin/prog]
    limits: {memory: 8M}
"""
SITE = """\
recipe: site
sources:
  - debian: {packages: [site-light]}
"""


class Locked(Project):
    """Two services of one recipe with a package, a mirror that holds it, and no lock yet."""

    def __init__(self, folder):
        super().__init__(folder)
        self.mirror = Mirror(folder / "mirror")
        self.mirror.package("site-light", "1.22-9", [("./usr/share/site", b"one\n")], ["libsite"])
        self.mirror.package("libsite", "3", [("./usr/lib/libsite", b"library\n")])
        self.write("t.yml", WEB)
        self.write("recipes/site.yml", SITE)

    def run(self, *args, **more):
        return self.ingot(*args, **{"env": self.mirror.env, **more})

    def good(self, *args, **more):
        result = self.run(*args, **more)
        assert result.status == 0, result
        return result.out

    @property
    def text(self):
        return (self.dir / "t.lock").read_text()

    def edit(self, pattern, to):
        text, n = re.subn(pattern, to, self.text, count=1)
        assert n == 1, pattern
        self.write("t.lock", text)

    def wrong(self, *args, **more):
        """The lines of a failure whose errors are in files; the lock and the outputs are as before."""
        lock, outputs = self.dir / "t.lock", self.outputs()
        before = lock.read_bytes() if lock.exists() else None
        result = self.run(*args, **more)
        assert result.status == 1 and result.out == "", result
        assert (lock.read_bytes() if lock.exists() else None) == before
        assert self.outputs() == outputs
        assert result.lines[-1].startswith("ingot: "), result
        return result.lines


@pytest.fixture
def project(tmp_path):
    return Locked(tmp_path)


# ---- ingot lock ----

def test_lock_pins_everything_and_builds_and_downloads_nothing(project):
    out = project.good("lock", "-q", "t.yml")
    assert re.fullmatch(r"t\.lock: written, 3 packages and 1 other input, 1 KiB\n", out), out
    kinds = re.findall(r"kind: (\S+)", project.text)
    assert kinds == ["kernel", "debian", "tool"], "sorted, and the two services' request once"
    assert re.search(r'name: "libsite", version: "3", arch: amd64, size: \d+,\n +sha256: [0-9a-f]{64}}', project.text)
    assert not (project.dir / "out" / "t").exists()
    assert not any("download" in call for call in project.mirror.calls)
    assert project.good("lock", "-q", "t.yml").startswith("t.lock: up to date, 3 packages")


def test_the_lock_pins_the_busybox_beside_ingot(project):
    project.write("t.yml", WEB.replace("sources:\n  - text", "sources:\n  - busybox: {}\n  - text", 1))
    project.good("lock", "-q", "t.yml")
    assert re.findall(r"kind: busybox\n    path: \"(\S+)\"", project.text) == ["busybox", "busybox.links"]


def test_a_lock_is_the_same_bytes_whatever_was_asked_before(project):
    project.good("lock", "-q", "t.yml")
    first = project.text
    project.write("t.yml", IMAGE)
    assert "written" in project.good("lock", "-q", "t.yml")
    assert "site-light" not in project.text
    project.write("t.yml", WEB)
    project.good("lock", "-q", "t.yml")
    assert project.text == first


def test_a_pin_stays_though_the_mirror_has_moved(project):
    project.good("build", "-q", "t.yml")
    project.mirror.package("site-light", "2.0", [])
    project.write("t.yml", WEB.replace("[site]", "[site, more]", 1))
    project.write("recipes/more.yml", "recipe: more\nsources:\n  - debian: {packages: [libsite]}\n")
    project.good("lock", "-q", "t.yml")
    assert 'version: "1.22-9"' in project.text and "2.0" not in project.text


def test_the_first_version_of_a_lock_is_read_and_rewritten(project):
    project.write("t.yml", IMAGE)
    Project.lock(project)
    assert "lock: 1" in project.text
    sha = re.search("[0-9a-f]{64}", project.text).group()
    lines = project.wrong("build", "-q", "--locked", "t.yml")
    assert lines[0] == "t.lock: ingot itself has no pin here; mend: ingot lock t.yml"
    project.good("build", "-q", "t.yml")
    assert "lock: 2" in project.text and sha in project.text and not project.mirror.calls


# ---- --locked: case 10 ----

def test_locked_without_a_lock(project, one_line):
    """case 10"""
    line = one_line(project.run("build", "-q", "--locked", "t.yml"))
    assert line == "ingot: there is no t.lock, and --locked takes only what is pinned there; mend: ingot lock t.yml"
    assert not (project.dir / "t.lock").exists() and not project.mirror.calls


@pytest.mark.parametrize("verb", ["build", "show", "lock"])
def test_locked_takes_a_lock_that_is_right(project, verb):
    """case 10"""
    project.good("lock", "-q", "t.yml")
    before = (project.dir / "t.lock").stat()
    project.good(verb, "-q", "--locked", "t.yml")
    after = (project.dir / "t.lock").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns), "it is never written"


@pytest.mark.parametrize("verb", ["build", "show", "lock", "run"])
def test_locked_refuses_a_request_without_a_pin(project, verb):
    """case 10"""
    project.good("lock", "-q", "t.yml")
    project.write("recipes/site.yml", SITE.replace("[site-light]", "[site-light, libsite]"))
    env = dict(project.mirror.env)
    if verb == "run":  # some machine emulator must be there for it to go on
        (project.mirror.bin / "qemu-system-x86_64").write_text("#!/bin/sh\n")
        (project.mirror.bin / "qemu-system-x86_64").chmod(0o755)
    lines = project.wrong(verb, "-q", "--locked", "t.yml", env=env)
    assert lines[0] == "./recipes/site.yml:3:5: debian site-light, libsite has no pin in t.lock; mend: ingot lock t.yml"
    assert re.fullmatch(r"t\.lock:\d+:5: debian site-light is pinned, but nothing asks for it any more; mend: ingot "
                        r"lock t\.yml", lines[2]), "the same place is asked from two services"
    assert lines[-1] == "ingot: 3 errors; nothing was built"


DIFFERENCES = {
    "ingot": ('version: "[^"]*"\n', 'version: "0.0.1"\n', r"t\.lock:\d+:5: ingot itself is another one now: [0-9.]+ "
              r"sha256 [0-9a-f]{12}, pinned is 0\.0\.1 sha256 [0-9a-f]{12}; mend: ingot lock t\.yml"),
    "busybox": (r'(path: "busybox"\n    size: \d+\n    sha256: )[0-9a-f]{64}', r"\g<1>" + "1" * 64,
                r"t\.lock:\d+:5: busybox beside ingot is another one now: sha256 [0-9a-f]{12}, pinned is sha256 1{12}; "
                r"mend: ingot lock t\.yml"),
    "its applets": (r'(path: "busybox.links"\n    size: )', r"\g<1>1",
                    r"t\.lock:\d+:5: busybox\.links beside ingot .*"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_locked_refuses_another_tool(project, name):
    """case 10"""
    pattern, to, says = DIFFERENCES[name]
    project.write("t.yml", WEB.replace("sources:\n  - text", "sources:\n  - busybox: {}\n  - text", 1))
    project.good("lock", "-q", "t.yml")
    project.edit(pattern, to)
    lines = project.wrong("build", "-q", "--locked", "t.yml")
    assert re.fullmatch(says, lines[0]) and len(lines) == 2, lines
    result = project.run("build", "t.yml")
    assert result.status == 0 and "the same inputs may give other bytes" in result.err
    project.good("build", "-q", "--locked", "t.yml")


# ---- --offline: case 11 ----

def test_offline_with_a_warm_cache(project):
    """case 11"""
    project.good("build", "-q", "t.yml")
    calls = project.mirror.calls
    assert project.good("build", "-q", "--offline", "t.yml") == "out/t: up to date\n"
    assert project.good("build", "-q", "--offline", "-o", "other", "t.yml") == "other/t: built\n"
    assert project.mirror.calls == calls
    assert project.good("build", "-q", "--offline", "-o", "third", "t.yml", env={"PATH": "/nonexistent"})


def test_offline_with_a_cold_cache_names_all_that_is_missing(project):
    """case 11"""
    project.good("lock", "-q", "t.yml")
    calls = project.mirror.calls
    lines = project.wrong("build", "-q", "--offline", "t.yml")
    sizes = {name: entry["size"] for name, entry in project.mirror.index.items()}
    cache = project.dir / "out" / ".cache"
    mend = f"is not in the cache {cache}; mend: build once without --offline"
    assert lines == [f"./recipes/kern.yml:2:19: {KERNEL} 1.0 ({sizes[KERNEL]} bytes) {mend}",
                     f"./recipes/site.yml:3:5: libsite 3 ({sizes['libsite']} bytes) {mend}",
                     f"./recipes/site.yml:3:5: site-light 1.22-9 ({sizes['site-light']} bytes) {mend}",
                     "ingot: 3 errors; nothing was built"]
    assert project.mirror.calls == calls


def test_offline_without_pins_names_all_that_is_missing(project):
    """case 11"""
    lines = project.wrong("build", "-q", "--offline", "t.yml")
    assert lines[0] == (f"./recipes/kern.yml:2:19: kernel {KERNEL} has no pin in t.lock, and --offline resolves "
                        "nothing; mend: ingot lock t.yml, with the network")
    assert "debian site-light has no pin" in lines[1]
    assert not project.mirror.calls


# ---- --update ----

def test_update_prints_what_changes(project):
    project.good("lock", "-q", "t.yml")
    project.mirror.package("site-light", "1.22-9+deb12u2", [("./usr/share/site", bytes(range(256)))], ["more"])
    project.mirror.package("more", "7", [("./usr/share/more", b"more\n")])
    out = project.good("lock", "-q", "--update", "t.yml")
    assert re.fullmatch(r"removed libsite 3  \(\d+ bytes\)\nadded more 7  \(\d+ bytes\)\n"
                        r"site-light 1\.22-9 -> 1\.22-9\+deb12u2  \(\d+ bytes -> \d+ bytes\)\n"
                        r"3 changes: 3 -> 3 packages, 1 KiB -> 2 KiB\n"
                        r"t\.lock: written, 3 packages and 1 other input, 2 KiB\n", out), out
    assert 'version: "1.22-9+deb12u2"' in project.text and "libsite" not in project.text
    assert re.match(r"t\.lock: nothing changed, 3 packages", project.good("lock", "-q", "--update", "t.yml"))


@pytest.mark.parametrize("name", ["site", "web", "site-light", "libsite"])
def test_update_of_what_a_name_names_leaves_the_rest(project, name):
    """A recipe, a service, a package that is asked for, one that came along."""
    project.good("lock", "-q", "t.yml")
    project.mirror.package("site-light", "2", [], ["libsite"])
    project.mirror.package(KERNEL, "1.1", [("./boot/vmlinuz-1.1-test", b"another\n")])
    out = project.good("lock", "-q", "--update", "t.yml", name)
    assert out.startswith("site-light 1.22-9 -> 2  (") and "\n1 change: " in out, out
    assert 'version: "1.0"' in project.text
    assert f"{KERNEL} 1.0 -> 1.1  (" in project.good("lock", "-q", "--update", "t.yml", "kern")


@pytest.mark.parametrize("args, says", [
    (["--update", "t.yml", "sitte"], "--update: sitte is no package of the lock, and no recipe and no service that "
     "asks for packages: did you mean site?"),
    (["t.yml", "site"], "site: a name says what to resolve anew: write `ingot lock --update t.yml site`"),
    (["--update", "--locked", "t.yml"], "--update resolves anew: that cannot be had with --locked"),
    (["--update", "--offline", "t.yml"], "--update resolves anew: that cannot be had with --offline"),
])
def test_mistakes(project, one_line, args, says):
    project.good("lock", "-q", "t.yml")
    assert one_line(project.run("lock", "-q", *args)) == f"ingot: {says}"


def test_a_version_that_is_gone_says_the_mend(project, one_line):
    project.good("lock", "-q", "t.yml")
    project.mirror.package("libsite", "4", [])
    line = one_line(project.run("build", "-q", "t.yml"))
    assert line == ("ingot: recipes/site.yml:3: package libsite 3 is gone from the package mirrors (a newer version "
                    "replaces it there): take the present one with `ingot lock --update IMAGE.yml`, or use a cache "
                    "that holds it")
    assert "libsite 3 -> 4" in project.good("lock", "-q", "--update", "t.yml")
    project.good("build", "-q", "--locked", "t.yml")


# ---- digests: case 9 ----

def test_a_package_with_another_digest_is_refused_and_not_kept(project, one_line):
    """case 9"""
    project.good("lock", "-q", "t.yml")
    sha = re.search(r'name: "libsite".*\n +sha256: ([0-9a-f]{64})', project.text).group(1)
    (project.mirror.root / "libsite_3_amd64.deb").write_bytes(b"something else")
    line = one_line(project.run("build", "-q", "t.yml"))
    assert "package libsite 3: the mirror's file is not the pinned one" in line and "ingot lock --update" in line
    blobs = [path.name for path in (project.dir / "out" / ".cache" / "blob").rglob("*") if path.is_file()]
    assert sha not in blobs
    assert not any(b"something else" in (project.dir / "out" / ".cache" / "blob" / name[:2] / name).read_bytes()
                   for name in blobs)
    assert not (project.dir / "out" / "t").exists()


def test_the_lock_is_whole_where_it_cannot_be_written(project, one_line):
    project.good("lock", "-q", "t.yml")
    before = project.text
    project.mirror.package("site-light", "2", [])
    (project.dir / "t.lock").unlink()
    (project.dir / "t.lock").mkdir()
    result = project.run("lock", "-q", "t.yml")
    assert result.status == 1 and "t.lock" in result.err
    (project.dir / "t.lock").rmdir()
    project.write("t.lock", before)
    assert not [path for path in project.dir.iterdir() if path.name.startswith("t.lock.")]
