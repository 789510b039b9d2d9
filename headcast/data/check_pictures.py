"""The findings about a folder of shards in, two pictures of its clips out: a contact sheet and histograms."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from headcast.data.check import Findings
from headcast.files import write_file
from headcast.media.images import write_image
from headcast.types import Image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHEET_NAME: Final = "contact_sheet.png"
HISTOGRAMS_NAME: Final = "histograms.png"

_TILE_SIZE: Final = 160
_NUM_COLUMNS: Final = 8
_TITLES: Final[Mapping[str, str]] = {
    "face_size": "face, pixels of the source",
    "sharpness": "sharpness, pixels across the face",
    "true_resolution": "true resolution, share",
    "pose_spread": "pose spread, degrees",
    "tracking_loss": "frames without the face, share",
    "largest_step": "largest step, face sizes",
}


def write_pictures(folder: Path, findings: Findings) -> tuple[Path, Path]:
    """Write the contact sheet and the histograms into a folder; return their paths."""
    sheet, histograms = folder / SHEET_NAME, folder / HISTOGRAMS_NAME
    write_image(sheet, contact_sheet(findings.pictures), {})
    write_file(histograms, partial(draw_histograms(findings).savefig, format="png", dpi=100))
    return sheet, histograms


def contact_sheet(pictures: Sequence[Image]) -> Image:
    """Return the pictures as tiles of one, eight to a row."""
    num_rows = max(1, -(-len(pictures) // _NUM_COLUMNS))
    sheet = np.full((num_rows * _TILE_SIZE, _NUM_COLUMNS * _TILE_SIZE, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, _NUM_COLUMNS)
        tile = cv2.resize(picture, (_TILE_SIZE, _TILE_SIZE), interpolation=cv2.INTER_AREA)
        sheet[row * _TILE_SIZE :, column * _TILE_SIZE :][:_TILE_SIZE, :_TILE_SIZE] = tile
    return sheet


def draw_histograms(findings: Findings) -> "Figure":
    """Return how the clips' figures are spread, each split in its colour."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7), layout="constrained")
    axes = iter(figure.subplots(2, 4).flat)
    splits = sorted(findings.manifest.identities)
    of_split = {split: [note for note in findings.notes if note.split == split] for split in splits}
    panels = {
        title: [[note.quality.get(name, 0.0) for note in of_split[split]] for split in splits]
        for name, title in _TITLES.items()
    }
    panels["frames in a clip"] = [[float(note.num_frames) for note in of_split[split]] for split in splits]
    panels["clips of a person"] = [
        [float(count) for count in Counter(note.identity for note in of_split[split]).values()] for split in splits
    ]
    for (title, values), axis in zip(panels.items(), axes, strict=True):
        axis.hist(values, bins=30, stacked=True, label=splits)
        axis.set_title(title, fontsize=10)
    figure.legend(splits, loc="outside lower right", ncols=len(splits))
    return figure
