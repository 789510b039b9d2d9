"""What to evaluate in, its records out, made by several processes side by side."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from headcast.avatars.weights import load_weights
from headcast.data.workers import end_with_parent
from headcast.evaluation.clips import judged_clips
from headcast.evaluation.methods.columns import columns_of
from headcast.evaluation.metrics.judges import load_judges
from headcast.evaluation.protocol import Settings
from headcast.evaluation.records import Records
from headcast.evaluation.run import Evaluation, Work, evaluate, judge_share
from headcast.media.images import write_image
from headcast.networks.checkpoint import load_checkpoint
from headcast.provenance.marks import Marks, fingerprint
from headcast.types import Image


@dataclass(frozen=True)
class JudgePaths:
    """The judges' networks on disk; a judge whose network is not given is left out."""

    squeezenet: Path | None = None
    identity_net: tuple[Path, ...] = ()
    landmarks68: Path | None = None
    lpips_net: Path | None = None
    inception: Path | None = None

    def fingerprints(self) -> dict[str, object]:
        """Return the SHA-256 of the networks: another network gives other figures."""
        single = ("squeezenet", "landmarks68", "lpips_net", "inception")
        given: dict[str, Path | None] = {name: getattr(self, name) for name in single}
        prints: dict[str, object] = {name: fingerprint(path) if path else None for name, path in given.items()}
        return {**prints, "identity_net": [fingerprint(path) for path in self.identity_net]}


@dataclass(frozen=True)
class Inputs:
    """All that an evaluation is made from, as paths and numbers: each process opens it for itself."""

    data: Path
    report: Path
    model: Path
    settings: Settings
    judges: JudgePaths = field(default_factory=JudgePaths)
    list_path: Path | None = None
    split: str | None = None
    limit: int | None = None
    paintings: tuple[Path, ...] = ()
    outside: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, where its records are, the model's name for the report, and which judges were missing."""

    evaluation: Evaluation
    records: Records
    model: str
    missing: list[str]


def evaluate_inputs(inputs: Inputs, num_workers: int = 1) -> Evaluated:
    """Judge what is not judged yet, in so many processes; what one that dies leaves undone is done afterwards."""
    opened = _open(inputs)
    if num_workers > 1:
        _judge_side_by_side(inputs, opened.work, num_workers)
    evaluation = evaluate(opened.work)
    evaluation.left_out[:0] = opened.left_out
    return Evaluated(evaluation, opened.work.records, opened.model, opened.work.judges.missing())


@dataclass(frozen=True)
class _Opened:
    """The work, which clips are no part of it and why, and the model's name in the report."""

    work: Work
    left_out: Sequence[str]
    model: str


def _judge_side_by_side(inputs: Inputs, work: Work, num_workers: int) -> None:
    context = multiprocessing.get_context("spawn")  # threads of torch and OpenVINO do not survive a fork
    others = [
        context.Process(target=_work_apart, args=(inputs, num_workers), daemon=True) for _ in range(1, num_workers)
    ]
    work.records.drop_claims()
    for other in others:
        other.start()
    _judge_share(work, num_workers, show=True)
    for other in others:
        other.join()
    work.records.drop_claims()


def _work_apart(inputs: Inputs, num_workers: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    end_with_parent()  # also where it was killed
    _judge_share(_open(inputs).work, num_workers, show=False)


def _judge_share(work: Work, num_workers: int, *, show: bool) -> None:
    """Do one process's share, on its share of the cores; one of them may show the time left."""
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // num_workers))
    judge_share(work, show=show)


def _open(inputs: Inputs) -> _Opened:
    paths, settings = inputs.judges, inputs.settings
    judges = load_judges(paths.squeezenet, paths.identity_net, paths.landmarks68, paths.lpips_net, paths.inception)
    model, model_hash = load_checkpoint(inputs.model), fingerprint(inputs.model)
    columns = columns_of(model, load_weights(inputs.model), settings, dict(inputs.outside))
    clips, left_out = judged_clips(inputs.data, inputs.list_path, inputs.split, inputs.limit)
    fixed = {
        "model": model_hash,
        "targets": settings.num_targets,
        "seed": settings.seed,
        "native": settings.native,
        **paths.fingerprints(),
    }
    records = Records(inputs.report, fixed, _picture_writer(inputs.model.stem, model_hash, settings.seed))
    work = Work(clips, inputs.paintings, columns, judges, settings, records)
    return _Opened(work, left_out, f"{inputs.model.name} (SHA-256 {model_hash[:12]})")


def _picture_writer(model: str, model_sha256: str, seed: int) -> Callable[[Path, Image], None]:
    """Return what writes a strip, marked as synthetic."""
    marks = Marks("talking head beside its source and driver", model, model_sha256, (), seed=seed)
    return lambda path, image: write_image(path, image, marks.to_metadata())
