"""The shape of the program: layers and the direction of imports, held by import-linter, and the habits of the house."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from statistics import median, quantiles

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]

AT_THE_EDGE = {"settings", "__main__"}
"""Read by whoever starts something, and so in no layer."""


def test_imports_keep_their_contracts():
    checked = _lint_imports()
    assert checked.returncode == 0, checked.stdout


def test_a_broken_contract_would_be_seen(tmp_path):
    contract = '\n[[tool.importlinter.contracts]]\nname = "control"\ntype = "forbidden"\n'
    config = tmp_path / "pyproject.toml"
    config.write_text(
        '[tool.importlinter]\nroot_packages = ["workshops", "functions"]\n'
        f'{contract}source_modules = ["functions"]\nforbidden_modules = ["workshops.app"]\n'
    )
    checked = _lint_imports("--config", str(config))
    assert checked.returncode == 1
    assert "functions.checkout -> workshops.app.checkout" in checked.stdout


def test_every_part_of_the_program_has_its_layer():
    (layers,) = [contract["layers"] for contract in CONTRACTS if contract["type"] == "layers"]
    in_layers = {name.strip() for layer in layers for name in layer.split("|")}
    parts = {path.stem for path in (PROJECT / "src/workshops").iterdir() if path.suffix == ".py" or _is_package(path)}
    assert {f"workshops.{part}" for part in parts - AT_THE_EDGE - {"__init__"}} | {"functions"} == in_layers


def test_no_module_is_a_drawer_for_odds_and_ends():
    modules = [
        path.stem for folder in ("src", "functions", "tests", "infra") for path in (PROJECT / folder).rglob("*.py")
    ]
    assert not {"utils", "util", "helpers", "helper", "common", "misc"} & set(modules)


def test_functions_are_small():
    lengths = [length for path in _modules() for length in _body_lengths(ast.parse(path.read_text("utf-8")))]
    assert len(lengths) > 500
    assert median(lengths) <= 6
    assert quantiles(lengths, n=10)[-1] < 20


def test_nothing_reads_the_environment_when_it_is_imported():
    reads = re.compile(r"^[^\s#].*os\.environ", re.MULTILINE)
    assert [path.name for path in _modules() if reads.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(("conf", "most"), [("pelicanconf.py", 60), ("publishconf.py", 10)])
def test_the_settings_for_pelican_stay_short(conf, most):
    assert len((PROJECT / conf).read_text("utf-8").splitlines()) <= most


# ----------------------------------------------------------------------------------------------------------------------


def _lint_imports(*options):
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo", *options],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def _is_package(path):
    return (path / "__init__.py").exists()


def _modules():
    return [path for folder in ("src", "functions") for path in sorted((PROJECT / folder).rglob("*.py"))]


def _body_lengths(tree):
    """Lines of each function's body, its docstring apart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body
            yield body[-1].end_lineno - body[0].lineno + 1
