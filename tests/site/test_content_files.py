"""Every file of the content folder is read or told; none is passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workshops.site.reader import read_content

if TYPE_CHECKING:
    from pathlib import Path

ODD_FILES = [
    ("workshops/Digital.md", "workshops/Digital.md", "this name cannot be an address: rename it to digital.md"),
    ("workshops/two words.md", "workshops/two words.md", "this name cannot be an address: rename it to two-words.md"),
    ("workshops/two_words.md", "workshops/two_words.md", "this name cannot be an address: rename it to two-words.md"),
    ("speakers/zoë.md", "speakers/zoë.md", "this name cannot be an address: rename it to zoe.md"),
    ("workshops/x.txt", "workshops/x.txt", "only names that end in .md are read: rename it to x.md"),
    ("workshops/x.MD", "workshops/x.MD", "only names that end in .md are read: rename it to x.md"),
    ("workshops/x.docx", "workshops/x.docx", "workshops holds files that end in .md: move this one elsewhere"),
    ("workshops/x.png", "workshops/x.png", "pictures belong in images: move it there"),
    ("workshops/archive.md", "workshops/archive.md", "the site needs the address of archive itself: rename the file"),
    ("pages/workshops.md", "pages/workshops.md", "the site needs the address of workshops itself: rename the file"),
    (
        "workshops/2027/x.md",
        "workshops/2027",
        "a folder within workshops is not read: move its files up into workshops",
    ),
    ("workshop/x.md", "workshop", "there is no such folder: did you mean workshops?"),
    ("blog/x.md", "blog", "there is no such folder: only workshops, speakers, series, pages and images"),
    ("provider.yml", "provider.yml", "did you mean provider.yaml?"),
    (
        "x.md",
        "x.md",
        "no file belongs here but provider.yaml: move it to workshops, speakers, series, pages or images",
    ),
]


@pytest.mark.parametrize(("file", "path", "expected"), ODD_FILES)
def test_an_odd_file_is_told(content_folder: Path, file: str, path: str, expected: str) -> None:
    (content_folder / file).parent.mkdir(parents=True, exist_ok=True)
    (content_folder / file).write_text("---\ntitle: x\n---\n", encoding="utf-8")
    assert [str(fault) for fault in read_content(content_folder).faults] == [f"content/{path}:1:1: {expected}"]


@pytest.mark.parametrize("name", [".hidden.md", "drafting.md~", "#drafting.md#"])
def test_hidden_files_and_editors_own_copies_are_left_alone(content_folder: Path, name: str) -> None:
    (content_folder / "workshops" / name).write_text("nothing", encoding="utf-8")
    assert read_content(content_folder).faults == ()


def test_a_file_in_the_wrong_folder_is_told_once(content_folder: Path) -> None:
    (content_folder / "speakers" / "adrian-example.md").rename(content_folder / "workshops" / "adrian-example.md")
    assert [str(fault) for fault in read_content(content_folder).faults] == [
        "content/workshops/adrian-example.md:2:1: these are the fields of speakers: move the file to that folder",
        "content/workshops/drafting.md:8:12: speakers[0]: there is no content/speakers/adrian-example.md",
        "content/workshops/drafting.md:39:17: {speaker}adrian-example: there is no content/speakers/adrian-example.md",
    ]


def test_a_missing_provider_is_told(content_folder: Path) -> None:
    (content_folder / "provider.yaml").unlink()
    assert [str(fault) for fault in read_content(content_folder).faults] == [
        "content/provider.yaml:1:1: the file is missing"
    ]


def test_a_link_to_a_file_that_has_gone_is_told(content_folder: Path) -> None:
    (content_folder / "workshops" / "gone.md").symlink_to("nowhere.md")
    assert [str(fault) for fault in read_content(content_folder).faults] == [
        "content/workshops/gone.md:1:1: this is no file that can be read: delete it"
    ]


def test_empty_required_fields_of_the_provider_are_listed_and_no_faults(content_folder: Path) -> None:
    reading = read_content(content_folder)
    assert reading.content is not None
    assert reading.content.provider.unfilled == (
        "legal_name",
        "company_number",
        "registered_office",
        "address",
        "email",
        "telephone",
        "purchase_orders_to",
        "invoice_terms_days",
        "privacy",
        "cancellation",
    )
    assert reading.faults == ()


def test_an_empty_field_that_is_written_is_listed_at_its_line(content_folder: Path) -> None:
    path = content_folder / "provider.yaml"
    path.write_text(path.read_text(encoding="utf-8") + 'address:\ntelephone: ""\n', encoding="utf-8")
    listed = [str(fault) for fault in read_content(content_folder).unfilled]
    assert "content/provider.yaml:6:9: address is empty: fill it in before the site is published" in listed


def test_a_provider_outside_the_registers_needs_no_numbers_and_charges_no_vat(content_folder: Path) -> None:
    (content_folder / "provider.yaml").write_text(
        "name: Example\nbooking_email: booking@example.org\nvat_registered: false\ncompany_registered: false\n",
        encoding="utf-8",
    )
    content = read_content(content_folder).content
    assert content is not None
    assert content.workshops[0].workshop.vat == "not-registered"
    assert not content.provider.provider.vat_registered
    assert not {"vat_number", "company_number", "registered_office"} & set(content.provider.unfilled)
