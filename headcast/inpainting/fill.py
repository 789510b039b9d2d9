"""A picture and what is hidden of it in, the picture with plausible pixels there out: the background behind a person.

A learned network continues lines, edges and texture well beside what it sees, but deep inside it makes up things that
never were. So it is asked from several distances. One guess is shown, whole, for pieces of several do not fit together;
the others are its witnesses: what none of them shows, or what has a colour that is nowhere in the picture, is not
believed. Then it is asked again for what is not believed alone, which by then is narrow. Where no guess is believed at
last colours pass evenly into what is around. Straight edges that go on are drawn before it is asked, and of what runs
one way it is not asked at all. Lettering on an even ground it is not shown, because it would go on with what are no
letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.inpainting.grain import add_grain
from headcast.inpainting.lettering import find_lettering, soften_cuts
from headcast.inpainting.lines import draw_lines
from headcast.inpainting.network import guess, release, side_for
from headcast.inpainting.one_way import go_on_one_way
from headcast.matting.behind import surroundings
from headcast.pixels.smooth import fill_from_around
from headcast.types import Image, Mask

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """How the network sees a picture: its share of SIDE, whether in a mirror, and whether it goes on.

    What goes on beyond its border is mirrored there; else nothing is known there.
    """

    scale: float
    mirrored: bool = False
    goes_on: bool = False


SIDE = 512  # pixels, of the square that is filled
FINE = 2.0  # pixels of a blur: guesses that differ in less are alike
THING = 13  # pixels: as far around what is made up a guess is not taken
EVENED = 5.0  # pixels over which it counts
BELIEVED = (0.8, 1.2)  # strangeness up to which a guess is believed, and from which on it is not
SEAM = 9  # pixels: as far around what is not believed the network is asked again
DEEP, DOUBTED = (60.0, 110.0), 0.8  # pixels over which a guess may differ by so much less
BESIDE, EVEN = 15, 5.0  # pixels around each; levels from their mean: less in 99 of 100 pixels is an even background
ONE_WAY, ONE_WAY_EVEN = 0.6, 0.95  # how much more what runs one way changes across than along it, even walls last
AROUND, LEAST_KNOWN = 70, 0.05  # pixels around each that tell how uneven a background is; share of them
ALIKE = (2.0, 2.0, 0.05)  # levels, times unevenness, its square: by which guesses may differ
BIN, USUAL, UNLIKE = 8, 0.0005, 36.0  # levels; share of what is seen that makes a colour usual; most levels from it
NEAR, TRUSTED = 20.0, 1.0  # pixels from what is seen within which a guess may differ by so many times more
VIEWS = (View(1.0), View(0.75), View(0.625, mirrored=True, goes_on=True), View(0.5, goes_on=True))  # the nearest first
NUM_VIEWS = 3  # of them, from the nearest that fits into the network's square
REDUCED = 1.5  # times: what is reduced less needs no mean of pixels
ENLARGED = 1.3  # times: what is enlarged more is smoother than what the network learned from, and it makes up more
NARROW_VIEWS, LENIENCE = (VIEWS[3], VIEWS[1]), 2.0  # for what is narrow; times how strange a guess may be there


def fill_hidden(image: Image, hidden: Mask) -> Image:
    """Fill what is `hidden` (H, W; 0 or 1) in an image (H, W, 3); what is seen stays as it is."""
    missing = hidden > 0.5
    if not missing.any() or missing.all():
        return np.array(image)
    smooth = fill_from_around(image, (~missing).astype(np.float32))
    square, gone = _squared(smooth, missing)
    side = max(missing.shape)
    known = np.asarray(gone == 0)
    painted, lettering = _painted(square, known, side)
    large = _resized(painted, side, min(side, SIDE))
    filled = np.clip(large[: image.shape[0], : image.shape[1]] + 0.5, 0, 255).astype(np.uint8)
    whole: Image = np.where(missing[:, :, None], filled, image)
    if lettering.any():
        soften_cuts(whole, missing, lettering)
    add_grain(whole, missing)
    return whole


def _painted(square: Picture, known: NDArray[np.bool_], side: int) -> tuple[Picture, NDArray[np.bool_]]:
    """Return a picture (SIDE, SIDE, 3) painted where it is not `known` (SIDE, SIDE), and where it has lettering.

    There it had smooth colours. Its photo has `side` pixels.
    """
    none = np.zeros_like(known)
    even = _is_even(square, known)
    one_way = go_on_one_way(square, known, ONE_WAY_EVEN if even else ONE_WAY)
    if one_way is not None:
        return one_way, none
    if even:
        return square, none
    lettering = find_lettering(square, known)
    if lettering.any():
        known = known & ~lettering
        square = fill_from_around(square, known.astype(np.float32))
    if _is_even(square, known):
        return square, lettering
    return _agreed(*draw_lines(square, known), side), lettering


def _squared(picture: Picture, missing: NDArray[np.bool_]) -> tuple[Picture, Mask]:
    """Return a picture (H, W, 3) at the network's size (SIDE, SIDE, 3), and how far (SIDE, SIDE) it is missing there.

    Beside and below what is not square nothing is known.
    """
    margins = 0, max(missing.shape[1] - missing.shape[0], 0), 0, max(missing.shape[0] - missing.shape[1], 0)
    gone = cv2.copyMakeBorder(missing.astype(np.float32), *margins, cv2.BORDER_CONSTANT, value=(1,))
    square = np.asarray(cv2.copyMakeBorder(picture, *margins, cv2.BORDER_REPLICATE), np.float32)
    reading = cv2.INTER_AREA if len(gone) > SIDE else cv2.INTER_LINEAR
    return (
        np.clip(_resized(square, SIDE, len(gone)), 0, 255),
        np.asarray(cv2.resize(gone, (SIDE, SIDE), interpolation=reading), np.float32),
    )


def _resized(picture: Picture, side: int, fineness: int) -> Picture:
    """Return a square picture (S, S, 3), which is as fine as one of `fineness` pixels, with a `side` of so many.

    By Lanczos's kernel: what is filled is read three times, and each other reading would blur it.
    """
    reading = cv2.INTER_LANCZOS4 if fineness < REDUCED * side else cv2.INTER_AREA
    return np.asarray(cv2.resize(picture, (side, side), interpolation=reading), np.float32)


def _is_even(smooth: Picture, known: NDArray[np.bool_]) -> bool:
    """Tell whether a picture (SIDE, SIDE, 3) has nothing but smooth colours where it is `known`: a studio's wall."""
    if not known.any():
        return True
    nearby, _ = surroundings(smooth, known, BESIDE)
    return bool(np.percentile(np.abs(smooth - nearby).mean(2)[known], 99) < EVEN)


