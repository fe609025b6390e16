"""YAML's traps: each is an error that says what to write, or is read as meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.messages import messages
from workshops.site.reader import read_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


TRAPS = [
    (
        "    capacity: 60",
        "    capacity: 60\n    capacity: 70",
        ["36:5: capacity is given twice: it is on line 35 already"],
    ),
    (
        "    capacity: 60",
        "    capacity: 60\n    capcity: 60\n    capacity: 70",
        ["36:5: runs[0].capcity: did you mean capacity?", "37:5: capacity is given twice: it is on line 35 already"],
    ),
    ("    capacity: 60", "    capacity: 010", ["35:15: runs[0].capacity: 010 is not a whole number: write 10"]),
    ("    capacity: 60", "    capacity: 1_000", ["35:15: runs[0].capacity: 1_000 is not a whole number: write 1000"]),
    (
        "    capacity: 60",
        "    capacity: 0x3C",
        ["35:15: runs[0].capacity: 0x3C is not a whole number: write digits alone, such as 20"],
    ),
    (
        "    capacity: 60",
        "    capacity: .inf",
        ["35:15: runs[0].capacity: .inf is not a whole number: write digits alone, such as 20"],
    ),
    (
        "    capacity: 60",
        "    capacity: 999999999999999999999999",
        ["35:15: runs[0].capacity: 999999999999999999999999 is out of range: write 1 to 10000"],
    ),
    ("    capacity: 60", "    capacity: 6.0", ["35:15: runs[0].capacity: 6.0 is not a whole number: write 6"]),
    (
        "    capacity: 60",
        "    capacity: [6]",
        ["35:15: runs[0].capacity: write one text here; in quotes if it begins with [ or {"],
    ),
    ("    capacity: 60", "\tcapacity: 60", ["35:1: a tab stands here: indent with spaces"]),
    ("    capacity: 60", "   capacity: 60", ["35:4: this line is not indented like the list before it"]),
    ("    capacity: 60", "    <<: {capacity: 60}", ["35:5: merge keys (<<) are not understood: write the fields out"]),
    (
        "    capacity: 60",
        "    capacity: !!int 60",
        ["35:15: a tag (!!int) stands here: write the value alone, or put the text in quotes"],
    ),
    (
        "    capacity: 60",
        "    capacity: &sixty 60",
        ["35:15: &sixty names a value: write the value alone, or put the text in quotes"],
    ),
    (
        "    capacity: 60",
        "    capacity: *sixty",
        ["35:15: *sixty refers to another value: write the value out, or put the text in quotes"],
    ),
    ("    capacity: 60", "    ? [a]\n    : b", ["35:7: a field's name is missing here"]),
    (
        "status: published",
        "status: no",
        ["4:9: status: no is not one of the words for this: write published, draft or archived"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 2027-02-30",
        ["33:13: runs[0].starts: 2027-02-30 is not a date: the calendar has no such day"],
    ),
    (
        "starts: 2027-04-28 10:00",
        "starts: 12:30",
        ["33:13: runs[0].starts: 12:30 is not a date: write one such as 2027-04-28, or with a time 2027-04-28 10:00"],
    ),
    (
        "title: Drafting applications",
        "title: Drafting: applications",
        ["2:16: a colon stands in a text, or the line is indented too far: put the whole text in quotes"],
    ),
    (
        "title: Drafting applications",
        'title: "Drafting',
        ["2:8: a quotation mark is opened here and closed on line 13 only"],
    ),
    ("title: Drafting applications", "title: 'Drafting", ["2:8: a quotation mark is opened here and never closed"]),
    (
        "title: Drafting applications",
        "title: @home",
        ["2:8: a text cannot begin with this character: put the whole text in quotes"],
    ),
    (
        "title: Drafting applications",
        "title: {a}",
        ["2:8: title: write one text here; in quotes if it begins with [ or {"],
    ),
    ("title: Drafting applications", 'title: "a\\0b"', ["2:8: an invisible character (U+0000) is in this text"]),
    (
        "title: Drafting applications",
        "title: Top tips #1",
        ["2:8: warning: this line's text ends before the # sign: put it in quotes if the rest belongs to it"],
    ),
    ("title: Drafting applications", "title:", ["2:7: title: nothing is written here: fill it in"]),
    ("title: Drafting applications", "title", ["2:1: write fields here, each on a line as name: value"]),
    (
        "points: [What the form asks, Golden rules]",
        "points: [What the form asks, Golden rules",
        ["14:13: this list [like, this] lacks a comma or its closing bracket"],
    ),
    (
        "cpd: {certificate: true, hours: 5}",
        "cpd: {certificate: true, hours: 5",
        ["18:6: these fields {like: this} lack a comma or their closing brace"],
    ),
    (
        "speakers: [adrian-example]",
        "speakers: - adrian-example",
        ["8:11: a list begins here: put its first dash on a line of its own"],
    ),
    (
        "title: Drafting applications",
        "title: Drafting\n...\nsummary: x",
        ["4:1: these are not fields: write each on a line as name: value"],
    ),
]

AS_MEANT = [
    ("    capacity: 60", '    capacity: "60"', []),
    ("    capacity: 60", "    capacity:", []),
    ("    capacity: 60", "    capacity:\t60", []),
    ("starts: 2027-04-28 10:00", "starts: 2027-04-28T10:00", []),
    ("starts: 2027-04-28 10:00", 'starts: "2027-04-28 10:00"', []),
    ('starts: "10:00"', "starts: 12:30", []),
    ("topics: [covert, digital]", "topics: [no, 010, 12:30, 1_000]", []),
    ("title: Drafting applications", "title: 2027-02-30", []),
    ("title: Drafting applications", 'title: "Top tips #1"', []),
    ("cpd: {certificate: true, hours: 5}", "cpd: {certificate: yes}", []),
    ("capacity: 60", "capacity: 60   # people", []),
]


@pytest.mark.parametrize(("old", "new", "expected"), TRAPS)
def test_a_trap_is_told_with_its_place_and_what_to_write(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


@pytest.mark.parametrize(("old", "new", "expected"), AS_MEANT)
def test_what_yaml_would_take_for_something_else_is_read_as_meant(
    spoil: Callable[..., Path], old: str, new: str, expected: list[str]
) -> None:
    assert messages(spoil(old, new)) == expected


def test_words_that_yaml_takes_for_numbers_and_truth_stay_the_text_that_was_written(spoil: Callable[..., Path]) -> None:
    content = read_content(spoil("topics: [covert, digital]", "topics: [no, 010, 12:30, 1_000]")).content
    assert content is not None
    assert content.workshops[0].topics == ("no", "010", "12:30", "1_000")


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_line_ends_are_read_as_meant_and_count_the_same_lines(content_folder: Path, ending: str) -> None:
    path = content_folder / "workshops" / "drafting.md"
    text = path.read_text(encoding="utf-8")
    path.write_bytes(text.replace("\n", ending).encode())
    assert messages(content_folder) == []
    path.write_bytes(text.replace("capacity: 60", "capacity: sixty").replace("\n", ending).encode())
    assert messages(content_folder) == [
        "35:15: runs[0].capacity: sixty is not a whole number: write digits alone, such as 20"
    ]


def test_a_byte_order_mark_is_read_as_meant(content_folder: Path) -> None:
    path = content_folder / "workshops" / "drafting.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert messages(content_folder) == []


def test_columns_count_characters_and_not_bytes(spoil: Callable[..., Path]) -> None:
    spoiled = spoil("cpd: {certificate: true, hours: 5}", 'led_by: "Caf\u00e9 \U0001f600" x')
    assert messages(spoiled)[0].startswith("18:18: ")


NO_PAGES = [
    (b"", "1:1: the file is empty"),
    (b" \n\n", "1:1: the file is empty"),
    (b"Hello", "1:1: no front matter: begin with a line ---, then the fields, then another line ---"),
    (b"---\n", "1:1: the front matter has no end: add a line --- after the fields"),
    (b"---\ntitle: x\n", "1:1: the front matter has no end: add a line --- after the fields"),
    (b"---\n---\n", "1:1: there are no fields here"),
    (b"---\n# nothing\n---\n", "1:1: there are no fields here"),
    (b"---\n- title\n---\n", "2:1: write fields here, each on a line as name: value"),
    (b"\n\n---\n- title\n---\n", "4:1: write fields here, each on a line as name: value"),
    (b"---\ntitle: caf\xe9\n---\n", "2:11: this character is not UTF-8: save the file as UTF-8"),
    (b"\xff\xfe-\x00-\x00-\x00", "1:1: the file is saved as UTF-16: save it as UTF-8"),
    (b"---\ntitle: a\x00b\n---\n", "2:9: an invisible character (U+0000) stands here: delete it"),
    ("---\ntitle: a\u2028b\n---\n".encode(), "2:9: an invisible character (U+2028) stands here: delete it"),
    (b"---\ntitle: x\n---\n\nText\x0b\n", "5:5: an invisible character (U+000B) stands here: delete it"),
    (b"---\ntitle: " + b"[" * 100_000 + b"\n---\n", "2:19: lists are nested too deep here"),
    (b"---\ntitle: " + b"{a: " * 100_000 + b"\n---\n", "2:52: lists are nested too deep here"),
    (b"---\ntitle:\n" + b"- " * 100_000 + b"x\n---\n", "3:23: lists are nested too deep here"),
    (b"-" * 1_000_001, "1:1: the file is larger than 1 MB"),
]


@pytest.mark.parametrize(("data", "expected"), NO_PAGES)
def test_a_file_that_holds_no_page_is_told_once(content_folder: Path, data: bytes, expected: str) -> None:
    (content_folder / "workshops" / "drafting.md").write_bytes(data)
    assert messages(content_folder) == [expected]


def test_aliases_that_would_grow_without_end_are_refused_unexpanded(content_folder: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    (content_folder / "workshops" / "drafting.md").write_text("---\n" + "\n".join(lines) + "\n---\n", encoding="utf-8")
    found = messages(content_folder)
    assert found[0] == "2:5: &a0 names a value: write the value alone, or put the text in quotes"
    assert len(found) == 40 + 2 * 39
