# SPDX-License-Identifier: MIT
"""A kernel that was configured without what the image uses is refused before boot, each symbol by its name."""
import pytest

from cli_project import IMAGE, RECIPE

PLACE = "t.yml:2:18: the kernel 1.0-test has "
BASE = ("BINFMT_ELF MULTIUSER PROC_FS SYSFS DEVTMPFS TMPFS PROC_SYSCTL EPOLL SIGNALFD TIMERFD UNIX NAMESPACES UTS_NS "
        "IPC_NS PID_NS USER_NS NET_NS CGROUPS MEMCG CGROUP_PIDS BLK_DEV_INITRD RD_ZSTD").split()


def config(symbols, **others):
    lines = [f"CONFIG_{name}=y" for name in symbols] + [f"CONFIG_{name}={value}" for name, value in others.items()]
    return ("# a comment\n" + "\n".join(lines) + "\n# CONFIG_TMPFSX is not set\nCONFIG_NETX=y\n").encode()


def build(project, text, image=IMAGE, path="./boot/config-1.0-test"):
    project.lock(files=[(path, text)])
    project.write("t.yml", image)
    return project.ingot("build", "t.yml")


def refused(project, text, image=IMAGE):
    result = build(project, text, image)
    assert result.status == 1 and result.out == "", result
    assert not (project.dir / "out" / "t").exists()
    return [line for line in result.lines if line.startswith("t.yml:")]


def test_a_kernel_that_has_everything(project):
    assert build(project, config(BASE)).status == 0


@pytest.mark.parametrize("symbol", BASE)
def test_each_symbol_that_is_missing_is_named(project, symbol):
    lines = refused(project, config(set(BASE) - {symbol}))
    assert len(lines) == 1 and lines[0].startswith(PLACE + f"no CONFIG_{symbol}, but "), lines
    assert lines[0].endswith(": take a kernel that has it")


def test_all_of_them_in_one_run(project):
    assert len(refused(project, b"")) == len(BASE)


def test_what_must_be_built_in_is_not_found_in_a_module(project):
    assert refused(project, config(set(BASE) - {"TMPFS"}, TMPFS="m")) == [
        PLACE + "no CONFIG_TMPFS built in, but PID 1 mounts /run, /tmp and /state: take a kernel that has it"]


def test_a_module_does_where_it_is_loaded(project):
    assert refused(project, config(set(BASE) - {"UNIX"}, UNIX="m")) == [
        PLACE + "CONFIG_UNIX as a module, and ingotctl speaks to PID 1 by it: add unix to `modules`"]


@pytest.mark.parametrize("change, symbol", [
    (("memory: 8M", "memory: 8M, cpu: 50%"), "CFS_BANDWIDTH"),
    (("memory: 8M", "memory: 8M, cpu-weight: 50"), "FAIR_GROUP_SCHED"),
    (("memory: 8M", "memory: 8M, cpus: [0]"), "CPUSETS"),
    (("memory: 8M", "memory: 8M, swap: 1M"), "SWAP"),
    (("memory: 8M", "memory: 8M, hugetlb: [{max: 2M}]"), "CGROUP_HUGETLB"),
    (("memory: 8M", "memory: 8M, io: [{device: /dev/vda, read-ops: 5}]"), "BLK_DEV_THROTTLING"),
    (("memory: 8M", "memory: 8M, io: [{device: /dev/vda, weight: 5}]"), "BLK_CGROUP_IOCOST"),
    (("    limits", "    network: {mode: machine}\n    limits"), "INET"),
])
def test_what_only_some_images_use(project, change, symbol):
    lines = refused(project, config(BASE), IMAGE.replace(*change))
    assert len(lines) == 1 and lines[0].startswith(PLACE + f"no CONFIG_{symbol}, but ")


@pytest.mark.parametrize("links, symbol, module", [
    ("{name: a}, {name: v, vlan: {of: a, id: 5}, addresses: [10.0.0.2/24]}", "VLAN_8021Q", "8021q"),
    ('{addresses: ["fd00::2/64"]}', "IPV6", "ipv6")])
def test_what_links_take(project, links, symbol, module):
    image = IMAGE + f"network: {{links: [{links}]}}\n"
    lines = refused(project, config(BASE + ["INET"], **{symbol: "m"}), image)
    assert len(lines) == 1 and f"CONFIG_{symbol} as a module, and " in lines[0]
    assert lines[0].endswith(f": add {module} to `modules`")
    assert build(project, config(BASE + ["INET", symbol]), image).status == 0


@pytest.mark.parametrize("symbol", ["BLK_DEV_LOOP", "SQUASHFS", "SQUASHFS_ZSTD"])
def test_what_a_squashfs_as_root_takes(project, symbol):
    symbols = {"BLK_DEV_LOOP", "SQUASHFS", "SQUASHFS_ZSTD"}
    image = IMAGE + "initramfs: {root: squashfs}\n"
    assert build(project, config(BASE + list(symbols)), image).status == 0
    result = build(project, config(BASE + list(symbols - {symbol})), image)
    lines = [line for line in result.lines if line.startswith("t.yml:")]
    assert len(lines) == 1 and lines[0].startswith(PLACE + f"no CONFIG_{symbol}, but the root is "), result


def test_a_package_without_a_configuration_is_a_note(project):
    project.lock()
    result = project.ingot("build", "t.yml")
    assert result.status == 0
    assert "the kernel's package holds no configuration of it (`config` in its recipe): not checked" in result.lines


def test_the_recipe_says_where_it_is(project):
    project.write("recipes/kern.yml", RECIPE.replace("package:", "config: /usr/share/kernel.config, package:"))
    assert build(project, config(BASE), path="./usr/share/kernel.config").status == 0
    result = build(project, config(BASE))
    assert result.status == 1
    assert "the kernel package linux-image-test holds no file /usr/share/kernel.config" in result.lines[-1]


def test_state_on_a_disk_wants_its_file_system_and_quotas(project):
    image = IMAGE + "state: {}\n"
    lines = refused(project, config(BASE), image)
    assert [line.split("CONFIG_")[1].split(",")[0] for line in lines] == ["BLOCK", "EXT4_FS", "QUOTA", "QFMT_V2"]
    assert refused(project, config(BASE + ["BLOCK", "QUOTA", "QFMT_V2"], EXT4_FS="m"), image) == [
        PLACE + "CONFIG_EXT4_FS as a module, and state is on an ext4 disk: add ext4 to `modules`"]
    assert build(project, config(BASE + ["BLOCK", "EXT4_FS", "QUOTA", "QFMT_V2"]), image).status == 0


FEATURES = BASE + ["SECURITY_LANDLOCK", "CGROUP_BPF", "MMU", "MEMFD_CREATE"]


@pytest.mark.parametrize("feature, symbol", [("landlock", "SECURITY_LANDLOCK"), ("devices", "CGROUP_BPF")])
def test_a_feature_that_is_required_is_refused_by_its_name(project, feature, symbol):
    """isolation case 36, at build"""
    image = IMAGE + f"features: {{{feature}: required}}\n"
    lines = refused(project, config(FEATURES), image)
    assert len(lines) == 1 and f"the kernel 1.0-test lacks {feature}: it comes with Linux " in lines[0], lines
    assert lines[0].startswith("t.yml:12:") and lines[0].endswith("; take another one, or write `best`")


def test_a_feature_of_the_best_that_is_missed_refuses_nothing(project):
    assert build(project, config(BASE)).status == 0
