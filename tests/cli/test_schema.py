# SPDX-License-Identifier: MIT
"""`ingot schema`: what a third-party validator makes of it. Every shipped file is right by it, and every key that it
holds is mutated once in each way (another name, another type, left out where it is required): both the schema and
`ingot check` must refuse each (case 5)."""
import copy
import json

import jsonschema
import pytest
import yaml

from cli_project import IMAGE, RECIPE


def schema_of(project, *what):
    result = project.ingot("schema", *what)
    assert result.status == 0 and result.err == "", result
    schema = json.loads(result.out)
    jsonschema.Draft7Validator.check_schema(schema)
    return schema


def is_right(schema, value):
    return not list(jsonschema.Draft7Validator(schema).iter_errors(value))


def test_every_shipped_file_is_right_by_the_schema(top, project):
    image, recipe = schema_of(project), schema_of(project, "recipe")
    seen = {"image": 0, "recipe": 0}
    files = [p for folder in ("images", "recipes", "tests/boot") for p in sorted((top / folder).rglob("*.yml"))]
    for text in [p.read_text() for p in files] + [IMAGE, RECIPE]:
        value = yaml.safe_load(text)
        kind = "image" if "image" in value else "recipe"
        seen[kind] += 1
        jsonschema.validate(value, image if kind == "image" else recipe, cls=jsonschema.Draft7Validator)
    assert seen["image"] >= 3 and seen["recipe"] >= 4, seen


def test_there_are_two_schemas(project, one_line):
    assert schema_of(project, "image") == schema_of(project)
    line = one_line(project.ingot("schema", "lock"), status=2)
    assert line == "ingot: there is a schema of `image` and of `recipe`, not of `lock`"


@pytest.mark.parametrize("change", [
    ("image: t", "image: T"), ("/etc/motd", "etc/motd"), ("/etc/motd", "/etc/../motd"), ("/etc/motd", "/etc//motd"),
    ("8M", "8Q"), ("8M", "-8"), ("8M", "8"), ("8M}", "8M, pids: 1}"), ("8M}", "8M, cpu: 50}"),
    ("mode: 0755", "mode: 0999"), ("mode: 0755", "mode: -1"), ("8M}", "8M}\n    stop: {timeout: 5}"),
    ("8M}", "8M}\n    network: {mode: privat}"), ("8M}", "8M}\n    seccomp: strict"), ("  web:", "  Web:"),
    ("- dir: {to: /srv/data}", "- {}"), ("- dir: {to: /srv/data}", "- {dir: {to: /a}, text: {to: /b, content: c}}"),
    ("command: [/bin/prog, -x]", "command: []"), ("command: [/bin/prog, -x]", "command: [[a]]"),
    ("image: t", "image: t\nnetwork: {links: [{address: 10.0.2.256}]}"), ("image: t", "image: t\noutputs: [disk]"),
    ("command", "env: {A=B: c}\n    command"), ("command", "env: {A: [c]}\n    command"),
])
def test_a_wrong_value_is_refused_by_the_schema_and_by_check(project, change):
    schema = schema_of(project)
    assert change[0] in IMAGE and is_right(schema, yaml.safe_load(IMAGE))
    text = IMAGE.replace(*change, 1)
    assert not is_right(schema, yaml.safe_load(text)), text
    project.write("t.yml", text)
    assert project.ingot("check", "t.yml").status == 1, text


@pytest.mark.parametrize("change", [
    ("8M", "8388608"), ("8M}", "8M, pids: 64, cpu: 150%}"), ("-x]", "10, true, 1.5, ~]"), ("/etc/motd", "/"),
    ("mode: 0755", "mode: 04755"), ("8M}", "8M}\n    stop: {timeout: 5m}"),
    ("command", "env: {A: 1, B: }\n    command"), ("/etc/motd", "/..a/.b/c.."), ("hello", "a: [b]"),
])
def test_a_right_value_is_taken_by_the_schema_and_by_check(project, change):
    text = IMAGE.replace(*change, 1)
    assert text != IMAGE and is_right(schema_of(project), yaml.safe_load(text)), text
    project.write("t.yml", text)
    result = project.ingot("check", "t.yml")
    assert result.status == 0, result


# ---- every key, in every way ----

SAMPLES = ["a", "/a", "64M", "5s", "50%", "0644", "10.0.2.15", 7, 80, 200, 10001, True]


def sample(schema):
    """A value that is right by the schema and holds every key that it names."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        items = schema["items"]
        if "oneOf" not in items:
            return [sample(items)]
        kinds = [alternative["required"][0] for alternative in items["oneOf"]]
        full = sample({key: value for key, value in items.items() if key != "oneOf"})
        return [{key: value for key, value in full.items() if key == kind or key not in kinds} for kind in kinds]
    if schema.get("type") == "object":
        if "properties" in schema:
            return {key: sample(value) for key, value in schema["properties"].items()}
        return {"a": sample(schema["additionalProperties"])}
    return next(value for value in SAMPLES if is_right(schema, value))


def mutations(schema, value, path=()):
    """(what, where, change) for each key below: change(copy of the whole) makes the mutation."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from mutations(schema["items"], item, path + (i,))
    if not isinstance(value, dict):
        return
    own = "properties" in schema
    if own:
        yield "unknown", path, lambda at: at.__setitem__("zzzzzzzz", 1)
    for key, item in value.items():
        below = schema["properties"][key] if own else schema["additionalProperties"]
        wrong = {"wrong": 1} if not isinstance(item, dict) else [1]
        yield "retyped", path + (key,), lambda at, key=key, wrong=wrong: at.__setitem__(key, wrong)
        if key in schema.get("required", []):
            yield "missing", path + (key,), lambda at, key=key: at.__delitem__(key)
        yield from mutations(below, item, path + (key,))


def errors_of(project, name, value):
    project.write(name, json.dumps(value))
    return set(line.split(": ", 1)[1] for line in project.ingot("check", "t.yml").lines[:-1])


@pytest.mark.parametrize("what, name, expected", [("image", "t.yml", 300), ("recipe", "recipes/a.yml", 60)])
def test_every_key_mutated_once_is_refused(project, what, name, expected):
    schema = schema_of(project, what)
    whole = sample(schema)
    assert is_right(schema, whole)
    if what == "recipe":
        project.write("t.yml", IMAGE + "recipes: [a]\n")
    base = errors_of(project, name, whole)  # of what the samples mean together; never of form
    assert not [line for line in base if "unknown key" in line or "must be " in line or "missing" in line], base
    said = {"unknown": "unknown key `zzzzzzzz`", "retyped": "must be ", "missing": "is missing: "}
    made = 0
    for how, path, change in mutations(schema, whole):
        mutant = copy.deepcopy(whole)
        at = mutant
        for step in path if how == "unknown" else path[:-1]:
            at = at[step]
        change(at)
        assert not is_right(schema, mutant), (how, path)
        new = errors_of(project, name, mutant) - base
        assert any(said[how] in line for line in new), (how, path, new)
        made += 1
    assert made >= expected, made
