"""What a file names that stands, or must be spelt alike, in another: speakers, series, topics, pictures, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workshops.site.links import FOLDER_OF, IMAGE, links
from workshops.site.nodes import path_of
from workshops.site.slugs import SLUG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workshops.site.nodes import Loc, Tree

TOPIC, TITLE, PICTURE = "topic", "title", "picture"


class Mention(NamedTuple):
    """A name in a file.

    `target` is the folder where its file lies, or a topic, title or picture; `told_as` is how a message calls it.
    """

    target: str
    name: str
    told_as: str
    line: int
    column: int


def mentioned_in_fields(kind: str, tree: Tree) -> Iterator[Mention]:
    """What the fields name, well-formed names only: the schema has told the others."""
    for field, target in _NAMING[kind]:
        for loc, name in _texts(field, tree):
            if target in {TOPIC, TITLE, PICTURE} or SLUG.fullmatch(name):
                yield Mention(target, name, path_of(loc), *tree.place(loc))


def mentioned_in_prose(prose: str, first_line: int) -> Iterator[Mention]:
    """What the prose links to and shows."""
    for link in links(prose):
        target = PICTURE if link.kind == IMAGE else FOLDER_OF.get(link.kind, "")
        yield Mention(target, link.slug, str(link), link.line + first_line - 1, link.column)


# ---------------------------------------------------------------------------------------------------------------------

_NAMING: dict[str, tuple[tuple[str, str], ...]] = {
    "workshops": (
        ("title", TITLE),
        ("topics", TOPIC),
        ("series", "series"),
        ("image", PICTURE),
        ("speakers", "speakers"),
    ),
    "speakers": (("photo", PICTURE),),
    "series": (("workshops", "workshops"),),
    "pages": (),
    "provider": (("terms", "pages"), ("privacy", "pages")),
}


def _texts(field: str, tree: Tree) -> Iterator[tuple[Loc, str]]:
    value = tree.root.value.get(field)
    if isinstance(value, str):
        yield (field,), value.strip()
    elif isinstance(value, list):
        yield from (((field, place), item.strip()) for place, item in enumerate(value) if isinstance(item, str))
