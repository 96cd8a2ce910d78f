# SPDX-License-Identifier: MIT
"""`ingot sbom`: what an image is made of, right by the published schemas where they can be had (case 31), the same
bytes whoever asks (case 18), and no licence that is not known. No verb lets anything of the host's environment into
what it writes or keeps (case 30): an image file has no place for a secret, and what stands in it is public."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import jsonschema
import pytest

from cli_project import IMAGE, INGOT, deb, tar, elf

SCHEMAS = INGOT.parent / "test" / "cyclonedx"
LIBRARY = "@cyclonedx/cyclonedx-library@10.3.0"


def fetch_schemas():
    """CycloneDX's own schemas out of the package of their library; why not, where they cannot be had."""
    folder = SCHEMAS / "package" / "res" / "schema"
    if folder.is_dir():
        return None
    if not shutil.which("npm"):
        return "npm is not installed, which CycloneDX's schemas come by"
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(["npm", "pack", "--silent", LIBRARY], cwd=SCHEMAS, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60)
        subprocess.run(["tar", "-xzf", done.stdout.strip(), "package/res/schema"], cwd=SCHEMAS, check=True,
                       capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return f"no npm registry within reach for {LIBRARY}"
    return None


@pytest.fixture(scope="session")
def cyclonedx():
    """A validator for CycloneDX 1.6."""
    reason = fetch_schemas()
    if reason:
        pytest.skip(reason)
    files = {path.name.replace(".SNAPSHOT", ""): json.loads(path.read_text())
             for path in (SCHEMAS / "package" / "res" / "schema").glob("*.json")}
    schema = files["bom-1.6.schema.json"]
    base = schema["$id"].rsplit("/", 1)[0] + "/"
    store = {base + name: content for name, content in files.items()}
    store.update({base + name.replace(".schema", ".SNAPSHOT.schema"): content for name, content in files.items()})
    resolver = jsonschema.RefResolver(schema["$id"], schema, store=store)
    return jsonschema.Draft7Validator(schema, resolver=resolver)


@pytest.fixture
def packed(project):
    """A machine with a package, a service with the same one and another."""
    project.lock()
    text = (project.dir / "t.lock").read_text()
    for names in (["a"], ["a", "b+x"]):
        asked = ", ".join(f'"{name}"' for name in names)
        text += f"  - kind: debian\n    packages: [{asked}]\n    pins:\n"
        for name in names:
            control = b"Package: a\n" if name == "a" else b"Package: b\nSource: src (7.1)\n"
            body = deb([(f"./usr/{name}", b"x")], tar([("./control", control)]))
            sha = hashlib.sha256(body).hexdigest()
            project.write(f"out/.cache/blob/{sha[:2]}/{sha}", body)
            text += (f'      - {{name: "{name}", version: "1:2+b~1", arch: amd64, size: {len(body)},\n'
                     f'         sha256: {sha}}}\n')
    project.write("t.lock", text)
    project.write("t.yml", IMAGE.replace("services:", "  - debian: {packages: [a]}\nservices:")
                  .replace("      - file:", "      - debian: {packages: [a, b+x]}\n      - file:"))
    return project


def sbom(project, *args, **more):
    result = project.ingot("sbom", "-q", "t.yml", *args, **more)
    assert result.status == 0 and result.err == "", result
    return result.out


def test_cyclonedx_is_right_by_the_published_schema(packed, cyclonedx):
    told = json.loads(sbom(packed, "--format", "cyclonedx"))
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in cyclonedx.iter_errors(told)]
    assert not errors, errors
    told["components"][0]["type"] = "thing"
    assert list(cyclonedx.iter_errors(told))  # it looks


def test_spdx_is_right_by_the_published_schema():
    pytest.skip("no package registry carries SPDX 2.3's JSON schema: its rules are held against the document below")


