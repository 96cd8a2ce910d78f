# SPDX-License-Identifier: MIT
"""The explanations over real packages: the file that `ingot init` writes builds, an image verifies, a package's
source is told from its own control file."""
import json

import build


def run(project, *words, status=0):
    done = build.ingot(*words, "-o", project.out, "--cache", build.CACHE, "-q")
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout


def test_the_file_that_init_writes_builds(project):
    """With the kernel that is in the cache; the file names another one of the same kind."""
    project.file.unlink()
    run(project, "init", project.file)
    text = project.file.read_text()
    assert text.count("kernel-cloud") == 1 and "image: small\n" in text
    project.file.write_text(text.replace("kernel-cloud", "kernel-uml"))
    run(project, "build", project.file)
    paths = [path["path"] for path in json.loads((project.out / "small/manifest.json").read_text())["paths"]]
    assert "/svc/page/www/index.html" in paths


def test_an_image_verifies_and_a_change_is_named(project):
    project.built()
    assert ": the same again, tree " in run(project, "verify", project.file)
    (project.folder / "site" / "page").write_text("two\n")
    assert "byte 0 of svc/site/site/page" in run(project, "verify", project.file, status=1)
    assert "/svc/site/site/page" in run(project, "diff", project.out / "small", project.file, status=1)


def test_a_real_package_tells_its_source(project):
    told = json.loads(run(project, "sbom", project.file))
    kernel = next(p for p in told["packages"] if p["comment"] == "in the roots of: kernel")
    assert kernel["name"] == "user-mode-linux" and kernel["sourceInfo"].startswith("built from the source package ")
