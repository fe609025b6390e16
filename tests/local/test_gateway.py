import base64
import http.client
import json
import logging
import socket
import threading
from datetime import UTC, datetime

import pytest
from werkzeug.serving import make_server
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from workshops.local import http_api
from workshops.local.console import Console
from workshops.local.gateway import ROUTES, Gateway, _Quietly
from workshops.local.http_api import Route
from workshops.local.lambdas import Function, NoSuchHandler, load, load_again
from workshops.local.static import StaticSite

# Written by hand after the example in "Working with AWS Lambda proxy integrations for HTTP APIs", format 2.0, with what
# CloudFront adds.
EVENT = {
    "version": "2.0",
    "routeKey": "ANY /api/availability/{workshop}/{run}",
    "rawPath": "/api/availability/tea/2026-04-28",
    "rawQueryString": "a=1&a=2&b=%20x",
    "cookies": ["one=1", "two=2"],
    "headers": {
        "accept": "text/html,application/json",
        "cloudfront-viewer-address": "127.0.0.1:50000",
        "content-length": "15",
        "content-type": "application/json; charset=utf-8",
        "host": "127.0.0.1:8000",
        "user-agent": "Example/1.0",
        "x-forwarded-for": "127.0.0.1",
    },
    "queryStringParameters": {"a": "1,2", "b": " x"},
    "requestContext": {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": "127.0.0.1:8000",
        "domainPrefix": "127",
        "http": {
            "method": "POST",
            "path": "/api/availability/tea/2026-04-28",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "Example/1.0",
        },
        "requestId": "(random)",
        "routeKey": "ANY /api/availability/{workshop}/{run}",
        "stage": "$default",
        "time": "02/Mar/2026:09:00:00 +0000",
        "timeEpoch": 1772442000000,
    },
    "pathParameters": {"workshop": "tea", "run": "2026-04-28"},
    "body": '{"name":"Zoë"}',
    "isBase64Encoded": False,
}


def test_the_event_is_a_true_http_api_event():
    request = Request(
        EnvironBuilder(
            "/api/availability/tea/2026-04-28",
            base_url="http://127.0.0.1:8000",
            query_string="a=1&a=2&b=%20x",
            method="POST",
            data='{"name":"Zoë"}'.encode(),
            content_type="application/json; charset=utf-8",
            headers=[
                ("Accept", "text/html,application/json"),
                ("User-Agent", "Example/1.0"),
                ("Cookie", "one=1; two=2"),
                ("CloudFront-Viewer-Address", "203.0.113.9:1"),
            ],
            environ_base={"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": 50000},
        ).get_environ()
    )
    route = Route("/api/availability/{workshop}/{run}", "checkout")
    parameters = route.match(request.path)

    made = http_api.event(
        request, route, parameters, http_api.read_body(request), now=datetime(2026, 3, 2, 9, tzinfo=UTC)
    )

    made["requestContext"]["requestId"] = "(random)"
    assert made == EVENT


def test_a_form_arrives_in_base64_as_api_gateway_sends_it(serving):
    answer = serving.post(
        "/api/checkout", "name=Zo%C3%AB&name=2", {"Content-Type": "application/x-www-form-urlencoded"}
    )

    event = answer.event
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"name=Zo%C3%AB&name=2"
    assert event["routeKey"] == "ANY /api/checkout"
    assert "cookies" not in event
    assert "queryStringParameters" not in event
    assert "pathParameters" not in event


@pytest.mark.parametrize(
    ("content_type", "plain"),
    [
        ("text/plain", True),
        ("application/json", True),
        ("application/problem+json", True),
        ("application/xml", True),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=b", False),
        ("application/octet-stream", False),
        ("", False),
    ],
)
def test_the_content_type_decides_whether_a_body_is_text(serving, content_type, plain):
    event = serving.post("/api/checkout", "{}", {"Content-Type": content_type}).event

    assert event["isBase64Encoded"] is not plain
    assert event["body"] == ("{}" if plain else "e30=")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_every_method_reaches_the_function(serving, method):
    assert serving.ask(method, "/api/checkout").event["requestContext"]["http"]["method"] == method


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/api/checkout", "checkout"),
        ("/api/availability/tea/2026-04-28", "checkout"),
        ("/api/stripe/webhook", "stripe_webhook"),
        ("/booking/return?session_id=cs_test_1", "booking"),
        ("/booking/abc", "booking"),
        ("/booking/abc/delegates", "booking"),
        ("/certificates/ABC", "booking"),
    ],
)
def test_each_address_has_its_function(serving, path, function):
    assert serving.get(path).headers["x-function"] == function


