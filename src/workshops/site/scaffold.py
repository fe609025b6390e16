"""What `workshops new` writes: a draft of a workshop, and one more run in a workshop's file."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from workshops.domain.errors import WorkshopsError
from workshops.site import fields
from workshops.site.agreement import UNWRITTEN
from workshops.site.faults import shown, suggestion
from workshops.site.layout import RESERVED
from workshops.site.nodes import compose
from workshops.site.slugs import slugify
from workshops.site.source import INVISIBLE, Unreadable, split, with_unix_lines

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from workshops.site.nodes import Node, Tree


class TitleUnfit(WorkshopsError):
    """No page can be made of this title."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(f"no workshop can be called {shown(title)!r}: {reason}")
        self.title, self.reason = title, reason


class WorkshopExists(WorkshopsError):
    """A file is there already, and is not overwritten."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already: nothing was written; choose another title or --slug")
        self.path = path


class UnknownWorkshop(WorkshopsError):
    """No workshop has this slug."""

    def __init__(self, slug: str, meant: str | None) -> None:
        super().__init__(f"there is no workshop {shown(slug)}" + (f": did you mean {meant}?" if meant else ""))
        self.slug, self.meant = slug, meant


class DateUnfit(WorkshopsError):
    """A text that is no date a run can have."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(reason)
        self.text, self.reason = text, reason


class RunExists(WorkshopsError):
    """The workshop has a run of this id."""

    def __init__(self, path: Path, run: str) -> None:
        super().__init__(f"{path} has a run {run} already: nothing was written")
        self.path, self.run = path, run


class RunsUnreadable(WorkshopsError):
    """The file's runs cannot be added to; says what to do first."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}; nothing was written")
        self.path, self.reason = path, reason


def new_workshop(folder: Path, title: str, *, today: date, slug: str | None = None) -> Path:
    """Writes a sound draft to content/workshops and gives its path; its run is three months from today.

    Raises `TitleUnfit` and `WorkshopExists`.
    """
    written = _title(title)
    path = folder / "workshops" / f"{_slug(written, slug)}.md"
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(_draft(written, today + timedelta(days=91)))
    except FileExistsError as error:
        raise WorkshopExists(path) from error
    return path


def new_run(folder: Path, slug: str, day: str) -> Path:
    """Adds a run on a date such as 2027-05-12 to a workshop's file, every other byte kept, and gives the path.

    Raises `DateUnfit`, `UnknownWorkshop`, `RunExists` and `RunsUnreadable`.
    """
    date_text = _date(day)
    path = _workshop_file(folder, slug)
    text = _raw_text(path)
    changed = _with_run(path, text, date_text)
    _require_one_more(path, text, changed)
    _replace(path, changed)
    return path


# ---------------------------------------------------------------------------------------------------------------------

_LONGEST_SLUG = 60
_DRAFT = """\
---
# A draft: only the local preview shows it. Fill it in, take the # away from the fields you want, run
# `workshops check`, and then write status: published.
title: {title}
summary: {unwritten}, one sentence of 40 to 200 characters for lists and search engines.
status: draft                        # draft, published or archived
# highlights:                        # three to six reasons to come, one line each
#   - Works through a real form
topics: [{unwritten_topic}]              # one or more subjects; each gets a page that lists its workshops
# image: picture.png                 # a file in content/images
# image_alt: What the picture shows
# speakers: [first-last]             # names of files in content/speakers, without .md
# led_by: An organisation that leads the workshop
# audience:                          # who should attend
#   - Investigators who are new to this work
# outline:                           # the sessions, in order
#   - title: "Session one: introduction"
#     points: [What it is, Why it matters]
delivery:
  mode: online                       # online, in-person or hybrid
  platform: Microsoft Teams          # for online and hybrid
  # venue: {{name: Example House, address: "1 Example Street, London"}}    # for in-person and hybrid
cpd: {{certificate: true}}             # and perhaps hours: 5
vat: standard                        # standard, reduced, zero or exempt
rates:                               # prices per delegate in pounds, before VAT
  - id: standard
    name: Standard rate
    price: 199.00
runs:                                # the dates; never change an id once places are sold
  - id: "{day}"
    starts: {day}               # or with times: starts: {day} 10:00, ends: {day} 16:00
    # capacity: 20                   # leave out for no limit
---

