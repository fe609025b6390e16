"""Stripe's own parameter types, read at run time, as one validator of form data.

The `stripe` library describes the parameters of each call as typed dictionaries. `read` takes such a type and the
decoded form, and gives typed values or refuses as Stripe refuses. The library writes an enumeration as `Literal[...]
| str`, so that it can grow; Stripe itself takes the listed values only, and so do we.
"""

from __future__ import annotations

import functools
import re
import types
import typing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Literal, NotRequired, Protocol, Required, Union, get_args, get_origin

import stripe

from workshops.local.payment_double.refusal import BadParameter, Refusal

if typing.TYPE_CHECKING:
    from workshops.local.payment_double.forms import Tree

Path = tuple[str, ...]


class UnknownParameter(Refusal):
    """Parameters that the call does not have."""

    code = "parameter_unknown"

    def __init__(self, names: list[str]) -> None:
        plural = "s" if len(names) > 1 else ""
        super().__init__(f"Received unknown parameter{plural}: {', '.join(names)}", param=names[0])


class MissingParameter(Refusal):
    """A parameter that the call cannot do without."""

    code = "parameter_missing"

    def __init__(self, name: str) -> None:
        super().__init__(f"Missing required param: {name}.", param=name)


class EmptyParameter(Refusal):
    """An empty string where there is nothing to unset."""

    code = "parameter_invalid_empty"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
            "non-empty value.",
            param=name,
        )


class WrongType(Refusal):
    """A value that is not of the parameter's type."""

    def __init__(self, type_name: str, given: Tree, path: Path) -> None:
        shown = given if isinstance(given, str) else "{...}"
        code = "parameter_invalid_integer" if type_name == "integer" else None
        super().__init__(f"Invalid {type_name}: {shown}", param=spell(path), code=code)


def read(params: type, given: dict[str, Tree]) -> dict[str, Any]:
    """The values of the call's parameters, typed as the library's typed dictionary `params` says.

    Raises UnknownParameter, MissingParameter, EmptyParameter, WrongType, BadParameter.
    """
    return Record(params).read(given, ())


def spell(path: Path) -> str:
    """A parameter's name as Stripe writes it: `line_items[0][quantity]`."""
    first, *rest = path or ("",)
    return first + "".join(f"[{step}]" for step in rest)


class Kind(Protocol):
    """What a parameter may be; `shape` is `str` for a plain field and `dict` for a bracketed one."""

    @property
    def shape(self) -> type:
        """The shape of what it reads."""

    def read(self, given: Tree, path: Path) -> object:
        """The typed value."""


@dataclass(frozen=True)
class Text:
    """Any text but none at all."""

    shape: ClassVar[type] = str

    def read(self, given: Tree, path: Path) -> str:
        """The text itself."""
        if not isinstance(given, str):
            raise WrongType("string", given, path)
        if not given:
            raise EmptyParameter(spell(path))
        return given


@dataclass(frozen=True)
class Choice:
    """One of the values listed."""

    values: tuple[str, ...]
    shape: ClassVar[type] = str

    def read(self, given: Tree, path: Path) -> str:
        """The value chosen."""
        if isinstance(given, str) and given in self.values:
            return given
        raise BadParameter(f"Invalid {spell(path)}: must be one of {_listed(self.values)}", param=spell(path))


@dataclass(frozen=True)
class Whole:
    """An integer."""

    shape: ClassVar[type] = str

    def read(self, given: Tree, path: Path) -> int:
        """The integer."""
        if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,18}", given):
            return int(given)
        raise WrongType("integer", given, path)


@dataclass(frozen=True)
class Fraction:
    """A decimal number, as a float or exact."""

    number: type[float | Decimal]
    shape: ClassVar[type] = str

    def read(self, given: Tree, path: Path) -> float | Decimal:
        """The number; infinities and not-a-number are none."""
        if not isinstance(given, str):
            raise WrongType("decimal", given, path)
        try:
            exact = Decimal(given)
        except InvalidOperation:
            raise WrongType("decimal", given, path) from None
        if not exact.is_finite():
            raise WrongType("decimal", given, path)
        return self.number(exact)


@dataclass(frozen=True)
class Flag:
    """true or false."""

    shape: ClassVar[type] = str

    def read(self, given: Tree, path: Path) -> bool:
        """The truth value."""
        if not isinstance(given, str) or given not in {"true", "false"}:
            raise WrongType("boolean", given, path)
        return given == "true"


