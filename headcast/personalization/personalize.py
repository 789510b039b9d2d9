"""Pictures of one person in, an avatar file tuned to that person out."""

import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from tqdm import tqdm

from headcast.data.episodes import EpisodeSettings
from headcast.data.person import Person
from headcast.errors import CheckpointError
from headcast.face.draw import draw_landmark_image
from headcast.header import AVATAR_SUFFIX
from headcast.media.prefetch import prefetch
from headcast.networks.avatar import Avatar
from headcast.networks.avatar_file import AvatarContent, save_avatar
from headcast.networks.checkpoint import default_checkpoint_path, load_checkpoint
from headcast.networks.features import load_vgg19, load_vggface
from headcast.networks.model import Model
from headcast.networks.tensors import images_to_tensor
from headcast.personalization.expression import measure_openings
from headcast.personalization.gather import Gathered, gather
from headcast.provenance.marks import Marks, fingerprint
from headcast.training.candidates import Judge, reason
from headcast.training.content import FeatureNetworks
from headcast.training.episode import batch_from_arrays
from headcast.training.finetune import FinetuneConfig, Finetuned, finetune, finetune_config
from headcast.types import Shot

BATCH_SIZE: Final = 4
NUM_HELD_BATCHES: Final = 6  # of built-in motions on which the feed-forward model's frames are kept
NUM_JUDGED: Final = 9  # frames without a held-out shot of their own
JUDGED_STREAM: Final = NUM_HELD_BATCHES  # draws other motions than the batches that are held
LEAST_LIVELINESS, LEAST_LIVELINESS_JUDGED = 0.9, 0.8  # shares of the start's movement, without and with held-out shots
FIRST_STEPS, STEPS_PER_SHOT = 80, 12  # what one photo takes, and each further one


@dataclass(frozen=True)
class PersonalizeOptions:
    """How to personalise; without `steps` and `minutes`, as many steps as the number of pictures deserves."""

    steps: int | None = None
    minutes: float | None = None
    consent: str | None = None  # why this person may be shown; kept in the avatar and in every video made from it
    checkpoint: Path | None = None  # other weights than those of the package
    vgg19_path: Path | None = None  # the paper's content loss, where the user has its networks
    vggface_path: Path | None = None
    seed: int = 0
    show_progress: bool = False  # a bar with the time left, on standard error


@dataclass(frozen=True)
class PersonalizeResult:
    """What was written: `reason` says which candidate was kept and why, `dropped` which pictures were not used."""

    output: Path
    num_shots: int
    num_held_out: int
    num_steps: int
    kept_share: float
    reason: str
    interrupted: bool
    dropped: tuple[str, ...]
    seconds: float


def personalize(
    source: str | Path | list[str | Path], output: str | Path, options: PersonalizeOptions | None = None
) -> PersonalizeResult:
    """Tune the model to the person in `source` and write the avatar `output`, which appears whole or not at all.

    `source` is a photo, several photos, a folder of them or a video. Ctrl-C while tuning keeps the best so far. Raises
    a HeadcastError for files that cannot be used.
    """
    options = options or PersonalizeOptions()
    started = time.monotonic()
    output = Path(output)
    _check_output(output)  # before the work, not after it
    checkpoint = options.checkpoint or default_checkpoint_path()
    model = load_checkpoint(checkpoint)
    sources = source if isinstance(source, list) else [source]
    gathered = gather([Path(each) for each in sources], model.config.image_size)
    marks = Marks(
        kind="avatar",
        model=checkpoint.name,
        model_sha256=fingerprint(checkpoint),
        source_sha256=tuple(fingerprint(path) for path in gathered.files),
        seed=options.seed,
        consent=options.consent,
    )
    shots = [sitter.shot for sitter in gathered.sitters]
    sizes = model.config
    settings = EpisodeSettings(BATCH_SIZE, 1, sizes.image_size, sizes.embedder_image_size, disguise=False)
    person = Person(shots, settings, options.seed)
    tuned = _tune(model, shots, person, options)
    frames = f"{person.num_held_out} held-out shots" if person.num_held_out else "self-made episodes"
    why = reason(tuned.candidates, tuned.kept, frames)
    save_avatar(output, _content(model, gathered, tuned, why, marks))
    return PersonalizeResult(
        output,
        len(shots),
        person.num_held_out,
        tuned.num_steps,
        tuned.kept.share,
        why,
        tuned.interrupted,
        gathered.dropped,
        time.monotonic() - started,
    )


