"""Folders of clips and photos in, close-ups of mouths to learn from out: a file of arrays for each clip.

    python tools/close_up_data.py --clips CLIPS --list clips.csv --photos PHOTOS --photo-list photos.csv --out DIR

Of the lists' rows only those of split `train` and tier `open` count. What the generator will read is made as when
animating; files that are there are kept, so a run goes on where it was stopped.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.data.episodes import MIN_SECONDS_APART, FrameDistances
from headcast.data.native import native_shots, native_side
from headcast.data.stills import close, draw_place
from headcast.errors import HeadcastError
from headcast.geometry.measures import eye_distance
from headcast.media.images import read_image
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.matte import person_matte
from headcast.tracking.track import find_face
from headcast.types import MATTE_MAP, Image, Landmarks, Shot
from headcast.warping.mouth_crop import EMBEDDED_SIZE, MouthCropper, cut, lost_detail, scaled, shot_crop
from headcast.warping.warp import WarpedShot, Warper

Arrays = dict[str, NDArray[np.generic]]

SIZE = 256
MOST_SHOTS = 4
ANCHORS, TARGETS = 6, 48  # of each clip; a third of it where the clip is small
SMALL = 70  # pixels per eye distance
PHOTOS_A_FILE = 60


def main() -> None:
    """Write the files that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--clips", "--list", "--photos", "--photo-list", "--out"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for row in sorted(rows(options.list), key=lambda row: -int(row.get("face_px", 0))):
        path = options.out / f"{row['identity']}-{Path(row['file']).stem}.npz"
        if not path.exists():
            clip = load_clip(ClipFile(options.clips / row["file"], row["identity"]))
            write(path, list(of_clip(clip)))
    people = defaultdict(list)
    for row in rows(options.photo_list):
        people[row["identity"]].append(options.photos / row["file"])
    names = sorted(people)
    for start in range(0, len(names), PHOTOS_A_FILE):
        path = options.out / f"photos-{names[start]}.npz"
        if not path.exists():
            write(path, [row for name in names[start : start + PHOTOS_A_FILE] for row in of_photos(name, people[name])])


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows that may be learned from."""
    with path.open(newline="", encoding="utf-8") as text:
        return [row for row in csv.DictReader(text) if row["split"] == "train" and row.get("tier", "open") == "open"]


def write(path: Path, found: list[Arrays]) -> None:
    """Write rows as arrays."""
    if found:
        arrays = {name: np.stack([row[name] for row in found]) for name in found[0]}
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.rename(path)
    print(path.name, len(found), flush=True)


def of_clip(clip: Clip) -> Iterator[Arrays]:
    """Yield the close-ups of a clip: targets far from their shots, wide mouths first."""
    random = np.random.default_rng(crc32(clip.name.encode()))
    side = native_side(clip)
    gaps = np.array([gap_of(landmarks) for landmarks in clip.landmarks])
    distances = FrameDistances(clip)
    small = eye_distance(clip.landmarks[0, :, :2].astype(np.float64)) * side / SIZE < SMALL
    anchors = random.choice(len(clip), min(ANCHORS // (3 if small else 1), len(clip)), replace=False)
    anchors[: len(anchors) // 2] = random.permutation(np.argsort(gaps)[: len(clip) // 4])[: len(anchors) // 2]
    plans = []
    for anchor in anchors.tolist():
        expression, turn = distances.changes_from(anchor)
        apart = np.abs(np.arange(len(clip)) - anchor) >= MIN_SECONDS_APART * float(clip.rate)
        wanted = apart * (0.15 + np.minimum(gaps / 0.15, 1) + 0.3 * (expression + turn) / (expression + turn).max())
        if apart.sum() < 4:
            continue
        targets = random.choice(
            len(clip), min(TARGETS // (2 if small else 1), apart.sum()), False, wanted / wanted.sum()
        )
        others = random.choice(len(clip), min(MOST_SHOTS - 1, len(clip)), replace=False)
        plans.append((anchor, targets.tolist(), others.tolist()))
    natives = native_shots(clip, {number for a, t, o in plans for number in (a, *t, *o)})
    for anchor, targets, others in plans:
        shots = [clip.shot(number) for number in (anchor, *others)]
        photo = natives[anchor].image
        warper, lost = Warper(shots[0]), lost_detail(shots[0].image, photo)
        croppers = MouthCropper(shots[:1], photo, lost), MouthCropper(shots, photo, lost)
        embedded = [natives[anchor], *(natives[number] for number in others)]
        for target in targets:
            several = int(random.random() < 0.4) * len(others)
            if min([abs(target - number) for number in others], default=99) < MIN_SECONDS_APART * float(clip.rate):
                several = 0
            warped = warper(clip.landmarks[target])
            yield row_of(
                clip.identity,
                croppers[several > 0],
                warped,
                natives[target].image,
                embedded[: 1 + several],
            )


def of_photos(name: str, paths: Sequence[Path]) -> Iterator[Arrays]:
    """Yield the close-ups of a person's photos: each moved and moved back, and of two, each as the other's shot."""
    random = np.random.default_rng(crc32(name.encode()))
    known = [both for path in paths if (both := load(path)) is not None]
    for shot, photo in known:
        warper = Warper(shot)
        for lips in (True, False):
            place = close(draw_place(shot.landmarks, random), lips=lips, lids=False)
            moved, moved_photo = carried(warper, shot, photo, place)
            yield self_made(name, moved, moved_photo, shot, photo)
    for (shot, photo), (target, target_photo) in ((a, b) for a in known for b in known if a is not b):
        yield self_made(name, shot, photo, target, target_photo)


def self_made(name: str, shot: Shot, photo: Image, target: Shot, true: Image) -> Arrays:
    """Return the close-up of one picture carried to another's landmarks."""
    cropper = MouthCropper([shot], photo, lost_detail(shot.image, photo))
    own = Shot(photo, scaled(shot.landmarks, len(photo) / SIZE), shot.matte)
    if len(true) != len(photo):
        true = cv2.resize(true, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    return row_of(name, cropper, Warper(shot)(target.landmarks), true, [own])


def load(path: Path) -> tuple[Shot, Image] | None:
    """Return a photo's shot, and its square at its own size."""
    photo = read_image(path)
    try:
        landmarks = find_face(photo, path)
    except HeadcastError:
        return None
    box = head_crop(landmarks, photo.shape[1::-1])
    image = crop_image(photo, box, SIZE)
    full = crop_image(photo, box, max(SIZE, round(box.width)))
    return Shot(image, crop_landmarks(landmarks, box, SIZE), person_matte(image)), full


def carried(warper: Warper, shot: Shot, photo: Image, place: Landmarks) -> tuple[Shot, Image]:
    """Return a photo moved to landmarks: its shot, and the square at the photo's own size."""
    warped = warper(place)
    side, ratio = len(photo), len(photo) / SIZE
    large = cv2.resize(warped.conditioning.warped, (side, side), interpolation=cv2.INTER_LINEAR)
    positions = cv2.resize(warped.grid.positions, (side, side)) * ratio + (ratio - 1) / 2
    lost = cv2.remap(lost_detail(shot.image, photo), positions.astype(np.float32), None, cv2.INTER_LINEAR)
    own = cv2.resize(warped.carried * (1 - warped.grid.torn), (side, side)) > 0.5
    full = np.clip(large + own[:, :, None] * lost.astype(np.float32), 0, 255).astype(np.uint8)
    matte = np.ascontiguousarray(warped.conditioning.maps[:, :, MATTE_MAP])
    return Shot(warped.conditioning.warped, place, matte), full


def row_of(name: str, cropper: MouthCropper, warped: WarpedShot, true: Image, embedded: Sequence[Shot]) -> Arrays:
    """Return one row."""
    crop = cropper(warped)
    maps = np.round(crop.conditioning.maps * 255).astype(np.uint8)
    pictures = np.zeros((MOST_SHOTS, EMBEDDED_SIZE[1], EMBEDDED_SIZE[0], 6), np.uint8)
    for number, shot in enumerate(embedded):
        pictures[number] = np.dstack(shot_crop(shot.image, shot.landmarks))
    return {
        "conditioning": np.dstack([crop.conditioning.landmark_image, crop.conditioning.warped, maps]),
        "target": cut(true, crop.to_crop),
        "mask": np.round(crop.mask * 255).astype(np.uint8),
        "shots": pictures,
        "num_shots": np.int64(len(embedded)),
        "scale": np.float32(np.linalg.norm(crop.to_crop[0, :2])),
        "identity": np.array(name, "U24"),
    }


def gap_of(landmarks: Landmarks) -> float:
    """Return the lip gap in eye distances."""
    points = landmarks[:, :2].astype(np.float64)
    return float(np.linalg.norm(points[13] - points[14]) / eye_distance(points))


if __name__ == "__main__":
    main()
