"""Many at once, lost answers and conflicts: nothing oversold, nothing done twice. Each guard is shown to be needed."""

from __future__ import annotations

import json
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from itertools import count
from threading import Barrier

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from tests.builders import AS_OF, a_booking, a_run, a_workshop
from tests.register import Register
from workshops.adapters.dynamodb.bookings import DynamoBookings
from workshops.adapters.dynamodb.table import Table, put
from workshops.app.ports import AlreadyHeld, Changed, Limits, Message, MessageKind, Payment, SoldOut, StoreUnavailable
from workshops.domain.booking import BookingId, BookingState, IllegalTransition, SessionId

SERIAL = count(1)
FIVE = Limits(5, {})
KEY = f"{a_workshop().slug}/{a_run().id}"
RIVALS = 12
SESSION = boto3.Session("local", "local", region_name="eu-west-2")


def a_hold(places=1, **changes):
    number = next(SERIAL)
    fresh = {"id": BookingId(f"R{number:07}"), "form": f"race-{number}", "buyer_key": f"racer-{number}"}
    unpaid = {"state": BookingState.HELD, "session": None, "session_url": None}
    return a_booking(places=places, **fresh | unpaid | changes)


def hold(register, booking, limits=FIVE):
    try:
        register.hold(booking, limits=limits, link=f"link-{booking.id}", replaces=[], at=AS_OF)
    except SoldOut:
        return False
    return True


def confirm(register, booking, payment="pi_1"):
    messages = [Message(booking.id, MessageKind.BUYER_CONFIRMATION)]
    register.confirm(booking, Payment(payment, SessionId(f"cs_{booking.id}"), 25080), messages, at=AS_OF)


def at_once(work, things):
    """Everything started at the same moment, each in a thread of its own."""
    things = list(things)
    start = Barrier(len(things))

    def run(thing):
        start.wait()
        return work(thing)

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(run, things))


# --- the last places --------------------------------------------------------------------------------------------------


@pytest.fixture
def dynamodb(engine):
    """A client with room for a dozen connections at once."""
    return a_client(engine.url)


def a_client(url):
    config = Config(max_pool_connections=RIVALS, retries={"mode": "standard", "total_max_attempts": 3}, read_timeout=10)
    return SESSION.client("dynamodb", endpoint_url=url, config=config)


def test_twelve_buyers_at_once_get_the_last_five_places_and_no_more(dynamodb, furniture):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    got = at_once(lambda booking: hold(register, booking), [a_hold() for _ in range(RIVALS)])
    whole = Register.of(dynamodb, furniture.table)
    assert got.count(True) == len(whole.bookings) == 5
    assert whole.stock(KEY) == {"capacity": 5, "spare": 0, "held": 5, "sold": 0}
    assert whole.faults() == []


class Unguarded(Table):
    """A table that no longer minds the condition of one kind of item."""

    def __init__(self, dynamodb, name, unguarded) -> None:
        super().__init__(dynamodb, name)
        self._unguarded = unguarded

    def write(self, *writes) -> None:
        super().write(*({kind: self._loosened(kind, body) for kind, body in one.items()} for one in writes))

    def _loosened(self, kind, body):
        if kind != "Update" or body["Key"]["sk"]["S"] != self._unguarded:
            return body
        return body | {"ConditionExpression": f"{body['ConditionExpression']} OR attribute_exists(pk)"}


def test_without_the_condition_on_the_stock_the_race_oversells(dynamodb, furniture):
    DynamoBookings(Table(dynamodb, furniture.table)).hold(
        a_hold(), limits=FIVE, link="link-first", replaces=[], at=AS_OF
    )
    register = DynamoBookings(Unguarded(dynamodb, furniture.table, "STOCK"))
    at_once(lambda booking: hold(register, booking), [a_hold() for _ in range(RIVALS)])
    whole = Register.of(dynamodb, furniture.table)
    assert len(whole.bookings) > 5
    assert f"RUN#{KEY} STOCK is below zero" in whole.faults()


