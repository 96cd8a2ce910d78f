# SPDX-License-Identifier: MIT
"""What README.md says of the image of one's own: the file is right as it stands there, and the two mistakes give the
lines that it shows."""
import re
import shutil
import subprocess


def check(top, folder, text):
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images/hello.yml").write_text(text)
    return subprocess.run([top / "build/ingot", "check", "images/hello.yml"], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30)


def test_the_image_of_ones_own(top, tmp_path):
    readme = (top / "README.md").read_text()
    shutil.copytree(top / "recipes", tmp_path / "recipes")
    example = re.search(r"```yaml\n(image: hello\n.*?)```", readme, re.S).group(1)
    assert check(top, tmp_path, example).returncode == 0
    wrong = check(top, tmp_path, example.replace("    network:", "    netwrk:").replace("16M", "16MB"))
    assert wrong.returncode == 1
    shown = re.findall(r"^    (images/hello.yml:\d.*|ingot: \d+ errors.*)$", readme, re.M)
    assert wrong.stderr.splitlines() == shown


def test_the_networks_of_ones_own(top, tmp_path):
    shutil.copytree(top / "recipes", tmp_path / "recipes")
    text = re.search(r"```yaml\n(services:\n  web:\n.*?)```", (top / "README.md").read_text(), re.S).group(1)
    done = check(top, tmp_path, "image: t\nkernel: {recipe: kernel-cloud}\n" + text)
    assert done.returncode == 0, done.stderr


def test_the_links_of_ones_own(top, tmp_path):
    """The README's, and those of ingot-net(8)."""
    shutil.copytree(top / "recipes", tmp_path / "recipes")
    links = [re.search(r"```yaml\n(network:\n.*?)```", (top / "README.md").read_text(), re.S).group(1),
             re.search(r"^(kernel: .*?)^\.Ed", (top / "docs/ingot-net.8").read_text(), re.S | re.M).group(1)]
    for text in links:
        head = "image: t\nrecipes: [busybox]\n" + ("" if "kernel:" in text else "kernel: {recipe: kernel-cloud}\n")
        done = check(top, tmp_path, head + text)
        assert done.returncode == 0, done.stderr
