import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workshops.domain.workshop import RunState, state_on_offer
from workshops.formats.catalogue import load
from workshops.site.build import NoContent, NoSettings, build_site
from workshops.site.edition import AsOfUnreadable, parsed_as_of
from workshops.site.faults import ContentFaults
from workshops.site.output import OutputAmongInputs, OutputUnwritable

ROOT = Path(__file__).parents[2]
OPEN = datetime(2027, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def build(content_folder, tmp_path):
    def run(as_of=OPEN, **more):
        given = {
            "output": tmp_path / "output",
            "site_url": "https://training.example.org",
            "catalogue": tmp_path / "catalogue.json",
            "project": ROOT,
        }
        return build_site(content=content_folder, as_of=as_of, **{**given, **more})

    return run


def pelican(content, output, **environment):
    catalogue = f'CATALOGUE_PATH="{output.parent / "catalogue.json"}"'
    return subprocess.run(
        [sys.executable, "-m", "pelican", content, "-s", "pelicanconf.py", "-o", output, "-e", catalogue],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "", **environment},
        check=False,
    )


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_build_writes_every_page_feed_and_calendar(build, tmp_path):
    summary = build()
    written = files(tmp_path / "output")
    assert {path for path in written if not path.startswith("theme/")} == {
        ".workshops.json",
        "404.html",
        "booking-terms/index.html",
        "catalogue.json",
        "feed.atom",
        "images/drafting.png",
        "index.html",
        "robots.txt",
        "sitemap.xml",
        "speakers/adrian-example/index.html",
        "topics/covert/index.html",
        "topics/digital/index.html",
        "workshops.ics",
        "workshops/archive/index.html",
        "workshops/drafting/2027-04-28.ics",
        "workshops/drafting/index.html",
        "workshops/index.html",
    }
    assert summary.files == summary.written == len(written) - 1
    assert (summary.workshops, summary.removed) == (1, 0)


def test_the_style_is_where_the_pages_look_for_it(build, tmp_path):
    build()
    (style,) = (tmp_path / "output" / "theme").iterdir()
    assert f'<link rel="stylesheet" href="/theme/{style.name}">' in (tmp_path / "output/index.html").read_text()


def test_a_second_build_writes_nothing(build):
    build()
    again = build()
    assert (again.written, again.removed) == (0, 0)


def test_only_what_changed_is_written(build, spoil, tmp_path):
    build()
    before = {path: (tmp_path / "output" / path).stat().st_mtime_ns for path in files(tmp_path / "output")}
    spoil("What you agree to.", "What we agree on.", "pages/booking-terms.md")
    assert build().written == 1
    changed = {path for path, at in before.items() if (tmp_path / "output" / path).stat().st_mtime_ns != at}
    assert changed == {"booking-terms/index.html"}


def test_a_page_that_is_no_more_is_removed_and_nothing_that_is_not_ours(build, content_folder, spoil, tmp_path):
    build()
    (tmp_path / "output/workshops/drafting/notes.txt").write_text("mine")
    (tmp_path / "output/speakers/mine.html").write_text("mine")
    spoil("speakers: [adrian-example]\n", "")
    spoil("Led by [Adrian]({speaker}adrian-example). ", "")
    (content_folder / "speakers/adrian-example.md").unlink()
    shutil.move(content_folder / "workshops/drafting.md", content_folder / "workshops/drafted.md")
    summary = build()
    left = files(tmp_path / "output")
    assert summary.removed == 3
    assert "workshops/drafting/notes.txt" in left
    assert "speakers/mine.html" in left
    assert "workshops/drafted/index.html" in left
    assert not left & {"workshops/drafting/index.html", "workshops/drafting/2027-04-28.ics"}
    assert not (tmp_path / "output/speakers/adrian-example").exists()


def test_a_spoilt_note_of_what_is_ours_removes_nothing(build, tmp_path):
    build()
    (tmp_path / "output/.workshops.json").write_text('{"files": ["../catalogue.json"]}')
    build()
    assert (tmp_path / "catalogue.json").exists()
    (tmp_path / "output/.workshops.json").write_text("{")
    assert build().removed == 0


def test_the_catalogue_is_outside_the_output_and_its_public_copy_inside(build, tmp_path):
    summary = build()
    catalogue = load((tmp_path / "catalogue.json").read_text())
    public = json.loads((tmp_path / "output/catalogue.json").read_text())
    assert catalogue.workshops["drafting"].runs[0].capacity == 60
    assert "capacity" not in public["workshops"]["drafting"]["runs"][0]
    assert catalogue.sha256 == public["sha256"] == summary.catalogue_sha256


def test_the_catalogue_is_the_same_whatever_the_instant(build, tmp_path):
    build()
    before = (tmp_path / "catalogue.json").read_bytes()
    build(as_of=datetime(2030, 1, 1, tzinfo=UTC))
    assert (tmp_path / "catalogue.json").read_bytes() == before


def test_a_draft_is_unknown_to_the_functions_and_has_no_form(build, spoil, tmp_path):
    spoil("status: published", "status: draft")
    build()
    assert load((tmp_path / "catalogue.json").read_text()).workshops == {}
    assert "<form" not in (tmp_path / "output/workshops/drafting/index.html").read_text()


