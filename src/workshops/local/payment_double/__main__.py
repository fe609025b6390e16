"""`python -m workshops.local.payment_double`: the double as a process of its own."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from workshops.local.payment_double.server import PaymentDouble


def main(arguments: list[str]) -> int:
    """Serves until it is told to stop; prints its address, then `ready`."""
    given = _parser().parse_args(arguments)
    double = PaymentDouble(
        data=given.data, webhook_url=given.webhook, secret=given.secret, port=given.port, site_host=given.site_host
    )
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    with double:
        print(f"payment page  {double.url}/", "ready", sep="\n", flush=True)  # noqa: T201 - the command's output
        told.wait()
    return 0


# ---


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workshops.local.payment_double", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="where to listen on 127.0.0.1; 0 takes a free port")
    parser.add_argument("--data", type=Path, required=True, help="the folder that keeps its state")
    parser.add_argument("--webhook", default="", help="the address that events are sent to")
    parser.add_argument("--secret", default="", help="the signing secret of that endpoint, whsec_…")
    parser.add_argument("--site-host", default="", help="the host under which browsers reach the page, if another")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
