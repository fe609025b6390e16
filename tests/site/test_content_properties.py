"""Laws of reading: whatever is written is read exactly or told, and nothing else is ever raised."""

from __future__ import annotations

import json
import re
from datetime import date, time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workshops.domain.moment import Moment
from workshops.site import fields
from workshops.site.faults import ContentFaults
from workshops.site.nodes import compose
from workshops.site.reader import load_content
from workshops.site.slugs import SLUG, slugify
from workshops.site.source import INVISIBLE, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

PARSERS = [
    fields.price,
    fields.percent,
    fields.whole(1, 60),
    fields.hours,
    fields.flag,
    fields.moment,
    fields.clock,
    fields.zone,
    fields.identifier,
    fields.topic,
    fields.summary,
    fields.days_before,
    fields.days,
    fields.notice,
    fields.email,
    fields.domain,
    fields.company_number,
    fields.vat_number,
    fields.sort_code,
    fields.account_number,
    fields.choice({"online": 1, "in-person": 2}),
]

one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)
numberish = st.text(alphabet="0123456789.,_-+£$%eE \u0663", max_size=12)
dateish = st.from_regex(r"\A[0-9]{1,4}[-/. ][0-9A-Za-z]{1,3}[-/. ][0-9]{1,4}([ T][0-9]{1,2}[:.][0-9]{2})?\Z")
scalars = st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda text: not INVISIBLE.search(text))


@given(st.integers(0, 10_000_000))
def test_pounds_and_pence_mean_exactly_their_pence(pence: int) -> None:
    assert fields.price(f"{pence // 100}.{pence % 100:02}") == pence


@given(st.integers(0, 100_000))
def test_whole_pounds_mean_exactly_their_pence(pounds: int) -> None:
    assert fields.price(str(pounds)) == pounds * 100


@given(numberish | st.text(max_size=8))
@example("249.5")
@example("£1,200.50")
@example("9" * 5000)
def test_any_price_is_the_pence_it_shows_or_is_refused(text: str) -> None:
    pence, refusal = reading(fields.price, text)
    if refusal:
        advice = re.search(r": write ([0-9.]+)$", refusal)
        assert advice is None or fields.price(advice[1]) >= 0
    else:
        assert type(pence) is int
        assert text in {f"{pence // 100}.{pence % 100:02}", f"{pence / 100:.0f}"}


@given(st.integers(0, 10_000))
def test_a_percentage_means_exactly_its_basis_points(points: int) -> None:
    assert fields.percent(f"{points // 100}.{points % 100:02}") == points


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.none() | st.times())
def test_a_moment_written_out_is_that_moment(day: date, at: time | None) -> None:
    at = at.replace(second=0, microsecond=0) if at else None
    text = f"{day}" + (f" {at:%H:%M}" if at is not None else "")
    assert fields.moment(text) == Moment(day, at)


@given(dateish | st.text(max_size=20))
@example("0 Jan 2027")
@example("28/04/2027 9.99")
@example("31.2.2027")
def test_any_date_is_read_or_told_a_date_to_write(text: str) -> None:
    _, refusal = reading(fields.moment, text)
    if refusal:
        advice = re.search(r": write ([0-9].*)$", refusal)
        assert advice is None or fields.moment(advice[1])
        assert "write" in refusal or "no such day" in refusal


@pytest.mark.parametrize("parse", PARSERS)
@settings(max_examples=40)
@given(text=numberish | dateish | st.text(max_size=30))
def test_a_field_reads_any_text_or_refuses_it_in_one_sentence(parse, text: str) -> None:
    _, refusal = reading(parse, text)
    assert refusal is None or refusal.splitlines() == [refusal]


@given(st.text())
def test_a_slug_made_from_any_text_is_a_slug_or_nothing(text: str) -> None:
    made = slugify(text, 60)
    assert made == "" or (SLUG.fullmatch(made) and len(made) <= 60)
    assert slugify(made) == made


@given(
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3), max_leaves=10
    )
)
def test_what_is_written_as_quoted_text_comes_back_as_it_was(value: object) -> None:
    written = json.dumps({"field": value}, ensure_ascii=False)
    tree = compose(written)
    if tree.sound:
        assert tree.root.value == {"field": without_nothing(value)}


@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,?\n \t\\0~", max_size=60))
def test_any_yaml_is_composed_or_unreadable(text: str) -> None:
    try:
        compose(text, 5)
    except Unreadable as raised:
        unreadable = raised
    else:
        return
    assert unreadable.line >= 5
    assert unreadable.column >= 1
    assert unreadable.message.splitlines() == [unreadable.message]


@one_folder
@given(data=st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: b"---\n" + data + b"\n---\n" + data))
@example(data=b"---\na: \xf0\x9f\x98\x80\n---\n")
def test_no_bytes_raise_anything_but_content_faults(content_folder: Path, data: bytes) -> None:
    for path in ("provider.yaml", "workshops/drafting.md", "pages/booking-terms.md"):
        (content_folder / path).write_bytes(data)
    with pytest.raises(ContentFaults) as raised:
        load_content(content_folder)
    require_places(raised.value, content_folder)


@one_folder
@given(data=st.data())
def test_no_change_to_a_sound_file_raises_anything_but_content_faults(
    content_folder: Path, data: st.DataObject
) -> None:
    path = content_folder / "workshops" / "drafting.md"
    sound = path.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(sound)))
    end = data.draw(st.integers(start, min(start + 12, len(sound))))
    inserted = data.draw(st.text(alphabet="ab0195-:.,[]{}'\"#&*!|>~\n\t \r£", max_size=6))
    path.write_text(sound[:start] + inserted + sound[end:], encoding="utf-8", newline="")
    try:
        load_content(content_folder)
    except ContentFaults as faults:
        require_places(faults, content_folder)
    finally:
        path.write_text(sound, encoding="utf-8", newline="")


# ---------------------------------------------------------------------------------------------------------------------


def reading(parse, text: str):
    """What a field makes of a text, or its refusal."""
    try:
        return parse(text), None
    except fields.NotAsMeant as refused:
        return None, refused.sentence


def without_nothing(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_nothing(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_nothing(inner) for inner in value]
    return value or None


def require_places(raised: ContentFaults, folder: Path) -> None:
    for fault in raised.faults:
        assert re.fullmatch(r"content/[^:\n]+:[0-9]+:[0-9]+: [^\n]+", str(fault)), fault
        data = (folder.parent / fault.path).read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        assert 1 <= fault.line <= data.count(b"\n") + 1
    assert list(raised.faults) == sorted(raised.faults)
