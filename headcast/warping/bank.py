"""Shots of one person in; for moved landmarks, the skin, mouth and eyes of those that show this expression out.

The first shot is the anchor: hair, body, background and light of the warped shot are its own. Within the face up to
three shots are blended, those whose expression and pose are nearest, with weights that change smoothly with the
motion; mouth and eyes choose for themselves. All are carried by the triangles of one mesh, so that eyes lie on eyes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.nearest import (
    EYE_CONTROLS,
    MOUTH_CONTROLS,
    SKIN_CONTROLS,
    NearestFaces,
    Turns,
    Weights,
    behind_for_blur,
)
from headcast.geometry.pose import Controls, Face, Head, Pose, remove_pose
from headcast.geometry.topology import FACE_OVAL, LEFT_EYE, NUM_FACE, OUTER_LIPS, RIGHT_EYE
from headcast.pixels.sampling import finer, in_finer, sample
from headcast.types import Landmarks, Mask, Shot
from headcast.warping.glasses import slip_as_one
from headcast.warping.interior import Eye, Mouth, mouth_patch
from headcast.warping.mesh import GRAZING, face_triangles, opening_triangles
from headcast.warping.origins import Box, Origin, in_turn, mixed_in_bands, without_least
from headcast.warping.patch import Patch
from headcast.warping.seams import lash_line, lip_seam
from headcast.warping.slip import Slip, face_shares
from headcast.warping.triangles import facing

OUTSIDE = 2.0  # pixels around the face, so that its outline is seen
STEP = 2  # places in the shots are computed for every other pixel; between them they change evenly
RIM = (0.04, 0.2)  # eye distances inside of the face's outline between which other shots fade in
MOUTH_RADII, EYE_RADII = (0.75, 0.6), (0.42, 0.3)  # of the ellipses that choose for themselves, in eye distances
ELLIPSE_RIM = 0.3  # share of an ellipse over which it fades
SKIN_REACH, MOUTH_REACH, EYE_REACH = 0.4, 0.5, 0.4  # spreads over which shots take turns: soon, for a mean is soft


@dataclass(frozen=True)
class ShownFace:
    """What to lay over the warped anchor, in this order.

    `skin` are face, lips and eyes, nothing where the anchor is alone, and `origins` where each of them came from; of
    each the anchor's finer detail keeps its share in `detail`: all of the face's, whose skin all shots share.
    `controls` (8,) are those of the blended shots, `turns` the weights (N,) of the shots for "mouth" and "eyes".
    """

    skin: tuple[Patch, ...]
    origins: tuple[tuple[Origin, ...], ...]
    mouth: Patch
    eyes: tuple[Patch, Patch]
    seams: tuple[Patch, ...]
    detail: tuple[float, ...]
    controls: Controls
    turns: Mapping[str, Weights]


class FaceBank:
    """The faces of one or more shots of one size in one light; the first is the anchor. `skin` is its colour (3,).

    `heads` are what the shots show: their landmarks may be those of glasses, which tell nothing of brows.
    Where it `follows` the frames of one video, shots take turns as `Turns` says. The person may wear `glasses`.
    """

    def __init__(
        self,
        shots: Sequence[Shot],
        heads: Sequence[Head],
        skin: NDArray[np.float64],
        *,
        glasses: bool = False,
        follows: bool = False,
    ) -> None:
        self._size = shots[0].image.shape[0]
        self._faces = [_Face(*known, skin, glasses=glasses) for known in zip(shots, heads, strict=True)]
        self._mouths = [face.mouth for face in self._faces]
        self._controls = np.stack([head.controls for head in heads])
        behind = behind_for_blur([shot.detail for shot in shots])
        reaches = (SKIN_CONTROLS, SKIN_REACH), (MOUTH_CONTROLS, MOUTH_REACH), (EYE_CONTROLS, EYE_REACH)
        nearest = [NearestFaces(heads, *each, behind) for each in reaches]
        self._nearest = [Turns(near) for near in nearest] if follows else nearest

    def __call__(
        self, landmarks: Landmarks, face: Face, head: Head, triangles: NDArray[np.int32], without: int | None = None
    ) -> ShownFace:
        """Return the face at `landmarks`, made of all shots, or `without` one of them.

        `face` is the same as `landmarks` but without the pose of its `head`; `triangles` (H, W) are those seen there.
        """
        pose = head.pose
        skin, mouth, eyes = (without_least(near(head, without)) for near in self._nearest)
        controls = skin @ self._controls
        controls[list(MOUTH_CONTROLS)] = mouth @ self._controls[:, MOUTH_CONTROLS]
        controls[list(EYE_CONTROLS)] = eyes @ self._controls[:, EYE_CONTROLS]
        alone = len(self._faces) == 1
        shown = () if alone else self._skin(landmarks, head, triangles, (skin, mouth, eyes, eyes))
        return ShownFace(
            tuple(patch for patch, _ in shown),
            tuple(origins for _, origins in shown),
            mouth_patch(self._mouths, mouth.tolist(), self._mouths[0].draw(landmarks, face, pose), pose),
            (self._eye(0, eyes, landmarks, pose), self._eye(1, eyes, landmarks, pose)),
            tuple(self._seam(which, say, landmarks) for which, say in enumerate((mouth, eyes, eyes))),
            (1.0, float(mouth[0]), float(eyes[0]), float(eyes[0])),
            controls,
            {"mouth": mouth, "eyes": eyes},
        )

    def _skin(
        self, landmarks: Landmarks, head: Head, triangles: NDArray[np.int32], weights: Sequence[Weights]
    ) -> tuple[tuple[Patch, tuple[Origin, ...]], ...]:
        """Return the patches of the whole face, the lips and both eyes, and where each came from."""
        pose = head.pose
        whole = _box(landmarks[list(FACE_OVAL)], self._size, OUTSIDE)
        inside = np.zeros(triangles.shape, np.float32)
        inside[whole] = _within(triangles[whole] >= 0, pose.scale)
        regions = [(whole, inside[whole])]
        for ring, radii in ((OUTER_LIPS, MOUTH_RADII), (RIGHT_EYE, EYE_RADII), (LEFT_EYE, EYE_RADII)):
            box = _box(landmarks[list(ring)], self._size, radii[0] * pose.scale)
            regions.append((box, inside[box] * _ellipse(landmarks[list(ring), :2], pose, radii, box)))
        to_edges, patches = _to_edges(landmarks), []
        edges = {number: self._faces[number].edges(head) for number in np.flatnonzero(np.sum(weights, axis=0)).tolist()}
        for region, ((box, share), say) in enumerate(zip(regions, weights, strict=True)):
            blended = self._blend_skin(say, _Places(to_edges, triangles, box), edges)
            inside = share * np.clip(2 * blended.seen, 0, 1)
            shown = [
                Origin(number, box, positions, inside * trusted, weight, skin=region == 0)
                for number, positions, trusted, weight in blended.origins
            ]
            patches.append((Patch(box[1].start, box[0].start, blended.colour, inside, blended.seen), tuple(shown)))
        return tuple(patches)

    def _blend_skin(self, weights: Weights, places: "_Places", edges: Mapping[int, NDArray[np.float32]]) -> "_Skin":
        """Return the blended skin of a box."""
        some = np.flatnonzero(weights).tolist()
        trusted = [places.enlarged(self._faces[number].trusted[places.triangles]) for number in some]
        positions = [places.positions(edges[number]) for number in some]
        skins = [self._faces[number].skin(there) for number, there in zip(some, positions, strict=True)]
        seen, parts = _shares(weights[some], trusted)
        if len(some) == 1:
            return _Skin(skins[0], seen, ((some[0], positions[0], trusted[0], 1.0),))
        turns = in_turn(weights[some])
        colour = mixed_in_bands(skins, parts, _shares(turns, trusted)[1])
        known = zip(some, positions, trusted, turns.tolist(), strict=True)
        return _Skin(colour, seen, tuple(one for one in known if one[3]))

    def _eye(self, which: int, weights: Weights, landmarks: Landmarks, pose: Pose) -> Patch:
        some = np.flatnonzero(weights)
        patches: list[Patch] = [self._faces[number].eyes[which].patch(landmarks, pose) for number in some]
        if len(some) == 1:
            return patches[0]
        shares = [np.float32(weight) for weight in weights[some]]
        colour = np.sum([share * patch.colour for share, patch in zip(shares, patches, strict=True)], axis=0)
        shown = np.sum([share * patch.shown for share, patch in zip(shares, patches, strict=True)], axis=0)
        return replace(patches[0], colour=colour, shown=shown)

    def _seam(self, which: int, weights: Weights, landmarks: Landmarks) -> Patch:
        some = np.flatnonzero(weights)
        patches: list[Patch] = [self._faces[number].seams[which](landmarks) for number in some]
        if len(some) == 1:
            return patches[0]
        shares = weights[some].astype(np.float32)
        inside = np.sum([share * patch.inside for share, patch in zip(shares, patches, strict=True)], axis=0)
        return replace(patches[int(shares.argmax())], inside=inside)


@dataclass(frozen=True)
class _Skin:
    """Blended skin: `colour` (h, w, 3), how much of it (h, w) in 0..1 is `seen`.

    `origins` are the shots that its detail comes from: numbers, positions in them, how far these are trusted, weights.
    """

    colour: NDArray[np.float32]
    seen: Mask
    origins: tuple[tuple[int, NDArray[np.float32], Mask, float], ...]


def _shares(weights: Weights, trusted: Sequence[Mask]) -> tuple[Mask, list[Mask]]:
    """Return how much (h, w) shots of these weights show, each as far as it is trusted, and what part is each one's."""
    shares = [np.float32(weight) * each for weight, each in zip(weights, trusted, strict=True)]
    seen = np.sum(shares, axis=0)
    return seen, [share / np.maximum(seen, np.float32(1e-6)) for share in shares]


