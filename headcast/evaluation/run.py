"""Clips, paintings, columns and judges in, the records of one evaluation out; what is kept is not done again."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tqdm import tqdm

from headcast.errors import DataError, HeadcastError
from headcast.evaluation.clips import clip_key
from headcast.evaluation.cross_reenactment import SourcePortrait, choose_drivers, judge_pair
from headcast.evaluation.methods.baselines import OURS
from headcast.evaluation.methods.columns import Column, MakeTeam
from headcast.evaluation.metrics.judges import Judges
from headcast.evaluation.native import shown_clip
from headcast.evaluation.protocol import JudgedClip, Settings, Split, split_clip
from headcast.evaluation.records import Record, Records, merge_records
from headcast.evaluation.self_reenactment import judge_clip
from headcast.reenact.sitter import load_sitter

BAR = "{desc}: {percentage:3.0f}% |{bar}| {elapsed} so far, {remaining} left"


@dataclass
class Evaluation:
    """Records of self-reenactment by T and of cross-reenactment, and why some of what was given is left out."""

    self_reenactment: dict[int, list[Record]]
    cross_reenactment: list[Record] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    """One record to be made: its name, the name under which it is laid together with others, T (None for pairs)."""

    name: str
    group: str
    num_shots: int | None
    cost: float
    judge: Callable[[], Record]


@dataclass(frozen=True)
class Work:
    """What is to be judged, in which columns, by which judges, and where its records are kept."""

    clips: Sequence[JudgedClip]
    paintings: Sequence[Path]
    columns: Sequence[Column]
    judges: Judges
    settings: Settings
    records: Records

    def plan(self) -> tuple[list[_Task], list[str]]:
        """Return all records to be made, and why some of what was given is left out."""
        left_out: list[str] = []
        tasks = [task for clip in self.clips for task in _clip_tasks(clip, self)]
        sources = [*_people(self.clips, self.settings), *_painted(self.paintings, left_out)]
        for source, count in zip(sources, shared_out(self.settings.num_pairs, len(sources)), strict=True):
            drivers = choose_drivers(source, self.clips, count, self.settings.seed)
            if count and not drivers:
                left_out.append(f"{source.name} is driven by nobody: no clip of another person; add one")
            tasks += [task for driver in drivers for task in _pair_tasks(source, driver, self)]
        return tasks, left_out


def evaluate(work: Work) -> Evaluation:
    """Judge every clip in every column, then people and paintings driven by somebody else's clip.

    What cannot be judged is left out and named. Raises DataError when nothing can.
    """
    tasks, left_out = work.plan()
    evaluation = Evaluation({num_shots: [] for num_shots in work.settings.num_shots}, left_out=left_out)
    groups: dict[str, tuple[int | None, list[Record]]] = {}
    for task in _with_time_left(tasks, work.records):
        try:
            groups.setdefault(task.group, (task.num_shots, []))[1].append(work.records.keep(task.name, task.judge))
        except HeadcastError as error:
            evaluation.left_out.append(str(error))
    for group, (num_shots, parts) in groups.items():
        if any(OURS in part.figures for part in parts):
            where = evaluation.cross_reenactment if num_shots is None else evaluation.self_reenactment[num_shots]
            where.append(merge_records(group, parts))
    if not any(evaluation.self_reenactment.values()):
        raise DataError(f"none of {len(work.clips)} clips can be judged; the first: {evaluation.left_out[0]}")
    return evaluation


def judge_share(work: Work, *, show: bool) -> None:
    """Make and keep records as one of several workers, which are given the same work and folder.

    Each takes what nobody has taken. What cannot be judged, or was not finished, is left to `evaluate`. One of them
    may `show` the time left.
    """
    tasks, _ = work.plan()
    for task in _with_time_left(tasks, work.records) if show else tasks:
        if not work.records.has(task.name) and work.records.claim(task.name):
            with contextlib.suppress(HeadcastError):
                work.records.keep(task.name, task.judge)


def shared_out(total: int | None, among: int) -> list[int]:
    """Share `total` pairs out among so many people, as evenly as whole numbers go; None gives one to each."""
    if total is None:
        return [1] * among
    return [total * (number + 1) // among - total * number // among for number in range(among)]


def _with_time_left(tasks: Sequence[_Task], records: Records) -> Iterator[_Task]:
    """Yield the tasks, showing how long those that are not kept yet will take."""
    new = [task for task in tasks if not records.has(task.name)]
    with tqdm(total=sum(task.cost for task in new), desc="judging", bar_format=BAR, disable=None) as bar:
        for task in tasks:
            known = records.has(task.name)
            yield task
            bar.update(0 if known else task.cost)


def _clip_tasks(clip: JudgedClip, work: Work) -> Iterator[_Task]:
    settings = work.settings
    for num_shots in settings.num_shots:
        split = split_clip(clip, num_shots, settings.seed, settings.num_targets)
        group = f"{clip_key(clip)}.T{num_shots}"
        for column in work.columns:
            if num_shots in column.num_shots:
                name = f"{group}.{column.name}"
                judge = partial(_judge_clip, clip, work, column, split, num_shots, name)
                yield _Task(name, group, num_shots, column.cost + column.frame_cost * len(split.targets), judge)


def _judge_clip(clip: JudgedClip, work: Work, column: Column, split: Split, num_shots: int, name: str) -> Record:
    shown = shown_clip(clip, split, work.settings)
    return judge_clip(shown, work.judges, column.make(shown, split, num_shots), split, name)


def _pair_tasks(source: SourcePortrait, driver: JudgedClip, work: Work) -> Iterator[_Task]:
    targets = split_clip(driver, 1, work.settings.seed, work.settings.num_targets).targets
    group = f"{source.name}--{clip_key(driver)}.T{min(work.settings.num_shots)}"
    for column in work.columns:
        if column.drive is not None:
            name = f"{group}.{column.name}"
            judge = partial(_judge_pair, source, driver, work.judges, column.drive, targets, name)
            yield _Task(name, group, None, column.cost + column.frame_cost * len(targets), judge)


def _judge_pair(
    source: SourcePortrait, driver: JudgedClip, judges: Judges, drive: MakeTeam, targets: Sequence[int], name: str
) -> Record:
    return judge_pair(source, driver, judges, drive(source), targets, name)


def _people(clips: Iterable[JudgedClip], settings: Settings) -> Iterator[SourcePortrait]:
    """Yield each person's shots, as few as clips are judged with, the most frontal first."""
    seen = set()
    for clip in clips:
        if clip.identity not in seen:
            seen.add(clip.identity)
            numbers = split_clip(clip, min(settings.num_shots), settings.seed).shots
            yield SourcePortrait(clip_key(clip), clip.identity, tuple(clip.shot(number) for number in numbers))


def _painted(paths: Iterable[Path], left_out: list[str]) -> Iterator[SourcePortrait]:
    """Yield each painting's or photo's face; what shows none goes to `left_out`."""
    for path in paths:
        try:
            yield SourcePortrait(path.name, path.stem, (load_sitter(path).shot,))
        except HeadcastError as error:
            left_out.append(str(error))
