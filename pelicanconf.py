"""The site's settings for Pelican: `pelican content -s pelicanconf.py` builds it for looking at, drafts included."""

import os
from pathlib import Path

from workshops.site.plugin import Program

_HERE = Path(__file__).resolve().parent

PELICAN_CLASS = Program
PLUGINS = ["workshops.site.plugin"]

PATH = "content"
THEME = str(_HERE / "theme")
OUTPUT_PATH = "output"
# Lies outside the output, for it holds capacities; the functions sell from it.
CATALOGUE_PATH = str(_HERE / ".build" / "catalogue.json")
# The catalogue that is being sold from: a run that is in it may not vanish from the content.
PREVIOUS_CATALOGUE = os.environ.get("WORKSHOPS_PREVIOUS_CATALOGUE")

SITEURL = os.environ.get("WORKSHOPS_SITE_URL", "http://127.0.0.1:8000")
# The instant to build as of; without one the clock is read, once.
AS_OF = os.environ.get("WORKSHOPS_AS_OF")
PUBLISH = False

# The plugin reads the content, writes every file and removes what it wrote before: Pelican's own part is left idle.
SITENAME = "Workshops"
TIMEZONE = "Europe/London"
LOCALE = ["C.UTF-8", "C"]
DEFAULT_LANG = "en-gb"
DELETE_OUTPUT_DIRECTORY = False
ARTICLE_PATHS: list[str] = []
PAGE_PATHS: list[str] = []
STATIC_PATHS: list[str] = []
THEME_STATIC_PATHS: list[str] = []
DIRECT_TEMPLATES: list[str] = []
CACHE_CONTENT = False
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
