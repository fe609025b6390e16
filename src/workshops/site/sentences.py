"""Pydantic's errors in plain sentences, each with its place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshops.formats.human import listed
from workshops.site.agreement import Conflicts
from workshops.site.faults import suggestion
from workshops.site.fields import EMPTY, NotAsMeant
from workshops.site.nodes import path_of
from workshops.site.schema import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from workshops.site.nodes import Loc, Tree

Told = tuple[int, int, str]
"""Line, column and message."""


def told(error: ValidationError, tree: Tree, model: type[Fields]) -> Iterator[Told]:
    """Every problem that pydantic found in a file."""
    problems = error.errors(include_url=False)
    misspelt = {
        (*loc[:-1], _meant(loc, model)) for problem in problems if _is_unknown(problem) and (loc := problem["loc"])
    }
    for problem in problems:
        if problem["type"] != "missing" or problem["loc"] not in misspelt:
            yield from _problem(problem, tree, model)


# ---------------------------------------------------------------------------------------------------------------------


def _problem(problem: ErrorDetails, tree: Tree, model: type[Fields]) -> Iterator[Told]:
    loc, cause = problem["loc"], problem.get("ctx", {}).get("error")
    if isinstance(cause, Conflicts):
        yield from _conflicts(cause, loc, tree)
    elif _is_unknown(problem):
        yield (*tree.key_place(loc), f"{path_of(loc)}: {_unknown(loc, model)}")
    elif problem["type"] == "missing":
        yield (*tree.place(loc), f"{path_of(loc)} is missing")
    else:
        yield (*tree.place(loc), f"{path_of(loc)}: {_sentence(problem, cause)}")


def _conflicts(cause: Conflicts, loc: Loc, tree: Tree) -> Iterator[Told]:
    path = path_of(loc)
    for conflict in cause.conflicts:
        sentence = conflict.sentence.replace("{self}", path) if path else conflict.sentence.replace("{self}.", "")
        yield (*tree.place((*loc, *conflict.loc)), sentence)


def _sentence(problem: ErrorDetails, cause: object) -> str:
    if isinstance(cause, NotAsMeant):
        return cause.sentence
    if problem["input"] is None:
        return EMPTY
    return _SHAPES.get(problem["type"]) or problem["msg"]


_SHAPES = {
    "tuple_type": "write a list, each item on a line of its own after a dash",
    "model_type": "write fields here, each on a line as name: value",
}


def _unknown(loc: Loc, model: type[Fields]) -> str:
    meant = _meant(loc, model)
    return f"did you mean {meant}?" if meant else f"there is no such field here, only {_listed_at(loc, model)}"


def _is_unknown(problem: ErrorDetails) -> bool:
    return problem["type"] == "extra_forbidden"


def _meant(loc: Loc, model: type[Fields]) -> str | None:
    return suggestion(str(loc[-1]), _names_at(loc[:-1], model))


def _listed_at(loc: Loc, model: type[Fields]) -> str:
    return listed(_names_at(loc[:-1], model))


def _names_at(loc: Loc, model: type[Fields]) -> list[str]:
    for step in loc:
        if isinstance(step, str):
            model = _inner(model, step)
    return [field.alias or name for name, field in model.model_fields.items()]


def _inner(model: type[Fields], name: str) -> type[Fields]:
    field = next(field for key, field in model.model_fields.items() if name == (field.alias or key))
    return next(_models(field.annotation))


def _models(annotation: object) -> Iterator[type[Fields]]:
    if isinstance(annotation, type) and issubclass(annotation, Fields):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
