"""One picture after another in, the landmarks of every face in them out, each face with its number."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from headcast.geometry.measures import face_size
from headcast.geometry.topology import MIRROR
from headcast.media.planes import Picture
from headcast.tracking.detector import Detection, Detector
from headcast.tracking.models import TrackerNetwork
from headcast.tracking.region import Region, overlap, points_to_image, read_region, region_around, whole_picture
from headcast.types import Image, Landmarks

MESH_SIZE: Final = 192
_TO_MIRROR: Final = np.array([-1, 1, 1], np.float32)
_FROM_MIRROR: Final = np.array([MESH_SIZE, 0, 0], np.float32)
_SAME_FACE: Final = 0.5  # intersection over union of regions from which they hold one face
_DETECT_EVERY: Final = 5  # pictures: how soon a face that joins others is seen
_PATIENCE: Final = 30  # pictures after which a lost face that comes back is a new one
_MAX_JUMP: Final = 1.0  # face sizes, and e-folds of size, that a lost face may have moved


@dataclass(frozen=True)
class Face:
    """A face's landmarks in pixels of the picture, and the number that it keeps from picture to picture."""

    identity: int
    landmarks: Landmarks


class FaceMesh:
    """Places the 478 landmarks of one face (Face Mesh with attention, Grishchenko et al. 2020)."""

    def __init__(self) -> None:
        self._model = TrackerNetwork("face_mesh")

    def __call__(self, image: Picture, region: Region, mirrored: bool = False) -> Landmarks | None:
        """Return the landmarks of the face in a region, in pixels of the picture; None where there is none.

        With `mirrored` the network is shown the region's mirror image; the landmarks are those of the picture.
        """
        patch = read_region(image, region, MESH_SIZE, cv2.BORDER_REPLICATE)
        landmarks, presence = self._model(np.ascontiguousarray(patch[:, ::-1]) if mirrored else patch)
        if not presence > 0:  # the sigmoid of 0 is 0.5
            return None
        if mirrored:
            landmarks = landmarks[MIRROR] * _TO_MIRROR + _FROM_MIRROR
        placed = points_to_image(landmarks, region, MESH_SIZE)
        return placed - np.array([0.5, 0.5, 0.0], np.float32)


class FaceFollower:
    """Follows up to `max_faces` faces: each is looked for where it was, new ones in the whole picture.

    With `far`, new faces are found from a sixteenth of the picture's longer side on, else from an eighth.

    >>> follower = headcast.FaceFollower(max_faces=4)
    >>> for face in follower(headcast.read_image("alice.png")):
    ...     print(face.identity, face.landmarks.shape)
    0 (478, 3)
    """

    def __init__(self, max_faces: int = 8, confidence: float = 0.5, far: bool = True) -> None:
        self._max_faces = max_faces
        self._confidence = confidence
        self._detectors = [Detector(), Detector(far=True)] if far else [Detector()]
        self._mesh = FaceMesh()
        self.reset()

    def reset(self) -> None:
        """Forget all faces, as at a cut."""
        self._known: dict[int, tuple[Landmarks, int]] = {}  # each face's landmarks and the picture they are from
        self._number = 0
        self._num_identities = 0

    def __call__(self, image: Picture) -> list[Face]:
        """Return the faces in the next picture, those that are known first."""
        followed = [(identity, face) for identity, (face, seen) in self._known.items() if seen == self._number]
        due = not followed or self._number % _DETECT_EVERY == 0
        detected: list[Detection] = []
        if due and len(followed) < self._max_faces:
            detected = [
                face for detect in self._detectors for face in detect(image, whole_picture(image), self._confidence)
            ]
        self._number += 1
        regions: list[tuple[int | None, Region]] = []
        for identity, face in followed:
            _put(regions, identity, region_around(_from_edge(face)))
        for detection in detected:
            if all(overlap(detection.region, region) <= _SAME_FACE for _, region in regions):
                regions.append((None, detection.region))
        placed = [(identity, self._mesh(image, region)) for identity, region in regions[: self._max_faces]]
        return [self._numbered(identity, face) for identity, face in placed if face is not None]

    @property
    def newest(self) -> int:
        """The number of the face that was taken up last, -1 before the first."""
        return self._num_identities - 1

    def add(self, landmarks: Landmarks) -> Face:
        """Take up a face of the last picture that was found in another way."""
        return self._numbered(None, landmarks)

    def _numbered(self, identity: int | None, landmarks: Landmarks) -> Face:
        if identity is None:
            identity = self._lost_face_near(landmarks)
        if identity is None:
            identity = self._num_identities
            self._num_identities += 1
        self._known[identity] = landmarks, self._number
        return Face(identity, landmarks)

    def _lost_face_near(self, landmarks: Landmarks) -> int | None:
        """Return the number of a face that was lost a short while ago and a short way off; forget older ones."""
        self._known = {n: known for n, known in self._known.items() if self._number - known[1] <= _PATIENCE}
        lost = {n: distance(landmarks, face) for n, (face, seen) in self._known.items() if seen < self._number}
        nearest = min(lost, key=lambda number: lost[number], default=None)
        return nearest if nearest is not None and lost[nearest] <= _MAX_JUMP else None


def settled(image: Image, region: Region, mesh: FaceMesh, num_passes: int = 3) -> Landmarks | None:
    """Return the landmarks in a region, each pass looking where the one before found them; the third hardly moves."""
    face = mesh(image, region)
    for _ in range(num_passes - 1):
        face = None if face is None else mesh(image, region_around(_from_edge(face)))
    return face


def distance(a: Landmarks, b: Landmarks) -> float:
    """How far apart two faces are in place (in sizes of `b`) and size (in e-folds), whichever is larger."""
    step = float(np.linalg.norm((a - b)[:, :2].mean(axis=0))) / face_size(b)
    return max(step, abs(float(np.log(face_size(a) / face_size(b)))))


def _put(regions: list[tuple[int | None, Region]], identity: int, region: Region) -> None:
    """Add a followed face; where two have come to hold one face, the newer number goes."""
    if all(overlap(region, other) <= _SAME_FACE for _, other in regions):
        regions.append((identity, region))


def _from_edge(landmarks: Landmarks) -> Landmarks:
    return landmarks + np.array([0.5, 0.5, 0.0], np.float32)
