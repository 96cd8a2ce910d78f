# SPDX-License-Identifier: MIT
"""The edit loop: from one changed file of images/web.yml to the page that QEMU serves anew, beside the boot of the same
machine alone, in turn. Prints `figure NAME VALUE UNIT` lines; needs a built ingot and QEMU.

    make bench-edit
"""
import os
import pathlib
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = 5
PATIENCE_S = 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Run:
    """An `ingot run`, whose lines are awaited one after the other."""

    def __init__(self, argv):
        self.process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.rest = b""

    def wait(self, text):
        """The moment at which a line with the text came."""
        end = time.monotonic() + PATIENCE_S
        while True:
            line, newline, after = self.rest.partition(b"\n")
            if newline:
                self.rest = after
                if text.encode() in line:
                    return time.monotonic()
                continue
            if not self.selector.select(end - time.monotonic()):
                sys.exit(f"no line with {text!r}")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                sys.exit(f"ended before a line with {text!r}: {self.rest!r}")
            self.rest += data

    def end(self):
        self.process.terminate()
        self.process.communicate()


def served(port, text):
    """The moment at which the page holds the text."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=0.5) as answer:
                if text in answer.read().decode():
                    return time.monotonic()
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.02)
    sys.exit(f"no page with {text!r}")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in ("images", "recipes"):
            shutil.copytree(TOP / part, folder / part)
        port = free_port()
        cache = os.environ.get("INGOT_CACHE") or TOP / "out" / ".cache"
        argv = [TOP / "build" / "ingot", "run", folder / "images" / "web.yml", "-o", folder / "out", "--cache", cache,
                "-p", f"{port}:80"]
        site = folder / "recipes" / "nginx" / "index.html"
        edits, boots = [], []
        text = "nginx answers"
        for number in range(ROUNDS + 1):  # the first is not counted: it may fetch
            alone = Run(argv)
            booting = alone.wait("booting ")
            boots.append(served(port, text) - booting)
            alone.end()
            watching = Run([*argv, "--watch"])
            watching.wait(" answers: ")
            old, text = text, f"edit number {number}"
            began = time.monotonic()
            site.write_text(site.read_text().replace(old, text))
            edits.append(served(port, text) - began)
            watching.end()
        print(f"figure boot_to_page_s {statistics.median(boots[1:]):.2f} s")
        print(f"figure edit_to_ready_s {statistics.median(edits[1:]):.2f} s")
        pairs = [edit / boot for edit, boot in zip(edits[1:], boots[1:])]
        print(f"ratio edit_to_ready_vs_boot {statistics.median(pairs):.2f}")


if __name__ == "__main__":
    main()
