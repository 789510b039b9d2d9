"""Clips, photos and paintings in; how far our tracker is from MediaPipe 0.10.21 on them, as a table, out.

MediaPipe is no part of Headcast: this script alone needs it, in an environment of its own.

    python3.11 -m venv theirs
    theirs/bin/pip install mediapipe==0.10.21 av openvino pillow safetensors tqdm
    PYTHONPATH=. theirs/bin/python benchmarks/tracker.py --clips CLIPS_DIR... --stills PHOTOS_DIR... --json FILE

Videos are followed by both from their first frame; stills are looked at three times from nothing, as photos were with
MediaPipe (each look starts where the one before ended). `find_face` is what photos get: it also finds small, tightly
cropped and turned faces. In a turned still a face counts as found where its landmarks lie as in the upright one.
"""

import argparse
import csv
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

os.environ["GLOG_minloglevel"] = "3"  # noqa: SIM112 - its name

import mediapipe
import numpy as np
from numpy.typing import NDArray

from headcast.errors import FaceError
from headcast.evaluation.metrics.landmarks68 import eye_distance, points_68
from headcast.evaluation.metrics.openings import MOUTH_CLOSED, lid_limit, lid_opening, mouth_opening
from headcast.geometry.measures import face_size
from headcast.media.images import read_image
from headcast.media.video import open_video
from headcast.tracking.follow import FaceFollower
from headcast.tracking.track import find_face
from headcast.types import Image, Landmarks

MAX_FACES: Final = 3
NUM_LOOKS: Final = 3
TURNS: Final = {"90": 1, "270": 3, "180": 2}  # degrees anticlockwise, quarters of np.rot90
SAME: Final = 0.1  # eye distances, mean over the landmarks: a turned face lies where the upright one does

Array = NDArray[np.float64]


@dataclass
class Comparison:
    """What both saw in one file."""

    differences: list[Array] = field(default_factory=list)  # (478,) of each picture that both found, in eye distances
    lids: list[tuple[float, float]] = field(default_factory=list)  # openings: MediaPipe's, ours
    lips: list[tuple[float, float]] = field(default_factory=list)
    num_pictures: int = 0
    num_theirs: int = 0
    num_both: int = 0
    num_ours: int = 0
    num_find_face: int = 0
    turned: dict[str, int] = field(default_factory=dict)
    num_turned: int = 0

    def add(self, theirs: Landmarks | None, ours: Landmarks | None) -> None:
        """Count one picture."""
        self.num_pictures += 1
        self.num_theirs += theirs is not None
        self.num_ours += ours is not None
        if theirs is None or ours is None:
            return
        self.num_both += 1
        points, own = points_68(theirs), points_68(ours)
        self.differences.append(np.linalg.norm((ours - theirs)[:, :2], axis=1) / eye_distance(points))
        self.lids.append((lid_opening(points), lid_opening(own)))
        self.lips.append((mouth_opening(points), mouth_opening(own)))


class Theirs:
    """MediaPipe's face mesh as Headcast used it."""

    def __init__(self, max_faces: int = MAX_FACES) -> None:
        self._mesh = mediapipe.solutions.face_mesh.FaceMesh(max_num_faces=max_faces, refine_landmarks=True)

    def __call__(self, image: Image) -> list[Landmarks]:
        """Return the faces of the next picture, in its pixels."""
        height, width = image.shape[:2]
        found = self._mesh.process(np.ascontiguousarray(image)).multi_face_landmarks or ()
        faces = [np.array([(p.x, p.y, p.z) for p in face.landmark], np.float32) for face in found]
        size, half = np.array([width, height, width], np.float32), np.array([0.5, 0.5, 0.0], np.float32)
        return [face * size - half for face in faces]

    def close(self) -> None:
        """Stop its threads."""
        self._mesh.close()


def compare_clip(path: Path) -> Comparison:
    """Follow the largest face of a clip's frames with both."""
    comparison, theirs, ours = Comparison(), Theirs(), FaceFollower(MAX_FACES, far=False)
    with open_video(path) as video:
        for frame in video:
            add_pair(comparison, theirs(frame.image), [face.landmarks for face in ours(frame.image)])
    theirs.close()
    return comparison


