"""`/booking/…`: the return page, and the buyer's own page under a link that only the buyer has."""

from __future__ import annotations

import pytest

from functions import booking
from tests.builders import SECRET, a_workshop
from tests.office import an_event, forget, invoked
from workshops.app.links import link_token
from workshops.domain.booking import BookingId

PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}
PERSONAL = ("Chris", "chris@", "Alex", "alex@", "Constabulary", "invoice")


@pytest.fixture
def token(office):
    """The link of a confirmed booking of three, one of whom is named."""
    office.post(delegate_name=["Alex Sample"], delegate_email=["alex@example.police.uk"])
    office.paid()
    return office.token()


def names(number="2", name="Sam Specimen", email="sam@example.org"):
    return {"delegate_number": [number], "delegate_name": [name], "delegate_email": [email]}


# --- the return page --------------------------------------------------------------------------------------------------


def test_the_return_page_settles_by_itself_and_tells_no_person(office, till):
    office.post()
    session = office.held().session
    till.pay(session)
    answer = office.return_page(session)
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"content-type": "text/html; charset=utf-8", **PRIVATE}
    assert "Your booking is confirmed" in answer["body"]
    assert "£752.40" in answer["body"]
    assert [personal for personal in PERSONAL if personal in answer["body"]] == []
    assert office.confirmed()


def test_before_the_payment_the_return_page_offers_to_check_again(office):
    office.post()
    html = office.return_page(office.held().session)["body"]
    assert "We are waiting to hear of your payment" in html
    assert f'href="/booking/return?session_id={office.held().session}"' in html
    assert "http-equiv" not in html


def test_when_stripe_is_away_the_return_page_says_what_is_stored(office, till):
    office.post()
    session = office.held().session
    till.pay(session)
    till.trouble("error", "checkout.sessions.retrieve", times=2)
    assert "We are waiting to hear of your payment" in office.return_page(session)["body"]
    assert "Your booking is confirmed" in office.return_page(session)["body"]


def test_the_return_page_of_a_session_that_ended_says_so(office, till):
    office.post()
    session = office.held().session
    till.expire(session)
    assert "This booking was not paid for" in office.return_page(session)["body"]


def test_the_return_page_waits_for_money_on_its_way(office, till):
    office.post()
    session = office.held().session
    till.pay(session, method="delayed")
    html = office.return_page(session)["body"]
    assert "Your payment is on its way" in html
    assert "Check again" in html


@pytest.mark.parametrize(
    "session", ["", "cs_test_nobody1234", "{CHECKOUT_SESSION_ID}", "pi_1234567890", "cs_" + "a" * 500, "cs_test_é"]
)
def test_a_session_that_is_none_of_ours_is_404(office, session):
    answer = office.return_page(session)
    assert (answer["statusCode"], answer["headers"]["cache-control"]) == (404, "no-store")


def test_a_session_of_ours_is_not_asked_for_again_once_it_is_settled(office, token, till):
    assert token
    till.trouble("error", "checkout.sessions.retrieve", times=None)
    assert "Your booking is confirmed" in office.return_page(office.confirmed().session)["body"]


def test_a_return_page_cannot_be_posted_to(office):
    answer = office.return_page("cs_test_nobody1234", method="POST")
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD")


# --- the buyer's page -------------------------------------------------------------------------------------------------


def test_the_buyer_sees_everything_of_the_booking(office, token):
    answer = office.buyers_page(token)
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"content-type": "text/html; charset=utf-8", **PRIVATE}
    for told in (
        office.confirmed().id,
        "Example Constabulary",
        "Alex Sample",
        "£627.00",
        "£125.40",
        "£752.40",
        "VAT invoice",
    ):
        assert told in answer["body"]
    assert f'action="/booking/{token}/delegates"' in answer["body"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_buyers_page_is_read_only(office, token, method):
    answer = office.buyers_page(token, method=method)
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        "A" * 43,
        "A" * 44,
        "é" * 43,
        "../../etc",
        link_token(SECRET, BookingId("NOBODY"), 1),
        link_token("another-secret-that-is-long-enough-too", BookingId("NOBODY"), 1),
    ],
)
def test_a_link_that_is_nobody_s_is_404_and_tells_nothing(office, token, wrong):
    assert token
    answer = office.buyers_page(wrong)
    assert answer["statusCode"] == 404
    assert "Alex" not in answer["body"]


