"""A picture in, the largest face in it out, be it tightly cropped, small, painted or turned; or where to look next."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import cycle
from typing import Final

import numpy as np

from headcast.geometry.measures import face_size
from headcast.tracking.crop import crop_image, landmarks_to_image
from headcast.tracking.detector import Detector
from headcast.tracking.follow import FaceMesh, settled
from headcast.tracking.region import EYE_CORNERS, Region, overlap, whole_picture
from headcast.types import Box, Image, Landmarks

_SURE, _UNSURE = 0.5, 0.1  # confidences; paintings and covered faces need the lower one
_MAX_FACES: Final = 8
_MIN_PART: Final = 96  # pixels; in a smaller part any face is too small
_SAME_FACE: Final = 0.5  # intersection over union of regions from which they hold one face

_QUARTER: Final = np.pi / 2
_TURNS: Final = (0.0, _QUARTER, -_QUARTER, np.pi)  # clockwise, of the face in the picture

# Of real and painted faces a second look, 2.5 faces wide, is sure and differs by 0.01 of the face's size; of patterns
# that looked like faces it is not sure, or differs by 0.05 and more.
_CLOSE_VIEW: Final = 2.5
_CLOSE_VIEW_SIZE: Final = 384
_MAX_DISAGREEMENT: Final = 0.03

_NEAR_WINDOW: Final = 3.0  # face sizes around a lost face
_UPRIGHT_VIEWS: Final = ((False, 2.0), (False, 2.5), (False, 3.2), (True, 4.0))  # far or near detector, face sizes wide

View = tuple[bool, Region]  # whether the detector for far faces looks, and where


def largest_face(image: Image) -> Landmarks | None:
    """Return the landmarks of the largest face, None where there is none.

    Looks at the whole picture, then with a margin (for tight crops), then at ever smaller parts (for small faces),
    first for clear faces, then for any, and each time for upright faces before turned ones; what a closer look does
    not confirm is no face.
    """
    search = _Search(image)
    for confidence in (_SURE, _UNSURE):
        for turns in (_TURNS[:1], _TURNS[1:]):
            for way in (_whole, _with_margin, _halves, _quarters):
                face = search.first_confirmed([(False, region) for t in turns for region in way(image, t)], confidence)
                if face is not None:
                    return face
    return None


def clear_face(image: Image) -> Landmarks | None:
    """Return a clear face that is too large, too small or too turned to be found in the whole image."""
    search = _Search(image)
    for turn in _TURNS:
        for way in (_far, _margins, _far_halves):
            face = search.first_confirmed(way(image, turn), _SURE)
            if face is not None:
                return face
    return None


def face_near(image: Image, last: Landmarks) -> Landmarks | None:
    """Return a face within three faces of where one was lost, as it was turned; not confirmed by a closer look."""
    region = Region(*_middle(last), _NEAR_WINDOW * face_size(last), _quarter_turns(last) * _QUARTER)
    return max(_Search(image).candidates([(False, region)], _SURE), key=face_size, default=None)


def endless_views(image_size: tuple[int, int]) -> Iterator[View]:
    """Yield where to look for a lost face in pictures of (width, height), one view a picture, most likely first."""
    blank = np.empty((image_size[1], image_size[0], 0), np.uint8)
    upright = [*_far(blank, 0.0), *_margins(blank, 0.0), *_far_halves(blank, 0.0)]
    turned = [view for turn in _TURNS[1:] for way in (_far, _margins) for view in way(blank, turn)]
    return cycle([*upright, *turned])


def face_in_view(image: Image, view: View) -> Landmarks | None:
    """Return the largest clear face in one view, confirmed by a closer look."""
    return _Search(image).first_confirmed([view], _SURE)


def righted_face(image: Image, face: Landmarks) -> Landmarks:
    """Return a face that was found, the right way up."""
    return _Search(image).righted(face)


class _Search:
    """Looks at views of one picture, at each one once."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._near, self._far, self._mesh = Detector(), Detector(far=True), FaceMesh()
        self._detect = cache(self._detected)

    def first_confirmed(self, views: Iterable[View], confidence: float) -> Landmarks | None:
        """Return the largest face in the views that a closer look confirms."""
        for candidate in sorted(self.candidates(views, confidence), key=face_size, reverse=True):
            face = self._look_closely(candidate)
            if face is not None:
                return self.righted(face)
        return None

    def righted(self, face: Landmarks) -> Landmarks:
        """Return the face the right way up.

        The mesh puts a sure face onto one that stands on its head, too; the detectors are surest of upright ones.
        """
        angle = _roll(face)
        sureness = [self._sureness(face, angle + turn) for turn in _TURNS]
        best = max(range(len(_TURNS)), key=lambda turn: sureness[turn])
        if best == 0:
            return face
        turned = Region(*_middle(face), _CLOSE_VIEW * face_size(face), angle + _TURNS[best])
        candidates = self.candidates([(False, turned)], _SURE)
        righted = (self._look_closely(candidate) for candidate in sorted(candidates, key=face_size, reverse=True))
        return next((found for found in righted if found is not None), face)

    def _sureness(self, face: Landmarks, angle: float) -> float:
        """Return the mean logit of the detectors' scores for an upright face there, were the picture so turned."""
        logits = []
        for far, width in _UPRIGHT_VIEWS:
            views = self._detect((far, Region(*_middle(face), width * face_size(face), angle)))
            score = max((score for score, _ in views), default=_UNSURE / 2)
            logits.append(np.log(score / (1 - min(score, 0.9999))))
        return float(np.mean(logits))

    def candidates(self, views: Iterable[View], confidence: float) -> list[Landmarks]:
        """Return the faces in the views, each once."""
        regions: list[Region] = []
        for view in views:
            for score, region in self._detect(view):
                if score >= confidence and all(overlap(region, other) <= _SAME_FACE for other in regions):
                    regions.append(region)
        faces = (settled(self._image, region, self._mesh) for region in regions)
        return [face for face in faces if face is not None]

    def _detected(self, view: View) -> list[tuple[float, Region]]:
        far, region = view
        found = (self._far if far else self._near)(self._image, region, _UNSURE)
        return [(face.score, face.region) for face in found[:_MAX_FACES]]

    def _look_closely(self, candidate: Landmarks) -> Landmarks | None:
        """Return the face as seen when it fills the view; None if there is no clear face, or not the same."""
        size = face_size(candidate)
        side = _CLOSE_VIEW * size
        left, top = candidate[:, :2].mean(axis=0) + 0.5 - side / 2
        box = Box(float(left), float(top), side, side)
        turns = _quarter_turns(candidate)
        crop = np.ascontiguousarray(np.rot90(crop_image(self._image, box, _CLOSE_VIEW_SIZE), turns))
        found = self._near(crop, whole_picture(crop), _SURE)[:_MAX_FACES]
        for face in (settled(crop, detection.region, self._mesh) for detection in found):
            if face is None:
                continue
            seen = landmarks_to_image(_turned(face, turns, _CLOSE_VIEW_SIZE), box, _CLOSE_VIEW_SIZE)
            if np.linalg.norm((seen - candidate)[:, :2], axis=1).mean() < _MAX_DISAGREEMENT * size:
                return seen
        return None


