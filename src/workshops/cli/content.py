"""`workshops check` and `workshops new`: the editor's commands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshops.formats import catalogue
from workshops.site.reader import read_content
from workshops.site.scaffold import new_run, new_workshop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workshops.site.faults import Fault

_CONTENT = click.option(
    "--content",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("content"),
    show_default=True,
    help="The content folder.",
)


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, path_type=Path))
@_CONTENT
@click.option(
    "--previous",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The catalogue that was published last: runs that have gone since are faults.",
)
@click.option("--publish", is_flag=True, help="Count provider fields that are still empty as faults.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for a program to read.")
def check(*, files: Sequence[Path], folder: Path, previous: Path | None, publish: bool, as_json: bool) -> None:
    """Tell every problem of the content as FILE:LINE:COLUMN, all files read, those named printed.

    Exit status: 0 nothing to put right, 1 faults found, 2 wrong usage. Warnings and notes do not count as faults.
    """
    _require_within(files, folder)
    before = catalogue.load(previous.read_text(encoding="utf-8")) if previous else None
    reading = read_content(folder, previous_catalogue=before)
    faults = sorted((*reading.faults, *(reading.unfilled if publish else ())))
    report = _Report(
        faults=_chosen(faults, files, folder),
        warnings=_chosen(reading.warnings, files, folder),
        notes=_chosen(() if publish else reading.unfilled, files, folder),
        elsewhere=len(faults),
    )
    click.echo(report.as_json() if as_json else report.as_text(), nl=as_json)
    click.echo(report.summary(), err=True)
    raise SystemExit(1 if report.faults else 0)


@click.group()
def new() -> None:
    """Write a draft to fill in."""


@new.command("workshop")
@click.argument("title")
@click.option("--slug", help="The page's address, instead of one made from the title.")
@_CONTENT
def _workshop(*, title: str, slug: str | None, folder: Path) -> None:
    """Write a draft of a workshop called TITLE."""
    path = new_workshop(folder, title, today=datetime.now(UTC).date(), slug=slug)
    click.echo(path)
    click.echo("It is a draft with placeholders: fill it in, run `workshops check`, and write status: published.")


@new.command("run")
@click.argument("slug")
@click.argument("date")
@_CONTENT
def _run(*, slug: str, date: str, folder: Path) -> None:
    """Add a run on DATE (such as 2027-05-12) to the workshop SLUG, a file's name without .md."""
    path = new_run(folder, slug, date)
    click.echo(path)
    click.echo(f'The run "{date}" is the last under runs: add its times and capacity, and run `workshops check`.')


# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Report:
    """What is printed of a reading; `elsewhere` counts all faults, printed or not."""

    faults: list[Fault]
    warnings: list[Fault]
    notes: list[Fault]
    elsewhere: int

    def as_text(self) -> str:
        notes = (f"{fault.path}:{fault.line}:{fault.column}: note: {fault.message}" for fault in self.notes)
        return "".join(f"{line}\n" for line in (*map(str, self.faults), *map(str, self.warnings), *notes))

    def as_json(self) -> str:
        lists = {"faults": self.faults, "warnings": self.warnings, "notes": self.notes}
        return json.dumps({name: [_as_dict(fault) for fault in faults] for name, faults in lists.items()}, indent=2)

    def summary(self) -> str:
        counted = f"{_count(self.faults, 'fault')}, {_count(self.warnings, 'warning')}, {_count(self.notes, 'note')}"
        others = self.elsewhere - len(self.faults)
        return f"{counted}; {others} more in other files." if others else f"{counted}."


def _as_dict(fault: Fault) -> dict[str, object]:
    return {"path": fault.path, "line": fault.line, "column": fault.column, "message": fault.message}


def _count(faults: Sequence[Fault], what: str) -> str:
    return f"{len(faults) or 'no'} {what}{'' if len(faults) == 1 else 's'}"


def _require_within(files: Iterable[Path], folder: Path) -> None:
    for file in files:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise click.UsageError(f"{file} is not in the content folder {folder}.")


def _chosen(faults: Iterable[Fault], files: Sequence[Path], folder: Path) -> list[Fault]:
    """The faults of the files (of all when none is named), each with its path from where the command was called."""
    named = [file.resolve() for file in files]
    placed = [fault.beside(folder) for fault in faults]
    return [fault for fault in placed if not named or any(Path(fault.path).resolve().is_relative_to(n) for n in named)]
