"""A generated square in, the whole photo with it out, at the photo's own sharpness.

The network paints 256 pixels. What it changes of the warped shot is added to the person, who is carried once more at
the photo's size with the fine detail that those 256 pixels lost, and laid before the still background. A pixel that the
person does not cover is the photo's own.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.inpainting.remembered import filled
from headcast.matting.layers import mattes_of
from headcast.matting.revealed import Revealed
from headcast.matting.traces import beside_person, hidden_by
from headcast.pixels.mixing import mixed, to_image, weighed
from headcast.pixels.sampling import Pixel, around
from headcast.reenact.close_up import lay_close_up
from headcast.reenact.detail import add_details, further_detail, lost_detail
from headcast.reenact.generated import Generated, Painted
from headcast.reenact.sitter import Sitter
from headcast.tracking.crop import Window, crop_image, paste_mask
from headcast.tracking.matte import person_matte
from headcast.types import CONDITIONING_MAPS, Image, Mask, Shot
from headcast.warping.origins import Box
from headcast.warping.warp import WarpedShot

ALL = np.float32(1)
SOON = 2  # what is filled shows whole where a person near a side that cuts them moves half as far as elsewhere
BLENDED_ROWS = 32
FREE_AROUND = 12 / 256  # of the side: how far around mouth and lids the network may change what the warp shows well
THIN = 9  # pixels of the shot: what is not trusted but thinner, as along the face's outline, is carried well enough
SOFT = 5  # pixels over which the network's change fades
NEAR_OUTLINE = 5 / 256  # of the side: how far from the outline what may be its trace stays
_SPECK = np.ones((3, 3), np.uint8)  # what is narrower does not stay: a dotted line
SEEN_FROM = 0.3  # share of the person in a pixel, from which on it lies within the outline
VALIDITY, MOUTH, EYES, MATTE = (
    CONDITIONING_MAPS.index(name) for name in ("validity", "mouth_inside", "eyes_inside", "matte")
)


def compose_square(generated: Generated, warped: WarpedShot, background: NDArray[np.float32]) -> Image:
    """Return the generated square with its person before the still `background` (H, W, 3), both of its size."""
    person = _painted_person(generated, warped).astype(np.float32)
    picture = mixed(background, person, warped.conditioning.maps[:, :, MATTE])
    return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)


def cut_out(generated: Generated, warped: WarpedShot) -> NDArray[np.uint8]:
    """Return the generated square's person alone: (H, W, 4) RGBA, colours not multiplied by alpha."""
    matte = np.clip(255 * warped.conditioning.maps[:, :, MATTE] + 0.5, 0, 255).astype(np.uint8)
    return np.dstack([_painted_person(generated, warped), matte])


def _painted_person(generated: Generated, warped: WarpedShot) -> Image:
    """Return the generated square's person (H, W, 3), close-ups and all, with colours everywhere."""
    colour = _changed(warped, network_change(generated, warped, kept(warped, generated.close_ups)))
    for close_up in generated.close_ups:
        lay_close_up(close_up, colour)
    return colour


def _changed(warped: WarpedShot, change: NDArray[np.float32]) -> Image:
    """Return the warped shot's person (H, W, 3) with what the network adds to it, to the nearest level."""
    return np.asarray(cv2.add(warped.person, change, dtype=cv2.CV_8U), np.uint8)


def network_change(
    generated: Generated, warped: WarpedShot, keep: Mask, free: Mask | np.float32 = ALL
) -> NDArray[np.float32]:
    """Return what the network adds (H, W, 3) to the warped shot, of which it must `keep` so much (H, W; see `kept`).

    Where the warp can be trusted, away from mouth and lids, that is nothing: on people whom it has not seen it does
    harm there. It is less where the picture is not quite `free` (H, W).
    """
    change = cv2.subtract(generated.image, warped.conditioning.warped, dtype=cv2.CV_32F)
    share = (1 - keep) / np.maximum(1 - generated.warp_weight, np.float32(1e-3))
    return weighed(np.asarray(change, np.float32), free * np.minimum(share, 1))


def kept(warped: WarpedShot, painted: Sequence[Painted] = ()) -> Mask:
    """Return how much (H, W) of the warped shot the network must leave: where it is trusted, off mouth and lids.

    Lids are left whole where eyes are `painted` apart, as a change of the warped shot: there a network that sees 128
    pixels only tints the skin.
    """
    maps = warped.conditioning.maps
    trusted = np.ascontiguousarray(maps[:, :, VALIDITY])
    wide = cv2.dilate(trusted, np.ones((THIN, THIN), np.uint8))
    sound = cv2.erode(wide, np.ones((THIN - SOFT + 1, THIN - SOFT + 1), np.uint8))
    keep = np.maximum(trusted, cv2.blur(sound, (SOFT, SOFT)))
    for which, apart in ((EYES, any(one.as_change for one in painted)), (MOUTH, False)):
        near, share = _about(maps[:, :, which])
        keep[near] += share * ((1 if apart else 0) - keep[near])
    return np.asarray(keep, np.float32)


