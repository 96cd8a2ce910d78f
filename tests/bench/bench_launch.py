# SPDX-License-Identifier: MIT
"""One start of an isolated service beside the start of a container: a program that ends at once, from the request to
the end that PID 1 knows, under Ingot, bwrap, crun and runc as Debian packages them, and by a bare clone3 into the same
namespaces with the same stub, which is as little as a launcher can do. Prints `ratio launch_vs_NAME VALUE`, Ingot's
time in parts of the other's, the median of the rounds' own ratios, and `figure NAME VALUE UNIT` lines. Needs a built
ingot, QEMU and a package mirror.

    make bench-launch

crun and runc are told to isolate as much as Ingot's presets do, as far as they have words for it; `crun_open` is crun
without a filter of system calls and without a user namespace. systemd's units are those of bench_init.py.

All of them run in one machine, in turn, round by round (launch_time.c). Starts follow each other without a pause, so
that what a launcher puts off until later counts too. Ingot's include the request over the control socket, limits that
are written and read back, and the filter; its job has the cgroup and the namespaces of the run before again, where the
others make and end theirs each time, but for the floor: that has one cgroup, without limits. What fifty services take
until the last one runs, from nothing, is measured as bench_init.py does, against finit without isolation and systemd
with as much of it. A boot takes a tenth longer or shorter than the one before, and Ingot's are the shortest: it has two
in each round, before the others and behind them, and their mean counts.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boot"))

import bench_init  # noqa: E402
import build  # noqa: E402
import guest  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))
FIFTY_ROUNDS = int(os.environ.get("FIFTY_ROUNDS", "5"))
PROGRAMS = build.ROOT / "build" / "bench"
PEERS = {"bwrap": "bubblewrap", "crun": "crun", "runc": "runc"}
STARTS = {"ingot": 40, "clone3": 40, "bwrap": 10, "crun": 5, "crun_open": 5, "runc": 2, "systemd": 1}
CHAIN = 20  # units of systemd that one start runs, in turn
IDLE = 20
BOOT_S = 300
NAMESPACES = ("user", "pid", "network", "ipc", "uts", "mount", "cgroup")
HARMLESS = ["nosuid", "nodev", "noexec"]


def policy(name):
    """The system calls of one of the lists that a service's filter is made from."""
    text = (build.ROOT / "builder" / "seccomp" / "policy.c").read_text()
    body = re.search(rf"static const char {name}\[\] =(.*?);\n\n", text, re.S).group(1)
    return " ".join(re.findall(r'"(.*?)"', body)).split()


def seccomp():
    """The calls of Ingot's own filter for a service without a network, in OCI's words. What would take several rules
    goes free: a setuid bit in open, the ioctls of terminals, shared memory that is executable."""
    setid, namespaces = 0o6000, 0x7e020000

    def masked(names, index, mask):
        return {"names": names, "action": "SCMP_ACT_ALLOW",
                "args": [{"index": index, "value": mask, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}

    return {
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [
            {"names": [*policy("allowed"), "open", "openat", "ioctl", "shmat"], "action": "SCMP_ACT_ALLOW"},
            {"names": [*policy("privileged"), "setuid", "setgid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
            masked(["clone"], 0, namespaces), masked(["chmod", "fchmod", "creat", "mknod"], 1, setid),
            masked(["fchmodat", "mknodat"], 2, setid),
            *({"names": [name], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}]}
              for name, value in (("socket", 1), ("socketpair", 1), ("personality", 0), ("personality", 0xffffffff)))],
    }


def bundle():
    """What crun and runc are told: what a service of Ingot has by its presets, but for Landlock, memory that is never
    both written and executed, and limits that are read back, which OCI has no words for."""
    none = {kind: [] for kind in ("bounding", "effective", "permitted", "inheritable", "ambient")}
    shifted = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    mounts = [("/proc", "proc", [*HARMLESS, "hidepid=invisible", "subset=pid"]),
              ("/dev", "tmpfs", ["nosuid", "mode=755", "size=64k"]),
              *((at, "tmpfs", [*HARMLESS, "size=1m"]) for at in ("/dev/shm", "/tmp", "/run"))]
    return {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 10000, "gid": 10000}, "args": ["/bench/true"], "env": ["PATH=/bin"], "cwd": "/",
                    "capabilities": none, "noNewPrivileges": True,
                    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 4096, "soft": 1024}]},
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "true",
        "mounts": [{"destination": to, "type": kind, "source": kind, "options": how} for to, kind, how in mounts],
        "linux": {"namespaces": [{"type": kind} for kind in NAMESPACES],
                  "uidMappings": shifted, "gidMappings": shifted, "seccomp": seccomp(),
                  "resources": {"memory": {"limit": 64 << 20}, "pids": {"limit": 8}}},
    }


