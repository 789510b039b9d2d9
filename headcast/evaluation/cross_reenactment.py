"""One person's shot and another's clip in, checks that need no true frame of the result out.

Is it one face, is it still this person, do lips and lids close when the driver's do, has the skin kept its colour,
does the head move as far as it was told?
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np

from headcast.evaluation.methods.baselines import Team
from headcast.evaluation.metrics.faces import (
    FACE_FOUND,
    FaceReader,
    Reading,
    closures_kept,
    head_motion_energy,
)
from headcast.evaluation.metrics.judges import Judges
from headcast.evaluation.metrics.landmarks68 import landmark_errors, points_68
from headcast.evaluation.metrics.pixels import skin_colour_difference
from headcast.evaluation.metrics.regions import skin_mask
from headcast.evaluation.protocol import JudgedClip
from headcast.evaluation.records import Figures, Record
from headcast.evaluation.report.strips import strip
from headcast.evaluation.report.tables import mean_figures
from headcast.evaluation.self_reenactment import SKIN, by_rival
from headcast.geometry.pose import fit_pose, rotation_vector
from headcast.types import Image, Landmarks, Shot

HEAD_MOTION: Final = "head motion energy"
EQUAL_POSE: Final = 0.15
"""Radians within which two poses count as equal: the light falls on about the same skin."""


@dataclass(frozen=True)
class SourcePortrait:
    """A person to be driven, from a clip or a painting; `name` is unlike any other's. The first shot is warped."""

    name: str
    identity: str
    shots: tuple[Shot, ...]


def choose_drivers(source: SourcePortrait, drivers: Sequence[JudgedClip], count: int, seed: int) -> list[JudgedClip]:
    """Choose `count` different clips of others; the same seed and clips give the same ones, and more include fewer.

    Fewer where others have fewer clips; none where all of them show the source.
    """
    others = [clip for clip in drivers if clip.identity != source.identity]
    order = np.random.default_rng([seed, crc32(source.name.encode())]).permutation(len(others))
    return [others[number] for number in order[:count]]


def judge_pair(
    source: SourcePortrait, driver: JudgedClip, judges: Judges, team: Team, targets: Sequence[int], name: str
) -> Record:
    """Drive one person by frames of another's clip and check each rival's frames."""
    shot, driving = source.shots[0], [driver.shot(number) for number in targets]
    team.painter.measure_from([shot.landmarks for shot in driving])
    asked = [team.painter.retarget(shot.landmarks) for shot in driving]
    frames = by_rival([team(landmarks) for landmarks in asked])
    with closing(FaceReader(judges.finder)) as reader:
        truths = [reader.read(shot.image, shot.landmarks) for shot in driving]
        figures = {
            rival: _judge_rival(judges, shot, outputs, asked, truths, reader) for rival, outputs in frames.items()
        }
    facts = {
        "source": source.name,
        "driver": driver.name,
        "num_shots": len(source.shots),
        "num_targets": len(driving),
        "runs_on": team.painter.runtime_name,
        "shown": {team.main: name},
    }
    middle = len(driving) // 2
    shown = strip(shot.image, driving[middle].image, frames[team.main][middle])
    return Record(name, source.identity, facts, figures, strips={"middle": shown})


def _judge_rival(
    judges: Judges,
    shot: Shot,
    outputs: Sequence[Image],
    asked: Sequence[Landmarks],
    truths: Sequence[Reading],
    reader: FaceReader,
) -> Figures:
    """Return the means of one rival's frames and the figures of all of them together."""
    seen = [reader.read(output, landmarks) for output, landmarks in zip(outputs, asked, strict=True)]
    rows = [_judge_frame(judges, shot, *frame) for frame in zip(outputs, asked, seen, strict=True)]
    energy = head_motion_energy([reading.landmarks for reading in seen], asked)
    return mean_figures([mean_figures(rows), closures_kept(seen, truths), {HEAD_MOTION: energy}])


def _judge_frame(judges: Judges, shot: Shot, output: Image, asked: Landmarks, seen: Reading) -> Figures:
    figures = {FACE_FOUND: float(seen.num_faces == 1)}
    if seen.landmarks is not None:
        errors = landmark_errors(points_68(seen.landmarks), points_68(asked))
        figures |= {f"landmark error {region} (MediaPipe)": error for region, error in errors.items()}
    for judge in judges.identity:
        vectors = (judge.vector(shot.image, shot.landmarks), judge.vector(output, asked))
        figures[f"{judge.name} to the source"] = float(vectors[0] @ vectors[1])
    if _turn_between(shot.landmarks, asked) < EQUAL_POSE:
        skins = [skin_mask(face, (output.shape[0], output.shape[1])) for face in (asked, shot.landmarks)]
        if skins[0].any() and skins[1].any():
            figures[SKIN] = skin_colour_difference(output, skins[0], shot.image, skins[1])
    return figures


def _turn_between(first: Landmarks, second: Landmarks) -> float:
    """Return the angle between two heads in radians."""
    return float(np.linalg.norm(rotation_vector(fit_pose(first).rotation @ fit_pose(second).rotation.T)))