def _agreed(smooth: Picture, known: NDArray[np.bool_], size: int) -> Picture:
    """Return a picture (SIDE, SIDE, 3) that is `smooth` where it is not `known` (SIDE, SIDE) with what is believed.

    `size` is how many pixels it had.
    """
    side = side_for(size)
    fitting = [view for view in VIEWS if view.scale * SIDE <= side]
    fitting.sort(key=lambda view: max(view.scale * SIDE / size, ENLARGED))
    painted, sure, fineness = smooth, known, min(size, SIDE)
    for views, lenience in ((fitting[:NUM_VIEWS], 1.0), (NARROW_VIEWS, LENIENCE)):
        if not sure.all():
            guesses = [_guess(painted, sure, view, side, fineness) for view in views]
            painted, sure = _believed(painted, sure, guesses, lenience)
    release(side)
    return painted


def _believed(
    picture: Picture, known: NDArray[np.bool_], guesses: Sequence[Picture], lenience: float
) -> tuple[Picture, NDArray[np.bool_]]:
    """Return a picture (S, S, 3) with what is believed of the first of the guesses, and where (S, S) that is known now.

    What is not believed is what is around, passing evenly.
    """
    shown, *witnesses = guesses
    strangeness = _Judge(picture, known).strangeness(shown, witnesses) / lenience
    share = np.where(known, 1, 1 - smoothstep(strangeness, *BELIEVED))
    sound = cv2.erode((strangeness < BELIEVED[0]).astype(np.uint8), np.ones((SEAM, SEAM), np.uint8))
    return fill_from_around(shown, share), known | (sound > 0)


