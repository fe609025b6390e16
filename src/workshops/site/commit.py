"""Which commit a build was made from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def commit_of(folder: Path, inputs: Sequence[Path]) -> str | None:
    """The commit checked out around a folder; "-changed" follows when an input differs from it.

    None outside a repository, before its first commit, and where git is not installed.
    """
    commit, repository = _git(folder, "rev-parse", "HEAD"), _git(folder, "rev-parse", "--show-toplevel")
    if not commit or not repository:
        return None
    inside = [str(path) for path in map(Path.resolve, inputs) if path.is_relative_to(Path(repository).resolve())]
    changed = _git(folder, "status", "--porcelain", "--", *inside)
    return f"{commit}-changed" if changed else commit


# ---------------------------------------------------------------------------------------------------------------------


def _git(folder: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None or not folder.is_dir():
        return None
    answer = subprocess.run(  # noqa: S603 - git itself, with arguments of ours
        [git, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return answer.stdout.strip() if answer.returncode == 0 else None
