"""Laws of the double's arithmetic, and of reading forms."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode
from stripe.params.checkout import SessionCreateParams

from tests.local.test_payment_double import full_order
from workshops.local.payment_double import forms, limits, schema
from workshops.local.payment_double.amounts import half_up, line_amounts
from workshops.local.payment_double.api import OPERATIONS, session_rules
from workshops.local.payment_double.refusal import Refusal

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PENCE = st.integers(0, 10_000_000)
BASIS_POINTS = st.integers(0, 10_000)


@CALM
@given(unit=PENCE, quantity=st.integers(1, 60), points=BASIS_POINTS)
def test_the_tax_of_a_line_is_its_net_times_the_rate_half_up(unit: int, quantity: int, points: int) -> None:
    amounts = line_amounts(Decimal(unit), quantity, [("txr", Decimal(points) / 100, False)])
    assert amounts.subtotal == unit * quantity
    assert amounts.tax == (2 * unit * quantity * points + 10_000) // 20_000
    assert amounts.total == amounts.subtotal + amounts.tax


@CALM
@given(total=PENCE, points=BASIS_POINTS)
def test_an_included_tax_changes_no_total_and_is_the_tax_of_what_is_left(total: int, points: int) -> None:
    amounts = line_amounts(Decimal(total), 1, [("txr", Decimal(points) / 100, True)])
    assert amounts.total == total
    net = total - amounts.tax
    assert abs(net * (10_000 + points) - total * 10_000) <= (10_000 + points) / 2


@pytest.mark.parametrize(("pence", "whole"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999", 2), ("0", 0)])
def test_exactly_half_a_penny_goes_up(pence: str, whole: int) -> None:
    assert half_up(Decimal(pence)) == whole


VALUES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
NAMES = st.text("abcdefgh_", min_size=1, max_size=8)
NESTED = st.dictionaries(
    NAMES,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    ),
    max_size=4,
)


def numbered(value: object) -> object:
    if isinstance(value, list):
        return {str(number): numbered(each) for number, each in enumerate(value)}
    if isinstance(value, dict):
        return {key: numbered(each) for key, each in value.items()}
    return value


@CALM
@given(NESTED)
def test_what_the_library_encodes_is_decoded_to_the_same(params: dict[str, object]) -> None:
    sent = urlencode(list(_api_encode(params)))
    assert forms.decode(parse_qsl(sent, keep_blank_values=True)) == numbered(params)


@pytest.mark.parametrize("name", ["a[", "a]b", "[a]", "a[b]c", ""])
def test_a_name_whose_brackets_do_not_pair_is_refused(name: str) -> None:
    with pytest.raises(forms.MalformedName):
        forms.decode([(name, "1")])


def test_a_field_cannot_be_both_plain_and_bracketed() -> None:
    with pytest.raises(forms.MalformedName):
        forms.decode([("a", "1"), ("a[b]", "2")])


WORDS = st.sampled_from(
    ["", "0", "1", "-1", "3.5", "1e999", "true", "gbp", "payment", "http://a.example/", "[", "é\x00"]
)


@st.composite
def hostile(draw: st.DrawFn, params: type = SessionCreateParams, depth: int = 0) -> forms.Tree:
    """Names that the call has, with values of every wrong kind."""
    if depth > 4 or draw(st.integers(0, 3)) == 0:
        return draw(WORDS | st.dictionaries(st.sampled_from(["0", "1", "x"]), WORDS, max_size=2))
    names = draw(st.lists(st.sampled_from([*schema.fields_of(params), "nonsense"]), max_size=6, unique=True))
    return {name: draw(_value(params, name, depth)) for name in names}


def _value(params: type, name: str, depth: int) -> st.SearchStrategy[forms.Tree]:
    inner = _records(schema.fields_of(params).get(name))
    deeper = hostile(inner[0], depth + 1) if inner else WORDS
    return deeper | st.dictionaries(st.sampled_from(["0", "1"]), deeper, max_size=2)


@CALM
@given(hostile())
def test_whatever_is_sent_is_taken_or_refused_and_never_breaks(sent: forms.Tree) -> None:
    sent = sent if isinstance(sent, dict) else {}
    defaults = {"mode": "payment", "success_url": "http://a.example/"}
    with contextlib.suppress(Refusal):
        read = schema.read(SessionCreateParams, defaults | sent)
        limits.check(read)
        session_rules.check(read, 1_800_000_000)


@pytest.mark.parametrize("places", [12, 13])
def test_a_price_has_at_most_twelve_decimal_places(places: int) -> None:
    price = {"currency": "gbp", "unit_amount_decimal": Decimal(1).scaleb(-places), "product_data": {"name": "x"}}
    params = {
        "mode": "payment",
        "success_url": "http://a.example/",
        "line_items": [{"quantity": 1, "price_data": price}],
    }
    with contextlib.nullcontext() if places == 12 else pytest.raises(Refusal, match="12 decimal places"):
        session_rules.check(params, 1_800_000_000)


def test_a_full_session_is_read_as_it_was_meant() -> None:
    params = full_order("txr_1", "txi_1")
    sent = urlencode(list(_api_encode(params)))
    read = schema.read(SessionCreateParams, forms.decode(parse_qsl(sent)))
    assert read == params


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_librarys_types_of_every_call_can_be_read(operation: object) -> None:
    pending, seen = [operation.params], set()
    while pending:
        params = pending.pop()
        seen.add(params)
        for kind in schema.fields_of(params).values():
            pending.extend(found for found in _records(kind) if found not in seen)
    assert seen


def _records(kind: object) -> list[type]:
    if isinstance(kind, schema.Record):
        return [kind.params]
    inner = kind.kinds if isinstance(kind, schema.OneOf) else [kind.of] if hasattr(kind, "of") else []
    return [found for each in inner for found in _records(each)]
