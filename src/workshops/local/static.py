"""The built pages, served as the content delivery network serves them."""

from __future__ import annotations

import errno
import hashlib
import mimetypes
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug.security import safe_join
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_TYPES = {
    ".atom": "application/atom+xml",
    ".avif": "image/avif",
    ".ics": "text/calendar; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".xml": "application/xml",
}
_METHODS = ("GET", "HEAD")


class StaticSite:
    """Files under a folder; a folder answers with its index.html, an unknown address with the site's own 404.html."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def response(self, request: Request) -> Response:
        """The file, a redirect to its folder's address, 304, 404 or 405."""
        if request.method not in _METHODS:
            return _refused_method()
        found = self._find(request.path)
        if found is None:
            return self._missing()
        if found.is_dir():
            return _redirect(request)
        return _with_conditions(request, _file(found))

    def _find(self, path: str) -> Path | None:
        """The file for an address, or the folder whose address lacks its last slash; nothing outside the site."""
        joined = safe_join(str(self._folder), path.lstrip("/")) if "\0" not in path else None
        if joined is None:
            return None
        found = Path(joined) / "index.html" if path.endswith("/") else Path(joined)
        if not _exists(found) or (found.is_dir() and not (found / "index.html").is_file()):
            return None
        return found if found.resolve().is_relative_to(self._folder.resolve()) else None

    def _missing(self) -> Response:
        page = self._folder / "404.html"
        if not page.is_file():
            return Response("There is no such page.\n", HTTPStatus.NOT_FOUND, content_type="text/plain; charset=utf-8")
        response = _file(page)
        response.status_code = HTTPStatus.NOT_FOUND
        return response


# ---------------------------------------------------------------------------------------------------------------------


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # longer than any file's name can be
            return False
        raise


def _file(path: Path) -> Response:
    content = path.read_bytes()
    response = Response(content, content_type=_content_type(path))
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache"
    return response


def _content_type(path: Path) -> str:
    known = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{known}; charset=utf-8" if known.startswith("text/") and "charset" not in known else known


def _with_conditions(request: Request, response: Response) -> Response:
    length = response.content_length
    return response.make_conditional(request.environ, accept_ranges=True, complete_length=length)


def _redirect(request: Request) -> Response:
    query = request.query_string.decode("latin-1")
    address = quote(request.path.lstrip("/")) + "/" + (f"?{query}" if query else "")
    headers = {"Location": f"/{address}", "Cache-Control": "no-cache"}
    return Response(status=HTTPStatus.MOVED_PERMANENTLY, headers=headers)


def _refused_method() -> Response:
    headers = {"Allow": ", ".join(_METHODS)}
    return Response(
        "Only GET and HEAD.\n", HTTPStatus.METHOD_NOT_ALLOWED, headers, content_type="text/plain; charset=utf-8"
    )
