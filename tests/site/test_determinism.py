import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHOLE = Path(__file__).parent / "content_examples" / "whole"
CONTENTS = {"own": ROOT / "content", "whole": WHOLE}


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def build(content, output, as_of="2026-03-02", **environment):
    catalogue = output.parent / f"{output.name}.json"
    subprocess.run(
        [sys.executable, "-m", "pelican", content, "-o", output, "-e", f'CATALOGUE_PATH="{catalogue}"'],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "WORKSHOPS_AS_OF": as_of, **environment},
        check=True,
        capture_output=True,
    )
    return {**everything(output), "the catalogue": catalogue.read_bytes()}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_two_builds_as_of_one_instant_are_the_same_bytes(content, tmp_path):
    first = build(content, tmp_path / "first", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    second = build(content, tmp_path / "second", PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C", LANG="de_DE")
    assert first == second


def test_a_build_over_another_leaves_the_same_bytes_as_a_clean_one(tmp_path):
    build(WHOLE, tmp_path / "first", as_of="2027-02-01")
    over = build(CONTENTS["own"], tmp_path / "first")
    assert over == build(CONTENTS["own"], tmp_path / "second")


def test_another_instant_makes_other_pages(tmp_path):
    """The comparison above is not blind."""
    before, after = build(WHOLE, tmp_path / "a", as_of="2027-02-01"), build(WHOLE, tmp_path / "b", as_of="2030-01-01")
    page = "workshops/drafting-surveillance-applications/index.html"
    assert before[page] != after[page]
    assert before["the catalogue"] == after["the catalogue"]


def test_the_clock_is_read_in_one_place_only():
    readers = [
        path.relative_to(ROOT).as_posix()
        for part in ("site", "formats", "domain")
        for path in (ROOT / "src/workshops" / part).rglob("*.py")
        if any(words in path.read_text(encoding="utf-8") for words in (".now(", ".today(", "time.time(", "utcnow("))
    ]
    assert readers == ["src/workshops/site/generator.py"]
