"""The catalogue that the functions sell from: a file that the build replaces whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workshops.formats.catalogue import CatalogueUnreadable, load

if TYPE_CHECKING:
    from workshops.domain.catalogue import Catalogue


class CatalogueFile:
    """The catalogue at a path, read again when the build has replaced it."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._read: tuple[tuple[int, int], Catalogue] | None = None

    def current(self) -> Catalogue:
        """What is on sale now. Raises `CatalogueUnreadable`."""
        try:
            status = self._path.stat()
            version = (status.st_mtime_ns, status.st_ino)
            if self._read is None or self._read[0] != version:
                self._read = version, load(self._path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CatalogueUnreadable(f"{self._path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CatalogueUnreadable(f"{self._path} is not UTF-8") from error
        return self._read[1]
