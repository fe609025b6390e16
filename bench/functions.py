"""How long the functions take to start and to answer, from their zips, beside what nobody can do without.

    make bench, or .venv/bin/python -P bench/functions.py --rounds 11

A start is measured in a new process that sees the unpacked zip and what the Lambda runtime brings, and nothing else:
in wall time, and in processor time, which holds on a busy machine too. Every round measures every case once; figures
are medians.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from infra import package
from tests.builders import AS_OF, SECRET, a_provider, a_workshop
from workshops.formats.catalogue import catalogue_of, dump

INSTALLED = Path(sysconfig.get_paths()["purelib"])
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
BUDGETS = {"init": 400.0, "checkout": 15.0, "stripe_webhook": 10.0}
"""Milliseconds."""

IMPORT = "import {modules}"
READY = """
from functions import wiring
wiring.bookings(), wiring.catalogue()
{payments}
"""
PAYMENTS = {"checkout", "booking", "stripe_webhook"}

WARM = """
import json
from functions.{name} import handler
events = json.loads({events!r})

def median_of(work, times):
    laps = []
    for _ in range(times):
        begun = process_time()
        work()
        laps.append(process_time() - begun)
    return sorted(laps)[times // 2]

answer = handler(events[0], None)
assert answer["statusCode"] == {status}, answer
own = median_of(lambda: handler(events[0], None), {times})
peer = median_of(lambda: json.loads(json.dumps(events[0])), {times})
print(own, peer)
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=11, help="times each start is measured (default 11)")
    arguments.add_argument("--times", type=int, default=300, help="times each answer is measured (default 300)")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        print(
            f"Python {place.version} on {platform.machine()}, {os.cpu_count()} cores; medians of {asked.rounds} starts"
        )
        print()
        _starts(place, asked.rounds)
        _answers(place, asked.times)


class Place:
    """The unpacked zips with and without bytecode, and the runtime beside them."""

    def __init__(self, folder):
        allowed = package.read_allow_list()
        self.compiler = package.find_compiler(allowed.python) or package.find_compiler(_here())
        self.version = subprocess.check_output([self.compiler.python, "-V"], text=True).split()[1]
        self.functions = [function.name for function in allowed.functions]
        self.folder, self.runtime = folder, folder / "runtime"
        package.install(package.LOCK, folder / "libraries", "--python", str(self.compiler.python))
        for kind, compiler in [("bytecode", self.compiler), ("source", None)]:
            for path in package.build(allowed, folder / "libraries", folder / f"{kind}.zips", compiler):
                zipfile.ZipFile(path).extractall(self.task(path.stem, kind))
        self._make_runtime()
        (folder / "catalogue.json").write_text(dump(catalogue_of(a_provider(), [a_workshop()], None)), "utf-8")

    def task(self, name, kind):
        return self.folder / kind / name

    def run(self, task, program):
        """What a program prints, run in a folder by a process that can import from there and the runtime alone."""
        paths = f"import sys; sys.path[:0] = [{str(task)!r}]; sys.path.append({str(self.runtime)!r})\n"
        command = [
            self.compiler.python,
            "-I",
            "-S",
            "-B",
            "-c",
            paths + "from time import perf_counter, process_time\n" + program,
        ]
        return subprocess.check_output(command, text=True, cwd=task, env=self._environment())

    def start(self, task, program):
        """Milliseconds of processor time and of wall time that a program takes, the start of Python itself apart."""
        timed = ["clocks = process_time, perf_counter", "begun = [clock() for clock in clocks]", program]
        timed.append("print(*(clock() - start for clock, start in zip(clocks, begun)))")
        return [1000 * float(seconds) for seconds in self.run(task, "\n".join(timed)).split()]

    def _make_runtime(self):
        self.runtime.mkdir()
        for name in RUNTIME:
            found = INSTALLED / name
            copy = shutil.copytree if found.is_dir() else shutil.copy
            copy(found, self.runtime / name)
        subprocess.run([self.compiler.python, "-m", "compileall", "-q", self.runtime], check=True)

    def _environment(self):
        return {
            "STRIPE_SECRET_KEY": "sk_test_example",
            "STRIPE_WEBHOOK_SECRETS": "whsec_example,whsec_other",
            "WORKSHOPS_SITE_URL": "https://training.example.org",
            "WORKSHOPS_TABLE": "example",
            "WORKSHOPS_CATALOGUE": str(self.folder / "catalogue.json"),
            "WORKSHOPS_MAIL_FROM": "booking@training.example.org",
            "WORKSHOPS_MAIL_ORGANISER": "booking@training.example.org",
            "WORKSHOPS_TOKEN_SECRET": SECRET,
            "WORKSHOPS_CLOCK_OFFSET": str((AS_OF - datetime.now(UTC)).total_seconds()),
            "AWS_REGION": "eu-west-2",
            "AWS_DEFAULT_REGION": "eu-west-2",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }


