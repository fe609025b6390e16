"""The whole walk, as a buyer walks it: page, form, payment page, return page, mail, the booking's own page."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.walk.buyer import ASKS, DECLINED, PAGE

pytestmark = pytest.mark.browser


def test_three_places_are_booked_declined_paid_and_confirmed_to_the_penny_everywhere(buyer):
    page = buyer.page
    buyer.goes_to(PAGE)
    page.get_by_text("What several places cost").click()
    assert "£752.40" in buyer.reads()

    buyer.fills_in(3)
    buyer.sends()
    payment_page = page.url
    assert buyer.heading() == "The Investigator"
    assert re.findall(r"£[\d.]+", page.locator("body").inner_text())[-3:] == ["£627.00", "£125.40", "£752.40"]

    buyer.pays(DECLINED)
    assert page.url.split("?")[0] == payment_page.split("?")[0]
    assert "declined" in page.locator("body").inner_text()

    buyer.pays()
    page.wait_for_url(f"{buyer.site}/booking/return?*")
    assert buyer.heading() == "Your booking is confirmed"
    assert "£752.40" in buyer.reads()
    assert buyer.email not in page.content()
    assert "Example Constabulary" not in page.content()

    to_buyer, *to_delegates = sorted(buyer.mails(4), key=lambda mail: mail["to"] != [buyer.email])
    for amount in ("£627.00", "£125.40", "£752.40"):
        assert amount in to_buyer["text"]
        assert amount in to_buyer["html"]
    assert [mail["to"] for mail in to_delegates] == [[buyer.delegate(number)[1]] for number in (1, 2, 3)]
    assert not any("£" in mail["text"] + mail["html"] for mail in to_delegates)
    assert all("Tuesday 28 April 2026" in mail["text"] for mail in (to_buyer, *to_delegates))

    (booking,) = buyer.booking()
    stored = {name: booking["quote"][name] for name in ("net", "vat", "gross")}
    assert (booking["state"], stored) == ("confirmed", {"net": 62700, "vat": 12540, "gross": 75240})

    buyer.goes_to(buyer.link(to_buyer))
    assert all(name in buyer.reads() for name, _ in map(buyer.delegate, (1, 2, 3)))
    page.get_by_role("link", name="VAT invoice").click()
    assert "£752.40" in page.locator("body").inner_text()
    assert buyer.errors == []


def test_names_left_for_later_are_given_one_after_the_other_and_each_is_written_to(plain_buyer):
    buyer = plain_buyer
    buyer.books(2, named=0)
    buyer.pays()
    (first,) = buyer.mails(1)
    buyer.goes_to(buyer.link(first))

    _name(buyer, 1)
    assert [mail["to"][0] for mail in buyer.mails(2)][1:] == [buyer.delegate(1)[1]]
    _name(buyer, 2)

    assert buyer.page.get_by_role("button", name="Save the names").count() == 0
    assert {mail["to"][0] for mail in buyer.mails(3)} == {buyer.email, buyer.delegate(1)[1], buyer.delegate(2)[1]}


def test_a_form_that_is_refused_keeps_every_entry_and_links_each_error_to_its_field(plain_buyer):
    buyer, page = plain_buyer, plain_buyer.page
    buyer.goes_to(PAGE)
    buyer.fills_in(2)
    page.fill("input[name=buyer_email]", "bea")
    page.uncheck("input[name=accept_terms]")
    buyer.sends()

    summary = page.locator(".error-summary")
    assert page.title().startswith("Error: ")
    for link in summary.get_by_role("link").all():
        field = page.locator(link.get_attribute("href"))
        assert field.count() == 1
    expect(page.locator("input[name=buyer_email]")).to_have_attribute("aria-invalid", "true")
    assert page.locator("input[name=quantity]").input_value() == "2"
    assert page.locator("input[name=delegate_name]").nth(1).input_value() == buyer.delegate(2)[0]
    assert page.locator("input[name=rate][value=public-sector]").is_checked()

    page.fill("input[name=buyer_email]", buyer.email)
    page.check("input[name=accept_terms]")
    buyer.sends()
    assert "£501.60" in page.locator("body").inner_text()


def test_an_empty_form_is_told_everything_that_is_missing_at_once(plain_buyer):
    plain_buyer.goes_to(PAGE)
    plain_buyer.page.fill("input[name=quantity]", "")
    plain_buyer.sends()

    assert plain_buyer.page.locator(".error-summary li").all_inner_texts() == [
        "Choose a rate",
        "Enter how many places you need, from 1 to 20; for more, write to us",
        "Enter your name",
        "Enter your e-mail address",
        "Enter the name of your organisation",
        "Accept the booking terms to book",
        "Confirm that you book for an organisation or for your work",
    ]


def test_two_delegates_with_one_address_are_asked_about_and_then_accepted(plain_buyer):
    buyer, page = plain_buyer, plain_buyer.page
    buyer.goes_to(PAGE)
    buyer.fills_in(2)
    page.locator("input[name=delegate_email]").nth(1).fill(buyer.delegate(1)[1])
    buyer.sends()
    assert "Two delegates have the same e-mail address" in page.locator(".error-summary").inner_text()

    page.check("input[name=different_people]")
    buyer.sends()
    assert "£501.60" in page.locator("body").inner_text()


def test_back_and_book_again_leads_to_the_same_payment_page_and_one_hold(plain_buyer):
    buyer = plain_buyer
    first = buyer.books(2)
    buyer.page.go_back()
    buyer.sends()

    assert buyer.page.url == first
    assert [booking["state"] for booking in buyer.booking()] == ["held"]


def test_a_changed_form_gives_up_the_places_of_the_one_before(plain_buyer):
    buyer = plain_buyer
    first = buyer.books(2)
    second = buyer.books(3)

    assert first != second
    assert [(booking["seats"], booking["state"]) for booking in buyer.booking()] == [(2, "expired"), (3, "held")]
    buyer.goes_to(first)
    assert "expired" in buyer.page.locator("body").inner_text().lower()


def test_twenty_delegates_are_named_without_javascript(plain_buyer):
    buyer = plain_buyer
    buyer.goes_to(PAGE)
    buyer.page.get_by_text("Name more delegates").click()
    buyer.fills_in(20)
    buyer.sends()
    buyer.pays()

    assert buyer.heading() == "Your booking is confirmed"
    assert len(buyer.mails(21)) == 21


def test_a_card_that_asks_for_approval_pays_once_approved(plain_buyer):
    plain_buyer.books(1)
    plain_buyer.pays(ASKS)
    plain_buyer.page.get_by_role("button", name="Approve", exact=True).click()

    assert plain_buyer.heading() == "Your booking is confirmed"


def test_paypal_pays_once_approved(plain_buyer):
    buyer = plain_buyer
    buyer.books(1)
    buyer.pays(button="Book with PayPal")
    buyer.page.get_by_role("button", name=re.compile("Approve|Agree|Pay")).first.click()

    assert buyer.heading() == "Your booking is confirmed"


def test_somebody_who_pays_and_closes_the_tab_is_confirmed_all_the_same(plain_buyer):
    plain_buyer.books(1)
    plain_buyer.pays(button="Pay by card and close the tab")

    assert len(plain_buyer.mails(2)) == 2
    assert [booking["state"] for booking in plain_buyer.booking()] == ["confirmed"]


def test_a_payment_page_that_expires_gives_the_places_back(plain_buyer):
    buyer = plain_buyer
    session = buyer.books(1).rsplit("/", 1)[-1]
    buyer.page.get_by_role("button", name="Let this page expire now").click()
    buyer.goes_to(f"/booking/return?session_id={session}")

    assert buyer.heading() == "This booking was not paid for"
    assert [booking["state"] for booking in buyer.booking()] == ["expired"]
    assert buyer.mails(0) == []


@pytest.mark.parametrize(
    "path", ["/booking/return", "/booking/return?session_id=cs_test_unknown000000", "/booking/abc"]
)
def test_an_address_that_leads_nowhere_says_so_and_what_to_do(plain_buyer, path):
    response = plain_buyer.goes_to(path)

    assert response.status == 404
    assert "Check that the address is complete" in plain_buyer.reads()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_the_pages_of_the_functions_are_accessible_and_fit_the_screen(examined_buyer, width, scheme):
    buyer, page = examined_buyer, examined_buyer.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    buyer.goes_to(PAGE)
    buyer.fills_in(2, named=1)
    page.fill("input[name=buyer_name]", "")
    page.fill("input[name=buyer_email]", "bea")
    buyer.sends()
    _is_accessible_and_fits(page)

    buyer.fills_in(2, named=1)
    buyer.sends()
    buyer.pays()
    _is_accessible_and_fits(page)

    to_buyer = next(mail for mail in buyer.mails(2) if mail["to"] == [buyer.email])
    buyer.goes_to(buyer.link(to_buyer))
    _is_accessible_and_fits(page)

    buyer.goes_to("/booking/nowhere")
    _is_accessible_and_fits(page)


def _is_accessible_and_fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == [], page.url


def _name(buyer, number):
    name, email = buyer.delegate(number)
    buyer.page.locator("input[name=delegate_name]").first.fill(name)
    buyer.page.locator("input[name=delegate_email]").first.fill(email)
    buyer.page.get_by_role("button", name="Save the names").click()
