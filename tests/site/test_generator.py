import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import icalendar
import pytest

from tests.html_pages import faults_of, read
from workshops.site.build import build_site

ROOT = Path(__file__).parents[2]
SITE = "https://training.example.org"
OPEN = datetime(2027, 2, 1, 9, tzinfo=UTC)
WORKSHOP = "/workshops/drafting/"


@pytest.fixture
def site(content_folder, tmp_path):
    """Builds as of an instant and gives the text of a path."""

    def build(as_of=OPEN):
        output = tmp_path / "output"
        build_site(
            content=content_folder,
            output=output,
            as_of=as_of,
            site_url=SITE,
            catalogue=tmp_path / "catalogue.json",
            project=ROOT,
        )
        return lambda path: (output / f"{path.lstrip('/')}{'index.html' if path.endswith('/') else ''}").read_text(
            encoding="utf-8"
        )

    return build


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_page_is_sound_html_and_links_lead_somewhere(site, tmp_path):
    text = site()
    pages = sorted((tmp_path / "output").rglob("*.html"))
    assert len(pages) == 9
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert faults_of(html) == [], page
        for element in read(html).elements:
            for name in ("href", "src"):
                address = element.attributes.get(name, "")
                if address.startswith("/"):
                    text(address.partition("#")[0])


@pytest.mark.parametrize(
    ("as_of", "words", "bookable"),
    [
        ("2027-01-01", "Booking opens on Tuesday 5 January 2027.", False),
        ("2027-02-01", "Booking is open until Tuesday 27 April 2027 at 17:00.", True),
        ("2027-04-27T16:30", "Booking has closed for this date.", False),
        ("2027-04-28T14:30", "This workshop has taken place and can no longer be booked.", False),
    ],
)
def test_a_run_is_told_in_the_state_it_is_in(site, as_of, words, bookable):
    page = read(site(at(as_of))(WORKSHOP))
    assert words in page.text
    assert bool(page.all("form")) is bookable
    assert bool(page.all("a", href="#book")) is bookable


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("cancelled", "This workshop will not take place."),
        ("postponed", "No new date has been set."),
        ("tentative", "places can be booked by purchase order only"),
    ],
)
def test_what_the_organiser_says_of_a_run_is_told_and_takes_the_form_away(site, spoil, status, words):
    spoil("    capacity: 60", f"    capacity: 60\n    status: {status}")
    page = read(site()(WORKSHOP))
    assert words in page.text
    assert not page.all("form")


def test_a_moved_run_tells_its_old_date_and_is_booked_as_its_new_one(site, spoil):
    spoil("    capacity: 60", "    capacity: 60\n    status: rescheduled\n    previously: 2027-03-10")
    page = read(site()(WORKSHOP))
    assert "Moved from Wednesday 10 March 2027." in page.text
    assert page.all("form")


def test_a_workshop_to_come_is_on_the_list_and_a_past_one_in_the_archive(site):
    text = site()
    assert WORKSHOP in text("/workshops/")
    assert WORKSHOP in text("/")
    assert WORKSHOP not in text("/workshops/archive/")
    text = site(at("2027-05-01"))
    assert WORKSHOP not in text("/workshops/")
    assert WORKSHOP not in text("/")
    assert WORKSHOP in text("/workshops/archive/")
    assert "No dates are set" in text("/workshops/")
    assert "<entry>" not in text("/feed.atom")


def test_an_archived_workshop_keeps_its_page_and_says_that_it_is_not_offered(site, spoil):
    spoil("status: published", "status: archived")
    text = site()
    page = read(text(WORKSHOP))
    assert "No longer offered." in page.text
    assert not page.all("form")
    assert WORKSHOP in text("/workshops/archive/")


def test_prices_are_shown_with_and_without_vat_and_the_early_price_with_its_end(site):
    early = read(site()(WORKSHOP)).text
    assert "£189.00 + VAT per delegate £226.80 including VAT at 20%" in early
    assert "Early price up to and including Monday 1 March 2027; then £209.00 + VAT." in early
    later = read(site(at("2027-03-02"))(WORKSHOP)).text
    assert "£209.00 + VAT per delegate £250.80 including VAT at 20%" in later
    assert "Early price" not in later


def test_group_discounts_are_shown_or_else_whom_to_ask(site, spoil):
    assert "from 5 delegates, 10% off" in read(site()(WORKSHOP)).text
    spoil("group_discounts:\n  - {from: 5, percent: 10}\n  - {from: 10, percent: 15}\n", "")
    page = read(site()(WORKSHOP))
    assert "Group bookings: various discounts, depending on numbers. Contact us." in page.text