def _about(opening: Mask) -> tuple[Box, Mask]:
    """Return where the surroundings of an opening (H, W) are, and 1 there, falling to 0 farther off."""
    reach = round(FREE_AROUND * len(opening))
    near = around(opening > 0, 2 * reach)
    wider = cv2.dilate(np.ascontiguousarray(opening[near]), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return near, np.asarray(cv2.blur(wider, (reach, reach)), np.float32)


class Composer:
    """Puts generated squares of one sitter, and of `others` of the same person, back into the photo.

    `revealed` is what these show of what lies behind the person. `hidden` (h, w) is the part of the box's window that
    the person may hide.
    """

    def __init__(self, sitter: Sitter, others: Sequence[Shot] = (), revealed: Sequence[Revealed] = ()) -> None:
        self._size = sitter.shot.image.shape[0]
        self._patch_size = sitter.patch_size
        self._photo, self._window = sitter.photo, Window(sitter.photo, sitter.box)
        height, width = sitter.photo.shape[:2]
        self._free = paste_mask(sitter.box, (width, height), self._size)
        full = crop_image(sitter.photo, sitter.box, self._patch_size)
        own, matte = mattes_of(sitter.shot, full, person_matte(full))
        first = lost_detail(sitter.shot, full, own, matte)
        self._lost = (first, *(further_detail(shot, len(full)) for shot in others))
        behind, shown = full.astype(np.float32), np.zeros_like(own)
        for one in revealed:
            behind, shown = one.lay(behind, others[one.number].at_full_size), np.maximum(shown, one.shown)
        free = _where_they_move(sitter)
        self._behind = self._fill_behind(hidden_by(full, matte), to_image(behind), shown, free)
        self._rim = self.hidden.astype(np.uint8) & self._window.bring(beside_person(full, matte))

    def __call__(self, generated: Generated, warped: WarpedShot) -> Image:
        """Return the whole photo with one generated square."""
        keep = kept(warped, generated.close_ups)
        colour = self._enlarge(_changed(warped, network_change(generated, warped, keep, self._free)))
        matte = np.ascontiguousarray(warped.conditioning.maps[:, :, MATTE])
        share = self._enlarge(matte)
        add_details(self._lost, colour, share, warped, np.maximum(generated.warp_weight, keep))
        for close_up in generated.close_ups:
            lay_close_up(close_up, colour)
        weight = (np.clip(share, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8)
        result: Image = self._photo.copy()
        shown = result[self._window.place]
        self._show_behind(shown, matte)
        _blend(shown, self._window.bring(colour), self._window.bring(weight))
        return result

    def _show_behind(self, shown: Image, matte: Mask) -> None:
        """Lay the background behind a person with this `matte` (H, W) into the photo's visible part (h, w, 3).

        What lies beside the person's outline in the photo may be a trace of it, but is sooner right than a guess:
        as long as the outline is near, it stays.
        """
        reach = 2 * round(NEAR_OUTLINE * self._size) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        near = np.asarray(cv2.dilate((matte > SEEN_FROM).astype(np.uint8), disc), np.uint8)
        stays = self._rim & self._window.bring(self._enlarge(near))
        stays = np.asarray(cv2.morphologyEx(stays, cv2.MORPH_OPEN, _SPECK), np.uint8)
        cv2.copyTo(self._behind, 1 - stays, shown)

    def _fill_behind(self, hidden: Mask, behind: Image, shown: Mask, free: Mask) -> Image:
        """Return the visible part of the background (h, w, 3): the photo's own pixels where it is seen.

        What is hidden is that of `behind` (side, side, 3) where that is `shown` (H, W), else filled. Where the
        person is not `free` (H, W) to move, as they go on beyond a side, it is the photo's, or it would end in a line.
        """
        photo = self._photo[self._window.place]
        self.hidden = covered = self._window.bring(hidden) > 0
        seen = np.where(covered[:, :, None], self._window.bring(behind), photo)
        missing = covered & (self._window.bring(self._enlarge(shown)) < 1)
        full = np.asarray(filled(seen, missing.astype(np.float32)), np.float32)
        return to_image(mixed(photo.astype(np.float32), full, self._window.bring(self._enlarge(free))))

    def _enlarge(self, picture: NDArray[Pixel]) -> NDArray[Pixel]:
        size = (self._patch_size, self._patch_size)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), picture.dtype)


def _where_they_move(sitter: Sitter) -> Mask:
    """Return 1 (H, W) in the shot's square, falling to 0 towards sides beyond which the person goes on in the photo."""
    size = len(sitter.shot.matte)
    points = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).reshape(-1, 2).astype(np.float64)
    free = sitter.edges.around(sitter.shot.matte).free(points, size).reshape(size, size)
    return np.asarray(np.minimum(SOON * free, 1), np.float32)


def _blend(under: Image, over: Image, weight: NDArray[np.uint8]) -> None:
    """Put `over` (H, W, 3) in the place of `under` where the weight (H, W) is 255, to the nearest level below that."""
    left, top, width, height = cv2.boundingRect(weight)
    for start in range(top, top + height, BLENDED_ROWS):  # a few rows stay in the processor's cache
        part = np.s_[start : min(start + BLENDED_ROWS, top + height), left : left + width]
        share = cv2.merge([weight[part]] * 3).astype(np.uint16)
        total = over[part] * share
        total += under[part] * (255 - share)
        total += 128
        total += total >> 8  # of a sum that was divided by 256 instead of 255
        under[part] = total >> 8
