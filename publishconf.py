"""The settings that publish: no drafts, no empty required fields, and the address in WORKSHOPS_SITE_URL."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pelicanconf import *  # noqa: F403

SITEURL, PUBLISH = os.environ.get("WORKSHOPS_SITE_URL", ""), True