def test_an_extra_has_its_own_vat(site, spoil):
    spoil(
        "runs:\n",
        "extras:\n"
        "  - {id: dinner, name: Dinner, price: 10.00, vat: standard}\n"
        "  - {id: book, name: Book, price: 8.00, vat: zero}\n"
        "  - {id: exam, name: Examination, price: 50.00, vat: exempt}\n"
        "runs:\n",
    )
    page = read(site()(WORKSHOP)).text
    assert "Dinner, if wanted: £10.00 + VAT, £12.00 including VAT at 20%." in page
    assert "Book, if wanted: £8.00 + VAT, £8.00 including VAT at 0%." in page
    assert "Examination, if wanted: £50.00, exempt from VAT." in page


def test_a_provider_who_is_not_registered_speaks_of_no_vat(site, spoil):
    spoil("vat_registered: true\nvat_number: GB123456789\n", "vat_registered: false\n", "provider.yaml")
    spoil("runs:\n", "extras: [{id: dinner, name: Dinner, price: 10.00, vat: standard}]\nruns:\n")
    text = site()
    page = read(text(WORKSHOP)).text
    assert "Dinner, if wanted: £10.00, no VAT: the provider is not registered." in page
    for told in ("+ VAT", "including VAT", "VAT invoice", "before VAT"):
        assert told not in page
    assert "From £209.00." in read(text("/workshops/")).text


def test_a_list_names_no_price_of_a_run_that_is_over(site, spoil):
    spoil(
        "runs:\n",
        "runs:\n"
        "  - {starts: 2026-04-28 10:00, ends: 2026-04-28 15:00, rates: [{id: trial, name: Trial, price: 5.00}]}\n",
    )
    assert "From £209.00 before VAT." in read(site()("/workshops/")).text
    assert "From £5.00 before VAT." in read(site(at("2026-04-01"))("/workshops/")).text


def test_runs_that_differ_only_in_places_have_their_prices_told_once(site, spoil):
    spoil("runs:\n", "runs:\n  - {starts: 2027-05-05, max_per_booking: 4}\n")
    told = [price.text for price in read(site()(WORKSHOP)).all("span", **{"class": "prices-net"})]
    assert told == ["£189.00", "£249.50"]


def test_rates_of_runs_that_differ_are_shown_for_each(site, spoil):
    spoil(
        "    capacity: 60",
        "    capacity: 60\n  - id: autumn\n    starts: 2027-09-14\n    rates: [{id: all, name: Everybody, price: 99.00}]",
    )
    page = read(site()(WORKSHOP))
    assert [one.text for one in page.all("h3")][:2] == [
        "Wednesday 28 April 2027, 10:00 to 15:30 UK time",
        "Tuesday 14 September 2027",
    ]
    assert "£99.00 + VAT" in page.text


def test_each_bookable_run_has_a_form_of_its_own(site, spoil):
    spoil("    capacity: 60", "    capacity: 60\n  - id: autumn\n    starts: 2027-09-14")
    text = site()
    page = read(text(WORKSHOP))
    assert [one.attributes["value"] for one in page.all("input", name="run")] == ["2027-04-28", "autumn"]
    assert [one.attributes["value"] for one in page.all("input", name="workshop")] == ["drafting", "drafting"]
    assert faults_of(text(WORKSHOP)) == []


