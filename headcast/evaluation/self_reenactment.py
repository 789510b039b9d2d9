"""A clip of one person in, how well each rival makes its held-out frames from its shots out."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headcast.data.clips import Clip
from headcast.evaluation.baselines import OURS, Rivals
from headcast.evaluation.faces import FaceReader, Reading, closures_kept, face_figures, mouth_errors
from headcast.evaluation.judges import Judges, judge_frame
from headcast.evaluation.landmarks68 import eye_distance, points_68
from headcast.evaluation.lpips import LPIPS_NAME
from headcast.evaluation.metrics import motion_energy, shimmer, skin_colour_difference
from headcast.evaluation.openings import floor_frame, mouth_opening, mouth_opens
from headcast.evaluation.protocol import NUM_TARGETS, split_clip
from headcast.evaluation.records import REAL, Figures, Record
from headcast.evaluation.regions import head_matte, skin_mask
from headcast.evaluation.strips import error_picture, strip
from headcast.evaluation.tables import mean_figures
from headcast.networks.model import Model
from headcast.types import Image, Shot

SKIN: Final = "skin delta E"
MOTION: Final = "motion energy head"
SHIMMER: Final = "shimmer"
NUM_TIMED: Final = 8


@dataclass(frozen=True)
class _Truth:
    """A target, what the finders see in it and, where its mouth has to open, in the frame nobody can tell from it."""

    target: Shot
    seen: Reading
    floor: Reading | None


def judge_clip(
    clip: Clip, judges: Judges, model: Model, num_shots: int, seed: int, num_targets: int = NUM_TARGETS
) -> Record:
    """Judge the rivals on one clip; each figure is the mean over the targets that have it."""
    split = split_clip(clip, num_shots, seed, num_targets)
    shots, targets = ([clip.shot(number) for number in numbers] for numbers in (split.shots, split.targets))
    opens = mouth_opens(np.array([_opening(target) for target in targets]), _opening(shots[0]))
    rivals = Rivals(shots, model)
    frames = by_rival([rivals(target.landmarks) for target in targets])
    with closing(FaceReader(judges.finder)) as reader:
        truths = [_read(reader, target, opened) for target, opened in zip(targets, opens.tolist(), strict=True)]
        judged = {rival: _judge_rival(judges, reader, outputs, truths) for rival, outputs in frames.items()}
    moving = _judge_motion(rivals, [clip.shot(number) for number in split.passage])
    facts = {
        "clip": clip.name,
        "num_shots": num_shots,
        "num_targets": len(targets),
        "num_opening": int(opens.sum()),
        "motion": motion_amount(shots[0], targets),
        "milliseconds": _milliseconds(rivals, targets),
        "runs_on": rivals.runtime_name,
    }
    return Record(
        record_name(clip, num_shots),
        clip.identity,
        facts,
        {rival: mean_figures([mean_figures(rows), whole, moving[rival]]) for rival, (rows, whole) in judged.items()},
        feature_vectors(judges, {**frames, REAL: [target.image for target in targets]}),
        _best_and_worst(judged[OURS][0], shots[0], frames[OURS], targets),
    )


def record_name(clip: Clip, num_shots: int) -> str:
    """Return the name under which a clip's record is kept."""
    return f"{clip.cache_path.stem}.T{num_shots}"


def by_rival(frames: Sequence[dict[str, Image]]) -> dict[str, list[Image]]:
    """Turn the rivals' pictures of each frame into each rival's pictures."""
    return {rival: [frame[rival] for frame in frames] for rival in frames[0]}


def motion_amount(shot: Shot, targets: Sequence[Shot]) -> float:
    """Return how far the targets' landmarks lie from the shot's on average, in the shot's eye distances."""
    steps = [np.linalg.norm((target.landmarks - shot.landmarks)[:, :2], axis=1).mean() for target in targets]
    return float(np.mean(steps)) / eye_distance(points_68(shot.landmarks))


def skin_difference(output: Image, target: Shot) -> float:
    """Return the skin's colour difference where the target shows skin; NaN where it shows none."""
    height, width = target.matte.shape
    skin = skin_mask(target.landmarks, (height, width))
    return skin_colour_difference(output, skin, target.image, skin) if skin.any() else float("nan")


def feature_vectors(judges: Judges, frames: dict[str, list[Image]]) -> dict[str, NDArray[np.float32]]:
    """Return what FID and KID need of each rival's frames (n, 512); nothing without the network."""
    if not judges.perceptual:
        return {}
    return {name: np.stack([judges.perceptual.vector(image) for image in images]) for name, images in frames.items()}


def _read(reader: FaceReader, target: Shot, opened: bool) -> _Truth:
    floor = reader.read(floor_frame(target.image), target.landmarks) if opened else None
    return _Truth(target, reader.read(target.image, target.landmarks), floor)


def _judge_rival(
    judges: Judges, reader: FaceReader, outputs: Sequence[Image], truths: Sequence[_Truth]
) -> tuple[list[Figures], Figures]:
    """Return each frame's figures and those of all frames together."""
    seen = [reader.read(output, truth.target.landmarks) for output, truth in zip(outputs, truths, strict=True)]
    rows = []
    for output, reading, truth in zip(outputs, seen, truths, strict=True):
        figures = judge_frame(judges, output, truth.target) | face_figures(reading, truth.seen)
        figures[SKIN] = skin_difference(output, truth.target)
        if truth.floor:
            figures |= mouth_errors(reading, truth.seen, truth.floor)
        rows.append(figures)
    return rows, closures_kept(seen, [truth.seen for truth in truths])


def _judge_motion(rivals: Rivals, passage: Sequence[Shot]) -> dict[str, Figures]:
    """Return by rival the figures that need consecutive frames."""
    real = np.stack([shot.image for shot in passage])
    masks = np.stack([head_matte(shot.landmarks, shot.matte) for shot in passage])
    outputs = by_rival([rivals(shot.landmarks) for shot in passage])
    clips = {rival: np.stack(frames) for rival, frames in outputs.items()}
    return {
        rival: {MOTION: motion_energy(clip, real, masks), SHIMMER: shimmer(clip, real)} for rival, clip in clips.items()
    }


def _milliseconds(rivals: Rivals, targets: Sequence[Shot]) -> float:
    """Return the time of one of our frames, warp and network together: the median of a few."""
    times = []
    for target in targets[:NUM_TIMED]:
        start = perf_counter()
        rivals.ours(target.landmarks)
        times.append(1000 * (perf_counter() - start))
    return float(np.median(times))


def _best_and_worst(
    rows: Sequence[Figures], shot: Shot, outputs: Sequence[Image], targets: Sequence[Shot]
) -> dict[str, Image]:
    """Return strips of our frames that are nearest to and farthest from the real ones inside the head."""
    name = f"{LPIPS_NAME} head"
    far = [row[name] if name in row else -row["PSNR head"] for row in rows]
    strips = {}
    for which, number in (("best", int(np.argmin(far))), ("worst", int(np.argmax(far)))):
        output, target = outputs[number], targets[number].image
        strips[which] = strip(shot.image, target, output, error_picture(output, target))
    return strips


def _opening(shot: Shot) -> float:
    """Return the mouth opening by the landmarks that came with the frame."""
    return mouth_opening(points_68(shot.landmarks))
