"""YAML with the place of every key and value, and with none of YAML's guesses.

Every scalar stays the text that was written, so that `12:30`, `no`, `010` and `1_000` mean what their field says. The
nodes are put together from libyaml's events and not by its composer, which overflows the C stack when lists are nested
some ten thousand deep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from workshops.site.faults import shown
from workshops.site.source import INVISIBLE, Unreadable
from workshops.site.yaml_errors import plainly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Value = Any
"""Text, None for nothing, a list or a dict of these, as they stand in the file."""

Event = Any
"""One of yaml's events, whose type stubs leave out most attributes."""

Mark = Any
"""A line and a column, both from 0; libyaml's has another class than PyYAML's."""

Loc = tuple[str | int, ...]
"""The way to a value: keys and list indexes."""

DEEPEST = 12
"""Lists and mappings inside one another; the content model needs five."""


class Node:
    """A value and the event that it began with. A text has no parts."""

    __slots__ = ("event", "value")
    parts: Mapping[str | int, Node] = {}
    keys: Mapping[str | int, Mark] = {}

    def __init__(self, value: Value, event: Event) -> None:
        self.value = value
        self.event = event

    @property
    def mark(self) -> Mark:
        """Where it starts."""
        return self.event.start_mark

    @property
    def end(self) -> Mark:
        """Where it ends."""
        return self.event.end_mark


class Branch(Node):
    """A list or a mapping, the nodes and keys inside it, and the event that closed it."""

    __slots__ = ("closed", "keys", "parts")

    def __init__(self, value: Value, event: Event) -> None:
        super().__init__(value, event)
        self.parts: dict[str | int, Node] = {}
        self.keys: dict[str | int, Mark] = {}
        self.closed: Event = event

    @property
    def end(self) -> Mark:
        """Where it ends: with its bracket or brace, or else with the last thing in it."""
        if self.closed.end_mark.index > self.closed.start_mark.index or not self.parts:
            return self.closed.end_mark
        return self.parts[next(reversed(self.parts))].end


@dataclass(slots=True)
class Tree:
    """A file's fields; `slips` are (line, column, message) of what YAML allows and we do not.

    `sound` is False when the value cannot be trusted because of them. `doubts` are what may not have been meant.
    """

    root: Node
    first_line: int
    slips: list[tuple[int, int, str]] = field(default_factory=list)
    doubts: list[tuple[int, int, str]] = field(default_factory=list)
    sound: bool = True

    def place(self, loc: Loc) -> tuple[int, int]:
        """Line and column of a value, or of the nearest one around it where there is none."""
        node = self.root
        for step in loc:
            if step not in node.parts:
                break
            node = node.parts[step]
        return self.at(node.mark)

    def key_place(self, loc: Loc) -> tuple[int, int]:
        """Line and column of a key."""
        node = self.root
        for step in loc[:-1]:
            node = node.parts[step]
        return self.at(node.keys[loc[-1]])

    def slip(self, mark: Mark, message: str) -> None:
        """Notes something that is not allowed."""
        self.slips.append((*self.at(mark), message))

    def at(self, mark: Mark) -> tuple[int, int]:
        """A mark's line and column in the file."""
        return mark.line + self.first_line, mark.column + 1


def compose(text: str, first_line: int = 1) -> Tree:
    """The mapping that a YAML text holds. Raises `Unreadable`."""
    try:
        return _composed(text, first_line)
    except yaml.MarkedYAMLError as error:
        raise plainly(error, text, first_line) from error
    except yaml.YAMLError as error:
        raise Unreadable("this is not YAML", first_line) from error


