from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.local.clock import ClockUnreadable, business_time, set_clock

NOW = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)
MARCH = datetime(2026, 3, 2, tzinfo=UTC)
A_WEEK = timedelta(weeks=1)


def test_without_an_instant_the_business_clock_is_the_machines(tmp_path):
    assert set_clock(tmp_path / "clock.json", as_of=None, now=NOW) == 0


def test_the_business_clock_starts_at_the_instant_asked_for(tmp_path):
    offset = set_clock(tmp_path / "clock.json", as_of=MARCH, now=NOW)

    assert MARCH <= business_time(NOW, offset) < MARCH + timedelta(seconds=1)


def test_a_restart_without_an_instant_keeps_the_offset(tmp_path):
    offset = set_clock(tmp_path / "clock.json", as_of=MARCH, now=NOW)

    assert set_clock(tmp_path / "clock.json", as_of=None, now=NOW + A_WEEK) == offset


def test_a_restart_with_the_same_instant_runs_on_instead_of_going_back(tmp_path):
    offset = set_clock(tmp_path / "clock.json", as_of=MARCH, now=NOW)

    assert set_clock(tmp_path / "clock.json", as_of=MARCH, now=NOW + A_WEEK) == offset


def test_a_later_instant_moves_the_clock_forward(tmp_path):
    set_clock(tmp_path / "clock.json", as_of=MARCH, now=NOW)

    offset = set_clock(tmp_path / "clock.json", as_of=NOW + A_WEEK, now=NOW + A_WEEK)

    assert offset == 0


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.none(),
                st.datetimes(
                    datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2040-01-01"), timezones=st.just(UTC)
                ),
            ),
            st.timedeltas(timedelta(0), timedelta(days=400)),
        ),
        min_size=1,
    )
)
def test_no_order_of_starts_takes_the_business_clock_back(tmp_path_factory, starts):
    kept = tmp_path_factory.mktemp("clock") / "clock.json"
    machine, shown = NOW, None
    for as_of, later in starts:
        offset = set_clock(kept, as_of=as_of, now=machine)
        assert shown is None or business_time(machine, offset) >= shown
        machine += later
        shown = business_time(machine, offset)


@pytest.mark.parametrize("text", ["", "{}", "[]", "3", '{"offset_seconds": "3"}', '{"offset_seconds": true}', "{"])
def test_a_spoilt_file_is_refused_rather_than_taken_for_now(tmp_path, text):
    kept = tmp_path / "clock.json"
    kept.write_text(text, encoding="utf-8")

    with pytest.raises(ClockUnreadable, match=r"clock\.json does not hold a clock offset.*--reset"):
        set_clock(kept, as_of=MARCH, now=NOW)
