"""The whole site on one machine: built pages, functions, database, mail and a payment page, on three loopback ports.

One process watches over the others: the engine (DynamoDB, SQS, SES), the payment double, the gateway with the relay,
and a build now and then. None of them outlives it.
"""

from __future__ import annotations

import json
import signal
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from workshops.adapters.stripe import client, set_up_tax_rates
from workshops.domain.errors import WorkshopsError
from workshops.domain.moment import local
from workshops.formats import catalogue
from workshops.local import preflight
from workshops.local.child import Child
from workshops.local.clock import business_time, set_clock
from workshops.local.engine import HOST, Engine, Furniture, aws_environment, clients, furnish
from workshops.local.files import kept_secret
from workshops.local.rebuild import Builds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from workshops.domain.catalogue import Provider

_DOUBLE_KEY = "sk_test_local"
_STRIPE_API = "https://api.stripe.com"
_STRIPE_PAGE = "https://checkout.stripe.com"
_OURS = ("AWS_", "STRIPE_", "WORKSHOPS_")
_GLANCE = 0.2
_TOO_OFTEN, _WITHIN = 3, 30.0
_STARTING = timedelta(minutes=2)


class NothingToServe(WorkshopsError):
    """The first build found faults, and there are no pages of an earlier one."""

    def __init__(self) -> None:
        super().__init__("The site could not be built, for the reasons above.")


class ChildLost(WorkshopsError):
    """A process that the stack cannot do without ended, or keeps ending."""

    def __init__(self, name: str, status: int | None) -> None:
        super().__init__(f"The {name} ended with status {status}; everything is stopped.")
        self.name = name
        self.status = status


@dataclass(frozen=True)
class Plan:
    """What to serve: `project` has content and theme, `functions` are dotted names of handlers."""

    project: Path
    data: Path
    functions: Mapping[str, str]
    environment: Mapping[str, str]
    host: str = HOST
    port: int = 8000
    as_of: datetime | None = None
    reset: bool = False
    watch: bool = True


def serve(plan: Plan, say: Callable[[str], None]) -> None:
    """Run everything until SIGINT or SIGTERM; `say` gets the addresses, then `ready`.

    Raises what preflight raises, ClockUnreadable, ChildFailed, NothingToServe and ChildLost.
    """
    key = preflight.key_for_tests(plan.environment.get("STRIPE_SECRET_KEY", ""))
    with _until_signalled(), ExitStack() as undo:
        undo.enter_context(preflight.alone(plan.data))
        if plan.reset:
            preflight.drop_state(plan.data)
        Stack(plan, key, say).run(undo)


