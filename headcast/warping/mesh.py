"""A shot's landmarks in, a triangle mesh over the whole picture out; moved landmarks in, a sampling grid out.

The mesh is the tracker's face mesh without mouth and eye openings, rings around it that follow the skull, and a
grid over neck, shoulders and frame that follows less the farther it lies. Triangles that turn their back show
nothing but cracks, and near ones cover far ones, so the grid does not fold: a chin that goes down covers the neck.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import Head, Pose, apply_pose, face_model, head_of, remove_pose
from headcast.geometry.topology import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_EYE,
    NUM_FACE,
    OUTER_LIPS,
    PAPER_LEFT_BROW,
    PAPER_RIGHT_BROW,
    RIGHT_EYE,
    TRIANGLES,
)
from headcast.pixels.mixing import mixed
from headcast.pixels.sampling import around, nearest_where, sample, torn
from headcast.types import Landmarks
from headcast.warping.delaunay import delaunay
from headcast.warping.edges import FREE, PhotoEdges
from headcast.warping.glasses import slip_as_one
from headcast.warping.painter import paint
from headcast.warping.side_depth import as_deep, moved_by_depth, to_the_side
from headcast.warping.slip import Slip, face_shares
from headcast.warping.spread import of_blocks, spread_evenly
from headcast.warping.triangles import affine_maps, doubled_areas, facing

Points = NDArray[np.float64]

FEATURES = (*PAPER_RIGHT_BROW, *PAPER_LEFT_BROW, *RIGHT_EYE, *LEFT_EYE, *OUTER_LIPS)  # what is never stretched
EAR_DEPTH = 1.25  # canonical depth of the plane in which ears and the sides of the hair lie ...
TOP_DEPTH = 0.9  # ... and of the hair above the forehead
DEEPER, HIDDEN = 2.0, 0.5  # how soon depth grows with a ring's size, and how much of its breadth depth may hide
TOP = (0.2, 1.2)  # canonical heights above the eyes between which one gives way to the other
HEAD_CENTRE = np.array([0.0, 0.45])  # canonical centre of the head's outline
HEAD_RADII = np.array([1.3, 1.75])  # canonical half width and half height of skull and chin
RINGS = ((1.18, 0.6), (1.45, 0.25))  # size of each ring around the face oval, its share of the jaw's own motion
GRID_STEPS = 11
GRID_MARGIN = 0.3  # the grid reaches over the frame by this share of its side
MIN_AREA = 0.05  # in square pixels; thinner triangles show nothing
INSIDE = 2.0  # pixels inside of the shot's face that surroundings show only where they double it
NEARER = (2.0, 5.0)  # pixels nearer to the face than they are now, from which on surroundings count as doubled ...
RIM = (2.0, 5.0)  # ... if the shot shows them at most so many pixels from the face
EVEN_OVER = 7  # pixels over which it is evened how far surroundings count as doubled, and what is shown there instead
GRAZING = (0.1, 0.35)  # cosines between which a triangle of the shot goes from unseen to trusted


@dataclass(frozen=True)
class SamplingGrid:
    """Where each pixel of the new picture comes from.

    `positions` (H, W, 2) float32 are x and y in the shot; `trusted` (H, W) float32 in 0..1 is low where the
    shot shows that place at a grazing angle or from behind, `torn` (H, W) is 1 where one surface ends before
    another. `triangles` (H, W) int32 are the numbers of the face's triangles that are seen, those of its openings
    after the rest; negative elsewhere.
    """

    positions: NDArray[np.float32]
    trusted: NDArray[np.float32]
    torn: NDArray[np.float32]
    triangles: NDArray[np.int32]

    @cached_property
    def whole(self) -> NDArray[np.float32]:
        """0 (H, W) near where it is torn, so that between pixels of 1 places can be read between theirs."""
        return np.asarray(1 - np.minimum(2 * self.torn, 1), np.float32)


@cache
def face_triangles() -> NDArray[np.int64]:
    """Return the face mesh's triangles (T, 3), all turned the same way; eyes and mouth are holes."""
    triangles = np.array(TRIANGLES, np.int64)
    mirrored = doubled_areas(face_model().mean[triangles]) < 0
    triangles[mirrored] = triangles[mirrored][:, ::-1]
    return triangles