def _starts(place, rounds):
    cases = {"import boto3 alone (the peer)": (place.task("send_mail", "bytecode"), IMPORT.format(modules="boto3"))}
    cases["import stripe alone"] = (place.task("checkout", "bytecode"), IMPORT.format(modules="stripe"))
    for name in place.functions:
        imported = IMPORT.format(modules=f"functions.{name}")
        ready = imported + READY.format(payments="wiring.payments()" if name in PAYMENTS else "")
        cases[f"{name}: init"] = (place.task(name, "bytecode"), imported)
        cases[f"{name}: init, source only"] = (place.task(name, "source"), imported)
        cases[f"{name}: init and clients made"] = (place.task(name, "bytecode"), ready)
    laps = {case: [] for case in cases}
    for _ in range(rounds):
        for case, (task, program) in cases.items():
            laps[case].append(place.start(task, program))
    medians = {case: [median(times) for times in zip(*both, strict=True)] for case, both in laps.items()}
    peer, _ = next(iter(medians.values()))
    print(f"{'cold start':<36}{'processor ms':>14}{'× peer':>8}{'wall ms':>10}   budget")
    for case, (processor, wall) in medians.items():
        note = f"{BUDGETS['init']:.0f} ms" if case.endswith(": init") else ""
        print(f"{case:<36}{processor:>14.0f}{processor / peer:>8.2f}{wall:>10.0f}   {note}")


def _answers(place, times):
    print(f"\n{'warm, own work':<44}{'ms':>8}{'× peer':>8}   budget   (the peer: the event through JSON and back)")
    for name, status, event in [("checkout", 422, _refused_form()), ("stripe_webhook", 400, _refused_event())]:
        program = WARM.format(name=name, events=json.dumps([event]), status=status, times=times)
        own, peer = map(float, place.run(place.task(name, "bytecode"), program).split())
        case = f"{name}: {'a form of 20 delegates' if name == 'checkout' else 'a signature'} refused"
        print(f"{case:<44}{1000 * own:>8.2f}{own / peer:>8.0f}   {BUDGETS[name]:.0f} ms")


def _refused_form():
    """Complete but for the consent, with every delegate's address to be looked at."""
    fields = {"workshop": "harmful-sexual-behaviour", "run": "2026-04-28", "rate": "public-sector", "quantity": "20"}
    fields |= {
        "buyer_name": "Chris Example",
        "buyer_email": "chris@example.police.uk",
        "organisation": "Example",
        "pay": "card",
    }
    pairs = [*fields.items()]
    for number in range(20):
        pairs += [("delegate_name", f"Sam Example {number}"), ("delegate_email", f"sam{number}@example.police.uk")]
    return _event("/api/checkout", "application/x-www-form-urlencoded", urlencode(pairs), {"accept": "text/html"})


def _refused_event():
    body = json.dumps({"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1"}}})
    return _event(
        "/api/stripe/webhook",
        "application/json",
        body,
        {"stripe-signature": f"t={int(datetime.now(UTC).timestamp())},v1={'0' * 64}"},
    )


def _event(path, content_type, body, headers):
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": content_type, **headers},
        "requestContext": {"http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}},
        "body": body,
        "isBase64Encoded": False,
    }


def _here():
    return f"{sys.version_info.major}.{sys.version_info.minor}"


if __name__ == "__main__":
    main()
