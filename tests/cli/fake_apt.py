# SPDX-License-Identifier: MIT
"""A mirror in a folder, and programs named as apt's that answer from it: what `ingot` does with apt's answers, without
a network and in no time. Each call is written down, so that a test can tell that none was made."""
import hashlib
import json
import os
import pathlib
import sys

from cli_project import KERNEL, deb

PROGRAM = """\
#!{python}
import sys
sys.path.insert(0, {here!r})
from fake_apt import answer
answer({root!r}, {name!r}, sys.argv[1:])
"""


class Mirror:
    def __init__(self, root):
        self.root, self.bin = root, root / "bin"
        self.bin.mkdir(parents=True)
        self.index = {}
        for name in ("apt-get", "apt-cache", "apt-config"):
            path = self.bin / name
            path.write_text(PROGRAM.format(python=sys.executable, here=str(pathlib.Path(__file__).parent),
                                           root=str(root), name=name))
            path.chmod(0o755)
        self.package(KERNEL, "1.0", [("./boot/vmlinuz-1.0-test", b"a kernel\n")])

    def package(self, name, version, files, depends=()):
        data = deb(files)
        self.index[name] = {"version": version, "depends": list(depends), "size": len(data),
                            "sha256": hashlib.sha256(data).hexdigest()}
        (self.root / f"{name}_{version}_amd64.deb").write_bytes(data)
        self.save()

    def source(self, name, version, files):
        """A source package with these files, {name: bytes}; its description is made."""
        files = {f"{name}_{version.split(':')[-1]}.dsc": f"Source: {name}\nVersion: {version}\n".encode(), **files}
        self.index[f"src:{name}"] = {"version": version, "files": {
            file: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for file, data in files.items()}}
        for file, data in files.items():
            (self.root / file).write_bytes(data)
        self.save()

    def save(self):
        (self.root / "index.json").write_text(json.dumps(self.index))

    @property
    def calls(self):
        log = self.root / "calls"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def env(self):
        return {"PATH": f"{self.bin}:{os.environ['PATH']}"}


def fail(text):
    sys.stderr.write(text + "\n")
    sys.exit(100)


def config(key):
    for line in pathlib.Path(os.environ["APT_CONFIG"]).read_text().splitlines():
        if line.startswith(key + " "):
            return line.split('"')[1]
    return fail(f"E: no {key}")


def install(index, names):
    todo, done = list(names), []
    while todo:
        name = todo.pop(0)
        if name not in index:
            fail(f"E: Unable to locate package {name}")
        if name not in done:
            done.append(name)
            todo += index[name]["depends"]
    for name in done:
        print(f"Inst {name} ({index[name]['version']} Debian:12/stable [amd64])")


def show(index, words):
    for name, version in (word.split("=") for word in words):
        entry = index[name]
        if entry["version"] != version:
            fail("E: No packages found")
        print(f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nSize: {entry['size']}\n"
              f"SHA256: {entry['sha256']}\n")


def download(root, index, words):
    for name, version in (word.split("=") for word in words):
        if index.get(name, {}).get("version") != version:
            fail(f"E: Version '{version}' for '{name}' was not found")
        file = root / f"{name}_{version}_amd64.deb"
        pathlib.Path(file.name).write_bytes(file.read_bytes())


def source(root, index, words):
    name, _, version = words[-1].partition("=")
    entry = index.get(f"src:{name}")
    if not entry or version not in ("", entry["version"]):
        fail(f"E: Unable to find a source package for {name}")
    for file, about in entry["files"].items():
        if "--print-uris" in words:
            print(f"'http://mirror/{file}' {file} {about['size']} SHA256:{about['sha256']}")
        else:
            pathlib.Path(file).write_bytes((root / file).read_bytes())


def showsrc(index, name):
    entry = index[f"src:{name}"]
    other = f"Package: {name}\nVersion: 0\nChecksums-Sha256:\n {'0' * 64} 1 {name}_0.dsc\n"
    files = "".join(f" {about['sha256']} {about['size']} {file}\n" for file, about in entry["files"].items())
    print(f"{other}\nPackage: {name}\nVersion: {entry['version']}\nChecksums-Sha256:\n{files}")


def answer(folder, program, words):
    root = pathlib.Path(folder)
    index = json.loads((root / "index.json").read_text())
    with open(root / "calls", "a") as log:
        log.write(" ".join([program, *words]) + "\n")
    if program == "apt-get" and "update" in words:
        for kind in ("Packages", "Sources"):
            pathlib.Path(config("Dir::State::Lists"), f"mirror_{kind}").write_text("")
        print("Get:1 mirror")
    elif program == "apt-config" and "shell" in words:
        print(f"LIST='{root}/sources.list'\nPARTS='{root}/sources.list.d/'")
    elif program == "apt-get" and "source" in words:
        source(root, index, words)
    elif program == "apt-cache" and "showsrc" in words:
        showsrc(index, words[-1])
    elif program == "apt-get" and "install" in words:
        install(index, words[words.index("install") + 1:])
    elif program == "apt-cache" and "show" in words:
        show(index, words[words.index("show") + 1:])
    elif program == "apt-get" and "download" in words:
        download(root, index, words[words.index("--") + 1:])