def open_bundle():
    """The same without a filter and a user namespace, which is what runc and crun do where nobody asks for more."""
    told = bundle()
    told["root"]["path"] = "/bench/bundle/rootfs"
    for key in ("seccomp", "uidMappings", "gidMappings"):
        del told["linux"][key]
    told["linux"]["namespaces"].remove({"type": "user"})
    return told


def units(folder):
    """For systemd: the same program with as much isolation, one unit behind the other."""
    for i in range(1, CHAIN + 1):
        before = f"Requires=r{i - 1}.service\nAfter=r{i - 1}.service\n" if i > 1 else ""
        bench_init.write(folder, f"etc/systemd/system/r{i}.service",
                         f"[Unit]\nDefaultDependencies=no\n{before}[Service]\nType=oneshot\nStandardOutput=null\n"
                         f"StandardError=null\n{bench_init.SANDBOX}ExecStart=/bench/true\n")
    bench_init.root(folder, "launch_true", "true")
    bench_init.write(folder, "etc/systemd/system/bare.target", "[Unit]\nDefaultDependencies=no\n")
    bench_init.write(folder, "etc/passwd", "root:x:0:0::/:/bin/sh\nmark:x:10000:10000::/:/bin/false\n")
    bench_init.write(folder, "etc/group", "root:x:0:\nmark:x:10000:\n")


def image(peers):
    files = build.tree() / "files"
    shutil.rmtree(files / "bench-launch", ignore_errors=True)
    for path in ("bench", "bench/open", "bench/bundle/rootfs/bench"):
        (files / "bench-launch" / path).mkdir(parents=True, exist_ok=True)
    for name, path in (("launch_time", "bench/time"), ("launch_true", "bench/true"), ("init_mark", "bench/mark"),
                       ("launch_true", "bench/bundle/rootfs/bench/true")):
        shutil.copyfile(PROGRAMS / name, files / "bench-launch" / path)
        (files / "bench-launch" / path).chmod(0o755)
    for folder in ("proc", "dev", "tmp", "run", "sys"):
        bench_init.write(files / "bench-launch" / "bench" / "bundle" / "rootfs" / folder, ".keep", "")
    bench_init.write(files / "bench-launch", "bench/bundle/config.json", json.dumps(bundle()))
    bench_init.write(files / "bench-launch", "bench/open/config.json", json.dumps(open_bundle()))
    units(files / "bench-launch")
    lines = ["image: bench-launch", "kernel: {recipe: kernel-cloud}", "compression: {level: 1}", "outputs: [initramfs]",
             "budget: {memory: 1G}", "sources:", "  - {folder: {path: ../files/bench-launch, to: /}, override: true}"]
    packages = ", ".join([*(PEERS[peer] for peer in peers), "systemd"])
    lines += [f"  - {{debian: {{packages: [{packages}], exclude: [/usr/share, /usr/lib/udev]}}}}"]
    lines += ["services: {}", "jobs:"]
    source = "../files/bench-launch/bench"
    for name, program in [("go", "true"), *((f"i{i}", "mark") for i in range(1, IDLE + 1))]:
        lines += [f"  {name}:",
                  f"    sources: [{{file: {{path: {source}/{program}, to: /bench/{program}, mode: 0755}}}}]",
                  f"    command: [/bench/{program}]", "    limits: {memory: 4M, pids: 8}",
                  "    schedule: {calendar: 0 0 1 1 *}"]
    (build.tree() / "images" / "bench-launch.yml").write_text("\n".join(lines) + "\n")
    build.image("bench-launch")