class Stack:
    """The processes of one plan, started in order and watched. Without a `key`, the payment double plays Stripe."""

    def __init__(self, plan: Plan, key: str | None, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._data = plan.data
        self._key = key or _DOUBLE_KEY
        self._say = say
        self._host = preflight.loopback(plan.host)
        self._url = f"http://[{self._host}]:{plan.port}" if ":" in self._host else f"http://{self._host}:{plan.port}"
        self._double_url = None if key else f"http://{HOST}:{plan.port + 1}"
        self._outside = {name: value for name, value in plan.environment.items() if not name.startswith(_OURS)}
        self._restarts: list[float] = []

    def run(self, undo: ExitStack) -> None:
        """Start, then watch; what was started is left to `undo`, which stops it in the opposite order."""
        self._check_ports()
        engine = Engine(self._plan.port + 2, self._data / "engine", self._data / "mail")
        double = self._double()
        builds = Builds(self._plan.project, self._data, self._url, self._offset, self._outside, self._say)
        for child in filter(None, (engine.child, double)):
            _begin(undo, child)
        self._first_build(builds)
        self._furnish(engine, double)
        gateway = self._gateway(engine.url)
        _begin(undo, gateway)
        gateway.wait_until_answering(self._host, self._plan.port)
        self._announce(engine.url)
        if self._plan.watch:
            undo.enter_context(builds.on_change(lambda: gateway.signal(signal.SIGHUP)))
        self._watch_over(engine.child, [child for child in (double, gateway) if child])

    @cached_property
    def _offset(self) -> int:
        return set_clock(self._data / "clock.json", as_of=self._plan.as_of, now=datetime.now(UTC))

    def _check_ports(self) -> None:
        preflight.check_free(self._host, self._plan.port, "site")
        if self._double_url:
            preflight.check_free(HOST, self._plan.port + 1, "payment page")
        preflight.check_free(HOST, self._plan.port + 2, "database and mail")

    # Starting.

    def _double(self) -> Child | None:
        if self._double_url is None:
            return None
        folder = self._data / "payments"
        return Child(
            "payment double",
            "workshops.local.payment_double",
            [
                *("--port", str(self._plan.port + 1)),
                *("--data", str(folder)),
                *("--webhook", f"{self._url}/api/stripe/webhook"),
                *("--secret", self._webhook_secret()),
            ],
            environment=self._outside,
            log=folder / "double.log",
        )

    def _first_build(self, builds: Builds) -> None:
        self._say("Building the site …")
        if not builds.build() and not builds.built_before():
            raise NothingToServe

    def _furnish(self, engine: Engine, double: Child | None) -> None:
        engine.child.wait_until_answering(HOST, engine.port)
        furnish(clients(engine.url), Furniture(sender=self._sender()))
        if double is not None:
            double.wait_until_answering(HOST, self._plan.port + 1)
            self._name_the_shop()
        set_up_tax_rates(client(self._key, self._api_base()))

    def _name_the_shop(self) -> None:
        name = json.dumps({"name": self._provider().name}).encode()
        with urlopen(Request(f"{self._double_url}/_double/account", name, method="PUT"), timeout=5):  # noqa: S310
            return

    def _gateway(self, engine_url: str) -> Child:
        furniture = Furniture()
        return Child(
            "gateway",
            "workshops.local.gateway",
            [
                *("--host", self._host, "--port", str(self._plan.port)),
                *("--site", str(self._data / "site"), "--data", str(self._data)),
                *("--engine", engine_url, "--table", furniture.table, "--queue", furniture.queue),
                *("--payment-page", self._double_url or _STRIPE_PAGE),
                *(("--double", self._double_url) if self._double_url else ()),
                *("--clock-offset", str(self._offset)),
                *(f"--function={name}={dotted}" for name, dotted in self._plan.functions.items()),
            ],
            environment=self._outside | aws_environment(engine_url) | self._settings(),
        )

    # What the functions read from their environment.

    def _settings(self) -> dict[str, str]:
        return {
            "STRIPE_SECRET_KEY": self._key,
            "STRIPE_WEBHOOK_SECRETS": self._webhook_secret(),
            "STRIPE_API_BASE": self._api_base(),
            "WORKSHOPS_SITE_URL": self._url,
            "WORKSHOPS_TABLE": Furniture().table,
            "WORKSHOPS_CATALOGUE": str(self._data / "catalogue.json"),
            "WORKSHOPS_MAIL_FROM": self._sender(),
            "WORKSHOPS_MAIL_ORGANISER": self._sender(),
            "WORKSHOPS_TOKEN_SECRET": kept_secret(self._data / "secrets" / "token"),
            "WORKSHOPS_THEME": str(self._plan.project / "theme"),
            "WORKSHOPS_CLOCK_OFFSET": str(self._offset),
        }

    def _webhook_secret(self) -> str:
        """With a test key it is the Stripe CLI's own, if given."""
        given = self._plan.environment.get("STRIPE_WEBHOOK_SECRETS", "")
        if given and self._double_url is None:
            return given
        return kept_secret(self._data / "secrets" / "webhook", prefix="whsec_")

    def _api_base(self) -> str:
        return self._double_url or self._plan.environment.get("STRIPE_API_BASE") or _STRIPE_API

    def _sender(self) -> str:
        return self._provider().booking_email

    def _provider(self) -> Provider:
        return catalogue.load((self._data / "catalogue.json").read_text("utf-8")).provider

    # Running.

    def _announce(self, engine_url: str) -> None:
        self._say(f"site            {self._url}/")
        self._say(f"what happens    {self._url}/_local/")
        self._say(f"payment page    {self._double_url or _STRIPE_PAGE}/")
        self._say(f"database, mail  {engine_url}/")
        self._say(f"business clock  {self._clock_shown()}")
        self._say("ready")

    def _clock_shown(self) -> str:
        now = datetime.now(UTC)
        shown = f"{local(business_time(now, self._offset)):%A %-d %B %Y, %H:%M %Z}"
        if self._plan.as_of is None:
            return f"{shown}, kept from an earlier start" if self._offset else shown
        ahead = business_time(now, self._offset) - self._plan.as_of
        return f"{shown}: it runs on, for it never goes back (--reset begins afresh)" if ahead > _STARTING else shown

    def _watch_over(self, engine: Child, others: list[Child]) -> None:
        while engine.status is None:
            for child in others:
                if child.status is not None:
                    self._start_again(child)
            time.sleep(_GLANCE)
        raise ChildLost(engine.name, engine.status)

    def _start_again(self, child: Child) -> None:
        now = time.monotonic()
        self._restarts = [*(instant for instant in self._restarts if now - instant < _WITHIN), now]
        if len(self._restarts) > _TOO_OFTEN:
            raise ChildLost(child.name, child.status)
        self._say(f"The {child.name} ended with status {child.status}; it is started again.")
        child.stop()
        child.start()


# ---------------------------------------------------------------------------------------------------------------------


def _begin(undo: ExitStack, child: Child) -> None:
    undo.callback(child.stop)
    child.start()


@contextmanager
def _until_signalled() -> Iterator[None]:
    """End the block quietly at the first SIGINT or SIGTERM; later ones do not disturb the tidying up."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
