"""Markdown to HTML, behind one function: CommonMark with tables, footnotes and heading ids."""

from __future__ import annotations

import re
from html import unescape
from typing import Protocol
from urllib.parse import unquote

import pyromark
from markupsafe import escape
from pyromark import Options

from workshops.site.slugs import slugify


class Resolve(Protocol):
    """Turns a name of ours into an address: kind is workshop, speaker, page, series or image."""

    def __call__(self, kind: str, name: str) -> str:
        """The address on the site."""


def render(markdown: str, *, resolve: Resolve, first_level: int = 2, prefix: str = "") -> str:
    """HTML with typographic quotes, whose headings begin at h2 and have unique ids that follow from their words.

    Links such as `{workshop}slug` and the names of pictures go through `resolve`. HTML in the Markdown passes, for
    editors are trusted, but elements that run, style, embed or send something come out as the text they are.
    A text that stands among others takes its place with `first_level`, and sets its ids apart with `prefix`.
    """
    html = _without_active_elements(_with_aligned_cells(_PARSER.html(markdown)))
    html = _with_headings(_with_named_footnotes(html, prefix), first_level, prefix)
    return _ADDRESS.sub(lambda found: _with_address(found, resolve), html)


# ---------------------------------------------------------------------------------------------------------------------

_PARSER = pyromark.Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_HEADING_ATTRIBUTES
    | Options.ENABLE_SMART_PUNCTUATION
)

# Markdown itself makes none of these elements, and in its text "<" is escaped: a match is HTML as it was written.
_ACTIVE = re.compile(
    r"<(?=/?(?:script|style|iframe|frame|frameset|object|embed|applet|form|input|button|textarea|select|base|link|meta"
    r"|svg|math|template|noscript|plaintext|xmp|title)\b)",
    re.IGNORECASE,
)
_IDS_OF_THE_THEME = ("main", "book")
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'>]+)"""
_HANDLER = re.compile(
    rf"(<[a-z][a-z0-9]*(?:\s+[a-z:-]+(?:\s*=\s*{_VALUE})?)*?)\s+(?:on[a-z]+|style)\s*=\s*{_VALUE}", re.IGNORECASE
)
_ALIGNED = re.compile(r'<(t[hd]) style="text-align: (left|right|center)">')
_FOOTNOTE = re.compile(r'<(sup|div) class="footnote-(reference|definition)"(>(?:<a href=)| id=)"(#?)')
_HEADING = re.compile(r'<h([1-6])(?: id="([^"]*)")?([^>]*)>(.*?)</h\1>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ADDRESS = re.compile(r'<(a href|img src)="([^"]*)"')
_OURS = re.compile(r"\{(workshop|speaker|page|series)\}([^#?]*)(.*)", re.DOTALL)
_RUNS_CODE = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)


def _without_active_elements(html: str) -> str:
    html = _ACTIVE.sub("&lt;", html)
    while (without := _HANDLER.sub(r"\1", html)) != html:
        html = without
    return html


def _with_aligned_cells(html: str) -> str:
    return _ALIGNED.sub(r'<\1 class="align-\2">', html)


def _with_named_footnotes(html: str, prefix: str) -> str:
    return _FOOTNOTE.sub(rf'<\1 class="footnote-\2"\3"\g<4>{prefix}fn-', html)


def _with_headings(html: str, first_level: int, prefix: str) -> str:
    levels = [int(level) for level, *_ in _HEADING.findall(html)]
    if not levels:
        return html
    deeper, taken = first_level - min(levels), set(_IDS_OF_THE_THEME)
    return _HEADING.sub(lambda found: _heading(found, deeper, prefix, taken), html)


def _heading(found: re.Match[str], deeper: int, prefix: str, taken: set[str]) -> str:
    level = min(int(found[1]) + deeper, 6)
    wanted = found[2] or slugify(unescape(_TAG.sub("", found[4]))) or "part"
    name = _free(prefix + wanted, taken)
    taken.add(name)
    return f'<h{level} id="{name}"{found[3]}>{found[4]}</h{level}>'


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _with_address(found: re.Match[str], resolve: Resolve) -> str:
    address = unquote(unescape(found[2])) if found[2].startswith("%7B") else unescape(found[2])
    return f'<{found[1]}="{escape(_address(found[1], address, resolve))}"'


def _address(attribute: str, address: str, resolve: Resolve) -> str:
    if _RUNS_CODE.match(address):
        return "#"
    if ours := _OURS.fullmatch(address):
        return resolve(ours[1], ours[2]) + ours[3]
    if attribute == "img src" and not _ELSEWHERE.match(address):
        return resolve("image", address)
    return address