@pytest.mark.parametrize(
    "path", ["/api/", "/api/other", "/api/availability/tea", "/booking/", "/certificates/a/b", "/api/checkout/"]
)
def test_an_address_of_no_function_is_not_found_as_api_gateway_says_it(serving, path):
    answer = serving.get(path)

    assert (answer.status, answer.json) == (404, {"message": "Not Found"})


def test_the_functions_headers_cookies_and_body_come_back(serving):
    serving.answer = {
        "statusCode": 303,
        "headers": {"Location": "/booking/x", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        "cookies": ["a=1; Secure", "b=2"],
        "body": base64.b64encode(b"\x00\xff").decode(),
        "isBase64Encoded": True,
    }

    answer = serving.get("/booking/x")

    assert (answer.status, answer.body) == (303, b"\x00\xff")
    assert answer.headers["Location"] == "/booking/x"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]


def test_head_has_no_body(serving):
    serving.answer = {"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>Hello</p>"}

    assert serving.ask("HEAD", "/booking/x").body == b""


def test_a_function_that_raises_is_a_500_and_a_traceback_in_the_log_alone(serving, caplog):
    serving.answer = ValueError("no such thing")

    answer = serving.get("/api/checkout")

    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})
    assert "ValueError: no such thing" in caplog.text


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        {"statusCode": "many"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "no base64", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"X-A": "split\r\nSet-Cookie: a=1"}},
        {"statusCode": 200, "body": b"bytes are no JSON"},
    ],
)
def test_a_malformed_answer_is_a_500(serving, malformed):
    serving.answer = malformed

    answer = serving.get("/api/checkout")

    assert (answer.status, answer.json) == (500, {"message": "Internal Server Error"})
    assert "Set-Cookie" not in answer.headers


def test_an_answer_without_a_status_is_the_json_of_a_200(serving):
    serving.answer = {"places_left": 3}

    answer = serving.get("/api/availability/tea/1")

    assert (answer.status, answer.headers["Content-Type"], answer.json) == (200, "application/json", {"places_left": 3})


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 5 * 1024 * 1024])
def test_a_body_too_large_for_the_cloud_is_refused_before_the_function(serving, size):
    answer = serving.post("/api/checkout", b"x" * size, {"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status, answer.json) == (413, {"message": "Request Entity Too Large"})
    assert serving.events == []


def test_a_body_just_within_the_limit_arrives_whole(serving):
    body = b"x" * (4 * 1024 * 1024)

    event = serving.post("/api/checkout", body, {"Content-Type": "application/octet-stream"}).event

    assert base64.b64decode(event["body"]) == body


def test_the_access_log_has_routes_and_never_a_personal_link(serving, caplog):
    caplog.set_level(logging.INFO, logger="workshops.access")

    serving.get("/booking/secret-token/delegates?x=secret")
    serving.get("/certificates/secret-code")
    serving.get("/booking/?x=secret")
    serving.get("/workshops/?x=secret")

    lines = [record.getMessage().rsplit(" ", 2)[0] for record in caplog.records if record.name == "workshops.access"]
    assert lines == [
        "GET /booking/{proxy+} 200",
        "GET /certificates/{code} 200",
        "GET (no route) 404",
        "GET /workshops/ 200",
    ]


def test_pages_and_functions_carry_the_security_headers(serving):
    for path in ("/", "/workshops/", "/missing", "/api/checkout", "/booking/x"):
        headers = serving.get(path).headers
        assert headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
            "form-action 'self' http://127.0.0.1:8001; base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers
        assert headers["Server"] == "workshops"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/workshops/", "text/html; charset=utf-8"),
        ("/workshops/tea/2026-04-28.ics", "text/calendar; charset=utf-8"),
        ("/feed.atom", "application/atom+xml"),
        ("/catalogue.json", "application/json"),
        ("/theme/site.css", "text/css; charset=utf-8"),
    ],
)
def test_static_files_have_their_types(serving, path, content_type):
    answer = serving.get(path)

    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)


def test_a_folder_is_redirected_to_its_slash(serving):
    answer = serving.get("/workshops?x=1")

    assert (answer.status, answer.headers["Location"]) == (301, "/workshops/?x=1")


def test_a_page_that_has_not_changed_is_not_sent_again(serving):
    first = serving.get("/")

    again = serving.ask("GET", "/", headers={"If-None-Match": first.headers["ETag"]})
    other = serving.ask("GET", "/", headers={"If-None-Match": '"other"'})

    assert (again.status, again.body) == (304, b"")
    assert (other.status, other.body) == (200, first.body)


