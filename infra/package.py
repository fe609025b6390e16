"""`make package`: a zip for each function, made of what infra/functions.toml allows and nothing else.

The same source gives the same bytes: entries are sorted, dated 1980 and compressed alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROJECT = Path(__file__).resolve().parent.parent
LOCK = PROJECT / "infra/locks/functions.txt"
TASK_ROOT = "/var/task"
"""Where Lambda unpacks a zip: the path that tracebacks show."""


class NotInTree(WorkshopsError):
    """The allow-list names what the project does not have."""

    def __init__(self, function: str, name: str) -> None:
        super().__init__(f"infra/functions.toml: {function} wants {name}, which is not there")
        self.function, self.name = function, name


class LibraryMissing(WorkshopsError):
    """The allow-list names a library that is not installed where libraries are taken from."""

    def __init__(self, name: str) -> None:
        super().__init__(f"infra/functions.toml names the library {name}: `make lock` if infra/locks/ lacks it")
        self.name = name


class InstallFailed(WorkshopsError):
    """The locked libraries could not be had; what the installer said is on the terminal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"uv ended with status {status}: see above; is the package index reachable?")
        self.status = status


class ZipTooLarge(WorkshopsError):
    """A zip is over its budget."""

    def __init__(self, path: Path, size: int, most: int) -> None:
        super().__init__(f"{path} has {size:,} bytes, more than {most:,}: leave something out")
        self.path, self.size = path, size


