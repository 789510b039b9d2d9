"""A training run: episodes and settings in, a run folder with statistics, samples and checkpoints out.

run folder: run.json (settings, versions, commit), stats.jsonl, samples/, checkpoint.safetensors (the averaged
networks, ready for use), state.safetensors (what `resume` needs).
"""

import contextlib
import json
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import torch

from headcast.errors import DataError
from headcast.networks.checkpoint import CheckpointNotes, save_checkpoint
from headcast.networks.features import load_vgg19, load_vggface
from headcast.networks.model import build_model
from headcast.networks.presets import PRESETS
from headcast.training.config import TrainingConfig
from headcast.training.content import FeatureNetworks
from headcast.training.episode import EpisodeBatch
from headcast.training.meta import MetaLearner, autocast
from headcast.training.probes import validate
from headcast.training.samples import write_samples
from headcast.training.state import load_state, save_state

OFFLINE_PYRAMID_WEIGHT = 10.0


@dataclass(frozen=True)
class RunFiles:
    """Where a run reads and writes beside its episodes."""

    run_dir: Path
    vgg19_path: Path | None = None
    vggface_path: Path | None = None
    resume: bool = False


def train(
    config: TrainingConfig,
    episodes: Iterable[EpisodeBatch],
    validation: Sequence[EpisodeBatch],
    files: RunFiles,
    *,
    num_videos: int,
    drawing_style: int = 0,
    device: str = "cpu",
    report: Callable[[str], None] = print,
) -> Path:
    """Meta-train until the budget is spent, the episodes end or the user interrupts; the checkpoint's path.

    `num_videos` is one more than the largest `video_index`. A loss that is not finite is a HeadcastError.
    """
    features = FeatureNetworks(
        load_vgg19(files.vgg19_path) if files.vgg19_path else None,
        load_vggface(files.vggface_path) if files.vggface_path else None,
    )
    config = with_offline_content(config, features)
    model = build_model(PRESETS[config.preset], config.seed)
    learner = MetaLearner(model, num_videos, config, features, torch.device(device))
    run = _Run(learner, files, drawing_style, report)
    with _interrupts() as interrupted:
        for batch in episodes:
            if run.progress() >= 1.0 or interrupted.is_set():
                break
            run.learn(batch)
            if learner.step_count % config.validate_steps == 0:
                run.validate_and_save(validation)
        if learner.step_count == 0:
            raise DataError("the data held no episode to train on; give clips with a face in at least two frames")
        if learner.step_count != run.saved_step:
            run.validate_and_save(validation)
    return run.checkpoint_path


def with_offline_content(config: TrainingConfig, features: FeatureNetworks) -> TrainingConfig:
    """Without VGG19 and without a pyramid term nothing would ask for likeness: add the offline content term."""
    if features.vgg19 is not None or config.weights.pyramid:
        return config
    return replace(config, weights=replace(config.weights, pyramid=OFFLINE_PYRAMID_WEIGHT))


class _Run:
    """A run folder and the clock of its budget."""

    def __init__(
        self, learner: MetaLearner, files: RunFiles, drawing_style: int, report: Callable[[str], None]
    ) -> None:
        self.learner, self.config, self.run_dir = learner, learner.config, files.run_dir
        self.drawing_style, self.report = drawing_style, report
        self.checkpoint_path = self.run_dir / "checkpoint.safetensors"
        self.samples_dir = self.run_dir / "samples"
        self.samples_dir.mkdir(parents=True, exist_ok=True)
        self.num_samples, self.earlier_seconds = 0, 0.0
        if files.resume:
            saved = load_state(self.run_dir / "state.safetensors", learner)
            self.num_samples, self.earlier_seconds = int(saved["num_samples"]), saved["seconds"]
        elif (self.run_dir / "state.safetensors").exists():
            raise DataError(f"{self.run_dir} already holds a run; resume it or give another folder")
        self.saved_step = learner.step_count
        self._write_settings(learner.features)
        self.started = time.monotonic()
        self.recent: list[dict[str, float]] = []

    def seconds(self) -> float:
        """Time spent learning, over all sittings."""
        return self.earlier_seconds + time.monotonic() - self.started

    def progress(self) -> float:
        """Share of the budget that is spent."""
        if self.config.num_samples is not None:
            return self.num_samples / self.config.num_samples
        assert self.config.minutes is not None
        return self.seconds() / (60.0 * self.config.minutes)

    def learn(self, batch: EpisodeBatch) -> None:
        """One step, and a line of statistics now and then."""
        self.recent.append(self.learner.step(batch, self.progress()))
        self.num_samples += len(batch)
        if len(self.recent) == self.config.log_steps:
            names = {name for terms in self.recent for name in terms}
            means = {name: fmean(terms[name] for terms in self.recent if name in terms) for name in sorted(names)}
            self._log("train", means)
            self.recent.clear()

    def validate_and_save(self, validation: Sequence[EpisodeBatch]) -> None:
        """Judge the averaged networks, draw samples, save checkpoint and state."""
        judged = time.monotonic()
        device = self.learner.device
        with autocast(device, self.config.precision):
            batches = [batch.to(device) for batch in validation]
            result = validate(self.learner.averaged, batches, self.config, self.learner.features)
            step = self.learner.step_count
            write_samples(self.samples_dir / f"{step:07d}.png", self.learner.averaged, batches[0])
        self.started += time.monotonic() - judged  # the budget is for learning
        self._log("validation", result.to_dict())
        for warning in result.warnings():
            self.report(f"  probe: {warning}")
        training = {"settings": self.config.to_dict(), "num_samples": self.num_samples, "validation": result.to_dict()}
        notes = CheckpointNotes(self.config.preset, step, self.drawing_style, training)
        save_checkpoint(self.checkpoint_path, self.learner.averaged, notes)
        progress = {"num_samples": self.num_samples, "seconds": self.seconds()}
        save_state(self.run_dir / "state.safetensors", self.learner, progress)
        self.saved_step = step

    def _log(self, kind: str, values: dict[str, float]) -> None:
        seconds = self.seconds()
        line = {"kind": kind, "step": self.learner.step_count, "num_samples": self.num_samples, "seconds": seconds}
        with (self.run_dir / "stats.jsonl").open("a") as file:
            file.write(json.dumps({**line, **values}) + "\n")
        figures = "  ".join(f"{name} {value:.4g}" for name, value in values.items())
        self.report(f"{kind} {self.num_samples} samples, {self.progress():.1%}, {seconds:.0f} s:  {figures}")

    def _write_settings(self, features: FeatureNetworks) -> None:
        content = "VGG19" if features.vgg19 else "offline: Charbonnier distance on a Laplacian pyramid"
        settings = {
            "settings": self.config.to_dict(),
            "content_loss": content + (" and VGGFace" if features.vggface else ""),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "commit": _commit(),
        }
        (self.run_dir / "run.json").write_text(json.dumps(settings, indent=2) + "\n")
        self.report(f"content loss: {settings['content_loss']}")


@contextlib.contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM end the run after the current step, with everything saved; a second Ctrl-C ends it at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # only the main thread may listen to signals
        return

    def stop(number: int, _frame: object) -> None:
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()

    earlier = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _commit() -> str:
    """The commit of the code, or "unknown" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