def _middle(face: Landmarks) -> tuple[float, float]:
    """Return the middle of the landmarks' box, from the picture's outer edge."""
    x, y = (face[:, :2].min(axis=0) + face[:, :2].max(axis=0)) / 2 + 0.5
    return float(x), float(y)


def _roll(face: Landmarks) -> float:
    """Return by how much the line of the eyes is turned clockwise, in radians."""
    across = face[EYE_CORNERS[1], :2] - face[EYE_CORNERS[0], :2]
    return float(np.arctan2(across[1], across[0]))


def _quarter_turns(face: Landmarks) -> int:
    """Return by how many quarters a face is turned clockwise, -1 to 2."""
    return round(_roll(face) / _QUARTER + 1) % 4 - 1


def _turned(landmarks: Landmarks, turns: int, size: int) -> Landmarks:
    """Turn landmarks in a square of `size` by quarters clockwise."""
    for _ in range(turns % 4):
        landmarks = np.stack([size - 1 - landmarks[:, 1], landmarks[:, 0], landmarks[:, 2]], axis=1)
    return landmarks


def _far(image: Image, angle: float) -> Iterator[View]:
    yield True, whole_picture(image, angle)


def _margins(image: Image, angle: float) -> Iterator[View]:
    yield from ((False, region) for region in _with_margin(image, angle))


def _far_halves(image: Image, angle: float) -> Iterator[View]:
    yield from ((True, region) for region in _halves(image, angle))


def _whole(image: Image, angle: float) -> Iterator[Region]:
    yield whole_picture(image, angle)


def _with_margin(image: Image, angle: float) -> Iterator[Region]:
    yield whole_picture(image, angle, scale=2.0)


def _halves(image: Image, angle: float) -> Iterator[Region]:
    return _parts(image, angle, 2)


def _quarters(image: Image, angle: float) -> Iterator[Region]:
    return _parts(image, angle, 4)


def _parts(image: Image, angle: float, divisor: int) -> Iterator[Region]:
    """Yield overlapping squares that hold parts of the picture's size / `divisor`, half such a part apart."""
    height, width = image.shape[0] / divisor, image.shape[1] / divisor
    if min(height, width) < _MIN_PART:
        return
    for row in range(2 * divisor - 1):
        for column in range(2 * divisor - 1):
            yield Region((column + 1) * width / 2, (row + 1) * height / 2, max(width, height), angle)
