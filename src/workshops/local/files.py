"""Files of the local stack: replaced whole, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Put `text` in the place of whatever the file held, in one step that a crash cannot halve."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, made with its mode
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path.replace(beside, path)


def kept_secret(path: Path, prefix: str = "") -> str:
    """The secret in this file, made at random (256 bits) the first time."""
    if not path.exists():
        write_private(path, prefix + secrets.token_urlsafe(32) + "\n")
    return path.read_text("utf-8").strip()