def known(peers):
    """Those whose packages this host's apt knows; the others are said, and left out."""
    names = []
    for name, package in peers.items():
        if subprocess.run(["apt-cache", "show", package], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            names.append(name)
        else:
            print(f"skip {name}: apt knows no package {package} here")
    return names


def launches(names, more=""):
    """What the driver told: the microseconds of each launcher, round by round, and the memory of an idle service."""
    words = ":".join([str(ROUNDS), *(f"{name}={STARTS[name]}" for name in names)])
    append = f"ingot.quiet rdinit=/bench/time bench={words} {more}"
    with guest.qemu([build.INGOT, *build.arguments("run", "bench-launch"), "--append", append], "bench-launch") as g:
        g.wait_end(timeout=BOOT_S)
        told, memory = {name: [] for name in names}, {}
        for line in g.lines:
            match = re.search(r"bench: launch (\w+)=([0-9]+) good=1", line)
            if match:
                told[match.group(1)].append(int(match.group(2)))
            elif "bench: memory" in line:
                memory = {key: int(value) for key, value in re.findall(r"(\w+)=(-?[0-9]+)", line)}
        for name in names:
            if len(told[name]) < ROUNDS:
                sys.exit(f"{name}: {len(told[name])} of {ROUNDS} rounds\n{g.tail()}")
        return told, memory


def fifty():
    """Ratios of the time of fifty services, by the name of the other init."""
    peers = known({name: bench_init.PEERS[name] for name in ("finit", "systemd")})
    bench_init.settings(build.tree() / "files" / "bench-init")
    bench_init.image("bench-init", bench_init.COUNT, bench_init.PEERS)
    told = {name: [] for name in ["ingot", *peers]}

    def boot(name):
        words = ["systemd.unit=sandbox.target"] if name == "systemd" else []
        return bench_init.boot("bench-init", name, bench_init.COUNT, words=words)["last_us"]

    for _ in range(FIFTY_ROUNDS):
        first = boot("ingot")
        for peer in peers:
            told[peer].append(boot(peer))
        told["ingot"].append((first + boot("ingot")) / 2)
    for name, times in told.items():
        print(f"figure fifty_{name}_ms {statistics.median(times) / 1000:.0f} ms")
    return {name: [a / b for a, b in zip(told["ingot"], told[name])] for name in peers}


def main():
    peers = known(PEERS)
    image(peers)
    told, memory = launches(["ingot", "clone3", *peers, *(["crun_open"] if "crun" in peers else [])])
    told.update(launches(["systemd"], "boots=systemd systemd.unit=bare.target")[0])
    for name, times in told.items():
        print(f"figure launch_{name}_us {statistics.median(times):.0f} us")
    print(f"figure idle_service_kernel_kb {memory['kernel_kb']} KiB")
    print(f"figure idle_service_user_kb {memory['user_kb']} KiB")
    for name in told:
        if name != "ingot":
            ratios = [a / b for a, b in zip(told["ingot"], told[name])]
            print(f"ratio launch_vs_{name} {statistics.median(ratios):.3f}")
    if FIFTY_ROUNDS:
        names = {"finit": "finit_bare", "systemd": "systemd_isolated"}
        for name, ratios in fifty().items():
            print(f"ratio fifty_isolated_vs_{names[name]} {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
