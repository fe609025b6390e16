"""What must agree between files, and with what was published before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.messages import messages
from workshops.formats.catalogue import catalogue_of
from workshops.site.reader import load_content, read_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from workshops.domain.catalogue import Catalogue


CROSS = [
    (
        "speakers: [adrian-example]",
        "speakers: [adrian-exampel]",
        ["8:12: speakers[0]: there is no content/speakers/adrian-exampel.md: did you mean adrian-example?"],
    ),
    (
        "speakers: [adrian-example]",
        "speakers: [adrian-example]\nseries: sio-2027",
        ["9:9: series: there is no content/series/sio-2027.md"],
    ),
    (
        "image: drafting.png",
        "image: draftin.png",
        ["6:8: image: there is no content/images/draftin.png: did you mean drafting.png?"],
    ),
    (
        "image: drafting.png",
        "image: ../provider.yaml",
        ["6:8: image: ../provider.yaml is not within content/images: put the picture there and write its name alone"],
    ),
    (
        "image: drafting.png",
        "image: /etc/passwd",
        ["6:8: image: /etc/passwd is not within content/images: put the picture there and write its name alone"],
    ),
    (
        "{speaker}adrian-example",
        "{speaker}adrian",
        ["39:17: {speaker}adrian: there is no content/speakers/adrian.md: did you mean adrian-example?"],
    ),
    (
        "{speaker}adrian-example",
        "{speker}adrian-example",
        ["39:17: {speker}adrian-example: there are no such links: did you mean {speaker}?"],
    ),
    (
        "{page}booking-terms",
        "{page}booking-term#prices",
        ["39:59: {page}booking-term: there is no content/pages/booking-term.md: did you mean booking-terms?"],
    ),
    ("Led by", "![A pen](pen.png) Led by", ["39:10: pen.png: there is no content/images/pen.png"]),
    (
        "Led by",
        "```\n{page}nowhere\n```\nNot `{page}nowhere` but\n\n[it]: {workshop}nowhere\n\nLed by",
        ["44:7: {workshop}nowhere: there is no content/workshops/nowhere.md"],
    ),
]

PROVIDER = [
    ("vat_registered: true", "vat_registered: false", ["4:13: vat_number is given although vat_registered is false"]),
    (
        "terms: booking-terms",
        "terms: booking",
        ["5:8: terms: there is no content/pages/booking.md: did you mean booking-terms?"],
    ),
    ("terms: booking-terms", "terms_page: booking-terms", ["5:1: terms_page: did you mean terms?"]),
    ("name: Example Training", "name:", ["1:6: name: nothing is written here: fill it in"]),
    (
        "booking_email: booking@training.example.org",
        "booking_email: booking@training",
        ["2:16: booking_email: booking@training is not an e-mail address: write one such as name@example.org"],
    ),
    (
        "terms: booking-terms",
        'trusted_domains: [police.uk, "@police"]',
        ["5:30: trusted_domains[1]: @police is not a domain: write one such as police.uk"],
    ),
    (
        "terms: booking-terms",
        "company_number: 1234567",
        [
            "5:17: company_number: 1234567 is not a company number: write one such as 01234567 or SC123456, all eight characters"
        ],
    ),
    (
        "terms: booking-terms",
        "company_number: 01234567\ncompany_registered: false",
        ["5:17: company_number is given although company_registered is false"],
    ),
    (
        "terms: booking-terms",
        "bank: {account_name: Example, sort_code: 123456, account_number: 0123456}",
        [
            "5:42: bank.sort_code: 123456 is not a sort code: write one such as 12-34-56",
            "5:66: bank.account_number: 0123456 is not an account number: write one such as 12345678, all eight digits",
        ],
    ),
    (
        "terms: booking-terms",
        "cancellation: [{notice: 4 weeks, refund: 100%, fee: 5.5}]",
        [
            "5:25: cancellation[0].notice: 4 weeks is not a notice: write one such as 28 days or 10 working days",
            "5:42: cancellation[0].refund: 100% is not a percentage up to 100: write 100",
            "5:53: cancellation[0].fee: 5.5 is not a price: write 5.50",
        ],
    ),
    (
        "terms: booking-terms",
        "cancellation:\n  - {notice: 28 days, refund: 50}\n  - {notice: 20 working days, refund: 50}\n  - {notice: 7 days, refund: 60}",
        [
            "7:14: cancellation[1].notice is not shorter than cancellation[0].notice",
            "8:30: cancellation[2].refund is above cancellation[1].refund",
        ],
    ),
    (
        "vat_number: GB123456789",
        "vat_number: 12",
        ["4:13: vat_number: 12 is not a VAT number: write one such as GB123456789"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), CROSS)
def test_a_name_that_leads_nowhere_is_told_where_it_stands(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), PROVIDER)
def test_a_fault_of_the_provider_is_told_where_it_stands(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new, "provider.yaml"), "provider.yaml") == expected


def another_workshop(folder: Path, changes: dict[str, str]) -> None:
    text = (folder / "workshops" / "drafting.md").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "workshops" / "another.md").write_text(text, encoding="utf-8")


def test_topics_spelt_differently_are_told_at_the_rarer_spelling(content_folder: Path) -> None:
    another_workshop(content_folder, {"Drafting applications": "Another", "[covert, digital]": "[covert, Digital]"})
    assert messages(content_folder, "workshops/another.md") == [
        "5:18: topics[1]: Digital is written digital elsewhere: use one spelling"
    ]


def test_a_topic_of_one_workshop_that_is_almost_another_is_a_warning(content_folder: Path) -> None:
    another_workshop(content_folder, {"Drafting applications": "Another"})
    third = (content_folder / "workshops" / "another.md").read_text(encoding="utf-8")
    third = third.replace("title: Another", "title: Third").replace("digital", "digtal")
    (content_folder / "workshops" / "third.md").write_text(third, encoding="utf-8")
    assert messages(content_folder, "workshops/third.md") == [
        "5:18: warning: topics[1]: no other workshop has digtal: did you mean digital?"
    ]


def test_two_workshops_with_one_title_are_a_warning(content_folder: Path) -> None:
    another_workshop(content_folder, {})
    assert messages(content_folder) == ["2:8: warning: title: content/workshops/another.md has the same title"]


def test_readers_are_not_sent_to_a_draft(spoil: Callable[..., Path]) -> None:
    folder = spoil("title: Booking terms", "title: Booking terms\nstatus: draft", "pages/booking-terms.md")
    told = "this is a draft, which readers cannot open: publish it, or take the link out"
    assert [str(fault) for fault in read_content(folder).faults] == [
        f"content/provider.yaml:5:8: terms: {told}",
        f"content/workshops/drafting.md:39:59: {{page}}booking-terms: {told}",
    ]


def test_a_draft_may_link_to_a_draft_and_is_kept_with_its_status(
    content_folder: Path, spoil: Callable[..., Path]
) -> None:
    another_workshop(content_folder, {"Drafting applications": "Another", "status: published": "status: draft"})
    spoil("status: published", "status: draft")
    spoil("{page}booking-terms", "{workshop}another")
    content = read_content(content_folder).content
    assert content is not None
    assert [workshop.status for workshop in content.workshops] == ["draft", "draft"]


def test_a_faulty_speaker_does_not_make_those_who_name_him_faulty(
    content_folder: Path, spoil: Callable[..., Path]
) -> None:
    spoil("name: Adrian Example", "nme: Adrian Example", "speakers/adrian-example.md")
    assert [fault.path for fault in read_content(content_folder).faults] == ["content/speakers/adrian-example.md"]


def test_prose_is_checked_although_the_fields_above_it_cannot_be_read(spoil: Callable[..., Path]) -> None:
    spoil("title: Drafting applications", "title: @home")
    assert messages(spoil("{speaker}adrian-example", "{speaker}adrian")) == [
        "2:8: a text cannot begin with this character: put the whole text in quotes",
        "39:17: {speaker}adrian: there is no content/speakers/adrian.md: did you mean adrian-example?",
    ]


def published(folder: Path) -> Catalogue:
    content = load_content(folder)
    return catalogue_of(content.provider.provider, [page.workshop for page in content.workshops], None)


def told_since(folder: Path, before: Catalogue) -> list[str]:
    return [str(fault) for fault in read_content(folder, previous_catalogue=before).faults]


def test_what_was_published_and_is_still_there_is_no_fault(content_folder: Path) -> None:
    assert told_since(content_folder, published(content_folder)) == []


def test_a_run_id_changed_after_it_was_published_is_told(content_folder: Path, spoil: Callable[..., Path]) -> None:
    before = published(content_folder)
    assert told_since(spoil('id: "2027-04-28"', "id: spring"), before) == [
        "content/workshops/drafting.md:32:3: runs: 2027-04-28 was published and is spring now: write id: 2027-04-28"
    ]


def test_a_run_removed_after_it_was_published_is_told(content_folder: Path, spoil: Callable[..., Path]) -> None:
    spoil("runs:\n", "runs:\n  - starts: 2027-05-28\n")
    before = published(content_folder)
    assert told_since(spoil("  - starts: 2027-05-28\n", ""), before) == [
        "content/workshops/drafting.md:32:3: runs: 2027-05-28 was published and is gone: put it back, with status: cancelled if it is off"
    ]


def test_a_workshop_removed_or_withdrawn_after_it_was_published_is_told(
    content_folder: Path, spoil: Callable[..., Path]
) -> None:
    before = published(content_folder)
    assert told_since(spoil("status: published", "status: draft"), before) == [
        "content/workshops/drafting.md:1:1: this workshop was published and is a draft now: write status: archived"
    ]
    assert told_since(spoil("status: draft", "status: archived"), before) == []
    (content_folder / "workshops" / "drafting.md").unlink()
    assert told_since(content_folder, before) == [
        "content/workshops/drafting.md:1:1: this workshop was published and is gone: put it back, with status: archived"
    ]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/workshops/draftin/", "{workshop}draftin: there is no content/workshops/draftin.md: did you mean drafting?"),
        ("/speakers/nobody/#top", "{speaker}nobody: there is no content/speakers/nobody.md"),
        ("/series/none", "{series}none: there is no content/series/none.md"),
        ("/terms/", "{page}terms: there is no content/pages/terms.md"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_like_any_link(
    spoil: Callable[..., Path], address: str, message: str
) -> None:
    folder = spoil("{page}booking-terms", address)
    assert [fault.message for fault in read_content(folder).faults] == [message]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/booking-terms/",
        "/workshops/",
        "/workshops/archive/",
        "/workshops/drafting/#book",
        "/workshops/drafting/2027-04-28.ics",
        "/topics/covert/",
        "/feed.atom",
        "https://example.org/workshops/x/",
        "//example.org/x/",
    ],
)
def test_an_address_that_leads_somewhere_is_sound(spoil: Callable[..., Path], address: str) -> None:
    assert read_content(spoil("{page}booking-terms", address)).faults == ()


def test_a_picture_named_by_its_address_is_looked_for(spoil: Callable[..., Path]) -> None:
    folder = spoil("See the", "![A form](/images/drafting.png) ![A pen](/images/pen.png) See the")
    assert [fault.message for fault in read_content(folder).faults] == ["pen.png: there is no content/images/pen.png"]


def test_a_picture_that_is_no_file_is_missing(content_folder: Path) -> None:
    picture = content_folder / "images" / "drafting.png"
    picture.unlink()
    picture.symlink_to(content_folder / "nowhere.png")
    message = "image: there is no content/images/drafting.png"
    assert [fault.message for fault in read_content(content_folder).faults] == [message]