def test_a_page_that_changed_is_sent_again(serving):
    first = serving.get("/")
    (serving.folder / "index.html").write_text("<h1>New</h1>", encoding="utf-8")

    again = serving.ask("GET", "/", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, again.body) == (200, b"<h1>New</h1>")


def test_a_missing_page_is_the_sites_own_404(serving):
    for path in (
        "/missing",
        "/missing/",
        "/workshops/tea/",
        "/theme/",
        f"/{'x' * 300}",
        f"/{'x' * 300}/",
        f"/{'x/' * 9000}",
    ):
        answer = serving.get(path)
        assert (answer.status, answer.body) == (404, b"<h1>Not here</h1>")


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/theme/../../secret.txt",
        "/theme/%2e%2e%2f%2e%2e%2fsecret.txt",
        "//secret.txt",
        "/%2fetc/passwd",
        "/..%5csecret.txt",
        "/link.txt",
        "/index.html%00.txt",
        "/%ff%fe",
    ],
)
def test_nothing_outside_the_site_is_served(serving, target):
    (serving.folder.parent / "secret.txt").write_text("secret", encoding="utf-8")
    (serving.folder / "link.txt").symlink_to(serving.folder.parent / "secret.txt")

    assert raw_status(serving.port, target) == 404


def test_the_traversal_check_would_see_a_file_that_is_served(serving):
    (serving.folder / "public.txt").write_text("public", encoding="utf-8")

    assert raw_status(serving.port, "/public.txt") == 200


def test_a_page_cannot_be_posted_to(serving):
    answer = serving.post("/workshops/", "a=1", {})

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_requests_are_served_side_by_side(serving):
    both = threading.Barrier(2, timeout=10)
    serving.before = both.wait

    threads = [threading.Thread(target=serving.get, args=("/api/checkout",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(serving.events) == 2


def test_a_handler_is_found_by_its_dotted_name_or_told_to_be_missing():
    assert load("json", "json.dumps").handler is json.dumps
    for dotted in ("nowhere.to.be_found", "json.no_such_thing", "nodots"):
        with pytest.raises(NoSuchHandler, match=f"There is no handler {dotted}: "):
            load("x", dotted)


def test_functions_loaded_again_forget_what_they_remembered(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "afresh").mkdir()
    (tmp_path / "afresh" / "__init__.py").touch()
    (tmp_path / "afresh" / "memory.py").write_text("seen = []\n")
    (tmp_path / "afresh" / "count.py").write_text(
        "from afresh import memory\ndef handler(event, context):\n    memory.seen.append(1)\n    return len(memory.seen)\n"
    )
    function = load("count", "afresh.count.handler")
    assert [function.invoke({}), function.invoke({})] == [1, 2]

    load_again([function])

    assert [function.invoke({}), function.invoke({})] == [1, 2]


def test_every_route_has_one_of_the_four_functions():
    assert {route.function for route in ROUTES} == {"checkout", "stripe_webhook", "booking"}


class Answer:
    def __init__(self, response, body, events):
        self.status, self.headers, self.body = response.status, response.headers, body
        self._events = events

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def event(self):
        return self._events[-1]


class Serving:
    """A gateway on a real socket before functions that answer as told, and a client of it."""

    def __init__(self, folder, console):
        self.folder = folder
        self.events = []
        self.answer = {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": "fine"}
        self.before = lambda: None
        functions = {name: Function(name, self._handler) for name in ("checkout", "stripe_webhook", "booking")}
        gateway = Gateway(StaticSite(folder), functions, console, "http://127.0.0.1:8001")
        self.server = make_server("127.0.0.1", 0, gateway, threaded=True, request_handler=_Quietly)
        self.port = self.server.server_port

    def _handler(self, event, context):
        self.before()
        self.events.append(event)
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, dict) and "headers" in self.answer and isinstance(self.answer["headers"], dict):
            return self.answer | {"headers": {**self.answer["headers"], "X-Function": context.function_name}}
        return self.answer

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        answer = Answer(response, response.read(), self.events)
        connection.close()
        return answer

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body, headers):
        return self.ask("POST", path, body, headers)


@pytest.fixture
def serving(tmp_path, aws, furniture):
    folder = tmp_path / "site"
    files = {
        "index.html": "<h1>Home</h1>",
        "404.html": "<h1>Not here</h1>",
        "workshops/index.html": "<h1>Workshops</h1>",
        "workshops/tea/2026-04-28.ics": "BEGIN:VCALENDAR\r\n",
        "feed.atom": "<feed/>",
        "catalogue.json": "{}",
        "theme/site.css": "p {}",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    made = Serving(folder, Console(aws, furniture.table, tmp_path, offset=0, double=None))
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def raw_status(port, target):
    """The status for a request target sent as it stands, which no client library would send."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])
