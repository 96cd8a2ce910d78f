# SPDX-License-Identifier: MIT
"""An OCI image that no one here wrote: Debian's python3-minimal as mmdebstrap lays it out (not usr-merged), made into
an image by umoci, and handed on by skopeo as archives of each kind. Made once, kept in build/test/oci."""
import functools
import os
import shutil
import subprocess

import build

FOLDER = build.WORK / "oci"
SERVER = """\
import os, socket
s = socket.create_server(("", int(os.sys.argv[1])))
while True:
    c, _ = s.accept()
    c.recv(4096)
    text = f"{os.environ['GREETING']} {os.getcwd()} {os.getuid()}:{os.getgid()} {os.path.exists('/usr/share/doc')}\\n"
    c.sendall(f"HTTP/1.0 200 OK\\r\\nContent-Length: {len(text)}\\r\\n\\r\\n{text}".encode())
    c.close()
"""
TAG = "layout:v1"


def can():
    """Whether this host can make one; decided before anything is tried."""
    return all(shutil.which(tool) for tool in ("mmdebstrap", "umoci", "skopeo"))


def _run(*argv):
    done = subprocess.run([str(word) for word in argv], cwd=FOLDER, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=build.BUILD_S, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, argv))}: {done.stdout}"


def _tree():
    """Debian's files, kept from run to run."""
    if not (FOLDER / "debian.tar").exists():
        _run("mmdebstrap", "--quiet", "--variant=extract", "--include=python3-minimal", "bookworm", "new.tar")
        (FOLDER / "new.tar").rename(FOLDER / "debian.tar")
    shutil.rmtree(FOLDER / "root", ignore_errors=True)
    (FOLDER / "root").mkdir()
    _run("tar", "-xf", "debian.tar", "-C", "root", "--exclude=./dev")
    app = FOLDER / "app"
    shutil.rmtree(app, ignore_errors=True)
    app.mkdir()
    (app / "server.py").write_text(SERVER)
    (app / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\nserver:x:4711:4712::/:/bin/false\n")


@functools.lru_cache
def layout():
    """The layout folder: three layers, of which the last takes /usr/share/doc away."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _tree()
    for old in ("layout", "oci.tar", "docker.tar", "zstd"):
        path = FOLDER / old
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    _run("umoci", "init", "--layout", "layout")
    _run("umoci", "new", "--image", TAG)
    _run("umoci", "insert", *rootless, "--image", TAG, "root", "/")
    _run("umoci", "insert", *rootless, "--image", TAG, "app", "/srv/app")
    _run("umoci", "insert", *rootless, "--image", TAG, "app/passwd", "/etc/passwd")
    _run("umoci", "insert", "--image", TAG, "--whiteout", "/usr/share/doc")
    _run("umoci", "config", "--image", TAG, "--config.entrypoint", "python3", "--config.entrypoint", "server.py",
         "--config.cmd", "8080", "--config.workingdir", "/srv/app", "--config.user", "server",
         "--config.env", "GREETING=hello", "--config.env", "PATH=/usr/local/bin:/usr/bin")
    return FOLDER / "layout"


@functools.lru_cache
def archive(kind, name):
    """The same image as skopeo writes it: kind is oci-archive or docker-archive."""
    layout()
    _run("skopeo", "copy", "--quiet", f"oci:{TAG}", f"{kind}:{name}:example.org/app:v1")
    return FOLDER / name


@functools.lru_cache
def zstd_layout():
    """The same image with its layers compressed anew."""
    layout()
    _run("skopeo", "copy", "--quiet", "--dest-compress", "--dest-compress-format", "zstd", f"oci:{TAG}", "oci:zstd:v1")
    return FOLDER / "zstd"


@functools.lru_cache
def unpacked():
    """The image's files as umoci itself unpacks them."""
    layout()
    shutil.rmtree(FOLDER / "bundle", ignore_errors=True)
    _run("umoci", "unpack", *([] if os.geteuid() == 0 else ["--rootless"]), "--image", TAG, "bundle")
    return FOLDER / "bundle" / "rootfs"


def can_buildah():
    return os.geteuid() == 0 and shutil.which("buildah") is not None


@functools.lru_cache
def by_buildah():
    """An oci-archive that buildah made, from nothing, without a daemon."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    _tree()
    for old in ("buildah", "buildah.run"):
        shutil.rmtree(FOLDER / old, ignore_errors=True)
    (FOLDER / "buildah.tar").unlink(missing_ok=True)
    words = ["buildah", "--storage-driver", "vfs", "--root", FOLDER / "buildah", "--runroot", FOLDER / "buildah.run"]
    _run(*words, "from", "--name", "made", "scratch")
    _run(*words, "copy", "made", "root", "/")
    _run(*words, "copy", "made", "app", "/srv/app")
    _run(*words, "config", "--entrypoint", '["python3", "server.py"]', "--cmd", "8080", "--workingdir", "/srv/app",
         "--env", "GREETING=hello", "--user", "4711:4712", "made")
    _run(*words, "commit", "--quiet", "made", "oci-archive:buildah.tar:app:v1")
    _run(*words, "rm", "made")
    return FOLDER / "buildah.tar"