def test_without_the_condition_on_the_booking_a_place_is_sold_twice(dynamodb, furniture):
    guarded = DynamoBookings(Table(dynamodb, furniture.table))
    unguarded = DynamoBookings(Unguarded(dynamodb, furniture.table, "B"))
    first, second = a_hold(), a_hold()
    for booking in (first, second):
        hold(guarded, booking)
        guarded.await_funds(guarded.find(booking.id), SessionId(f"cs_{booking.id}"), at=AS_OF)
    waiting = guarded.find(first.id)
    confirm(guarded, waiting)
    twice = Payment("pi_2", SessionId(f"cs_{first.id}"), 25080)
    with pytest.raises(Changed):
        guarded.confirm(waiting, twice, [], at=AS_OF)
    assert Register.of(dynamodb, furniture.table).faults() == []
    unguarded.confirm(replace(waiting, version=9), twice, [], at=AS_OF)
    assert Register.of(dynamodb, furniture.table).stock(KEY)["sold"] == 2
    assert f"RUN#{KEY} STOCK is not what the bookings took" in Register.of(dynamodb, furniture.table).faults()


def test_the_same_form_twelve_times_at_once_makes_one_booking(dynamodb, furniture):
    register = DynamoBookings(Table(dynamodb, furniture.table))

    def post(booking):
        try:
            return hold(register, booking)
        except AlreadyHeld as held:
            return held.booking

    same = [a_hold(5, form="one-form", buyer_key="one-buyer") for _ in range(RIVALS)]
    answers = at_once(post, same)
    whole = Register.of(dynamodb, furniture.table)
    assert answers.count(True) == len(whole.bookings) == 1
    assert False not in answers
    assert whole.faults() == []


def test_payment_and_release_at_once_leave_one_of_them(dynamodb, furniture):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    for _ in range(5):
        booking = a_hold()
        hold(register, booking, Limits(None, {}))
        found = register.find(booking.id)

        def settle(how, found=found):
            try:
                how(found)
            except Changed:
                return "changed"
            return "done"

        answers = at_once(settle, [lambda one: confirm(register, one), lambda one: register.release(one, at=AS_OF)] * 2)
        assert sorted(answers) == ["changed", "changed", "changed", "done"]
    assert Register.of(dynamodb, furniture.table).faults() == []


def test_a_rush_of_everything_at_once_keeps_the_invariants(dynamodb, furniture):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    at_once(lambda seed: _rush(register, random.Random(seed)), range(8))
    whole = Register.of(dynamodb, furniture.table)
    assert whole.faults() == []
    assert len(set(whole.states())) > 1


def _rush(register, chance) -> None:
    mine = []
    for _ in range(10):
        limits = Limits(chance.choice([None, 8, 10, 12]), {})
        try:
            if not mine or chance.random() < 0.4:
                booking = a_hold(chance.randint(1, 4))
                mine += [booking.id] if hold(register, booking, limits) else []
            else:
                _any_step(register, register.find(chance.choice(mine)), chance)
        except (Changed, IllegalTransition):
            continue


def _any_step(register, booking, chance) -> None:
    step = chance.choice(["confirm", "release", "await", "flag"])
    if step == "confirm":
        confirm(register, booking)
    elif step == "release":
        register.release(booking, at=AS_OF)
    elif step == "await":
        register.await_funds(booking, SessionId(f"cs_{booking.id}"), at=AS_OF)
    else:
        register.flag(booking, "mismatch", at=AS_OF)


class Interrupted(Table):
    """A table in which, once, something happens just before or just after a stock is read."""

    def __init__(self, dynamodb, name, *, before=None, after=None) -> None:
        super().__init__(dynamodb, name)
        self._before, self._after = [before] if before else [], [after] if after else []

    def get(self, pk, sk):
        self._happen(sk, self._before)
        found = super().get(pk, sk)
        self._happen(sk, self._after)
        return found

    def _happen(self, sk, what) -> None:
        if sk == "STOCK" and what:
            what.pop()()


