"""One origin on this machine for what CloudFront joins in the cloud: the site, the functions, and the local pages.

`python -m workshops.local.gateway` serves it with the relay beside it; the functions are given by the dotted names of
their handlers, as Lambda is given them. SIGHUP loads them afresh, for they remember the theme.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from workshops.local import http_api
from workshops.local.console import Console
from workshops.local.engine import clients
from workshops.local.http_api import AnswerMalformed, RequestTooLarge, Route
from workshops.local.lambdas import Function, FunctionFailed, load, load_again
from workshops.local.relay import Relay
from workshops.local.static import StaticSite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

_log = logging.getLogger(__name__)
_access = logging.getLogger("workshops.access")

ROUTES = (
    Route("/api/checkout", "checkout"),
    Route("/api/availability/{workshop}/{run}", "checkout"),
    Route("/api/stripe/webhook", "stripe_webhook"),
    Route("/booking/{proxy+}", "booking"),
    Route("/certificates/{code}", "booking"),
)
_FUNCTION_PATHS = ("/api/", "/booking/", "/certificates/")
_LOCAL = "/_local"
_GLANCE = 0.1


@dataclass(frozen=True)
class Reply:
    """A response, and what the access log calls the path: personal links are never written down."""

    response: Response
    logged_as: str


class Gateway:
    """The WSGI application. `payment_page` is the origin of the hosted payment page, which forms may lead to."""

    def __init__(
        self, site: StaticSite, functions: Mapping[str, Function], console: Console, payment_page: str
    ) -> None:
        self._site = site
        self._functions = functions
        self._console = console
        self._headers = security_headers(payment_page)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request and log its route."""
        began = time.monotonic()
        request = Request(environ)
        reply = self._reply(request)
        for name, value in self._headers.items():
            reply.response.headers.setdefault(name, value)
        milliseconds = (time.monotonic() - began) * 1000
        _access.info("%s %s %d %.0f ms", request.method, reply.logged_as, reply.response.status_code, milliseconds)
        return reply.response(environ, start_response)

    def _reply(self, request: Request) -> Reply:
        if request.path == _LOCAL or request.path.startswith(f"{_LOCAL}/"):
            return Reply(self._console.response(request), _LOCAL)
        if request.path.startswith(_FUNCTION_PATHS):
            return self._from_api(request)
        return Reply(self._site.response(request), request.path)

    def _from_api(self, request: Request) -> Reply:
        for route in ROUTES:
            parameters = route.match(request.path)
            if parameters is not None:
                return Reply(self._from_function(request, route, parameters), route.path)
        return Reply(_message(HTTPStatus.NOT_FOUND, "Not Found"), "(no route)")

    def _from_function(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Response:
        try:
            body = http_api.read_body(request)
            event = http_api.event(request, route, parameters, body, now=datetime.now(UTC))
            return http_api.response(self._functions[route.function].invoke(event))
        except RequestTooLarge:
            return _message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        except AnswerMalformed as fault:
            _log.error("%s: %s", route.function, fault)
            return _message(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")
        except FunctionFailed:
            return _message(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")


def security_headers(payment_page: str) -> dict[str, str]:
    """What the content delivery network adds to every response that does not say otherwise itself.

    One policy for all pages: their own style, script and pictures, and forms that may lead to the payment page.
    Strict-Transport-Security is missing here, for this is plain HTTP on one machine.
    """
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
        f"form-action 'self' {payment_page}; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


# ---------------------------------------------------------------------------------------------------------------------


def _message(status: HTTPStatus, message: str) -> Response:
    """A refusal by API Gateway itself."""
    return Response(f'{{"message":"{message}"}}', status, content_type="application/json")


class _Quietly(WSGIRequestHandler):
    """Says nothing of the program behind it, and leaves the log to the gateway."""

    server_version = "workshops"
    sys_version = ""

    def version_string(self) -> str:
        return self.server_version

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Werkzeug's own access log has paths in it."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        _log.warning(format, *args)


def _run() -> None:
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    _access.setLevel(logging.INFO)
    functions = {name: load(name, dotted) for name, _, dotted in (text.partition("=") for text in arguments.function)}
    # The functions use the SDK's default session, which two threads must not be the first to use; Lambda has but one.
    boto3.client("dynamodb")
    aws = clients(arguments.engine)
    relay = Relay(
        aws,
        table=arguments.table,
        queue=arguments.queue,
        send_mail=functions["send_mail"],
        position=arguments.data / "relay" / "position",
    )
    console = Console(aws, arguments.table, arguments.data, offset=arguments.clock_offset, double=arguments.double)
    gateway = Gateway(StaticSite(arguments.site), functions, console, arguments.payment_page)
    signal.signal(signal.SIGHUP, lambda *_: load_again(functions.values()))
    _serve(arguments.host, arguments.port, gateway, relay)


def _serve(host: str, port: int, gateway: Gateway, relay: Relay) -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    relay.start()
    server = make_server(host, port, gateway, threaded=True, request_handler=_Quietly)
    threading.Thread(target=server.serve_forever, args=(_GLANCE,), name="gateway", daemon=True).start()
    stopping.wait()
    server.shutdown()
    relay.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--site", type=Path, required=True, help="folder of the built pages")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--engine", required=True, help="address of DynamoDB, SQS and SES")
    parser.add_argument("--table", required=True)
    parser.add_argument("--queue", required=True)
    parser.add_argument("--payment-page", required=True, help="origin of the hosted payment page")
    parser.add_argument("--double", help="address of the payment double, if there is one")
    parser.add_argument("--clock-offset", type=int, default=0, help="seconds from the machine's to the business clock")
    parser.add_argument("--function", action="append", default=[], metavar="NAME=MODULE.HANDLER")
    return parser.parse_args()


if __name__ == "__main__":
    _run()
