from datetime import UTC, datetime, timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.cli.instant import INSTANT
from workshops.formats.instant import InstantUnreadable, parse_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-07-02", datetime(2026, 7, 1, 23, tzinfo=UTC)),
        ("2026-03-02T09:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-07-02T09:00", datetime(2026, 7, 2, 8, tzinfo=UTC)),
        ("2026-07-02 09:00:30", datetime(2026, 7, 2, 8, 0, 30, tzinfo=UTC)),
        ("2026-07-02T09:00Z", datetime(2026, 7, 2, 9, tzinfo=UTC)),
        ("2026-07-02T09:00-05:00", datetime(2026, 7, 2, 14, tzinfo=UTC)),
        (" 2026-03-02 ", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-10-25T01:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_london_unless_it_carries_an_offset(text, instant):
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("soon", "'soon' is no instant: write 2026-03-02, 2026-03-02T09:00 or 2026-03-02T09:00+00:00."),
        ("", "'' is no instant: write 2026-03-02, 2026-03-02T09:00 or 2026-03-02T09:00+00:00."),
        ("02/03/2026", "'02/03/2026' is no instant: write 2026-03-02, 2026-03-02T09:00 or 2026-03-02T09:00+00:00."),
        ("2026-02-30", "'2026-02-30' is no instant: there is no day 2026-02-30."),
        ("2026-03-02T24:30", "'2026-03-02T24:30' is no instant: there is no time of day 24:30."),
        ("2026-03-02T09:00+25:00", "'2026-03-02T09:00+25:00' is no instant: there is no offset +25:00."),
        (
            "2026-03-29T01:30",
            "'2026-03-29T01:30' is no instant: the clocks in London skip this hour when summer time begins.",
        ),
        ("9999-12-31T23:59-10:00", "'9999-12-31T23:59-10:00' is no instant: it is too far away."),
    ],
)
def test_what_is_no_instant_is_refused_with_what_to_write(text, sentence):
    with pytest.raises(InstantUnreadable) as refusal:
        parse_instant(text)
    assert str(refusal.value) == sentence


@given(
    st.datetimes(
        datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2100-01-01"), timezones=st.just(UTC)
    ).map(lambda at: at.replace(microsecond=0))
)
def test_every_instant_written_with_its_offset_comes_back(at):
    assert parse_instant(at.isoformat()) == at


@given(st.text(alphabet="0123456789-+:TZ ٣²", max_size=26))
def test_no_text_does_anything_but_give_an_instant_or_a_refusal(text):
    try:
        assert parse_instant(text).utcoffset() == timedelta(0)
    except InstantUnreadable:
        return


def test_on_the_command_line_now_is_the_machines_clock():
    assert abs(INSTANT.convert("now", None, None) - datetime.now(UTC)) < timedelta(seconds=5)


def test_on_the_command_line_a_bad_instant_is_wrong_usage():
    with pytest.raises(click.BadParameter, match="'soon' is no instant"):
        INSTANT.convert("soon", None, None)
