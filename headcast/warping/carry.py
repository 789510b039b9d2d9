"""One shot and driving landmarks in, its person carried there before its own background out.

The background is still; the person is carried by the mesh and cut by the matte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.geometry.measures import smoothstep
from headcast.geometry.pose import Head
from headcast.geometry.topology import MIRROR
from headcast.matting.layers import Fill, split_layers
from headcast.matting.revealed import Revealed, reveal
from headcast.pixels.mixing import mixed, to_image
from headcast.pixels.sampling import around, finer, in_finer, sample
from headcast.pixels.smooth import fill_smoothly
from headcast.types import Image, Landmarks, Mask, Shot
from headcast.warping.beyond import Grow, grow_beyond
from headcast.warping.drawn_out import DrawnOut
from headcast.warping.edges import FREE, PhotoEdges
from headcast.warping.mesh import Mesh, SamplingGrid
from headcast.warping.origins import Weights, in_turn, mixed_in_bands

COMPARED = 4 / 256  # of the side: what is finer may lie elsewhere within one take
SAME_TAKE = 18.0  # levels around the face: within one clip 4 at the median, between strangers 60
UNKNOWN = 1e-3  # share of a shot at a pixel that it does not show, for pixels that none shows
MIRRORED = (0.2, 0.6)  # trust that the mirrored shot has more than the shot, between which it takes its place
MIRRORED_RIM = 7  # pixels over which it fades
EDGE_SOFTNESS = 3  # pixels
FACE_EDGE = 3  # pixels over which the face's own coverage fades
EVENED, STEEP = 7, 3.0  # pixels over which it is evened, twice, how an outline runs, and how steep it is made again
OPEN = 0.5  # share of the person in a pixel of a gap, and of what closes it
GAP = 13  # pixels: wider gaps beside a face are background
SEEN, BESIDE = 0.05, 11  # share of the person in a pixel, and pixels beside it, that another shot shows of the person


@dataclass(frozen=True)
class Carried:
    """A person that was carried to new landmarks, before a background that was not.

    `person` (H, W, 3) float32 0..255 are the person's colours and `matte` (H, W) where they are seen; `background`
    (H, W, 3) lies behind, `known` (H, W) where some shot shows it. `trusted` and `carried` (H, W) in 0..1: how far a
    pixel shows the person and is right, and how far it is the shot's own carried along `grid`.
    """

    person: NDArray[np.float32]
    matte: Mask
    background: NDArray[np.float32]
    known: Mask
    trusted: Mask
    carried: Mask
    grid: SamplingGrid

    @property
    def colour(self) -> NDArray[np.float32]:
        """Return the whole picture (H, W, 3), 0..255."""
        return mixed(self.background, self.person, self.matte)

    @property
    def validity(self) -> Mask:
        """Return how far (H, W) each pixel of the picture can be trusted, 0..1."""
        return np.asarray(self.trusted + (1 - self.matte) * self.known)


class Carrier:
    """Carries the person of one shot to any landmarks; on pinned `edges` nobody who goes on beyond them moves.

    `fill` paints what the person hides of the background, `grow` what the photo's end cuts off of the person, who may
    wear `glasses`.
    """

    def __init__(
        self,
        shot: Shot,
        edges: PhotoEdges = FREE,
        fill: Fill = fill_smoothly,
        grow: Grow | None = None,
        *,
        glasses: bool = False,
    ) -> None:
        self._size = shot.image.shape[0]
        self._image, self._fill = shot.image, fill
        layers = split_layers(shot.image, shot.matte, fill, shot.landmarks)
        person, self._margin, edges = np.dstack([layers.person, layers.matte]), 0, edges.around(layers.matte)
        if grow is not None and edges.cut_off:
            person, edges, self._margin = grow_beyond(person, shot.landmarks, edges, grow)
        self._mesh = Mesh(shot.landmarks, self._size, edges, glasses=glasses)
        # in bytes, four a pixel: OpenCV reads those between pixels in a quarter of the time that wider numbers take
        in_bytes = to_image(person * np.array([1, 1, 1, 255], np.float32))
        self._person, self._drawn_out = finer(in_bytes), DrawnOut(in_bytes)
        closed = cv2.morphologyEx(layers.matte, cv2.MORPH_CLOSE, _square(GAP))
        gaps = ((closed > OPEN) & (layers.matte < OPEN)).astype(np.float32)
        self._open = np.asarray(cv2.morphologyEx(gaps, cv2.MORPH_OPEN, _square(FACE_EDGE)), np.float32)
        self.background, self.unknown = layers.background, layers.hidden

    @property
    def head(self) -> Head:
        """Return pose and controls of the shot."""
        return self._mesh.head

    def reveal(self, others: Sequence[tuple[Image, Mask]]) -> tuple[Revealed, ...]:
        """Learn from other pictures, each with where it is `free`, what the person hides of the background here."""
        revealed = reveal(self._image, self.unknown, others)
        if revealed:
            behind = self._image.astype(np.float32)
            for one in revealed:
                behind = one.lay(behind, others[one.number][0])
            image = np.where(self.unknown[:, :, None] > 0, to_image(behind), self._image)
            self.unknown = self.unknown * (1 - np.max([one.shown for one in revealed], axis=0))
            self.background = np.asarray(self._fill(image, self.unknown), np.float32)
        return tuple(revealed)

    def __call__(self, landmarks: Landmarks, head: Head) -> Carried:
        """Carry the person to `landmarks`, which are those of `head`."""
        grid = self._mesh.grid(landmarks, head)
        places = grid.positions + np.float32(self._margin) if self._margin else grid.positions
        picture = sample(self._person, in_finer(places), cv2.BORDER_REPLICATE)
        drawn = self._drawn_out(picture, places, grid)
        _soften(picture, grid.torn)
        matte = np.asarray(cv2.extractChannel(picture, 3) * np.float32(1 / 255), np.float32)
        _close_gaps(matte, grid.triangles >= 0, self._open, grid.positions)
        _even_outline(matte, grid.torn)
        trusted = matte * grid.trusted * _inside_frame(grid.positions, self._size)
        colours = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGBA2RGB), np.float32)
        return Carried(colours, matte, self.background, 1 - self.unknown, trusted, trusted * (1 - drawn), grid)

    def before_own_background(self, carried: Carried, landmarks: Landmarks, head: Head) -> Carried:
        """Return what other shots carried to `landmarks` before this one's background, of which nothing is carried."""
        grid = self._mesh.grid(landmarks, head)
        none = np.zeros_like(carried.carried)
        return replace(carried, background=self.background, known=1 - self.unknown, carried=none, grid=grid)


