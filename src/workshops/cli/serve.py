"""`workshops serve`: the whole site, with functions, database, mail and a payment page, on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshops.cli.instant import INSTANT
from workshops.local.stack import Plan
from workshops.local.stack import serve as serve_stack

if TYPE_CHECKING:
    from datetime import datetime

_FUNCTIONS = {name: f"functions.{name}.handler" for name in ("checkout", "stripe_webhook", "booking", "send_mail")}
_HIGHEST = 65533


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port",
    type=click.IntRange(1, _HIGHEST),
    default=8000,
    show_default=True,
    help="The site's; the payment page and the database take the next two.",
)
@click.option(
    "--as-of",
    type=INSTANT,
    metavar="INSTANT",
    help="Move the business clock: 2026-03-02, 2026-03-02T09:00, either with an offset, or now.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".local"),
    show_default=True,
    help="Where everything is kept.",
)
@click.option("--reset", is_flag=True, help="Forget what was kept, and begin afresh.")
@click.option("--watch/--no-watch", default=True, help="Build again after every save (the default).")
def serve(*, host: str, port: int, as_of: datetime | None, data: Path, reset: bool, watch: bool) -> None:
    """Serve the site in this folder on this machine, until Ctrl-C.

    Prints each address, then `ready` on a line of its own. No account is needed: payments go to a page on this
    machine, unless STRIPE_SECRET_KEY holds a Stripe key for tests.
    """
    plan = Plan(
        project=Path.cwd(),
        data=data.resolve(),
        functions=_FUNCTIONS,
        environment=os.environ,
        host=host,
        port=port,
        as_of=as_of,
        reset=reset,
        watch=watch,
    )
    serve_stack(plan, click.echo)
