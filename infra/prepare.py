"""Makes .venv hold what one lock or several pin, hashes checked, and the project itself. Repeating it costs nothing.

Run as `sh infra/python.sh infra/prepare.py local dev`, by a Python that need have no packages.
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from collections import deque
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin/python"
LOCKS = PROJECT / "infra/locks"

QUIET = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-color")
TOLD_ON_FAILURE = 15
"""Lines of pip's, the last of which say why."""


class PipRefused(Exception):
    """An installation that pip gave up in good order; holds the last of what it said."""


def main(names: list[str]) -> None:
    """Install each of the locks that is not installed as it stands, in order, and the project after the first."""
    _make_venv()
    for name in names:
        _once(VENV / f"{name}.installed", LOCKS / f"{name}.txt", _install_lock)
        _once(VENV / "project.installed", PROJECT / "pyproject.toml", _install_project)


# ---------------------------------------------------------------------------------------------------------------------

_FOUND = ("Collecting", "Processing")
_PLACE = str(PROJECT)
_UNFINISHED = "unfinished"


def _make_venv() -> None:
    """Make .venv, unless there is one that can be built upon."""
    if PYTHON.exists() and _suits(_version()) and not any(map(_spoilt, VENV.glob("*.installed"))):
        return
    _say("Making .venv …")
    venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)


def _suits(version: str) -> bool:
    """Whether a .venv's Python can be kept: one that was asked for by PYTHON=… is that and no other."""
    wanted = f"3.{sys.version_info.minor}" if os.environ.get("PYTHON") else r"3\.1[123]"
    return bool(re.fullmatch(wanted, version))


def _spoilt(stamp: Path) -> bool:
    """Whether an installation was cut off, or made in another place: programs know the path of their .venv."""
    return stamp.read_text().splitlines()[:1] != [_PLACE] or stamp.read_text() == _stamped(_UNFINISHED)


def _version() -> str:
    question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)  # noqa: S603
    return asked.stdout.strip()


def _once(stamp: Path, source: Path, install: Callable[[Path], None]) -> None:
    """Install from a file, unless the stamp says that this was done, to its end, for just that file."""
    wanted = _stamped(hashlib.sha256(source.read_bytes()).hexdigest())
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.write_text(_stamped(_UNFINISHED))
    try:
        install(source)
    except PipRefused as refused:
        stamp.unlink()
        sys.exit(f"{refused}\n\nThe installation failed, for the reason above. If that was the network, repeat it.")
    stamp.write_text(wanted)


def _stamped(state: str) -> str:
    return f"{_PLACE}\n{state}"


def _install_lock(lock: Path) -> None:
    packages = len(re.findall(r"^[A-Za-z0-9].*==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    _say(f"Installing {packages} packages of infra/locks/{lock.name}; a minute or two the first time …")
    # Bytecode is left to the first import: most of what is here is never imported.
    _pip("--no-compile", "--require-hashes", "-r", str(lock), of=packages)


def _install_project(_: Path) -> None:
    """Its build tool is among the locked packages, so that nothing is fetched here."""
    _pip("--no-deps", "--no-build-isolation", "--no-index", "--editable", str(PROJECT))


def _pip(*arguments: str, of: int = 0) -> None:
    command = [str(PYTHON), "-m", "pip", "install", *QUIET, *arguments]
    last: deque[str] = deque(maxlen=TOLD_ON_FAILURE)
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        found = 0
        for line in pip.stdout or ():
            last.append(line.rstrip())
            found += line.startswith(_FOUND)
            if of:
                _progress(line, found, of)
    if pip.returncode:
        raise PipRefused("\n".join(last))


def _progress(line: str, found: int, of: int) -> None:
    """A count that is overwritten on a terminal, and a line now and then in a log."""
    if line.startswith("Installing collected"):
        _say("  all are here; unpacking …")
    elif line.startswith(_FOUND) and sys.stderr.isatty():
        sys.stderr.write(f"\r  {found} of {of}\r")
    elif line.startswith(_FOUND) and found % 20 == 0:
        _say(f"  {found} of {of}")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Interrupted: repeat it to go on from here.")
