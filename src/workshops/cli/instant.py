"""Instants as options of the program."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from workshops.formats.instant import InstantUnreadable, parse_instant


class InstantType(click.ParamType[datetime]):
    """The click type of `--as-of`; besides what `parse_instant` reads, `now` is the machine's clock."""

    name = "instant"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """An aware datetime in UTC; a text that names none is wrong usage."""
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(UTC)
        try:
            return parse_instant(value)
        except InstantUnreadable as fault:
            self.fail(str(fault), param, ctx)


INSTANT = InstantType()
