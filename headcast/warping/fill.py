"""A picture and what is hidden of it in, the picture with plausible pixels there out: the background behind a person.

Near the edge of what is hidden, pieces of what is seen are copied (shift_map.py), so that lines and textures go on;
farther in, smooth colours do.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.types import Image, Mask
from headcast.warping.sampling import nearest_where, pixel_places, sample
from headcast.warping.shift_map import shift_map

MOST_SIDE = 1024  # pixels of the longer side in which is filled; what is filled of larger pictures is enlarged
PLAN_SIDE = 128  # pixels of the longer side of the picture in which pieces are chosen
REACH = 0.2  # of the longer side: how far into what is hidden pieces are copied
BLEND = 0.04  # of the longer side, over which they give way to smooth colours
CONTINUED = (0.005, 0.02)  # of the longer side: how far in colours are continued before pieces are copied
SEAM = 3  # pixels of the reduced picture over which neighbouring pieces blend
MOST_LIGHT = 40.0  # levels by which pieces are made lighter or darker to join what is seen ...
LIGHT_REACH = 0.1  # ... fading over this share of the longer side
GRAIN = 2  # levels
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def fill_hidden(image: Image, hidden: Mask) -> Image:
    """Fill what is `hidden` (H, W; 0 or 1) in an image (H, W, 3); what is seen stays as it is."""
    missing = hidden > 0.5
    if not missing.any() or missing.all():
        return np.array(image)
    if max(missing.shape) > MOST_SIDE:
        return _filled_reduced(image, missing)
    smooth = fill_from_around(image, (~missing).astype(np.float32))
    height, width = missing.shape
    plan = _plan(image, smooth, missing)
    seen = np.where(missing[:, :, None], smooth, image).astype(np.float32)
    pieces = _lay_pieces(seen, plan.away)
    light, share = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in plan[1:])
    filled = smooth + share[:, :, None] * (pieces + light - smooth)
    beside = _continued(image, missing)
    depth = cv2.distanceTransform(missing.astype(np.uint8), cv2.DIST_L2, 5)[:, :, None] / max(missing.shape)
    filled = beside + smoothstep(depth, *CONTINUED) * (filled - beside)
    return np.where(missing[:, :, None], np.clip(filled + 0.5, 0, 255).astype(np.uint8), image)


def _filled_reduced(image: Image, missing: NDArray[np.bool_]) -> Image:
    """Fill what is missing (H, W) of a large image at MOST_SIDE, where a pixel is missing if a part of it is."""
    height, width = missing.shape
    scale = MOST_SIDE / max(missing.shape)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    gone = cv2.resize(missing.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    filled = cv2.resize(fill_hidden(small, gone.astype(np.float32)), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(missing[:, :, None], filled, image), np.uint8)


def fill_smoothly(image: Image, hidden: Mask) -> NDArray[np.float32]:
    """Fill what is `hidden` (H, W; 0 or 1) in an image (H, W, 3) with smooth colours, quickly; float32 0..255."""
    return fill_from_around(image, 1 - hidden)


def fill_from_around(image: Image | NDArray[np.float32], known: Mask) -> NDArray[np.float32]:
    """Fill the unknown parts of an image (H, W, 3) smoothly from the known ones, coarse to fine; float32 0..255."""
    colours = image.astype(np.float32)
    weights = np.clip(known, 0, 1)[:, :, None].astype(np.float32)
    if min(image.shape[:2]) <= 2 or weights.min() > 0.999:
        total = np.maximum(weights.sum(), 1e-3)
        return np.asarray(weights * colours + (1 - weights) * (weights * colours).sum((0, 1)) / total)
    half = (max(1, image.shape[1] // 2), max(1, image.shape[0] // 2))
    channels = colours.shape[2:]
    less = cv2.resize(weights * colours, half, interpolation=cv2.INTER_AREA).reshape(*half[::-1], *channels)
    weight = cv2.resize(weights[:, :, 0], half, interpolation=cv2.INTER_AREA)
    coarse = fill_from_around(
        np.asarray(less / np.maximum(weight, 1e-3)[:, :, None], np.float32), np.minimum(1, 2 * weight)
    )
    size = (image.shape[1], image.shape[0])
    smooth = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR).reshape(colours.shape)
    return np.asarray(weights * colours + (1 - weights) * smooth)


def _continued(image: Image, missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the image with its colours continued a little way into what is missing."""
    half = (max(1, missing.shape[1] // 2), max(1, missing.shape[0] // 2))
    small = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
    gone = cv2.resize(missing.astype(np.float32), half, interpolation=cv2.INTER_AREA) > 0
    continued = cv2.inpaint(small, gone.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return cv2.resize(continued, missing.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)


class _Plan(NamedTuple):
    """From how far away (h, w, 2) each pixel is read, what its light lacks (h, w, 3), its share (h, w) in the whole."""

    away: NDArray[np.float32]
    light: NDArray[np.float32]
    share: Mask


def _plan(image: Image, smooth: NDArray[np.float32], missing: NDArray[np.bool_]) -> _Plan:
    """Choose pieces in a reduced picture."""
    scale = min(1.0, PLAN_SIDE / max(missing.shape))
    size = (max(8, round(missing.shape[1] * scale)), max(8, round(missing.shape[0] * scale)))
    reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    gone = cv2.resize(missing.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    depth = cv2.distanceTransform(gone.astype(np.uint8), cv2.DIST_L2, 5) / max(size)
    wanted = gone & (depth < REACH)
    coarse = np.clip(cv2.resize(smooth, size, interpolation=cv2.INTER_AREA), 0, 255)
    small = np.where(gone[:, :, None], coarse, reduced).astype(np.uint8)
    away, told = _copied_from(small, gone, wanted)
    if not told.any():
        return _Plan(away, np.zeros_like(small, np.float32), np.zeros(gone.shape, np.float32))
    away = np.asarray(sample(away, nearest_where(told)), np.float32)
    rim = ~gone & (cv2.dilate(gone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    lacking = small.astype(np.float32) - sample(small, pixel_places(gone.shape) + away, cv2.BORDER_REPLICATE)
    lacking = np.clip(lacking, -MOST_LIGHT, MOST_LIGHT) * rim[:, :, None]
    light = fill_from_around(lacking, rim.astype(np.float32)) * np.exp(-depth / LIGHT_REACH)[:, :, None]
    share = np.clip((REACH - depth) / BLEND, 0, 1).astype(np.float32)
    return _Plan(np.where(gone[:, :, None], away, np.float32(0)), light.astype(np.float32), share)


def _copied_from(
    small: Image, gone: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return from how far away (h, w, 2) the shift map copies each wanted pixel, and for which that is known (h, w).

    OpenCV returns the filled picture alone, but as it copies whole pieces, neighbourhoods say where they come from.
    """
    grain = np.random.default_rng(0).integers(-GRAIN, GRAIN + 1, small.shape, np.int16)  # no two pieces are the same
    lab: Image = np.clip(cv2.cvtColor(small, cv2.COLOR_RGB2LAB) + grain, 0, 255).astype(np.uint8)
    filled = shift_map(lab, wanted)
    away, told = np.zeros((*gone.shape, 2), np.float32), np.zeros(gone.shape, bool)
    if filled is None:
        return away, told
    there, here = _neighbourhoods(lab).ravel(), _neighbourhoods(filled).ravel()
    whole = np.flatnonzero(cv2.dilate(gone.astype(np.uint8), np.ones((3, 3), np.uint8)).ravel() == 0)
    asked = np.flatnonzero(wanted.ravel())
    if len(whole) and len(asked):
        order = whole[np.argsort(there[whole], kind="stable")]
        at = np.minimum(np.searchsorted(there[order], here[asked]), len(order) - 1)
        same = there[order][at] == here[asked]
        width = gone.shape[1]
        source, target = order[at][same], asked[same]
        away.reshape(-1, 2)[target] = np.stack([source % width - target % width, source // width - target // width], -1)
        told.ravel()[target] = True
    return away, told


def _lay_pieces(picture: NDArray[np.float32], away: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture (H, W, 3) whose pixels are read from so far `away` (h, w, 2), with soft seams between pieces."""
    height, width = picture.shape[:2]
    steps = np.array([width, height]) / away.shape[1::-1]
    offsets, piece = np.unique(away.reshape(-1, 2), axis=0, return_inverse=True)
    piece = piece.reshape(away.shape[:2])
    laid, total = np.zeros_like(picture), np.full((height, width, 1), 1e-6, np.float32)
    for number, offset in enumerate(offsets):
        part = cv2.blur((piece == number).astype(np.float32), (SEAM, SEAM))
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        top, bottom = int(rows[0] * steps[1]), min(height, int((rows[-1] + 1) * steps[1]) + 1)
        left, right = int(columns[0] * steps[0]), min(width, int((columns[-1] + 1) * steps[0]) + 1)
        share = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)[top:bottom, left:right, None]
        x, y = (round(float(step)) for step in offset * steps)
        shifted = sample(
            picture, pixel_places(share.shape) + np.array([left + x, top + y], np.float32), cv2.BORDER_REFLECT_101
        )
        laid[top:bottom, left:right] += share * shifted
        total[top:bottom, left:right] += share
    return np.asarray(laid / total, np.float32)


def _neighbourhoods(picture: Image) -> NDArray[np.uint64]:
    """Return a number (h, w) for the 3x3 pixels around each pixel, the same for the same pixels."""
    colours = picture.astype(np.uint64)
    colour = colours[..., 0] << np.uint64(16) | colours[..., 1] << np.uint64(8) | colours[..., 2]
    total = np.zeros(colour.shape, np.uint64)
    for row in (-1, 0, 1):
        for column in (-1, 0, 1):
            total = total * HASH_FACTOR + np.roll(colour, (row, column), (0, 1))
    return np.asarray(total ^ total >> np.uint64(29))
