"""A picture and the landmarks of a face in it in, their mean over several looks at the face out.

How far the mesh's network errs depends on where the face stands in what it reads, by about 0.005 eye distances at the
lids and 0.007 at the lips; so it is shown the face larger and smaller, turned, moved and in a mirror. Regions are read
as MediaPipe reads them, from the pixels' corners instead of their middles, which is taken back here.
"""

from dataclasses import dataclass
from itertools import chain, cycle
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.media.planes import Picture
from headcast.tracking.follow import MESH_SIZE, FaceMesh
from headcast.tracking.region import Region, region_around
from headcast.types import Landmarks

_EDGE: Final = np.array([0.5, 0.5, 0.0], np.float32)  # of the first pixel, from its middle

_Steps = NDArray[np.float32]  # (478, 3), in sides of the face's region, upright with it


@dataclass(frozen=True)
class _Look:
    """How a look's region differs from the face's: `down` and `growth` are shares of its side, `turn` in radians."""

    down: float
    growth: float
    turn: float
    mirrored: bool

    def __call__(self, image: Picture, face: Landmarks, place: Region, mesh: FaceMesh) -> _Steps | None:
        """Return how far each landmark is seen from where `face` has it in its `place`, None where no face is seen."""
        region = Region(
            place.x, place.y + self.down * place.side, place.side * float(np.exp(self.growth)), place.angle + self.turn
        )
        seen = mesh(image, region, self.mirrored)
        return None if seen is None else (seen - face) @ _upright(place) / np.float32(place.side)


_LOOKS: Final = (
    _Look(0.02, 0.08, 0.05, mirrored=False),
    _Look(-0.02, -0.08, -0.05, mirrored=True),
    _Look(-0.02, -0.08, -0.05, mirrored=False),
    _Look(0.02, 0.08, 0.05, mirrored=True),
)
_CORNER: Final = np.array([0.5, 0.4, 0.0]) / MESH_SIZE
"""By how much a face lies too far to the right and down, in sides of its region: by half a pixel of it to the right, as
the mirror shows; the network alone, which errs by -0.1 pixels across, is taken to do so down, too."""
_MOVED: Final = 0.006  # sides of the face's region: a landmark that moved so far has another error
_ALL_WAYS: Final = 4  # pictures: the first places of a face that was just found are not its best ones


class SteadyLooks:
    """Looks again at one face that is followed through pictures: in all ways at the first few, then in one, by turns.

    What the looks differ by changes slowly, so each one's difference counts until its turn comes again, the less for a
    landmark the farther it has moved in the face since.
    """

    def __init__(self) -> None:
        self._mesh = FaceMesh()
        self.reset()

    def reset(self) -> None:
        """Forget the face, as where it was lost or another one is followed."""
        self._seen: dict[_Look, tuple[_Steps, _Steps]] = {}  # steps, and where the landmarks stood in the face
        self._turns = chain([_LOOKS] * _ALL_WAYS, cycle((look,) for look in _LOOKS))

    def __call__(self, image: Picture, face: Landmarks) -> Landmarks:
        """Return the mean of a face's landmarks (478, 3), in pixels of the picture, and of the other looks."""
        place = region_around(face + _EDGE)
        stand = (face - face.mean(axis=0)) @ _upright(place) / np.float32(place.side)
        for look in next(self._turns):
            steps = look(image, face, place, self._mesh)
            if steps is not None:
                self._seen[look] = steps, stand
        mean, weight = np.zeros_like(face), np.ones((len(face), 1), np.float32)
        for steps, stood in self._seen.values():
            moved = np.linalg.norm((stand - stood)[:, :2], axis=1, keepdims=True)
            share = np.exp(-((moved / _MOVED) ** 2))
            mean, weight = mean + share * steps, weight + share
        return np.asarray(face + _EDGE + place.side * (mean / weight - _CORNER) @ _upright(place).T, np.float32)


def _upright(region: Region) -> NDArray[np.float32]:
    """Return the matrix (3, 3) that brings steps in the picture, as rows, into the turned region."""
    cosine, sine = np.cos(region.angle), np.sin(region.angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float32)
