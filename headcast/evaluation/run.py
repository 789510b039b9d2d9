"""Clips, paintings, a model and judges in, the records of one evaluation out; what is kept is not done again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tqdm import tqdm

from headcast.data.clips import Clip, ClipFile, load_clip
from headcast.errors import DataError, HeadcastError
from headcast.evaluation.cross_reenactment import Source, choose_driver, judge_pair, pair_name
from headcast.evaluation.judges import Judges
from headcast.evaluation.protocol import NUM_TARGETS, split_clip
from headcast.evaluation.records import Record, Records
from headcast.evaluation.self_reenactment import judge_clip, record_name
from headcast.networks.model import Model
from headcast.reenact.sitter import load_sitter


@dataclass(frozen=True)
class Protocol:
    """What is judged: with how many shots (T), on how many frames of a clip, and what chance decides."""

    num_shots: tuple[int, ...] = (1,)
    num_targets: int = NUM_TARGETS
    seed: int = 0


@dataclass
class Evaluation:
    """Records of self-reenactment by T and of cross-reenactment, and why some of what was given is left out."""

    self_reenactment: dict[int, list[Record]]
    cross_reenactment: list[Record] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def evaluate(
    files: Sequence[ClipFile],
    paintings: Sequence[Path],
    model: Model,
    judges: Judges,
    protocol: Protocol,
    records: Records,
) -> Evaluation:
    """Judge every clip that can be judged, then every person and painting driven by somebody else's clip.

    A clip that cannot be used is left out and named. Raises DataError when none can.
    """
    evaluation = Evaluation({num_shots: [] for num_shots in protocol.num_shots})
    clips = []
    for file in tqdm(files, unit="clip", desc="self-reenactment"):
        try:
            clip = load_clip(file)
            split_clip(clip, 1, protocol.seed)  # too short for many shots may do for one, and for cross-reenactment
            clips.append(clip)
            for num_shots, kept in evaluation.self_reenactment.items():
                judge = partial(judge_clip, clip, judges, model, num_shots, protocol.seed, protocol.num_targets)
                kept.append(records.keep(record_name(clip, num_shots), judge))
        except HeadcastError as error:
            evaluation.left_out.append(str(error))
    if not any(evaluation.self_reenactment.values()):
        raise DataError(f"none of {len(files)} clips can be judged; the first: {evaluation.left_out[0]}")
    sources = [*_people(clips, protocol.seed), *_painted(paintings, evaluation.left_out)]
    for source in tqdm(sources, unit="pair", desc="cross-reenactment"):
        driver = choose_driver(source, clips, protocol.seed)
        if driver is None:
            evaluation.left_out.append(f"{source.name} is driven by nobody: no clip of another person; add one")
            continue
        judge = partial(judge_pair, source, driver, judges, model, protocol.seed, protocol.num_targets)
        evaluation.cross_reenactment.append(records.keep(pair_name(source, driver), judge))
    return evaluation


def _people(clips: Iterable[Clip], seed: int) -> Iterator[Source]:
    """Yield each clip's most frontal shot, one for each person."""
    seen = set()
    for clip in clips:
        if clip.identity not in seen:
            seen.add(clip.identity)
            yield Source(clip.cache_path.stem, clip.identity, clip.shot(split_clip(clip, 1, seed).shots[0]))


def _painted(paths: Iterable[Path], left_out: list[str]) -> Iterator[Source]:
    """Yield each painting's or photo's face; what shows none goes to `left_out`."""
    for path in paths:
        try:
            yield Source(path.name, path.stem, load_sitter(path).shot)
        except HeadcastError as error:
            left_out.append(str(error))
