"""Thumbnails with names and advice in, one picture of them all out."""

import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from headcast.personalization.coach import HELPS, HELPS_LITTLE, LEAVE_OUT, Advice
from headcast.types import Image

THUMBNAIL_SIZE: Final = 192

_COLUMNS: Final = 5
_MARGIN: Final = 12
_LINES: Final = 4  # of text under a thumbnail, the name included
_LINE_HEIGHT: Final = 17
_LETTERS: Final = 29  # in a line
_FONT_SIZE: Final = 13
_FRAME: Final = 6  # pixels of colour around a thumbnail
_PAPER, _INK, _BLANK = (250, 250, 248), (30, 30, 30), (205, 205, 205)
# Told apart by the colour-blind too (Okabe and Ito): bluish green, orange, vermilion.
_COLOURS: Final = {HELPS: (0, 158, 115), HELPS_LITTLE: (230, 159, 0), LEAVE_OUT: (213, 94, 0)}


def contact_sheet(thumbnails: Sequence[Image], names: Sequence[str], advice: Sequence[Advice]) -> Image:
    """Lay thumbnails (192, 192, 3) in rows of five, each framed in the colour of its verdict, the text below."""
    columns = min(_COLUMNS, len(thumbnails))
    rows = -(-len(thumbnails) // _COLUMNS)
    across, down = THUMBNAIL_SIZE + 2 * _MARGIN, THUMBNAIL_SIZE + 3 * _MARGIN + _LINES * _LINE_HEIGHT
    sheet = Pillow.new("RGB", (columns * across, rows * down), _PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_FONT_SIZE)
    for number, (thumbnail, name, its) in enumerate(zip(thumbnails, names, advice, strict=True)):
        left, top = number % _COLUMNS * across + _MARGIN, number // _COLUMNS * down + _MARGIN
        frame = (left - _FRAME, top - _FRAME, left + THUMBNAIL_SIZE + _FRAME - 1, top + THUMBNAIL_SIZE + _FRAME - 1)
        pen.rectangle(frame, fill=_COLOURS[its.verdict])
        sheet.paste(Pillow.fromarray(thumbnail), (left, top))
        for row, line in enumerate(_text(name, its)):
            place = (left, top + THUMBNAIL_SIZE + _MARGIN + row * _LINE_HEIGHT)
            pen.text(place, line, fill=_INK, font=font)
    return np.array(sheet)


def blank_thumbnail() -> Image:
    """Return what stands for a picture that cannot be read."""
    return np.full((THUMBNAIL_SIZE, THUMBNAIL_SIZE, 3), _BLANK, np.uint8)


def _text(name: str, advice: Advice) -> list[str]:
    """Break name and advice into lines that fit; what does not fit ends in dots."""
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 10]}...{name[-7:]}"
    said = textwrap.wrap(f"{advice.verdict}: {advice.reason}", _LETTERS, max_lines=_LINES - 1, placeholder=" ...")
    return [short, *said]
