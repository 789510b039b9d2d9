"""A carried shot in, parts of its face painted at the photo's own size out; and where those are laid into a picture.

The whole-head network sees 128 pixels; a close-up's network sees the mouth or an eye alone, at about the photo's own
size. What it paints takes the place of what the whole-head network has changed there; grain finer than both stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.avatars.avatar import Avatar, bind
from headcast.avatars.graphs import find_graph
from headcast.avatars.inference import Network, usual_precision
from headcast.avatars.weights import Weights
from headcast.close_ups import eye_crop
from headcast.close_ups.crop import Affine, CloseUpCrop, cut, scaled
from headcast.close_ups.lash_line import lighten_lashes
from headcast.close_ups.lid_light import no_lighter_than_around
from headcast.close_ups.lip_line import plainly_open
from headcast.close_ups.lip_rim import brightness, colour_rim_as_around
from headcast.close_ups.parts import PARTS
from headcast.close_ups.shown_teeth import keep_shown_teeth
from headcast.networks.arrays import conditioning_to_array
from headcast.pixels.mixing import weighed
from headcast.pixels.sampling import around
from headcast.reenact.generated import Painted, composed
from headcast.reenact.monochrome import find_tone_curve, in_tones
from headcast.reenact.sitter import Sitter
from headcast.tracking.crop import crop_image
from headcast.types import Image, Mask, Shot
from headcast.warping.warp import WarpedShot

VALIDITY, OPENING = 0, 1  # numbers of the maps of what photos show, and of what lies between lips or lids
CHANGE: Final = eye_crop.MAPS.index("opening_change")
AROUND: Final = 2  # pixels: as far as what is laid into a picture reaches beyond its mask
SHARPENED_OVER = 2.0  # how fine the detail is that sharpening adds, pixels
OPEN: Final = 0.5  # share of the opening in a pixel, from which on it lies between the lips
PARTED: Final = (2.0, 4.0)  # pixels of the close-up from lip to middle between which lips are shut and open
LASHES: Final = 5  # pixels of the close-up that lashes are long, twice
GRAIN: Final = np.float32(6)  # levels of what is finer in skin that was cleared of lashes: more is what is left of them
LEAST_BLUR: Final = 0.33  # of a pixel, before a close-up is reduced: with more, teeth are softer than true ones


@dataclass(frozen=True)
class Finish:
    """What is done to a painted part.

    How much of its detail is added to it, whether lips' rims get the colours around, whether lashes of shut lids are
    made lighter, and whether it is laid on as a change.
    """

    sharpened: float
    has_lips: bool
    has_lids: bool
    as_change: bool


FINISHES: Final[Mapping[str, Finish]] = {
    # beneath lies what was drawn between the lips
    "mouth": Finish(sharpened=0.5, has_lips=True, has_lids=False, as_change=False),
    "eyes": Finish(sharpened=0.15, has_lips=False, has_lids=True, as_change=True),
}


def make_close_ups(avatar: Avatar, sitter: Sitter, precision: str = "auto", at_once: int = 1) -> tuple["CloseUp", ...]:
    """Return what paints parts of an avatar's face for its sitter's photo: as many as its model has close-ups."""
    photo, tuned = crop_image(sitter.photo, sitter.box, sitter.patch_size), avatar.close_up_parameters
    return tuple(
        CloseUp(part, avatar.close_ups[part], avatar.shots, photo, precision, at_once, tuned.get(part))
        for part in PARTS  # the mouth first: its network, the larger one, computes while the eyes are cut
        if part in avatar.close_ups
    )


def parameters_of(part: str, weights: Weights, shots: Sequence[Shot], photo: Image) -> NDArray[np.float32]:
    """Return the AdaIN parameters (1, P) of a part's close-up of the person in `shots`; `photo` is the first's."""
    known = [(photo, scaled(shots[0].landmarks, len(photo) / len(shots[0].image)))]
    for shot in shots[1:]:
        full = shot.at_full_size
        known.append((full, scaled(shot.landmarks, len(full) / len(shot.image))))
    return bind(weights, [crop for shot in known for crop in PARTS[part].shot_crops(*shot)])


class CloseUp:
    """Paints one part of one person's face; of the first of `shots` the `photo` (side, side, 3) is known at its size.

    `at_once` threads may paint side by side. `parameters` (1, P) are those of a generator that was tuned to the person.
    """

    def __init__(
        self,
        part: str,
        weights: Weights,
        shots: Sequence[Shot],
        photo: Image,
        precision: str = "auto",
        at_once: int = 1,
        parameters: NDArray[np.float32] | None = None,
    ) -> None:
        self._crop = PARTS[part].make_cropper(shots, photo)
        self._side = len(photo)
        self._tones = find_tone_curve(shots[0].image)
        self._finish = FINISHES[part]
        self._parameters = parameters_of(part, weights, shots, photo) if parameters is None else parameters
        self._channels = weights.config.conditioning_channels
        graph = find_graph(weights.config, "generator")
        self._generate = Network(graph, weights.generator, usual_precision(precision), at_once)

    def start(self, warped: WarpedShot) -> Callable[[], tuple[Painted, ...]]:
        """Begin to paint the part, or both of two, of the carried shot; what is returned waits for it."""
        crops = self._crop(warped)
        read = np.concatenate([conditioning_to_array(crop.conditioning, self._channels) for crop in crops])
        outputs = self._generate.start(read, np.repeat(self._parameters, len(crops), 0))

        def painted() -> tuple[Painted, ...]:
            (drawn,) = outputs()
            pictures = [composed(one, crop.conditioning).image for one, crop in zip(drawn, crops, strict=True)]
            return tuple(
                Painted(
                    self._finished(picture, crop),
                    crop.mask,
                    crop.to_crop,
                    self._side,
                    self._finish.as_change,
                    crop.cleared,
                )
                for picture, crop in zip(pictures, crops, strict=True)
            )

        return painted

    def _finished(self, painted: Image, crop: CloseUpCrop) -> NDArray[np.float32]:
        """Return what is shown of a crop's painted picture (h, w, 3), 0..255."""
        if self._tones is not None:
            painted = in_tones(painted, self._tones)
        picture = painted.astype(np.float32)
        there = around(crop.mask > 0, AROUND)
        shown = picture[there]
        maps = crop.conditioning.maps[there]
        inside, sharpened = maps[:, :, OPENING], self._finish.sharpened
        if self._finish.has_lips:
            sharpened *= (1 + plainly_open(inside > OPEN, PARTED)) / 2  # where shut lips meet a sharp line looks open
            keep_shown_teeth(shown, crop.conditioning.warped[there], maps[:, :, VALIDITY], inside)
            colour_rim_as_around(shown, inside)
        if self._finish.has_lids:
            whole = crop.conditioning.maps
            change = (float(whole[0, 0, CHANGE]) - 0.5) / eye_crop.OPENING_GAIN
            no_lighter_than_around(picture, crop.conditioning.warped, whole[:, :, OPENING], change)
            lighten_lashes(picture, whole[:, :, OPENING], change)
        bright = brightness(shown)  # alone: a camera's colours are coarser
        finer = cv2.subtract(bright, cv2.GaussianBlur(bright, (0, 0), SHARPENED_OVER))
        if self._finish.has_lids:  # skin beside them keeps what it has
            finer = cv2.multiply(finer, _to_the_lashes(inside))
        cv2.add(shown, cv2.merge([sharpened * finer] * 3), shown)
        return picture


