"""Sitters of one person in, close-ups of one part of their face to tune it by out: each shot as the others show it.

Each shot that is learned from is the target of all others together, as in use, and of single ones, which show less:
of a shut mouth's shot the person's own teeth must be learned. Shots held out are targets only, to judge by.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.data.person import GAIN_LIMITS, HELD_OUT
from headcast.networks.arrays import conditioning_to_array, images_to_array
from headcast.reenact.close_up import from_side
from headcast.reenact.sitter import Sitter, avatar_shots, measured_shots
from headcast.tracking.crop import crop_image
from headcast.types import CONDITIONING_MAPS, Image, Shot
from headcast.warping.close_up import CloseUpCrop, Cropper, cut
from headcast.warping.parts import PARTS
from headcast.warping.warp import WarpedShot, Warper

FEWEST: Final = HELD_OUT.start + 1
"""Sitters; of fewer none can be held out."""

MOST_SINGLES: Final = 64  # rows of one shot alone
CHANNELS: Final = 6 + len(CONDITIONING_MAPS)

Arrays = NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """N close-ups: what the generator reads (N, C, h, w), the true pictures (N, 3, h, w) in [-1, 1], and the masks
    (N, 1, h, w) of what is shown. `together` (N,) says which are made of all shots, as in use.
    """

    conditioning: Arrays
    target: Arrays
    mask: Arrays
    together: NDArray[np.bool_]


@dataclass(frozen=True)
class PartRows:
    """The close-ups of one part that are learned from, and those to judge by; both are targets of the learned shots."""

    learned: Rows
    held_out: Rows


def close_up_rows(part: str, sitters: Sequence[Sitter], seed: int) -> PartRows:
    """Return the close-ups of a part of a person's face, of at least FEWEST sitters; the first is the anchor."""
    if len(sitters) < FEWEST:
        raise ValueError(f"close-ups are tuned to at least {FEWEST} sitters, not {len(sitters)}")
    held = set(range(len(sitters))[HELD_OUT])
    some = [number for number in range(len(sitters)) if number not in held]
    shots = measured_shots(sitters[0], avatar_shots(sitters)[1:])
    photos = [crop_image(sitters[0].photo, sitters[0].box, sitters[0].patch_size)]
    photos += [shot.at_full_size for shot in shots[1:]]
    known, own = [shots[number] for number in some], [photos[number] for number in some]
    side = len(own[0])
    all_known = Warper(known[0], others=known[1:])
    crop = PARTS[part].make_cropper(known, own[0])
    together = [
        row for k in range(1, len(known)) for row in _rows(crop, side, all_known(known[k].landmarks, without=k), own[k])
    ]
    alone = list(_singles(part, known, own, np.random.default_rng(seed)))
    judged = [
        row for number in sorted(held) for row in _rows(crop, side, all_known(shots[number].landmarks), photos[number])
    ]
    return PartRows(
        _stack([*together, *alone], [True] * len(together) + [False] * len(alone)), _stack(judged, [True] * len(judged))
    )


Row = tuple[Arrays, Arrays, Arrays]


def _singles(part: str, shots: Sequence[Shot], photos: Sequence[Image], random: np.random.Generator) -> Iterator[Row]:
    """Yield the close-ups of shots as other single ones show them: at most MOST_SINGLES pairs, drawn at random."""
    pairs = [(one, other) for one in range(len(shots)) for other in range(len(shots)) if one != other]
    chosen = sorted(random.permutation(len(pairs))[:MOST_SINGLES].tolist())
    shown: tuple[int, Warper, Cropper] | None = None
    for one, other in (pairs[number] for number in chosen):
        if shown is None or shown[0] != one:
            shown = one, Warper(shots[one]), PARTS[part].make_cropper([shots[one]], photos[one])
        _, warper, crop = shown
        yield from _rows(crop, len(photos[one]), warper(shots[other].landmarks), photos[other])


def _rows(crop: Cropper, side: int, warped: WarpedShot, true: Image) -> Iterator[Row]:
    """Yield what the generator reads of a shot, whose photo has this `side`, carried to where the `true` photo is."""
    for close_up in crop(warped):
        conditioning = conditioning_to_array(close_up.conditioning, CHANNELS)
        yield conditioning, _true_close_up(close_up, side, true), close_up.mask[None, None]


def _true_close_up(close_up: CloseUpCrop, side: int, true: Image) -> Arrays:
    """Return the close-up (1, 3, h, w) of the true picture, as bright around what is painted as the carried one is."""
    height, width = close_up.mask.shape
    target = images_to_array([cut(true, from_side(close_up.to_crop, side, len(true)), (width, height))]) + 1
    carried = images_to_array([close_up.conditioning.warped]) + 1
    around = (1 - close_up.mask)[None, None]
    gain = (carried * around).sum((2, 3)) / np.maximum((target * around).sum((2, 3)), 1.0)
    return np.asarray(np.clip(target * np.clip(gain, *GAIN_LIMITS)[:, :, None, None], 0, 2) - 1, np.float32)


def _stack(rows: Sequence[Row], together: Sequence[bool]) -> Rows:
    conditioning, target, mask = (np.concatenate(arrays) for arrays in zip(*rows, strict=True))
    return Rows(conditioning, target, np.asarray(mask, np.float32), np.array(together))
