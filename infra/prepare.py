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


def main(names: list[str]) -> None:
    """Install each of the locks that is not installed as it stands, in order, and the project after the first."""
    _make_venv()
    for name in names:
        _once(VENV / f"{name}.installed", LOCKS / f"{name}.txt", _install_lock)
        _once(VENV / "project.installed", PROJECT / "pyproject.toml", _install_project)


# ---------------------------------------------------------------------------------------------------------------------


def _make_venv() -> None:
    """Make .venv, unless there is one that runs, has pip, and is of the Python that was asked for."""
    wanted = f"3.{sys.version_info.minor}" if os.environ.get("PYTHON") else r"3\.1[123]"
    if PYTHON.exists() and re.fullmatch(wanted, _version()):
        return
    _say("Making .venv …")
    venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(VENV)


def _version() -> str:
    question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)  # noqa: S603
    return asked.stdout.strip()


def _once(stamp: Path, source: Path, install: Callable[[Path], None]) -> None:
    """Install from a file, unless the stamp says that this was done, to its end, for just that file."""
    # The path is part of it, for a .venv that was moved or copied no longer works.
    wanted = hashlib.sha256(bytes(PROJECT) + b"\n" + source.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    install(source)
    stamp.write_text(wanted)


def _install_lock(lock: Path) -> None:
    packages = len(re.findall(r"^[A-Za-z0-9].*==", lock.read_text(encoding="utf-8"), re.MULTILINE))
    _say(f"Installing {packages} packages of infra/locks/{lock.name}; a minute or two the first time …")
    _pip("--require-hashes", "-r", str(lock), of=packages)


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
            found += line.startswith(("Collecting", "Requirement already"))
            _progress(line, found, of)
    if pip.returncode:
        sys.exit(
            "\n".join([*last, "", "The installation failed, for the reason above. Is the network there? Repeat it."])
        )


def _progress(line: str, found: int, of: int) -> None:
    """A count that is overwritten on a terminal, and a line now and then in a log."""
    if line.startswith("Installing collected"):
        _say("  all are here; unpacking …")
    elif line.startswith("Collecting") and sys.stderr.isatty():
        sys.stderr.write(f"\r  {found} of {of}\r")
    elif line.startswith("Collecting") and found % 20 == 0:
        _say(f"  {found} of {of}")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Interrupted: repeat it to go on from here.")