def free_of(hidden: Mask, matte: Mask) -> Mask:
    """Return 1 (H, W) where a shot shows its background, else 0.

    That is where nothing is `hidden` (H, W), and no other shot's person would stand, by the `matte` (H, W) that is
    carried here: it may hold more of them, as an earring that is found in one shot only.
    """
    stands = cv2.dilate((matte > SEEN).view(np.uint8), _square(BESIDE))
    return np.asarray((hidden == 0) & (stands == 0), np.float32)


def blend(pictures: Sequence[Carried], weights: Weights) -> Carried:
    """Blend persons of one take, each where it can be trusted; background and `grid` stay the first one's."""
    first = pictures[0]
    if len(pictures) == 1:
        return first
    sure = [one.trusted + (1 - one.matte) + UNKNOWN for one in pictures]
    shares, strong = _shares(weights, sure), _shares(in_turn(weights), sure)
    person = mixed_in_bands([one.person for one in pictures], shares, strong)
    matte = np.sum([share * one.matte for share, one in zip(strong, pictures, strict=True)], axis=0)
    trusted = np.sum([share * one.trusted for share, one in zip(shares, pictures, strict=True)], axis=0)
    return replace(first, person=person, matte=matte, trusted=trusted, carried=first.carried * strong[0])


def _shares(weights: Weights, sure: Sequence[Mask]) -> list[Mask]:
    """Return each picture's part (H, W) by its weight and how sure it is."""
    shares = [np.float32(weight) * each for weight, each in zip(weights, sure, strict=True)]
    total = np.maximum(np.sum(shares, axis=0), np.float32(1e-9))
    return [share / total for share in shares]


