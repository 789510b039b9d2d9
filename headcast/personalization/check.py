"""A folder of photos in, what the photo coach says about each and about the whole out, also as a contact sheet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from headcast.errors import FaceError, HeadcastError, MediaError
from headcast.limits import MAX_PHOTO_SIDE
from headcast.media.images import read_image, write_image
from headcast.personalization.coach import LEAVE_OUT, Advice, advise, missing
from headcast.personalization.contact_sheet import THUMBNAIL_SIZE, blank_thumbnail, contact_sheet
from headcast.personalization.photo_features import PhotoFeatures, measure_photo
from headcast.personalization.pictures import photo_paths
from headcast.reenact.sitter import load_sitter
from headcast.types import Image

MAX_PHOTOS: Final = 500
"""More are not looked at: 32 are enough for an avatar."""


@dataclass(frozen=True)
class PhotoCheck:
    """What the coach says about one file; sizes are pixels across the face, None where there is no face."""

    file: Path
    verdict: str
    reason: str
    face_size: float | None
    detail: float | None  # pixels across the face that a picture with as much detail needs


@dataclass(frozen=True)
class FolderCheck:
    """What the coach says about every photo of a folder, in the order of their names, and what no good one shows."""

    photos: tuple[PhotoCheck, ...]
    missing: tuple[str, ...]


def check_photos(folder: str | Path, sheet: str | Path | None = None) -> FolderCheck:
    """Measure every photo of a folder; draw the contact sheet `sheet` (PNG, JPEG or WebP) if asked for.

    Raises MediaError for a folder without photos, FaceError where none has a face.
    """
    paths = photo_paths(Path(folder))
    if len(paths) > MAX_PHOTOS:
        raise MediaError(f"{folder} holds {len(paths)} photos, at most {MAX_PHOTOS} are checked; take some out")
    seen = [_read(path) for path in paths]
    with_face = [(path, one.features) for path, one in zip(paths, seen, strict=True) if one.features]
    if not with_face:
        first = f"{paths[0].name} {seen[0].problem}"
        raise FaceError(f"none of the {len(paths)} photos in {folder} can be used; the first: {first}")
    spoken = iter(advise([features for _, features in with_face], [path.name for path, _ in with_face]))
    advice = [Advice(LEAVE_OUT, one.problem) if one.features is None else next(spoken) for one in seen]
    photos = tuple(_checked(path, one.features, its) for path, one, its in zip(paths, seen, advice, strict=True))
    if sheet is not None:
        write_image(sheet, contact_sheet([one.thumbnail for one in seen], [path.name for path in paths], advice), {})
    used = [one.features for one, its in zip(seen, advice, strict=True) if its.verdict != LEAVE_OUT and one.features]
    return FolderCheck(photos, missing(used))


@dataclass(frozen=True)
class _Seen:
    """One photo, reduced to what is needed of it: a folder's photos do not fit into memory at once."""

    features: PhotoFeatures | None
    problem: str
    thumbnail: Image


def _read(path: Path) -> _Seen:
    try:
        sitter = load_sitter(path, size=THUMBNAIL_SIZE)
        return _Seen(measure_photo(sitter), "", sitter.shot.image)
    except FaceError as error:
        return _Seen(None, _without_name(str(error), path), _fitted(read_image(path, MAX_PHOTO_SIDE)))
    except HeadcastError as error:
        return _Seen(None, _without_name(str(error), path), blank_thumbnail())


def _checked(path: Path, features: PhotoFeatures | None, advice: Advice) -> PhotoCheck:
    size, detail = (features.size, features.detail) if features else (None, None)
    return PhotoCheck(path, advice.verdict, advice.reason, size, detail)


def _without_name(message: str, path: Path) -> str:
    """The name stands beside the message already."""
    return message.replace(f" in {path}", "").removeprefix(f"{path} ")


def _fitted(image: Image) -> Image:
    """Lay the whole picture in the middle of a thumbnail."""
    height, width = image.shape[:2]
    scale = THUMBNAIL_SIZE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    thumbnail = blank_thumbnail()
    top, left = (THUMBNAIL_SIZE - size[1]) // 2, (THUMBNAIL_SIZE - size[0]) // 2
    thumbnail[top : top + size[1], left : left + size[0]] = small
    return thumbnail
