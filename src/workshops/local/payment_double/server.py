"""The payment double put together: its web server, its timers, its webhooks."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from workshops.local.payment_double.api import webhook_endpoints
from workshops.local.payment_double.clock import Clock
from workshops.local.payment_double.control import Controls
from workshops.local.payment_double.desks import Desks, random_id
from workshops.local.payment_double.faults import Faults
from workshops.local.payment_double.front_door import ConnectionDropped, FrontDoor
from workshops.local.payment_double.page import Pages
from workshops.local.payment_double.store import Store
from workshops.local.payment_double.webhooks import Postman

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
TICK = 0.5


class PaymentDouble:
    """A payment account on this machine.

    `data` is the folder that keeps its state; port 0 takes a free one. `webhook_url` and `secret` make its first
    webhook endpoint. `site_host` is the host, with a port where one is needed, under which browsers reach the page,
    if not 127.0.0.1. `first_wait` is the pause in seconds before a failed webhook is sent again, doubled each time up
    to a minute.
    """

    def __init__(
        self,
        *,
        data: Path,
        webhook_url: str = "",
        secret: str = "",
        port: int = 0,
        site_host: str = "",
        clock: Clock | None = None,
        new_id: Callable[[str], str] = random_id,
        first_wait: float = 1.0,
    ) -> None:
        self.faults = Faults()
        self.clock = clock or Clock()
        self._data, self._webhook_url, self._secret = data, webhook_url, secret
        self._port, self._site_host, self._new_id = port, site_host, new_id
        self._postman = Postman(self.faults, first_wait)
        self._stopping = threading.Event()
        self._refusing = threading.Lock()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end: the base of the API and of the pages."""
        return f"http://{HOST}:{self._port}"

    def start(self) -> Self:
        """Takes up where it was left; returns when requests are answered."""
        self._store = Store(self._data)
        self._listen()
        site = f"http://{self._site_host}" if self._site_host else self.url
        self.desks = Desks(self._store, self.clock, site, self._postman.wake, self._new_id)
        self._front_door = FrontDoor(self.desks, self.faults)
        self._controls = Controls(self.desks, self.faults, self._postman, self.refuse)
        self._pages = Pages(self.desks)
        if self._webhook_url:
            with self.desks.open() as desk:
                webhook_endpoints.ensure_first(desk, self._webhook_url, self._secret)
        self._postman.start(self.desks)
        self._ticker = threading.Thread(target=self._tick, name="ticker", daemon=True)
        self._ticker.start()
        self._serve()
        return self

    def stop(self) -> None:
        """Ends serving; what is pending is taken up at the next start."""
        self._stopping.set()
        self._hang_up()
        self._ticker.join()
        self._postman.stop()
        self._store.close()

    def refuse(self, seconds: float) -> None:
        """Takes no connections for so long, then serves again."""
        threading.Thread(target=self._refuse_for, args=(seconds,), name="refusal", daemon=True).start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request, as WSGI has it."""
        request = Request(environ)
        try:
            response = self._respond(request)
        except ConnectionDropped:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError from None
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path.startswith("/v1/"):
            return self._front_door.respond(request)
        if request.path.startswith("/_double/"):
            return self._controls.respond(request)
        return self._pages.respond(request)

    def _listen(self) -> None:
        self._server: BaseWSGIServer = make_server(HOST, self._port, self, threaded=True, request_handler=_Quiet)
        self._port = self._server.port

    def _serve(self) -> None:
        serve = self._server.serve_forever
        self._serving = threading.Thread(target=serve, args=(0.05,), name="payment double", daemon=True)
        self._serving.start()

    def _hang_up(self) -> None:
        self._server.shutdown()
        self._serving.join()

    def _refuse_for(self, seconds: float) -> None:
        with self._refusing:
            self._hang_up()
            with _kept_port(self._port):
                if self._stopping.wait(seconds):
                    return
                self._listen()
            self._serve()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK):
            with self.desks.open():
                """Opening a desk ends the sessions whose time is over."""


# ---


@contextmanager
def _kept_port(port: int) -> Iterator[None]:
    """Nobody else gets the port meanwhile: it is bound, and not listened on."""
    with socket.socket() as placeholder:
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        placeholder.bind((HOST, port))
        yield


class _Quiet(WSGIRequestHandler):
    """Errors are logged, requests are not."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""