def _to_the_lashes(inside: Mask) -> Mask:
    """Return 1 (h, w) on what is `inside` of the lids and on their lashes, falling to 0 beside them."""
    wider = cv2.dilate(np.ascontiguousarray(inside), np.ones((LASHES, LASHES), np.uint8))
    return np.asarray(cv2.blur(wider, (LASHES, LASHES)), np.float32)


def lay_close_up(painted: Painted, colour: Image) -> None:
    """Lay a painted part into a picture (side, side, 3) of the carried person, of any size, in place.

    What is finer than was painted stays only beneath a change: else that is the edge of what was drawn before. Where
    the close-up was cleared of lashes only grain does.
    """
    to_crop = from_side(painted.to_crop, painted.side, len(colour))
    left, top, right, bottom = _covered(to_crop, painted.mask, colour.shape)
    if right <= left or bottom <= top:
        return
    part, picture, mask = colour[top:bottom, left:right], painted.picture, painted.mask
    to_crop[:, 2] += to_crop[:, :2] @ (left, top)
    if painted.as_change:
        own = cut(part, to_crop, mask.shape[::-1])
        change = cv2.subtract(picture, own, dtype=cv2.CV_32F)
        change = _brought_back(weighed(np.asarray(change, np.float32), mask), to_crop, part.shape)
        if painted.cleared is not None:
            change -= _left_of_lashes(part, own, painted.cleared, to_crop)
    else:
        *over, share = cv2.split(_brought_back(np.dstack([weighed(picture, mask), mask]), to_crop, part.shape))
        change = cv2.subtract(cv2.merge(over), weighed(part.astype(np.float32), np.asarray(share, np.float32)))
    cv2.add(part, change, part, dtype=cv2.CV_8U)


def _left_of_lashes(part: Image, own: Image, cleared: Mask, to_crop: Affine) -> NDArray[np.float32]:
    """Return what a part (h, w, 3) has beyond grain, and its `own` close-up has not, where that was `cleared`."""
    *coarse, share = cv2.split(_brought_back(np.dstack([own, cleared]), to_crop, part.shape))
    finer = np.asarray(part - cv2.merge(coarse), np.float32)
    return weighed(finer - np.clip(finer, -GRAIN, GRAIN), np.asarray(share, np.float32))


def from_side(to_crop: Affine, known: int, side: int) -> Affine:
    """Return the similarity (2, 3) to a close-up's pixels, `known` for a square of that side, for one of `side`."""
    if known == side:
        return np.array(to_crop)
    ratio, turn = known / side, to_crop[:, :2]
    return np.column_stack([ratio * turn, to_crop[:, 2] + turn.sum(1) * (ratio - 1) / 2])


def _covered(to_crop: Affine, mask: Mask, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the whole pixels of a picture that a close-up's mask (h, w) reaches."""
    left, top, width, height = cv2.boundingRect((mask > 0).view(np.uint8))
    right, bottom = left + width, top + height
    corners = np.array([(left, top, 1), (right, top, 1), (left, bottom, 1), (right, bottom, 1)], np.float64)
    places = corners @ cv2.invertAffineTransform(to_crop).T
    beside = AROUND + 1 / float(np.linalg.norm(to_crop[0, :2]))
    low = np.maximum(np.floor(places.min(0) - beside), 0).astype(int)
    high = np.minimum(np.ceil(places.max(0) + beside) + 1, shape[1::-1]).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _brought_back(change: NDArray[np.float32], to_crop: Affine, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a close-up's change (h, w, 3) in the picture that it was cut from, of this `shape`; 0 beyond it."""
    scale = float(np.linalg.norm(to_crop[0, :2]))
    if scale > 1.3:  # reduced: what lies between the pixels counts too
        change = np.asarray(cv2.GaussianBlur(change, (0, 0), LEAST_BLUR * scale), np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(change, to_crop, shape[1::-1], flags=flags), np.float32)
