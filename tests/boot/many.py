# SPDX-License-Identifier: MIT
"""Images of many services, each with a root of its own that holds one program of a few bytes, which waits for good."""
import struct

import build

CODE = b"\xb8\x22\x00\x00\x00\x0f\x05\xeb\xf7"  # pause(2), again and again


def sleeper():
    """A static program for x86_64."""
    base, head = 0x400000, 64 + 56
    size = head + len(CODE)
    return struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, base + head, 64, 0, 0, 64, 56, 1, 0, 0,
                       0) + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096) + CODE


def image(name, count, needs=lambda i: (), more="", kernel="kernel-uml", memory="2G"):
    """Builds it: services s0 and so on, each with what needs(i) says and the lines in `more`."""
    lines = [f"image: {name}", f"kernel: {{recipe: {kernel}}}", "recipes: [busybox]", "compression: {level: 1}",
             f"budget: {{memory: {memory}}}", "outputs: [initramfs]", "services:"]
    for i in range(count):
        lines += [f"  s{i}:", "    sources: [{file: {path: ../files/sleeper, to: /bin/sleeper, mode: 0755}}]",
                  "    command: [/bin/sleeper]", "    limits: {memory: 1M, pids: 4}",
                  f"    needs: [{', '.join(f's{k}' for k in needs(i))}]"] + ([more] if more else [])
    (build.tree() / "files" / "sleeper").write_bytes(sleeper())
    (build.tree() / "images" / f"{name}.yml").write_text("\n".join(lines) + "\n")
    return build.image(name)
