import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workshops.formats.catalogue import load
from workshops.site.build import build_site
from workshops.site.faults import ContentFaults

ROOT = Path(__file__).parents[2]
WHOLE = Path(__file__).parent / "content_examples" / "whole"
ADDRESS = "https://training.example.org"


@pytest.fixture
def filled(tmp_path):
    """A content folder in which nothing is missing, with a draft in it."""
    return Path(shutil.copytree(WHOLE, tmp_path / "content"))


@pytest.fixture
def build(filled, tmp_path):
    def run(**more):
        given = {"publish": True, "site_url": ADDRESS, "project": ROOT, "catalogue": tmp_path / "catalogue.json"}
        return build_site(
            content=filled,
            output=tmp_path / "output",
            as_of=datetime(2027, 2, 1, tzinfo=UTC),
            **{**given, **more},
        )

    return run


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def publish(content, output, **environment):
    catalogue = f'CATALOGUE_PATH="{output.parent / "catalogue.json"}"'
    return subprocess.run(
        [sys.executable, "-m", "pelican", content, "-s", "publishconf.py", "-o", output, "-e", catalogue],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
    )


def test_content_with_nothing_missing_is_published(build, tmp_path):
    assert build().unfilled == ()
    home = (tmp_path / "output/index.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{ADDRESS}/">' in home
    assert "Company number 01234567" in home
    assert "VAT number GB 123 4567 89" in home


def test_pelican_publishes_it_too(filled, tmp_path):
    done = publish(filled, tmp_path / "out", WORKSHOPS_SITE_URL=ADDRESS, WORKSHOPS_AS_OF="2027-02-01")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/workshops/drafting-surveillance-applications/index.html").exists()


def test_every_page_names_the_site_by_its_own_address(build, tmp_path):
    build()
    assert not [path for path, data in everything(tmp_path / "output").items() if b"127.0.0.1" in data]


def test_the_projects_own_content_cannot_be_published_and_every_empty_field_is_named(tmp_path):
    done = publish(ROOT / "content", tmp_path / "out", WORKSHOPS_SITE_URL=ADDRESS)
    assert done.returncode == 1
    empty = ["legal_name", "company_number", "registered_office", "vat_number", "address", "email"]
    empty += ["invoice_terms_days", "cancellation"]
    assert [line.split(": ")[1].split()[0] for line in done.stderr.splitlines()] == empty
    assert all(line.startswith("content/provider.yaml:") for line in done.stderr.splitlines())
    assert not (tmp_path / "out").exists()


def test_without_an_address_publishing_is_refused_among_everything_else(tmp_path):
    done = publish(ROOT / "content", tmp_path / "out")
    assert done.returncode == 1
    assert "legal_name is empty" in done.stderr
    assert "publishconf.py:1:1: SITEURL is '': set WORKSHOPS_SITE_URL" in done.stderr


def test_nothing_of_a_draft_is_published(build, tmp_path):
    build()
    published = everything(tmp_path / "output")
    catalogue = (tmp_path / "catalogue.json").read_text(encoding="utf-8")
    title = "Working with sources"
    assert title in (WHOLE / "workshops/working-with-sources.md").read_text(encoding="utf-8")
    for path, data in published.items():
        assert "working-with-sources" not in path
        assert title.encode() not in data, path
        assert b"working-with-sources" not in data, path
    assert title not in catalogue


def test_a_local_build_shows_drafts_marked_and_keeps_them_from_search_feed_and_calendar(build, tmp_path):
    build(publish=False)
    page = (tmp_path / "output/workshops/working-with-sources/index.html").read_text(encoding="utf-8")
    assert "This page is a draft" in page
    assert '<meta name="robots" content="noindex">' in page
    assert "Draft: not published" in (tmp_path / "output/workshops/index.html").read_text(encoding="utf-8")
    for path in ("sitemap.xml", "feed.atom", "workshops.ics", "catalogue.json"):
        assert "working-with-sources" not in (tmp_path / "output" / path).read_text(encoding="utf-8")
    assert "working-with-sources" not in load((tmp_path / "catalogue.json").read_text(encoding="utf-8")).workshops


def test_publishing_over_a_local_build_takes_the_drafts_away(build, tmp_path):
    build(publish=False)
    assert build().removed > 0
    assert not (tmp_path / "output/workshops/working-with-sources").exists()


@pytest.fixture
def secret(filled):
    """A speaker whom only a draft names."""
    (filled / "speakers/secret-example.md").write_text(
        "---\nname: Secret Example\nphoto: secret.png\n---\nA biography.\n", encoding="utf-8"
    )
    (filled / "images/secret.png").write_bytes(b"picture")
    draft = filled / "workshops/working-with-sources.md"
    text = draft.read_text(encoding="utf-8")
    assert "speakers: []" in text
    draft.write_text(text.replace("speakers: []", "speakers: [secret-example]"), encoding="utf-8")


@pytest.mark.usefixtures("secret")
def test_a_speaker_of_drafts_alone_and_their_picture_are_not_published(build, tmp_path):
    build(publish=False)
    assert (tmp_path / "output/speakers/secret-example/index.html").exists()
    assert (tmp_path / "output/images/secret.png").exists()
    build()
    assert not (tmp_path / "output/speakers/secret-example").exists()
    assert not (tmp_path / "output/images/secret.png").exists()


@pytest.mark.usefixtures("secret")
def test_a_link_to_a_speaker_of_drafts_alone_is_refused_with_its_place(build, filled):
    page = filled / "pages/privacy.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nSee [them]({speaker}secret-example).\n", encoding="utf-8")
    line = page.read_text(encoding="utf-8").splitlines().index("See [them]({speaker}secret-example).") + 1
    build(publish=False)
    with pytest.raises(ContentFaults) as refused:
        build()
    assert str(refused.value) == (
        f"content/pages/privacy.md:{line}:12: {{speaker}}secret-example: only drafts name it, so it is not published "
        "yet; take the link out"
    )


def test_a_link_to_a_draft_is_refused(build, filled):
    page = filled / "pages/privacy.md"
    page.write_text(
        page.read_text(encoding="utf-8") + "\nSee [it]({workshop}working-with-sources).\n", encoding="utf-8"
    )
    with pytest.raises(ContentFaults, match="working-with-sources"):
        build()


def test_a_picture_that_no_page_shows_stays_at_home(build, filled, tmp_path):
    (filled / "images/unused.png").write_bytes(b"picture")
    build()
    assert (tmp_path / "output/images/drafting.png").exists()
    assert not (tmp_path / "output/images/unused.png").exists()


def test_cancellation_terms_stand_on_the_page_of_terms(build, tmp_path):
    build()
    page = (tmp_path / "output/booking-terms/index.html").read_text(encoding="utf-8")
    for words in ("28 days or more", "10 working days or more", "100%", "50%", "£12.50"):
        assert words in page
