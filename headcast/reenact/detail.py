"""What photos have and their reduced shots lost in; the same carried to other places and added to a patch out.

Colours and matte stand in bytes, four a pixel: OpenCV reads those between pixels in a quarter of the time that wider
numbers take.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.matting.layers import mattes_of
from headcast.matting.person_colours import person_colours
from headcast.pixels.sampling import FINER, Pixel, finer
from headcast.tracking.matte import person_matte
from headcast.types import Image, Mask, Shot
from headcast.warping.origins import Box, Origin, of_anchor
from headcast.warping.warp import WarpedShot

NOTHING: Final = 128  # what stands for 0
MOST: Final = 127
COARSE: Final = 0.7  # of the side in which the picture is put together: a coarser shot shows the first one's detail
FROM: Final = 0.5  # share of a shot's own pixels in a pixel, from which on it gets the photo's finer detail
_BESIDE: Final = np.ones((5, 5), np.uint8)  # pixels: so far beside a coarse matte the finer one is asked


class Detail:
    """What a shot of `size` pixels a side lost: more or less than it has of `colour`, in levels, and of `matte`.

    Both have as many pixels a side as the photo: (side, side, 3) and (side, side). They are kept finer than that;
    `scale` is how many pixels there are for one of the shot.
    """

    def __init__(self, colour: NDArray[np.float32], matte: Mask, size: int) -> None:
        self.scale = FINER * len(colour) / size
        self._level = 1 if np.abs(colour).max() <= MOST else 2  # levels a step
        share = max(float(np.abs(matte).max()), 1 / 255) / MOST  # of the matte a step
        steps = np.rint(finer(np.dstack([colour / self._level, matte / share]))) + NOTHING
        self._steps = np.clip(steps, 0, 255).astype(np.uint8)
        self._shares = np.asarray((np.arange(256) - NOTHING) * share, np.float32)

    def add(
        self,
        colour: Image,
        places: NDArray[np.float32],
        shown: Image,
        weight: float = 1.0,
        matte: tuple[Mask, Mask] | None = None,
    ) -> None:
        """Add, in place, to a patch's colours what was lost at `places` (h, w, 2), where `shown` is not 0.

        To the `matte` (h, w), where one is given, it is added by the share that stands beside it (h, w); of both as
        much as the `weight` in 0..1 says.
        """
        nothing = (NOTHING,) * 4
        steps = cv2.remap(
            self._steps, places, np.empty(0), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=nothing
        )
        if matte is not None:
            there, own = matte
            there += cv2.LUT(cv2.extractChannel(steps, 3), self._shares * np.float32(weight)) * own
        finer = cv2.copyTo(cv2.cvtColor(steps, cv2.COLOR_RGBA2RGB), shown, np.full_like(colour, NOTHING))
        cv2.addWeighted(colour, 1, finer, self._level * weight, -NOTHING * self._level * weight, colour)


def lost_detail(shot: Shot, full: Image, own: Mask, matte: Mask) -> Detail:
    """Return what a shot lost of its square at full size (side, side, 3), by its `own` matte and the full one."""
    colours = person_colours(full, matte), person_colours(shot.image, own)
    return Detail(_lost(*colours), _lost(matte, own), len(shot.image))


def _lost(photo: NDArray[np.float32], shot: NDArray[np.float32]) -> NDArray[np.float32]:
    return photo - np.asarray(cv2.resize(shot, photo.shape[1::-1]), np.float32)


def further_detail(shot: Shot, side: int) -> Detail | None:
    """Return what a further shot lost, at `side` pixels at most; None of one that is known much coarser."""
    full = shot.at_full_size
    if len(full) < COARSE * side:
        return None
    if len(full) > side:
        full = np.asarray(cv2.resize(full, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return lost_detail(shot, full, *mattes_of(shot, full, person_matte(full)))


def add_details(details: Sequence[Detail | None], colour: Image, share: Mask, warped: WarpedShot, shown: Mask) -> None:
    """Add to a patch's colours and matte, in place, what its shots lost, where they are `shown` (H, W) unchanged.

    `details` are those of the shots, None of one that is known no finer; the first has one.
    """
    for origin in warped.origins:
        detail = details[origin.number]
        if detail is None and origin.skin:
            detail, origin = details[0], of_anchor(origin, warped.grid.positions, warped.own)
        if detail is not None:
            _add(detail, colour, share, origin, shown[origin.place], warped.grid.whole)


def _add(detail: Detail, colour: Image, share: Mask, origin: Origin, shown: Mask, whole: Mask) -> None:
    """Add what one shot lost to a patch of a picture that is `whole` (H, W) off where surfaces end before others."""
    (rows, columns), frame = origin.place, len(whole)
    scale = len(colour) / frame
    unchanged = (origin.own * shown > FROM).astype(np.uint8) * 255
    within = rows.stop - rows.start < frame  # of the face, which has no hairs
    beside = origin.own if within else np.asarray(cv2.dilate(origin.own, _BESIDE) * whole, np.float32)
    left, top, width, height = cv2.boundingRect(unchanged if within else (beside > 0).astype(np.uint8))
    if not width:
        return  # other shots cover it
    part = _scaled(rows.start + top, height, scale), _scaled(columns.start + left, width, scale)
    places = origin.positions * np.float32(detail.scale) + np.float32((detail.scale - 1) / 2)
    there, seen = (_enlarged(values, origin.place, scale, part) for values in (places, unchanged))
    matte = None if within else (share[part], _enlarged(beside, origin.place, scale, part))
    detail.add(colour[part], there, seen, origin.weight, matte)


def _scaled(start: int, length: int, scale: float) -> slice:
    return slice(int(start * scale), int(np.ceil((start + length) * scale)))


def _enlarged(values: NDArray[Pixel], place: Box, scale: float, part: Box) -> NDArray[Pixel]:
    """Return values at a `place` of the frame for a `part` of a patch that is `scale` times as large as the frame."""
    (rows, columns), (height, width) = part, (side.stop - side.start for side in part)
    if place[0].start == place[1].start == 0 and round(len(values) * scale) >= rows.stop:
        whole = cv2.resize(values, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole[part], values.dtype)
    across, along = (
        (side.start + 0.5) / scale - 0.5 - own.start for side, own in ((columns, place[1]), (rows, place[0]))
    )
    to_values = np.array([[1 / scale, 0, across], [0, 1 / scale, along]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged = cv2.warpAffine(values, to_values, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(enlarged, values.dtype)
