"""The functions' zips: what is in them, what is not, and that they run with nothing besides but Lambda's runtime."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import jinja2.meta
import pytest

from infra import package
from tests.builders import AS_OF, SECRET, a_provider, a_workshop
from workshops.formats.catalogue import catalogue_of, dump
from workshops.local.engine import aws_environment
from workshops.theme import environment, stylesheet

PROJECT = Path(__file__).resolve().parent.parent
INSTALLED = Path(sysconfig.get_paths()["purelib"])
ALLOWED = package.read_allow_list()
FUNCTIONS = [function.name for function in ALLOWED.functions]

RUNTIME = (
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"),
    *("awslambdaric", "simplejson", "snapshot_restore_py.py", "runtime_client*.so"),
)
"""What Lambda's own runtime brings."""

NEVER = ("pelican", "yaml", "frontmatter", "pydantic", "pyromark", "click", "werkzeug", "ministack", "hypercorn", "dns")
NEVER_OURS = ("workshops/site", "workshops/local", "workshops/cli", "tests", "infra", "content")


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    """All zips, made of the libraries installed here: of the locked versions, but for this machine."""
    return _built(tmp_path_factory.mktemp("zips"))


@pytest.fixture(scope="module")
def tasks(zips, tmp_path_factory):
    """A folder for each function with its zip unpacked, as at /var/task."""
    folder = tmp_path_factory.mktemp("tasks")
    for name, path in zips.items():
        zipfile.ZipFile(path).extractall(folder / name)
    return {name: folder / name for name in zips}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder with what the Lambda runtime brings, and nothing else of what is installed here."""
    folder = tmp_path_factory.mktemp("runtime")
    for pattern in RUNTIME:
        for found in INSTALLED.glob(pattern):
            (folder / found.name).symlink_to(found)
    return folder


# --- what is in a zip -------------------------------------------------------------------------------------------------


def test_there_is_a_zip_for_every_function_of_the_project(zips):
    handlers = {path.stem for path in (PROJECT / "functions").glob("*.py") if "def handler(" in path.read_text("utf-8")}
    assert zips.keys() == handlers


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_zip_holds_nothing_that_is_made_for_building_or_for_one_machine(name, zips):
    names = zipfile.ZipFile(zips[name]).namelist()
    assert not [entry for entry in names if entry.startswith((*NEVER, *NEVER_OURS, *_runtime_folders()))]
    assert not [
        entry for entry in names if entry.endswith((".so.dSYM", ".pyi", ".md", ".yaml")) or ".dist-info" in entry
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_zip_is_small_sorted_undated_and_readable(name, zips):
    archive = zipfile.ZipFile(zips[name])
    assert zips[name].stat().st_size < 5_000_000  # the budget of the functions
    assert archive.namelist() == sorted(set(archive.namelist()))
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_in_a_zip_tells_where_it_was_made(name, zips):
    archive = zipfile.ZipFile(zips[name])
    places = [os.fsencode(place) for place in (PROJECT, INSTALLED)]
    assert not [entry for entry in archive.namelist() if any(place in archive.read(entry) for place in places)]
    assert b"/var/task/functions/" in archive.read(f"functions/__pycache__/{name}.{sys.implementation.cache_tag}.pyc")


def test_the_same_source_makes_the_same_bytes(tmp_path):
    one, other = (
        _built(tmp_path / folder, _only("send_mail"))["send_mail"].read_bytes() for folder in ("one", "other")
    )
    assert one == other


@pytest.mark.parametrize("name", FUNCTIONS)
def test_our_modules_go_with_source_and_bytecode_and_libraries_with_bytecode_alone(name, zips):
    names = set(zipfile.ZipFile(zips[name]).namelist())
    sources = {entry for entry in names if entry.endswith(".py")}
    assert all(entry.startswith(("functions/", "workshops/")) for entry in sources)
    assert {package._cached(entry, sys.implementation.cache_tag) for entry in sources} <= names
    assert "tzdata/__init__.pyc" in names


def test_without_the_right_python_the_sources_go_in(tmp_path):
    allowed = _only("send_mail")
    names = zipfile.ZipFile(package.build(allowed, INSTALLED, tmp_path, None)[0]).namelist()
    assert "jinja2/__init__.py" in names
    assert not [entry for entry in names if entry.endswith(".pyc")]


@pytest.mark.parametrize("name", [function.name for function in ALLOWED.functions if function.theme])
def test_every_template_in_a_zip_finds_those_it_needs(name, tasks):
    theme = tasks[name] / "theme"
    templates = [path.relative_to(theme).as_posix() for path in theme.rglob("*") if path.suffix in {".html", ".txt"}]
    for template in templates:
        parsed = environment(theme).parse((theme / template).read_text("utf-8"))
        assert set(jinja2.meta.find_referenced_templates(parsed)) <= set(templates), template


@pytest.mark.parametrize("name", ["checkout", "booking"])
def test_a_functions_pages_use_the_style_of_the_site(name, tasks):
    assert stylesheet(tasks[name] / "theme") == stylesheet(PROJECT / "theme")


# --- the locks --------------------------------------------------------------------------------------------------------


def test_the_functions_lock_pins_what_the_zips_carry_and_nothing_else():
    carried = {library for function in ALLOWED.functions for library in function.libraries}
    assert _pins("functions.txt").keys() == carried


@pytest.mark.parametrize("lock", ["functions.txt", "local.txt"])
def test_all_locks_agree_on_versions(lock):
    pins, everything = _pins(lock), _pins("dev.txt") | _pins("local.txt")
    assert pins == {name: everything[name] for name in pins}


# --- it runs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_imports_from_its_zip_with_nothing_besides_but_the_runtime(name, tasks, runtime):
    loaded = _imported(tasks[name], runtime, f"functions.{name}")
    assert f"functions.{name}" in loaded
    assert not {module.partition(".")[0] for module in loaded} & set(NEVER)


def test_an_import_that_the_allow_list_forgot_is_noticed(tmp_path, runtime):
    without_jinja = _only("send_mail", libraries=("markupsafe", "tzdata"))
    zipfile.ZipFile(package.build(without_jinja, INSTALLED, tmp_path, None)[0]).extractall(tmp_path / "task")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        _imported(tmp_path / "task", runtime, "functions.send_mail")
    assert "No module named 'jinja2'" in failed.value.stderr


@pytest.mark.parametrize("function", ALLOWED.functions, ids=FUNCTIONS)
def test_a_zip_carries_no_library_that_its_function_does_not_import(function, tasks, runtime):
    late = [
        module for module in ("workshops.adapters.stripe", "workshops.adapters.pages") if module in function.modules
    ]
    loaded = _imported(tasks[function.name], runtime, f"functions.{function.name}", *late)
    tops = {module.partition(".")[0].replace("_", "-") for module in loaded}
    # Time zones are data, read only where the system has none.
    assert set(function.libraries) - {"tzdata"} <= tops


@pytest.mark.slow
def test_what_is_left_out_of_a_library_is_imported_by_nothing_that_is_kept():
    kept = [file for file in (INSTALLED / "stripe").rglob("*.py") if "params" not in file.parts]
    assert len(kept) > 500
    assert not [file for file in kept if _imports_params(ast.parse(file.read_text("utf-8")))]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f():\n    from stripe.params import X", True),
        ("from stripe.params._x import X", True),
        ("import stripe.params", True),
        ("if TYPE_CHECKING:\n    from stripe.params import X", False),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from stripe import params", True),
    ],
)
def test_the_search_for_imports_can_see(source, found):
    assert _imports_params(ast.parse(source)) is found


def test_the_lambda_runtime_client_runs_checkout_from_its_zip(tasks, runtime, engine, furniture, tmp_path):
    settings = _settings(engine.url, furniture.table, tmp_path)
    events = [
        _event("/api/availability/harmful-sexual-behaviour/2026-04-28", "application/json"),
        _event("/api/availability/no-such-workshop/2026-04-28", "text/html"),
    ]
    known, unknown = _invoked("checkout", events, tasks["checkout"], runtime, settings)
    assert (known["statusCode"], json.loads(known["body"])) == (200, {"places_left": None, "state": "open"})
    assert unknown["statusCode"] == 404
    assert "We do not know this workshop" in unknown["body"]
    assert unknown["headers"]["content-type"] == "text/html; charset=utf-8"


def test_the_lambda_runtime_client_runs_the_webhook_from_its_zip(tasks, runtime, engine, furniture, tmp_path):
    settings = _settings(engine.url, furniture.table, tmp_path)
    event = _event("/api/stripe/webhook", "*/*", method="POST", body='{"id": "evt_unsigned"}')
    (answer,) = _invoked("stripe_webhook", [event], tasks["stripe_webhook"], runtime, settings)
    assert answer["statusCode"] == 400


# --- faults -----------------------------------------------------------------------------------------------------------


def test_an_allow_list_that_names_what_is_not_there_is_refused(tmp_path):
    for field, name, file in [
        ("modules", "workshops.gone", "src/workshops/gone.py"),
        ("modules", "functions.gone", "functions/gone.py"),
        ("theme", "pages/gone.html", "theme/pages/gone.html"),
    ]:
        allowed = _only("send_mail", **{field: (name,)})
        with pytest.raises(package.NotInTree, match=f"send_mail wants {file}, which is not there"):
            package.build(allowed, INSTALLED, tmp_path, None)


def test_a_library_that_is_not_installed_is_named(tmp_path):
    with pytest.raises(package.LibraryMissing, match="names the library gone"):
        package.build(_only("send_mail", libraries=("gone",)), INSTALLED, tmp_path, None)


def test_a_zip_over_its_budget_is_refused(tmp_path):
    with pytest.raises(package.ZipTooLarge, match=r"send_mail\.zip has .* bytes"):
        package.build(replace(_only("send_mail"), most_bytes=1000), INSTALLED, tmp_path, None)


def test_only_a_python_of_the_wanted_version_compiles():
    here = ".".join(map(str, sys.version_info[:2]))
    assert package.find_compiler(here).tag == sys.implementation.cache_tag
    assert package.find_compiler("2.0") is None


@pytest.mark.slow
def test_the_zips_as_shipped_are_for_lambdas_processor(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "infra.package", "--out", tmp_path],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in FUNCTIONS:
        archive = zipfile.ZipFile(tmp_path / f"{name}.zip")
        machine_code = [entry for entry in archive.namelist() if ".so" in entry]
        assert machine_code
        assert {archive.read(entry)[18:20] for entry in machine_code} == {b"\xb7\x00"}  # ELF's number for AArch64
        assert all("cpython-313" in entry for entry in machine_code)


# ----------------------------------------------------------------------------------------------------------------------


def _built(out, allowed=ALLOWED):
    here = package.Compiler(Path(sys.executable), sys.implementation.cache_tag)
    return {path.stem: path for path in package.build(allowed, INSTALLED, out, here)}


def _only(name, **changes):
    (function,) = [function for function in ALLOWED.functions if function.name == name]
    return replace(ALLOWED, functions=(replace(function, **changes),))


def _runtime_folders():
    return [f"{name}/" for name in RUNTIME if name != "urllib3" and "." not in name]


def _pins(lock):
    text = (PROJECT / "infra/locks" / lock).read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE))


def _imports_params(tree):
    """Whether a module imports stripe.params when it runs, anywhere in it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            found = any(_imports_params(other) for other in [ast.Module(node.orelse, [])])
        elif isinstance(node, ast.ImportFrom):
            found = f"{node.module}.".startswith("stripe.params.") or (
                node.module == "stripe" and any(alias.name == "params" for alias in node.names)
            )
        elif isinstance(node, ast.Import):
            found = any(f"{alias.name}.".startswith("stripe.params.") for alias in node.names)
        else:
            found = _imports_params(node)
        if found:
            return True
    return False


