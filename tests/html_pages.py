"""Reading pages as a browser and a screen reader would, to find what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page:
    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    text: str = ""

    def all(self, element: str, /, **attributes: str) -> list[Element]:
        return [
            one
            for one in self.elements
            if one.name == element and all(one.attributes.get(key) == value for key, value in attributes.items())
        ]

    def ids(self) -> list[str]:
        return [one.attributes["id"] for one in self.elements if "id" in one.attributes]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page, self.open = Page(), []

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.page.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1].name != tag:
            self.page.faults.append(f"</{tag}> at {self.getpos()} closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element.text += data
        self.page.text += data


def read(html: str) -> Page:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    parser.page.faults += [f"<{element.name}> is not closed" for element in parser.open]
    parser.page.text = " ".join(parser.page.text.split())
    return parser.page


def faults_of(html: str) -> list[str]:
    """Everything wrong with a whole page that can be told from its text alone."""
    page = read(html)
    return [*page.faults, *_ids(page), *_references(page), *_headings(page), *_blocked(page), *_blank(html)]


def _ids(page):
    ids = page.ids()
    yield from (f"the id {name} is used twice" for name in sorted({name for name in ids if ids.count(name) > 1}))


def _references(page):
    ids = set(page.ids())
    for element in page.elements:
        for attribute in ("for", "aria-describedby", "aria-labelledby"):
            for name in element.attributes.get(attribute, "").split():
                if name not in ids:
                    yield f"{attribute}={name} leads nowhere"
        href = element.attributes.get("href", "")
        if href.startswith("#") and href[1:] not in ids:
            yield f"href={href} leads nowhere"


def _headings(page):
    levels = [int(one.name[1]) for one in page.elements if one.name in {"h1", "h2", "h3", "h4", "h5", "h6"}]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of the first level"
    pairs = pairwise(levels)
    yield from (f"h{lower} follows h{upper}" for upper, lower in pairs if lower > upper + 1)


def _blocked(page):
    """What the site's Content-Security-Policy would not let pass."""
    for element in page.elements:
        if "style" in element.attributes or any(name.startswith("on") for name in element.attributes):
            yield f"<{element.name}> has a style or a handler of its own"
        if element.name == "script" and element.attributes.get("type") != "application/ld+json":
            yield "a script"
        if element.name == "style":
            yield "a style element"


def _blank(html):
    if "  \n" in html or "{{" in html or "{%" in html or "Undefined" in html:
        yield "something of the template is left over"
