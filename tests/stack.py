"""`workshops serve` in a process of its own, as tests drive it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from boto3.dynamodb.types import TypeDeserializer

from workshops.local.engine import Furniture, clients

PROJECT = Path(__file__).parents[1]
_deserialise = TypeDeserializer().deserialize


class Stack:
    """`workshops serve` in a process of its own, in a copy of the project."""

    def __init__(self, project, data, port, arguments, given=None):
        self.project, self.data, self.port = project, data, port
        self.engine_url = f"http://127.0.0.1:{port + 2}"
        self.lines = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STRIPE_"))}
        environment |= given or {}
        command = [sys.executable, "-m", "workshops", "serve", "--port", str(port), "--data", str(data), *arguments]
        self.process = subprocess.Popen(
            command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_until(lambda: "ready" in self.lines or self.process.poll() is not None, within=60)
        assert "ready" in self.lines, "\n".join(self.lines)

    def _read(self):
        with self.process.stdout as output:
            self.lines += (line.rstrip("\n") for line in iter(output.readline, ""))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait(30)
        self._reader.join()
        return status

    def ask(self, method, path, body=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.ask("GET", path, headers=headers)

    def mails(self):
        return json.loads(self.get("/_local/mail.json")[2])

    def business_clock(self):
        return json.loads(self.get("/_local/clock.json")[2])["business"]

    def book(self):
        """The id of the session that a booking of one place by card led to."""
        form = (
            "workshop=harmful-sexual-behaviour&run=2026-04-28&rate=public-sector&quantity=1&pay=card"
            "&delegate_name=Dee+Example&delegate_email=dee%40example.police.uk"
            "&buyer_name=Bea+Example&buyer_email=buyer%40example.police.uk"
            f"&organisation=Example+Police+{time.monotonic_ns()}&shown_public-sector=20900"
            "&accept_terms=yes&on_behalf_of_organisation=yes&website="
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, headers, body = self.ask("POST", "/api/checkout", form, kind)
        assert status == 303, body.decode()
        return urlsplit(headers["Location"]).path.rsplit("/", 1)[-1]

    def pay(self, session):
        body = json.dumps({"card": "4242424242424242"})
        kind = {"Content-Type": "application/json"}
        status, _, answer = self.ask("POST", f"/_double/sessions/{session}/pay", body, kind, port=self.port + 1)
        assert status == 200, answer.decode()

    def session(self, session):
        sessions = json.loads(self.ask("GET", "/_double/state", port=self.port + 1)[2])["sessions"]
        return next(found for found in sessions if found["id"] == session)

    def items(self):
        """Everything in the table."""
        pages = clients(self.engine_url).dynamodb.get_paginator("scan").paginate(TableName=Furniture().table)
        stored = [item for page in pages for item in page["Items"]]
        return [{name: _deserialise(value) for name, value in item.items()} for item in stored]


def copy_project(folder):
    for name in ("content", "theme"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("pelicanconf.py", "publishconf.py"):
        shutil.copy(PROJECT / name, folder / name)
    return folder


def kill(stack, module):
    """SIGKILL the one child of the stack that runs this module."""
    children = Path(f"/proc/{stack.process.pid}/task/{stack.process.pid}/children").read_text().split()
    (child,) = (child for child in children if module.encode() in Path(f"/proc/{child}/cmdline").read_bytes())
    os.kill(int(child), signal.SIGKILL)


def wait_until(holds, within=45.0):
    deadline = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found