Write here what the workshop is about.
"""


def _title(title: str) -> str:
    if hidden := INVISIBLE.search(title):
        raise TitleUnfit(title, f"it has an invisible character (U+{ord(hidden[0]):04X}) in it")
    try:
        return fields.line(" ".join(title.split()))
    except fields.NotAsMeant as error:
        raise TitleUnfit(title, error.sentence) from error


def _slug(title: str, wanted: str | None) -> str:
    slug = wanted if wanted is not None else slugify(title, _LONGEST_SLUG)
    if not slug:
        raise TitleUnfit(title, "no letter or digit of it fits an address; give one with --slug")
    if slug in RESERVED["workshops"]:
        raise TitleUnfit(title, f"the site needs the address of {slug} itself; give another with --slug")
    try:
        return fields.slug(slug)
    except fields.NotAsMeant as error:
        raise TitleUnfit(title, error.sentence) from error


def _draft(title: str, day: date) -> str:
    quoted = json.dumps(title, ensure_ascii=False)
    return _DRAFT.format(title=quoted, day=day.isoformat(), unwritten=UNWRITTEN, unwritten_topic=UNWRITTEN.lower())


def _date(text: str) -> str:
    try:
        moment = fields.moment(text)
    except fields.NotAsMeant as error:
        raise DateUnfit(text, error.sentence) from error
    if moment.time:
        raise DateUnfit(text, f"write the date alone, {moment.day}, and then the times in the file")
    return moment.day.isoformat()


def _workshop_file(folder: Path, slug: str) -> Path:
    slugs = sorted(path.stem for path in (folder / "workshops").glob("*.md"))
    if slug not in slugs:
        raise UnknownWorkshop(slug, suggestion(slug, slugs))
    return folder / "workshops" / f"{slug}.md"


def _replace(path: Path, text: str) -> None:
    """Puts the text in the file's place whole: a crash leaves the old one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(text.encode("utf-8"))
    beside.replace(path)


def _raw_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunsUnreadable(path, "the file cannot be read: run `workshops check`") from error


def _tree(path: Path, text: str) -> Tree:
    try:
        parts = split(with_unix_lines(text.removeprefix("\ufeff")))
        tree = compose(parts.front_matter, parts.front_matter_line)
    except Unreadable as error:
        raise RunsUnreadable(path, f"line {error.line}: {error.message}") from error
    if tree.slips:
        raise RunsUnreadable(path, f"line {tree.slips[0][0]}: {tree.slips[0][2]}")
    return tree


def _with_run(path: Path, text: str, day: str) -> str:
    tree = _tree(path, text)
    runs = tree.root.parts.get("runs")
    if not runs or not isinstance(runs.value, list | None):
        raise RunsUnreadable(path, "it has no list of runs: add a line runs: to its fields first")
    if day in map(_id_of, runs.value or ()):
        raise RunExists(path, day)
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
    if runs.value is not None and _character(lines, tree, runs) == "[":
        return _in_brackets(lines, tree, runs, day)
    return _on_lines(lines, tree, runs, day)


def _id_of(run: object) -> str | None:
    if not isinstance(run, dict):
        return None
    days = run.get("days")
    first = days[0] if isinstance(days, list) and days and isinstance(days[0], dict) else run
    return run.get("id") or str(first.get("starts"))[: len("2027-04-28")]


def _character(lines: list[str], tree: Tree, node: Node) -> str:
    line, column = tree.at(node.mark)
    return lines[line - 1][column - 1]


def _in_brackets(lines: list[str], tree: Tree, runs: Node, day: str) -> str:
    last = runs.parts.get(len(runs.value) - 1)
    line, column = tree.at(last.end) if last else tree.at(runs.mark)
    at = column - 1 if last else column
    added = f'{", " if last else ""}{{id: "{day}", starts: {day}}}'
    old = lines[line - 1]
    return "".join((*lines[: line - 1], old[:at] + added + old[at:], *lines[line:]))


def _on_lines(lines: list[str], tree: Tree, runs: Node, day: str) -> str:
    indent = " " * (runs.mark.column if runs.value else 2)
    after = _line_after(lines, tree, runs, len(indent))
    newline = re.sub(r"[^\r\n]", "", lines[0])
    added = f'{indent}- id: "{day}"{newline}{indent}  starts: {day}{newline}'
    return "".join((*lines[:after], added, *lines[after:]))


def _line_after(lines: list[str], tree: Tree, runs: Node, indent: int) -> int:
    """How many lines stand before the new run: all of the runs, with the comments that belong to the last."""
    line, column = tree.at(runs.end)
    after = line if column > 1 else line - 1
    while after < len(lines) and re.match(rf" {{{indent + 1},}}#", lines[after]):
        after += 1
    return after


def _require_one_more(path: Path, before: str, after: str) -> None:
    """Makes sure that nothing but one run has come to the fields, whatever the file looks like."""
    old, new = _tree(path, before).root.value, _tree(path, after).root.value
    if {**new, "runs": new["runs"][:-1]} != {**old, "runs": old["runs"] or []}:
        raise RunsUnreadable(path, "its runs are written in a way that cannot be added to: write the run by hand")
