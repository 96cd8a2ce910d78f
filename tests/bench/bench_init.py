# SPDX-License-Identifier: MIT
"""Ingot's PID 1 beside busybox init, finit, runit and systemd, as Debian packages them: 50 services that are one small
static program, from the exec of PID 1 to the start of the last one. Prints `figure NAME VALUE UNIT` lines, and `ratio
fifty_vs_NAME VALUE`, Ingot's time in parts of the other's, the median of the rounds' own ratios. Needs a built ingot,
QEMU and a package mirror.

    make bench-init

Each init is the machine's real PID 1: in a pid namespace it would own no root of the cgroups, and the kernel would
still take the namespaces of the one before apart. So every one is booted anew, in the same QEMU with the same kernel
and the same initramfs, which holds them all, in turn: round by round, and the rounds' median counts. The services
tell when they began by their names (init_mark.c), and a watcher that no init knows of reads them (init_watch.c);
it makes one system call in 100 ms, until it is quiet. `loose` is Ingot without network namespaces, which is all the
isolation that an image file can take off; `systemd-sandbox` is systemd with as much (SANDBOX below).
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import build  # noqa: E402
import guest  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))
COUNT = 50
THOUSAND = 1000
BOOT_S = 130
PEERS = {"busybox": "busybox-static", "finit": "finit", "runit": "runit", "systemd": "systemd"}
PROGRAMS = build.ROOT / "build" / "bench"
# A unit that is held as a service of Ingot is by its presets. First what systemd's own rating asks for, which is
# `systemd-analyze security`, until it says 0.1, as it is for Ingot's (`ingot score`): some of that denies a thing
# twice. The last lines are what the rating does not ask for. Not here, as systemd has no word for it: TCP ports and
# signals by Landlock, a pid namespace, limits that are read back.
SANDBOX = """User=mark
RootDirectory=/bench/root
MountAPIVFS=yes
CapabilityBoundingSet=
IPAddressDeny=any
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateNetwork=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0077
LimitNOFILE=1024:4096
MemoryMax=16M
MemorySwapMax=0
NoExecPaths=/tmp /var/tmp /dev/shm
OOMPolicy=kill
PrivateIPC=yes
TasksMax=4
"""


def found():
    """The peers whose packages this host's apt knows; the others are said, and left out."""
    names = []
    for name, package in PEERS.items():
        known = subprocess.run(["apt-cache", "show", package], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=False).stdout
        if known:
            names.append(name)
        else:
            print(f"skip {name}: apt knows no package {package} here")
    return names


def write(folder, name, text, mode=0o644):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def root(folder, program, name):
    """The root of the isolated units."""
    top = folder / "bench" / "root"
    for path in ("dev/shm", "home", "proc", "root", "run", "sys", "tmp", "var/tmp", "bench"):
        write(top / path, ".keep", "")
    shutil.copyfile(PROGRAMS / program, top / "bench" / name)
    (top / "bench" / name).chmod(0o755)


def settings(folder):
    """What each peer is told: start these 50, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    each = range(1, COUNT + 1)
    write(folder, "etc/inittab", "".join(f"::respawn:/bench/mark s{i}\n" for i in each))
    write(folder, "etc/finit.conf", "".join(f"service :{i} [S12345] /bench/mark s{i} -- s{i}\n" for i in each))
    write(folder, "etc/fstab", "")
    root(folder, "init_mark", "mark")
    write(folder, "etc/passwd", "root:x:0:0::/:/bin/sh\nmark:x:10000:10000::/:/bin/false\n")
    write(folder, "etc/group", "root:x:0:\nmark:x:10000:\n")
    write(folder, "etc/runit/1", "#!/bin/sh\nexit 0\n", 0o755)
    write(folder, "etc/runit/2", "#!/bin/sh\nexec runsvdir -P /etc/service\n", 0o755)
    write(folder, "etc/runit/3", "#!/bin/sh\nexit 0\n", 0o755)
    for i in each:
        write(folder, f"etc/service/s{i}/run", f"#!/bin/sh\nexec /bench/mark s{i}\n", 0o755)
        head = "[Unit]\nDefaultDependencies=no\n[Service]\nStandardOutput=null\nStandardError=null\n"
        write(folder, f"etc/systemd/system/s{i}.service", f"{head}ExecStart=/bench/mark s{i}\n")
        write(folder, f"etc/systemd/system/b{i}.service", f"{head}{SANDBOX}ExecStart=/bench/mark b{i}\n")
    for name, letter in (("plain", "s"), ("sandbox", "b")):
        wants = " ".join(f"{letter}{i}.service" for i in each)
        write(folder, f"etc/systemd/system/{name}.target", f"[Unit]\nDefaultDependencies=no\nWants={wants}\n")


def image(name, count, peers=(), network="none", argument="", limits="memory: 1M, pids: 4", memory="1G"):
    """Builds it; its services are Ingot's own."""
    files = build.tree() / "files"
    (files / "bench").mkdir(exist_ok=True)
    for program in ("mark", "watch"):
        shutil.copyfile(PROGRAMS / f"init_{program}", files / "bench" / program)
        (files / "bench" / program).chmod(0o755)
    lines = [f"image: {name}", "kernel: {recipe: kernel-cloud}", "compression: {level: 1}", "outputs: [initramfs]",
             f"budget: {{memory: {memory}}}", "sources:", "  - {folder: {path: ../files/bench, to: /bench}}"]
    if peers:
        packages = ", ".join(PEERS[peer] for peer in peers)
        lines += [f"  - {{debian: {{packages: [{packages}], exclude: [/usr/share, /usr/lib/udev]}}}}",
                  "  - {folder: {path: ../files/bench-init, to: /}, override: true}",
                  "  - {link: {to: /bin/sh, target: busybox}}"]
    lines += ["services:"]
    for i in range(1, count + 1):
        lines += [f"  s{i}:", "    sources: [{file: {path: ../files/bench/mark, to: /bench/mark, mode: 0755}}]",
                  f"    command: [/bench/mark, {argument or f's{i}'}]", f"    limits: {{{limits}}}",
                  f"    network: {{mode: {network}}}"]
    (build.tree() / "images" / f"{name}.yml").write_text("\n".join(lines) + "\n")
    build.image(name)
    return name


