"""One shot and driving landmarks in, the warped shot and all that the generator reads for that frame out.

Layers, far to near: background and person (carry.py), the faces of further shots (bank.py), the insides of mouth and
eyes. The result is the best that pixels of the photos can show; the generator makes it real.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.blink import blink_with_both
from headcast.geometry.contact import OPENINGS
from headcast.geometry.nearest import NearestFaces, Turns, behind_for_blur
from headcast.geometry.pose import Head, Pose, head_of, remove_pose
from headcast.geometry.topology import CHEEKS
from headcast.matting.layers import Fill
from headcast.matting.traces import hidden_by
from headcast.pixels.mixing import mixed, to_image
from headcast.pixels.smooth import fill_smoothly
from headcast.types import Conditioning, Image, Landmarks, Mask, Shot
from headcast.warping.bank import FaceBank
from headcast.warping.beyond import Grow
from headcast.warping.carry import Carried, Carrier, blend, complete, free_of, lacking_side, mirror_shot, same_take
from headcast.warping.draw import draw_landmark_image
from headcast.warping.edges import FREE, PhotoEdges
from headcast.warping.glasses import Glasses, wears_glasses
from headcast.warping.light import in_light_of
from headcast.warping.mesh import SamplingGrid
from headcast.warping.origins import Origin, Weights, cover, in_turn, without_least
from headcast.warping.patch import Patch

MIRRORED_FROM, MIRRORED_TURN = 0.15, 0.1  # sine of a shot's turn that hides a side, and of the turn back that shows it
SKULL_DEPTH = 0.45  # eye distances from the eyes to the middle of what the skull coordinates follow
SKULL_SPAN = 2.5  # eye distances from the head's middle that the skull coordinates reach
OPENING_GAIN = 1.25  # opening changes of 0.4 eye distances fill the map's range
POSE_REACH = 0.05  # spreads of the rotation over which shots of one take take turns: soon, for a mean of them is soft
ANCHOR_LEAD = 0.5  # spreads by which another shot must be nearer than the anchor, which shows the photo's own detail


@dataclass(frozen=True)
class WarpedShot:
    """A shot carried to new landmarks.

    `conditioning` is what the generator reads; `person` (H, W, 3) float32 0..255 are the person's colours alone, the
    matte among the maps says where they are seen. `grid` says where the anchor's pixels went and `carried` (H, W) in
    0..1 how far a pixel is such a one; `origins` say of all shots where a pixel came from, for showing them at their
    photos' full size. `landmarks` are where it was carried to, `head` what they do, and `turns` the weights (N,) of the
    shots there, for "mouth" and "eyes".
    """

    conditioning: Conditioning
    person: NDArray[np.float32]
    grid: SamplingGrid
    carried: Mask
    landmarks: Landmarks
    head: Head
    origins: tuple[Origin, ...]
    turns: Mapping[str, Weights]

    @cached_property
    def own(self) -> Mask:
        """How far (H, W) in 0..1 a pixel is the shot's own, and not torn off its surroundings."""
        return np.asarray(self.carried * self.grid.whole, np.float32)


