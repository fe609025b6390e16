"""The environment as one typed object, read once at the edge."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from workshops.app.ports import Now
from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER = "ssm:"
"""A value that begins so names a parameter in the SSM store."""


class SettingsMissing(WorkshopsError):
    """Settings that have no value, all of them by name."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"set these environment variables: {', '.join(names)}")
        self.names = names


class SettingInvalid(WorkshopsError):
    """A setting whose value cannot be used; the value is not told, for it may be a secret."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(f"the environment variable {name} must be {wanted}")
        self.name, self.wanted = name, wanted


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function needs to know of the world it runs in; the names are those of interfaces.md in lower case.

    `stripe_webhook_secrets` are all accepted, so that one can be rotated. `clock_offset` is what a local stack adds
    to the machine clock to make the business clock.
    """

    stripe_secret_key: str
    stripe_webhook_secrets: tuple[str, ...]
    stripe_api_base: str
    site_url: str
    table: str
    catalogue: str
    mail_from: str
    mail_organiser: str
    token_secret: str
    theme: str
    clock_offset: timedelta

    def now(self) -> Now:
        """The two clocks, read once a request."""
        machine = datetime.now(UTC)
        return Now(business=machine + self.clock_offset, machine=machine)


@cache
def settings() -> Settings:
    """The settings of this process. Raises `SettingsMissing` and `SettingInvalid`."""
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from an environment. Raises `SettingsMissing`, naming every one, and `SettingInvalid`."""
    told = _resolved({name: environment.get(name, default).strip() for name, default in _NAMES.items()})
    values = {name: value.strip() for name, value in told.items()}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise SettingsMissing(missing)
    return Settings(
        stripe_secret_key=values["STRIPE_SECRET_KEY"],
        stripe_webhook_secrets=_list("STRIPE_WEBHOOK_SECRETS", values),
        stripe_api_base=_url("STRIPE_API_BASE", values),
        site_url=_url("WORKSHOPS_SITE_URL", values),
        table=values["WORKSHOPS_TABLE"],
        catalogue=values["WORKSHOPS_CATALOGUE"],
        mail_from=values["WORKSHOPS_MAIL_FROM"],
        mail_organiser=values["WORKSHOPS_MAIL_ORGANISER"],
        token_secret=_long("WORKSHOPS_TOKEN_SECRET", values),
        theme=values["WORKSHOPS_THEME"],
        clock_offset=_seconds("WORKSHOPS_CLOCK_OFFSET", values),
    )


def is_live(stripe_secret_key: str) -> bool:
    """Whether real money moves under a key of the payment account."""
    return stripe_secret_key.startswith(("sk_live_", "rk_live_"))


# ---------------------------------------------------------------------------------------------------------------------

_NAMES = {
    "STRIPE_SECRET_KEY": "",
    "STRIPE_WEBHOOK_SECRETS": "",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "WORKSHOPS_SITE_URL": "",
    "WORKSHOPS_TABLE": "",
    "WORKSHOPS_CATALOGUE": "",
    "WORKSHOPS_MAIL_FROM": "",
    "WORKSHOPS_MAIL_ORGANISER": "",
    "WORKSHOPS_TOKEN_SECRET": "",
    "WORKSHOPS_THEME": "theme",
    "WORKSHOPS_CLOCK_OFFSET": "0",
}

_SECRET_LENGTH = 32


def _resolved(values: dict[str, str]) -> dict[str, str]:
    parameters = {name: value.removeprefix(PARAMETER) for name, value in values.items() if value.startswith(PARAMETER)}
    if not parameters:
        return values
    stored = _stored(sorted(set(parameters.values())))
    return values | {name: stored.get(parameter, "") for name, parameter in parameters.items()}


def _stored(parameters: list[str]) -> dict[str, str]:
    import boto3  # noqa: PLC0415 - a quarter of a second that only those who keep settings in SSM should pay

    answer = boto3.client("ssm").get_parameters(Names=parameters, WithDecryption=True)
    return {found["Name"]: found["Value"] for found in answer["Parameters"]}


def _list(name: str, values: Mapping[str, str]) -> tuple[str, ...]:
    parts = tuple(filter(None, map(str.strip, values[name].split(","))))
    if not parts:  # and never an empty part: anybody can sign with an empty secret
        raise SettingInvalid(name, "one value or more, separated by commas")
    return parts


def _url(name: str, values: Mapping[str, str]) -> str:
    try:
        parts = urlsplit(values[name])
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingInvalid(name, "an address such as https://www.example.org")
    return values[name].rstrip("/")


def _long(name: str, values: Mapping[str, str]) -> str:
    if len(values[name]) < _SECRET_LENGTH:
        raise SettingInvalid(name, f"a secret of at least {_SECRET_LENGTH} characters")
    return values[name]


def _seconds(name: str, values: Mapping[str, str]) -> timedelta:
    try:
        return timedelta(seconds=float(values[name]))
    except (ValueError, OverflowError):
        raise SettingInvalid(name, "a number of seconds") from None