def _check_output(output: Path) -> None:
    if output.suffix != AVATAR_SUFFIX:
        raise CheckpointError(f"cannot write {output}: expected a name that ends in {AVATAR_SUFFIX}")
    if not output.parent.is_dir():
        raise CheckpointError(f"cannot write {output}: the folder {output.parent} does not exist; make it first")


def _tune(model: Model, shots: list[Shot], person: Person, options: PersonalizeOptions) -> Finetuned:
    features = FeatureNetworks(
        load_vgg19(options.vgg19_path) if options.vgg19_path else None,
        load_vggface(options.vggface_path) if options.vggface_path else None,
    )
    config = _config(model, person, len(shots), features, options)
    embedding = _mean_embedding(model, shots)
    moving = [batch_from_arrays(person.moving(BATCH_SIZE, stream)) for stream in range(NUM_HELD_BATCHES)]
    judge = Judge(
        model.discriminator,
        embedding,
        batch_from_arrays(person.judging(NUM_JUDGED)),
        batch_from_arrays(person.moving(NUM_JUDGED, JUDGED_STREAM)),
        measure_openings,
        features,
        config.weights,
    )
    batches = prefetch(map(batch_from_arrays, person.batches()), depth=2)
    bar = tqdm(total=100, unit="%", bar_format="{l_bar}{bar}| {remaining} left", disable=not options.show_progress)
    with closing(batches), bar:  # type: ignore[type-var]  # prefetch returns a generator
        show = partial(_show, bar)
        return finetune(model, embedding, batches, moving, judge, config, features, show)


def _config(
    model: Model, person: Person, num_shots: int, features: FeatureNetworks, options: PersonalizeOptions
) -> FinetuneConfig:
    steps, seconds = options.steps, None if options.minutes is None else 60.0 * options.minutes
    if steps is None and seconds is None:
        steps = FIRST_STEPS + STEPS_PER_SHOT * (num_shots - 1)
    # Held-out shots show the person's expressions themselves; without any, the start's are all there is to keep to.
    least = LEAST_LIVELINESS_JUDGED if person.num_held_out else LEAST_LIVELINESS
    return finetune_config(
        model.config, features, steps=steps, seconds=seconds, seed=options.seed, least_liveliness=least
    )


@torch.no_grad()
def _mean_embedding(model: Model, shots: list[Shot]) -> Tensor:
    """e_NEW (1, N): the mean over the shots, one at a time, because the paper's embedder is large."""
    embeddings = [
        model.embedder(
            images_to_tensor([shot.image]),
            images_to_tensor([draw_landmark_image(shot.landmarks, shot.image.shape[0])]),
        )
        for shot in shots
    ]
    return torch.cat(embeddings).mean(0, keepdim=True)


def _content(model: Model, gathered: Gathered, tuned: Finetuned, why: str, marks: Marks) -> AvatarContent:
    """The avatar shows its first shot; the others have done their work and stay with the user."""
    shown = gathered.sitters[0]
    settings: dict[str, Any] = {
        "num_shots": len(gathered.sitters),
        "num_steps": tuned.num_steps,
        "kept_share": tuned.kept.share,
        "reason": why,
        "candidates": [vars(candidate) for candidate in tuned.candidates],
    }
    avatar = Avatar(tuned.generator, tuned.adain_parameters, (shown.shot,), model.config.image_size)
    return AvatarContent(avatar, model.config, shown.photo, shown.box, settings, marks.to_metadata())


def _show(bar: "tqdm[Any]", share: float) -> None:
    bar.n = round(100 * share)
    bar.refresh()
