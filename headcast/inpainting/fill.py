"""A picture and what is hidden of it in, the picture with plausible pixels there out: the background behind a person.

A learned network continues lines, edges and texture well beside what it sees, but deep inside it makes up things that
never were. From farther away, where what is hidden is smaller, it makes up less. So it guesses from three distances,
and what the others do not show, or what has a colour that is nowhere in the picture, is not believed. Where no guess
is, colours stay smooth: what is dull is seldom noticed, what is wrong always.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from headcast.geometry.measures import smoothstep
from headcast.inpainting.network import SIDE, guess, release
from headcast.types import Image, Mask
from headcast.warping.layers import surroundings
from headcast.warping.smooth import fill_from_around

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """How the network sees a picture: its share of the network's side, whether in a mirror, and whether it goes on.

    What goes on beyond its border is mirrored there; else nothing is known there.
    """

    scale: float
    mirrored: bool = False
    goes_on: bool = False


FINE = 2.0  # pixels of a blur: guesses that differ in less are alike
THING = 13  # pixels: as far around what is made up a guess is not taken
EVENED = 5.0  # pixels over which it counts
FEATHER = 3.0  # pixels over which guesses pass into each other
SHARP = 8.0  # pixels of a blur: what is finer comes from the sharp guess
DEEP, DOUBTED = (60.0, 110.0), 0.8  # pixels over which a guess may differ by so much less
BESIDE, EVEN = 15, 5.0  # pixels around each; levels from their mean: less in 99 of 100 pixels is an even background
AROUND, LEAST_KNOWN = 70, 0.05  # pixels around each that tell how uneven a background is; share of them
ALIKE = (2.0, 2.0, 0.05)  # levels, times unevenness, its square: by which guesses may differ
BIN, USUAL, UNLIKE = 8, 0.0005, 36.0  # levels; share of what is seen that makes a colour usual; most levels from it
NEAR, TRUSTED = 20.0, 1.0  # pixels from what is seen within which a guess may differ by so many times more
NEAREST = View(1.0)
VIEWS = (View(0.75), View(0.625, mirrored=True, goes_on=True), View(0.5, goes_on=True))  # the finest first


def fill_hidden(image: Image, hidden: Mask) -> Image:
    """Fill what is `hidden` (H, W; 0 or 1) in an image (H, W, 3); what is seen stays as it is."""
    missing = hidden > 0.5
    if not missing.any() or missing.all():
        return np.array(image)
    smooth = fill_from_around(image, (~missing).astype(np.float32))
    square, gone = _squared(smooth, missing)
    side = max(missing.shape)
    known = np.asarray(gone == 0)
    painted = square if _is_even(square, known) else _agreed(square, known, sharp=side > SIDE * VIEWS[0].scale)
    large = cv2.resize(painted, (side, side), interpolation=cv2.INTER_CUBIC if side > SIDE else cv2.INTER_AREA)
    filled = np.clip(large[: image.shape[0], : image.shape[1]] + 0.5, 0, 255).astype(np.uint8)
    return np.where(missing[:, :, None], filled, image)


def _squared(picture: Picture, missing: NDArray[np.bool_]) -> tuple[Picture, Mask]:
    """Return a picture (H, W, 3) at the network's size (SIDE, SIDE, 3), and how far (SIDE, SIDE) it is missing there.

    Beside and below what is not square nothing is known.
    """
    margins = 0, max(missing.shape[1] - missing.shape[0], 0), 0, max(missing.shape[0] - missing.shape[1], 0)
    gone = cv2.copyMakeBorder(missing.astype(np.float32), *margins, cv2.BORDER_CONSTANT, value=(1,))
    square = cv2.copyMakeBorder(picture, *margins, cv2.BORDER_REPLICATE)
    reading = cv2.INTER_AREA if len(gone) > SIDE else cv2.INTER_LINEAR
    return (
        np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=reading), np.float32),
        np.asarray(cv2.resize(gone, (SIDE, SIDE), interpolation=reading), np.float32),
    )


def _is_even(smooth: Picture, known: NDArray[np.bool_]) -> bool:
    """Tell whether a picture (SIDE, SIDE, 3) has nothing but smooth colours where it is `known`: a studio's wall."""
    if not known.any():
        return True
    nearby, _ = surroundings(smooth, known, BESIDE)
    return bool(np.percentile(np.abs(smooth - nearby).mean(2)[known], 99) < EVEN)


