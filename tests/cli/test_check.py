"""`workshops check`: what it prints and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from workshops.cli import main
from workshops.formats import catalogue
from workshops.site.reader import load_content

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


def spoil(project: Path, path: str, old: str, new: str) -> None:
    file = project / "content" / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_sound_content_prints_nothing_and_ends_with_0(project: Path) -> None:
    assert (project / "content").is_dir()
    result = run()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no faults, no warnings, no notes.\n")


def test_every_fault_is_a_line_and_it_ends_with_1(project: Path) -> None:
    spoil(project, "workshops/working-with-sources.md", "topics:", "topcs:")
    spoil(project, "speakers/adrian-example.md", "name:", "nme:")
    result = run()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "content/speakers/adrian-example.md:2:1: nme: did you mean name?",
        "content/workshops/working-with-sources.md:5:1: topcs: did you mean topics?",
    ]
    assert result.stderr == "2 faults, no warnings, no notes.\n"


def test_a_warning_is_marked_and_no_reason_to_fail(project: Path) -> None:
    spoil(project, "workshops/working-with-sources.md", "Working with sources", "Working with sources " * 4)
    result = run()
    assert result.exit_code == 0
    assert result.stdout == (
        "content/workshops/working-with-sources.md:2:8: warning: title has 83 characters: search engines cut it after 70\n"
    )


def test_an_empty_provider_field_is_a_note_and_a_fault_for_publishing(project: Path) -> None:
    spoil(project, "provider.yaml", 'telephone: "+44 20 7946 0000"', "telephone:")
    told = "telephone is empty: fill it in before the site is published"
    result = run()
    assert (result.exit_code, result.stdout) == (0, f"content/provider.yaml:15:11: note: {told}\n")
    result = run("--publish")
    assert (result.exit_code, result.stdout) == (1, f"content/provider.yaml:15:11: {told}\n")


def test_named_files_alone_are_printed_though_all_are_read(project: Path) -> None:
    spoil(project, "speakers/adrian-example.md", "photo: people/adrian.png", "photo: nobody.png")
    spoil(project, "workshops/working-with-sources.md", "speakers: []", "speakers: [adrian]")
    result = run("content/workshops/working-with-sources.md")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "content/workshops/working-with-sources.md:6:12: speakers[0]: there is no content/speakers/adrian.md: did you mean adrian-example?"
    ]
    assert result.stderr == "1 fault, no warnings, no notes; 1 more in other files.\n"


def test_a_sound_named_file_ends_with_0_and_says_that_others_are_not(project: Path) -> None:
    spoil(project, "speakers/adrian-example.md", "photo: people/adrian.png", "photo: nobody.png")
    result = run("content/pages/privacy.md")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no faults, no warnings, no notes; 1 more in other files.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["content/nowhere.md"], "Path 'content/nowhere.md' does not exist."),
        (["outside.md"], "outside.md is not in the content folder content."),
        (["--content", "nowhere"], "Directory 'nowhere' does not exist."),
        (["--wrong"], "No such option '--wrong'."),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(project: Path, arguments: list[str], sentence: str) -> None:
    (project / "outside.md").write_text("", encoding="utf-8")
    result = run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_paths_lead_to_the_files_from_where_the_command_is_called(project: Path) -> None:
    spoil(project, "speakers/adrian-example.md", "name:", "nme:")
    (project / "site").mkdir()
    (project / "content").rename(project / "site" / "content")
    result = run("--content", "site/content")
    assert result.stdout == "site/content/speakers/adrian-example.md:2:1: nme: did you mean name?\n"


def test_json_is_for_a_program_to_read(project: Path) -> None:
    spoil(project, "provider.yaml", 'telephone: "+44 20 7946 0000"', "telephone:")
    spoil(project, "speakers/adrian-example.md", "name:", "nme:")
    result = run("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "faults": [
            {
                "path": "content/speakers/adrian-example.md",
                "line": 2,
                "column": 1,
                "message": "nme: did you mean name?",
            }
        ],
        "warnings": [],
        "notes": [
            {
                "path": "content/provider.yaml",
                "line": 15,
                "column": 11,
                "message": "telephone is empty: fill it in before the site is published",
            }
        ],
    }


def test_the_catalogue_that_was_published_last_shows_what_has_gone(project: Path) -> None:
    content = load_content(project / "content")
    sold = [page.workshop for page in content.workshops if page.status != "draft"]
    text = catalogue.dump(catalogue.catalogue_of(content.provider.provider, sold, None))
    (project / "catalogue.json").write_text(text, encoding="utf-8")
    spoil(project, "workshops/drafting-surveillance-applications.md", 'id: "2027-04-28"', "id: spring")
    result = run("--previous", "catalogue.json")
    assert result.exit_code == 1
    assert result.stdout == (
        "content/workshops/drafting-surveillance-applications.md:47:3: "
        "runs: 2027-04-28 was published and is spring now: write id: 2027-04-28\n"
    )