@dataclass(frozen=True, slots=True)
class Function:
    """What one function is made of: modules and packages by dotted name, theme files by pattern, libraries by name."""

    name: str
    modules: tuple[str, ...]
    theme: tuple[str, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllowList:
    """infra/functions.toml, read."""

    python: str
    platform: str
    most_bytes: int
    without: tuple[str, ...]
    functions: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class Compiler:
    """A Python that writes the runtime's bytecode, and the tag that its files carry, such as cpython-313."""

    python: Path
    tag: str


def read_allow_list(path: Path = PROJECT / "infra/functions.toml") -> AllowList:
    """The allow-list of every function, what all of them share included."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    shared = told["every_function"]
    functions = tuple(_function(name, own, shared) for name, own in sorted(told["functions"].items()))
    runtime, without = told["runtime"], tuple(told["libraries"]["without"])
    return AllowList(runtime["python"], runtime["platform"], runtime["most_bytes"], without, functions)


def install(lock: Path, target: Path, *options: str) -> None:
    """Install what a lock pins into a folder, wheels only, hashes checked. Raises `InstallFailed`."""
    command = ["pip", "install", "--quiet", "--target", str(target), "--link-mode", "copy"]
    rules = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    # The tool is looked up beside the interpreter: a .venv need not be active.
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run([uv, *command, *rules, *options], check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise InstallFailed(done.returncode)


def find_compiler(version: str) -> Compiler | None:
    """A Python of that version on this machine, if there is one."""
    for python in _candidates(version):
        question = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.cache_tag)"
        asked = subprocess.run([python, "-I", "-c", question], capture_output=True, text=True, check=False)  # noqa: S603
        if asked.returncode == 0 and asked.stdout.split()[0] == version:
            return Compiler(python, asked.stdout.split()[1])
    return None


def build(allowed: AllowList, libraries: Path, out: Path, compiler: Compiler | None) -> list[Path]:
    """The zips of all functions, with libraries taken from a folder they are installed in.

    Raises `NotInTree`, `LibraryMissing` and `ZipTooLarge`.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        contents = {function.name: _contents(function, libraries, allowed.without) for function in allowed.functions}
        if compiler:
            bytecode = _compiled(contents.values(), compiler, Path(folder))
            contents = {name: _with_bytecode(files, bytecode, compiler.tag) for name, files in contents.items()}
        return [_zipped(files, out / f"{name}.zip", allowed.most_bytes) for name, files in contents.items()]


def main() -> None:
    """Make the zips, and say how large they are."""
    arguments = argparse.ArgumentParser(prog="make package", description=__doc__)
    arguments.add_argument("--out", type=Path, default=PROJECT / "dist/functions")
    out = arguments.parse_args().out
    try:
        zips = _main(out)
    except WorkshopsError as fault:
        sys.exit(f"make package: {fault}")
    for path in zips:
        sys.stdout.write(f"{path.stat().st_size / 1e6:6.2f} MB  {os.path.relpath(path)}\n")


# ---------------------------------------------------------------------------------------------------------------------

Files = dict[str, Path]
"""A zip's entries: the name inside, and the file that it is made from."""

OLDEST = (1980, 1, 1, 0, 0, 0)
READABLE = 0o100644


def _main(out: Path) -> list[Path]:
    allowed = read_allow_list()
    compiler = find_compiler(allowed.python)
    if compiler is None:
        sys.stderr.write(
            f"No Python {allowed.python} here: the zips go without bytecode, and starting takes half as long again. "
            f"Install python{allowed.python} and repeat this before you deploy.\n"
        )
    with tempfile.TemporaryDirectory() as folder:
        wheels = ("--python-version", allowed.python, "--python-platform", allowed.platform)
        install(LOCK, Path(folder), *wheels)
        return build(allowed, Path(folder), out, compiler)


def _function(name: str, own: Mapping[str, list[str]], shared: Mapping[str, list[str]]) -> Function:
    def listed(kind: str) -> tuple[str, ...]:
        return (*shared.get(kind, ()), *own.get(kind, ()))

    return Function(name, listed("modules"), listed("theme"), listed("libraries"))


def _candidates(version: str) -> Iterator[Path]:
    """Where a Python of a version may be; pyenv's are not on the path unless they are in use."""
    if sys.version.startswith(version):
        yield Path(sys.executable)
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"))


# --- what goes in ----------------------------------------------------------------------------------------------------


def _contents(function: Function, libraries: Path, without: tuple[str, ...]) -> Files:
    files: Files = {}
    for module in function.modules:
        files |= _module(function.name, module)
    for pattern in function.theme:
        files |= _theme(function.name, pattern)
    for library in function.libraries:
        files |= _library(library, libraries, without)
    return files


def _module(function: str, dotted: str) -> Files:
    """A module, or a package with all that is in it, and the packages that it is in."""
    root = PROJECT if dotted.startswith("functions") else PROJECT / "src"
    path = root.joinpath(*dotted.split("."))
    found = sorted(path.rglob("*.py")) or [path.with_suffix(".py")]
    parents = [parent / "__init__.py" for parent in path.parents if parent.is_relative_to(root) and parent != root]
    for file in (*parents, *found):
        if not file.is_file():
            raise NotInTree(function, file.relative_to(PROJECT).as_posix())
    return {file.relative_to(root).as_posix(): file for file in (*parents, *found)}


def _theme(function: str, pattern: str) -> Files:
    found = [file for file in sorted((PROJECT / "theme").glob(pattern)) if file.is_file()]
    if not found:
        raise NotInTree(function, f"theme/{pattern}")
    return {file.relative_to(PROJECT).as_posix(): file for file in found}


def _library(name: str, libraries: Path, without: tuple[str, ...]) -> Files:
    distribution = next(iter(metadata.distributions(name=name, path=[str(libraries)])), None)
    if distribution is None:
        raise LibraryMissing(name)
    recorded = sorted(str(file) for file in distribution.files or ())
    return {file: libraries / file for file in recorded if _wanted(file, without)}


def _wanted(file: str, without: tuple[str, ...]) -> bool:
    """Neither bytecode of another Python, nor a program for a bin folder, nor what the allow-list leaves behind."""
    programs = file.startswith(("..", "bin/"))
    return not (programs or file.endswith(".pyc") or any(fnmatch(file, pattern) for pattern in without))


# --- bytecode --------------------------------------------------------------------------------------------------------


def _compiled(contents: Iterable[Files], compiler: Compiler, folder: Path) -> Files:
    """The bytecode of every module in any of the zips, under the name of its source."""
    sources = {name: file for files in contents for name, file in files.items() if name.endswith(".py")}
    targets = {name: folder / f"{name}c" for name in sorted(sources)}
    work = [[str(sources[name]), f"{TASK_ROOT}/{name}", str(target)] for name, target in targets.items()]
    # A fixed hash seed keeps the order in which sets are written, and with it the bytes.
    subprocess.run(  # noqa: S603 - our own script
        [compiler.python, "-S", Path(__file__).with_name("compile.py")],
        input=json.dumps(work),
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "0"},
    )
    return targets


def _with_bytecode(files: Files, bytecode: Files, tag: str) -> Files:
    """Our own modules keep their source, whose lines a traceback shows; libraries are bytecode alone."""
    ready = {name: file for name, file in files.items() if name not in bytecode or _ours(file)}
    for name in files.keys() & bytecode.keys():
        ready[_cached(name, tag) if _ours(files[name]) else f"{name}c"] = bytecode[name]
    return ready


def _ours(file: Path) -> bool:
    return any(file.is_relative_to(PROJECT / root) for root in ("src", "functions"))


def _cached(name: str, tag: str) -> str:
    folder, _, module = name.rpartition("/")
    return f"{folder}/__pycache__/{module.removesuffix('.py')}.{tag}.pyc"


# --- the zip ---------------------------------------------------------------------------------------------------------


def _zipped(files: Files, path: Path, most: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name].read_bytes(), compresslevel=9)
    if path.stat().st_size > most:
        raise ZipTooLarge(path, path.stat().st_size, most)
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, OLDEST)
    entry.create_system, entry.external_attr, entry.compress_type = 3, READABLE << 16, zipfile.ZIP_DEFLATED
    return entry


if __name__ == "__main__":
    main()
