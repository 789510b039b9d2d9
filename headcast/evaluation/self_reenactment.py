"""A clip of one person and a maker of frames in, how well its rivals make the held-out frames from the shots out."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from headcast.data.episodes import FrameDistances
from headcast.evaluation.methods.baselines import Team
from headcast.evaluation.metrics.faces import FaceReader, Reading, closures_kept, face_figures, mouth_errors
from headcast.evaluation.metrics.judges import BACKGROUND, EDGES, SHARPNESS, STREAKS, Judges, judge_frame
from headcast.evaluation.metrics.landmarks68 import points_68
from headcast.evaluation.metrics.openings import floor_frame, mouth_opening, mouth_opens
from headcast.evaluation.metrics.pixels import motion_energy, shimmer, skin_colour_difference
from headcast.evaluation.metrics.regions import head_matte, skin_mask
from headcast.evaluation.metrics.teeth import TeethWatch
from headcast.evaluation.protocol import JudgedClip, Split
from headcast.evaluation.records import REAL, Figures, Record
from headcast.evaluation.report.strips import error_picture, strip
from headcast.evaluation.report.tables import head_figure, mean_figures
from headcast.geometry.smooth import smooth
from headcast.types import Image, Landmarks, Shot

SKIN: Final = "skin delta E"
MOTION: Final = "motion energy head"
SHIMMER: Final = "shimmer"
TEETH: Final = "teeth change"
NUM_TIMED: Final = 8


class Maker(Protocol):
    """Makes a clip's frames; `main` is the rival whose pictures are shown, `facts` say what the frames come from."""

    main: str
    facts: Mapping[str, Any]

    def __call__(self, number: int) -> dict[str, Image]:
        """Return each rival's form of frame `number` of the clip."""


class FromLandmarks:
    """Makes a clip's frames with a team of rivals, each from its own landmarks, smoothed as `animate` smooths them.

    The median time of a few is a fact.
    """

    def __init__(self, team: Team, clip: JudgedClip, numbers: Sequence[int]) -> None:
        self._team = team
        self._landmarks = smooth(clip.landmarks, [number / clip.rate for number in range(len(clip.landmarks))])
        self.main = team.main
        timed = [self._landmarks[number] for number in numbers[:NUM_TIMED]]
        self.facts: Mapping[str, Any] = {
            "runs_on": team.painter.runtime_name,
            "milliseconds": _milliseconds(team, timed),
        }

    def __call__(self, number: int) -> dict[str, Image]:
        """Return each rival's form of frame `number`."""
        return self._team(self._landmarks[number])


def judge_clip(clip: JudgedClip, judges: Judges, maker: Maker, split: Split, name: str) -> Record:
    """Judge the maker's rivals on one clip; each figure is the mean over the targets that have it."""
    shot, targets = clip.shot(split.shots[0]), [clip.shot(number) for number in split.targets]
    opens = mouth_opens(np.array([_opening(target) for target in targets]), _opening(shot))
    frames = by_rival([maker(number) for number in split.targets])
    teeth = TeethWatch(targets, [float(number / clip.rate) for number in split.targets])
    with closing(FaceReader(judges.finder)) as reader:
        truths = [_read(reader, target, opened) for target, opened in zip(targets, opens.tolist(), strict=True)]
        judged = {rival: _judge_rival(judges, reader, outputs, truths, shot) for rival, outputs in frames.items()}
    moving = _judge_motion(by_rival([maker(number) for number in split.passage]), clip, split.passage)
    facts = {
        "clip": clip.name,
        "num_shots": len(split.shots),
        "num_targets": len(targets),
        "num_opening": int(opens.sum()),
        "side": shot.image.shape[0],
        "changes": changes_from_shot(clip, split),
        "shown": {maker.main: name},
        **maker.facts,
    }
    return Record(
        name,
        clip.identity,
        facts,
        {
            rival: mean_figures([mean_figures(rows), whole, moving[rival], {TEETH: teeth(frames[rival])}])
            for rival, (rows, whole) in judged.items()
        },
        feature_vectors(judges, {**frames, REAL: [target.image for target in targets]}),
        _best_and_worst(judged[maker.main][0], shot, frames[maker.main], targets),
        {rival: [by_distance_figures(row) for row in rows] for rival, (rows, _) in judged.items()},
    )


def by_rival(frames: Sequence[dict[str, Image]]) -> dict[str, list[Image]]:
    """Turn the rivals' pictures of each frame into each rival's pictures."""
    return {rival: [frame[rival] for frame in frames] for rival in frames[0]}


