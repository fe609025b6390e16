"""`workshops build`: one build of the site."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshops.cli.instant import INSTANT
from workshops.site.build import build_site
from workshops.site.report import report

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.site.production import Summary


@click.command()
@click.option("--as-of", type=INSTANT, default="now", help="Build the site as it looks then, such as 2026-03-02.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=Path("output"), show_default=True)
@click.option("--publish", is_flag=True, help="Leave drafts out, and refuse while required fields are empty.")
@click.option("--site-url", envvar="WORKSHOPS_SITE_URL", help="Where the site will be; needed to publish.")
@click.option("--json", "as_json", is_flag=True, help="Answer with JSON.")
def build(*, as_of: datetime, output: Path, publish: bool, site_url: str | None, as_json: bool) -> None:
    """Build the site from content/ and theme/ into a folder."""
    address = site_url or ("" if publish else LOCAL_ADDRESS)
    summary = build_site(content=Path("content"), output=output, as_of=as_of, site_url=address, publish=publish)
    if as_json:
        click.echo(json.dumps(_as_json(summary)))
    else:
        click.echo(report(summary), nl=False)


# ---------------------------------------------------------------------------------------------------------------------

LOCAL_ADDRESS = "http://127.0.0.1:8000"


def _as_json(summary: Summary) -> dict[str, object]:
    return {
        "as_of": summary.as_of.isoformat(),
        "files": summary.files,
        "written": summary.written,
        "removed": summary.removed,
        "workshops": summary.workshops,
        "catalogue_sha256": summary.catalogue_sha256,
        "commit": summary.commit,
        "warnings": [str(fault) for fault in summary.warnings],
        "unfilled": [str(fault) for fault in summary.unfilled],
    }
