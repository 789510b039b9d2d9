"""Features of one person's photos in, advice out: which help, which help little, which to leave out, and why.

Only pictures with a face come here. The person is whoever most pictures show; what is sharp is measured by the others.
The limits were chosen on people whose pictures the likeness had not been made from (docs/personalize.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.geometry.spreads import expression_distance, turn_distance
from headcast.personalization.photo_features import WANTED, PhotoFeatures

ENOUGH_DETAIL: Final = 64.0  # pixels across the face; the model's frame shows about 120
LEAST_LIGHT: Final = 40.0  # levels of 255; photos in ordinary light reach 100 and more
LEAST_DETAIL: Final = 0.5  # of what the middle one of all pictures shows
STRANGER: Final = 0.45  # likeness to the others: 6 of 1,000 good pictures are below it, 97 of 100 strangers
STRANGER_OF_TWO: Final = 0.3  # the same where only one other picture is there
EQUAL_PIXELS, EQUAL_POINTS, EQUAL_EXPRESSION = 0.03, 0.4, 1.5  # 1 - correlation, % of the head crop, usual spreads
SAME_EXPRESSION, SAME_TURN = 0.8, 0.5  # usual spreads

_ROUNDS: Final = 3  # whom most pictures show, found from one picture, then from all that are like it

HELPS, HELPS_LITTLE, LEAVE_OUT = "helps", "helps little", "leave out"


@dataclass(frozen=True)
class Advice:
    """What to do with one picture, HELPS, HELPS_LITTLE or LEAVE_OUT, and one line that says why."""

    verdict: str
    reason: str


def advise(photos: Sequence[PhotoFeatures], names: Sequence[str]) -> tuple[Advice, ...]:
    """Judge each picture beside the others, in their order; at least one is never left out."""
    dark = {number: _dark(photo) for number, photo in enumerate(photos) if photo.light < LEAST_LIGHT}
    harm = dark if len(dark) < len(photos) else {}
    harm |= _too_little_detail(photos)
    harm |= _duplicates(photos, names, [number for number in range(len(photos)) if number not in harm])
    harm |= _strangers(photos, names, [number for number in range(len(photos)) if number not in harm])
    kept: list[int] = []
    advice = []
    for number, photo in enumerate(photos):
        if number in harm:
            advice.append(Advice(LEAVE_OUT, harm[number]))
            continue
        twin = next((other for other in kept if _same_pose(photo, photos[other])), None)
        kept.append(number)
        if twin is not None:
            advice.append(Advice(HELPS_LITTLE, f"the pose and expression of {names[twin]} again"))
        elif number in dark:
            advice.append(Advice(HELPS_LITTLE, dark[number]))
        else:
            advice.append(Advice(HELPS, ", ".join(photo.shows) or "straight, at rest"))
    return tuple(advice)


def missing(photos: Sequence[PhotoFeatures]) -> tuple[str, ...]:
    """Name what no picture shows, of WANTED."""
    return tuple(wanted for wanted in WANTED if not any(wanted in photo.shows for photo in photos))


def _dark(photo: PhotoFeatures) -> str:
    return f"too dark: it reaches {photo.light:.0f} of 255 levels; take one in more light"


def _too_little_detail(photos: Sequence[PhotoFeatures]) -> dict[int, str]:
    if not photos:
        return {}
    middle = float(np.median([photo.detail for photo in photos]))
    limit = min(ENOUGH_DETAIL, LEAST_DETAIL * middle)
    return {
        number: f"face too small: {photo.size:.0f} pixels across, the others show {middle:.0f}"
        if photo.size < limit
        else f"blurred: it shows {photo.detail:.0f} pixels of detail across the face, the others {middle:.0f}"
        for number, photo in enumerate(photos)
        if photo.detail < limit
    }


def _duplicates(photos: Sequence[PhotoFeatures], names: Sequence[str], usable: Sequence[int]) -> dict[int, str]:
    """Find pictures that show nothing that a more detailed one does not show."""
    kept: list[int] = []
    found = {}
    for number in sorted(usable, key=lambda number: -photos[number].detail):
        twin = next((other for other in kept if _equal(photos[number], photos[other])), None)
        if twin is None:
            kept.append(number)
        else:
            found[number] = f"the same picture as {names[twin]}"
    return found


def _strangers(photos: Sequence[PhotoFeatures], names: Sequence[str], usable: Sequence[int]) -> dict[int, str]:
    """Find whom most pictures show: those like the one that is most like all; then who is not like them."""
    if len(usable) < 2:
        return {}
    vectors = np.array([photos[number].vector for number in usable])
    alike = vectors @ vectors.T
    middle = int(alike.sum(axis=0).argmax())
    limit = STRANGER if len(usable) > 2 else STRANGER_OF_TWO
    to_person = alike[middle]
    for _ in range(_ROUNDS):
        to_person = _likeness_to_others(vectors, to_person > limit)
    return {
        number: f"another person than in {names[usable[middle]]}, it seems"
        for place, number in enumerate(usable)
        if place != middle and to_person[place] < limit
    }


def _likeness_to_others(vectors: NDArray[np.float64], same: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how alike each picture (N, 64) is to the mean of those of the `same` person (N,), itself left out."""
    others = vectors[same].sum(axis=0) - vectors * same[:, None]
    return np.asarray((vectors * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-9))


def _equal(one: PhotoFeatures, other: PhotoFeatures) -> bool:
    points = np.sqrt(((one.points - other.points) ** 2).sum(axis=1).mean())
    return bool(
        1.0 - one.pixels @ other.pixels < EQUAL_PIXELS
        and points < EQUAL_POINTS
        and expression_distance(one.controls, other.controls) < EQUAL_EXPRESSION
    )


def _same_pose(one: PhotoFeatures, other: PhotoFeatures) -> bool:
    change, turn = expression_distance(one.controls, other.controls), turn_distance(one.rotation, other.rotation)
    return bool(change < SAME_EXPRESSION and turn < SAME_TURN)