def test_a_link_of_another_revision_is_404(office, token):
    assert office.buyers_page(link_token(SECRET, office.confirmed().id, 2))["statusCode"] == 404
    assert office.buyers_page(token)["statusCode"] == 200


def test_a_link_that_was_revoked_is_404(office, token, aws, furniture):
    aws.dynamodb.update_item(
        TableName=furniture.table,
        Key={"pk": {"S": f"BOOKING#{office.confirmed().id}"}, "sk": {"S": "B"}},
        UpdateExpression="SET link_revision = :next",
        ExpressionAttributeValues={":next": {"N": "2"}},
    )
    assert office.buyers_page(token)["statusCode"] == 404


def test_a_booking_whose_workshop_left_the_site_is_said_to_be_safe(office, token):
    office.sells(a_workshop(slug="another"))
    answer = office.buyers_page(token)
    assert answer["statusCode"] == 404
    assert "Your booking is safe" in answer["body"]


def test_without_the_table_the_buyer_is_told_to_try_again(office, token, monkeypatch):
    monkeypatch.setenv("WORKSHOPS_TABLE", "not-there")
    forget()
    answer = office.buyers_page(token)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "60")
    assert "Your booking is safe" in answer["body"]


@pytest.mark.parametrize("path", ["/booking", "/booking/", "/booking/a/b", "/booking/a/b/c"])
@pytest.mark.usefixtures("office")
def test_another_address_is_404(path):
    assert invoked(booking, an_event("buyers_page", path=path))["statusCode"] == 404


# --- names given later ------------------------------------------------------------------------------------------------


def test_a_name_given_later_is_kept_and_written_to(office, token):
    answer = office.name_delegates(token, names())
    assert (answer["statusCode"], answer["headers"]["location"]) == (
        303,
        f"https://training.example.org/booking/{token}",
    )
    assert office.confirmed().delegates[1].name == "Sam Specimen"
    assert "#D02delegate_confirmation#1" in office.whole().outbox(office.confirmed().id)
    assert "Sam Specimen" in office.buyers_page(token)["body"]


def test_the_same_names_again_change_nothing(office, token):
    office.name_delegates(token, names())
    before = office.whole().items
    assert office.name_delegates(token, names())["statusCode"] == 303
    assert sorted(map(str, office.whole().items)) == sorted(map(str, before))


def test_a_name_that_is_given_stays(office, token):
    office.name_delegates(token, names("1", "Eve Intruder", "eve@example.org"))
    assert office.confirmed().delegates[0].name == "Alex Sample"


def test_a_bad_name_is_422_and_the_form_again_with_what_was_typed(office, token):
    answer = office.name_delegates(token, names("3", "<i>Jo</i>", "jo"))
    assert answer["statusCode"] == 422
    assert "Enter an e-mail address in full" in answer["body"]
    assert "&lt;i&gt;Jo&lt;/i&gt;" in answer["body"]
    assert 'href="#field-delegate_email_3"' in answer["body"]
    assert office.confirmed().delegates[2].name is None


def test_names_need_the_buyers_link(office, token):
    assert token
    assert office.name_delegates("A" * 43, names())["statusCode"] == 404
    assert office.confirmed().delegates[1].name is None


def test_names_are_posted(office, token):
    answer = office.name_delegates(token, names(), method="GET")
    assert (answer["statusCode"], answer["headers"]["allow"]) == (405, "POST")