def _imported(task, runtime, *modules):
    """The names of all modules that are loaded once some are imported in a process that sees two folders alone."""
    program = f"import {', '.join(modules)}, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(_clean(task, runtime, program), capture_output=True, text=True, check=True, env={})
    return json.loads(done.stdout)


def _clean(task, runtime, program):
    paths = f"import sys; sys.path[:0] = [{str(task)!r}]; sys.path.append({str(runtime)!r}); "
    return [sys.executable, "-I", "-S", "-B", "-c", paths + program]


def _settings(engine_url, table, folder):
    (folder / "catalogue.json").write_text(dump(catalogue_of(a_provider(), [a_workshop()], None)), "utf-8")
    return {
        "STRIPE_SECRET_KEY": "sk_test_example",
        "STRIPE_WEBHOOK_SECRETS": "whsec_example",
        "WORKSHOPS_SITE_URL": "https://training.example.org",
        "WORKSHOPS_TABLE": table,
        "WORKSHOPS_CATALOGUE": str(folder / "catalogue.json"),
        "WORKSHOPS_MAIL_FROM": "booking@training.example.org",
        "WORKSHOPS_MAIL_ORGANISER": "booking@training.example.org",
        "WORKSHOPS_TOKEN_SECRET": SECRET,
        "WORKSHOPS_CLOCK_OFFSET": str(_offset()),
        **aws_environment(engine_url),
    }


