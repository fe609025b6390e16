"""Bracketed form fields, the way Stripe's API takes them: `line_items[0][quantity]=3`."""

import re
from collections.abc import Iterable
from typing import TypeAlias

from workshops.local.payment_double.refusal import Refusal

Tree: TypeAlias = str | dict[str, "Tree"]

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
STEP = re.compile(r"\[([^\[\]]*)\]")


class MalformedName(Refusal):
    """A field name whose brackets do not pair, or that contradicts another field."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid parameter name: {name}", param=name)


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Tree]:
    """Nested dicts of strings; lists stay dicts with the keys 0, 1, … until the schema is known.

    Raises MalformedName.
    """
    tree: dict[str, Tree] = {}
    for name, value in pairs:
        _place(tree, _steps(name), value, name)
    return tree


# ---


def _steps(name: str) -> list[str]:
    found = NAME.fullmatch(name)
    if found is None:
        raise MalformedName(name)
    return [found[1], *STEP.findall(found[2])]


def _place(tree: dict[str, Tree], steps: list[str], value: str, name: str) -> None:
    first, *rest = steps
    key = first or str(len(tree))
    if not rest:
        tree[key] = value
        return
    branch = tree.setdefault(key, {})
    if isinstance(branch, str):
        raise MalformedName(name)
    _place(branch, rest, value, name)
