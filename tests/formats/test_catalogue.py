import json
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.domain.catalogue import Provider
from workshops.domain.moment import Moment
from workshops.domain.vat import VatRate
from workshops.domain.workshop import (
    Day,
    Delivery,
    DeliveryMode,
    EarlyPrice,
    EventStatus,
    Extra,
    GroupDiscount,
    Per,
    Question,
    Rate,
    Run,
    Venue,
    Workshop,
)
from workshops.formats.catalogue import CatalogueUnreadable, catalogue_of, dump, dump_public, load

text = st.text(min_size=1, max_size=20)
perhaps_text = st.none() | text
slugs = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?", fullmatch=True)
pence = st.integers(0, 10_000_00)
count = st.integers(1, 60)
moments = st.builds(
    Moment,
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    time=st.none() | st.times().map(lambda at: at.replace(microsecond=0)),
    zone=st.sampled_from(["Europe/London", "Europe/Paris", "America/New_York", "UTC"]),
)


def several(values, least=0):
    return st.lists(values, min_size=least, max_size=3).map(tuple)


rates = st.builds(
    Rate,
    id=slugs,
    name=text,
    net=pence,
    who=perhaps_text,
    early=st.none() | st.builds(EarlyPrice, net=pence, until=moments),
    per=st.sampled_from(Per),
    covers=st.none() | count,
)
runs = st.builds(
    Run,
    id=slugs,
    days=several(st.builds(Day, starts=moments, ends=moments), least=1),
    timezone=st.sampled_from(["Europe/London", "Europe/Paris"]),
    rates=several(rates, least=1),
    capacity=st.none() | st.integers(0, 1000),
    status=st.sampled_from(EventStatus),
    previously=st.none() | moments,
    opens=st.none() | moments,
    closes=st.none() | moments,
    joining_days_before=st.integers(0, 30),
    max_per_booking=count,
)
workshops = st.builds(
    Workshop,
    slug=slugs,
    title=text,
    vat=st.sampled_from(VatRate),
    delivery=st.builds(
        Delivery,
        mode=st.sampled_from(DeliveryMode),
        platform=perhaps_text,
        venue=st.none() | st.builds(Venue, name=text, address=text),
    ),
    runs=several(runs, least=1),
    group_discounts=several(st.builds(GroupDiscount, at_least=count, off=st.integers(1, 9999))),
    extras=several(
        st.builds(
            Extra,
            id=slugs,
            name=text,
            net=pence,
            vat=st.sampled_from(VatRate),
            limit=st.none() | st.integers(0, 99),
        )
    ),
    questions=several(st.builds(Question, id=slugs, label=text, kind=text, keep_days=st.integers(0, 99))),
)
providers = st.builds(
    Provider,
    name=text,
    booking_email=text,
    telephone=perhaps_text,
    legal_name=perhaps_text,
    address=perhaps_text,
    company_number=perhaps_text,
    vat_number=perhaps_text,
    vat_registered=st.booleans(),
    purchase_orders_to=perhaps_text,
    terms_page=perhaps_text,
    privacy_page=perhaps_text,
)
catalogues = st.builds(
    catalogue_of,
    providers,
    st.lists(workshops, max_size=3, unique_by=lambda workshop: workshop.slug),
    st.none() | st.just("0123abc-changed"),
)

PROVIDER = Provider("Example Training", "booking@example.org")
RATE = Rate("public-sector", "Public sector", 209_00)
DAY = Day(Moment(date(2027, 4, 28), time(10)), Moment(date(2027, 4, 28), time(15, 30)))
RUN = Run("2027-04-28", (DAY,), "Europe/London", (RATE,), capacity=60)
WORKSHOP = Workshop(
    "drafting",
    "Drafting",
    VatRate.STANDARD,
    Delivery(DeliveryMode.ONLINE, "Microsoft Teams"),
    (RUN,),
    extras=(Extra("dinner", "Dinner", 29_17, VatRate.STANDARD, limit=40),),
)
CATALOGUE = catalogue_of(PROVIDER, [WORKSHOP], "abc")


@given(catalogues)
def test_a_catalogue_written_and_read_is_the_same(catalogue):
    assert load(dump(catalogue)) == catalogue


@given(catalogues)
def test_the_text_is_canonical(catalogue):
    written = dump(catalogue)
    assert dump(load(written)) == written
    assert written.endswith("}\n")
    assert "\r" not in written


def test_the_hash_is_of_what_is_sold_and_not_of_the_commit():
    dearer = replace(WORKSHOP, runs=(replace(RUN, rates=(replace(RATE, net=210_00),)),))
    assert catalogue_of(PROVIDER, [WORKSHOP], "another").sha256 == CATALOGUE.sha256
    assert catalogue_of(PROVIDER, [dearer], "abc").sha256 != CATALOGUE.sha256


def test_the_order_in_which_workshops_are_found_does_not_matter():
    other = replace(WORKSHOP, slug="another")
    assert dump(catalogue_of(PROVIDER, [WORKSHOP, other], None)) == dump(
        catalogue_of(PROVIDER, [other, WORKSHOP], None)
    )


def test_the_public_copy_leaves_out_capacities_and_limits_but_keeps_the_hash():
    public, full = json.loads(dump_public(CATALOGUE)), json.loads(dump(CATALOGUE))
    assert full["workshops"]["drafting"]["runs"][0]["capacity"] == 60
    assert "capacity" not in dump_public(CATALOGUE)
    assert "limit" not in dump_public(CATALOGUE)
    assert public["sha256"] == full["sha256"]


def test_the_public_copy_cannot_be_sold_from():
    with pytest.raises(CatalogueUnreadable, match="public copy"):
        load(dump_public(CATALOGUE))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "has no commit, complete, provider, sha256, version, workshops"),
        ('{"version": 99}', "of version 99"),
        (dump(CATALOGUE).replace("20900", "100"), "SHA-256 does not match"),
        (dump(CATALOGUE)[:-20], "not JSON"),
    ],
)
def test_what_is_no_catalogue_is_refused_with_the_reason(written, reason):
    with pytest.raises(CatalogueUnreadable, match=reason):
        load(written)
