"""The booking form as a view: prices as of an instant, and everything that was typed kept."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from tests.builders import AS_OF, a_rate, a_run, a_workshop
from tests.forms import a_form
from workshops.domain.moment import Moment
from workshops.domain.vat import VatRate
from workshops.domain.workshop import EarlyPrice, Extra, ExtraId, GroupDiscount, Per
from workshops.formats.booking_form import FIELDS_KEPT, form_view, rate_view

DINNER = Extra(ExtraId("dinner"), "Conference dinner", 2917, VatRate.STANDARD, 60)
WORKSHOP = a_workshop(extras=(DINNER,))


def view(workshop=WORKSHOP, at=AS_OF, **more):
    return form_view(workshop, workshop.runs[0], at, **more)


def a_rate_view(rate=None, at=AS_OF, run=None, **workshop):
    run = run or a_run()
    return rate_view(a_workshop(run, **workshop), run, rate or a_rate(), at)


# --- prices -----------------------------------------------------------------------------------------------------------


def test_a_rate_is_shown_with_and_without_vat():
    shown = a_rate_view()
    assert shown["net_pence"] == 20900
    assert (shown["net"], shown["vat"], shown["gross"]) == ("£209.00", "£41.80", "£250.80")
    assert (shown["vat_label"], shown["charges_vat"]) == ("VAT at 20%", True)
    assert (shown["list_net"], shown["early_until"]) == (None, None)


def test_totals_are_printed_for_usual_numbers_of_places():
    totals = {total["places"]: total["gross"] for total in a_rate_view()["totals"]}
    assert totals[3] == "£752.40"
    assert list(totals) == [1, 2, 3, 4, 5, 10, 20]


def test_totals_stop_at_what_one_booking_takes_and_count_the_group_tiers():
    run = a_run(max_per_booking=5)
    totals = a_rate_view(run=run, group_discounts=(GroupDiscount(5, 1000),))["totals"]
    assert [total["places"] for total in totals] == [1, 2, 3, 4, 5]
    assert totals[-1]["gross"] == "£1,128.60"


def test_the_early_price_is_shown_beside_the_full_one_while_it_lasts():
    until = Moment(date(2026, 3, 2))
    rate = a_rate(early=EarlyPrice(18900, until))
    before, after = a_rate_view(rate), a_rate_view(rate, AS_OF + timedelta(days=1))
    assert (before["net"], before["list_net"], before["early_until"]) == ("£189.00", "£209.00", "Monday 2 March 2026")
    assert (after["net"], after["list_net"], after["early_until"]) == ("£209.00", None, None)


def test_an_organisation_s_price_has_no_totals_by_number():
    shown = a_rate_view(a_rate(per=Per.ORGANISATION, covers=10))
    assert (shown["per"], shown["covers"], shown["places_most"], shown["totals"]) == ("organisation", 10, 10, [])


@pytest.mark.parametrize(("vat", "charged"), [(VatRate.ZERO, True), (VatRate.EXEMPT, False)])
def test_a_price_without_vat_says_so(vat, charged):
    shown = a_rate_view(vat=vat)
    assert (shown["charges_vat"], shown["vat"], shown["gross"]) == (charged, "£0.00", "£209.00")


def test_an_extra_is_shown_with_its_own_vat():
    (extra,) = view()["extras"]
    assert (extra["net"], extra["vat"], extra["gross"], extra["limit"]) == ("£29.17", "£5.83", "£35.00", 60)


# --- what was typed ---------------------------------------------------------------------------------------------------


def test_an_empty_form_offers_a_row_for_each_delegate_and_opens_three():
    shown = view()
    assert (len(shown["delegates"]), shown["delegates_open"]) == (20, 3)
    assert all(not any(row.values()) for row in shown["delegates"])


def test_the_form_takes_as_many_as_the_most_generous_rate():
    rates = (a_rate(), a_rate(id="all", per=Per.ORGANISATION, covers=40))
    assert view(a_workshop(a_run(rates=rates)))["places_most"] == 40


def test_everything_typed_is_kept():
    typed = a_form(extra_dinner="2", code="HALF", purchase_order="PO 4711")
    shown = view(values=typed)
    assert shown["values"]["buyer_name"] == "Chris Example"
    assert shown["values"]["purchase_order"] == "PO 4711"
    assert shown["extras"][0]["count"] == "2"
    assert [row["name"] for row in shown["delegates"]][:4] == ["Alex Sample", "Sam Specimen", "Jo Instance", ""]
    assert set(FIELDS_KEPT) <= set(shown["values"])


def test_rows_that_were_used_stay_open():
    names = [""] * 6 + ["Kit Pattern"]
    assert view(values={"delegate_name": names})["delegates_open"] == 7


def test_a_row_with_an_error_stays_open():
    assert view(errors=[("delegate_name_9", "Enter the name")])["delegates_open"] == 9


def test_ten_thousand_names_make_no_ten_thousand_rows():
    assert len(view(values={"delegate_name": ["x"] * 10_000})["delegates"]) == 60


def test_each_error_stands_in_the_summary_and_at_its_field():
    shown = view(errors=[("rate", "Choose a rate"), ("delegate_email_2", "Check it"), ("rate", "Again")])
    assert shown["errors"][0] == {"field": "rate", "message": "Choose a rate"}
    assert shown["error_by_field"]["rate"] == "Choose a rate"
    assert shown["delegates"][1]["email_error"] == "Check it"


def test_the_view_is_strings_and_primitives():
    shown = view(values=a_form(), errors=[("rate", "Choose a rate")])
    assert json.loads(json.dumps(shown)) == shown