@dataclass(frozen=True)
class Items:
    """A list."""

    of: Kind
    shape: ClassVar[type] = dict

    def read(self, given: Tree, path: Path) -> list[object]:
        """The items in the order of their numbers."""
        if not isinstance(given, dict) or not all(key.isdecimal() for key in given):
            raise WrongType("array", given, path)
        return [self.of.read(given[key], (*path, key)) for key in sorted(given, key=int)]


@dataclass(frozen=True)
class Table:
    """Free keys, as in metadata; an empty text unsets a key."""

    of: Kind
    shape: ClassVar[type] = dict

    def read(self, given: Tree, path: Path) -> dict[str, object]:
        """The entries."""
        if not isinstance(given, dict):
            raise WrongType("object", given, path)
        return {key: "" if value == "" else self.of.read(value, (*path, key)) for key, value in given.items()}


@dataclass(frozen=True)
class Record:
    """The named parameters of one of the library's typed dictionaries."""

    params: type
    shape: ClassVar[type] = dict

    def read(self, given: Tree, path: Path) -> dict[str, object]:
        """The parameters given, each typed."""
        if not isinstance(given, dict):
            raise WrongType("object", given, path)
        fields = fields_of(self.params)
        unknown = [spell((*path, name)) for name in given if name not in fields]
        if unknown:
            raise UnknownParameter(unknown)
        for name in sorted(self.params.__required_keys__ & fields.keys()):  # type: ignore[attr-defined]
            if name not in given:
                raise MissingParameter(spell((*path, name)))
        return {name: fields[name].read(value, (*path, name)) for name, value in given.items()}


@dataclass(frozen=True)
class OneOf:
    """Several kinds, the main one last; the form's shape decides which are tried."""

    kinds: tuple[Kind, ...]
    shape: ClassVar[type] = object

    def read(self, given: Tree, path: Path) -> object:
        """The value, as the first kind that takes it reads it."""
        *others, main = [kind for kind in self.kinds if isinstance(given, kind.shape)] or self.kinds
        for kind in others:
            try:
                return kind.read(given, path)
            except Refusal:
                continue
        return main.read(given, path)


@functools.cache
def fields_of(params: type) -> dict[str, Kind]:
    """Name and kind of each parameter; the library's own request options are none."""
    own = {name: hint for name, hint in params.__annotations__.items() if name not in OPTIONS}
    bare = type(params.__name__, (), {"__annotations__": own, "__module__": params.__module__})
    return {name: kind_of(hint) for name, hint in typing.get_type_hints(bare, include_extras=True).items()}


def kind_of(hint: Any) -> Kind:  # noqa: ANN401 - a type hint has no type of its own
    """The kind that a type hint describes. Raises TypeError for one that no served call uses."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in {NotRequired, Required}:
        return kind_of(args[0])
    if origin in {Union, types.UnionType}:
        return _union(args)
    if origin is Literal:
        return Choice(args)
    if origin is list:
        return Items(kind_of(args[0]))
    if origin is dict:
        return Table(kind_of(args[1]))
    return _plain(hint)


# ---

OPTIONS = frozenset(stripe.RequestOptions.__annotations__)
PLAIN: dict[Any, Kind] = {
    str: Text(),
    int: Whole(),
    bool: Flag(),
    float: Fraction(float),
    Decimal: Fraction(Decimal),
}


def _plain(hint: Any) -> Kind:  # noqa: ANN401
    if hint in PLAIN:
        return PLAIN[hint]
    if hasattr(hint, "__required_keys__"):
        return Record(hint)
    raise TypeError(f"no rule for reading a parameter of type {hint}")


def _union(hints: tuple[Any, ...]) -> Kind:
    kept = [hint for hint in hints if not _response_type(hint)]
    if _listed_values(kept):
        kept = [hint for hint in kept if hint is not str]
    kinds = tuple(kind_of(hint) for hint in kept)
    return kinds[0] if len(kinds) == 1 else OneOf(kinds)


def _listed_values(hints: list[Any]) -> bool:
    """Whether an enumeration is among them; `Literal['']` alone says just that the parameter can be unset."""
    return any(value != "" for hint in hints if get_origin(hint) is Literal for value in get_args(hint))


def _response_type(hint: Any) -> bool:  # noqa: ANN401
    """The library also takes its own answer objects where a dict is meant; on the wire they are the same."""
    bare = get_origin(hint) or hint
    return isinstance(bare, type) and issubclass(bare, stripe.StripeObject)


def _listed(values: tuple[str, ...]) -> str:
    *others, last = [value or '""' for value in values]
    return f"{', '.join(others)}, or {last}" if others else last
