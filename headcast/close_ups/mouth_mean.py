"""How far and how wide a mouth is open in, what the inside of such a mouth looks like on average out.

A blur of many people's teeth, tongue and shadow, fixed to the skull: what nobody shows of a stranger's mouth is best
guessed so. Learned by tools/fit_mouth.py from open clips and photos; it holds no picture and nobody's teeth.
"""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import Face, Pose
from headcast.geometry.topology import INNER_LIPS, MID_INNER_LIPS, MOUTH_CORNERS
from headcast.pixels.mixing import weighed
from headcast.types import Landmarks, Mask
from headcast.warping.interior import TEETH_DEPTH, Affine, as_colourful_as, plane_to_frame, sample_affine, shift
from headcast.warping.patch import Patch, box_around, polygon_mask

MOUTH_MEAN_PATH: Final = Path(__file__).parent / "assets" / "mouth.safetensors"

SCALE: Final = 48  # pixels of the mean per eye distance
SIZE: Final = (54, 54)  # width, height
ORIGIN: Final = (-0.5625, -0.35)  # canonical place of the mean's corner, from the middle of the closed lips
DETAIL: Final = 2  # drawn pixels per pixel of the mean
GAPS: Final = (0.03, 0.09, 0.17, 0.28, 0.45)  # lip gaps in eye distances between which the look changes evenly
USUAL_WIDTH, WIDTH_RANGE = 0.86, 0.25  # of mouths, in eye distances
SKIN_SHARE: Final = 0.8  # a skin twice as bright has an inside of the mouth brighter by 2 to this power
SKIN_UNIT: Final = 150.0
LEAST_OF_A_CHANNEL: Final = 0.3  # of the strongest one: under varnish or coloured light teeth are less tinted than skin
TEETH_BORDERS: Final = (0.0, 0.125, 0.225, 0.32)  # eye distances from the middle of the upper jaw
TEETH_GAP, TEETH_RELIEF = 0.012, 0.08  # width in eye distances, and share of the brightness
PALE: Final = (0.66, 0.78)  # green over red, between which the mean goes from lips and tongue to teeth
UPPER_TEETH_END: Final = 0.12  # eye distances below the closed lips


def mean_patch(
    drawn: NDArray[np.float32],
    landmarks: Landmarks,
    face: Face,
    pose: Pose,
    contact: NDArray[np.float64],
    frame: tuple[int, ...],
) -> Patch:
    """Return the mean inside of the mouth, `drawn` for a face at `landmarks`, in a `frame` (height, width).

    `face` is the same without its `pose`, `contact` (3,) where its lips would meet.
    """
    lips = landmarks[list(INNER_LIPS), :2]
    box = box_around(lips, frame)
    gap, _ = _opening(face)
    to_mean = DETAIL * cv2.invertAffineTransform(mean_to_frame(contact, pose)) @ shift(*box[:2])
    to_mean[1] *= min(1.0, GAPS[-1] / max(gap, 1e-6))  # wider than the widest: the same, longer
    to_mean[:, 2] += (DETAIL - 1) / 2
    colour = sample_affine(drawn, to_mean, *box[2:])
    return Patch(box[0], box[1], colour, polygon_mask(lips, *box), np.zeros(box[:1:-1], np.float32))


def draw_mouth_of(face: Face, skin: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw the inside of the mouth of a face without its pose; see `draw_mouth`."""
    return draw_mouth(*_opening(face), skin)


def _opening(face: Face) -> tuple[float, float]:
    """Return how far open and how wide a face's mouth is, in eye distances."""
    upper, lower = face[list(MID_INNER_LIPS), 1]
    right, left = face[list(MOUTH_CORNERS)]
    return float(lower - upper), float(np.linalg.norm(right - left))


def mean_to_frame(contact: NDArray[np.float64], pose: Pose) -> Affine:
    """Return the map (2, 3) from the mean's pixels to a frame's; `contact` (3,) is the middle of the closed lips."""
    return plane_to_frame(pose, contact + np.array([*ORIGIN, TEETH_DEPTH]), 1 / SCALE)


def draw_mouth(gap: float, width: float, skin: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw the inside of a mouth so far open and so wide, in eye distances, as (H, W, 3), 0..255, DETAIL as fine.

    It is in the light of the `skin` (3,), with a hint of single teeth where the mean has some.
    """
    mean = cv2.resize(mean_mouth(gap, width, skin), None, fx=DETAIL, fy=DETAIL, interpolation=cv2.INTER_LINEAR)
    pale = smoothstep(np.asarray((mean[:, :, 1] + 1) / (mean[:, :, 0] + 1)), *PALE)
    return as_colourful_as(skin, weighed(np.asarray(mean, np.float32), 1 - pale * _between_teeth()))


def mean_mouth(gap: float, width: float, skin: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the mean inside (H, W, 3), 0..255, of a mouth so far open and so wide (both in eye distances).

    `skin` (3,) is the colour of the cheeks, whose light and tint it takes.
    """
    colours = np.tensordot(mouth_features(gap, width).astype(np.float32), _coefficients(), 1)
    return np.asarray(np.clip(colours * skin_light(skin).astype(np.float32), 0, 255), np.float32)


def mouth_features(gap: float, width: float) -> NDArray[np.float64]:
    """Return what the mean is linear in: shares of the lip gaps beside this one, and the same times the width."""
    shares = np.array([np.interp(gap, GAPS, np.eye(len(GAPS))[number]) for number in range(len(GAPS))])
    wide = np.clip((width - USUAL_WIDTH) / WIDTH_RANGE, -1, 1)
    return np.concatenate([shares, wide * shares])


def skin_light(skin: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the brightness of each channel (3,) that a skin's colour (3,) stands for."""
    pale = np.maximum(skin, max(LEAST_OF_A_CHANNEL * float(skin.max()), 1.0))
    return np.asarray((pale / SKIN_UNIT) ** SKIN_SHARE)


@cache
def _between_teeth() -> Mask:
    """Return how much darker (H, W) the drawing is between upper teeth."""
    rows, columns = np.indices((SIZE[1] * DETAIL, SIZE[0] * DETAIL), dtype=np.float32)
    x, y = (
        ((places + 0.5) / DETAIL - 0.5) / SCALE + start for places, start in zip((columns, rows), ORIGIN, strict=True)
    )
    gaps = sum(np.exp(-(((np.abs(x) - border) / TEETH_GAP) ** 2)) for border in TEETH_BORDERS)
    return np.asarray(TEETH_RELIEF * gaps * (y < UPPER_TEETH_END), np.float32)


@cache
def _coefficients() -> NDArray[np.float32]:
    return load_file(MOUTH_MEAN_PATH)["coefficients"].astype(np.float32)
