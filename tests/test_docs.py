"""The documentation keeps up with the program: whatever a person can type or set is in README.md or docs/."""

import re
import subprocess
from pathlib import Path

import click
import pytest
from pelican.settings import DEFAULT_CONFIG

import pelicanconf
import publishconf
import workshops.settings
from workshops.cli import main
from workshops.domain.booking import TRANSITIONS
from workshops.site import schema

PROJECT = Path(__file__).resolve().parent.parent
READ_ME = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
DOCUMENTS = {path: path.read_text("utf-8") for path in READ_ME if path.exists()}
ALL = "\n".join(DOCUMENTS.values())

SOURCES = ("src/**/*.py", "functions/*.py", "infra/*.py", "*conf.py")
PELICANS = {"PELICAN_CLASS", "TIMEZONE"}
"""Settings of Pelican's own that have no default there."""

HOSTS = re.compile(r"://|index-url|find-links|\b[a-z0-9-]+\.(?:org|com|io|net)\b")
"""What a lock would hold if it told where its packages came from."""

MACHINE_PATHS = re.compile("|".join(rf"(?<![\w.])/{folder}/\w" for folder in ("work", "tmp", "root", "home", "Users")))


def targets():
    return re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)


def commands(command=main, *words):
    """Every command of the program with its full name, such as `workshops new run`."""
    name = " ".join(("workshops", *words))
    yield name, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for word in command.list_commands(context):
                yield from commands(command.get_command(context, word), *words, word)


def options():
    for name, command in commands():
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("--") and option != "--version":
                    yield name, option


def variables():
    """What the functions must be told, and what anything else looks up in its environment."""
    source = "\n".join(path.read_text("utf-8") for pattern in SOURCES for path in PROJECT.glob(pattern))
    looked_up = re.findall(r'(?:environ(?:ment)?(?:\.get\(|\[)|envvar=)"((?:WORKSHOPS|STRIPE)_[A-Z_]+)"', source)
    return sorted({*looked_up, *workshops.settings._NAMES})


def settings():
    ours = {name for conf in (pelicanconf, publishconf) for name in vars(conf) if name[0].isalpha() and name.isupper()}
    return sorted(ours - DEFAULT_CONFIG.keys() - PELICANS)


def fields():
    """Every field that an editor can write, as `kind of file or part: field`."""
    for model in vars(schema).values():
        if isinstance(model, type) and issubclass(model, schema.Fields):
            for name, field in model.model_fields.items():
                yield f"{model.__name__.removesuffix('Fields').lower()}: {field.alias or name}"


def missing(names):
    """Those that no document says, each a whole word."""
    return [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", ALL)]


def require(unsaid):
    listed = "".join(f"\n  {name}" for name in unsaid)
    assert not listed, f"README.md and docs/ do not say:{listed}"


def test_every_make_target_is_documented():
    require(missing(f"make {target}" for target in targets()))


def test_every_command_is_documented():
    require(missing(name for name, _ in commands()))


def test_every_option_is_documented():
    unsaid = set(missing({option for _, option in options()}))
    require(f"{name} {option}" for name, option in options() if option in unsaid)


def test_every_environment_variable_is_documented():
    require(missing(variables()))


def test_every_setting_of_the_site_is_documented():
    require(missing(settings()))


def test_every_field_of_the_content_is_documented():
    unsaid = set(missing({name.partition(": ")[2] for name in fields()}))
    require(name for name in fields() if name.partition(": ")[2] in unsaid)


def test_the_search_looks_where_it_should():
    """None of the tests above can pass by finding nothing to look for."""
    assert {"demo", "serve", "test", "test-all", "check", "bench", "package"} <= set(targets())
    assert {"workshops serve", "workshops build", "workshops check", "workshops new run"} <= dict(commands()).keys()
    assert ("workshops serve", "--as-of") in set(options())
    assert {"STRIPE_SECRET_KEY", "WORKSHOPS_TOKEN_SECRET", "WORKSHOPS_CHROMIUM"} <= set(variables())
    assert {"AS_OF", "CATALOGUE_PATH"} <= set(settings())
    assert {"workshop: title", "run: capacity", "discount: from"} <= set(fields())
    assert missing(["make tea", "--no-such-option"]) == ["make tea", "--no-such-option"]


def test_the_diagram_of_booking_states_is_the_transition_table():
    drawn = re.findall(r"^    (\w+ --> \w+: \w+)$", (PROJECT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE)
    assert drawn == [f"{before} --> {then}: {step}" for (before, step), then in TRANSITIONS.items()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_document_sends_nobody_to_what_is_not_there(path):
    text = DOCUMENTS[path]
    written = set(re.findall(r"(?:^\s*|`)make ([a-z][a-z-]*)", text, re.MULTILINE))
    assert written <= set(targets()), f"{path.name} tells to make {sorted(written - set(targets()))}"
    links = re.findall(r"\]\((?!https?:|mailto:|#|\{)([^)#\s]+)", text)
    missing_files = [link for link in links if not (path.parent / link).exists()]
    assert not missing_files, f"{path.name} links to {missing_files}"


@pytest.mark.parametrize("lock", ["dev.txt", "local.txt", "functions.txt"])
def test_a_lock_tells_no_registry_and_pins_every_package_with_hashes(lock):
    lines = (PROJECT / "infra/locks" / lock).read_text("utf-8").splitlines()
    assert [line for line in lines if HOSTS.search(line)] == []
    entries = re.split(r"\n(?=[a-z])", "\n".join(line for line in lines if not line.lstrip().startswith("#")).strip())
    assert len(entries) > 5
    assert [
        entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+.*\\\n\s+--hash=sha256:[0-9a-f]{64}", entry)
    ] == []


def test_no_file_of_the_project_tells_the_paths_of_a_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True)
    found = [f"{name}: {told}" for name in filter(None, listed.stdout.split("\0")) for told in _paths(PROJECT / name)]
    assert not found, "\n".join(found)


def test_the_search_for_paths_can_see():
    assert MACHINE_PATHS.search("see " + str(Path("/", "home", "alex", "notes")))
    assert not MACHINE_PATHS.search("/workshops/x/ content/work/x")


# ----------------------------------------------------------------------------------------------------------------------


def _paths(path):
    text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    return [line.strip() for line in text.splitlines() if MACHINE_PATHS.search(line)]