def lacking_side(first: Carried, mirrored: Carried) -> Mask:
    """Return how far (H, W) the mirrored shot shows of a turned face what the first one does not: its far side."""
    lacking = smoothstep(mirrored.grid.trusted - first.grid.trusted, *MIRRORED) * (first.grid.triangles >= 0)
    return np.asarray(cv2.blur(lacking, (MIRRORED_RIM, MIRRORED_RIM)) * (first.grid.triangles >= 0), np.float32)


def complete(first: Carried, mirrored: Carried, share: Mask) -> Carried:
    """Show the `share` (H, W) of the mirrored shot that the first one lacks."""
    return replace(
        first,
        person=mixed(first.person, mirrored.person, share),
        trusted=first.trusted + share * (mirrored.trusted - first.trusted),
        carried=first.carried * (1 - share),
    )


def mirror_shot(shot: Shot) -> Shot:
    """Return the shot as a mirror shows it."""
    landmarks = shot.landmarks[MIRROR] * np.array([-1, 1, 1], np.float32)
    landmarks[:, 0] += shot.image.shape[1] - 1
    return Shot(np.ascontiguousarray(shot.image[:, ::-1]), landmarks, np.ascontiguousarray(shot.matte[:, ::-1]))


def same_take(carried: Carried, shot: Shot) -> bool:
    """Tell whether a picture carried to a shot's landmarks is of the same take: hair, clothes and background agree."""
    around = carried.validity * (carried.grid.triangles < 0)
    difference = cv2.GaussianBlur(carried.colour - shot.image, (0, 0), COMPARED * shot.image.shape[0])
    return bool((np.abs(difference).mean(axis=2) * around).sum() < SAME_TAKE * around.sum())


def _close_gaps(matte: Mask, face: NDArray[np.bool_], own: Mask, positions: NDArray[np.float32]) -> None:
    """Close, in place, the gaps in a matte (H, W) that a moved `face` (H, W) leaves in and beside itself.

    Not those that the shot has of its `own` (H, W), of which it shows `positions` (H, W, 2).
    """
    near = around(face, 2 * GAP)  # beyond that neither the face nor the gaps beside it reach
    part, covered = matte[near], face[near].view(np.uint8)
    inside, beside = (
        cv2.blur(area.astype(np.float32), (FACE_EDGE, FACE_EDGE))
        for area in (cv2.erode(covered, _square(FACE_EDGE)), cv2.dilate(covered, _square(GAP)))
    )
    closed = (1 - sample(own, positions[near])) * beside * cv2.morphologyEx(part, cv2.MORPH_CLOSE, _square(GAP))
    np.maximum(np.maximum(part, inside), closed, out=part)


def _even_outline(matte: Mask, where: Mask) -> None:
    """Even, in place, the steps of whole pixels of a matte (H, W) `where` (H, W) one surface ends before another."""
    near = around(where > 0, EVENED)
    part = matte[near]
    wide = cv2.blur(cv2.blur(part, (EVENED, EVENED)), (EVENED, EVENED))
    evened = np.clip((wide - OPEN) * np.float32(STEEP) + OPEN, 0, 1)
    part += cv2.blur(cv2.dilate(where[near], _square(EDGE_SOFTNESS)), (EDGE_SOFTNESS, EDGE_SOFTNESS)) * (evened - part)


def _square(size: int) -> NDArray[np.uint8]:
    return np.ones((size, size), np.uint8)


def _soften(picture: NDArray[np.uint8], where: Mask) -> None:
    """Make edges in a picture (H, W, C) as soft as a camera does, in place."""
    near = around(where > 0, EDGE_SOFTNESS)
    part = picture[near].astype(np.float32)
    blurred = np.asarray(cv2.blur(part, (EDGE_SOFTNESS, EDGE_SOFTNESS)), np.float32)
    picture[near] = to_image(mixed(part, blurred, where[near]))


def _inside_frame(positions: NDArray[np.float32], size: int) -> Mask:
    """Return 1 where positions (H, W, 2) lie within a frame of `size` pixels, else 0."""
    inside = ((positions > -1) & (positions < size)).view(np.uint16) == 0x0101
    return np.asarray(inside[:, :, 0], np.float32)