class Warper:
    """Carries one shot to any landmarks; on pinned `edges` nobody who goes on beyond them moves.

    Of `others`, of the same person and size, the face shows the expressions that the shot does not; those of the same
    take show hair, body and background too, where their pose is nearer, and what the person hides of the background.
    Glasses that the shot shows are carried by the skull. What the photo's end cuts off of the person, `grow` paints.
    One that `follows` is asked for the frames of one video, in their order.
    """

    def __init__(
        self,
        shot: Shot,
        edges: PhotoEdges = FREE,
        others: Sequence[Shot] = (),
        fill: Fill = fill_smoothly,
        *,
        grow: Grow | None = None,
        follows: bool = False,
    ) -> None:
        self._size = shot.image.shape[0]
        skin = sample_skin(shot.image, shot.landmarks)
        glasses = wears_glasses(shot.image, shot.landmarks)
        self._glasses = Glasses(shot.landmarks) if glasses else None
        self._carriers = [Carrier(shot, edges, fill, grow, glasses=glasses)]  # of the shots of this take ...
        self._take = [0]  # ... and their numbers
        shots, heads, elsewhere = [shot], [self._carriers[0].head], []
        for number, other in enumerate(others, start=1):
            heads.append(head_of(other.landmarks))
            if self._glasses is not None and wears_glasses(other.image, other.landmarks):
                other = replace(other, landmarks=self._glasses.keep_rigid(other.landmarks, heads[-1]))
            anchor = self._carriers[0](other.landmarks, heads[-1])
            shots.append(in_light_of(other, anchor.colour, anchor.validity * (anchor.grid.triangles >= 0)))
            if same_take(anchor, other):
                self._carriers.append(Carrier(shots[-1], edges, glasses=glasses))
                self._take.append(number)
                hidden = self._carriers[-1].unknown
            else:
                hidden = hidden_by(other.image, other.matte)
            elsewhere.append((other.image, free_of(hidden, anchor.matte)))
        self.revealed = self._carriers[0].reveal(elsewhere)
        self._mirrored = self._mirror(shot)
        behind = behind_for_blur([shot.detail for shot in shots])
        behind = [behind[number] + ANCHOR_LEAD * (number > 0) for number in self._take]
        nearest = NearestFaces([carrier.head for carrier in self._carriers], (), POSE_REACH, behind)
        self._nearest = Turns(nearest) if follows else nearest
        self._faces = FaceBank(shots, heads, skin, glasses=glasses, follows=follows)

    def __call__(self, landmarks: Landmarks, *, without: int | None = None) -> WarpedShot:
        """Carry the shot to `landmarks`, in pixels of the shot; `without` one of the others, counted from 1."""
        landmarks, head = blink_with_both(landmarks, head_of(landmarks), self._carriers[0].head.controls)
        if self._glasses is not None:
            landmarks = self._glasses.keep_rigid(landmarks, head)
        face = remove_pose(landmarks, head.pose)
        picture, origins = self._carry(landmarks, head, without)
        person, validity, carried, grid = picture.person, picture.validity, picture.carried, picture.grid
        shown = self._faces(landmarks, face, head, grid.triangles, without)
        for patch, kept, of_patch in zip(shown.skin, shown.detail, shown.origins, strict=False):
            _lay(patch, person, validity)
            _part(patch, carried)[:] *= 1 - (1 - kept) * patch.inside  # finer detail is the anchor's
            cover(origins, patch)
            origins += of_patch
        openings = []
        for patches in ((shown.mouth,), shown.eyes):
            opening = np.zeros_like(picture.matte)
            for patch in patches:
                _lay(patch, person, validity)
                _part(patch, carried)[:] *= 1 - patch.inside
                cover(origins, patch)
                np.maximum(_part(patch, opening), patch.inside, out=_part(patch, opening))
            openings.append(opening)
        for patch in shown.seams:
            if not patch.inside.any():
                continue
            _lay(patch, person, validity)
            _part(patch, carried)[:] *= 1 - patch.inside
            cover(origins, patch)
        skull = skull_coordinates(head.pose, self._size)
        change = _opening_change(skull, head.controls - shown.controls)
        maps = np.stack([validity, *openings, change, skull[:, :, 0], skull[:, :, 1], picture.matte])
        maps = np.clip(maps, 0, 1, out=maps).transpose(1, 2, 0)  # plane by plane in memory, as the network reads them
        warped = to_image(replace(picture, person=person).colour)
        conditioning = Conditioning(draw_landmark_image(landmarks, self._size), warped, maps)
        return WarpedShot(conditioning, person, grid, carried, landmarks, head, tuple(origins), shown.turns)

    @property
    def background(self) -> NDArray[np.float32]:
        """What lies behind the person (H, W, 3), 0..255: still."""
        return self._carriers[0].background

    @property
    def unknown(self) -> Mask:
        """Where (H, W; 0 or 1) the background is a guess."""
        return self._carriers[0].unknown

    def _carry(self, landmarks: Landmarks, head: Head, without: int | None) -> tuple[Carried, list[Origin]]:
        """Return the whole picture, of the shots of the take that are nearest in pose, and where it came from."""
        left_out = self._take.index(without) if without in self._take else None
        weights = without_least(self._nearest(head, left_out))
        shown = np.flatnonzero(weights).tolist()
        carried = [self._carriers[number](landmarks, head) for number in shown]
        picture = blend(carried, weights[shown])
        if 0 not in shown:
            picture = self._carriers[0].before_own_background(picture, landmarks, head)
        left = np.ones_like(picture.carried)
        turned = _turn(self._carriers[0].head)
        if self._mirrored is not None and (_turn(head) - turned) * -np.sign(turned) > MIRRORED_TURN:
            mirrored = self._mirrored(landmarks, head)
            share = lacking_side(picture, mirrored)
            picture, left = complete(picture, mirrored, share), 1 - share
        whole = (slice(0, self._size), slice(0, self._size))
        origins = [
            Origin(self._take[number], whole, one.grid.positions, one.carried * one.grid.whole * left, weight)
            for number, one, weight in zip(shown, carried, in_turn(weights[shown]).tolist(), strict=True)
            if weight
        ]
        return picture, origins

    def _mirror(self, shot: Shot) -> Carrier | None:
        """Return the mirror image of a shot that shows one side of the head only, in the light of that side."""
        if abs(_turn(self._carriers[0].head)) < MIRRORED_FROM:
            return None
        other = mirror_shot(shot)
        anchor = self._carriers[0](other.landmarks, head_of(other.landmarks))
        relit = in_light_of(other, anchor.colour, anchor.validity * (anchor.grid.triangles >= 0))
        return Carrier(relit, glasses=self._glasses is not None)