def test_an_archived_workshop_stays_known_for_those_who_booked_it_and_is_not_sold(build, spoil, tmp_path):
    spoil("status: published", "status: archived")
    build()
    (workshop,) = load((tmp_path / "catalogue.json").read_text()).workshops.values()
    assert {state_on_offer(workshop, run, datetime(2027, 2, 1, tzinfo=UTC)) for run in workshop.runs} == {
        RunState.CLOSED
    }
    assert "<form" not in (tmp_path / "output/workshops/drafting/index.html").read_text()


def test_faults_are_all_told_at_once_and_the_output_stays(build, spoil, tmp_path):
    build()
    before = {path: (tmp_path / "output" / path).read_bytes() for path in files(tmp_path / "output")}
    spoil("price: 249.50", "price: £249.50")
    spoil("{page}booking-terms", "{page}nowhere")
    spoil("name: Adrian Example", "nam: Adrian Example", "speakers/adrian-example.md")
    with pytest.raises(ContentFaults) as refused:
        build()
    assert {fault.path for fault in refused.value.faults} == {
        "content/workshops/drafting.md",
        "content/speakers/adrian-example.md",
    }
    assert len(refused.value.faults) >= 3
    assert {path: (tmp_path / "output" / path).read_bytes() for path in files(tmp_path / "output")} == before


def test_a_run_that_was_sold_may_not_vanish(build, spoil, tmp_path, monkeypatch):
    build()
    shutil.copy(tmp_path / "catalogue.json", tmp_path / "sold.json")
    monkeypatch.setenv("WORKSHOPS_PREVIOUS_CATALOGUE", str(tmp_path / "sold.json"))
    spoil('id: "2027-04-28"', "id: renamed")
    with pytest.raises(ContentFaults, match="2027-04-28"):
        build()


def test_a_build_without_settings_says_where_to_run(build, tmp_path):
    with pytest.raises(NoSettings, match=r"pelicanconf\.py"):
        build(project=tmp_path)


def test_a_build_without_content_says_so(build, content_folder):
    shutil.rmtree(content_folder)
    with pytest.raises(NoContent, match="there is no folder"):
        build()


@pytest.mark.parametrize("output", ["content", "content/workshops", ".", "content/../content/new"])
def test_a_build_never_writes_among_its_own_content(build, tmp_path, output):
    before = files(tmp_path)
    with pytest.raises(OutputAmongInputs, match="choose a folder of its own"):
        build(output=tmp_path / output)
    assert files(tmp_path) == before


def test_an_output_that_cannot_be_written_is_told_in_a_line(build, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputUnwritable, match="Not a directory"):
        build(output=tmp_path / "taken" / "output")
    (tmp_path / "output" / "index.html").mkdir(parents=True)
    with pytest.raises(OutputUnwritable, match=r"index\.html: Is a directory"):
        build()


def test_a_site_needs_a_whole_address(build):
    for address in ("", "training.example.org", "https://", "https://example.org/sub", "ftp://example.org"):
        with pytest.raises(ContentFaults, match="SITEURL is"):
            build(site_url=address)


def test_pelican_itself_builds_the_site(content_folder, tmp_path):
    done = pelican(content_folder, tmp_path / "out", WORKSHOPS_AS_OF="2027-02-01")
    assert done.returncode == 0, done.stderr
    assert "1 workshop as of Monday 1 February 2027 at 00:00" in done.stderr
    assert done.stdout.strip() == ""
    assert "Open for booking" in (tmp_path / "out/workshops/drafting/index.html").read_text()


def test_pelican_tells_faults_as_plain_lines_and_fails(content_folder, spoil, tmp_path):
    spoil("capacity: 60", "capcity: 60")
    done = pelican(content_folder, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr == "content/workshops/drafting.md:35:5: runs[0].capcity: did you mean capacity?\n"
    assert not (tmp_path / "out").exists()


def test_without_an_instant_the_clock_is_read(content_folder, tmp_path):
    done = pelican(content_folder, tmp_path / "out")
    assert f" {datetime.now(UTC).year} at " in done.stderr


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-07-01T09:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ("2026-07-01T09:00:00+02:00", datetime(2026, 7, 1, 7, tzinfo=UTC)),
    ],
)
def test_an_instant_without_offset_is_londons(given, instant):
    assert parsed_as_of(given) == instant


def test_what_is_no_instant_is_refused():
    with pytest.raises(AsOfUnreadable, match="write an instant such as"):
        parsed_as_of("soon")


@pytest.mark.usefixtures("content_folder")
def test_the_program_builds_and_answers_with_json(tmp_path):
    for part in ("pelicanconf.py", "publishconf.py", "theme"):
        (tmp_path / part).symlink_to(ROOT / part)
    done = subprocess.run(
        [sys.executable, "-m", "workshops", "build", "--as-of", "2027-02-01", "--output", "site", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["workshops"], answer["commit"], answer["as_of"]) == (1, None, "2027-02-01T00:00:00+00:00")
    assert (tmp_path / "site/index.html").exists()


def test_the_commit_says_when_the_content_differs_from_it(build, content_folder):
    assert build().commit is None
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(content_folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert build().commit is None
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    first = build()
    (content_folder / "provider.yaml").write_text("name: Example\nbooking_email: a@example.org\n")
    second = build()
    assert (first.commit, second.commit) == (commit, f"{commit}-changed")


def test_where_git_is_missing_there_is_no_commit(build, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert build().commit is None
