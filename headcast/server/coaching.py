"""Photos of one person in, what the photo coach says of each, how like the person each is, and what is missing out."""

from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import BaseModel

from headcast.errors import HeadcastError
from headcast.personalization.coach import LEAVE_OUT, advise, missing
from headcast.personalization.photo_features import PhotoFeatures, measure_photo
from headcast.reenact.sitter import load_sitter
from headcast.server.uploads import Upload

_known: Final[WeakKeyDictionary[Upload, PhotoFeatures | str]] = WeakKeyDictionary()  # goes with the upload


class PhotoAnswer(BaseModel):
    """What the coach says of one photo."""

    file: str
    verdict: str
    """helps, helps little or leave out"""
    reason: str
    likeness: float | None
    """To the mean of the other photos that are used: about 0 for strangers, near 1 for one person."""


class PhotosAnswer(BaseModel):
    """What the coach says of all of them."""

    photos: list[PhotoAnswer]
    missing: list[str]


def judge(uploads: Sequence[Upload]) -> PhotosAnswer:
    """Measure each photo beside the others."""
    seen = [_measured(upload) for upload in uploads]
    found = [(upload, one) for upload, one in zip(uploads, seen, strict=True) if isinstance(one, PhotoFeatures)]
    spoken = iter(advise([features for _, features in found], [upload.name for upload, _ in found]))
    advice = [next(spoken) if isinstance(one, PhotoFeatures) else None for one in seen]
    used = [its is not None and its.verdict != LEAVE_OUT for its in advice]
    photos = [
        PhotoAnswer(
            file=upload.id,
            verdict=its.verdict if its else LEAVE_OUT,
            reason=its.reason if its else str(one),
            likeness=_likeness(seen, used, number),
        )
        for number, (upload, one, its) in enumerate(zip(uploads, seen, advice, strict=True))
    ]
    kept = [one for one, is_used in zip(seen, used, strict=True) if is_used and isinstance(one, PhotoFeatures)]
    return PhotosAnswer(photos=photos, missing=list(missing(kept)))


def _measured(upload: Upload) -> PhotoFeatures | str:
    """Measure a photo, or say what is wrong with it: once, for each further photo is judged beside those before."""
    known = _known.get(upload)
    if known is None:
        try:
            known = measure_photo(load_sitter(upload.path))
        except HeadcastError as error:
            known = str(error).replace(f" in {upload.path}", "").replace(str(upload.path), upload.name)
        _known[upload] = known
    return known


def _likeness(seen: Sequence[PhotoFeatures | str], used: Sequence[bool], number: int) -> float | None:
    one = seen[number]
    others = [
        other.vector
        for place, other in enumerate(seen)
        if place != number and used[place] and isinstance(other, PhotoFeatures)
    ]
    if isinstance(one, str) or not others:
        return None
    mean = np.sum(others, axis=0)
    return round(float(one.vector @ mean / max(float(np.linalg.norm(mean)), 1e-9)), 3)