def changes_from_shot(clip: JudgedClip, split: Split) -> dict[str, list[float]]:
    """Return how far each target lies from the first shot in "pose" and "expression", each in its usual spread."""
    expression, pose = FrameDistances(clip).changes_from(split.shots[0])
    targets = list(split.targets)
    return {"pose": pose[targets].tolist(), "expression": expression[targets].tolist()}


def by_distance_figures(row: Figures) -> Figures:
    """Return what is kept of one frame for the tables by distance: the figures that say where it was put together."""
    wanted = (*("LPIPS", "SSIM", "CSIM"), SHARPNESS, EDGES, STREAKS, BACKGROUND)
    return mean_figures([{name: value for name, value in row.items() if name.startswith(wanted)}])


def skin_difference(output: Image, target: Shot) -> float:
    """Return the skin's colour difference where the target shows skin; NaN where it shows none."""
    height, width = target.matte.shape
    skin = skin_mask(target.landmarks, (height, width))
    return skin_colour_difference(output, skin, target.image, skin) if skin.any() else float("nan")


def feature_vectors(judges: Judges, frames: dict[str, list[Image]]) -> dict[str, dict[str, NDArray[np.float32]]]:
    """Return what FID and KID need, by network and rival (n, d)."""
    return {
        network.name: {name: np.stack([network.vector(image) for image in images]) for name, images in frames.items()}
        for network in judges.feature_sets
    }


@dataclass(frozen=True)
class _Truth:
    """A target, what the finders see in it and, where its mouth has to open, in the frame nobody can tell from it."""

    target: Shot
    seen: Reading
    floor: Reading | None


def _read(reader: FaceReader, target: Shot, opened: bool) -> _Truth:
    floor = reader.read(floor_frame(target.image), target.landmarks) if opened else None
    return _Truth(target, reader.read(target.image, target.landmarks), floor)


def _judge_rival(
    judges: Judges, reader: FaceReader, outputs: Sequence[Image], truths: Sequence[_Truth], shot: Shot
) -> tuple[list[Figures], Figures]:
    """Return each frame's figures and those of all frames together."""
    seen = [reader.read(output, truth.target.landmarks) for output, truth in zip(outputs, truths, strict=True)]
    rows = []
    for output, reading, truth in zip(outputs, seen, truths, strict=True):
        figures = judge_frame(judges, output, truth.target, shot) | face_figures(reading, truth.seen)
        figures[SKIN] = skin_difference(output, truth.target)
        if truth.floor:
            figures |= mouth_errors(reading, truth.seen, truth.floor)
        rows.append(figures)
    return rows, closures_kept(seen, [truth.seen for truth in truths])


def _judge_motion(outputs: dict[str, list[Image]], clip: JudgedClip, passage: Sequence[int]) -> dict[str, Figures]:
    """Return by rival the figures that need consecutive frames.

    Shimmer is a multiple of that of frames nobody can tell from the real ones: still pixels were chosen for how little
    the real clip's change, so whatever has noise of its own changes more.
    """
    shots = [clip.shot(number) for number in passage]
    real = np.stack([shot.image for shot in shots])
    masks = np.stack([head_matte(shot.landmarks, shot.matte) for shot in shots])
    least = shimmer(np.stack([floor_frame(image) for image in real]), real)
    clips = {rival: np.stack(frames) for rival, frames in outputs.items()}
    return {
        rival: {
            MOTION: motion_energy(made, real, masks),
            SHIMMER: shimmer(made, real) / least if least > 0 else float("nan"),
        }
        for rival, made in clips.items()
    }


def _milliseconds(team: Team, faces: Sequence[Landmarks]) -> float:
    """Return the time of one frame of the main rival, warp and network together: the median of a few."""
    times = []
    for landmarks in faces:
        start = perf_counter()
        team.painter.paint(team.painter.condition(landmarks))
        times.append(1000 * (perf_counter() - start))
    return float(np.median(times))


def _best_and_worst(
    rows: Sequence[Figures], shot: Shot, outputs: Sequence[Image], targets: Sequence[Shot]
) -> dict[str, Image]:
    """Return strips of the frames that are nearest to and farthest from the real ones inside the head."""
    name, sign = head_figure(rows[0])
    far = [sign * row[name] for row in rows]
    strips = {}
    for which, number in (("best", int(np.argmin(far))), ("worst", int(np.argmax(far)))):
        output, target = outputs[number], targets[number].image
        strips[which] = strip(shot.image, target, output, error_picture(output, target))
    return strips


def _opening(shot: Shot) -> float:
    """Return the mouth opening by the landmarks that came with the frame."""
    return mouth_opening(points_68(shot.landmarks))
