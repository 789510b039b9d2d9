"""Folders of clips and photos in, close-ups to learn from out: a file of arrays for each clip.

    python tools/close_up_data.py --part eyes --clips CLIPS --list clips.csv --out DIR
    python tools/close_up_data.py --part eyes --photos PHOTOS --photo-list photos.csv --out DIR

Of the lists' rows only those of split `train` and tier `open` count. What the generator will read is made as when
animating; files that are there are kept, so a run goes on where it was stopped, and two may run side by side.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from close_up_parts import WISHES, Wish
from numpy.typing import NDArray

from headcast.close_ups.crop import MOST_SCALE, Cropper, cut, lost_detail, scaled
from headcast.close_ups.parts import PARTS
from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.data.episodes import MIN_SECONDS_APART, FrameDistances
from headcast.data.native import native_shots, native_side
from headcast.errors import HeadcastError
from headcast.geometry.measures import eye_distance
from headcast.media.images import read_image
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.matte import person_matte
from headcast.tracking.track import find_face
from headcast.types import MATTE_MAP, Image, Landmarks, Shot
from headcast.warping.warp import WarpedShot, Warper

Arrays = dict[str, NDArray[np.generic]]

SIZE = 256
MOST_SHOTS = 4
ANCHORS = 6  # of each clip; a third of them, and half of the targets, where the clip is small
SMALL = 70  # pixels per eye distance
PHOTOS_A_FILE = 60


def main() -> None:
    """Write the files that are missing."""
    options = parse_options()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.clips:
        for row in sorted(rows(options.list), key=lambda row: -int(row.get("face_px", 0))):
            path = options.out / f"{row['identity']}-{Path(row['file']).stem}.npz"
            if not path.exists():
                clip = load_clip(ClipFile(options.clips / row["file"], row["identity"]))
                write(path, list(of_clip(clip, options.part)))
    if options.photos:
        people = defaultdict(list)
        for row in rows(options.photo_list):
            people[row["identity"]].append(options.photos / row["file"])
        names = sorted(people)
        for start in range(0, len(names), PHOTOS_A_FILE):
            path, some = options.out / f"photos-{names[start]}.npz", names[start : start + PHOTOS_A_FILE]
            if not path.exists():
                write(path, [row for name in some for row in of_photos(name, people[name], options.part)])


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


def of_clip(clip: Clip, part: str) -> Iterator[Arrays]:
    """Yield the close-ups of a clip: targets far from their shots, the part's events first."""
    random = np.random.default_rng(crc32(clip.name.encode()))
    wish, make = WISHES[part](clip.landmarks), PARTS[part].make_cropper
    plans = plan(clip, wish, random)
    natives = native_shots(clip, {number for a, t, o in plans for number in (a, *t, *o)})
    for anchor, targets, others in plans:
        shots = [clip.shot(number) for number in (anchor, *others)]
        shots[0] = Shot(shots[0].image, wish.as_found(shots[0].landmarks, random), shots[0].matte)
        photo = natives[anchor].image
        warper, croppers = Warper(shots[0]), (make(shots[:1], photo), make(shots, photo))
        embedded = [natives[anchor], *(natives[number] for number in others)]
        pictures = [embedder_pictures(part, some) for some in (embedded[:1], embedded)]
        for target in targets:
            several = random.random() < 0.4
            if min([abs(target - number) for number in others], default=99) < MIN_SECONDS_APART * float(clip.rate):
                several = False
            warped = warper(clip.landmarks[target])
            yield from rows_of(clip.identity, croppers[several], warped, natives[target].image, pictures[several])