def boot(name, init, count, what="", words=()):
    """What the watcher told: a dictionary of numbers."""
    append = " ".join(["ingot.quiet rdinit=/bench/watch", f"bench={init}:{count}:{what}", *words])
    with guest.qemu([build.INGOT, *build.arguments("run", name), "--append", append], f"{name} with {init}") as g:
        g.wait_end(timeout=BOOT_S)
        told = {}
        for line in g.lines:
            if "bench: " in line:
                told.update({key: int(value) for key, value in re.findall(r"(\w+)=(-?[0-9]+)", line)})
        if told.get("services", 0) < count:
            print(f"{init}: {told.get('services', 0)} of {count} services within its time\n{g.tail()}", file=sys.stderr)
            sys.exit(1)
        return told


def main():
    peers = found()
    settings(build.tree() / "files" / "bench-init")
    image("bench-init", COUNT, peers)
    runs = {"ingot": ("bench-init", "ingot"), "loose": (image("bench-loose", COUNT, peers, network="machine"), "ingot")}
    for peer in peers:
        runs[peer] = ("bench-init", peer)
    words = {"systemd": ["systemd.unit=plain.target"], "systemd-sandbox": ["systemd.unit=sandbox.target"]}
    if "systemd" in peers:
        runs["systemd-sandbox"] = ("bench-init", "systemd")
    told = {run: [] for run in runs}
    for _ in range(ROUNDS):
        for run, (name, init) in runs.items():
            told[run].append(boot(name, init, COUNT, words=words.get(run, ())))
    median = {run: statistics.median(t["last_us"] for t in all) for run, all in told.items()}
    print(f"figure init_bytes {(build.ROOT / 'build' / 'ingot-init').stat().st_size} bytes")
    one = boot(image("bench-one", 1), "ingot", 1)
    print(f"figure init_private_kb_1 {one['private_kb']} KiB")
    print(f"figure init_private_kb_50 {told['ingot'][0]['private_kb']} KiB")
    thousand = boot(image("bench-thousand", THOUSAND, memory="2G"), "ingot", THOUSAND)
    print(f"figure init_private_kb_1000 {thousand['private_kb']} KiB")
    print(f"figure thousand_services_ms {thousand['last_us'] / 1000:.0f} ms")
    idle = boot("bench-init", "ingot", COUNT, "idle")
    print(f"figure wakeups_per_idle_minute {idle['switches']}")
    bomb = boot(image("bench-bomb", 1, argument="bomb", limits="memory: 16M, pids: 64"), "ingot", 1, "bomb")
    if bomb["failed"]:
        sys.exit("PID 1 did not answer while the bomb went off")
    print(f"figure status_under_fork_bomb_ms {bomb['worst_us'] / 1000:.1f} ms")
    for run, us in median.items():
        print(f"figure fifty_{run.replace('-', '_')}_ms {us / 1000:.0f} ms")
        print(f"figure private_kb_{run.replace('-', '_')} {told[run][0]['private_kb']} KiB")
    for ours, name in (("ingot", "fifty"), ("loose", "fifty_loose")):
        for run in [run for run in told if run not in ("ingot", ours)]:
            pairs = [a["last_us"] / b["last_us"] for a, b in zip(told[ours], told[run])]
            print(f"ratio {name}_vs_{run.replace('-', '_')} {statistics.median(pairs):.2f}")


if __name__ == "__main__":
    main()