def path_of(loc: Loc) -> str:
    """A value's path as a message shows it: runs[0].ends."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in loc).removeprefix(".")


# ---------------------------------------------------------------------------------------------------------------------

_HASH = re.compile(r"[ \t]+#[^\s#]")
_NOTHING = frozenset({"~", "null"})


def _composed(text: str, first_line: int) -> Tree:
    events = _events(text)
    first = next(events)
    if isinstance(first, StreamEndEvent):
        raise Unreadable("there are no fields here", first_line)
    tree = Tree(Branch({}, first), first_line)
    start = next(events)
    if not isinstance(start, MappingStartEvent):
        raise Unreadable("write fields here, each on a line as name: value", *tree.at(start.start_mark))
    tree.root = _Composer(tree, events).node(start, DEEPEST)
    _require_end(tree, events)
    _doubt_comments(tree, text)
    return tree


def _events(text: str) -> Iterator[Event]:
    events: Iterator[Event] = iter(yaml.CBaseLoader(text).get_event, None)
    next(events)
    return events


def _require_end(tree: Tree, events: Iterator[Event]) -> None:
    next(events)
    after = next(events)
    if not isinstance(after, StreamEndEvent):
        raise Unreadable("a second set of fields begins here: write one", *tree.at(after.start_mark))


def _doubt_comments(tree: Tree, text: str) -> None:
    """Notes texts such as `Top tips #1`, which YAML ends at the # sign."""
    if not _HASH.search(text):
        return
    lines = text.split("\n")
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        end = event.end_mark
        if isinstance(event, ScalarEvent) and event.implicit[0] and end and _HASH.match(lines[end.line], end.column):
            message = "this line's text ends before the # sign: put it in quotes if the rest belongs to it"
            tree.doubts.append((*tree.at(event.start_mark), message))


class _Composer:
    """Puts nodes together, and notes in the tree what is not allowed."""

    def __init__(self, tree: Tree, events: Iterator[Event]) -> None:
        self.tree, self.events = tree, events

    def node(self, event: Event, deeper: int) -> Node:
        if event.anchor is not None or event.tag is not None:
            self._refuse(event)
        if event.__class__ is ScalarEvent:
            return self._scalar(event)
        return self._branch(event, deeper)

    def _scalar(self, event: Event) -> Node:
        value = event.value
        if event.style == '"' and (hidden := INVISIBLE.search(value)):
            self._distrust(event.start_mark, f"an invisible character (U+{ord(hidden[0]):04X}) is in this text")
        return Node(None if not value or (event.implicit[0] and value in _NOTHING) else value, event)

    def _branch(self, event: Event, deeper: int) -> Node:
        if event.__class__ is AliasEvent:
            return Node(None, event)
        if not deeper:
            raise Unreadable("lists are nested too deep here", *self.tree.at(event.start_mark))
        return (self._sequence if event.__class__ is SequenceStartEvent else self._mapping)(event, deeper - 1)

    def _sequence(self, start: Event, deeper: int) -> Node:
        node = Branch([], start)
        for event in self.events:
            if event.__class__ is SequenceEndEvent:
                node.closed = event
                break
            part = self.node(event, deeper)
            node.parts[len(node.value)] = part
            node.value.append(part.value)
        return node

    def _mapping(self, start: Event, deeper: int) -> Node:
        node = Branch({}, start)
        for event in self.events:
            if event.__class__ is MappingEndEvent:
                node.closed = event
                break
            key = self.node(event, deeper)
            part = self.node(next(self.events), deeper)
            if self._fits(node, key):
                node.keys[key.value], node.parts[key.value] = event.start_mark, part
                node.value[key.value] = part.value
        return node

    def _fits(self, node: Node, key: Node) -> bool:
        if not isinstance(key.value, str):
            self._distrust(key.mark, "a field's name is missing here")
        elif key.value == "<<":
            self._distrust(key.mark, "merge keys (<<) are not understood: write the fields out")
        elif key.value in node.keys:
            first = self.tree.at(node.keys[key.value])[0]
            self.tree.slip(key.mark, f"{shown(key.value)} is given twice: it is on line {first} already")
        else:
            return True
        return False

    def _refuse(self, event: Event) -> None:
        if event.__class__ is AliasEvent:
            message = f"*{event.anchor} refers to another value: write the value out, or put the text in quotes"
        elif event.anchor is not None:
            message = f"&{event.anchor} names a value: write the value alone, or put the text in quotes"
        else:
            message = f"a tag ({_short(event.tag)}) stands here: write the value alone, or put the text in quotes"
        self._distrust(event.start_mark, message)

    def _distrust(self, mark: Mark, message: str) -> None:
        self.tree.sound = False
        self.tree.slip(mark, message)


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