@cache
def opening_triangles() -> NDArray[np.int64]:
    """Return triangles (T, 3) over mouth and eyes, for the seams under the patches that fill them."""
    rings = (INNER_LIPS, RIGHT_EYE, LEFT_EYE)
    return np.array([(ring[0], ring[i], ring[i + 1]) for ring in rings for i in range(1, len(ring) - 1)])


def head_follow(points: Points, pose: Pose) -> NDArray[np.float64]:
    """Return how much (N,) image points (N, 2) move with the head: 1 at the skull, falling over neck and frame."""
    canonical = (points - pose.translation[:2]) / pose.scale @ pose.rotation[:2, :2]
    radius = np.linalg.norm((canonical - HEAD_CENTRE) / HEAD_RADII, axis=1)
    around = 1 - smoothstep(radius, 1.25, 2.4)
    below = 1 - 0.9 * smoothstep(canonical[:, 1], 1.8, 3.6)
    return np.asarray(np.minimum(around, below))


class Mesh:
    """The mesh of one shot of `size` x `size` pixels; on its pinned `edges` who goes on beyond them stays.

    If there are `glasses`, they slip as one. `slips` is False only for who measures what the mesh alone would do.
    """

    def __init__(
        self, landmarks: Landmarks, size: int, edges: PhotoEdges = FREE, *, glasses: bool = False, slips: bool = True
    ) -> None:
        self.size = size
        self.head = head_of(landmarks)
        self.pose = self.head.pose
        face = remove_pose(landmarks, self.pose)
        self._columns = np.arange(size, dtype=np.float32)
        self._rows = self._columns[:, None]
        self._oval = np.array(FACE_OVAL)
        self._oval_at_rest = face[self._oval]
        self._around = self._make_surroundings(face)
        self._sides = to_the_side(self._around[:, :2] - HEAD_CENTRE)
        self._around_rest = apply_pose(self._around, self.pose).astype(np.float64)
        free = edges.free(self._around_rest[:, :2], size)
        self._edges = edges
        self._room = edges.room(self._around_rest[:, :2], size)
        self._follow = free * head_follow(self._around_rest[:, :2], self.pose)
        source = self._place(landmarks, self.pose)
        self._outer = self._triangulate_surroundings(source[:, :2])
        self._triangles = np.concatenate([self._outer, face_triangles(), opening_triangles()])
        corners = source[self._triangles]
        self._source = source[:, :2]
        shares, as_one = np.concatenate([face_shares(), free]), slip_as_one(glasses=glasses, num_points=len(source))
        self._slip = Slip(self.head, self._source, shares, as_one) if slips else None
        self._turn = np.ones(len(corners))
        self._turn[: len(self._outer)] = np.sign(doubled_areas(corners[: len(self._outer)]))
        self._trusted = np.ones(len(corners), np.float32)
        self._trusted[len(self._outer) :] = smoothstep(facing(corners[len(self._outer) :]), *GRAZING)
        self._trusted[-len(opening_triangles()) :] = 0
        gives = np.zeros(len(source))  # the face off lips and lids, and the rings around it
        gives[:NUM_FACE], gives[NUM_FACE : NUM_FACE + len(RINGS) * len(self._oval)] = face_shares(), 1
        self._gives = gives[self._triangles].min(1).astype(np.float32)
        face_area = self._paint_face(corners)
        distance = _distance_to(face_area) - _distance_to(np.asarray(1 - face_area, np.uint8))
        # of each pixel of the shot: how far the face is, and x and y of the nearest place beside the face
        self._to_face = np.asarray(distance, np.float32)
        self._beside = np.asarray(cv2.blur(nearest_where(distance >= RIM[1]), (EVEN_OVER, EVEN_OVER)), np.float32)

    def grid(self, landmarks: Landmarks, head: Head) -> SamplingGrid:
        """Return where each pixel comes from when the face moves to `landmarks`, which are those of `head`."""
        corners = self._place(landmarks, head.pose)[self._triangles]
        areas = doubled_areas(corners) * self._turn
        index = self._paint(corners, areas)
        slip = np.zeros_like(self._source) if self._slip is None else self._slip(head)
        source = (self._source + slip)[self._triangles]
        within = index >= 0
        positions = self._carry(affine_maps(corners[:, :, :2], source), source, index)
        trusted = np.where(areas > 0, self._trusted, np.float32(0)).take(index)
        if not within.all():
            positions[~within], trusted[~within] = -2 * self.size, 0  # outside of the mesh: far outside of the shot
        before = sample(self._to_face, positions, cv2.BORDER_REPLICATE)
        near = around(before < RIM[1], EVEN_OVER)  # nothing else can be doubled
        doubled = self._doubled(index[near], before[near], float(np.linalg.norm(slip[self._oval], axis=1).max()))
        if doubled.any():  # there, what lies beside the face: hair, an ear or background
            beside = sample(self._beside, positions[near], cv2.BORDER_REPLICATE)
            positions[near] = mixed(positions[near], beside, doubled)
            trusted[near] *= 1 - doubled
        positions = spread_evenly(positions, self._gives.take(of_blocks(index)), head.pose.scale)
        positions = self._edges.keep_inside(positions, within, self._source[list(FEATURES)])
        return SamplingGrid(positions, trusted, torn(positions), np.asarray(index - len(self._outer), np.int32))

    def _carry(self, maps: NDArray[np.float32], source: Points, index: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the places (H, W, 2) where the `maps` (T, 2, 3) of the triangles lead, by their `index` (H, W).

        A triangle seen from its edge covers pixels beside it, where its map runs away: places stay by its `source`.
        """
        one, two, three = (source[:, corner].astype(np.float32) for corner in range(3))  # quicker than along an axis
        lowest = np.minimum(np.minimum(one, two), three) - 1
        highest = np.maximum(np.maximum(one, two), three) + 1
        axes = []
        for axis in (0, 1):  # plane by plane: NumPy is slow along short rows
            across, along, offset = np.ascontiguousarray(maps[:, axis].T)
            place = across.take(index)
            place *= self._columns
            step = along.take(index)
            step *= self._rows
            place += step
            place += offset.take(index)
            # A triangle covers half a pixel around itself: only a steep map leads farther than a pixel from its source.
            steep = np.flatnonzero((np.abs(across) + np.abs(along) > 1.9).take(index))
            there, flat = index.take(steep), place.reshape(-1)
            flat[steep] = np.minimum(np.maximum(flat[steep], lowest[there, axis]), highest[there, axis])
            axes.append(place)
        return np.asarray(cv2.merge(axes), np.float32)

    def _paint(self, corners: Points, areas: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the number of the triangle seen at each pixel (H, W), -1 for none."""
        num_outer, num_openings = len(self._outer), len(opening_triangles())
        by_depth = num_outer + np.argsort(-corners[num_outer:-num_openings, :, 2].sum(1))
        far_first = np.concatenate([np.arange(num_outer), by_depth])
        front = far_first[areas[far_first] > MIN_AREA]
        # Surroundings that turned their back lie under all others, to close the cracks beside a turned cheek.
        turned = np.flatnonzero(areas[:num_outer] < -MIN_AREA)
        openings = np.arange(len(corners) - num_openings, len(corners))
        order = np.concatenate([turned, front[front < num_outer], openings, front[front >= num_outer]])
        return paint(corners[order, :, :2], order, self.size)

    def _doubled(self, index: NDArray[np.intp], before: NDArray[np.float32], slip: float) -> NDArray[np.float32]:
        """Return 1 (h, w) where surroundings show what lay nearer to the face (h, w) in the shot than they lie now.

        `slip` pixels of it are right: so far the outline itself slips.
        """
        on_face = index >= len(self._outer)
        now = _distance_to(on_face.astype(np.uint8))
        nearer = np.clip((now - before - NEARER[0]) / (NEARER[1] - NEARER[0]), 0, 1)
        by_the_face = np.clip((RIM[1] - before) / (RIM[1] - RIM[0]), 0, 1)
        of_the_face = np.clip(-INSIDE - slip - before, 0, 1)
        doubled = np.maximum(nearer * by_the_face, of_the_face)
        doubled[on_face] = 0
        if not doubled.any():
            return np.asarray(doubled, np.float32)
        # distances go by steps of pixels: without this the outline is dotted
        beside = cv2.blur((~on_face).astype(np.float32), (EVEN_OVER, EVEN_OVER))
        even = cv2.blur(doubled.astype(np.float32), (EVEN_OVER, EVEN_OVER)) / np.maximum(beside, np.float32(1e-3))
        even[on_face] = 0
        return np.asarray(even, np.float32)

    def _paint_face(self, corners: Points) -> NDArray[np.uint8]:
        """Return 1 (H, W) uint8 where the shot shows the face, its openings closed, else 0."""
        index = self._paint(corners, doubled_areas(corners) * self._turn)
        face = (index >= len(self._outer)).astype(np.uint8)
        outline, _ = cv2.findContours(face, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return np.asarray(cv2.drawContours(face, list(outline), -1, (1,), cv2.FILLED), np.uint8)

    def _make_surroundings(self, face: Points) -> Points:
        """Return the canonical places (N, 3) of the rings, then of the grid outside of the rings."""
        rings = []
        for size, _ in RINGS:
            ring = self._oval_at_rest.copy()
            ring[:, :2] = HEAD_CENTRE + size * (ring[:, :2] - HEAD_CENTRE)
            depth = EAR_DEPTH + (TOP_DEPTH - EAR_DEPTH) * smoothstep(-ring[:, 1], *TOP)
            deeper = (depth - ring[:, 2]) * min(1.0, DEEPER * (size - 1))
            shown = as_deep(to_the_side(ring[:, :2] - HEAD_CENTRE), self.pose)
            ring[:, 2] += deeper * np.minimum(shown, self._unhidden(ring - self._oval_at_rest, deeper))
            rings.append(ring)
        steps = np.linspace(-GRID_MARGIN, 1 + GRID_MARGIN, GRID_STEPS) * (self.size - 1)
        grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        hull = cv2.convexHull(np.ascontiguousarray(apply_pose(rings[-1], self.pose)[:, :2]))
        gap = self.size / (GRID_STEPS - 1) / 3
        outside = [cv2.pointPolygonTest(hull, (float(x), float(y)), True) < -gap for x, y in grid]
        return np.concatenate([*rings, _lift(grid[outside], self.pose, EAR_DEPTH)])

    def _unhidden(self, outwards: Points, deeper: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the shares (N,) of how much `deeper` places that lie `outwards` (N, 3) of the oval may lie.

        Places that lay behind a turned face would leave a gap between face and hair as soon as it turns back.
        """
        beside = outwards[:, :2] @ self.pose.rotation[:2, :2].T
        width = np.maximum(np.linalg.norm(beside, axis=1), 1e-9)
        inwards = -(beside @ self.pose.rotation[:2, 2]) / width * deeper
        return np.asarray(np.minimum(1, HIDDEN * width / np.maximum(inwards, 1e-9)))

    def _triangulate_surroundings(self, vertices: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return triangles (T, 3) between the face oval and the frame, the least moving first."""
        names = np.concatenate([self._oval, np.arange(NUM_FACE, len(vertices))])
        triangles = names[delaunay(vertices[names, :2])]
        oval = vertices[self._oval].astype(np.float32)
        outside = [cv2.pointPolygonTest(oval, (float(x), float(y)), False) < 0 for x, y in vertices[triangles].mean(1)]
        triangles = triangles[outside]
        follow = np.concatenate([np.ones(NUM_FACE), self._follow])[triangles].sum(1)
        return np.asarray(triangles[np.argsort(follow, kind="stable")])

    def _place(self, landmarks: Landmarks, pose: Pose) -> Points:
        """Return all vertices (V, 3): the face at `landmarks`, the surroundings after the rigid `pose`."""
        moved = apply_pose(self._around, pose).astype(np.float64)
        moved[:, :2] += moved_by_depth(self._sides, self.pose, pose)
        jaw = landmarks[self._oval] - apply_pose(self._oval_at_rest, pose)
        for number, (_, share) in enumerate(RINGS):
            moved[number * len(jaw) : (number + 1) * len(jaw)] += share * jaw
        motion = self._follow[:, None] * (moved - self._around_rest)
        motion[:, :2] *= np.where(motion[:, :2] < 0, *self._room)
        return np.concatenate([landmarks[:NUM_FACE].astype(np.float64), self._around_rest + motion])


def _lift(points: Points, pose: Pose, depth: float) -> Points:
    """Return canonical points (N, 3) at canonical `depth` that the pose shows at image points (N, 2)."""
    across = (points - pose.translation[:2]) / pose.scale - depth * pose.rotation[:2, 2]
    return np.column_stack([across @ np.linalg.inv(pose.rotation[:2, :2]).T, np.full(len(points), depth)])


def _distance_to(area: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the distance in pixels (H, W) of each pixel to an area that is 1."""
    return np.asarray(cv2.distanceTransform(1 - area, cv2.DIST_L2, 3), np.float32)
