# SPDX-License-Identifier: MIT
"""`ingot run --watch` and the fast level that `ingot run` builds with: a change is built and booted, a change that is
wrong leaves the old machine running, and what is booted is the released image where that is of the same input."""
import shutil
import signal
import urllib.request

import pytest

import build
import guest
from test_qemu import ANSWER, free_port

pytestmark = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="no qemu-system-x86_64")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The shipped image and recipes, in a folder where they may be changed."""
    folder = tmp_path_factory.mktemp("watch").absolute()
    build.image("web")  # fills the cache and writes the lock
    for name in ("images", "recipes"):
        shutil.copytree(build.tree() / name, folder / name)
    return folder


def words(project, *more):
    return [build.INGOT, "run", project / "images" / "web.yml", "-o", project / "out", "--cache", build.CACHE, *more]


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return answer.read().decode()


def test_a_change_is_built_and_booted_and_a_wrong_one_is_not(project):
    port = free_port()
    image, site = project / "images" / "web.yml", project / "recipes" / "nginx" / "index.html"
    with guest.qemu(words(project, "--watch", "-p", f"{port}:80"), "watch") as g:
        g.wait_line(r"^ingot: booting .*/out/\.run/web ", timeout=build.BUILD_S)
        g.wait_line(ANSWER.format(port), timeout=guest.BOOT_S)
        mark = g.mark()
        text = image.read_text()
        image.write_text(text + "colour: red\n")
        g.wait_line(r"^ingot: 1 error; nothing was built", since=mark)
        assert "nginx answers" in page(port), "the old machine runs on"
        image.write_text(text)
        # replaced by another file, as editors do
        new = site.with_name("index.new")
        new.write_text(site.read_text().replace("nginx answers", "a new page"))
        new.replace(site)
        g.wait_line("^ingot: built anew; starting again", since=mark, timeout=build.BUILD_S)
        g.wait_line(ANSWER.format(port), since=mark, timeout=guest.BOOT_S)
        assert "a new page" in page(port)
        assert not [line for line in g.lines[mark:] if "panicked" in line or "was ended before" in line]
        g.process.send_signal(signal.SIGTERM)
        assert g.wait_end() == 0
    assert not (project / "out" / "web").exists(), "what is for release is written by `ingot build` alone"


def test_the_released_image_is_booted_where_it_is_of_the_same_input(project):
    done = build.ingot("build", project / "images" / "web.yml", "-o", project / "out", "--cache", build.CACHE, "-q")
    assert done.returncode == 0, done.stderr
    with guest.qemu(words(project, "-p", f"{free_port()}:80"), "released") as g:
        g.wait_line(r"^ingot: booting .*/out/web ", timeout=build.BUILD_S)
