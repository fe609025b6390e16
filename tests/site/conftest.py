"""A small sound content folder that tests spoil."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROVIDER = """\
name: Example Training
booking_email: booking@training.example.org
vat_registered: true
vat_number: GB123456789
terms: booking-terms
"""

WORKSHOP = """\
---
title: Drafting applications
summary: A step-by-step day on drafting applications that are authorised first time.
status: published
topics: [covert, digital]
image: drafting.png
image_alt: A form and a pen
speakers: [adrian-example]
audience:
  - Investigators in major crime
outline:
  - title: Session one
    starts: "10:00"
    points: [What the form asks, Golden rules]
delivery:
  mode: online
  platform: Microsoft Teams
cpd: {certificate: true, hours: 5}
vat: standard
rates:
  - id: public-sector
    name: Law enforcement and government agencies
    price: 209.00
    early: {price: 189.00, until: 2027-03-01}
  - id: industry
    name: Industry
    price: 249.50
group_discounts:
  - {from: 5, percent: 10}
  - {from: 10, percent: 15}
runs:
  - id: "2027-04-28"
    starts: 2027-04-28 10:00
    ends: 2027-04-28 15:30
    capacity: 60
    booking: {opens: 2027-01-05, closes: 2027-04-27 17:00}
---

Led by [Adrian]({speaker}adrian-example). See the [terms]({page}booking-terms).
"""

SPEAKER = """\
---
name: Adrian Example
role: Retired detective inspector
---

He taught for years.
"""

TERMS = """\
---
title: Booking terms
---

What you agree to.
"""


@pytest.fixture
def content_folder(tmp_path: Path) -> Path:
    """A sound content folder: a provider, a workshop, its speaker, its picture, and the booking terms."""
    folder = tmp_path / "content"
    for path, text in {
        "provider.yaml": PROVIDER,
        "workshops/drafting.md": WORKSHOP,
        "speakers/adrian-example.md": SPEAKER,
        "pages/booking-terms.md": TERMS,
        "images/drafting.png": "not really a picture",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def spoil(content_folder: Path) -> Callable[..., Path]:
    """Replaces one text in a file of the content folder; the old text must be there once."""

    def replace(old: str, new: str, path: str = "workshops/drafting.md") -> Path:
        text = (content_folder / path).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (content_folder / path).write_text(text.replace(old, new), encoding="utf-8")
        return content_folder

    return replace
