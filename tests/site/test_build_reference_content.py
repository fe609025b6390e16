"""The project's own content: every fact of the reference workshop is on its page, and nothing that is not known."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.html_pages import faults_of, read
from workshops.site.build import build_site

ROOT = Path(__file__).parents[2]
WORKSHOP = "workshops/harmful-sexual-behaviour/index.html"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    def build(as_of):
        folder = tmp_path_factory.mktemp("site")
        summary = build_site(
            content=ROOT / "content",
            output=folder / "output",
            as_of=as_of,
            site_url="http://127.0.0.1:8000",
            catalogue=folder / "catalogue.json",
            project=ROOT,
        )
        return summary, folder / "output"

    return build


@pytest.fixture(scope="module")
def open_site(built):
    return built(datetime(2026, 3, 2, tzinfo=UTC))[1]


@pytest.fixture(scope="module")
def page(open_site):
    return read((open_site / WORKSHOP).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "fact",
    [
        "Technology Assisted Harmful Sexual Behaviour (TA-HSB): children and young people",
        "who engage in online harmful sexual activity",
        "Tuesday 28 April 2026",
        "Times to be confirmed",
        "Workshop in three sessions",
        "Online, through Microsoft Teams",
        "The Investigator",
        "booking@the-investigator.co.uk",
        "+44 (0)844 660 8707",
        "Purchase orders are made out to The Investigator",
        "issues and trends",
        "investigation",
        "by someone under 18",
        "the internet, mobile devices or other technology",
        "developmentally inappropriate to behaviour that is abusive or violent",
        "pornography: viewing, possessing or distributing",
        "the possession, making or distribution of indecent images of children",
        "Online sexual abuse and grooming",
        "Sexual harassment online",
        "Sexual messages without images",
        "Exposing other children to pornography",
        "Image-based abuse, including deepfakes and sextortion",
        "complex and their number is rising",
        "consensually within a relationship",
        "girls in particular",
        "coercion, extortion or trafficking",
        "instant response, anonymity and pressure for approval",
        "lonely or isolated",
        "special educational needs",
        "exploring their identity",
        "people whom the child knows",
        "almost a third of survivors of online harm said that other children had harmed them",
        "Centre of expertise on child sexual abuse (CSA Centre)",
        "Paul Burnside",
        "Practice Improvement Advisor",
        "retired Public Protection Detective Inspector of Lancashire Police",
        "former inspector on the HMIC child protection inspections",
        "first standard operating procedures for child sexual exploitation",
        "Lancashire Safeguarding Children Board’s first CSE action plan",
        "first Multi-Agency Safeguarding Hub (MASH) manual",
        "works with forces on how well they tackle and prevent child sexual abuse",
        "informs national policy",
        "The official definition",
        "current threat picture and trends",
        "latest research",
        "Who engages in this behaviour, and why",
        "The complexity of potential criminality by children against their peers",
        "the status of those children in the criminal justice system",
        "Grooming and online solicitation",
        "Online harassment",
        "Inappropriate use of pornography",
        "Potential offences",
        "Online Safety Act",
        "Identification",
        "Collecting and preserving evidence",
        "volume and complexity of data",
        "AI-generated content",
        "Anonymity and encryption",
        "Vulnerability and safeguarding",
        "What a successful criminal justice outcome might look like",
        "Investigators who want to develop their understanding of TA-HSB for frontline work",
        "Certificates of CPD are available",
        "Law enforcement (LEA) and government agency rate",
        "£209.00 + VAT per delegate",
        "£250.80",
        "Industry rate",
        "£249.50 + VAT per delegate",
        "£299.40",
        "Group bookings: various discounts, depending on numbers. Contact us.",
        "Send the delegates’ names, their e-mail addresses and your purchase order by e-mail, or telephone us.",
        "debit card, credit card or PayPal",
        "Joining details are sent to each delegate by e-mail 7 days before the workshop",
    ],
)
def test_the_page_states_every_fact(page, fact):
    assert fact in page.text


def test_rates_run_and_speaker_have_their_agreed_ids(page, open_site):
    assert [one.attributes["value"] for one in page.all("input", name="rate")] == ["public-sector", "industry"]
    assert [one.attributes["value"] for one in page.all("input", name="run")] == ["2026-04-28"]
    assert (open_site / "speakers/paul-burnside/index.html").exists()
    assert (open_site / "workshops/harmful-sexual-behaviour/2026-04-28.ics").exists()


def test_three_places_at_the_public_rate_are_752_40(page):
    assert "£752.40" in page.text


def test_as_of_2_march_2026_the_workshop_is_open(page):
    assert "Open for booking" in page.text
    assert "Booking is open until the end of Monday 27 April 2026." in page.text
    assert page.all("form")


def test_after_its_day_the_page_is_in_the_archive_and_cannot_be_booked(built):
    site = built(datetime(2026, 11, 22, tzinfo=UTC))[1]
    past = read((site / WORKSHOP).read_text(encoding="utf-8"))
    assert "This workshop has taken place and can no longer be booked." in past.text
    assert not past.all("form")
    assert "/workshops/harmful-sexual-behaviour/" in (site / "workshops/archive/index.html").read_text(encoding="utf-8")
    assert "/workshops/harmful-sexual-behaviour/" not in (site / "workshops/index.html").read_text(encoding="utf-8")


def test_the_pages_that_people_need_are_there_and_sound(open_site):
    for path in ("about", "contact", "booking-terms", "privacy", "accessibility"):
        html = (open_site / path / "index.html").read_text(encoding="utf-8")
        assert faults_of(html) == []


def test_what_is_not_known_is_listed_and_left_out(built):
    summary, site = built(datetime(2026, 3, 2, tzinfo=UTC))
    assert len(summary.unfilled) == 8
    for page in site.rglob("*.html"):
        assert "None" not in read(page.read_text(encoding="utf-8")).text
        assert "Company number" not in page.read_text(encoding="utf-8")


def test_the_workshop_page_is_small(open_site):
    import zlib

    size = len(zlib.compress((open_site / WORKSHOP).read_bytes(), 9))
    size += sum(len(zlib.compress(style.read_bytes(), 9)) for style in (open_site / "theme").iterdir())
    assert size < 14_000
