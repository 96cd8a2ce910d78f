# SPDX-License-Identifier: MIT
"""What a build finds out about programs before anybody boots them (case 4): the wrong processor, a loader or a library
that is not in the root, a script without its interpreter; all of them in one run, each at its command's place."""
import pytest

from cli_project import IMAGE, elf

LOADER = "/lib64/ld-linux-x86-64.so.2"
PROG = "t.yml:10:15: /usr/bin/prog in the root of `web` "
WITH_FILES = PROG.replace("10", "11")


def built(project, image=IMAGE):
    project.lock()
    project.write("t.yml", image)
    result = project.ingot("build", "t.yml")
    assert result.status == 0, result
    return result


def refused(project, image=IMAGE):
    project.lock()
    project.write("t.yml", image)
    result = project.ingot("build", "-q", "t.yml")
    assert result.status == 1 and result.out == "", result
    *errors, last = result.lines
    assert last == f"ingot: {len(errors)} error{'' if len(errors) == 1 else 's'}; nothing was built", result
    assert not (project.dir / "out" / "t").exists()
    return errors


def with_files(*files):
    """The image with more files in the service's root: (text or host file, where it goes)."""
    more = "".join(f"      - file: {{path: {path}, to: {to}, mode: 0755}}\n" for path, to in files)
    return IMAGE.replace("      - dir: {to: /srv/data}\n", more)


def test_another_processor_is_named(project):
    project.write("prog", elf(183))
    assert refused(project) == [PROG + "is for aarch64, the machine is x86_64: "
                                "take the package of the machine's architecture"]


def test_a_loader_that_is_not_there_is_named(project):
    project.write("prog", elf(interpreter=LOADER))
    assert refused(project) == [PROG + f"needs the loader {LOADER}, which is not "
                                "there: add the package that holds it (Debian: libc6), or link the program statically"]


def test_a_library_that_is_not_there_is_named_and_so_is_what_loads_it(project):
    project.write("prog", elf(interpreter=LOADER, needed=["liba.so.1"]))
    project.write("ld", elf())
    project.write("liba", elf(needed=["libb.so.2", "ld-linux-x86-64.so.2"]))
    image = with_files(("ld", LOADER), ("liba", "/usr/lib/x86_64-linux-gnu/liba.so.1"))
    assert refused(project, image) == [
        "t.yml:11:15: /lib/x86_64-linux-gnu/liba.so.1 in the root of `web`, which /usr/bin/prog loads, needs the "
        "library libb.so.2, which is not there: add the package that holds it, or take it out of `drop` or `exclude`"]
    project.write("libb", elf())
    built(project, image.replace("      - file: {path: liba,", "      - file: {path: libb, to: /lib/libb.so.2}\n"
                                 "      - file: {path: liba,"))


def test_a_library_for_another_processor_is_none(project):
    project.write("prog", elf(interpreter=LOADER, needed=["liba.so.1"]))
    project.write("ld", elf())
    project.write("liba", elf(183))
    image = with_files(("ld", LOADER), ("liba", "/lib/liba.so.1")).replace("to: /lib/liba.so.1, mode: 0755",
                                                                           "to: /lib/liba.so.1")
    assert refused(project, image) == [WITH_FILES + "needs the library liba.so.1, which "
                                       "is not there: /lib/liba.so.1 is for aarch64"]


def test_a_library_where_the_loader_does_not_look(project):
    project.write("prog", elf(interpreter=LOADER, needed=["liba.so.1"]))
    project.write("ld", elf())
    image = with_files(("ld", LOADER), ("ld", "/opt/liba.so.1"))
    assert refused(project, image) == [WITH_FILES + "needs the library liba.so.1, which "
                                       "is not there: it is in /opt, where its loader does not look: write "
                                       "`env: {LD_LIBRARY_PATH: /opt}`"]
    built(project, image.replace("    limits", "    env: {LD_LIBRARY_PATH: /opt}\n    limits"))


def test_a_script_without_its_interpreter(project):
    project.write("prog", "#!/bin/sh\n")
    assert refused(project) == ["t.yml:10:15: no /bin/sh in the root of `web`, which /usr/bin/prog is a script for: "
                                "which recipe brings it?"]


def test_a_script_for_env_is_followed_through_its_path(project):
    project.write("prog", "#!/usr/bin/env tool\n")
    project.write("static", elf())
    image = with_files(("static", "/usr/bin/env"))
    assert refused(project, image) == [PROG + "is a script for tool, which is in no "
                                       "folder of its PATH (/bin:/usr/bin): which recipe brings it?"]
    image = with_files(("static", "/usr/bin/env"), ("static", "/opt/tool"))
    built(project, image.replace("    limits", "    env: {PATH: /opt}\n    limits"))


def test_scripts_that_are_each_others_interpreters(project):
    project.write("prog", "#!/bin/prog\n")
    assert refused(project) == ["t.yml:10:15: /usr/bin/prog in the root of `web`: more than 5 scripts are each other's "
                                "interpreters"]


@pytest.mark.parametrize("content", ["", "echo hello\n", "#!\n"])
def test_what_is_neither_program_nor_script(project, content):
    project.write("prog", content)
    assert refused(project) == [PROG + "is neither a program nor a script: a "
                                "script begins with #!/bin/sh or the like"]


def test_a_damaged_program(project):
    project.write("prog", elf(interpreter=LOADER)[:100])
    assert refused(project) == [PROG + "cannot be executed: its headers lie outside "
                                "the file"]


def test_all_services_in_one_run(project):
    project.write("prog", elf(183))
    more = IMAGE.replace("  web:", "  api:").split("services:\n")[1].replace("/bin/prog, -x", "/bin/gorp")
    lines = refused(project, IMAGE + more)
    assert [line.split(": ")[0] for line in lines] == ["t.yml:10:15", "t.yml:16:15", "t.yml:16:15"], lines
    assert "is for aarch64" in lines[0] and "is for aarch64" in lines[1] + lines[2]


def test_what_no_command_names_is_a_note_and_not_an_error(project):
    """Packages hold tools whose libraries a recipe drops on purpose."""
    project.write("tool", elf(interpreter=LOADER, needed=["liba.so.1"]))
    result = built(project, with_files(("tool", "/usr/bin/tool")))
    assert ("the root of `web`: 1 program that no command names lacks a loader or a library there: /usr/bin/tool"
            in result.lines)


def test_another_processors_tools_are_an_error_unless_they_are_unchecked(project):
    project.write("tool", elf(183))
    image = with_files(("tool", "/srv/tftp/tool"))
    lines = refused(project, image)
    assert len(lines) == 1 and "/srv/tftp/tool in the root of `web` is for aarch64" in lines[0]
    assert lines[0].endswith(", or name it in `unchecked` where it is there for other machines")
    built(project, image.replace("    limits", "    unchecked: [/srv/tftp]\n    limits"))


def test_an_unchecked_path_without_a_program_is_refused(project):
    lines = refused(project, IMAGE + "    unchecked: [/srv/tftp]\n")
    assert lines == ["t.yml:12:16: no program is at or below /srv/tftp in the root of `web`: take it out of "
                     "`unchecked`"]


def test_a_program_of_the_machine_itself(project):
    project.write("tool", elf(183))
    image = IMAGE.replace("services:", "  - file: {path: tool, to: /bin/tool, mode: 0755}\nservices:")
    lines = refused(project, image)
    assert len(lines) == 1 and "/usr/bin/tool in the machine's root is for aarch64" in lines[0]
    built(project, image.replace("services:", "unchecked: [/usr/bin/tool]\nservices:"))