class _Face:
    """One shot's face, ready to be carried."""

    def __init__(self, shot: Shot, head: Head, skin: NDArray[np.float64], *, glasses: bool) -> None:
        self._image = finer(shot.image)
        pose = head.pose
        face = remove_pose(shot.landmarks, pose)
        corners = shot.landmarks[_triangles()].astype(np.float64)
        self.trusted = smoothstep(facing(corners), *GRAZING).astype(np.float32)
        self._points = shot.landmarks[:NUM_FACE, :2].astype(np.float64)
        self._slip = Slip(head, self._points, face_shares(), slip_as_one(glasses=glasses, num_points=NUM_FACE))
        self.mouth = Mouth(shot.image, shot.landmarks, face, pose, skin)
        self.eyes = [Eye(shot.image, shot.landmarks, face, pose, left=left) for left in (False, True)]
        lashes = (lash_line(shot.image, shot.landmarks, left=left) for left in (False, True))
        self.seams = (lip_seam(shot.image, shot.landmarks), *lashes)

    def edges(self, head: Head) -> NDArray[np.float32]:
        """Return each triangle's first corner in the shot and its two edges (T, 3, 2), for a head that is driven."""
        corners = (self._points + self._slip(head))[_triangles()].astype(np.float32)
        return np.stack([corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], 1)

    def skin(self, positions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shot's pixels (h, w, 3) float32 at positions (h, w, 2) in it."""
        return sample(self._image, in_finer(positions), cv2.BORDER_REPLICATE).astype(np.float32)


class _Places:
    """Where on the face the pixels of a box lie: the triangle seen there, and how far `along` (h, w, 2) its edges."""

    def __init__(self, to_edges: NDArray[np.float32], triangles: NDArray[np.int32], box: Box) -> None:
        self._height, self._width = (side.stop - side.start for side in box)
        self.triangles = triangles[box][::STEP, ::STEP]
        table = to_edges[self.triangles]
        height, width = self.triangles.shape
        y = (box[0].start + STEP / 2 - 0.5 + STEP * np.arange(height, dtype=np.float32))[:, None] - table[:, :, 1]
        x = box[1].start + STEP / 2 - 0.5 + STEP * np.arange(width, dtype=np.float32) - table[:, :, 0]
        along = np.stack([table[:, :, 2] * x + table[:, :, 3] * y, table[:, :, 4] * x + table[:, :, 5] * y], -1)
        self.along = np.clip(along, -0.5, 1.5)  # a triangle seen from its edge covers pixels beside it

    def positions(self, edges: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return x and y (h, w, 2) in a shot whose face's triangles have these corners and `edges` (T, 3, 2)."""
        corner, one, two = np.moveaxis(edges[self.triangles], 2, 0)
        return self.enlarged(corner + self.along[:, :, :1] * one + self.along[:, :, 1:] * two)

    def enlarged(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return values that are known at each place for every pixel of the box."""
        full = cv2.resize(values, None, fx=STEP, fy=STEP, interpolation=cv2.INTER_LINEAR)
        return np.asarray(full[: self._height, : self._width], np.float32)


@cache
def _triangles() -> NDArray[np.int64]:
    """Return the triangles (T, 3) that SamplingGrid.triangles numbers."""
    return np.concatenate([face_triangles(), opening_triangles()])


def _to_edges(landmarks: Landmarks) -> NDArray[np.float32]:
    """Return for each triangle (T, 6) its first corner, and the matrix from pixels after it to shares of its edges."""
    corners = landmarks[_triangles(), :2]
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    area = np.where(np.abs(area) < 1e-4, np.float32(1e-4), area)
    inverse = np.stack([two[:, 1], -two[:, 0], -one[:, 1], one[:, 0]], 1) / area[:, None]
    return np.concatenate([corners[:, 0], inverse], 1)


def _within(face: NDArray[np.bool_], scale: float) -> Mask:
    """Return 1 (h, w) inside of a face, falling to 0 towards its outline."""
    distance = cv2.distanceTransform(face.astype(np.uint8), cv2.DIST_L2, 3)
    return smoothstep(np.asarray(distance, np.float32), *(scale * share for share in RIM))


def _ellipse(ring: NDArray[np.float32], pose: Pose, radii: tuple[float, float], box: Box) -> Mask:
    """Return 1 (h, w) around the middle of points (N, 2), falling to 0 towards an ellipse of `radii` eye distances."""
    middle = (ring.min(0) + ring.max(0)) / 2
    down = (pose.rotation[:2, 1] / np.linalg.norm(pose.rotation[:2, 1])).astype(np.float32)
    y = np.arange(box[0].start, box[0].stop, dtype=np.float32)[:, None] - middle[1]
    x = np.arange(box[1].start, box[1].stop, dtype=np.float32) - middle[0]
    across, along = (radius * np.float32(pose.scale) for radius in radii)
    radius = np.hypot((x * down[1] - y * down[0]) / across, (x * down[0] + y * down[1]) / along)
    return np.asarray(1 - smoothstep(radius, 1 - ELLIPSE_RIM, 1), np.float32)


def _box(points: Landmarks, size: int, margin: float) -> Box:
    """Return the rows and columns around points (N, 3) with a margin, within a frame of `size` pixels, never none."""
    low = np.clip(np.floor(points.min(0)[:2] - margin), 0, size - 2).astype(int).tolist()
    high = np.clip(np.ceil(points.max(0)[:2] + margin) + 1, np.add(low, 1), size).astype(int).tolist()
    return slice(low[1], high[1]), slice(low[0], high[0])
