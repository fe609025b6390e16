"""A picture for a workshop that has none: lines that follow from its name, the same in every build."""

from __future__ import annotations

import hashlib

COLUMNS, ROWS, TILE = 8, 5, 40
"""The pattern's size in tiles, and a tile's side in the picture's own units."""


def pattern(seed: str) -> dict[str, str]:
    """The view box and the path of an SVG: quarter circles, each tile turned as the seed's hash says."""
    bits = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    tiles = [(x, y) for y in range(ROWS) for x in range(COLUMNS)]
    path = "".join(_tile(x * TILE, y * TILE, turned=bool(bits >> number & 1)) for number, (x, y) in enumerate(tiles))
    return {"view_box": f"0 0 {COLUMNS * TILE} {ROWS * TILE}", "path": path}


# ---------------------------------------------------------------------------------------------------------------------


def _tile(x: int, y: int, *, turned: bool) -> str:
    """Two quarter circles about opposite corners, so that the lines of neighbours always meet."""
    half = TILE // 2
    if turned:
        return f"M{x + half} {y}a{half} {half} 0 0 0 {half} {half}m-{TILE} 0a{half} {half} 0 0 1 {half} {half}"
    return f"M{x + half} {y}a{half} {half} 0 0 1-{half} {half}m{TILE} 0a{half} {half} 0 0 0-{half} {half}"