def plan(clip: Clip, wish: Wish, random: np.random.Generator) -> list[tuple[int, list[int], list[int]]]:
    """Return numbers of frames: each shot, its targets, and further shots."""
    distances = FrameDistances(clip)
    side = native_side(clip)
    small = eye_distance(clip.landmarks[0, :, :2].astype(np.float64)) * side / SIZE < SMALL
    anchors = random.choice(len(clip), min(ANCHORS // (3 if small else 1), len(clip)), replace=False)
    wish.choose_anchors(anchors, random)
    plans = []
    for anchor in anchors.tolist():
        expression, turn = distances.changes_from(anchor)
        apart = np.abs(np.arange(len(clip)) - anchor) >= MIN_SECONDS_APART * float(clip.rate)
        wanted = apart * (wish.of_targets(anchor) + 0.3 * (expression + turn) / (expression + turn).max())
        if apart.sum() < 4:
            continue
        count = min(wish.targets // (2 if small else 1), apart.sum())
        targets = random.choice(len(clip), count, False, wanted / wanted.sum())
        others = random.choice(len(clip), min(MOST_SHOTS - 1, len(clip)), replace=False)
        plans.append((anchor, targets.tolist(), others.tolist()))
    return plans


def of_photos(name: str, paths: Sequence[Path], part: str) -> Iterator[Arrays]:
    """Yield the close-ups of a person's photos: each moved and moved back, and of two, each as the other's shot."""
    random = np.random.default_rng(crc32(name.encode()))
    known = [both for path in paths if (both := load(path)) is not None]
    for shot, photo in known:
        warper = Warper(shot)
        for place in WISHES[part].places(shot.landmarks, random):
            moved, moved_photo = carried(warper, shot, photo, place)
            yield from self_made(part, name, moved, moved_photo, shot, photo)
    for (shot, photo), (target, target_photo) in ((a, b) for a in known for b in known if a is not b):
        yield from self_made(part, name, shot, photo, target, target_photo)


def self_made(part: str, name: str, shot: Shot, photo: Image, target: Shot, true: Image) -> Iterator[Arrays]:
    """Yield the close-ups of one picture carried to another's landmarks."""
    cropper = PARTS[part].make_cropper([shot], photo)
    own = Shot(photo, scaled(shot.landmarks, len(photo) / SIZE), shot.matte)
    if len(true) != len(photo):
        true = cv2.resize(true, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    yield from rows_of(name, cropper, Warper(shot)(target.landmarks), true, embedder_pictures(part, [own]))


def load(path: Path) -> tuple[Shot, Image] | None:
    """Return a photo's shot, and its square at its own size."""
    photo = read_image(path)
    try:
        landmarks = find_face(photo, path)
    except HeadcastError:
        return None
    box = head_crop(landmarks, photo.shape[1::-1])
    image = crop_image(photo, box, SIZE)
    own = crop_landmarks(landmarks, box, SIZE)
    most = SIZE * MOST_SCALE / eye_distance(own[:, :2].astype(np.float64))
    full = crop_image(photo, box, max(SIZE, round(min(box.width, most))))
    return Shot(image, own, person_matte(image)), full


def carried(warper: Warper, shot: Shot, photo: Image, place: Landmarks) -> tuple[Shot, Image]:
    """Return a photo moved to landmarks: its shot, and the square at the photo's own size."""
    warped = warper(place)
    side, ratio = len(photo), len(photo) / SIZE
    large = cv2.resize(warped.conditioning.warped, (side, side), interpolation=cv2.INTER_LINEAR)
    positions = cv2.resize(warped.grid.positions, (side, side)) * ratio + (ratio - 1) / 2
    lost = cv2.remap(lost_detail(shot.image, photo), positions.astype(np.float32), None, cv2.INTER_LINEAR)
    own = cv2.resize(warped.own, (side, side)) > 0.5
    full = np.clip(large + own[:, :, None] * lost.astype(np.float32), 0, 255).astype(np.uint8)
    matte = np.ascontiguousarray(warped.conditioning.maps[:, :, MATTE_MAP])
    return Shot(warped.conditioning.warped, place, matte), full


def rows_of(
    name: str, cropper: Cropper, warped: WarpedShot, true: Image, pictures: NDArray[np.uint8]
) -> Iterator[Arrays]:
    """Yield a row for each close-up of a picture; `pictures` (N, h, w, 6) are what the embedder reads."""
    for crop in cropper(warped):
        maps = np.round(crop.conditioning.maps * 255).astype(np.uint8)
        yield {
            "conditioning": np.dstack([crop.conditioning.landmark_image, crop.conditioning.warped, maps]),
            "target": cut(true, crop.to_crop, (crop.mask.shape[1], crop.mask.shape[0])),
            "mask": np.round(crop.mask * 255).astype(np.uint8),
            "shots": pictures,
            "num_shots": np.int64(pictures.any((1, 2, 3)).sum()),
            "scale": np.float32(np.linalg.norm(crop.to_crop[0, :2])),
            "identity": np.array(name, "U24"),
        }


def embedder_pictures(part: str, shots: Sequence[Shot]) -> NDArray[np.uint8]:
    """Return what the embedder reads of shots, (N, h, w, 6), filled up with nothing."""
    seen = [np.dstack(pair) for shot in shots for pair in PARTS[part].shot_crops(shot.image, shot.landmarks)]
    pictures = np.zeros((MOST_SHOTS * len(seen) // len(shots), *seen[0].shape), np.uint8)
    pictures[: len(seen)] = seen
    return pictures


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, required=True)
    for name in ("--clips", "--list", "--photos", "--photo-list"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