def test_spdx_holds_what_the_specification_wants(packed):
    """SPDX 2.3, clauses 6, 7 and 11: what a document, a package and a relationship must have, and in which form."""
    told = json.loads(sbom(packed))
    assert told["spdxVersion"] == "SPDX-2.3" and told["dataLicense"] == "CC0-1.0"
    assert told["SPDXID"] == "SPDXRef-DOCUMENT" and told["name"] == "t"
    assert re.fullmatch(r"https://[^#]+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told["documentNamespace"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["creationInfo"]["created"])
    assert all(re.match(r"(Tool|Person|Organization): ", creator) for creator in told["creationInfo"]["creators"])
    ids = {package["SPDXID"] for package in told["packages"]}
    assert len(ids) == len(told["packages"]) > 7
    for package in told["packages"]:
        assert re.fullmatch(r"SPDXRef-[a-zA-Z0-9.-]+", package["SPDXID"])
        assert package["name"] and package["downloadLocation"] == "NOASSERTION"
        assert package["filesAnalyzed"] is False and "packageVerificationCode" not in package
        assert package["licenseConcluded"] == package["copyrightText"] == "NOASSERTION"
        for checksum in package.get("checksums", []):
            assert checksum["algorithm"] == "SHA256" and re.fullmatch("[0-9a-f]{64}", checksum["checksumValue"])
        for ref in package.get("externalRefs", []):
            assert ref["referenceCategory"] == "PACKAGE-MANAGER" and ref["referenceType"] == "purl"
    relations = [(r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"]) for r in told["relationships"]]
    assert ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image") in relations
    contained = {to for _, what, to in relations if what == "CONTAINS"}
    assert contained == ids - {"SPDXRef-Image"}


def test_packages_are_told_with_version_digest_and_source(packed):
    by_name = {package["name"]: package for package in json.loads(sbom(packed))["packages"]}
    package = by_name["b+x"]
    assert package["versionInfo"] == "1:2+b~1" and package["licenseDeclared"] == "NOASSERTION"
    assert package["externalRefs"][0]["referenceLocator"] == "pkg:deb/debian/b%2Bx@1%3A2%2Bb~1?arch=amd64"
    assert package["sourceInfo"] == "built from the source package src 7.1"
    assert package["comment"] == "in the roots of: web"
    assert by_name["a"]["comment"] == "in the roots of: machine, web"
    assert by_name["a"]["sourceInfo"] == "built from the source package a 1:2+b~1"
    assert by_name["linux-image-test"]["comment"] == "in the roots of: kernel"
    blob = packed.dir / "out/.cache/blob"
    sha = package["checksums"][0]["checksumValue"]
    assert hashlib.sha256((blob / sha[:2] / sha).read_bytes()).hexdigest() == sha
    own = by_name["ingot /init"]
    assert own["licenseDeclared"] == "MIT" and own["versionInfo"]


def test_busybox_is_told_with_its_version_and_licence(packed):
    packed.write("t.yml", IMAGE.replace("services:", "  - busybox: {}\nservices:"))
    by_name = {package["name"]: package for package in json.loads(sbom(packed))["packages"]}
    assert by_name["busybox"]["licenseDeclared"] == "GPL-2.0-only"
    assert re.fullmatch(r"\d+\.\d+\.\d+", by_name["busybox"]["versionInfo"])
    program = (INGOT.parent / "busybox").read_bytes()
    assert by_name["busybox"]["checksums"][0]["checksumValue"] == hashlib.sha256(program).hexdigest()


def test_files_of_recipes_are_told_by_cyclonedx(packed):
    told = json.loads(sbom(packed, "--format", "cyclonedx"))
    files = {c["name"]: c for c in told["components"] if c["type"] == "file"}
    assert sorted(files) == ["/etc/motd", "/svc/web/usr/bin/prog"]
    assert files["/etc/motd"]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(b"hello\n").hexdigest()}]
    assert {"name": "ingot:origin", "value": "t.yml:4"} in files["/etc/motd"]["properties"]
    refs = [component["bom-ref"] for component in told["components"]]
    assert sorted(refs) == sorted(set(refs)) == sorted(told["dependencies"][0]["dependsOn"])


@pytest.mark.parametrize("form", ["spdx", "cyclonedx"])
def test_the_same_bytes_whoever_asks(packed, form):
    first = sbom(packed, "--format", form)
    assert sbom(packed, "--format", form) == first
    assert sbom(packed, "--format", form, preexec_fn=lambda: os.umask(0o077),
                env={"TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "HOME": "/tmp", "USER": "x"}) == first
    os.utime(packed.dir / "prog", (10**9, 10**9))
    assert sbom(packed, "--format", form) == first
    packed.write("prog", elf() + b"other")
    assert sbom(packed, "--format", form) != first  # another image has another serial number


def test_another_format_is_refused(project, one_line):
    line = one_line(project.ingot("sbom", "--format", "xml", "t.yml"), status=2)
    assert line == "ingot: --format is spdx or cyclonedx, not xml"


CANARY = "canary-7f3a91"


def holders(folder):
    """Every file below that holds the canary, also compressed."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        if data.startswith(b"\x28\xb5\x2f\xfd"):
            data += subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout
        if CANARY.encode() in data:
            yield path


def test_nothing_of_the_environment_is_written_or_kept(packed):
    """Case 30. What the image file itself says is public: it comes out as it went in."""
    env = {"SECRET": CANARY, "HOME": f"/{CANARY}", "USER": CANARY, "http_proxy": f"http://u:{CANARY}@localhost:9",
           "HOSTNAME": CANARY, "TMPDIR": "/tmp", "APT_CONFIG": f"/{CANARY}", "INGOT": CANARY}
    packed.write("t.yml", (packed.dir / "t.yml").read_text().replace("command:", "env: {A: \"$SECRET\"}\n    command:"))
    for args in (["build"], ["show"], ["show", "--effective"], ["plan"], ["size"], ["verify"], ["sbom"],
                 ["sbom", "--format", "cyclonedx"], ["why"], ["run", "--accel", "none"]):
        result = packed.ingot(*args, "t.yml", *(["/etc/motd"] if args == ["why"] else []), env=env)
        assert CANARY not in result.out + result.err, (args, result)
        assert result.status == 0 or args[0] == "run", (args, result)
    assert list(holders(packed.dir)) == []
    assert "env: A=$SECRET" in packed.ingot("show", "-q", "t.yml", env=env).out  # nothing is expanded
    packed.write("seen", CANARY)
    assert list(holders(packed.dir)) == [packed.dir / "seen"]
