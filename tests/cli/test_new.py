"""`workshops new`: drafts that are sound as they are written, and runs added without touching another byte."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workshops.cli import main
from workshops.site.reader import load_content, read_content
from workshops.site.scaffold import RunExists, RunsUnreadable, TitleUnfit, WorkshopExists, new_run, new_workshop

if TYPE_CHECKING:
    from workshops.site.content import Content

WHOLE = Path(__file__).parents[1] / "site" / "content_examples" / "whole"
DRAFTING = "drafting-surveillance-applications"

one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["new", *arguments])


def new_one(project: Path) -> tuple[str, str]:
    """The slug and the title of the workshop that has come."""
    (page,) = (page for page in load_content(project / "content").workshops if page.workshop.slug not in KNOWN)
    return page.workshop.slug, page.workshop.title


KNOWN = {DRAFTING, "working-with-sources"}
TODAY = date(2027, 1, 5)

# A workshop. ---------------------------------------------------------------------------------------------------------


def test_a_new_workshop_is_a_draft_that_passes_the_check(project: Path) -> None:
    result = run("workshop", "Interviewing children")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "content/workshops/interviewing-children.md"
    assert "write status: published" in result.stdout
    reading = read_content(project / "content")
    assert (reading.faults, reading.warnings) == ((), ())
    assert new_one(project) == ("interviewing-children", "Interviewing children")
    assert {page.workshop.slug: page.status for page in content(project).workshops}["interviewing-children"] == "draft"


def test_a_draft_cannot_be_published_with_its_placeholders(project: Path) -> None:
    run("workshop", "Interviewing children")
    path = project / "content" / "workshops" / "interviewing-children.md"
    path.write_text(path.read_text(encoding="utf-8").replace("status: draft", "status: published"), encoding="utf-8")
    assert [fault.message for fault in read_content(project / "content").faults] == [
        "summary: the draft's placeholder is still here: write your own",
        "topics[0]: the draft's placeholder is still here: write your own",
    ]


def test_every_commented_field_of_a_draft_is_sound_once_the_mark_is_taken_away(project: Path) -> None:
    run("workshop", "Interviewing children")
    path = project / "content" / "workshops" / "interviewing-children.md"
    lines = path.read_text(encoding="utf-8").split("\n")
    opened = [
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") and number > 3 else line
        for number, line in enumerate(lines)
    ]
    text = "\n".join(opened).replace("picture.png", "drafting.png").replace("first-last", "adrian-example")
    path.write_text(text.replace("mode: online", "mode: hybrid"), encoding="utf-8")
    reading = read_content(project / "content")
    assert [str(fault) for fault in reading.faults] == []
    assert [fault.message for fault in reading.warnings] == ["highlights: 1 given, three to six read best"]


def test_a_workshop_is_never_overwritten(project: Path) -> None:
    run("workshop", "Interviewing children")
    path = project / "content" / "workshops" / "interviewing-children.md"
    path.write_text("mine", encoding="utf-8")
    result = run("workshop", "Interviewing: children!")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: content/workshops/interviewing-children.md is there already: nothing was written; "
        "choose another title or --slug\n"
    )
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Crime & courts: what's new?", "crime-and-courts-whats-new"),
        ("Café déjà vu – Łódź, Straße, Ærø", "cafe-deja-vu-lodz-strasse-aero"),
        ('"Quoted" # and: {odd} [text] \\ *here* | > % @ `', "quoted-and-odd-text-here"),
        ("no", "no"),
        ("2027-02-30", "2027-02-30"),
        ("  spaced \n out  ", "spaced-out"),
        ("- a dash", "a-dash"),
        ("{title}", "title"),
    ],
)
def test_an_odd_title_is_kept_as_it_is_and_spelt_out_in_the_address(project: Path, title: str, slug: str) -> None:
    assert run("workshop", "--", title).exit_code == 0
    assert new_one(project) == (slug, " ".join(title.split()))


def test_a_long_title_is_kept_and_cut_at_a_word_in_the_address(project: Path) -> None:
    title = ("Interviewing " * 30).strip()[:300]
    assert run("workshop", title).exit_code == 0
    assert new_one(project) == ("interviewing-interviewing-interviewing-interviewing", title.strip())


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("", "no workshop can be called '': nothing is written here: fill it in"),
        ("   ", "no workshop can be called '': nothing is written here: fill it in"),
        ("!?…", "no workshop can be called '!?…': no letter or digit of it fits an address; give one with --slug"),
        ("東京", "no workshop can be called '東京': no letter or digit of it fits an address; give one with --slug"),
        (
            "archive",
            "no workshop can be called 'archive': the site needs the address of archive itself; give another with --slug",
        ),
        ("x" * 501, f"no workshop can be called '{'x' * 39}…': 501 characters are too many: write at most 500"),
        ("a\x1bb", "no workshop can be called 'a\\x1bb': it has an invisible character (U+001B) in it"),
    ],
)
def test_a_title_that_makes_no_page_is_refused(project: Path, title: str, reason: str) -> None:
    result = run("workshop", title)
    assert (result.exit_code, result.stderr) == (1, f"Error: {reason}\n")
    assert {path.stem for path in (project / "content" / "workshops").iterdir()} == KNOWN


def test_a_slug_may_be_given(project: Path) -> None:
    assert run("workshop", "東京", "--slug", "tokyo").exit_code == 0
    assert new_one(project) == ("tokyo", "東京")
    result = run("workshop", "Kyoto", "--slug", "../kyoto")
    assert result.exit_code == 1
    assert "../kyoto cannot be part of an address: write kyoto" in result.stderr


@one_folder
@given(title=st.text(max_size=90))
@example(title="---")
@example(title="a\u0085b")
@example(title="\U0001f600 a")
def test_any_title_makes_a_sound_draft_or_is_refused(tmp_path: Path, title: str) -> None:
    folder = tmp_path / "content"
    if not folder.exists():
        copytree(WHOLE, folder)
    try:
        path = new_workshop(folder, title, today=TODAY)
    except (TitleUnfit, WorkshopExists):
        return
    try:
        reading = read_content(folder)
        assert reading.faults == ()
        assert path.stem in {page.workshop.slug for page in content_of(reading.content)}
    finally:
        path.unlink()


# A run. --------------------------------------------------------------------------------------------------------------


def test_a_new_run_is_the_last_and_nothing_else_changes(project: Path) -> None:
    path = project / "content" / "workshops" / f"{DRAFTING}.md"
    before = path.read_text(encoding="utf-8")
    result = run("run", DRAFTING, "2027-12-01")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"content/workshops/{DRAFTING}.md"
    after = path.read_text(encoding="utf-8")
    added = '  - id: "2027-12-01"\n    starts: 2027-12-01\n'
    assert after == before.replace("  - starts: 2027-11-02\n", f"  - starts: 2027-11-02\n{added}")
    assert [run.id for run in content(project).workshops[0].workshop.runs][-1] == "2027-12-01"


LAYOUTS = {
    "runs before other fields": (
        "runs:\n  - starts: 2027-06-01\n    capacity: 5   # five\n    # a note on it\n\n# of the next\nstatus: draft\n",
        "runs:\n  - starts: 2027-06-01\n    capacity: 5   # five\n    # a note on it\nNEW\n# of the next\nstatus: draft\n",
    ),
    "no indentation": ("runs:\n- starts: 2027-06-01\n", "runs:\n- starts: 2027-06-01\nNEW"),
    "braces in a list": ("runs:\n    - {starts: 2027-06-01}\n", "runs:\n    - {starts: 2027-06-01}\nNEW"),
    "brackets": (
        "runs: [{starts: 2027-06-01}] # one\n",
        'runs: [{starts: 2027-06-01}, {id: "2027-12-01", starts: 2027-12-01}] # one\n',
    ),
    "brackets on several lines": (
        "runs: [\n  {starts: 2027-06-01},\n]\n",
        'runs: [\n  {starts: 2027-06-01}, {id: "2027-12-01", starts: 2027-12-01},\n]\n',
    ),
    "days": (
        "runs:\n  - days:\n      - {starts: 2027-06-01}\n      - starts: 2027-06-02\n",
        "runs:\n  - days:\n      - {starts: 2027-06-01}\n      - starts: 2027-06-02\nNEW",
    ),
    "no run yet": ("runs:   # none yet\nstatus: draft\n", "runs:   # none yet\nNEWstatus: draft\n"),
    "empty brackets": ("runs: []\n", 'runs: [{id: "2027-12-01", starts: 2027-12-01}]\n'),
    "a folded text last": (
        "runs:\n  - starts: 2027-06-01\n    rates:\n      - {id: a, price: 5, name: A}\n      - price: 6\n        id: b\n        name: >\n          Long\n          name\n\n\nstatus: draft\n",
        None,
    ),
}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_run_fits_in_however_the_list_is_written(project: Path, layout: str, ending: str) -> None:
    path = project / "content" / "workshops" / "working-with-sources.md"
    runs, expected = LAYOUTS[layout]
    text = path.read_text(encoding="utf-8").replace("runs:\n  - starts: 2027-06-01\n", runs)
    text = text.replace("status: draft\n", "", 1) if runs.endswith("status: draft\n") else text
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", ending).encode())
    new_run(project / "content", "working-with-sources", "2027-12-01")
    after = path.read_bytes()
    if expected:
        indent = " " * (runs.index("- ") - len("runs:\n")) if "\n" in runs[:7] and "- " in runs else "  "
        new = f'{indent}- id: "2027-12-01"\n{indent}  starts: 2027-12-01\n'
        whole = text.replace(runs, expected.replace("NEW", new))
        assert after == b"\xef\xbb\xbf" + whole.replace("\n", ending).encode()
    assert after.startswith(b"\xef\xbb\xbf")
    assert read_content(project / "content").faults == ()
    assert [run.id for run in content(project).workshops[1].workshop.runs][-1] == "2027-12-01"


@pytest.mark.parametrize(
    ("slug", "date", "sentence"),
    [
        (DRAFTING, "2027-04-28", f"content/workshops/{DRAFTING}.md has a run 2027-04-28 already: nothing was written"),
        (DRAFTING, "2027-11-02", f"content/workshops/{DRAFTING}.md has a run 2027-11-02 already: nothing was written"),
        (DRAFTING, "2027-09-14", f"content/workshops/{DRAFTING}.md has a run 2027-09-14 already: nothing was written"),
        (DRAFTING[:-1], "2027-12-01", f"there is no workshop {DRAFTING[:-1]}: did you mean {DRAFTING}?"),
        ("../provider", "2027-12-01", "there is no workshop ../provider"),
        (DRAFTING, "1 December 2027", "1 December 2027 is not a date: write 2027-12-01"),
        (DRAFTING, "2027-02-30", "2027-02-30 is not a date: the calendar has no such day"),
        (DRAFTING, "2027-12-01 10:00", "write the date alone, 2027-12-01, and then the times in the file"),
    ],
)
def test_a_run_that_cannot_be_added_is_refused_and_nothing_written(
    project: Path, slug: str, date: str, sentence: str
) -> None:
    path = project / "content" / "workshops" / f"{DRAFTING}.md"
    before = path.read_bytes()
    result = run("run", slug, date)
    assert (result.exit_code, result.stderr) == (1, f"Error: {sentence}\n")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("runs:\n  - starts: 2027-06-01\n", "", "it has no list of runs: add a line runs: to its fields first"),
        (
            "runs:\n  - starts: 2027-06-01\n",
            "runs: soon\n",
            "it has no list of runs: add a line runs: to its fields first",
        ),
        ("topics: [covert]", "topics: [covert", "line 5: this list [like, this] lacks a comma or its closing bracket"),
        ("topics: [covert]", "title: again", "line 5: title is given twice: it is on line 2 already"),
        (
            "topics: [covert]",
            "topics: &a [covert]",
            "line 5: &a names a value: write the value alone, or put the text in quotes",
        ),
    ],
)
def test_a_file_that_cannot_be_read_safely_is_left_alone(project: Path, old: str, new: str, reason: str) -> None:
    path = project / "content" / "workshops" / "working-with-sources.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(RunsUnreadable) as raised:
        new_run(project / "content", "working-with-sources", "2027-12-01")
    assert raised.value.reason == reason


def test_the_same_run_is_not_added_twice(project: Path) -> None:
    new_run(project / "content", DRAFTING, "2027-12-01")
    with pytest.raises(RunExists):
        new_run(project / "content", DRAFTING, "2027-12-01")


# ---------------------------------------------------------------------------------------------------------------------


def content(project: Path) -> Content:
    return load_content(project / "content")


def content_of(content: Content | None):
    assert content is not None
    return content.workshops
