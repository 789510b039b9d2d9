"""A model and the settings in, the columns of the tables out: who makes frames together, and from what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from headcast.avatars.avatar import Avatar
from headcast.avatars.weights import Weights
from headcast.errors import DataError
from headcast.evaluation.clips import clip_key
from headcast.evaluation.cross_reenactment import SourcePortrait
from headcast.evaluation.methods.baselines import RANDOM, TUNED, Rivals, Team, Tuned
from headcast.evaluation.methods.outside import OutsideFrames, frames_fingerprint
from headcast.evaluation.methods.tuned import tune_avatar, tune_from_random_weights
from headcast.evaluation.protocol import JudgedClip, Settings, Split
from headcast.evaluation.self_reenactment import FromLandmarks, Maker
from headcast.networks.model import Model
from headcast.types import Shot

RANDOM_SHOTS: Final = 8
"""The T at which random weights are tuned as well."""

FRAME_COST: Final = 0.06
TUNING_COST, STEP_COST = 8.0, 0.45
"""Seconds, roughly, on two cores: one rival's frame with its judges; a tuning, and each of its steps."""

MakeFrames = Callable[[JudgedClip, Split, int], Maker]
MakeTeam = Callable[[SourcePortrait], Team]


@dataclass(frozen=True)
class Column:
    """Rivals that are judged together and kept in one record.

    `make` is given a clip, its split and T; `drive` a source for cross-reenactment, None where there is no such form.
    `cost` is what one record takes before its frames, `frame_cost` what each frame takes, in rough seconds.
    """

    name: str
    num_shots: tuple[int, ...]
    make: MakeFrames
    drive: MakeTeam | None = None
    cost: float = 0.0
    frame_cost: float = FRAME_COST


def columns_of(model: Model, weights: Weights, settings: Settings, outside: Mapping[str, Path]) -> list[Column]:
    """Return the columns of one evaluation of a model, which is tuned, and its weights for use, with close-ups.

    Those that are tuned are there only where the settings give steps for it.
    """
    columns = [_feed_forward(weights, settings)]
    if settings.tune_steps:
        columns += [_tuned(model, weights, settings)]
        if RANDOM_SHOTS in settings.num_shots:
            columns += [_random(model, settings)]
    return columns + [_outside(name, folder, settings) for name, folder in outside.items()]


def _feed_forward(weights: Weights, settings: Settings) -> Column:
    def make(clip: JudgedClip, split: Split, num_shots: int) -> Maker:
        rivals = Rivals([clip.shot(number) for number in split.shots], weights, native=settings.native)
        return FromLandmarks(rivals, clip, split.targets)

    kept: dict[str, Rivals] = {}  # of the person last driven: pairs of one follow each other

    def drive(source: SourcePortrait) -> Team:
        if len(source.shots) > 1:  # shots take turns over time, and every driver has a time of its own
            return Rivals(source.shots, weights)
        if source.name not in kept:
            kept.clear()
            kept[source.name] = Rivals(source.shots, weights)
        return kept[source.name]

    return Column("feed-forward", settings.num_shots, make, drive, frame_cost=5 * FRAME_COST)


@dataclass
class _Tuner:
    """Tunes avatars; those of the fewest shots are kept for the pairs, which show the same."""

    model: Model
    close_ups: Mapping[str, Weights]
    settings: Settings
    kept: dict[str, Avatar] = field(default_factory=dict)

    def make(self, clip: JudgedClip, split: Split, num_shots: int) -> Maker:
        shots = [clip.shot(number) for number in split.shots]
        avatar = self._tune(shots)
        if num_shots == min(self.settings.num_shots):
            self.kept[clip_key(clip)] = avatar
        return FromLandmarks(Tuned(avatar, TUNED, shots, native=self.settings.native), clip, split.targets)

    def drive(self, source: SourcePortrait) -> Team:
        if source.name not in self.kept:
            self.kept[source.name] = self._tune(source.shots)
        return Tuned(self.kept[source.name], TUNED, source.shots)

    def _tune(self, shots: Sequence[Shot]) -> Avatar:
        return tune_avatar(self.model, self.close_ups, shots, self.settings.tune_steps, self.settings.seed)


def _tuned(model: Model, weights: Weights, settings: Settings) -> Column:
    tuner = _Tuner(model, weights.close_ups, settings)
    cost = TUNING_COST + STEP_COST * settings.tune_steps
    return Column(f"tuned-{settings.tune_steps}", settings.num_shots, tuner.make, tuner.drive, cost)


def _random(model: Model, settings: Settings) -> Column:
    def make(clip: JudgedClip, split: Split, num_shots: int) -> Maker:
        shots = [clip.shot(number) for number in split.shots]
        avatar = tune_from_random_weights(model, shots, settings.tune_steps, settings.seed)
        return FromLandmarks(Tuned(avatar, RANDOM, shots, native=settings.native), clip, split.targets)

    cost = TUNING_COST + STEP_COST * settings.tune_steps
    return Column(f"random-{settings.tune_steps}", (RANDOM_SHOTS,), make, cost=cost)


def _outside(name: str, folder: Path, settings: Settings) -> Column:
    def make(clip: JudgedClip, split: Split, num_shots: int) -> Maker:
        return OutsideFrames(name, folder, clip, split, num_shots)

    given = tuple(count for count in settings.num_shots if (folder / f"T{count}").is_dir())
    if not given:
        wanted = " or ".join(f"T{count}" for count in settings.num_shots)
        raise DataError(f"the folder {folder} of {name} holds no {wanted}; see --export-protocol for its layout")
    return Column(f"outside-{name}-{frames_fingerprint(folder)}", given, make)