def skull_coordinates(pose: Pose, size: int) -> NDArray[np.float32]:
    """Return (size, size, 2) coordinates in 0..1 of each pixel in the skull's own frame; 0.5 is between the eyes."""
    inverse = np.linalg.inv(pose.scale * pose.rotation[:2, :2])
    offset = (pose.translation[:2] + pose.scale * SKULL_DEPTH * pose.rotation[:2, 2]).astype(np.float32)
    x, y = (np.arange(size, dtype=np.float32) - middle for middle in offset)
    linear = (inverse * 0.5 / SKULL_SPAN).astype(np.float32)
    planes = np.stack([np.add.outer(down * y + np.float32(0.5), across * x) for across, down in linear])
    return np.asarray(np.clip(planes, 0, 1, out=planes).transpose(1, 2, 0))


def _turn(head: Head) -> float:
    """Return the sine of a head's turn to the side."""
    return float(head.pose.rotation[2, 0])


def _opening_change(skull: NDArray[np.float32], change: NDArray[np.float64]) -> Mask:
    """Return (H, W) 0.5 plus the change of opening, of controls (8,): of the lips below the nose, of each eye above."""
    lips, right, left = (np.float32(OPENING_GAIN * change[number]) for number in OPENINGS)
    below_nose, right_side = skull[:, :, 1] > 0.5 + 0.5 * 0.6 / SKULL_SPAN, skull[:, :, 0] < 0.5
    return np.asarray(0.5 + np.where(below_nose, lips, np.where(right_side, 2 * right, 2 * left)), np.float32)


def _lay(patch: Patch, colour: NDArray[np.float32], validity: Mask) -> None:
    """Lay one patch over the frame, in place."""
    there, sure = _part(patch, colour), _part(patch, validity)
    there[:] = mixed(there, patch.colour, patch.inside)
    sure += patch.inside * (patch.shown - sure)


def _part(patch: Patch, frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the part of a frame (H, W) or (H, W, 3) that a patch covers."""
    height, width = patch.inside.shape
    return frame[patch.top : patch.top + height, patch.left : patch.left + width]


def sample_skin(image: Image, landmarks: Landmarks) -> NDArray[np.float64]:
    """Return the median colour (3,) of the cheeks."""
    places = np.clip(np.round(landmarks[list(CHEEKS), :2]).astype(int), 1, image.shape[0] - 2)
    patches = [image[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3) for x, y in places]
    return np.asarray(np.median(np.concatenate(patches), axis=0))
