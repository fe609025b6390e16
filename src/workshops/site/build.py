"""One build from the program: Pelican, in this process, with the project's own settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pelican.settings import read_settings

from workshops.domain.errors import WorkshopsError
from workshops.site.plugin import Site

if TYPE_CHECKING:
    from datetime import datetime

    from workshops.site.production import Summary


class NoSettings(WorkshopsError):
    """There is no Pelican settings file where the project should be."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"there is no {file.name} in this folder: run the command where pelicanconf.py and content/ are"
        )
        self.file = file


class NoContent(WorkshopsError):
    """There is no folder to read the content from."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"there is no folder {folder}: run the command where content/ is")
        self.folder = folder


def build_site(
    *,
    content: Path,
    output: Path,
    as_of: datetime,
    site_url: str,
    publish: bool = False,
    catalogue: Path | None = None,
    project: Path = Path(),
) -> Summary:
    """Builds the site as of an instant, with `project`'s pelicanconf.py (publishconf.py to publish).

    The catalogue with capacities goes to `catalogue`, by default where the settings say. Raises `ContentFaults`,
    with the output as it was before, and `NoSettings` and `NoContent`.
    """
    file = project / ("publishconf.py" if publish else "pelicanconf.py")
    if not file.is_file():
        raise NoSettings(file)
    if not content.is_dir():
        raise NoContent(content)
    given = {
        "PATH": str(content.resolve()),
        "OUTPUT_PATH": str(output.resolve()),
        "AS_OF": as_of,
        "SITEURL": site_url,
    }
    if catalogue:
        given["CATALOGUE_PATH"] = str(catalogue.resolve())
    site = Site(read_settings(str(file.resolve()), override=given))
    site.run()
    return site.summary
