"""Folders of clips and photos in, headcast/close_ups/assets/mouth.safetensors out: the mean inside of a mouth.

    python tools/fit_mouth.py --clips CLIPS --list clips.csv --photos PHOTOS --photo-list photos.csv

Of the list's rows only those of split `train` and tier `open` count. Each pixel of the drawing is a ridge regression
on how far and how wide the mouth is open, in units of the cheeks' colour; every person counts alike, and each picture
mirrored too.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from headcast.close_ups.mouth_mean import MOUTH_MEAN_PATH, SIZE, mean_to_frame, mouth_features, skin_light
from headcast.data.clips import ClipFile, load_clip
from headcast.errors import HeadcastError
from headcast.geometry.pose import fit_pose, measure_controls, neutral_face, remove_pose
from headcast.geometry.topology import INNER_LIPS, MID_INNER_LIPS
from headcast.media.images import read_image
from headcast.tracking.crop import crop_image, crop_landmarks, head_crop
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks
from headcast.warping.patch import polygon_mask
from headcast.warping.warp import sample_skin

FRAME = 256
STEP = 4  # every so many frames of a clip
MIN_GAP, MAX_TURN = 0.03, 0.35  # eye distances; sine of a turn to the side
FRAMES_A_PERSON = 12.0  # a person counts as so many frames at most
RIDGE = 2.0  # frames in which a place looks like its neighbours
Sample = tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]


def main() -> None:
    """Fit and write the coefficients."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--list", type=Path, required=True, help="columns file, identity, split, tier")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--photo-list", type=Path, help="columns file, identity, split")
    parser.add_argument("--output", type=Path, default=MOUTH_MEAN_PATH)
    options = parser.parse_args()
    people: dict[str, list[Sample]] = defaultdict(list)
    for identity, image, landmarks in pictures(options):
        sample = sample_of(image, landmarks)
        if sample is not None:
            people[identity].append(sample)
    coefficients = fit(people)
    save_file({"coefficients": coefficients.astype(np.float16)}, options.output)
    print(f"{options.output}: {len(people)} people, {sum(map(len, people.values()))} open mouths")


def pictures(options: argparse.Namespace) -> Iterator[tuple[str, Image, Landmarks]]:
    """Yield identity, picture and landmarks, all cut to the same square."""
    for row in rows(options.list):
        clip = load_clip(ClipFile(options.clips / row["file"], row["identity"]))
        frames = clip.frames
        for number in range(0, len(clip), STEP):
            yield clip.identity, frames[number], clip.landmarks[number]
    for row in rows(options.photo_list) if options.photos else ():
        photo = read_image(options.photos / row["file"])
        try:
            landmarks = find_face(photo, row["file"])
        except HeadcastError:
            continue
        box = head_crop(landmarks, photo.shape[1::-1])
        yield row["identity"], crop_image(photo, box, FRAME), crop_landmarks(landmarks, box, FRAME)


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows that may be learned from."""
    with path.open(newline="", encoding="utf-8") as text:
        return [row for row in csv.DictReader(text) if row["split"] == "train" and row.get("tier", "open") == "open"]


def sample_of(image: Image, landmarks: Landmarks) -> Sample | None:
    """Return features, colours (H, W, 3) in units of the skin, and weights (H, W); None of closed or turned mouths."""
    pose = fit_pose(landmarks)
    face = remove_pose(landmarks, pose)
    upper, lower = face[list(MID_INNER_LIPS), 1]
    if lower - upper < MIN_GAP or abs(pose.rotation[2, 0]) > MAX_TURN:
        return None
    to_frame = mean_to_frame(neutral_face(face)[list(MID_INNER_LIPS)].mean(0), pose)
    inside = cv2.erode(polygon_mask(landmarks[list(INNER_LIPS), :2], 0, 0, FRAME, FRAME), np.ones((2, 2), np.uint8))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    colours = cv2.warpAffine(image.astype(np.float32), to_frame, SIZE, flags=flags)
    weights = cv2.warpAffine(inside, to_frame, SIZE, flags=flags)
    light = skin_light(sample_skin(image, landmarks))
    features = mouth_features(float(lower - upper), float(measure_controls(face)[1]))
    return features, (colours / light).astype(np.float32), np.asarray(weights, np.float32)


def fit(people: dict[str, list[Sample]]) -> NDArray[np.float64]:
    """Return coefficients (F, H, W, 3)."""
    width, height = SIZE
    num = len(mouth_features(0.0, 0.0))
    squares, products = np.zeros((height, width, num, num)), np.zeros((height, width, num, 3))
    for samples in people.values():
        share = min(1.0, FRAMES_A_PERSON / len(samples))
        for features, colours, weights in samples:
            for some, weight in ((colours, weights), (colours[:, ::-1], weights[:, ::-1])):
                squares += share * weight[:, :, None, None] * np.outer(features, features)
                products += share * (weight[:, :, None] * some)[:, :, None] * features[:, None]
    # Where few have shown a place it looks like those beside it: the same ridge, filled from coarse to fine.
    guess = np.linalg.solve(squares.sum((0, 1)) + np.eye(num), products.sum((0, 1)))
    result = np.broadcast_to(guess, products.shape).copy()
    for blur in (8.0, 4.0, 2.0, 1.0, 0.0):
        near_squares, near_products = (_blurred(part, blur) for part in (squares, products))
        ridge = RIDGE * np.eye(num)
        result = np.linalg.solve(near_squares + ridge, near_products + RIDGE * result)
    return np.ascontiguousarray(np.moveaxis(result, 2, 0))  # as safetensors must have it


def _blurred(planes: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    if not sigma:
        return planes
    height, width = planes.shape[:2]
    flat = planes.reshape(height, width, -1)
    parts = [cv2.GaussianBlur(np.ascontiguousarray(flat[:, :, n]), (0, 0), sigma) for n in range(flat.shape[2])]
    return np.stack(parts, -1).reshape(planes.shape)


if __name__ == "__main__":
    main()
