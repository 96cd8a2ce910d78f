# SPDX-License-Identifier: MIT
"""PID 1 allocates nothing, prints by no stdio, runs no shell, asks no name service and never aborts: none of these is
called by any object that ingot-init is linked from."""
import re
import subprocess

FORBIDDEN = re.compile(r"^(malloc|calloc|realloc|free|strdup|\w*printf|system|popen|getpw\w*|getgr\w*|abort|exit)$")


def test_pid1_calls_no_allocator_no_stdio_and_no_abort(top):
    objects = [o for o in sorted((top / "build/init").glob("*.o"))
               if not o.name.startswith("ctl_") and o.name != "stub.o"]
    objects += [top / f"build/lib/{name}.o" for name in ("err", "fmt", "table", "crc32")]
    assert len(objects) > 20
    said = subprocess.run(["nm", "-u", *objects], stdout=subprocess.PIPE, text=True, check=True).stdout
    called = {line.split()[-1] for line in said.splitlines() if line.strip().startswith("U ")}
    assert "strlen" in called  # nm's answer is read as it should be
    assert not {name for name in called if FORBIDDEN.match(name)}