def test_who_lost_the_last_places_to_the_very_same_form_is_not_told_sold_out(dynamodb, furniture):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    first, second = (a_hold(5, form="one-form", buyer_key="one-buyer") for _ in range(2))
    interrupted = Interrupted(dynamodb, furniture.table, before=lambda: hold(register, first))
    with pytest.raises(AlreadyHeld) as held:
        hold(DynamoBookings(interrupted), second)
    assert held.value.booking == first.id


def test_who_lost_the_last_places_to_somebody_else_is_told_sold_out(dynamodb, furniture):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    interrupted = Interrupted(dynamodb, furniture.table, before=lambda: hold(register, a_hold(5)))
    assert hold(DynamoBookings(interrupted), a_hold(5)) is False


@pytest.mark.parametrize("capacity", [8, 4, None])
def test_a_capacity_that_is_corrected_while_others_book_counts_them(dynamodb, furniture, capacity):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    hold(register, a_hold(1))
    interrupted = DynamoBookings(Interrupted(dynamodb, furniture.table, after=lambda: hold(register, a_hold(2))))
    assert hold(interrupted, a_hold(1), Limits(capacity, {}))
    whole = Register.of(dynamodb, furniture.table)
    assert whole.stock(KEY)["held"] == 4
    assert whole.faults() == []


@pytest.mark.parametrize("capacity", [5, 8])
def test_a_stock_that_another_makes_first_is_not_made_anew(dynamodb, furniture, capacity):
    register = DynamoBookings(Table(dynamodb, furniture.table))
    interrupted = DynamoBookings(Interrupted(dynamodb, furniture.table, after=lambda: hold(register, a_hold(2))))
    assert hold(interrupted, a_hold(1), Limits(capacity, {}))
    assert Register.of(dynamodb, furniture.table).stock(KEY) == {
        "capacity": capacity,
        "spare": capacity - 3,
        "held": 3,
        "sold": 0,
    }


# --- the line to the table --------------------------------------------------------------------------------------------

WRITE = "before-send.dynamodb.TransactWriteItems"


class Line:
    """What goes wrong between us and the table: `plan` holds, for each attempt to write, what shall happen to it."""

    def __init__(self, client, *plan) -> None:
        self.sent, self._plan, self._client = 0, list(plan), client
        client.meta.events.register(WRITE, self._meet)

    def _meet(self, request, **_):
        self.sent += 1
        return self._plan.pop(0)(self, request) if self._plan else None

    def lose_answer(self, request):
        answer = self._client._endpoint.http_session.send(request)
        assert answer.status_code == 200, answer.content
        raise ReadTimeoutError(endpoint_url=request.url)

    def forget_token(self, request):
        body = json.loads(request.body)
        request.body = json.dumps(body | {"ClientRequestToken": str(uuid.uuid4())}).encode()
        request.headers["Content-Length"] = str(len(request.body))

    def conflict(self, request):
        return _answer(request, "TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])

    def throttle(self, request):
        return _answer(request, "ThrottlingException")

    def fail(self, request):
        return _answer(request, "InternalServerError", status=500)


class _Raw(BytesIO):
    def stream(self, **_):
        yield self.read()


def _answer(request, code, status=400, **more):
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **more}
    return AWSResponse(request.url, status, {}, _Raw(json.dumps(body).encode()))


@pytest.fixture
def troubled(engine, furniture):
    """A register whose line to the table meets the troubles given, and that line."""

    def make(*plan):
        client = a_client(engine.url)
        DynamoBookings(Table(client, furniture.table)).hold(
            a_hold(), limits=FIVE, link="link-quiet", replaces=[], at=AS_OF
        )
        return DynamoBookings(Table(client, furniture.table)), Line(client, *plan)

    return make