def _agreed(smooth: Picture, known: NDArray[np.bool_], sharp: bool) -> Picture:
    """Return a picture (SIDE, SIDE, 3) that is `smooth` where it is not `known` (SIDE, SIDE) with guesses that agree.

    What is guessed from near by is sharper and oftener made up: if wanted, it is laid over the rest where it is alike.
    """
    guesses = [_guess(smooth, known, view) for view in VIEWS]
    judge = _Judge(smooth, known)
    middle = np.median(np.stack(guesses), axis=0)
    believed = [judge.strangeness(each, middle) < 1 for each in guesses] + [np.ones_like(known)]
    chosen = np.argmax(believed, axis=0)  # the first
    painted = _joined([*guesses, smooth], chosen)
    if sharp:
        near = _guess(smooth, known, NEAREST)
        detailed = near + cv2.GaussianBlur(painted - near, (0, 0), SHARP)
        painted = _joined([detailed, painted], (judge.strangeness(near, painted) >= 1).astype(int))
    release()
    return painted


def _joined(pictures: Sequence[Picture], chosen: NDArray[np.int_]) -> Picture:
    """Return the picture (S, S, 3) whose pixels are of the pictures with the numbers `chosen` (S, S), softly."""
    shares = [
        cv2.GaussianBlur((chosen == number).astype(np.float32), (0, 0), FEATHER) for number in range(len(pictures))
    ]
    total: Picture = sum(share[:, :, None] * each for share, each in zip(shares, pictures, strict=True))
    return np.asarray(total / sum(shares)[:, :, None], np.float32)


def _guess(smooth: Picture, known: NDArray[np.bool_], view: View) -> Picture:
    """Guess at what is not `known` (SIDE, SIDE) of a picture (SIDE, SIDE, 3) seen from farther away, or in a mirror."""
    way = slice(None, None, -1 if view.mirrored else 1)
    side = round(SIDE * view.scale)
    picture, gone = (
        cv2.resize(np.ascontiguousarray(each[:, way]), (side, side), interpolation=cv2.INTER_AREA)
        for each in (smooth, (~known).astype(np.float32))
    )
    before = (SIDE - side) // 2
    margins = (before, SIDE - side - before) * 2
    picture = cv2.copyMakeBorder(picture, *margins, cv2.BORDER_REFLECT)
    gone = cv2.copyMakeBorder(gone, *margins, cv2.BORDER_REFLECT if view.goes_on else cv2.BORDER_CONSTANT, value=(1,))
    inside = slice(before, before + side)
    painted = guess(np.asarray(picture, np.float32), np.asarray(gone == 0))[inside, inside]
    enlarged = cv2.resize(painted, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)[:, way]
    return np.where(known[:, :, None], smooth, np.clip(enlarged, 0, 255))


class _Judge:
    """Tells what was made up for what is not `known` (S, S) of a picture (S, S, 3)."""

    def __init__(self, picture: Picture, known: NDArray[np.bool_]) -> None:
        depth = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5)
        lenience = 1 + TRUSTED * np.exp(-np.square(depth / NEAR))
        lenience *= 1 - DOUBTED * smoothstep(np.asarray(depth, np.float32), *DEEP)
        _, uneven = surroundings(picture, known, AROUND, LEAST_KNOWN)
        self._allowed = lenience * (ALIKE[0] + ALIKE[1] * uneven + ALIKE[2] * uneven**2)
        self._from_colours = _distances_from_colours(_fine(picture)[known])

    def strangeness(self, guessed: Picture, other: Picture) -> Mask:
        """Tell how strange (S, S) a `guessed` picture (S, S, 3) is beside an `other`: from 1 on it is made up.

        Strange is what the other does not show, on even backgrounds more than on uneven ones, and a colour that is
        nowhere in what is known.
        """
        fine = _fine(guessed)
        red, green, blue = np.moveaxis((fine / BIN).astype(np.intp), 2, 0)
        apart = np.maximum(
            np.abs(fine - _fine(other)).mean(2) / self._allowed,
            self._from_colours[red, green, blue] / np.minimum(self._allowed, UNLIKE),
        )
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (THING, THING))
        return np.asarray(cv2.GaussianBlur(cv2.dilate(apart, disc), (0, 0), EVENED), np.float32)


def _fine(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), FINE), np.float32)


def _distances_from_colours(colours: Picture) -> NDArray[np.float32]:
    """Return by how many levels each colour (bins, bins, bins) lies apart from the usual ones of `colours` (N, 3)."""
    count = 256 // BIN
    found, _ = np.histogramdd(colours, bins=count, range=[(0, 256)] * 3)
    return np.asarray(distance_transform_edt(found < USUAL * len(colours)) * BIN, np.float32)