def compare_still(path: Path) -> Comparison:
    """Look at a still with both, and for its turned copies with ours."""
    image = read_image(path)
    comparison, theirs, ours = Comparison(), Theirs(), FaceFollower(MAX_FACES, far=False)
    for _ in range(NUM_LOOKS):
        seen, own = theirs(image), [face.landmarks for face in ours(image)]
    add_pair(comparison, seen, own)
    theirs.close()
    upright = found_face(image)
    comparison.num_find_face = upright is not None
    if upright is not None:
        comparison.num_turned = 1
        comparison.turned = {name: lies_turned(image, upright, turns) for name, turns in TURNS.items()}
    return comparison


def add_pair(comparison: Comparison, theirs: Sequence[Landmarks], ours: Sequence[Landmarks]) -> None:
    """Compare MediaPipe's largest face with ours nearest to it."""
    largest = max(theirs, key=face_size, default=None)
    if largest is None:
        comparison.add(None, max(ours, key=face_size, default=None))
    else:
        comparison.add(largest, min(ours, key=lambda face: float(np.abs(face - largest).mean()), default=None))


def found_face(image: Image) -> Landmarks | None:
    """Return what a photo gets, None where it is refused."""
    try:
        return find_face(image)
    except FaceError:
        return None


def lies_turned(image: Image, upright: Landmarks, turns: int) -> bool:
    """Tell whether the face of a turned copy lies where the upright one was turned to."""
    found = found_face(np.ascontiguousarray(np.rot90(image, turns)))
    if found is None:
        return False
    height, width = image.shape[:2]
    for _ in range(turns):  # anticlockwise: (x, y) of a picture W wide becomes (y, W - 1 - x)
        upright = np.stack([upright[:, 1], width - 1 - upright[:, 0], upright[:, 2]], axis=1)
        width, height = height, width
    step = np.linalg.norm((found - upright)[:, :2], axis=1).mean() / eye_distance(points_68(upright))
    return bool(step < SAME)


def table_row(name: str, results: Sequence[Comparison]) -> dict[str, object]:
    """Return the figures of a set of files; a closure is judged as the evaluation judges it."""
    values = np.concatenate([d for result in results for d in result.differences] or [np.zeros(1)])
    alike = {"lids": [], "lips": []}
    for result in results:
        for part, pairs in (("lids", result.lids), ("lips", result.lips)):
            openings = np.array(pairs, np.float64).reshape(-1, 2)
            limits = [lid_limit(openings[:, side]) if part == "lids" else MOUTH_CLOSED for side in (0, 1)]
            alike[part] += list((openings[:, 0] < limits[0]) == (openings[:, 1] < limits[1]))
    num_turned = sum(result.num_turned for result in results)
    return {
        "set": name,
        "files": len(results),
        "pictures": sum(result.num_pictures for result in results),
        "found by MediaPipe": sum(result.num_theirs for result in results),
        "of these by ours": sum(result.num_both for result in results),
        "found by ours": sum(result.num_ours for result in results),
        "find_face": sum(result.num_find_face for result in results),
        "median %": 100 * float(np.median(values)),
        "p99 %": 100 * float(np.quantile(values, 0.99)),
        "lids alike %": 100 * float(np.mean(alike["lids"] or [np.nan])),
        "lips alike %": 100 * float(np.mean(alike["lips"] or [np.nan])),
        **{
            f"found at {turn} %": 100 * sum(result.turned.get(turn, False) for result in results) / max(num_turned, 1)
            for turn in TURNS
        },
    }


def validation_clips(folder: Path) -> Iterator[Path]:
    """Yield the clips that the list beside a folder of clips calls validation."""
    with folder.with_suffix(".csv").open(encoding="utf-8", newline="") as lines:
        yield from (folder / row["file"] for row in csv.DictReader(lines) if row["split"] == "val")


def main() -> None:
    """Print one row of the table for each folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, nargs="*", default=[], help="folders with a list FOLDER.csv beside them")
    parser.add_argument("--stills", type=Path, nargs="*", default=[], help="folders of pictures")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    rows = []
    with ProcessPoolExecutor(options.workers) as pool:
        for folder in options.clips:
            rows.append(table_row(folder.name, list(pool.map(compare_clip, validation_clips(folder)))))
            print(json.dumps(rows[-1]), flush=True)
        for folder in options.stills:
            stills = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
            rows.append(table_row(folder.name, list(pool.map(compare_still, stills))))
            print(json.dumps(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