def test_an_answer_that_is_lost_does_not_double_what_was_done(troubled, aws, furniture):
    register, line = troubled(Line.lose_answer)
    booking = a_hold(2)
    assert hold(register, booking)
    whole = Register.of(aws.dynamodb, furniture.table)
    assert line.sent == 2
    assert whole.stock(KEY)["held"] == 3
    assert whole.faults() == []


def test_without_the_request_token_the_natural_keys_still_do_not_let_it_double(troubled, aws, furniture):
    register, _ = troubled(Line.lose_answer, Line.forget_token)
    booking = a_hold(2)
    with pytest.raises(AlreadyHeld) as held:
        hold(register, booking)
    assert held.value.booking == booking.id
    assert Register.of(aws.dynamodb, furniture.table).stock(KEY)["held"] == 3


def test_when_every_answer_is_lost_the_truth_is_found_by_the_form(troubled, aws, furniture):
    register, line = troubled(*[Line.lose_answer] * 3)
    booking = a_hold(2)
    with pytest.raises(StoreUnavailable):
        hold(register, booking)
    assert line.sent == 3
    assert register.of_form(booking.form) == booking.id
    assert Register.of(aws.dynamodb, furniture.table).faults() == []


def test_a_conflict_is_tried_again_and_answered_truly(troubled, aws, furniture):
    register, line = troubled(*[Line.conflict] * 3)
    assert hold(register, a_hold(2))
    assert line.sent == 4
    assert Register.of(aws.dynamodb, furniture.table).stock(KEY)["held"] == 3


def test_a_conflict_on_the_way_to_sold_out_is_sold_out(troubled):
    register, _ = troubled(Line.conflict)
    assert hold(register, a_hold(5)) is False


def test_conflicts_without_end_are_told_and_nothing_is_written(troubled, aws, furniture):
    register, _ = troubled(*[Line.conflict] * 100)
    before = Register.of(aws.dynamodb, furniture.table).items
    with pytest.raises(StoreUnavailable):
        hold(register, a_hold(2))
    assert sorted(map(str, Register.of(aws.dynamodb, furniture.table).items)) == sorted(map(str, before))


@pytest.mark.parametrize("trouble", [Line.throttle, Line.fail])
def test_one_refusal_for_want_of_breath_is_survived_and_many_are_told(troubled, trouble):
    register, _ = troubled(trouble, *[lambda *_: None], *[trouble] * 3)
    assert hold(register, a_hold(1))
    with pytest.raises(StoreUnavailable):
        hold(register, a_hold(1))


def test_a_table_that_is_not_there_is_unavailable_to_every_question(aws, furniture):
    register = DynamoBookings(Table(aws.dynamodb, f"{furniture.table}-not"))
    booking = a_hold()
    for ask in (
        lambda: register.find(booking.id),
        lambda: register.of_form("form"),
        lambda: register.past_due(booking.workshop, booking.run, AS_OF),
        lambda: register.places_left(booking.workshop, booking.run, 5, at=AS_OF),
        lambda: hold(register, booking),
        lambda: register.release(booking, at=AS_OF),
    ):
        with pytest.raises(StoreUnavailable):
            ask()


def test_an_engine_that_is_not_there_is_unavailable_soon():
    import time

    config = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
    client = SESSION.client("dynamodb", endpoint_url="http://127.0.0.1:9", config=config)
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        DynamoBookings(Table(client, "nowhere")).find(BookingId("B1"))
    assert time.monotonic() - started < 5


def test_a_query_reads_on_past_a_page(aws, furniture):
    from boto3.dynamodb.conditions import Key

    table = Table(aws.dynamodb, furniture.table)
    for number in range(6):
        table.write(put({"pk": "BIG", "sk": f"{number}", "text": "x" * 300_000}))
    assert [item["sk"] for item in table.query(Key("pk").eq("BIG"))] == ["0", "1", "2", "3", "4", "5"]
