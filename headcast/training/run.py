"""A training run: episodes and settings in, a run folder with statistics, samples and checkpoints out.

run folder: run.json (settings, versions, commit), stats.jsonl and tensorboard/, samples/ (pictures of the same
held-out episodes), checkpoint.safetensors (the averaged networks, ready for use), checkpoints/ (some earlier ones),
state/ (what `resume` needs).
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean

from headcast.errors import DataError
from headcast.files import write_file
from headcast.networks.checkpoint import load_checkpoint, save_checkpoint
from headcast.networks.features import load_vgg19, load_vggface
from headcast.networks.model import Model, build_model
from headcast.networks.notes import CheckpointNotes
from headcast.networks.presets import PRESETS
from headcast.training.alarms import step_alarms, validation_alarms
from headcast.training.budget import Budget
from headcast.training.config import TrainingConfig
from headcast.training.content import FeatureNetworks
from headcast.training.distributed import ALONE, Ranks
from headcast.training.episode import EpisodeBatch
from headcast.training.interrupts import interrupts
from headcast.training.journal import Journal
from headcast.training.meta import MetaLearner
from headcast.training.precision import autocast
from headcast.training.probes import validate
from headcast.training.retention import numbered, thin
from headcast.training.samples import write_samples
from headcast.training.settings_file import write_settings
from headcast.training.state import has_state, load_state, save_state

OFFLINE_PYRAMID_WEIGHT = 10.0
CHECKPOINT, CHECKPOINTS, SAMPLES = "checkpoint.safetensors", "checkpoints", "samples"
MOST_CHECKPOINTS = 12
MOST_SAMPLES = 100


@dataclass(frozen=True)
class RunFiles:
    """Where a run reads and writes beside its episodes."""

    run_dir: Path
    vgg19_path: Path | None = None
    vggface_path: Path | None = None
    start_path: Path | None = None  # a checkpoint whose weights the run begins with, instead of random ones
    resume: bool = False


def train(
    config: TrainingConfig,
    episodes: Callable[[int], Iterable[EpisodeBatch]],
    validation: Sequence[EpisodeBatch],
    files: RunFiles,
    *,
    num_videos: int,
    ranks: Ranks = ALONE,
    report: Callable[[str], None] = print,
) -> Path:
    """Meta-train until the budget is spent, the episodes end or the user interrupts; the checkpoint's path.

    `episodes` gives this rank's rows of each batch, from the step that it is called with; `num_videos` is one more
    than the largest `video_index`. Of several `ranks` the first validates, writes and reports. A loss that is not
    finite is a HeadcastError.
    """
    features = FeatureNetworks(
        load_vgg19(files.vgg19_path) if files.vgg19_path else None,
        load_vggface(files.vggface_path) if files.vggface_path else None,
    )
    config = with_offline_content(config, features)
    model = _first_model(config, files)
    learner = MetaLearner(model, num_videos, config, features, ranks.device, ranks)
    budget = _begin(learner, files)
    folder = None
    if ranks.is_first:
        folder = _RunFolder(files.run_dir, learner, budget, validation, report, files.start_path)
    with interrupts() as interrupted:
        for batch in budget.awaited(episodes(learner.step_count)):
            progress, stop = ranks.agree(budget.progress(), interrupted.is_set())
            if progress >= 1.0 or stop:
                break
            figures = learner.step(batch, progress)
            budget.num_samples += len(batch) * ranks.count
            if folder:
                folder.note(figures)
        if learner.step_count == 0:
            raise DataError("the data held no episode to train on; give clips with a face in at least two frames")
        if folder:
            folder.close()
    return files.run_dir / CHECKPOINT


def with_offline_content(config: TrainingConfig, features: FeatureNetworks) -> TrainingConfig:
    """Without VGG19 and without a pyramid term nothing would ask for likeness: add the offline content term."""
    if features.vgg19 is not None or config.weights.pyramid:
        return config
    return replace(config, weights=replace(config.weights, pyramid=OFFLINE_PYRAMID_WEIGHT))


def _first_model(config: TrainingConfig, files: RunFiles) -> Model:
    """Networks with random weights, or those of a checkpoint; the optimisers begin anew."""
    sizes = PRESETS[config.preset]
    if files.start_path is None or files.resume:
        return build_model(sizes, config.seed)
    model = load_checkpoint(files.start_path)
    if model.config != sizes:
        raise DataError(f"{files.start_path} holds networks of other sizes than {config.preset}; give its own --preset")
    for network in (model.embedder, model.generator, model.discriminator):
        network.train()
    return model


def _begin(learner: MetaLearner, files: RunFiles) -> Budget:
    """Start afresh, or resume where the run stopped."""
    if files.resume:
        saved = load_state(files.run_dir, learner)
        return Budget(learner.config, int(saved["num_samples"]), saved["seconds"])
    if has_state(files.run_dir):
        raise DataError(f"{files.run_dir} already holds a run; resume it or give another folder")
    return Budget(learner.config)


class _RunFolder:
    """What the first rank writes down of a run."""

    def __init__(
        self,
        run_dir: Path,
        learner: MetaLearner,
        budget: Budget,
        validation: Sequence[EpisodeBatch],
        report: Callable[[str], None],
        start: Path | None,
    ) -> None:
        self._run_dir, self._learner, self._budget = run_dir, learner, budget
        self._validation = validation
        self._recent: list[dict[str, float]] = []
        self._saved_step = learner.step_count
        for name in (SAMPLES, CHECKPOINTS):
            (run_dir / name).mkdir(parents=True, exist_ok=True)
        content_loss = write_settings(run_dir / "run.json", learner.config, learner.features, learner.ranks, start)
        report(f"content loss: {content_loss}")
        self._journal = Journal(run_dir, learner.step_count, report)

    def note(self, figures: dict[str, float]) -> None:
        """Take the figures of the step just made; now and then write a line of them, validate and save."""
        config, step = self._learner.config, self._learner.step_count
        self._recent.append(figures)
        if step % config.log_steps == 0:
            self._write_recent()
        if step % config.validate_steps == 0:
            self._validate_and_save()

    def close(self) -> None:
        """Save what is not saved yet."""
        if self._learner.step_count != self._saved_step:
            self._validate_and_save()
        self._journal.close()

    def _write_recent(self) -> None:
        """A line with the means of the steps since the last one."""
        names = {name for figures in self._recent for name in figures}
        means = {name: fmean(each[name] for each in self._recent if name in each) for name in sorted(names)}
        alarms = step_alarms(means, self._journal.last_figures)
        self._journal.write("train", self._position(), means | self._budget.rates(), self._budget.progress())
        self._warn(alarms)
        self._recent.clear()

    def _validate_and_save(self) -> None:
        """Judge the averaged networks, draw samples, save checkpoint and state."""
        if self._recent:
            self._write_recent()  # an interrupted run loses no figure
        learner, step = self._learner, self._learner.step_count
        with self._budget.paused(), autocast(learner.device, learner.config.precision):
            batches = [batch.to(learner.device) for batch in self._validation]
            result = validate(learner.averaged, batches, learner.config, learner.features).to_dict()
            write_samples(numbered(self._run_dir / SAMPLES, step, ".png"), learner.averaged, batches[0])
            thin(self._run_dir / SAMPLES, ".png", MOST_SAMPLES)
            self._journal.write("validation", self._position(), result, self._budget.progress())
            self._warn(validation_alarms(result))
            self._save(result)  # last: a resumed run drops what was written after the saved step

    def _save(self, validation: dict[str, float]) -> None:
        learner, budget = self._learner, self._budget
        training = {
            "settings": learner.config.to_dict(),
            "num_samples": budget.num_samples,
            "validation": validation,
        }
        notes = CheckpointNotes(learner.config.preset, learner.step_count, training=training)
        checkpoint = numbered(self._run_dir / CHECKPOINTS, learner.step_count, ".safetensors")
        save_checkpoint(checkpoint, learner.averaged, notes)
        thin(self._run_dir / CHECKPOINTS, ".safetensors", MOST_CHECKPOINTS)
        write_file(self._run_dir / CHECKPOINT, partial(shutil.copyfile, checkpoint))
        save_state(self._run_dir, learner, {"num_samples": budget.num_samples, "seconds": budget.seconds()})
        self._saved_step = learner.step_count

    def _warn(self, alarms: list[str]) -> None:
        for alarm in alarms:
            self._journal.warn(self._position(), alarm)

    def _position(self) -> dict[str, float]:
        return {
            "step": self._learner.step_count,
            "num_samples": self._budget.num_samples,
            "seconds": self._budget.seconds(),
        }
