from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

WHOLE = Path(__file__).parents[1] / "site" / "content_examples" / "whole"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with sound content, in which commands are called."""
    copytree(WHOLE, tmp_path / "content")
    monkeypatch.chdir(tmp_path)
    return tmp_path