def _offset():
    """Seconds from now to a day on which the example workshop is open."""
    return (AS_OF - datetime.now(UTC)).total_seconds()


def _event(path, accept, *, method="GET", body=None):
    """An event of an HTTP API, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": f"ANY {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"accept": accept, "host": "api.example.org", "content-type": "application/json"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "example",
            "domainName": "api.example.org",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "example",
            "routeKey": f"ANY {path}",
            "stage": "$default",
            "time": "02/Mar/2026:09:00:00 +0000",
            "timeEpoch": 1772442000000,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _invoked(name, events, task, runtime, settings):
    """The answers that Lambda's own runtime client posts for some events; it exists for Linux alone."""
    pytest.importorskip("awslambdaric")
    answers = Queue()
    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _runtime_api(events, answers)))
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        stack.callback(server.shutdown)
        program = f"from awslambdaric.__main__ import main; main(['bootstrap', 'functions.{name}.handler'])"
        lambdas = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "LAMBDA_TASK_ROOT": str(task)}
        client = stack.enter_context(
            subprocess.Popen(_clean(task, runtime, program), cwd=task, env=settings | lambdas, start_new_session=True)
        )
        stack.callback(client.kill)
        return [json.loads(answers.get(timeout=60)) for _ in events]


def _runtime_api(events, answers):
    """The part of Lambda's Runtime API that a function's process speaks to."""
    due = Queue()
    for number, event in enumerate(events):
        due.put((f"request-{number}", json.dumps(event).encode()))

    class RuntimeAPI(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self):
            with suppress(ConnectionError):  # the client is killed once it has answered
                super().handle()

        def do_GET(self):
            request_id, body = due.get()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", request_id)
            self.send_header("Lambda-Runtime-Deadline-Ms", "99999999999999")
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-2:000000000000:function:x")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            answers.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    return RuntimeAPI
