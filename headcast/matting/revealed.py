"""What a person hides of the background in one shot, and other pictures of the place in; what these show of it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.matting.behind import disc, mean_where, surroundings
from headcast.matting.registered import WHOLE, Places, register
from headcast.pixels.sampling import pixel_places, sample
from headcast.types import Image, Mask

FEWEST = 20  # pixels: less is not worth it
LIGHT_REACH = 10 / 256  # of the side over which light is compared
NEARBY = 7 / 256  # of the side over which pictures must agree
ALIKE = (3.0, 0.35)  # levels, plus times the background's unevenness, by which pictures that agree differ
BESIDE = 4 / 256  # of the side, that is taken beside what is hidden: finer mattes of larger pictures differ
RIM = 3 / 256  # of the side around what is hidden: it may hold a trace of the person, and is not compared
SHAKEN = 1.5 / 256  # of the side, by which things that are alike may lie apart
AROUND_THING = 4 / 256  # of the side, around what is not confirmed, that is not taken
HALF = 0.5  # share of what is shown, where a picture that is larger shows it
BIT = 1  # pixels: smaller parts are specks
STILL = 1.0  # levels: less differ pictures of a camera that stands still
DOUBTED = 0.5 / 256  # of the side: places that may be farther off are not asked


@dataclass(frozen=True)
class Revealed:
    """What one other picture shows: `shown` (H, W; 0 or 1) is where, `places` (H, W, 2) which of its pixels.

    `light` (H, W, 3) is what it lacks of this picture's light, in levels. `number` counts the pictures given from 0.
    """

    number: int
    shown: Mask
    places: NDArray[np.float32]
    light: NDArray[np.float32]

    def lay(self, under: NDArray[np.float32], other: Image) -> NDArray[np.float32]:
        """Lay what the `other` picture shows over the picture `under` (h, w, 3), at that one's size."""
        size = under.shape[1::-1]
        shown, places, light = (cv2.resize(each, size) for each in (self.shown, self.places, self.light))
        times = len(other) / len(self.shown)
        at = np.asarray((places + 0.5) * times - 0.5, np.float32)
        colours = cv2.remap(other, at, np.empty(0), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.where((shown >= HALF)[:, :, None], colours + light, under).astype(np.float32)


def reveal(image: Image, hidden: Mask, others: Sequence[tuple[Image, Mask]]) -> list[Revealed]:
    """Return what other pictures, each with where its background is seen, show where this one (H, W, 3) is `hidden`.

    Of each pixel one tells, the one that differs least from what is seen; and of a little that lies beside. What
    others that show it too do not confirm is not taken: it may be a trace of the person there.
    """
    known, picture, taken = hidden == 0, image.astype(np.float32), []
    found = [(number, aligned) for number, other in enumerate(others) if (aligned := _align(image, known, *other))]
    found.sort(key=lambda each: each[1].apart)
    for (number, one), sound in zip(found, _confirmed(picture, known, [one for _, one in found]), strict=True):
        shown = cv2.morphologyEx((sound & ~known).astype(np.uint8), cv2.MORPH_OPEN, disc(BIT))
        if shown.sum() < FEWEST:
            continue
        light = mean_where(picture - one.colours, known & one.there, round(LIGHT_REACH * len(image)))
        beside = cv2.dilate(shown, disc(BESIDE * len(image))) * (sound & (hidden == 0))
        taken.append(Revealed(number, np.maximum(shown, beside).astype(np.float32), one.places, light))
        picture = np.where(shown[:, :, None] > 0, one.colours + light, picture)
        known = known | (shown > 0)
    return taken


@dataclass(frozen=True)
class _Aligned:
    """Another picture's `colours` (H, W, 3) at `places` (H, W, 2); they are surely the background's where `there`.

    By so many levels they are `apart` from what is seen, their mean aside.
    """

    places: NDArray[np.float32]
    colours: NDArray[np.float32]
    there: NDArray[np.bool_]
    apart: float


def _align(image: Image, known: NDArray[np.bool_], other: Image, free: Mask) -> _Aligned | None:
    """Find where another picture shows what this one (H, W, 3) does where it is `known`; None if it tells nothing."""
    seen = known.astype(np.float32)
    common = known & (free > 0)
    if common.any() and np.abs(image.astype(np.float32) - other)[common].mean() < STILL:
        places = Places(pixel_places(known.shape), np.zeros_like(seen))
    elif found := register(image, seen, other, free):
        places = found
    else:
        return None
    there = (sample(free, places.at) > WHOLE) & (places.doubt < DOUBTED * len(image))
    both = known & there
    if (there & ~known).sum() < FEWEST or not both.any():
        return None
    colours = sample(other.astype(np.float32), places.at)
    apart = image[both] - colours[both]
    return _Aligned(places.at, colours, there, float(np.abs(apart - apart.mean(0)).mean()))


def _confirmed(
    picture: NDArray[np.float32], known: NDArray[np.bool_], found: Sequence[_Aligned]
) -> list[NDArray[np.bool_]]:
    """Return where (H, W) each of the pictures is believed: none of the others contradicts it there.

    And it agrees with what is `known` near by, or with another picture.
    """
    side = len(picture)
    reach = round(NEARBY * side)
    compared = cv2.erode(known.astype(np.uint8), disc(RIM * side)) > 0
    agreeing, relit, allowed = [], [], []
    for one in found:
        both = known & one.there
        lit = one.colours + mean_where(picture - one.colours, both, round(LIGHT_REACH * side))
        allowed.append(ALIKE[0] + ALIKE[1] * surroundings(picture, both, reach)[1])
        apart = mean_where(np.abs(picture - lit).mean(2, keepdims=True), compared & one.there, reach)[:, :, 0]
        agreeing.append(one.there & (apart < allowed[-1]))
        relit.append(lit)
    for i, j in combinations(range(len(found)), 2):
        between = cv2.blur(np.abs(relit[i] - relit[j]).mean(2), (2 * reach + 1, 2 * reach + 1))
        alike = found[i].there & found[j].there & (between < ALIKE[0])
        agreeing[i], agreeing[j] = agreeing[i] | alike, agreeing[j] | alike
    if not any((each & ~known).any() for each in agreeing):
        return agreeing
    asked = np.any([each & ~known for each in agreeing], axis=0)
    shown = [np.where(each[asked][:, None], lit[asked], np.nan) for each, lit in zip(agreeing, relit, strict=True)]
    usual = picture.copy()
    usual[asked] = np.nanmedian(shown, axis=0)
    for agrees, lit, most in zip(agreeing, relit, allowed, strict=True):
        apart = (lit - usual) * (asked & agrees)[:, :, None]
        strange = np.abs(cv2.GaussianBlur(apart, (0, 0), SHAKEN * side)).mean(2) > most
        agrees &= cv2.dilate(strange.astype(np.uint8), disc(AROUND_THING * side)) == 0
    return agreeing
