"""Sitters of one person in, close-ups of parts of their face to tune them by out: each shot as the others show it.

Each shot that is learned from is the target of all others together, as in use, and of single ones, which show less:
of a shut mouth's shot the person's own teeth must be learned. Shots held out are targets only, to judge by.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.close_ups.crop import CloseUpCrop, Cropper, cut
from headcast.close_ups.parts import PARTS
from headcast.data.person import GAIN_LIMITS, HELD_OUT
from headcast.networks.arrays import conditioning_to_array, images_to_array
from headcast.reenact.close_up import from_side
from headcast.reenact.sitter import Sitter, avatar_shots, measured_shots
from headcast.tracking.crop import crop_image
from headcast.types import CONDITIONING_MAPS, Image, Shot
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


def close_up_rows(parts: Iterable[str], sitters: Sequence[Sitter], seed: int) -> dict[str, PartRows]:
    """Return the close-ups of parts of a person's face, of at least FEWEST sitters; the first is the anchor."""
    if len(sitters) < FEWEST:
        raise ValueError(f"close-ups are tuned to at least {FEWEST} sitters, not {len(sitters)}")
    held = set(range(len(sitters))[HELD_OUT])
    some = [number for number in range(len(sitters)) if number not in held]
    shots = measured_shots(sitters[0], avatar_shots(sitters)[1:])
    photos = [crop_image(sitters[0].photo, sitters[0].box, sitters[0].patch_size)]
    photos += [shot.at_full_size for shot in shots[1:]]
    known, own = [shots[number] for number in some], [photos[number] for number in some]
    all_known = Warper(known[0], others=known[1:])
    shown = _Shown(parts, known, own[0])
    together, alone, judged = (_Gathered(shown.crops) for _ in range(3))
    for k in range(1, len(known)):
        together.add(shown, all_known(known[k].landmarks, without=k), own[k])
    for one, warped, other in _singles(shown.crops, known, own, np.random.default_rng(seed)):
        alone.add(one, warped, own[other])
    for number in sorted(held):
        judged.add(shown, all_known(shots[number].landmarks), photos[number])
    return {part: PartRows(_stack(together[part], alone[part]), _stack(judged[part], [])) for part in shown.crops}


Row = tuple[Arrays, Arrays, Arrays]


class _Shown:
    """What cuts close-ups of each part out of the first of `shots`, carried; its `photo` (side, side, 3) is known."""

    def __init__(self, parts: Iterable[str], shots: Sequence[Shot], photo: Image) -> None:
        self.crops = {part: PARTS[part].make_cropper(shots, photo) for part in parts}
        self.side = len(photo)


class _Gathered(dict[str, list[Row]]):
    """Rows by part: a shot is carried once for all parts."""

    def __init__(self, parts: Iterable[str]) -> None:
        super().__init__({part: [] for part in parts})

    def add(self, shown: _Shown, warped: WarpedShot, true: Image) -> None:
        for part, crop in shown.crops.items():
            self[part] += _rows(crop, shown.side, warped, true)


def _singles(
    parts: Iterable[str], shots: Sequence[Shot], photos: Sequence[Image], random: np.random.Generator
) -> Iterator[tuple[_Shown, WarpedShot, int]]:
    """Yield shots as other single ones show them, and their numbers: at most MOST_SINGLES pairs, drawn at random."""
    pairs = [(one, other) for one in range(len(shots)) for other in range(len(shots)) if one != other]
    chosen = sorted(random.permutation(len(pairs))[:MOST_SINGLES].tolist())
    kept: tuple[int, Warper, _Shown] | None = None
    for one, other in (pairs[number] for number in chosen):
        if kept is None or kept[0] != one:
            kept = one, Warper(shots[one]), _Shown(parts, [shots[one]], photos[one])
        _, warper, shown = kept
        yield shown, warper(shots[other].landmarks), other


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


def _stack(together: Sequence[Row], alone: Sequence[Row]) -> Rows:
    conditioning, target, mask = (np.concatenate(arrays) for arrays in zip(*together, *alone, strict=True))
    which = np.array([True] * len(together) + [False] * len(alone))
    return Rows(conditioning, target, np.asarray(mask, np.float32), which)
