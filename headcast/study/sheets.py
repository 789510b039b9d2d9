"""A study's triplets in, sheets of them out: a row a question, pictures at their own size, nothing tells the answer.

For raters who sit elsewhere: they get the sheets and answer with a row's number and a place (1, 2 or 3 from the left).
"""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from headcast.media.images import read_image, write_image
from headcast.study.sets import draw_sets, set_name
from headcast.study.study import PICTURES_NAME, SUFFIX
from headcast.types import Image

SHEETS_NAME: Final = "sheets"
SHEET_NOTE: Final = {
    "comment": "From a user study made with Headcast: one of the three pictures in each row is synthetic, "
    "the study's key says which."
}

_MARGIN: Final = 12
_NUMBER_WIDTH: Final = 64
_FONT_SIZE: Final = 28
_PAPER, _INK = (128, 128, 128), (255, 255, 255)


def write_sheets(folder: Path, entries: Sequence[Mapping[str, Any]], rows: int, seed: int) -> list[dict[str, Any]]:
    """Write all triplets of a study's key, `rows` on a sheet, a folder a set, order and places drawn by the seed.

    Nobody is seen twice in a set; rows are numbered through. Returns the sheets' key: for each row its number, its
    sheet, its pictures from left to right, and which place (1 to 3) shows the generated one.
    """
    random = np.random.default_rng([seed, 2])
    key: list[dict[str, Any]] = []
    for number, own in enumerate(draw_sets([entry["identity"] for entry in entries], random), start=1):
        (folder / SHEETS_NAME / set_name(number)).mkdir(parents=True)
        for first in range(0, len(own), rows):
            name = f"{set_name(number)}/sheet_{first // rows + 1:02d}{SUFFIX}"
            lines = []
            for entry in (entries[each] for each in own[first : first + rows]):
                pictures = random.permutation(entry["pictures"]).tolist()
                images = [read_image(folder / PICTURES_NAME / (picture + SUFFIX)) for picture in pictures]
                row, place = len(key) + 1, pictures.index(entry["generated"]) + 1
                lines.append((str(row), images))
                key.append({"row": row, "sheet": name, "triplet": entry["name"], "pictures": pictures})
                key[-1]["generated_place"] = place
            write_image(folder / SHEETS_NAME / name, lay_rows(lines), SHEET_NOTE)
    return key


def lay_rows(rows: Sequence[tuple[str, Sequence[Image]]]) -> Image:
    """Lay rows of square pictures under each other on grey, each with its label to the left, nothing rescaled."""
    font = ImageFont.load_default(_FONT_SIZE)
    start = max(_NUMBER_WIDTH, *(ceil(font.getlength(label)) + 2 * _MARGIN for label, _ in rows))
    widths = [start + sum(image.shape[1] + _MARGIN for image in images) for _, images in rows]
    heights = [max(image.shape[0] for image in images) + _MARGIN for _, images in rows]
    sheet = Pillow.new("RGB", (max(widths), sum(heights) + _MARGIN), _PAPER)
    pen = ImageDraw.Draw(sheet)
    top = _MARGIN
    for (label, images), height in zip(rows, heights, strict=True):
        pen.text((_MARGIN, top), label, fill=_INK, font=font)
        left = start
        for image in images:
            sheet.paste(Pillow.fromarray(image), (left, top))
            left += image.shape[1] + _MARGIN
        top += height
    return np.array(sheet)
