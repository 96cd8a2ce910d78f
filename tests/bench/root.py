# SPDX-License-Identifier: MIT
"""What `initramfs: {root: squashfs}` costs and gives, against unpacking everything: boot time and memory left, at two
sizes, under QEMU. Prints `figure NAME VALUE UNIT` lines; medians of interleaved runs."""
import os
import pathlib
import re
import shutil
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import build  # noqa: E402
import guest  # noqa: E402

RUNS = int(os.environ.get("RUNS", "3"))
MEMORY = "512M"
BALLAST = pathlib.Path("/usr/lib/x86_64-linux-gnu")
SIZE = int(os.environ.get("SIZE", "96")) << 20


def prepare(name, mode, ballast):
    """minimal.yml in a mode, with or without the ballast."""
    text = (build.tree() / "images" / "minimal.yml").read_text().replace("image: minimal", f"image: {name}")
    text = text.replace("memory: 128M", f"memory: {MEMORY}") + f"initramfs: {{root: {mode}}}\n"
    if ballast:
        text += "sources: [{folder: {path: ../files/ballast, to: /srv}}]\n"
    (build.tree() / "images" / f"{name}.yml").write_text(text)
    shutil.copyfile(build.tree() / "images" / "minimal.lock", build.tree() / "images" / f"{name}.lock")
    return build.image(name)


def make_ballast(size):
    """So many bytes of this host's libraries."""
    folder = build.tree() / "files" / "ballast"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in sorted(BALLAST.glob("*.so*")):
        if file.is_symlink() or not file.is_file() or file.stat().st_size > size:
            continue
        size -= file.stat().st_size
        shutil.copyfile(file, folder / file.name)


def boot(name):
    """Milliseconds from the kernel's start to the services, and MiB available then."""
    with guest.qemu([build.INGOT, *build.arguments("run", name), "--shell"], name) as g:
        ready = g.wait_line("services ready, .* ([0-9]+) after the kernel", timeout=guest.BOOT_S)
        g.send("\n")  # a prompt of its own line
        g.connect()
        left = re.search("MemAvailable: +([0-9]+) kB", g.ok("cat /proc/meminfo"))
        g.send("ingotctl poweroff\n")
        g.wait_end()
        return int(ready.group(1)), int(left.group(1)) / 1024


def main():
    build.image("minimal")
    make_ballast(SIZE)
    names = {}
    for size, ballast in (("small", False), ("large", True)):
        for mode in ("memory", "squashfs"):
            names[size, mode] = f"bench-{size}-{mode}"
            folder = prepare(names[size, mode], mode, ballast)
            print(f"figure {size}_{mode}_file {(folder / 'initramfs.cpio.zst').stat().st_size / 1048576:.1f} MiB")
    results = {key: [] for key in names}
    for _ in range(RUNS):
        for key, name in names.items():
            results[key].append(boot(name))
    for (size, mode), runs in results.items():
        print(f"figure {size}_{mode}_boot {statistics.median(r[0] for r in runs):.0f} ms")
        print(f"figure {size}_{mode}_available {statistics.median(r[1] for r in runs):.0f} MiB")


if __name__ == "__main__":
    main()
