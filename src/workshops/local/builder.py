"""One build of the site in a process of its own, so that what building loads stays out of what serves.

`python -m workshops.local.builder`; exit status 0 built, 1 the content has faults (they are on standard error).
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path

from workshops.domain.errors import WorkshopsError
from workshops.local.files import write_private
from workshops.site.build import build_site


def _run() -> int:
    arguments = _arguments()
    try:
        summary = build_site(
            project=arguments.project,
            content=arguments.project / "content",
            output=arguments.output,
            as_of=arguments.as_of,
            catalogue=arguments.catalogue,
            site_url=arguments.site_url,
        )
    except WorkshopsError as fault:
        _say(fault)
        return 1
    for warning in summary.warnings:
        _say(warning)
    write_private(arguments.summary, json.dumps({"unfilled": [str(fault) for fault in summary.unfilled]}) + "\n")
    return 0


def _say(what: object) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201 - this is what the program has to say


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("project", "output", "catalogue", "summary"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--as-of", type=datetime.fromisoformat, required=True)
    parser.add_argument("--site-url", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(_run())
