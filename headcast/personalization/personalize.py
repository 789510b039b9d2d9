"""Pictures of one person in, an avatar file tuned to that person out."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from headcast.avatars.avatar_file import AvatarContent, save_avatar
from headcast.avatars.from_torch import tuned_avatar
from headcast.avatars.weights import shipped_close_ups
from headcast.data.person import Person
from headcast.errors import CheckpointError
from headcast.files import check_output
from headcast.header import AVATAR_SUFFIX
from headcast.networks.checkpoint import load_checkpoint
from headcast.networks.features import load_vgg19, load_vggface
from headcast.networks.model import Model
from headcast.networks.notes import default_checkpoint_path
from headcast.personalization.close_up_rows import FEWEST
from headcast.personalization.close_ups import STEPS, TunedPart, tune_close_ups, with_tuned
from headcast.personalization.pictures import Pictures, load_pictures
from headcast.personalization.tuning import person_of, tune, tune_config
from headcast.provenance.marks import Marks, fingerprint
from headcast.reenact.sitter import avatar_shots
from headcast.training.candidates import reason
from headcast.training.content import FeatureNetworks
from headcast.training.finetune import Finetuned

CLOSE_UP_SHARE: Final = 0.2
"""Of the minutes that were asked for, where close-ups are tuned too."""


@dataclass(frozen=True)
class PersonalizeOptions:
    """How to personalise; without `steps` and `minutes`, as many steps as the number of pictures deserves."""

    steps: int | None = None
    minutes: float | None = None
    consent: str | None = None  # why this person may be shown; kept in the avatar and in every video made from it
    checkpoint: str | Path | None = None  # other weights than those of the package
    vgg19_path: str | Path | None = None  # the paper's content loss, where the user has its networks
    vggface_path: str | Path | None = None
    seed: int = 0
    show_progress: bool = False  # a bar with the time left, on standard error
    progress: Callable[[float], None] | None = None  # called with the share of the budget that is spent


@dataclass(frozen=True)
class PersonalizeResult:
    """What was written: `reason` says which candidate was kept and why, `dropped` which pictures were not used."""

    output: Path
    num_shots: int
    num_held_out: int
    num_steps: int
    kept_share: float
    reason: str
    close_ups: tuple[str, ...]  # the same for mouth and eyes, where there were pictures enough to tune them
    interrupted: bool
    dropped: tuple[str, ...]
    seconds: float


def personalize(
    source: str | Path | list[str | Path], output: str | Path, options: PersonalizeOptions | None = None
) -> PersonalizeResult:
    """Tune the model to the person in `source` and write the avatar `output`, which appears whole or not at all.

    `source` is a photo, several photos, a folder of them or a video. Ctrl-C while tuning keeps the best so far. Raises
    a HeadcastError for files that cannot be used.

    >>> options = headcast.PersonalizeOptions(steps=2, consent="NASA", checkpoint=Path("tiny.safetensors"))
    >>> headcast.personalize("alice.png", "alice.avatar", options)
    PersonalizeResult(output=...'alice.avatar'), num_shots=1, ...)
    """
    options = options or PersonalizeOptions()
    started = time.monotonic()
    output = Path(output)
    _check_output(output)  # before the work, not after it
    checkpoint = Path(options.checkpoint or default_checkpoint_path())
    model = load_checkpoint(checkpoint)
    sources = source if isinstance(source, list) else [source]
    pictures = load_pictures([Path(each) for each in sources], model.config.image_size)
    marks = Marks(
        kind="avatar",
        model=checkpoint.name,
        model_sha256=fingerprint(checkpoint),
        source_sha256=tuple(fingerprint(path) for path in pictures.files),
        seed=options.seed,
        consent=options.consent,
    )
    shots = [sitter.shot for sitter in pictures.sitters]
    person = person_of(shots, model.config, options.seed)
    tuned, parts = _tune_all(model, pictures, person, options)
    frames = f"{person.num_held_out} held-out shots" if person.num_held_out else "self-made episodes"
    why = reason(tuned.candidates, tuned.kept, frames)
    save_avatar(output, _content(model, pictures, tuned, why, parts, marks))
    return PersonalizeResult(
        output,
        len(shots),
        person.num_held_out,
        tuned.num_steps,
        tuned.kept.share,
        why,
        tuple(f"{part}: {one.reason}" for part, one in parts.items()),
        tuned.interrupted,
        pictures.dropped,
        time.monotonic() - started,
    )


def _check_output(output: Path) -> None:
    if output.suffix != AVATAR_SUFFIX:
        raise CheckpointError(f"cannot write {output}: expected a name that ends in {AVATAR_SUFFIX}")
    check_output(output)


def _tune_all(
    model: Model, pictures: Pictures, person: Person, options: PersonalizeOptions
) -> tuple[Finetuned, dict[str, TunedPart]]:
    """Tune the whole head, then the close-ups, in the steps or the minutes that were asked for."""
    whole = 1.0 - (CLOSE_UP_SHARE if len(pictures.sitters) >= FEWEST else 0.0)
    bar = tqdm(
        total=100,
        unit="%",
        bar_format="{l_bar}{bar}| {remaining} left",
        disable=None if options.show_progress else True,
    )
    show = partial(_show, bar, options.progress)
    with bar:
        tuned = _tune(model, pictures, person, options, whole, lambda share: show(whole * share))
        parts: dict[str, TunedPart] = {}
        try:
            if not tuned.interrupted:
                of_parts = _tune_close_ups(
                    pictures, options, 1.0 - whole, lambda share: show(whole + (1.0 - whole) * share)
                )
                parts.update(of_parts)
        except KeyboardInterrupt:  # the parts that are done stay
            tuned = replace(tuned, interrupted=True)
        return tuned, parts


def _tune(
    model: Model,
    pictures: Pictures,
    person: Person,
    options: PersonalizeOptions,
    time_share: float,
    report: Callable[[float], None],
) -> Finetuned:
    features = FeatureNetworks(
        load_vgg19(Path(options.vgg19_path)) if options.vgg19_path else None,
        load_vggface(Path(options.vggface_path)) if options.vggface_path else None,
    )
    shots = [sitter.shot for sitter in pictures.sitters]
    seconds = None if options.minutes is None else 60.0 * options.minutes * time_share
    config = tune_config(model, person, len(shots), features, steps=options.steps, seconds=seconds, seed=options.seed)
    return tune(model, shots, person, config, features, report)


def _tune_close_ups(
    pictures: Pictures, options: PersonalizeOptions, time_share: float, report: Callable[[float], None]
) -> Iterator[tuple[str, TunedPart]]:
    return tune_close_ups(
        shipped_close_ups(),
        pictures.sitters,
        steps=min(STEPS, options.steps or STEPS),
        seconds=math.inf if options.minutes is None else 60.0 * options.minutes * time_share,
        seed=options.seed,
        report=report,
    )


def _content(
    model: Model, pictures: Pictures, tuned: Finetuned, why: str, parts: Mapping[str, TunedPart], marks: Marks
) -> AvatarContent:
    """The avatar shows its first photo, and the expressions of all shots within it."""
    shown = pictures.sitters[0]
    settings: dict[str, Any] = {
        "num_shots": len(pictures.sitters),
        "num_steps": tuned.num_steps,
        "kept_share": tuned.kept.share,
        "reason": why,
        "candidates": [vars(candidate) for candidate in tuned.candidates],
        **{f"{part}_reason": one.reason for part, one in parts.items()},
    }
    avatar = tuned_avatar(model.config, tuned.generator, tuned.adain_parameters, avatar_shots(pictures.sitters))
    avatar = with_tuned(avatar, parts)
    return AvatarContent(avatar, shown.photo, shown.box, settings, marks.to_metadata())


def _show(bar: "tqdm[Any]", tell: Callable[[float], None] | None, share: float) -> None:
    bar.n = round(100 * share)
    bar.refresh()
    if tell is not None:
        tell(share)