def test_the_form_posts_every_field_under_the_agreed_name(site):
    page = read(site()(WORKSHOP))
    (form,) = page.all("form")
    assert (form.attributes["action"], form.attributes["method"]) == ("/api/checkout", "post")
    names = [one.attributes["name"] for one in page.elements if one.name == "input"]
    assert names.count("delegate_name") == names.count("delegate_email") == 20
    assert set(names) == {
        "workshop",
        "run",
        "pay",
        "shown_public-sector",
        "shown_industry",
        "website",
        "rate",
        "quantity",
        "delegate_name",
        "delegate_email",
        "buyer_name",
        "buyer_email",
        "organisation",
        "on_behalf_of_organisation",
        "accept_terms",
    }
    shown = {one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")}
    assert (shown["shown_public-sector"], shown["shown_industry"], shown["pay"]) == ("18900", "24950", "card")


def test_the_trap_for_robots_is_out_of_everybodys_way(site):
    html = site()(WORKSHOP)
    (trap,) = read(html).all("input", name="website")
    assert (trap.attributes["autocomplete"], trap.attributes["tabindex"]) == ("off", "-1")
    assert re.search(r"<div hidden>(?:(?!</div>).)*name=\"website\"", html)


def test_the_totals_of_several_places_are_there_without_script(site):
    row = '<th scope="row">3</th><td>£567.00</td><td>£113.40</td><td><strong>£680.40</strong></td>'
    assert row in site()(WORKSHOP)


def test_markup_in_front_matter_is_text(site, spoil):
    spoil("title: Drafting applications", "title: 'A <script>alert(1)</script> & \"b\"'")
    text = site()
    for path in (WORKSHOP, "/", "/workshops/"):
        assert "<script>alert" not in text(path)
        assert 'A <script>alert(1)</script> & "b"' in read(text(path)).text
        assert faults_of(text(path)) == []


def test_a_title_cannot_end_the_script_of_facts(site, spoil):
    spoil("title: Drafting applications", "title: 'x</script><b>'")
    (script,) = read(site()(WORKSHOP)).all("script")
    assert "\\u003c/script\\u003e" in script.text


def test_pages_name_their_address_and_describe_themselves(site):
    for path in ("/", "/workshops/", WORKSHOP, "/speakers/adrian-example/", "/booking-terms/", "/topics/covert/"):
        page = read(site()(path))
        assert [one.attributes["href"] for one in page.all("link", rel="canonical")] == [SITE + path]
        (description,) = page.all("meta", name="description")
        assert len(description.attributes["content"]) > 10


def test_the_error_page_is_not_for_search_engines(site):
    page = read(site()("/404.html"))
    assert not page.all("link", rel="canonical")
    assert page.all("meta", name="robots", content="noindex")


def test_the_sitemap_names_every_page_that_may_be_found(site):
    tree = ET.fromstring(site()("/sitemap.xml").encode())  # noqa: S314 - our own text
    addresses = [loc.text for loc in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert addresses == [
        f"{SITE}{path}"
        for path in (
            "/",
            "/booking-terms/",
            "/speakers/adrian-example/",
            "/topics/covert/",
            "/topics/digital/",
            "/workshops/",
            "/workshops/archive/",
            "/workshops/drafting/",
        )
    ]


def test_the_feed_is_atom_and_stays_as_it_is_from_day_to_day(site):
    first, second = site()("/feed.atom"), site(at("2027-02-02"))("/feed.atom")
    assert first == second
    atom = "{http://www.w3.org/2005/Atom}"
    tree = ET.fromstring(first.encode())  # noqa: S314 - our own text
    (entry,) = tree.findall(f"{atom}entry")
    assert entry.findtext(f"{atom}id") == SITE + WORKSHOP
    assert entry.findtext(f"{atom}updated") == "2027-01-05T00:00:00Z"
    assert tree.findtext(f"{atom}updated") == "2027-01-05T00:00:00Z"


def test_calendars_can_be_read(site):
    text = site()
    for path in ("/workshops.ics", f"{WORKSHOP}2027-04-28.ics"):
        (event,) = icalendar.Calendar.from_ical(text(path)).walk("VEVENT")
        assert event["UID"] == "drafting/2027-04-28@training.example.org"
        assert event.decoded("DTSTART") == datetime(2027, 4, 28, 9, tzinfo=UTC)


def test_robots_are_told_where_the_sitemap_is(site):
    assert f"Sitemap: {SITE}/sitemap.xml" in site()("/robots.txt")


def test_a_page_called_home_opens_the_site(site, content_folder):
    (content_folder / "pages/home.md").write_text("---\ntitle: Welcome here\n---\nHello.\n", encoding="utf-8")
    text = site()
    assert "Welcome here" in text("/")
    assert "<p>Hello.</p>" in text("/")
    with pytest.raises(FileNotFoundError):
        text("/home/")
    assert faults_of(text("/")) == []


def test_a_series_lists_its_workshops(site, content_folder, spoil):
    (content_folder / "series").mkdir()
    (content_folder / "series/sio.md").write_text("---\ntitle: The SIO series\n---\nFour parts.\n", encoding="utf-8")
    spoil("image: drafting.png", "series: sio\nimage: drafting.png")
    text = site()
    assert WORKSHOP in text("/series/sio/")
    assert '<a href="/series/sio/">The SIO series</a>' in text(WORKSHOP)


def test_fields_that_are_not_known_leave_no_trace(site):
    text = site()
    for path in ("/", WORKSHOP, "/booking-terms/"):
        assert "None" not in read(text(path)).text