def _guess(picture: Picture, known: NDArray[np.bool_], view: View, whole: int, fineness: int) -> Picture:
    """Guess at what is not `known` (SIDE, SIDE) of a picture (SIDE, SIDE, 3) seen from farther away, or in a mirror.

    It lies in the middle of the network's square of `whole` pixels; the picture is as fine as one of `fineness`.
    """
    way = slice(None, None, -1 if view.mirrored else 1)
    side = round(SIDE * view.scale)
    seen = _resized(np.ascontiguousarray(picture[:, way]), side, fineness)
    hidden = np.ascontiguousarray(~known[:, way]).astype(np.float32)
    gone = cv2.resize(hidden, (side, side), interpolation=cv2.INTER_AREA)
    before = (whole - side) // 2
    margins = (before, whole - side - before) * 2
    shown = cv2.copyMakeBorder(seen, *margins, cv2.BORDER_REFLECT)
    gone = cv2.copyMakeBorder(gone, *margins, cv2.BORDER_REFLECT if view.goes_on else cv2.BORDER_CONSTANT, value=(1,))
    inside = slice(before, before + side)
    painted = guess(np.asarray(shown, np.float32), np.asarray(gone == 0))[inside, inside]
    enlarged = _resized(painted, SIDE, side)[:, way]
    return np.where(known[:, :, None], picture, np.clip(enlarged, 0, 255))


class _Judge:
    """Tells what was made up for what is not `known` (S, S) of a picture (S, S, 3)."""

    def __init__(self, picture: Picture, known: NDArray[np.bool_]) -> None:
        depth = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5)
        lenience = 1 + TRUSTED * np.exp(-np.square(depth / NEAR))
        lenience *= 1 - DOUBTED * smoothstep(np.asarray(depth, np.float32), *DEEP)
        _, uneven = surroundings(picture, known, AROUND, LEAST_KNOWN)
        self._allowed = lenience * (ALIKE[0] + ALIKE[1] * uneven + ALIKE[2] * uneven**2)
        self._from_colours = _distances_from_colours(_fine(picture)[known])

    def strangeness(self, guessed: Picture, witnesses: Sequence[Picture]) -> Mask:
        """Tell how strange (S, S) a `guessed` picture (S, S, 3) is beside its witnesses: from about 1 on it is made up.

        Strange is what none of them shows, on even backgrounds more than on uneven ones, and a colour that is nowhere
        in what is known.
        """
        fine = _fine(guessed)
        red, green, blue = np.moveaxis((fine / BIN).astype(np.intp), 2, 0)
        apart = np.maximum(
            np.min([np.abs(fine - _fine(each)).mean(2) for each in witnesses], axis=0) / self._allowed,
            self._from_colours[red, green, blue] / np.minimum(self._allowed, UNLIKE),
        )
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (THING, THING))
        return np.asarray(cv2.GaussianBlur(cv2.dilate(apart, disc), (0, 0), EVENED), np.float32)


def _fine(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), FINE), np.float32)


def _distances_from_colours(colours: Picture) -> NDArray[np.float32]:
    """Return by how many levels each colour (bins, bins, bins) lies apart from the usual ones of `colours` (N, 3).

    The exact distance, axis by axis (Felzenszwalb and Huttenlocher 2012). Where no colour is usual, none is unusual.
    """
    count = 256 // BIN
    found, _ = np.histogramdd(colours, bins=count, range=[(0, 256)] * 3)
    usual = found >= USUAL * len(colours)
    squared = np.where(usual | ~usual.any(), 0, 3 * count**2).astype(np.float32)
    steps = np.square(np.subtract.outer(np.arange(count), np.arange(count))).astype(np.float32)
    for _ in range(3):
        squared = np.moveaxis((squared[..., None, :] + steps).min(-1), -1, 0)  # the next axis last
    return np.asarray(np.sqrt(squared) * BIN, np.float32)
